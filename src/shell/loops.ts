import { memoizeByText } from '../memoize.ts'
import { nameOf, parentOf } from '../path.ts'
import { actionsBy } from './actions.ts'
import type { ShellCommand } from './shell-command.ts'
import { staticValue, type Values } from './static-text.ts'

interface LoopingScript {
  readonly text: string
  readonly commands: readonly { readonly command: ShellCommand }[]
  readonly variables: Values
}

/** More values than these a word of a loop does not get. */
const MOST_VALUES = 64

/**
 * What a word of a script stands for, one value each time a loop around it comes to it: loops over words that stand there, over the
 * keys or values of an array that the script fills itself, and what it sets from them on the way. Null where a run decides it.
 */
export function wordValues(
  text: string,
  command: ShellCommand,
  { text: script, commands, variables }: LoopingScript,
): readonly string[] | null {
  const loops = command.conditions.filter((one) => LOOP.test(one))
  if (loops.length === 0 && !/\$\(|\[/.test(text)) return null
  const arrays = arraysIn(script)
  const start: Values = { get: (name) => variables.get(name) }
  let turns: readonly Values[] | null = [start]
  for (const loop of loops) {
    const [, name = '', list = ''] = LOOP.exec(loop) ?? []
    const inner = commands.filter(
      ({ command: each }) => each.conditions.includes(loop) && each.span.start < command.span.start,
    )
    turns = eachTurn(turns, name, list, arrays)?.map((values) => assigned(values, inner, arrays)) ?? null
    if (turns === null) return null
  }
  const found = turns.map((values) => filledIn(text, values, arrays))
  return found.every((value) => value !== null && value !== '') ? [...new Set(found as string[])] : null
}

const LOOP = /^for\s{1,99}(\w{1,99})\s{1,99}in\s([^\n;]*)/

/** What the innermost loop over a variable goes through, as it stands there; '' for none. */
export function loopList(name: string, conditions: readonly string[]): string {
  const lists = conditions.map((one) => LOOP.exec(one) ?? [])
  return lists.findLast(([, of]) => of === name)?.[2] ?? ''
}

function eachTurn(before: readonly Values[], name: string, list: string, arrays: Arrays): readonly Values[] | null {
  const turns: Values[] = []
  for (const values of before)
    for (const word of list.match(WORD) ?? []) {
      const all = valuesOf(word, values, arrays)
      if (all === null || turns.length + all.length > MOST_VALUES) return null
      turns.push(...all.map((value) => ({ get: (asked: string) => (asked === name ? value : values.get(asked)) })))
    }
  return turns.length === 0 ? null : turns
}

const WORD = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g

/** What one word of a list becomes; without quotes a variable becomes as many words as it has. */
function valuesOf(word: string, values: Values, arrays: Arrays): readonly string[] | null {
  const [, keys, name = ''] = /^"?\$\{(!?)(\w+)\[[@*]\]\}"?$/.exec(word) ?? []
  if (name !== '') {
    const array = arrays.get(name)
    const all = array?.map(({ key, value }) => staticValue(keys === '!' ? key : value, values)) ?? null
    return all?.every((one) => one !== null) === true ? (all as string[]) : null
  }
  const value = filledIn(word, values, arrays)
  return value === null ? null : /^\$/.test(word) ? value.split(/\s+/).filter((one) => one !== '') : [value]
}

/** `from="${MAP[$to]}"` in a loop. */
function assigned(values: Values, commands: LoopingScript['commands'], arrays: Arrays): Values {
  const own = new Map<string, string | undefined>()
  const now: Values = { get: (name) => (own.has(name) ? own.get(name) : values.get(name)) }
  for (const { command } of commands)
    for (const { name, text } of command.words.length === 0 ? actionsBy(command, 'sets') : [])
      own.set(name, filledIn(text, now, arrays) ?? undefined)
  return now
}

/** With elements of arrays and with dirname and basename, which change no more than the text. */
function filledIn(text: string, values: Values, arrays: Arrays): string | null {
  let filled = text
  for (let depth = 0; depth < 3 && filled !== null; depth += 1) {
    const before = filled
    filled = filled
      .replace(/\$\{(\w{1,99})\[((?:[^\][{}]|\$\{\w+\}){1,200})\]\}/g, (all, name: string, key: string) => {
        const wanted = staticValue(key, values)
        const found = arrays.get(name)?.findLast((each) => wanted !== null && staticValue(each.key, values) === wanted)
        return plain(found === undefined ? null : staticValue(found.value, values)) ?? all
      })
      .replace(
        /\$\(\s{0,9}(dirname|basename)\s{1,9}(?:--\s{1,9})?("(?:[^"\\$]|\$\w|\$\{\w{1,99}\}){0,999}"|[^\s"'()]{1,999})\s{0,9}\)/g,
        (all, tool: string, of: string) => {
          const path = staticValue(of, values)
          return path === null ? all : (plain(tool === 'dirname' ? parentOf(path) : nameOf(path)) ?? all)
        },
      )
    if (filled === before) break
  }
  return staticValue(filled, values)
}

/** Nothing in it that a shell would read. */
function plain(value: string | null): string | null {
  return value === null || /["'$`\\*?[\]{}~\s]/.test(value) ? null : value
}

interface Element {
  readonly key: string
  readonly value: string
}

type Arrays = ReadonlyMap<string, readonly Element[]>

const VALUE = String.raw`("[^"\n]{0,400}"|'[^'\n]{0,400}'|[^\s"'()]{1,400})`
const ELEMENT = new RegExp(String.raw`\[("[^"\n]{1,200}"|[^\]\n"]{1,200})\]=${VALUE}`, 'g')
const SET = new RegExp(String.raw`(?:^|[\s;])(\w{1,99})\[("[^"\n]{1,200}"|[^\]\n"]{1,200})\]=${VALUE}`, 'g')
const ARRAY = /(?<!\w)(\w{1,99})=\(/g
/** A list is no longer. */
const LONGEST_ARRAY = 4_000

/** The arrays that a script fills by itself, word by word. */
const arraysIn = memoizeByText((script): Arrays => {
  const arrays = new Map<string, Element[]>()
  const add = (name: string, element: Element): void => {
    const array = arrays.get(name) ?? []
    array.push(element)
    arrays.set(name, array)
  }
  const text = script.replace(/^[ \t]*#.*$/gm, '')
  for (const { 0: opening, 1: name = '', index } of text.matchAll(ARRAY)) {
    const from = index + opening.length
    const end = text.slice(from, from + LONGEST_ARRAY).search(/[()]/)
    if (end < 0 || text[from + end] !== ')') continue
    const all = text.slice(from, from + end)
    const named = [...all.matchAll(ELEMENT)]
    for (const [, key = '', value = ''] of named) add(name, { key, value })
    if (named.length === 0)
      for (const [at, value] of (all.match(WORD) ?? []).entries()) add(name, { key: String(at), value })
  }
  for (const [, name = '', key = '', value = ''] of text.matchAll(SET)) add(name, { key, value })
  return arrays
})
