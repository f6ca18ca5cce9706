import type { TargetResult } from '../report/report.ts'
import { joinTruncated } from '../words.ts'
import type { Project, Service, ServiceBuild } from './project.ts'

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
