import type { Stated } from '../stated.ts'

/** Uids other than root's of what COPY and ADD bring, those with most of it first. */
export function copyOwners({ files, isShipped }: Pick<Stated, 'files' | 'isShipped'>): readonly number[] {
  const counts = new Map<number, number>()
  for (const path of files.paths()) {
    const uid = isShipped(path) ? (files.entry(path)?.uid ?? 0) : 0
    if (uid > 0) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([uid]) => uid)
}
