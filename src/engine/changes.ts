import type { Readable } from 'node:stream'
import { bounds } from '../bounds.ts'
import type { Changes, DiffEntry } from './engine.ts'
import { answerOf } from './inspect.ts'

type Parse = (text: string) => readonly DiffEntry[]

/** Where the end of a text is missing, without the entry that it breaks off in. */
export interface ChangesForm {
  readonly parse: Parse
  readonly parseStart: Parse
}

/** What the engine's API answers. */
export const jsonChanges: ChangesForm = {
  parse: parseJson,
  // In a name the quotes would have a backslash before them.
  parseStart: (text) => {
    const end = text.lastIndexOf('},{"')
    return end < 0 ? [] : parseJson(`${text.slice(0, end)}}]`)
  },
}

/** What its command prints. */
export const printedChanges: ChangesForm = {
  parse: parseLines,
  parseStart: (text) => parseLines(text.slice(0, text.lastIndexOf('\n') + 1)),
}

/** A program may make more files than anybody wants to hear of: the list is read up to a size, and for a time. */
export async function readChanges(
  body: Readable,
  { parse, parseStart }: ChangesForm,
  milliseconds: number = bounds.changesMs,
): Promise<Changes> {
  const chunks: Buffer[] = []
  let size = 0
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    body.destroy()
  }, milliseconds)
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > bounds.changesBytes)
        return {
          entries: parseStart(textOf(chunks)),
          more: `lists more than ${bounds.changesBytes / 1024 ** 2} MiB of them`,
        }
    }
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(timer)
  }
  if (isLate) return { entries: parseStart(textOf(chunks)), more: tooSlow(milliseconds) }
  return { entries: parse(textOf(chunks)), more: null }
}

export function tooSlow(milliseconds: number): string {
  return `had not listed all of them after ${Math.round(milliseconds / 1000)} s`
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}

const numbers = ['changed', 'added', 'deleted'] as const

function parseJson(json: string): readonly DiffEntry[] {
  // For none it says null.
  if (json.trim() === 'null') return []
  return [...answerOf<readonly { readonly Path: string; readonly Kind: number }[]>(json)].flatMap(({ Path, Kind }) => {
    const kind = numbers[Kind]
    return kind === undefined ? [] : [{ kind, path: Path }]
  })
}

const letters = { A: 'added', C: 'changed', D: 'deleted' } as const

function parseLines(text: string): readonly DiffEntry[] {
  return text.split('\n').flatMap((line) => {
    const kind = letters[line[0] as keyof typeof letters]
    return kind === undefined || line[1] !== ' ' ? [] : [{ kind, path: line.slice(2) }]
  })
}
