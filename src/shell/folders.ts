import { bounds } from '../bounds.ts'
import type { Span } from '../edit.ts'
import { memoizeByObject } from '../memoize.ts'
import { normalisePath, parentOf } from '../path.ts'
import type { ChangesFolder } from './action.ts'
import { actionsBy } from './actions.ts'
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

/** The working folder of each command of a script. */
export const foldersIn = memoizeByObject((script: MovingScript): ReadonlyMap<ShellCommand, string | null> => {
  const folderOf = followFolders(script.workdir === '' ? '/' : script.workdir, script.path)
  return new Map(script.commands.map(({ command }) => [command, folderOf(command, script.variables)]))
})

/**
 * Asked of one command after the other, gives the folder that each works in, behind each `cd` before it (one in brackets holds inside
 * them). Null where a condition or a variable decides it, and in a function, which may be called from anywhere. `path`: of the script.
 */
export function followFolders(
  from: string | null,
  path: string | null = null,
): (command: ShellCommand, variables?: Values) => string | null {
  const levels: Level[] = [{ of: null, folder: from, before: null }]
  return (command, variables = NO_VALUES) => {
    const { subshell, within, functionName } = command
    while (levels.length > 1 && !isIn(command, levels.at(-1)?.of)) levels.pop()
    const [outer] = levels.slice(-1)
    if (outer === undefined) return null
    const isOpened = subshell !== undefined && !(subshell.start === outer.of?.start && subshell.end === outer.of.end)
    const level: Level = isOpened ? { ...outer, of: subshell } : outer
    if (isOpened) levels.push(level)
    if (functionName !== null || within === 'trap') return null
    const { folder } = level
    for (const moved of actionsBy(command, 'changes-folder'))
      move(level, moved, command.conditional, { path, variables })
    return folder
  }
}

const NO_VALUES: Values = { get: () => undefined }

function isIn({ span }: ShellCommand, of: Span | null | undefined): boolean {
  return of == null || (of.start <= span.start && span.end <= of.end)
}

/** A script, or what is in brackets. */
interface Level {
  readonly of: Span | null
  folder: string | null
  /** For `cd -`. */
  before: string | null
}

function move(
  level: Level,
  { tool, to }: ChangesFolder,
  conditional: boolean,
  { path, variables }: Pick<MovingScript, 'path' | 'variables'>,
): void {
  const { folder, before } = level
  const operand = to?.text ?? ''
  const said = staticValue(operand, variables) ?? to?.value ?? ownFolder(operand, path)
  level.before = folder
  if (tool === 'popd' || conditional || said === null || said === '') level.folder = null
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
