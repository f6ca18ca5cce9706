import { basename } from 'node:path'
import { bounds } from '../../bounds.ts'

interface Assignment {
  /** Where in the text it begins. */
  readonly at: number
  /** Null where only its run says it. */
  readonly value: string | null
}

/**
 * Puts into a command the values that its file gives to variables: `volume=$PWD/data` and then `-v $volume:/data`, `$(REPO)` of a
 * Makefile, `{{ image }}` of a justfile. `index`: where in the text the command is; of several values the last above it counts. What the
 * file does not say stays as it is written.
 */
export function assignmentsOf(text: string, path: string): (command: string, index: number) => string {
  const isMake = /^(?:GNUm|M|m)akefile$|\.(?:mk|mak)$/.test(basename(path))
  const isYaml = /\.ya?ml$/.test(path)
  const said = assignmentsIn(text, isMake || /^justfile$/i.test(basename(path)), isYaml)
  if (said.size === 0) return (command) => command
  const references = isMake ? OF_MAKE : OF_SHELL
  // Values of values may grow without end.
  let left = 0
  const given = (name: string, index: number, depth: number): string | null => {
    const all = OF_THE_CALLER.test(name) ? [] : (said.get(name) ?? [])
    // Make reads its whole file before it runs anything.
    const meant = all.findLast(({ at }) => at < index) ?? (isMake ? all.find(({ at }) => at > index) : undefined)
    if (meant === undefined || meant.value === null || depth > MOST_NESTED || --left < 0) return null
    return expanded(meant.value, meant.at, depth + 1, true)
  }
  const expanded = (written: string, index: number, depth: number, withDefaults: boolean): string =>
    written.replace(references, (reference) => {
      const [, name = '', fallback] =
        /^[${ \t.]{1,12}(?:env\.)?(\w{1,99})(?::?-(.*)\})?/s.exec(reference.replace('(', '{')) ?? []
      return given(name, index, depth) ?? (withDefaults && fallback !== undefined ? fallback : reference)
    })
  return (command, index) => {
    left = bounds.buildCommands
    const filled = expanded(command, index, 0, false)
    return filled.length > bounds.lineLength ? command : filled
  }
}

/** `${{ env.NAME }}` of a workflow, `{{ name }}` of a justfile or a Taskfile, `${NAME}`, `${NAME:-default}`, `$NAME` */
const OF_SHELL =
  /\$\{\{[ \t]{0,9}env\.\w{1,99}[ \t]{0,9}\}\}|\{\{[ \t]{0,9}\.?\w{1,99}[ \t]{0,9}\}\}|\$\{\w{1,99}(?::?-[^{}$`\n]{0,999})?\}|\$\w{1,99}/g
/** `$(NAME)`, `${NAME}` */
const OF_MAKE = /(?<!\$)\$(?:\(\w{1,99}\)|\{\w{1,99}\})/g
/** Nobody's file says them. */
const OF_THE_CALLER = /^(?:PWD|HOME|USER|UID|GID|CURDIR)$/
const MOST_NESTED = 5

/** In the order of the text. */
function assignmentsIn(text: string, isSpaced: boolean, isYaml: boolean): ReadonlyMap<string, readonly Assignment[]> {
  const found = new Map<string, Assignment[]>()
  for (const { 0: line, 1: name = '', 2: sign = '', 3: written = '', index } of text.matchAll(ASSIGNS)) {
    if (found.size > bounds.buildCommands) break
    // `a = b` is a command of the shell; PowerShell has a dollar sign before it.
    const isAssignment =
      sign.trim() === ':' ? isYaml : isSpaced || !/[ \t]/.test(sign) || line.trimStart().startsWith('$')
    if (!isAssignment) continue
    const value = valueIn(written, isSpaced || isYaml)
    const before = found.get(name)
    if (before === undefined) found.set(name, [{ at: index, value }])
    else before.push({ at: index, value })
  }
  return found
}

const ASSIGNS =
  /^[ \t]{0,99}(?:[$>%][ \t]{1,9})?(?:(?:export|local|readonly|declare|override)[ \t]{1,9}(?:-\w{1,9}[ \t]{1,9})?)?\$?([A-Za-z_]\w{0,98})([ \t]{0,99}(?:\?=|::?=|=)[ \t]{0,99}|:(?=[ \t]{1,99}\S)[ \t]{1,99})([^\n]{1,2000})$/gm

/** Its first word, or the whole line; null for what a command gives. */
function valueIn(written: string, isLine: boolean): string | null {
  const quoted = /^(?:"([^"]*)"|'([^']*)')/.exec(written)
  const plain = isLine ? written.replace(/[ \t]#.*$/s, '') : (/^[^\s;&|]*/.exec(written)?.[0] ?? '')
  const value = (quoted?.[1] ?? quoted?.[2] ?? plain).trim()
  // Where it is called is known: the folder of the caller.
  const rest = value.replace(/\$\(\s*(?:shell\s+)?pwd\s*\)|`pwd`|\$\(\w{1,99}\)/gi, '')
  return /\$\(|`/.test(rest) ? null : value
}
