import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { createFileModel } from '../image/file-index.ts'
import type { FileModel } from '../image/file-model.ts'
import { lineOf } from '../line-of.ts'
import { isAuthority, isSystemState } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { inOctal, isClosed } from './closed-files.ts'

/**
 * Files that only root may read and that one of the texts names: a key in a server's configuration, a configuration in
 * the program's source. `texts`: by where they stand.
 */
export function namedClosedNeeds(texts: ReadonlyMap<string, string>, files: FileModel): readonly Need[] {
  return closedFiles(files).flatMap((path): readonly Need[] => {
    for (const [name, text] of texts) {
      // Many a file says its own name on top.
      const at = name === path ? null : placeOf(path, text)
      if (at === null) continue
      const line = text.includes('\n') ? ` line ${lineOf(text, at)}` : ''
      const detail = `named in ${name}${line}, and has mode ${inOctal(files.entry(path))}`
      return [{ access: 'read', path, evidence: { source: 'declared', subject: path, detail } }]
    }
    return []
  })
}

/** An image has few of them. */
function closedFiles(files: FileModel): readonly string[] {
  return [...files.paths()].filter((path) => isClosed(files.entry(path)) && !isAuthority(path) && !isSystemState(path))
}

/** Of the whole path, not of the beginning of a longer one. */
function placeOf(path: string, text: string): number | null {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text.slice(at + path.length, at + path.length + 2)
    if (!/[\w./-]/.test(before) && !/^([\w/-]|\.\w)/.test(after) && !isComment(text, at)) return at
  }
  return null
}

/** What the one who wrote it talks about is not what the program reads. `;` and `#` in front of a setting turn it off. */
function isComment(text: string, at: number): boolean {
  return /^[ \t]*(#|;|\/\/|\*|--)|\s#\s/.test(text.slice(text.lastIndexOf('\n', at) + 1, at))
}

/** Keys and passwords that a RUN makes, which what the stage ships names. */
export function madeClosedNeeds({ entries, origins, texts }: Shipped, config: ImageConfig): readonly Need[] {
  const made = new Map([...entries].filter(([path, entry]) => !origins.has(path) && isClosed(entry)))
  if (made.size === 0) return []
  const named = new Map([
    ['the command', argvOf(config).join(' ')],
    ...[...config.env].map(([name, value]) => [`ENV ${name}`, value] as const),
    ...texts,
  ])
  return namedClosedNeeds(named, createFileModel(made))
}
