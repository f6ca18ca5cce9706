import type { ShellCommand } from '../../dockerfile/index.ts'
import { lineOf } from '../../line-of.ts'
import { nameOf, normalisePath } from '../path.ts'
import { folderEdits } from './folder-edits.ts'
import type { ReadScript } from './scripts.ts'
import { staticValue } from './static-text.ts'
import { type Step, stepsOf } from './steps.ts'
import { type FirstStart, type Sure, sureConditions } from './sure-conditions.ts'
import { programIndex } from './wrappers.ts'

/** A file that a start script writes by itself, before what it starts does anything. */
export interface ScriptWrite {
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  /** 1-based. */
  readonly line: number
  readonly path: string
  /** `sed -i` writes a new file beside the old one and puts it in its place. */
  readonly replaces: boolean
  /** Only where something is not there yet, which the base does not have: a build step may still bring it. */
  readonly ifMissing: boolean
  /** `path` is a folder, and which files of it, or of those below it, only the run tells. */
  readonly any?: 'inside' | 'below'
}

/** What redirects, `tee` and `sed -i` write, as far as no variable and no question of the script decides it otherwise. */
export function scriptWrites(script: ReadScript, start: Omit<FirstStart, 'variables'>): readonly ScriptWrite[] {
  const { workdir } = start
  const moves = script.commands.some(({ command }) => command.name === 'cd' || command.name === 'pushd')
  const asked = askedFor(script)
  const surely = (command: ShellCommand): Sure =>
    command.conditional ? sureInBranch(command, { ...start, variables: script.variables }) : SURE
  const isReached = ({ command, guarded }: ReadScript['commands'][number]): boolean =>
    command.span.start <= asked && !guarded && !script.conditional
  const reached = script.commands.filter(isReached).map(({ command }) => command)
  // A loop goes over what is there: its files are what the script is about.
  const inAny = (command: ShellCommand): boolean => {
    const conditions = command.conditions.filter((text) => !/^for\s/.test(text))
    return (conditions.length === 0 && command.functionName === null) || surely({ ...command, conditions }).holds
  }
  const folders = folderEdits(script.text, reached.filter(inAny), script.variables)
    .filter(({ folder }) => !moves || folder.startsWith('/'))
    .map(
      ({ command, folder, deep }): ScriptWrite => ({
        script: script.path,
        line: lineOf(script.text, command.span.start),
        path: normalisePath(folder, workdir),
        replaces: true,
        ifMissing: false,
        any: deep ? 'below' : 'inside',
      }),
    )
  const same = ({ command, variables }: Step): string =>
    writesOf(command)
      .map(({ text }) => staticValue(text, variables))
      .join(' ')
  const single = stepsOf(script, isReached, start, same).flatMap(({ command, variables, ifMissing }) => {
    const line = lineOf(script.text, command.span.start)
    return writesOf(command).flatMap(({ text, replaces, into }): readonly ScriptWrite[] => {
      const path = staticValue(text, variables)
      if (path === null || path === '' || (moves && !path.startsWith('/'))) return []
      const at = normalisePath(path, workdir)
      const isFolder = into === true || start.files?.entry(at)?.type === 'directory'
      const write = { script: script.path, line, path: at, replaces, ifMissing }
      return [isFolder ? { ...write, any: 'inside' } : write]
    })
  })
  return [...single, ...folders]
}

const SURE: Sure = { holds: true, ifMissing: false }

/** A function may not be called at all, and a loop have nothing to go over. */
function sureInBranch({ conditions, functionName }: ShellCommand, start: FirstStart): Sure {
  const isBranch = conditions.length > 0 && functionName === null
  return isBranch ? sureConditions(conditions, start) : { holds: false, ifMissing: false }
}

