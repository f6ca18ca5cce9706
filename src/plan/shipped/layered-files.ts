import type { ImageFacts } from '../../image/facts.ts'
import { createFileModel } from '../../image/file-index.ts'
import type { FileEntry, FileModel } from '../../image/file-model.ts'
import type { Shipped } from './shipped.ts'

/** The files of the base image, where they are known, with what a stage puts in and takes away. */
export function layered(facts: ImageFacts, { entries, texts, actions, isRemoved }: Shipped): FileModel {
  if (!facts.files.known) return createFileModel(entries, texts)
  const base = facts.files.value
  if (!actions.some(({ tool }) => tool === 'rm')) return base.with(entries, texts)
  const gone = new Map([...base.paths()].filter(isRemoved).map((path) => [path, null] as const))
  return base.with(gone).with(entries, texts)
}

/** What packages bring lies below what the instructions put there. */
export function beneath(entries: ReadonlyMap<string, FileEntry>, own: FileModel, { isRemoved }: Shipped): FileModel {
  return own.with(new Map([...entries].filter(([path]) => own.entry(path) === null && !isRemoved(path))))
}
