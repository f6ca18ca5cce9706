import type { FileModel } from '../../image/file-model.ts'
import { lineOf } from '../../line-of.ts'
import type { Need } from '../need.ts'
import { isAuthority } from '../places.ts'
import { isSystemState } from '../state-places.ts'

/**
 * Files that only root may read and that one of the texts, by their paths or what they are, names: a key in a server's
 * configuration, a configuration in the program's source.
 */
export function namedClosedNeeds(texts: ReadonlyMap<string, string>, files: FileModel): readonly Need[] {
  return closedFiles(files).flatMap((path): readonly Need[] => {
    for (const [name, text] of texts) {
      const at = placeOf(path, text)
      if (at === null) continue
      const mode = (files.entry(path)?.mode ?? 0).toString(8).padStart(4, '0')
      const detail = `named in ${name}${text.includes('\n') ? ` line ${lineOf(text, at)}` : ''}, and has mode ${mode}`
      return [{ access: 'read', path, evidence: { source: 'declared', subject: path, detail } }]
    }
    return []
  })
}

/** An image has few of them. */
function closedFiles(files: FileModel): readonly string[] {
  return [...files.paths()].filter((path) => {
    const entry = files.entry(path)
    if (entry?.type !== 'file' || entry.uid !== 0 || (entry.mode & 0o004) !== 0) return false
    return !isAuthority(path) && !isSystemState(path)
  })
}

/** Of the whole path, not of the beginning of a longer one. */
function placeOf(path: string, text: string): number | null {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text.slice(at + path.length, at + path.length + 2)
    if (!/[\w./-]/.test(before) && !/^([\w/-]|\.\w)/.test(after)) return at
  }
  return null
}
