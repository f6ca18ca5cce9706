import { memoizeByObject } from '../memoize.ts'
import { nameOf } from '../path.ts'
import { table } from '../table.ts'
import type { Action, HandsOver, Sets, SetsMode, Writes } from './action.ts'
import { fileActions, type ReadTool, renderedFiles } from './file-tools.ts'
import { invocationOf, programIndex, readRunAs } from './invocation.ts'
import type { ShellAssignment, ShellRedirect } from './shell-command.ts'
import { isShell, type Word } from './starters.ts'

/** The parts of a command that its actions are read from. */
interface CommandParts {
  readonly words: readonly Word[]
  readonly redirects?: readonly Pick<ShellRedirect, 'operator' | 'target'>[]
  readonly assignments?: readonly Pick<ShellAssignment, 'text'>[]
}

/** What a command does, as its words say it: what it starts, where its output goes, and what the program does itself. */
export const actionsOf = memoizeByObject((said: CommandParts): readonly Action[] => {
  const { words, redirects = [], assignments = [] } = said
  if (words.length === 0) return [...assignments.flatMap(({ text }) => set(text, false)), ...redirected(redirects)]
  const { tool, args } = toolOf(said)
  const found = readRunAs(words)
  return [
    { kind: 'starts', ...invocationOf(words) },
    ...(found === null ? [] : [{ kind: 'switches-user' as const, found }]),
    ...redirected(redirects),
    ...(TOOLS[tool]?.(args, tool) ?? fileActions(tool, args) ?? renderedFiles(tool, args)),
  ]
})

/** Its actions of one kind. */
export function actionsBy<Kind extends Action['kind']>(
  said: CommandParts,
  kind: Kind,
): readonly Extract<Action, { kind: Kind }>[] {
  return actionsOf(said).filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind)
}

/** What stands behind `exec`, `env A=b` and their like: a program's base name and its words, or a switch of user. */
export function toolOf({ words }: Pick<CommandParts, 'words'>): {
  readonly tool: string
  readonly args: readonly Word[]
} {
  const at = programIndex(words)
  return { tool: nameOf(words[at]?.value ?? ''), args: words.slice(at + 1) }
}

/** What `>` and its like put into files: `>&2` goes to a descriptor. */
function redirected(redirects: NonNullable<CommandParts['redirects']>): readonly Writes[] {
  return redirects.flatMap(({ operator, target }): readonly Writes[] =>
    /^(>|>>|>\||&>|&>>)$/.test(operator) && target !== null
      ? [
          {
            kind: 'writes',
            tool: operator,
            path: target,
            replaces: false,
            ...(operator.endsWith('>>') ? {} : { anew: true as const }),
          },
        ]
      : [],
  )
}

function set(text: string, isLocal: boolean): readonly Sets[] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? []
  return name === undefined || value === undefined ? [] : [{ kind: 'sets', name, text: value, isLocal }]
}

/** The file that a command has run or read as a script; null where it names none. */
export function scriptRunBy({ words }: Pick<CommandParts, 'words'>): ScriptRun | null {
  const at = programIndex(words)
  const program = words[at]
  if (program === undefined) return null
  const isGiven = isShell(program.value ?? '') || program.value === '.' || program.value === 'source'
  const place = isGiven ? words.findIndex(({ text }, index) => index > at && !text.startsWith('-')) : at
  const file = words[place]
  return file === undefined ? null : { file, isGiven, args: words.slice(place + 1) }
}

interface ScriptRun {
  readonly file: Word
  /** A shell is told its name; else it is the program itself. */
  readonly isGiven: boolean
  readonly args: readonly Word[]
}

const ACCOUNT_TOOLS =
  'usermod groupmod useradd groupadd userdel groupdel adduser addgroup deluser delgroup chpasswd passwd'.split(' ')

const accounts: ReadTool = (args, tool) => [{ kind: 'changes-accounts', tool, words: args }]
const declared: ReadTool = (args, tool) =>
  // An array is no text.
  args.some(({ text }) => /^-\w*[aAf]/.test(text)) ? [] : args.flatMap(({ text }) => set(text, tool === 'local'))
const folder: ReadTool = (args, tool) => [
  {
    kind: 'changes-folder',
    tool: tool as 'cd',
    to: args.find(({ text }) => text === '-' || !text.startsWith('-')) ?? null,
  },
]
const sourced: ReadTool = (args) => [{ kind: 'sources', file: args.find(({ text }) => !text.startsWith('-')) ?? null }]
const mounted: ReadTool = (args, tool) => [
  { kind: 'mounts', tool: tool as 'mount', paths: withoutOptions(args).slice(-1) },
]

const TOOLS: Readonly<Record<string, ReadTool>> = table({
  chown: (args) => [handed('chown', args)],
  chgrp: (args) => [handed('chgrp', args)],
  chmod: (args) => [modes(args)],
  find,
  setcap: (args) => {
    const operands = withoutOptions(args)
    const isRemoval = args.some(({ text }) => /^-[a-z]*r/.test(text))
    const capabilities = isRemoval ? null : (operands[0] ?? null)
    return [{ kind: 'sets-capabilities', tool: 'setcap', capabilities, paths: operands.slice(isRemoval ? 0 : 1) }]
  },
  mount: mounted,
  umount: mounted,
  cd: folder,
  pushd: folder,
  popd: folder,
  '.': sourced,
  source: sourced,
  local: declared,
  readonly: declared,
  export: declared,
  declare: declared,
  typeset: declared,
  ...Object.fromEntries(ACCOUNT_TOOLS.map((tool) => [tool, accounts])),
})

/** A mode may begin with a minus. */
function withoutOptions(args: readonly Word[]): readonly Word[] {
  return args.filter(({ text }) => !/^-[a-zA-Z-]/.test(text))
}

function isRecursive(args: readonly Word[]): boolean {
  return args.some(({ text, value }) => /^-\w*R|^--recursive$/.test(value ?? text))
}

function handed(tool: HandsOver['tool'], args: readonly Word[]): HandsOver {
  const [owner = null, ...paths] = withoutReference(args)
  return { kind: 'hands-over', tool, owner, paths: paths.flatMap((path) => path ?? []), recursive: isRecursive(args) }
}

function modes(args: readonly Word[]): SetsMode {
  const [mode = null, ...paths] = withoutReference(args)
  const recursive = isRecursive(args)
  return { kind: 'sets-mode', tool: 'chmod', mode, paths: paths.flatMap((path) => path ?? []), recursive }
}

/** With --reference the first operand is a path already, and nobody is named. */
function withoutReference(args: readonly Word[]): readonly (Word | null)[] {
  const operands = withoutOptions(args)
  return args.some(({ text }) => text.startsWith('--reference')) ? [null, ...operands] : operands
}

/** `find PATH… -exec chown … {} +` is a recursive chown. */
function find(args: readonly Word[]): readonly Action[] {
  const at = args.findIndex(({ text }) => /^-(?:exec|execdir|ok)$/.test(text))
  const action = at < 0 ? '' : nameOf(args[at + 1]?.value ?? '')
  if (action !== 'chown' && action !== 'chgrp' && action !== 'chmod') return []
  const paths = args.slice(
    0,
    args.findIndex(({ text }) => /^(?:-|\\?!|\\?\()/.test(text)),
  )
  const value = args.slice(at + 2).find(({ text }) => !text.startsWith('-')) ?? null
  const what = { paths, recursive: true, found: true } as const
  return action === 'chmod'
    ? [{ kind: 'sets-mode', tool: action, mode: value, ...what }]
    : [{ kind: 'hands-over', tool: action, owner: value, ...what }]
}
