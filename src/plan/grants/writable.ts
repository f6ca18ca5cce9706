import type { FileModel } from '../../image/file-model.ts'
import { isInside, isSystemFolder, parentOf } from '../../places.ts'
import { ROOT_GROUP } from '../account/arbitrary-uid.ts'
import type { AccountChoice, Grant } from '../plan.ts'

/** The folders that grants let the account write in, but of the system: for a file its own folder, since a mount holds folders. */
export function grantedFolders(grants: readonly Grant[]): readonly string[] {
  return grants
    .filter(({ kind }) => kind !== 'traverse' && kind !== 'group-read')
    .map(({ path, kind }) => (/file/.test(kind) ? parentOf(path) : path))
    .filter((path) => !isSystemFolder(path))
}

/** A folder of the image as a mount has to look that takes its place. */
export interface WritableFolder {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** The image has something there that an empty mount would hide. */
  readonly filled: boolean
}

/** Owner and mode of a folder that the account must write, after the grants. */
export function writableFolder(
  path: string,
  grants: readonly Grant[],
  files: FileModel,
  account: Pick<AccountChoice, 'uid' | 'gid'>,
): WritableFolder {
  const granted = grants.some((grant) => isInside(path, grant.path) && /own|create/.test(grant.kind))
  const entry = files.entry(path)
  const owned = granted || entry === null || entry.uid === account.uid
  const mode = (entry?.mode ?? 0o755) | (owned ? 0o700 : 0o1070)
  return {
    uid: owned ? account.uid : (entry?.uid ?? 0),
    gid: account.gid,
    // With group 0 another uid may come (`g=u`).
    mode: account.gid === ROOT_GROUP ? mode | ((mode & 0o700) >> 3) : mode,
    filled: files.list(path).length > 0,
  }
}
