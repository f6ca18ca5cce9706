import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { applySubstitutions } from '../evidence/file-edit.ts'
import { isInside } from '../places.ts'
import { portLines } from '../plan/ports/port-lines.ts'
import { asLocked } from './compose/harden-service.ts'
import type { HostFiles } from './compose/host-files.ts'
import { holderOf, saidPorts } from './compose/ports.ts'
import { isNearby, type Overridden, type Own, overridden, type ServiceOverlay, withRaised } from './overridden.ts'
import { type ImageChange, movesOf, type Profile, type ProfilePort, sysctlsFor } from './profile.ts'
import type { PlannedService, Project, Service } from './project.ts'
import { textOf } from './yaml/file.ts'

interface MountedFile {
  readonly path: string
  readonly target: string
  readonly text: string
}

/** A plan as mounted configuration allows it: ports that cannot move are put back. */
export interface SettledService extends Overridden {
  readonly planned: PlannedService
  /** Changes of the image that are made in what is mounted over it. */
  readonly made: ReadonlySet<ImageChange>
  /** Variables that its own environment has to set, since it hides the image's. */
  readonly env: ReadonlyMap<string, string>
}

export interface Settled {
  readonly services: readonly SettledService[]
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Configuration that a service has mounted hides that of its image: what the plan changes there is changed in the mounted file, and
 * where that cannot be, the port stays.
 */
export function settleMounted(
  all: readonly PlannedService[],
  host: HostFiles,
  { folder }: Pick<Project, 'folder'>,
): Settled {
  const texts = new Map<string, string>()
  const services = all.flatMap((planned): readonly SettledService[] => {
    const { service } = planned
    if (planned.profile === null) return []
    const raised = withRaised(planned.profile, saidPorts(service.settings))
    const unlisted = unlistedPorts(raised, service, all)
    const ports = [...raised.ports, ...unlisted]
    const profile = unlisted.length === 0 ? raised : { ...raised, ports, sysctls: sysctlsFor(ports, false) }
    const files = mountedFiles(service, host)
    const others = all.filter((one) => one !== planned)
    const done = new Set<ImageChange>()
    for (const change of profile.changes) {
      const file = files.find(({ target }) => change.kind === 'file' && target === change.name)
      if (file === undefined || change.substitutions === undefined) continue
      // Changes that another service made in the same file count here too.
      const after = applySubstitutions(file.text, change.substitutions)
      // It may have been moved before: `git checkout` brings back a part of the files.
      const isMade = listensAlready(file, change.ports, profile) || says(file, change.substitutions)
      if (after === file.text && isMade) done.add(change)
      if (after === null || after === file.text || isShared(file, change.ports, profile, others, host)) continue
      // The words of its own lines are changed below, and nothing else of them.
      if (change.ports.length > 0 && change.ports.every((port) => saysPort(file, port, profile))) continue
      texts.set(file.path, applySubstitutions(texts.get(file.path) ?? file.text, change.substitutions) ?? after)
      done.add(change)
    }
    for (const port of movesOf(profile)) {
      const said = files.filter(
        (file) => isNearby(file.target, port.from, profile) && linesOf(file.text, port).length > 0,
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
    const copied = service.mounts.flatMap(({ kind, source, target }) =>
      (kind === 'config' || kind === 'secret') && source === '' ? [target] : [],
    )
    const env = new Map(planned.env)
    for (const change of profile.changes.filter(({ kind }) => kind === 'env')) {
      const move = movesOf(profile).find(({ from }) => service.env.get(change.name) === String(from))
      if (move === undefined || !change.ports.includes(move.from)) continue
      env.set(change.name, String(move.to))
      done.add(change)
    }
    const asked = { ...profile, changes: profile.changes.filter((change) => !done.has(change)) }
    const settled = overridden(asked, ownOf(planned, files, host, texts, folder))
    const locked = asLocked(service.settings, {
      ...settled.profile,
      changes: profile.changes,
      ...(copied.length === 0 ? {} : { readOnly: { value: false, known: 'planned' }, writable: [] }),
    })
    const notes = unlisted.map(
      ({ from }) => `port ${from} stays: the service opens it, and its image does not say what listens there`,
    )
    if (copied.length > 0 && settled.profile.readOnly.value)
      notes.push(`its root is not made read-only, since Compose copies ${copied.join(', ')} into it`)
    return [{ ...settled, planned, profile: locked, notes: [...notes, ...settled.notes], made: done, env }]
  })
  return { services, texts }
}

/** Files of the machine that a service mounts, as far as their texts are known. */
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

/** Low ports that the service itself opens, and of which its image says nothing: whoever listens there stays there, and is no longer root. */
function unlistedPorts(profile: Profile, service: Service, all: readonly PlannedService[]): readonly ProfilePort[] {
  const mode = textOf(service.settings.network_mode ?? '')
  if (profile.root || !['', 'bridge', 'default'].includes(mode)) return []
  const around = all.filter((one) => holderOf(one.service) === service.name).flatMap((one) => one.profile?.ports ?? [])
  const isKnown = (target: number, protocol: string): boolean =>
    [...profile.ports, ...around].some(
      (port) => port.protocol === protocol && (port.from === target || port.to === target),
    )
  const said = service.ports.filter(
    ({ target, protocol }) => target < FIRST_UNPRIVILEGED_PORT && !isKnown(target, protocol),
  )
  const each = said.map(
    ({ target, protocol }) => [`${target}/${protocol}`, { from: target, to: target, protocol }] as const,
  )
  return [...new Map(each).values()]
}

function saysPort(file: MountedFile, from: number, profile: Profile): boolean {
  return movesOf(profile).some((port) => port.from === from && linesOf(file.text, port).length > 0)
}

function listensAlready(file: MountedFile, moved: readonly number[], profile: Profile): boolean {
  const moves = movesOf(profile).filter(({ from }) => moved.includes(from))
  return moves.length > 0 && moves.every(({ from, to }) => linesOf(file.text, { from: to, to: from }).length > 0)
}

/** All that is put in, but for what is taken over from the line before. */
function says({ text }: MountedFile, substitutions: NonNullable<ImageChange['substitutions']>): boolean {
  const added = substitutions.filter(({ remove }) => remove !== true).map(({ replacement }) => replacement)
  return added.length > 0 && added.every((one) => one.split(/\\.|&/).every((part) => text.includes(part)))
}

function linesOf(text: string, { from, to }: Pick<ProfilePort, 'from' | 'to'>): ReturnType<typeof portLines> {
  return portLines('', text, from, to)
}

/** Another service reads the same file and does not move its port. */
function isShared(
  { path }: MountedFile,
  ports: readonly number[],
  own: Profile,
  others: readonly PlannedService[],
  host: HostFiles,
): boolean {
  const moved = movesOf(own).filter(({ from }) => ports.includes(from))
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
  folder: string,
): Own {
  const overlays = service.mounts
    // A new volume starts with what the image has there.
    .filter(({ kind, source, isEmpty }) => kind !== 'tmpfs' && (kind !== 'volume' || (source !== '' && isEmpty)))
    .map(({ source, target }): ServiceOverlay => {
      const below = files.filter(({ path }) => isInside(path, source))
      const isKnown = host.entries.get(source)?.kind === 'file' ? below.length > 0 : host.entries.has(source)
      return {
        target,
        name: isInside(source, folder) ? `.${source.slice(folder.length)}` : source || target,
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
