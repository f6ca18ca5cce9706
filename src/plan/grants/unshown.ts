import type { Need } from '../../evidence/claim.ts'
import { isInside } from '../../places.ts'
import type { Grant } from '../plan.ts'

/** What an application and its settings say of themselves; what is known of a package in general, a run tells better. */
export function said(needs: readonly Need[]): readonly Need[] {
  return needs.filter(({ certainty }) => certainty !== 'possible')
}

/** Grants that only what was said asks for: neither they nor a folder above them is granted for what was seen. */
export function unshownGrants(seen: readonly Grant[], all: readonly Grant[]): readonly Grant[] {
  const isSeen = ({ path, kind }: Grant): boolean =>
    seen.some(
      (grant) =>
        (grant.path === path && grant.kind === kind) || (grant.kind !== 'traverse' && isInside(path, grant.path)),
    )
  // The way to a place is no place of its own.
  return all.filter((grant) => grant.kind !== 'traverse' && !isSeen(grant))
}
