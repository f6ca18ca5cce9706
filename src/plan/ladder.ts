import type { FileEntry } from '../image/file-model.ts'
import type { GrantKind } from './plan.ts'

/** Least first. */
const LADDER: readonly GrantKind[] = [
  'traverse',
  'group-read',
  'sticky',
  'create-file',
  'own-file',
  'create-directory',
  'own-directory',
]

/** The one of two grants that lets the user do more. */
export function wider(a: GrantKind, b: GrantKind): GrantKind {
  return LADDER.indexOf(a) >= LADDER.indexOf(b) ? a : b
}

/** Permission bits that a grant sets; nothing where they stay. */
export function modeOf(kind: GrantKind, entry: FileEntry | null): { mode?: number } {
  if (kind === 'sticky') return { mode: ((entry?.mode ?? 0o755) & 0o777) | 0o1070 }
  if (kind === 'group-read') return { mode: (entry?.mode ?? 0o600) | (entry?.type === 'directory' ? 0o050 : 0o040) }
  if (kind === 'traverse') return { mode: (entry?.mode ?? 0o700) | 0o011 }
  if (kind === 'own-directory' && entry !== null && (entry.mode & 0o700) !== 0o700) return { mode: entry.mode | 0o700 }
  if (kind === 'own-file' && entry !== null && (entry.mode & 0o600) !== 0o600) return { mode: entry.mode | 0o600 }
  return {}
}

/** The path as it is after the grant, for a user `uid` with primary group `gid`. */
export function grantedEntry(
  kind: GrantKind,
  entry: FileEntry | null,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): FileEntry {
  const type = entry?.type ?? (kind === 'create-file' ? 'file' : 'directory')
  const base: FileEntry = entry ?? { type, uid: 0, gid: 0, mode: type === 'file' ? 0o644 : 0o755, size: 0, link: null }
  const mode = modeOf(kind, entry).mode ?? base.mode
  if (kind === 'traverse') return { ...base, mode }
  if (kind === 'group-read' || kind === 'sticky') return { ...base, gid, mode }
  return { ...base, uid, gid, mode }
}
