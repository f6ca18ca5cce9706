import { bounds } from '../bounds.ts'
import type { Span } from '../edit.ts'
import { memoizeByObject } from '../memoize.ts'
import { normalisePath, parentOf } from '../path.ts'
import type { ShellCommand } from './shell-command.ts'
import { staticValue, type Values } from './static-text.ts'

/** A script that was read. */
interface MovingScript {
  /** Null for the text of a command. */
  readonly path: string | null
  readonly commands: readonly { readonly command: ShellCommand }[]
  readonly variables: Values
  /** The folder in which it is run. */
  readonly workdir: string
}

/**
 * The working folder of each command, behind each `cd` before it (one in brackets holds inside them). Null where a condition or a
 * variable decides it, and in a function, which may be called from anywhere.
 */
export const foldersIn = memoizeByObject((script: MovingScript): ReadonlyMap<ShellCommand, string | null> => {
  const found = new Map<ShellCommand, string | null>()
  const levels: Level[] = [{ of: null, folder: script.workdir === '' ? '/' : script.workdir, before: null }]
  for (const { command } of script.commands) {
    const { span, subshell, within, functionName } = command
    while (levels.length > 1 && span.start >= (levels.at(-1)?.of?.end ?? 0)) levels.pop()
    const [outer] = levels.slice(-1)
    if (outer === undefined) break
    const isOpened = subshell !== undefined && subshell.start !== outer.of?.start
    const level: Level = isOpened ? { ...outer, of: subshell } : outer
    if (isOpened) levels.push(level)
    const isPlain = functionName === null && within === 'script'
    found.set(command, isPlain ? level.folder : null)
    if (isPlain && MOVES.test(command.name ?? '')) move(level, command, script)
  }
  return found
})

/** A script, or what is in brackets. */
interface Level {
  readonly of: Span | null
  folder: string | null
  /** For `cd -`. */
  before: string | null
}

const MOVES = /^(?:cd|pushd|popd)$/

function move(level: Level, { name, words, conditional }: ShellCommand, script: MovingScript): void {
  const { folder, before } = level
  const operand = words.slice(1).find(({ text }) => text === '-' || !text.startsWith('-'))?.text ?? ''
  const said = staticValue(operand, script.variables) ?? ownFolder(operand, script.path)
  level.before = folder
  if (name === 'popd' || conditional || said === null || said === '') level.folder = null
  else if (said === '-') level.folder = before
  else level.folder = said.startsWith('/') || folder !== null ? shortPath(normalisePath(said, folder ?? '/')) : null
}

/** The kernel goes to no folder whose path is longer. */
function shortPath(path: string): string | null {
  return path.length < bounds.pathLength ? path : null
}

/** The folder that a script finds itself in: `"$(cd "$(dirname "$0")/.." && pwd)"`, `"$(dirname "$0")"`. Null for anything else. */
export function ownFolder(value: string, path: string | null): string | null {
  if (path === null || value.length > LONGEST_OWN_FOLDER) return null
  const text = value.replace(/["'\s]/g, '')
  const [found, above = '', below = ''] = OWN_FOLDER.exec(text) ?? OF_NAME.exec(text) ?? []
  return found === undefined ? null : normalisePath(`${parentOf(path)}${above}${below}`)
}

const LONGEST_OWN_FOLDER = 200
const OWN_FOLDER =
  /^\$\((?:cd(?:-P)?(?:--)?)?\$\(dirname(?:--)?\$(?:0|BASH_SOURCE|\{(?:0|BASH_SOURCE(?:\[0\])?(?::-\$0)?)\}|\((?:readlink-f|realpath)(?:--)?\$(?:0|\{BASH_SOURCE\[0\]\})\))\)((?:\/\.\.){0,4})(?:>\/dev\/null)?(?:2>&1|2>\/dev\/null)?&&pwd(?:-P)?\)((?:\/[\w.-]{1,60}){0,6})$/
const OF_NAME =
  /^(?:\$\(dirname(?:--)?\$(?:0|\{(?:0|BASH_SOURCE(?:\[0\])?)\}|\((?:readlink-f|realpath)(?:--)?\$0\))\)|\$\{0%\/\*\})((?:\/\.\.){0,4})((?:\/[\w.-]{1,60}){0,6})$/