/** `[ "${AUTOTUNE:-}" ] || exit 0`, `[ -z "$AUTOTUNE" ] && exit`: nothing is done unless somebody asks for it. */
const UNLESS =
  /^\s*(?:\[\[?|test)\s+(?:(?:-n\s+)?"?\$\{?([A-Z]\w*)(?::-)?\}?"?\s*(?:\]\]?\s*)?\|\||-z\s+"?\$\{?([A-Z]\w*)(?::-)?\}?"?\s*(?:\]\]?\s*)?&&)\s*exit(?:\s+0)?\s*(?:;|#|$)/gm

/** From where on the script goes on only where a variable is set that the image does not set; Infinity where nowhere. */
function askedFor({ text, variables }: ReadScript): number {
  const found = [...text.matchAll(UNLESS)].find(([, set, unset]) => !variables.has(set ?? unset ?? ''))
  return found?.index ?? Number.POSITIVE_INFINITY
}

interface Write {
  readonly text: string
  readonly replaces: boolean
  /** It is a folder that something is put into. */
  readonly into?: true
}

/** Options of what fetches or unpacks that name where to. */
const OUTPUT: Readonly<Record<string, { readonly option: RegExp; readonly folder?: true }>> = {
  curl: { option: /^(-[a-zA-Z]*o|--output)$/ },
  wget: { option: /^(-[a-zA-Z]*O|--output-document)$/ },
  tar: { option: /^(-C|--directory)$/, folder: true },
  unzip: { option: /^-d$/, folder: true },
}

/** What `cp`, `mv`, `touch`, `ln` and `mkfifo` put somewhere; what `mv` takes away leaves its folder. Null for other tools. */
function placedBy(tool: string, args: ShellCommand['words']): readonly Write[] | null {
  const operands = args.filter(({ text }) => !/^-/.test(text))
  const last = operands.at(-1)
  if (tool === 'touch') return operands.map(({ text }) => ({ text, replaces: false }))
  if (tool === 'mkfifo') return operands.map(({ text }) => ({ text, replaces: true }))
  const told = OUTPUT[tool]
  if (told !== undefined) {
    const at = args.findIndex(({ text }) => told.option.test(text))
    const value = at < 0 ? undefined : args[at + 1]
    if (value === undefined || value.text === '-') return []
    return [
      told.folder === true ? { text: value.text, replaces: false, into: true } : { text: value.text, replaces: false },
    ]
  }
  if (!/^(cp|mv|ln)$/.test(tool)) return null
  if (last === undefined || operands.length < 2) return []
  const { text } = last
  const isFolder = /\/\.?["']?$/.test(text) || operands.length > 2 || /[*?]|\/\.?["']?$/.test(operands[0]?.text ?? '')
  const taken = tool === 'mv' ? operands.slice(0, -1).map((each) => ({ text: each.text, replaces: true })) : []
  if (isFolder) return [...taken, { text: text.replace(/\/\.?(["']?)$/, '$1'), replaces: false, into: true }]
  return [...taken, { text, replaces: tool !== 'cp' }]
}

function writesOf({ words, redirects }: ShellCommand): readonly Write[] {
  const written = redirects.flatMap(({ operator, target }): readonly Write[] =>
    /^(>|>>|>\||&>|&>>)$/.test(operator) && target !== null ? [{ text: target.text, replaces: false }] : [],
  )
  const at = programIndex(words)
  const tool = nameOf(words[at]?.value ?? '')
  const args = words.slice(at + 1)
  const operands = args.filter(({ text }) => !text.startsWith('-'))
  if (tool === 'tee') return [...written, ...operands.map(({ text }) => ({ text, replaces: false }))]
  const placed = placedBy(tool, args)
  if (placed !== null) return [...written, ...placed]
  if (tool !== 'sed' || !args.some(({ text }) => /^(-[a-zA-Z]*i|--in-place)/.test(text))) return written
  // Without -e and -f the first operand is the script; a value of theirs is no file either.
  const valued = new Set(args.filter((_, index) => /^-[a-zA-Z]*[ef]$/.test(args[index - 1]?.text ?? '')))
  const files = operands.filter((word) => !valued.has(word)).slice(valued.size === 0 ? 1 : 0)
  return [...written, ...files.map(({ text }) => ({ text, replaces: true }))]
}
