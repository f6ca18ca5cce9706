import { diffLines, formatPatch, OMIT_HEADERS, type StructuredPatch, structuredPatch } from 'diff'
import { visible } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import type { Edit } from '../edit.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import { painter } from './summary.ts'

/** One unified diff of all targets that `git apply` and `patch -p1` accept in the folder the paths start from. */
export const diff: Format = {
  name: 'diff',
  tells: 'changes',
  onlyNew: true,
  render: (renderings, options) => renderings.map((rendering) => one(rendering, options)).join(''),
}

function one({ result, source, path, files }: Rendering, { colour }: RenderOptions): string {
  if (result.verdict === 'failed') return ''
  if (files !== undefined) return files.map((file) => fileDiff(file, colour)).join('')
  // An image had no Dockerfile before: the diff makes one.
  return fileDiff({ name: path, before: result.kind === 'image' ? null : source, after: result.output }, colour)
}

export interface FileTexts {
  /** Absolute paths are said without their first slash. */
  readonly name: string
  /** Null for a file that the diff makes. */
  readonly before: string | null
  readonly after: string
}

/** One file's part of a diff; empty where nothing changes. */
export function fileDiff({ name: path, before, after }: FileTexts, colour: boolean): string {
  if ((before ?? '') === after) return ''
  const name = headerPath(path)
  // Git ends a name that has a space with a tab, or `patch` would cut it there.
  const end = name.includes(' ') ? '\t' : ''
  const header = [
    `diff --git ${quoted(`a/${name}`)} ${quoted(`b/${name}`)}`,
    ...(before === null ? ['new file mode 100644'] : []),
    before === null ? '--- /dev/null' : `--- ${quoted(`a/${name}`)}${end}`,
    `+++ ${quoted(`b/${name}`)}${end}`,
  ]
  const hunks = formatPatch(patchOf(before ?? '', after), OMIT_HEADERS)
  // Colour is for somebody's eyes, bytes are for git and patch.
  return colour ? coloured(header.map(visible), visible(hunks)) : `${header.join('\n')}\n${hunks}`
}

/** The hunks of a change, with three lines of context: lines as in a patch, with their first character. */
export function hunksOf(before: string, after: string): readonly Hunk[] {
  return before === after ? [] : patchOf(before, after).hunks
}

/** The same as edits of whole lines. */
export function lineEdits(before: string, after: string): readonly Edit[] {
  const parts = diffLines(before, after, { maxEditLength: bounds.diffLines })
  if (parts === undefined) return [{ start: 0, end: before.length, text: after }]
  const edits: Edit[] = []
  let at = 0
  for (const { added, removed, value } of parts) {
    const last = edits.at(-1)
    if (added && last?.end === at) edits.splice(-1, 1, { ...last, text: last.text + value })
    else if (added || removed)
      edits.push({ start: at, end: removed ? at + value.length : at, text: removed ? '' : value })
    if (!added) at += value.length
  }
  return edits
}

export type Hunk = StructuredPatch['hunks'][number]

function patchOf(before: string, after: string): StructuredPatch {
  const options = { context: CONTEXT, maxEditLength: bounds.diffLines }
  return structuredPatch('', '', before, after, '', '', options) ?? oneHunk(before, after)
}

const CONTEXT = 3

/** All between the first line that changes and the last one as one change. */
function oneHunk(before: string, after: string): StructuredPatch {
  const [old, now] = [linesOf(before), linesOf(after)]
  const shorter = Math.min(old.length, now.length)
  let [head, tail] = [0, 0]
  while (head < shorter && old[head] === now[head]) head += 1
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const [first, rest] = [Math.max(0, head - CONTEXT), Math.max(0, tail - CONTEXT)]
  const [oldEnd, newEnd] = [old.length - tail, now.length - tail]
  const lines = [
    ...old.slice(first, head).map((line) => ` ${line}`),
    ...old.slice(head, oldEnd).map((line) => `-${line}`),
    ...now.slice(head, newEnd).map((line) => `+${line}`),
    ...old.slice(oldEnd, old.length - rest).map((line) => ` ${line}`),
  ]
  const hunk = {
    oldStart: first + 1,
    oldLines: old.length - rest - first,
    newStart: first + 1,
    newLines: now.length - rest - first,
    lines: lines.flatMap((line) =>
      line.endsWith('\n') ? [line.slice(0, -1)] : [line, '\\ No newline at end of file'],
    ),
  }
  return { oldFileName: '', newFileName: '', oldHeader: '', newHeader: '', hunks: [hunk] }
}

/** With their line ends, so that a last line without one is another. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** Both tools refuse absolute paths and paths that climb: those are taken from the folder where they meet. */
function headerPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  while (parts[0] === '..') parts.shift()
  return parts.join('/')
}

/** Git's C-style quoting (`core.quotePath`): only where a name has quotes, backslashes, control or non-ASCII characters. */
function quoted(name: string): string {
  if (!/[^ -~]|["\\]/.test(name)) return name
  const bytes = [...new TextEncoder().encode(name)].map((byte) => {
    if (byte < 0x20 || byte > 0x7e) return `\\${byte.toString(8).padStart(3, '0')}`
    const character = String.fromCharCode(byte)
    return character === '"' || character === '\\' ? `\\${character}` : character
  })
  return `"${bytes.join('')}"`
}

function coloured(header: readonly string[], hunks: string): string {
  const paint = painter(true)
  const body = hunks.split('\n').map((line) => {
    if (line.startsWith('@@')) return paint('cyan', line)
    if (line.startsWith('+')) return paint('green', line)
    return line.startsWith('-') ? paint('red', line) : line
  })
  return `${header.map((line) => paint('bold', line)).join('\n')}\n${body.join('\n')}`
}
