import type { FileEntry, Identity } from './file-model.ts'

export const readBit = 4
export const writeBit = 2
export const executeBit = 1

/**
 * Whether the mode bits give all of `wanted` to an identity. Exactly one class counts, as in the kernel: an owner whom
 * the owner bits refuse is refused, also where "other" would allow it. Root may do all, but executes only a file that
 * has some execute bit (inode_permission and CAP_DAC_OVERRIDE).
 */
export function permits(entry: FileEntry, identity: Identity, wanted: number): boolean {
  if (identity.uid === 0) {
    return entry.type === 'directory' || (wanted & executeBit) === 0 || (entry.mode & 0o111) !== 0
  }
  return ((entry.mode >> shiftFor(entry, identity)) & 0o7 & wanted) === wanted
}

function shiftFor(entry: FileEntry, identity: Identity): 0 | 3 | 6 {
  if (entry.uid === identity.uid) return 6
  return identity.gids.includes(entry.gid) ? 3 : 0
}

/** chmod, utimes and the like are for the owner, whatever the mode says. */
export function owns(entry: FileEntry, identity: Identity): boolean {
  return identity.uid === 0 || entry.uid === identity.uid
}

/** In a sticky directory a name is removed or replaced only by the owner of the file or of the directory. */
export function stickyForbids(directory: FileEntry, entry: FileEntry, identity: Identity): boolean {
  return (directory.mode & 0o1000) !== 0 && !owns(directory, identity) && !owns(entry, identity)
}
