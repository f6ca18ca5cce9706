import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface CorpusFile {
  /** Below the folder that was named. */
  readonly path: string
  readonly text: string
}

/** Whatever is called a Dockerfile or Containerfile, templates too: they must be refused. Sorted, symlinks left out. */
export function readCorpus(folder: string): readonly CorpusFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /dockerfile|containerfile/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(folder, path), text: readFileSync(path, 'utf8') }))
}
