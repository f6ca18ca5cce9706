import { plainCapability } from '../image/capabilities.ts'
import type { ImageRun, RunMount, StartOverlay } from '../image/image-run.ts'
import { isInside, isStatePlace } from '../places.ts'
import { mayBeWritten, privateKeyIn } from '../plan/host-mounts.ts'
import type { TargetResult } from '../report/report.ts'
import { joinTruncated } from '../words.ts'
import type { HostFiles } from './compose/host-files.ts'
import type { Project, Service, ServiceBuild } from './project.ts'
import { asList, textOf } from './yaml/file.ts'

/** How the image is built that it runs: by itself, or by another service that gives it this name. */
export function buildOf({ build, image }: Service, { services }: Project): ServiceBuild | null {
  if (build !== null || image === null) return build
  return services.find((one) => one.build !== null && one.image === image)?.build ?? null
}

/** Equal for services that run one image. */
export function imageKey(service: Service, project: Project): string {
  const build = buildOf(service, project)
  if (build === null) return JSON.stringify(['image', service.image ?? service.name])
  const { dockerfile, inline, context, target, args } = build
  return JSON.stringify([dockerfile ?? inline, context, target, [...args].sort()])
}

export function sameImage(service: Service, project: Project): readonly Service[] {
  const key = imageKey(service, project)
  return project.services.filter((one) => imageKey(one, project) === key)
}

/** Who a service runs as where it is planned by itself. */
export interface ChosenUser {
  /** `uid:gid`; null where nobody can say, or root. */
  readonly user: string | null
  /** Nobody may choose another for it: it has it already, or the service says so. */
  readonly isFixed: boolean
  readonly outcome: { readonly result: Pick<TargetResult, 'kind' | 'user'> }
}

export interface SharedUser {
  readonly ids: string
  /** `the same user as api, which shares volume data with it` */
  readonly because: string
}

/**
 * For each service whose user depends on another: of those that write one volume, and of those that run one image. Who has a
 * user already, or an account of its image, is followed by the others.
 */
export function sharedUsers(project: Project, alone: ReadonlyMap<string, ChosenUser>): ReadonlyMap<string, SharedUser> {
  const users = new Map<string, SharedUser>()
  for (const group of groupsOf(project)) {
    const members = project.services.flatMap(({ name }) => {
      const planned = alone.get(name)
      return !group.names.has(name) || planned?.user == null ? [] : [{ name, ...planned, user: planned.user }]
    })
    const chosen =
      members.find(({ isFixed }) => isFixed) ??
      members.find(({ outcome }) => outcome.result.kind === 'image') ??
      members.find(({ outcome }) => outcome.result.user?.from === 'image') ??
      members[0]
    if (chosen === undefined) continue
    const because = `the user of ${chosen.name}, with which it shares ${group.volumes.size === 0 ? 'its image' : joinTruncated([...group.volumes])}`
    for (const { name, isFixed } of members)
      if (!isFixed && name !== chosen.name) users.set(name, { ids: chosen.user, because })
  }
  return users
}

interface Group {
  readonly names: ReadonlySet<string>
  readonly volumes: ReadonlySet<string>
}

/** Services that must be one user, directly or over a third. */
function groupsOf(project: Project): readonly Group[] {
  let groups: readonly Group[] = []
  const put = (names: readonly string[], volumes: readonly string[]): void => {
    const touched = groups.filter((group) => names.some((name) => group.names.has(name)))
    const all = {
      names: new Set([...touched.flatMap((group) => [...group.names]), ...names]),
      volumes: new Set([...touched.flatMap((group) => [...group.volumes]), ...volumes]),
    }
    groups = [...groups.filter((group) => !touched.includes(group)), all]
  }
  for (const service of project.services)
    put(
      sameImage(service, project).map(({ name }) => name),
      [],
    )
  const writers = new Map<string, Set<string>>()
  for (const { name, mounts } of project.services)
    for (const { kind, source, readOnly } of mounts)
      if (kind === 'volume' && source !== '' && !readOnly)
        writers.set(source, new Set([...(writers.get(source) ?? []), name]))
  for (const [volume, names] of writers) if (names.size > 1) put([...names], [`volume ${volume}`])
  return groups
}

