import type { RunScript } from '../../contents/run-scripts.ts'
import { expandIn, type Instruction, knownIn, type Step, says, shellCommands } from '../../dockerfile/index.ts'
import type { Substitution } from '../../evidence/file-edit.ts'
import {
  type AccountChange,
  type AccountCommand,
  readAccountChange,
  readAccountCommand,
} from '../../image/account-arguments.ts'
import { engineEntries, parseGroup, parsePasswd } from '../../image/accounts.ts'
import type { Account, Group } from '../../image/facts.ts'
import { programIndex, type ShellCommand, staticValue, type Values } from '../../shell/index.ts'

/** One thing that an instruction does to the image's accounts. */
export type AccountStep =
  | {
      readonly kind: 'command'
      readonly command: AccountCommand
      readonly written: Written
      /** It runs whenever the instruction does. */
      readonly certain: boolean
      /** Where options can be put in and where a command can be put before it; null where the text does not allow it. */
      readonly place: { readonly command: number; readonly options: number } | null
    }
  /** What it is sure to do, and what it may: an account that may be gone is nobody to run as. */
  | { readonly kind: 'delete'; readonly name: string }
  | {
      readonly kind: 'change'
      readonly change: AccountChange
      readonly written: Written
      readonly certain: boolean
    }
  /** What it does to the lines of the file; null where that cannot be read. */
  | {
      readonly kind: 'edit'
      readonly path: string
      readonly substitutions: readonly Substitution[] | null
      readonly certain: boolean
    }
  | {
      readonly kind: 'lines'
      readonly path: string
      readonly users: readonly Account[]
      readonly groups: readonly Group[]
    }

/** The words that the ids were written with. */
interface Written {
  readonly id: string | null
  readonly group: string | null
}

export const MENTIONS_ACCOUNTS = /(?:user|group)(?:add|mod|del)|(?:add|del)(?:user|group)|passwd|\bgroup\b/

interface InScripts {
  /** What the RUN starts. */
  readonly scripts: readonly RunScript[]
  readonly buildArgs: ReadonlySet<string>
}

/** What a RUN or a COPY with a heredoc does to accounts. */
export function accountSteps(
  step: Step,
  escapeChar: string,
  { scripts, buildArgs }: InScripts,
): readonly AccountStep[] {
  const { instruction } = step
  const inScripts = scripts.flatMap((script) => scriptSteps(step, script, buildArgs))
  if (!says(instruction, MENTIONS_ACCOUNTS)) return inScripts
  if (instruction.keyword === 'COPY') return copied(instruction)
  if (instruction.keyword !== 'RUN') return []
  const script = shellCommands(instruction)
  if (script.kind !== 'parsed') return inScripts
  const value = (text: string): string | null => {
    const expanded = expandIn(step, text, escapeChar)
    return expanded.kind === 'value' ? expanded.value : null
  }
  return [...script.commands.flatMap((command) => stepOf(command, instruction, value)), ...inScripts]
}

/** The commands of a script cannot be changed from here, and no USER line can follow a build argument that decides a number in it. */
function scriptSteps(
  { environment, instruction }: Step,
  { commands, args, text }: RunScript,
  buildArgs: ReadonlySet<string>,
): readonly AccountStep[] {
  const own = new Map<string, string | undefined>(args.map((arg, index) => [String(index + 1), arg ?? undefined]))
  for (const name of buildArgs) own.set(name, undefined)
  const outer = knownIn(environment)
  const variables: Values = { get: (name) => (own.has(name) ? own.get(name) : outer.get(name)) }
  const value = (word: string): string | null => {
    const names = [...word.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)
    // The default is for a variable that is not set.
    return names.some((name) => own.has(name) && own.get(name) === undefined) ? null : staticValue(word, variables)
  }
  return commands.flatMap((command) => {
    for (const { name, span } of command.assignments) {
      const said = text.slice(span.start, span.end).replace(/^\w+=/, '')
      own.set(name, command.conditional ? undefined : (value(said) ?? undefined))
    }
    return stepOf(command, instruction, value).map((found): AccountStep => {
      if (found.kind === 'command') return { ...found, written: NOT_WRITTEN, place: null }
      return found.kind === 'change' ? { ...found, written: NOT_WRITTEN } : found
    })
  })
}

