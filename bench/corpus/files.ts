import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface CorpusFile {
  /** Below the folder that was named. */
  readonly path: string
  readonly text: string
}

// Named after a Dockerfile, and about one: sources, documents, ignore files, and what a test of a generator expects.
const NO_DOCKERFILE =
  /\.(?:md|adoc|txt|rst|go|cs|py|js|ts|sh|ps1|json|ya?ml|toml|xml|html|lock|patch|diff|(?:docker|container)ignore)$/i

/** Whatever is called a Dockerfile or Containerfile, templates too: they must be refused. Sorted, symlinks left out. */
export function readCorpus(folder: string): readonly CorpusFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /dockerfile|containerfile/i.test(entry.name) && !NO_DOCKERFILE.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(folder, path), text: readFileSync(path, 'utf8') }))
}
