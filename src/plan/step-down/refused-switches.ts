import type { ImageFacts } from '../../image/facts.ts'
import type { Refused } from '../../image/step-down/account-options.ts'
import { findAccountLines, findRefusedOptions, type StepDown } from '../../image/step-down.ts'
import { nameOf } from '../../path.ts'
import type { Operation } from '../operation.ts'

/** What programs that nobody has told us of are told of accounts, once they are refused the switch. */
export function refusedSwitches(
  refusals: readonly Operation[],
  facts: ImageFacts,
  opened: readonly string[],
): readonly StepDown[] {
  const programs = new Set(refusals.flatMap(({ by }) => (by === undefined ? [] : [nameOf(by)])))
  return [...findAccountLines(facts, opened), ...findRefusedOptions(facts, programs, namesOf(refusals, facts))]
}

/** Whom they would have become, and where locked in: root is nobody to switch to. */
function namesOf(refusals: readonly Operation[], { accounts }: ImageFacts): Refused {
  const users = accounts.known ? accounts.value.users : []
  const isMeant = (id: { readonly uid: number; readonly gid: number }): boolean =>
    refusals.some(({ uid, gid }) => uid === id.uid || (uid === undefined && gid === id.gid))
  return {
    users: new Set(users.filter((user) => user.uid > 0 && isMeant(user)).map(({ name }) => name)),
    folders: new Set(refusals.flatMap(({ access, path }) => (access === 'chroot' && path !== null ? [path] : []))),
  }
}
