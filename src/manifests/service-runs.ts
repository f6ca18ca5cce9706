import type { ImageRun, RunMount, StartOverlay } from '../image/image-run.ts'
import { isInside, isStatePlace } from '../places.ts'
import { mayBeWritten, privateKeyIn } from '../plan/host-mounts.ts'
import type { HostFiles } from './compose/host-files.ts'
import type { Service } from './project.ts'
import { asList, textOf } from './yaml/file.ts'

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
    capabilities: asList(cap_add).map((one) => textOf(one).toUpperCase().replace(/^CAP_/, '')),
    devices: asList(devices).flatMap((one) => textOf(one).split(':')[0] ?? []),
    // As whom it is run is decided for all of them.
    user: null,
    groups: asList(group_add).length > 0,
    env,
  }
}
