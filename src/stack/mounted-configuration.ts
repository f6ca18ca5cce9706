import { applySubstitutions } from '../evidence/file-edit.ts'
import { isInside } from '../places.ts'
import { portLines } from '../plan/ports/port-lines.ts'
import { saidPorts } from '../profile/compose-parts.ts'
import { isNearby, type Own, overridden, type ServiceOverlay, withRaised } from '../profile/overridden.ts'
import type { ImageChange, Profile, ProfilePort } from '../profile/profile.ts'
import type { HostFiles } from './host-files.ts'
import type { PlannedService } from './planned.ts'
import type { Service } from './project.ts'

/** A file that a service has from the machine. */
interface MountedFile {
  readonly path: string
  /** Where the service sees it. */
  readonly target: string
  readonly text: string
}

/** What mounted configuration makes of a plan. */
export interface SettledService {
  readonly planned: PlannedService
  /** As the plan has it, with those of its ports that cannot move put back. */
  readonly profile: Profile
  /** What does not hold of the image's changes, one sentence each. */
  readonly notes: readonly string[]
  /** Of these, what a person has to do before it works. */
  readonly open: readonly string[]
  /** Changes of the image that are made in what is mounted over it. */
  readonly made: ReadonlySet<ImageChange>
  /** What its own environment has to say instead, since it hides the image's. */
  readonly env: ReadonlyMap<string, string>
}

export interface Settled {
  readonly services: readonly SettledService[]
  /** New texts of mounted files, by path. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Configuration that a service has mounted hides that of its image: what the plan changes there is changed in the mounted file, and
 * where that cannot be, the port stays.
 */
export function settleMounted(all: readonly PlannedService[], host: HostFiles): Settled {
  const texts = new Map<string, string>()
  const services = all.flatMap((planned): readonly SettledService[] => {
    const { service } = planned
    if (planned.profile === null) return []
    const profile = withRaised(planned.profile, saidPorts(service.settings))
    const files = mountedFiles(service, host)
    const others = all.filter((one) => one !== planned)
    const done = new Set<ImageChange>()
    for (const change of profile.changes) {
      const file = files.find(({ target }) => change.kind === 'file' && target === change.name)
      if (file === undefined || change.substitutions === undefined) continue
      const before = texts.get(file.path) ?? file.text
      const after = applySubstitutions(before, change.substitutions)
      if (after === null || after === before || isShared(file, change.ports, profile, others, host)) continue
      texts.set(file.path, after)
      done.add(change)
    }
    for (const port of profile.ports.filter(({ from, to }) => from !== to)) {
      const said = files.filter(
        (file) =>
          isNearby(file.target, port.from, profile) && linesOf(texts.get(file.path) ?? file.text, port).length > 0,
      )
      if (said.some((file) => isShared(file, [port.from], profile, others, host))) continue
      for (const file of said) {
        const before = texts.get(file.path) ?? file.text
        const after = applySubstitutions(
          before,
          linesOf(before, port).map(({ substitution }) => substitution),
        )
        if (after !== null) texts.set(file.path, after)
      }
      const hidden = profile.changes.filter(({ kind, ports }) => kind === 'file' && ports.includes(port.from))
      if (said.length > 0) for (const change of hidden) done.add(change)
    }
    const env = new Map(planned.env)
    for (const change of profile.changes.filter(({ kind }) => kind === 'env')) {
      const move = profile.ports.find(({ from, to }) => from !== to && service.env.get(change.name) === String(from))
      if (move === undefined || !change.ports.includes(move.from)) continue
      env.set(change.name, String(move.to))
      done.add(change)
    }
    const asked = { ...profile, changes: profile.changes.filter((change) => !done.has(change)) }
    const settled = overridden(asked, ownOf(planned, files, host, texts))
    return [
      {
        planned,
        profile: { ...settled.profile, changes: profile.changes },
        notes: settled.notes,
        open: settled.open,
        made: done,
        env,
      },
    ]
  })
  return { services, texts }
}

/** All files of the machine that a service sees, as far as their texts are known. */
export function mountedFiles({ mounts }: Service, host: HostFiles): readonly MountedFile[] {
  const found: MountedFile[] = []
  const look = (path: string, target: string): void => {
    const entry = host.entries.get(path)
    if (entry?.kind === 'file' && entry.text !== null) found.push({ path, target, text: entry.text })
    for (const child of entry?.children ?? []) if (isInside(child, path)) look(child, target + child.slice(path.length))
  }
  for (const { kind, source, target } of mounts) if (kind !== 'volume' && kind !== 'tmpfs') look(source, target)
  return found
}

function linesOf(text: string, { from, to }: ProfilePort): ReturnType<typeof portLines> {
  return portLines('', text, from, to)
}

/** Another service reads the same file, and does not move along. */
function isShared(
  { path }: MountedFile,
  ports: readonly number[],
  { ports: own }: Profile,
  others: readonly PlannedService[],
  host: HostFiles,
): boolean {
  const moved = own.filter(({ from, to }) => ports.includes(from) && from !== to)
  return others.some(({ service, profile }) => {
    if (!mountedFiles(service, host).some((file) => file.path === path)) return false
    return !moved.every(({ from, to }) => profile?.ports.some((port) => port.from === from && port.to === to) === true)
  })
}

function ownOf(
  { service, start }: PlannedService,
  files: readonly MountedFile[],
  host: HostFiles,
  texts: ReadonlyMap<string, string>,
): Own {
  const overlays = service.mounts
    // A new volume starts with what the image has there.
    .filter(({ kind, source, isEmpty }) => kind !== 'tmpfs' && (kind !== 'volume' || (source !== '' && isEmpty)))
    .map(({ source, target }): ServiceOverlay => {
      const below = files.filter(({ path }) => isInside(path, source))
      const isKnown = host.entries.get(source)?.kind === 'file' ? below.length > 0 : host.entries.has(source)
      return {
        target,
        name: source || target,
        texts: () => (isKnown ? below.map(({ path, text }) => texts.get(path) ?? text) : null),
      }
    })
  return {
    overlays,
    env: service.env,
    // What is planned for it is what it starts.
    entrypoint: start === null ? service.entrypoint : null,
    command: start === null ? service.command : null,
    workdir: service.workdir,
  }
}
