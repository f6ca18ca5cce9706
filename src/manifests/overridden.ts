import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { baseName, isInside } from '../places.ts'
import { portLines } from '../plan/ports/port-lines.ts'
import { programsIn } from '../shell/index.ts'
import { type ImageChange, movesOf, type Profile, sysctlsFor } from './profile.ts'

export interface Own {
  readonly overlays: readonly ServiceOverlay[]
  readonly env: ReadonlyMap<string, string>
  /** Replaces the image's own; null keeps that. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  /** Likewise for the folder that it starts in. */
  readonly workdir: string | null
}

export interface ServiceOverlay {
  readonly target: string
  /** As messages call it: `./nginx.conf`. */
  readonly name: string
  /** What is in it; null where that is not known. */
  readonly texts: () => readonly string[] | null
}

/**
 * The profile of an image with something over it: a port that is set there does not move, whatever the image says, and
 * what else of the image's changes is hidden has to be said.
 */
export function overridden(profile: Profile, own: Own): Overridden {
  const other = otherProgram(profile, own)
  return other === null ? withOverlays(profile, own) : withOther(profile, other)
}

export interface Overridden {
  readonly profile: Profile
  readonly notes: readonly string[]
  /** Of these, what a person has to do before it works. */
  readonly open: readonly string[]
  /** Ports that stay, and what over the image keeps each of them. */
  readonly kept: ReadonlyMap<number, string>
}

/** How far a low port is moved. */
export const RAISED = 8000

/**
 * The profile of an image that has been hardened before, for who still speaks of it as it was: of these ports (80) those that it does not
 * open, and of which it opens the one that they are moved to (8080), have moved.
 */
export function withRaised(profile: Profile, said: readonly number[]): Profile {
  const isOpened = (port: number): boolean =>
    profile.ports.some(({ from, to, protocol }) => protocol === 'tcp' && from === port && to === port)
  const moved = [...new Set(said)].filter(
    (port) =>
      port < FIRST_UNPRIVILEGED_PORT &&
      !profile.ports.some(({ from, protocol }) => protocol === 'tcp' && from === port) &&
      isOpened(port + RAISED) &&
      !said.includes(port + RAISED),
  )
  if (moved.length === 0) return profile
  const ports = profile.ports.map((port) =>
    moved.includes(port.to - RAISED) ? { ...port, from: port.to - RAISED } : port,
  )
  return { ...profile, ports, sysctls: sysctlsFor(ports, profile.root) }
}

/** What it starts instead of what the image starts; null where it is the same, or not known. */
function otherProgram({ programs }: Profile, { entrypoint, command }: Own): string | null {
  const words = entrypoint ?? command ?? []
  const started = programsIn(words)
  if (words.length === 0 || programs.length === 0 || words[0]?.startsWith('-')) return null
  // What a program, and no start script, gets as its arguments is none.
  const isScript = programs.length > 1 || programs.some((name) => /entrypoint|\.sh$/.test(name))
  if (entrypoint === null && !isScript) return null
  return started.some((name) => programs.includes(name)) ? null : baseName(words[0] ?? '')
}

/** Nobody has looked at that program: what it writes, and where it listens. */
function withOther(profile: Profile, other: string): Overridden {
  const ports = profile.ports.map((port) => ({ ...port, to: port.from }))
  const isMoved = movesOf(profile).length > 0
  if (!profile.readOnly.value && !isMoved) return { profile, notes: [], open: [], kept: new Map() }
  return {
    profile: {
      ...profile,
      ports,
      sysctls: isMoved ? sysctlsFor(ports, profile.root) : profile.sysctls,
      readOnly: { value: false, known: 'planned' },
      writable: [],
    },
    notes: [
      `it starts ${other}, not what the image starts: its ports${profile.readOnly.value ? ' and a writable root' : ''} stay, since nobody has looked at that`,
    ],
    open: [],
    kept: new Map(),
  }
}

function withOverlays(profile: Profile, own: Own): Overridden {
  const kept = new Map<number, string>()
  const open: string[] = []
  for (const change of profile.changes) {
    const by = hiddenBy(change, own)
    if (by === null) continue
    if (change.ports.length === 0)
      open.push(`${by}, so this change of the image does not hold: ${change.reason}; make it there too`)
    for (const port of change.ports) kept.set(port, by)
  }
  for (const { from, to } of movesOf(profile)) {
    const said = own.overlays.find(
      ({ target, texts }) => isNearby(target, from, profile) && texts()?.some((text) => listens(text, from, to)),
    )
    if (said !== undefined) kept.set(from, `${said.name} sets it`)
  }
  for (const { target, name, texts } of own.overlays)
    for (const { from, to } of movesOf(profile).filter((port) => !kept.has(port.from)))
      if (isNearby(target, from, profile) && texts() === null)
        open.push(`${name} on ${target} was not read: if it sets port ${from}, that has to be ${to}`)
  if (kept.size === 0) return { profile, notes: open, open, kept }
  const ports = profile.ports.map((port) => (kept.has(port.from) ? { ...port, to: port.from } : port))
  return {
    profile: { ...profile, ports, sysctls: sysctlsFor(ports, profile.root) },
    open,
    kept,
    notes: [...open, ...[...kept].map(([port, why]) => `port ${port} stays ${port}, since ${why}`)],
  }
}

function hiddenBy({ kind, name }: ImageChange, { overlays, env, command, entrypoint, workdir }: Own): string | null {
  if (kind === 'command') return command === null && entrypoint === null ? null : 'it has a command of its own'
  if (kind === 'env') return env.has(name) ? `it sets ${name} itself` : null
  if (kind === 'workdir') return workdir === null || workdir === name ? null : `it starts in ${workdir}`
  const over = overlays.find(({ target }) => target === name || isInside(name, target))
  return over === undefined ? null : `${over.name} is mounted over ${name}`
}

/** Read by the same program: in a folder with a file that sets the port, or elsewhere below its folder of /etc. */
export function isNearby(target: string, port: number, { changes }: Pick<Profile, 'changes'>): boolean {
  const files = changes.filter(({ kind, ports }) => kind === 'file' && ports.includes(port))
  // Moved by the command, or in the vendor's own image: a file may say it too.
  if (files.length === 0) return target.startsWith('/etc/')
  return files
    .map(({ name }) => /^\/etc\/[^/]+(?=\/)/.exec(name)?.[0] ?? name.slice(0, name.lastIndexOf('/')))
    .some((folder) => target === folder || isInside(target, folder) || isInside(folder, target))
}

function listens(text: string, from: number, to: number): boolean {
  return portLines('', text, from, to).length > 0
}
