import { table } from '../../table.ts'

/** One line of `strace -f -ttt -o FILE`. */
type TraceLine =
  | { readonly kind: 'call'; readonly pid: number; readonly at: number; readonly text: string }
  | { readonly kind: 'unfinished'; readonly pid: number; readonly at: number; readonly text: string }
  | { readonly kind: 'resumed'; readonly pid: number; readonly at: number; readonly text: string }
  /** A thread of `pid` called execve: the process goes on under its first pid with the call that `thread` began. */
  | { readonly kind: 'superseded'; readonly pid: number; readonly at: number; readonly thread: number }
  | { readonly kind: 'gone'; readonly pid: number; readonly at: number }

export interface Call {
  readonly pid: number
  /** Seconds since 1970, when the call began. */
  readonly at: number
  readonly name: string
  /** As printed, cut at the commas between them. */
  readonly args: readonly string[]
  readonly result: CallResult
  /** The call without its result. */
  readonly text: string
}

interface CallResult {
  readonly done: boolean
  /** `EACCES`; '' where it was done, or where it never returned. */
  readonly errno: string
  readonly value: number
  /** As printed, with the path of a descriptor. */
  readonly text: string
}

const START = /^(\d+) +(\d+\.\d+) +/

/** Null for signals, for strace's own remarks and for what is no line of a trace. */
export function readLine(line: string): TraceLine | null {
  const start = START.exec(line)
  if (!start) return null
  const pid = Number(start[1])
  const at = Number(start[2])
  const text = line.slice(start[0].length)
  if (text.startsWith('+++')) {
    const thread = /^\+\+\+ superseded by execve in pid (\d+)/.exec(text)?.[1]
    return thread === undefined ? { kind: 'gone', pid, at } : { kind: 'superseded', pid, at, thread: Number(thread) }
  }
  if (text.startsWith('---')) return null
  if (text.startsWith('<... ')) {
    const rest = text.indexOf(' resumed>')
    return rest < 0 ? null : { kind: 'resumed', pid, at, text: text.slice(rest + ' resumed>'.length) }
  }
  const cut = text.endsWith('>') ? / ?<(?:unfinished|pid changed to \d+) \.\.\.>$/.exec(text) : null
  if (cut) return { kind: 'unfinished', pid, at, text: text.slice(0, cut.index) }
  return { kind: 'call', pid, at, text }
}

/** Takes a whole call apart: `openat(AT_FDCWD</>, "/x", O_RDONLY) = 3</x>`. Null for what is none. */
export function readCall(pid: number, at: number, text: string): Call | null {
  const open = text.indexOf('(')
  if (open <= 0) return null
  const args: string[] = []
  const close = cutArguments(text, open + 1, args)
  if (close < 0) return null
  const equals = text.indexOf('= ', close)
  if (equals < 0) return null
  return {
    pid,
    at,
    name: text.slice(0, open),
    args,
    result: readResult(text.slice(equals + 2)),
    text: text.slice(0, close + 1),
  }
}

function readResult(text: string): CallResult {
  if (text.startsWith('-1 ')) return { done: false, errno: text.slice(3).split(' ', 1)[0] ?? '', value: -1, text }
  // `?` means that the call did not return before the process ended, or is to be restarted.
  if (text.startsWith('?')) return { done: false, errno: '', value: -1, text }
  return { done: true, errno: '', value: Number.parseInt(text, 10), text }
}

/**
 * Cuts the arguments at their commas, from `index` on, and returns the place of the closing bracket, -1 for none.
 * Strings are quoted, paths of descriptors are in `<…>` (with `<` and `>` escaped); both can hold any bracket or comma.
 */
function cutArguments(text: string, index: number, args: string[]): number {
  let depth = 0
  let start = index
  for (let i = index; i < text.length; i += 1) {
    const char = text[i]
    if (char === '"') i = endOfString(text, i)
    else if (char === '<') {
      if (text[i + 1] === '<') i += 1
      else if (/[\dD]/.test(text[i - 1] ?? '')) {
        i = text.indexOf('>', i)
        if (i < 0) return -1
      }
    } else if (char === '(' || char === '[' || char === '{') depth += 1
    else if (depth > 0 && (char === ')' || char === ']' || char === '}')) depth -= 1
    else if (depth === 0 && (char === ',' || char === ')')) {
      const argument = text.slice(start, i).trim()
      if (argument !== '' || char === ',') args.push(argument)
      if (char === ')') return i
      start = i + 1
    }
  }
  return -1
}

function endOfString(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '"') return i
  }
  return text.length
}

const NAMED: Readonly<Record<string, number>> = table({ n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27, '0': 0 })

/** Undoes strace's escapes (`\n`, `\303\251`, `\x41`, `\"`). Bytes that are no UTF-8 become U+FFFD. */
function unescapeText(text: string): string {
  if (!text.includes('\\')) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] !== '\\') {
      bytes.push(text.charCodeAt(i) & 0xff)
      continue
    }
    const numeric = /^(?:x([0-9a-f]{2})|([0-7]{1,3}))/i.exec(text.slice(i + 1, i + 4))
    if (numeric) {
      bytes.push(
        numeric[1] === undefined ? Number.parseInt(numeric[2] ?? '0', 8) & 0xff : Number.parseInt(numeric[1], 16),
      )
      i += numeric[0].length
      continue
    }
    const next = text[i + 1] ?? '\\'
    bytes.push(NAMED[next] ?? next.charCodeAt(0))
    i += 1
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** The text of a quoted argument; null where it is none (a raw pointer, NULL) or was cut short (`"…"...`). */
export function quotedText(argument: string | undefined): string | null {
  if (argument === undefined || argument.length < 2 || argument[0] !== '"' || !argument.endsWith('"')) return null
  return unescapeText(argument.slice(1, -1))
}

/** `5</var/lib/x>`: the path behind a descriptor, null for a pipe, a socket or what strace could not look up. */
export function annotatedPath(argument: string | undefined): string | null {
  const start = argument?.indexOf('</') ?? -1
  if (argument === undefined || start < 0) return null
  const end = argument.lastIndexOf('>')
  return end < start ? null : unescapeText(argument.slice(start + 1, end))
}

/** `5<socket:[1234]>` → `1234`, which names the socket whoever holds it. */
export function socketInode(argument: string | undefined): string | null {
  return /<socket:\[(\d+)\]>/.exec(argument ?? '')?.[1] ?? null
}
