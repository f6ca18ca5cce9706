import type { Need } from '../../evidence/claim.ts'
import type { FileEntry } from '../../image/file-model.ts'
import type { Grant, GrantKind } from '../plan.ts'
import { type Grantee, identityOf } from '../replay/grantee.ts'

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

const FOLDER: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }
const FILE: FileEntry = { ...FOLDER, type: 'file', mode: 0o644 }

/** The one of two grants that lets the user do more. */
export function wider(a: GrantKind, b: GrantKind): GrantKind {
  return LADDER.indexOf(a) >= LADDER.indexOf(b) ? a : b
}

/** A grant that one of its needs asks for outright is no guess. */
export function declaredBy(needs: readonly Need[], before?: Grant): Pick<Grant, 'declared'> {
  return before?.declared === true || needs.some(({ certainty }) => certainty === 'declared') ? { declared: true } : {}
}

/**
 * The path as it is after the grant, as `mkdir` or `touch`, `chown` or `chgrp`, and `chmod` leave it. The kernel asks an
 * owner for the owner bits alone, whatever the group may do, so the bits that are added depend on whose the path is.
 */
export function grantedEntry(kind: GrantKind, before: FileEntry | null, grantee: Grantee): FileEntry {
  const entry = before ?? (kind === 'create-file' ? FILE : FOLDER)
  const { uid, gid, shared } = grantee
  const owner = entry.uid === identityOf(grantee).uid
  const search = entry.type === 'directory' ? 0o5 : 0o4
  switch (kind) {
    case 'traverse':
      return { ...entry, mode: entry.mode | (owner ? 0o100 : 0o011) }
    case 'group-read':
      // What the old group may write the new one is to read.
      return {
        ...entry,
        gid,
        mode: (entry.gid === gid ? entry.mode : entry.mode & 0o7757) | (search << (owner ? 6 : 3)),
      }
    case 'sticky':
      return { ...entry, gid, mode: entry.mode | 0o1070 }
    default: {
      const own = entry.mode | (entry.type === 'directory' ? 0o700 : 0o600)
      // What its owner may, any uid of the group may: `chmod g=u`.
      const group = grantee.anyUid === true ? (own & 0o7707) | ((own & 0o700) >> 3) : own
      // The old group is not the new one: what was closed to others stays closed to those who share it.
      const mode = shared?.group === true && (own & 0o004) === 0 ? group & 0o7707 : group
      return { ...entry, uid, gid, mode }
    }
  }
}

/** How its permission bits have to be set; nothing where they are so already. `before`: as the image has it. */
export function modeOf(
  kind: GrantKind,
  before: FileEntry | null,
  after: FileEntry,
  grantee: Grantee,
): Pick<Grant, 'mode' | 'groupAsOwner'> {
  const { mode } = before ?? (after.type === 'directory' ? FOLDER : FILE)
  // What is not the owner's yet is no matter of g=u alone.
  if (grantee.anyUid === true && /own|create/.test(kind) && (mode & 0o7707) === (after.mode & 0o7707))
    return { groupAsOwner: true }
  // Those that only add bits say them always: without a mode the shell adds what is missing.
  return mode === after.mode && /own|create/.test(kind) ? {} : { mode: after.mode }
}
