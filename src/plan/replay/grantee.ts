import { groupWithGid, sharedAccounts } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Identity } from '../../image/file-model.ts'
import { ARBITRARY_UID } from '../account/arbitrary-uid.ts'
import type { AccountChoice } from '../plan.ts'

/** Who everything has to be possible for, and whom paths are given to. */
export interface Grantee {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups that it has at run time. */
  readonly groups?: readonly number[]
  /** Some other uid runs it, which owns nothing: all has to be possible by the group. */
  readonly anyUid?: boolean
  /** Others run as this uid, or are in this group, that have nothing to do with the program (nobody, nogroup). */
  readonly shared?: { readonly user: boolean; readonly group: boolean }
}

/** Who asks the kernel. */
export function identityOf({ uid, gid, groups = [], anyUid }: Grantee): Identity {
  return { uid: anyUid === true ? ARBITRARY_UID : uid, gids: [gid, ...groups] }
}

/** `nogroup` of Debian, `nobody` of Alpine and UBI, where the image's own groups are not known. */
const NOGROUP = 65534

export function granteeOf({ name, uid, gid }: AccountChoice, { accounts }: ImageFacts, anyUid: boolean): Grantee {
  const group = accounts.known ? groupWithGid(accounts.value, gid)?.name : gid === NOGROUP ? 'nogroup' : undefined
  const user = sharedAccounts.has(name) || uid === NOGROUP
  return { uid, gid, anyUid, shared: { user, group: group !== undefined && sharedAccounts.has(group) } }
}
