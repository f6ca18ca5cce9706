import type { Evidence, Need, Remark } from '../../evidence/claim.ts'
import { isInside, isMarkerFile, isOwnPlace, isStatePlace, withParents } from '../../places.ts'
import type { Grant } from '../plan.ts'

/** What is granted for needs, and what is said of those that nothing is granted for. */
export interface Met {
  readonly grants: readonly Grant[]
  readonly remarks: readonly Remark[]
}

/** Needs that an application or its settings state; a run knows more than general knowledge of a package. */
export function said(needs: readonly Need[]): readonly Need[] {
  return needs.filter(({ certainty }) => certainty !== 'possible')
}

/**
 * What is met for needs that runs have shown, with that for needs that only a text states and that are harmless: state, one file or new
 * or empty folder of the program's own, and files that are only read. Nobody asked the program for the work behind them. `whole`: with all of them;
 * `isEmpty`: nothing is in that folder.
 */
export function withHarmless(seen: Met, whole: Met, isEmpty: (folder: string) => boolean): Met {
  const given = new Set(
    unshownGrants(seen.grants, whole.grants)
      .filter((grant) => isHarmless(grant, isEmpty))
      .flatMap(({ evidence }) => evidence),
  )
  const isGiven = ({ evidence }: { readonly evidence: readonly Evidence[] }): boolean =>
    evidence.some((one) => given.has(one))
  const harmless = whole.grants.filter(isGiven)
  const isWay = ({ kind, path }: Grant): boolean =>
    kind === 'traverse' && harmless.some((one) => isInside(one.path, path))
  const added = whole.grants.filter((grant) => isGiven(grant) || isWay(grant))
  const paths = new Set(added.map(({ path }) => path))
  return {
    grants: [...added, ...seen.grants.filter(({ path }) => !paths.has(path))].sort((a, b) =>
      a.path < b.path ? -1 : 1,
    ),
    remarks: [...seen.remarks, ...whole.remarks.filter(isGiven)],
  }
}

function isHarmless({ kind, path }: Grant, isEmpty: (folder: string) => boolean): boolean {
  if (kind === 'group-read' || isStatePlace(path) || (kind === 'create-file' && isMarkerFile(path))) return true
  return isOwnPlace(path) && (kind !== 'own-directory' || isEmpty(path))
}

/** Grants that only the stated needs ask for: neither the path nor a folder above it is granted for what was seen. */
export function unshownGrants(seen: readonly Grant[], all: readonly Grant[]): readonly Grant[] {
  // A grant that only opens the way counts for nothing here.
  const isPlace = ({ kind }: Grant): boolean => kind !== 'traverse'
  const places = new Set(seen.filter(isPlace).map(({ path }) => path))
  const isSeen = ({ path }: Grant): boolean => [...withParents(path)].some((at) => places.has(at))
  return all.filter((grant) => isPlace(grant) && !isSeen(grant))
}