/** A user other than root that the service itself says, by number and for everybody; null for none. */
export function askedUser({ user, userIsOpen }: Service): string | null {
  return user !== null && !userIsOpen && /^[1-9]\d*(:\d+)?$/.test(user) ? user : null
}

const OWNER_STEP = /^(?:chown|chmod|chgrp|mkdir|touch|echo|true|exit|set)(?:\s|$)/

/** All that it is there for is to hand what is mounted to others, before they start: as another user it does nothing, and they fail. */
export function isHandOver({ entrypoint, command, mounts, user, userIsOpen }: Service): boolean {
  if (mounts.length === 0 || (user !== null && !userIsOpen && !/^(?:0|root)(?::|$)/.test(user))) return false
  const words = [...(entrypoint ?? []), ...(command ?? [])]
  const [shell = '', option = '', text = ''] = words
  const isText = /^(?:\/\S+\/)?(?:ba|da|a|z)?sh$/.test(shell) && /^-[a-z]*c$/.test(option)
  const steps = (isText ? text : words.join(' ')).split(/&&|\|\||[;\n]/).map((step) => step.trim())
  const said = steps.filter((step) => step !== '')
  return said.every((step) => OWNER_STEP.test(step)) && said.some((step) => /^ch(?:own|grp)\s/.test(step))
}

/** A workload of a cluster says itself what it is: `deployment/web`. */
function saidOf(name: string): string {
  return name.includes('/') ? name : `service ${name}`
}

function overlayOf({ name, entrypoint, command, env, workdir }: Service): StartOverlay {
  return { by: saidOf(name), entrypoint, command, env, workdir }
}

/** How services start, each way once. */
export function overlaysOf(services: readonly Service[]): readonly StartOverlay[] {
  const key = ({ entrypoint, command, env, workdir }: StartOverlay): string =>
    JSON.stringify([entrypoint, command, [...env].sort(), workdir])
  return [
    ...new Map(
      services
        .map(overlayOf)
        .toReversed()
        .map((one) => [key(one), one]),
    ).values(),
  ].toReversed()
}

/** Host folders and files are looked at where they are: what is asked of the image is what volumes need. */
export function runOf({ name, settings, mounts, env }: Service, { entries }: HostFiles, folder: string): ImageRun {
  const { privileged, pid, cap_add, devices, group_add } = settings
  return {
    by: saidOf(name),
    kind: 'service',
    stage: null,
    // What takes nothing from the image is not made ready there.
    mounts: mounts.flatMap(({ kind, source, target, readOnly, isEmpty }): readonly RunMount[] => {
      if (kind === 'volume') return isEmpty ? [] : [{ kind, source, target, readOnly }]
      const entry = entries.get(source)
      const isFolder = (entry?.kind ?? 'missing') === 'missing' || (entry?.kind === 'folder' && !entry.isCheckout)
      // As people write it, and as it is on every machine.
      const written = folder !== '/' && isInside(source, folder) ? `.${source.slice(folder.length)}` : source
      const mount: RunMount = { kind: 'host', source: written, target, readOnly, isFollowed: true }
      if (kind !== 'host' || !isFolder) return []
      // Who says a user has one that may read it.
      const isKey = textOf(settings.user ?? '') === '' && privateKeyIn(mount, env) !== null
      return isKey || (isStatePlace(target) && mayBeWritten(mount)) ? [mount] : []
    }),
    isMeant: true,
    privileged: privileged === true,
    hostPid: pid === 'host',
    capabilities: asList(cap_add).map((one) => plainCapability(textOf(one))),
    devices: asList(devices).flatMap((one) => textOf(one).split(':')[0] ?? []),
    // As whom it is run is decided for all of them.
    user: null,
    groups: asList(group_add).length > 0,
    env,
  }
}