const NOT_WRITTEN: Written = { id: null, group: null }

function stepOf(
  command: ShellCommand,
  instruction: Instruction,
  value: (text: string) => string | null,
): readonly AccountStep[] {
  const own = command.words.slice(programIndex(command.words))
  const words = own.map((word) => word.value ?? (word.text.includes('$(') ? null : value(word.text) || null))
  const tool = words[0]?.replace(/^.*\//, '') ?? ''
  const read = readAccountCommand(words)
  const first = own[0]
  const certain = !command.conditional && /^(|;|&&)$/.test(command.connector)
  const said = (names: RegExp): string | null => optionWord(command, names)
  if (read !== null && first !== undefined) {
    const exact = instruction.json === null && command.within !== 'substitution' && first.span.start < first.span.end
    return [
      {
        kind: 'command',
        command: read,
        written: {
          id: said(read.makes === 'user' ? UID_OPTION : GID_OPTION),
          group: read.makes === 'user' && read.tool === 'shadow' ? said(GID_OPTION) : null,
        },
        certain,
        place: exact ? { command: command.span.start, options: first.span.end } : null,
      },
    ]
  }
  if (DELETES.has(tool)) return deleted(words.slice(1))
  const change = readAccountChange(words)
  if (change !== null) {
    const ofUser = change.of === 'user'
    return [
      {
        kind: 'change',
        change,
        written: { id: said(ofUser ? UID_OPTION : GID_OPTION), group: ofUser ? said(GID_OPTION) : null },
        certain,
      },
    ]
  }
  return [...appended(command), ...editSteps(command, tool, words, value, certain)]
}

const UID_OPTION = /^(-[a-zA-Z]*u|--uid)$/
const GID_OPTION = /^(-[a-zA-Z]*g|--gid)$/

const DELETES = new Set(['userdel', 'deluser'])

/** `userdel -r NAME`, `deluser --remove-home NAME`; of two names the second is a group that the first leaves. */
function deleted(words: readonly (string | null)[]): readonly AccountStep[] {
  const [name, ...more] = words.filter((word) => word === null || !word.startsWith('-'))
  return name == null || more.length > 0 ? [] : [{ kind: 'delete', name }]
}

/** The text of the word that follows an option, or is joined to it. */
function optionWord(command: ShellCommand, names: RegExp): string | null {
  for (const [index, word] of command.words.entries()) {
    if (names.test(word.text)) return command.words[index + 1]?.text ?? null
    const [name = '', ...rest] = word.text.split('=')
    if (rest.length > 0 && names.test(name)) return rest.join('=')
  }
  return null
}

const ACCOUNT_FILE = /^\/etc\/(?:passwd|group)$/

/** A command other than the account tools that rewrites /etc/passwd or /etc/group. */
function editSteps(
  command: ShellCommand,
  tool: string,
  words: readonly (string | null)[],
  value: (text: string) => string | null,
  certain: boolean,
): readonly AccountStep[] {
  const named = words.flatMap((word) => (word !== null && ACCOUNT_FILE.test(word) ? [word] : []))
  const isInPlace = words.some((word) => word !== null && /^(?:-[a-zA-Z]*i|--in-place)/.test(word))
  if (tool === 'sed' && isInPlace) {
    const substitutions = named.length === 0 ? null : sedSubstitutions(command, value)
    return named.map((path) => ({ kind: 'edit', path, substitutions, certain }))
  }
  const last = words.at(-1) ?? ''
  const isPut = /^(?:cp|mv|install)$/.test(tool) && ACCOUNT_FILE.test(last)
  const isOther = (/^(?:perl|ruby|awk|gawk)$/.test(tool) && isInPlace) || tool === 'ed' || tool === 'ex'
  const over = command.redirects.flatMap(({ operator, target }) =>
    operator === '>' && target?.value != null && ACCOUNT_FILE.test(target.value) ? [target.value] : [],
  )
  const written = tool === 'echo' || tool === 'printf' ? [] : over
  const paths = [...(isPut ? [last] : []), ...(isOther ? named : []), ...written]
  return paths.map((path) => ({ kind: 'edit', path, substitutions: null, certain }))
}

/** Stands for an unknown variable: it is no number. */
const UNKNOWN = '\u0001'

/** The scripts of a `sed -i`; null where one does more than substitute or delete. */
function sedSubstitutions(
  { words }: ShellCommand,
  value: (text: string) => string | null,
): readonly Substitution[] | null {
  const args = words.slice(1)
  const isExtended = args.some(
    ({ text }) => /^(?:-[a-zA-Z]*[rE]|--regexp-extended)/.test(text) && !/^-[a-zA-Z]*i./.test(text),
  )
  const given = args.filter((_, index) => /^(?:-[a-zA-Z]*e|--expression)$/.test(args[index - 1]?.text ?? ''))
  const scripts = given.length > 0 ? given : args.filter(({ text }) => !text.startsWith('-')).slice(0, 1)
  const found = scripts.flatMap(({ text, value: said }): readonly (Substitution | null)[] => {
    const script =
      said ?? value(text) ?? text.replace(/^(["'])(.*)\1$/s, '$2').replace(/\$(?:\w+|\{[^}$]*\}|\([^)$]*\))/g, UNKNOWN)
    return script.split(/\n|;(?=\s*(?:s|[/\d]))/).map((one) => substitutionIn(one.trim(), isExtended))
  })
  return found.length > 0 && found.every((one) => one !== null) ? found : null
}

function substitutionIn(script: string, isExtended: boolean): Substitution | null {
  const [, , pattern, replacement, flags] =
    /^s([/|#,@!~%:;+])((?:\\.|(?!\1)[^\\])*)\1((?:\\.|(?!\1)[^\\])*)\1([gI1]*)$/s.exec(script) ?? []
  const removed = /^\/((?:\\.|[^/\\])*)\/d$/s.exec(script)?.[1]
  const wanted = pattern ?? removed
  if (wanted === undefined || wanted.includes(UNKNOWN) || wanted.includes('$(') || flags?.includes('I') === true)
    return null
  return {
    pattern: isExtended ? wanted : asExtended(wanted),
    replacement: replacement ?? '',
    global: flags?.includes('g') === true,
    ...(removed === undefined ? {} : { remove: true }),
  }
}

/** What groups and repeats in a basic expression has a backslash, and is itself without one. */
function asExtended(basic: string): string {
  return basic.replace(
    /\\([(){}|+?])|([(){}|+?])|\\?./gs,
    (all, special?: string, plain?: string) => special ?? (plain === undefined ? all : `\\${plain}`),
  )
}

/** `echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd` */
function appended(command: ShellCommand): readonly AccountStep[] {
  if (command.name !== 'echo' && command.name !== 'printf') return []
  const target = command.redirects.find((redirect) => /^>>?$/.test(redirect.operator))?.target?.value
  if (target === undefined || target === null || !/passwd|group/.test(target)) return []
  const text = command.words
    .slice(1)
    .map((word) => word.value ?? '')
    .join('\n')
    .replaceAll('\\n', '\n')
  return [
    { kind: 'lines', path: target, users: parsePasswd(text), groups: /group/.test(target) ? parseGroup(text) : [] },
  ]
}

/** `COPY <<EOF /etc/passwd` */
function copied(instruction: Instruction): readonly AccountStep[] {
  const [heredoc] = instruction.heredocs
  const path = instruction.words.at(-1)?.value
  if (heredoc === undefined || path === undefined || !/^\/etc\/(passwd|group)$/.test(path)) return []
  const { content } = heredoc
  const isGroup = path === '/etc/group'
  return [
    {
      kind: 'lines',
      path,
      users: isGroup ? [] : written(content).filter((user) => user.name !== 'root'),
      groups: isGroup ? parseGroup(content).filter((group) => group.gid !== 0) : [],
    },
  ]
}

/** An entry whose name the engine resolves to root; with a variable in it the line is not what will be written. */
function written(passwd: string): readonly Account[] {
  const users = parsePasswd(passwd)
  const known = new Set(users.map(({ name }) => name))
  return [
    ...users,
    ...engineEntries(passwd).filter(({ name, uid }) => uid === 0 && !known.has(name) && !/\$/.test(name)),
  ]
}
