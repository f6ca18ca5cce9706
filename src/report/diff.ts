import { formatPatch, OMIT_HEADERS, structuredPatch } from 'diff'
import { visible } from '../borders/terminal.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import { painter } from './paint.ts'

/** One unified diff of all targets that `git apply` and `patch -p1` accept in the folder the paths start from. */
export const diff: Format = {
  name: 'diff',
  summary: 'a unified diff for git apply or patch -p1',
  tells: 'changes',
  render: (renderings, options) => renderings.map((rendering) => one(rendering, options)).join(''),
}

function one({ result, source, path }: Rendering, { colour }: RenderOptions): string {
  if (result.verdict === 'failed') return ''
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
  const hunks = formatPatch(structuredPatch('', '', before ?? '', after, '', '', { context: 3 }), OMIT_HEADERS)
  // Colour is for somebody's eyes, bytes are for git and patch.
  return colour ? coloured(header.map(visible), visible(hunks)) : `${header.join('\n')}\n${hunks}`
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
