import { type Node, type ParseError, parseTree, printParseErrorCode, stripComments } from 'jsonc-parser'
import { lineOf } from '../edit.ts'
import { HardenError } from '../errors.ts'
import type { DaemonFlag } from './facts.ts'

/** What daemon.json says about remapping. */
interface DaemonConfig {
  /** Null where the key is absent or empty: no remapping. */
  readonly remap: string | null
  readonly dataRoot: string | null
  readonly liveRestore: boolean
  readonly containerdImages: boolean
  /** dockerd does not start where the file has a comment: JSON has none. */
  readonly hasComments: boolean
}

const key = 'userns-remap'

/** Null is a file that does not exist. Throws HardenError `bad-config` with the line. */
export function readDaemonConfig(text: string | null, name: string): DaemonConfig {
  const tree = parse(text ?? '', name)
  if (tree === null) {
    return { remap: null, dataRoot: null, liveRestore: false, containerdImages: false, hasComments: false }
  }
  const bare = body(text ?? '').text
  const remap = findValue(tree, key)?.value as string | undefined
  const dataRoot = findValue(tree, 'data-root')?.value
  const snapshotter = findValue(findValue(tree, 'features'), 'containerd-snapshotter')?.value
  return {
    remap: remap || null,
    dataRoot: typeof dataRoot === 'string' && dataRoot !== '' ? dataRoot : null,
    liveRestore: findValue(tree, 'live-restore')?.value === true,
    containerdImages: snapshotter === true,
    hasComments: stripComments(bare, ' ') !== bare,
  }
}

/** The text with `"userns-remap": value`; all other bytes stay. Throws HardenError `bad-config`. */
export function setRemap(text: string | null, value: string, name: string): string {
  const tree = parse(text ?? '', name)
  const property = `"${key}": ${JSON.stringify(value)}`
  const { mark, text: bare } = body(text ?? '')
  const end = bare.includes('\r\n') ? '\r\n' : '\n'
  if (tree === null) return `${mark}{${end}  ${property}${end}}${end}`
  const old = findValue(tree, key)
  if (old !== undefined) {
    return mark + bare.slice(0, old.offset) + JSON.stringify(value) + bare.slice(old.offset + old.length)
  }
  const last = tree.children?.at(-1)
  if (last === undefined) {
    const inside = bare.slice(tree.offset + 1, tree.offset + tree.length - 1)
    const rest = inside.trim() === '' ? '' : inside.trimEnd()
    return `${mark}${bare.slice(0, tree.offset)}{${rest}${end}  ${property}${end}${bare.slice(tree.offset + tree.length - 1)}`
  }
  return mark + addAfter(bare, last, property, end)
}

/** Adds a property after the last one, in its layout. A comment behind that one stays on its line. */
function addAfter(text: string, last: Node, property: string, end: string): string {
  const valueEnd = last.offset + last.length
  const [name, value] = last.children ?? []
  const colon = name && value ? text.slice(name.offset + name.length, value.offset) : ': '
  const styled = /^\s*:\s*$/.test(colon) && !colon.includes('\n') ? property.replace(': ', () => colon) : property
  const lineStart = text.lastIndexOf('\n', last.offset - 1) + 1
  const indent = text.slice(lineStart, last.offset)
  if (lineStart === 0 || indent.trim() !== '') {
    const compact = text.slice(0, last.offset).endsWith(' ') || colon.includes(' ')
    return `${text.slice(0, valueEnd)},${compact ? ' ' : ''}${styled}${text.slice(valueEnd)}`
  }
  const tail =
    /^[ \t]*(?:\/\/[^\r\n]*|(?:\/\*(?:[^\r\n*]|\*(?!\/))*\*\/[ \t]*)+(?=\r?\n))?/.exec(text.slice(valueEnd))?.[0] ?? ''
  const comment = tail.trim() === '' ? '' : tail
  return `${text.slice(0, valueEnd)},${comment}${end}${indent}${styled}${text.slice(valueEnd + comment.length)}`
}

/** Null for an empty file, which dockerd takes for `{}`. */
function parse(text: string, name: string): Node | null {
  const { text: bare } = body(text)
  if (bare.trim() === '') return null
  const errors: ParseError[] = []
  const tree = parseTree(bare, errors, { allowTrailingComma: false, disallowComments: false })
  const [error] = errors
  if (error !== undefined || tree === undefined) {
    const what = error === undefined ? 'there is no value' : explained(printParseErrorCode(error.error))
    throw broken(name, bare, error?.offset ?? 0, what)
  }
  if (tree.type !== 'object') throw broken(name, bare, tree.offset, 'it is no object')
  const keys = (tree.children ?? []).map((property) => property.children?.[0])
  const twice = keys.filter((node) => node?.value === key)[1]
  if (twice !== undefined) throw broken(name, bare, twice.offset, `"${key}" is there twice`)
  const value = findValue(tree, key)
  if (value !== undefined && value.type !== 'string') throw broken(name, bare, value.offset, `"${key}" is no text`)
  return tree
}

/** A byte order mark, which dockerd skips, and what follows it. */
function body(text: string): { readonly mark: string; readonly text: string } {
  return text.startsWith('\uFEFF') ? { mark: '\uFEFF', text: text.slice(1) } : { mark: '', text }
}

function findValue(tree: Node | undefined, name: string): Node | undefined {
  return tree?.children?.find((property) => property.children?.[0]?.value === name)?.children?.[1]
}

/** `PropertyNameExpected` to words. */
function explained(code: string): string {
  return code.replace(/([a-z])(?=[A-Z])/g, '$1 ').toLowerCase()
}

function broken(name: string, text: string, offset: number, what: string): HardenError {
  const line = lineOf(text, offset)
  return new HardenError('bad-config', `${name}:${line}: ${what}, so dockerd cannot read it either`, {
    hint: 'correct it first; nothing was written',
    line,
  })
}

export interface DaemonArguments {
  readonly configFile: string | null
  readonly dataRoot: string | null
  readonly remap: string | null
}

/** What a dockerd was started with; null where the arguments are of another program. */
export function daemonArguments(argv: readonly string[]): DaemonArguments | null {
  const start = argv.findIndex((word) => /(^|\/)dockerd(-[\w.]+)?$/.test(word))
  if (start < 0 || start > 1) return null
  const value = (...names: readonly string[]): string | null => {
    let found: string | null = null
    for (const [index, word] of argv.entries()) {
      if (index <= start) continue
      const [name = '', ...rest] = word.split('=')
      if (names.includes(name)) found = rest.length > 0 ? rest.join('=') : (argv[index + 1] ?? null)
    }
    return found
  }
  return {
    configFile: value('--config-file'),
    dataRoot: value('--data-root', '--graph', '-g'),
    remap: value('--userns-remap'),
  }
}

/** Lines of a systemd unit or of a file with DOCKER_OPTS that give dockerd `--userns-remap`. */
export function flagsIn(text: string, name: string): readonly DaemonFlag[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*[#;]/.test(line)) return []
    const value = /--userns-remap(?:=|\s+)"?([^\s"']+)/.exec(line)?.[1]
    return value === undefined ? [] : [{ where: `${name}:${index + 1}`, value }]
  })
}
