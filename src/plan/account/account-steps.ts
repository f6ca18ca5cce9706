import type { ShellCommand } from '../../command/index.ts'
import { expandIn, type Instruction, type Step, says, shellCommands } from '../../dockerfile/index.ts'
import { type AccountCommand, readAccountCommand } from '../../image/account-arguments.ts'
import { engineEntries, parseGroup, parsePasswd } from '../../image/accounts.ts'
import type { Account, Group } from '../../image/facts.ts'

/** One thing that an instruction does to the image's accounts. */
export type AccountStep =
  | {
      readonly kind: 'command'
      readonly command: AccountCommand
      /** The words that the ids were written with. */
      readonly written: { readonly id: string | null; readonly group: string | null }
      /** It runs whenever the instruction does. */
      readonly certain: boolean
      /** Where options can be put in and where a command can be put before it; null where the text does not allow it. */
      readonly place: { readonly command: number; readonly options: number } | null
    }
  /** What it is sure to do, and what it may: an account that may be gone is nobody to run as. */
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'change'; readonly name: string; readonly uid: number | null; readonly gid: number | null }
  | {
      readonly kind: 'lines'
      readonly path: string
      readonly users: readonly Account[]
      readonly groups: readonly Group[]
    }

const MENTIONS = /(?:user|group)(?:add|mod|del)|(?:add|del)(?:user|group)|passwd|\bgroup\b/

/** What a RUN or a COPY with a heredoc does to accounts. */
export function accountSteps(step: Step, escapeChar: string): readonly AccountStep[] {
  const { instruction } = step
  if (!says(instruction, MENTIONS)) return []
  if (instruction.keyword === 'COPY') return copied(instruction)
  if (instruction.keyword !== 'RUN') return []
  const script = shellCommands(instruction)
  if (script.kind !== 'parsed') return []
  const value = (text: string): string | null => {
    const expanded = expandIn(step, text, escapeChar)
    return expanded.kind === 'value' ? expanded.value : null
  }
  return script.commands.flatMap((command) => stepOf(command, instruction, value))
}

function stepOf(
  command: ShellCommand,
  instruction: Instruction,
  value: (text: string) => string | null,
): readonly AccountStep[] {
  const words = command.words.map((word) => word.value ?? (word.text.includes('$(') ? null : value(word.text) || null))
  const read = readAccountCommand(words)
  const first = command.words[0]
  if (read !== null && first !== undefined) {
    const said = (names: RegExp): string | null => optionWord(command, names)
    const exact = instruction.json === null && command.within !== 'substitution' && first.span.start < first.span.end
    return [
      {
        kind: 'command',
        command: read,
        written: {
          id: said(read.makes === 'user' ? /^(-[a-zA-Z]*u|--uid)$/ : /^(-[a-zA-Z]*g|--gid)$/),
          group: read.makes === 'user' && read.tool === 'shadow' ? said(/^(-[a-zA-Z]*g|--gid)$/) : null,
        },
        certain: !command.conditional && /^(|;|&&)$/.test(command.connector),
        place: exact ? { command: command.span.start, options: first.span.end } : null,
      },
    ]
  }
  if (DELETES.has(words[0] ?? '')) return deleted(words.slice(1))
  if (words[0] === 'usermod' || words[0] === 'groupmod') return changed(words)
  return appended(command)
}

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

function changed(words: readonly (string | null)[]): readonly AccountStep[] {
  const name = words.at(-1)
  if (name === null || name === undefined) return []
  const number = (option: RegExp): number | null => {
    const at = words.findIndex((word) => word !== null && option.test(word))
    const text = at < 0 ? null : words[at + 1]
    return text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null
  }
  const uid = words[0] === 'usermod' ? number(/^(-u|--uid)$/) : null
  const gid = number(/^(-g|--gid)$/)
  return uid === null && gid === null ? [] : [{ kind: 'change', name, uid, gid }]
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

/** Lines that only the engine takes for entries are root by their name; with a variable they are not what is written yet. */
function written(passwd: string): readonly Account[] {
  const users = parsePasswd(passwd)
  const known = new Set(users.map(({ name }) => name))
  return [
    ...users,
    ...engineEntries(passwd).filter(({ name, uid }) => uid === 0 && !known.has(name) && !/\$/.test(name)),
  ]
}
