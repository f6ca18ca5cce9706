import type { Options as Flag } from 'yargs'
import { table } from '../table.ts'
import { type CommandHelp, commandHelp } from './arguments.ts'
import type { Completion } from './request.ts'

/** The value of a flag. */
type Takes =
  | { readonly kind: 'nothing' | 'file' | 'folder' | 'text' }
  | { readonly kind: 'values'; readonly values: readonly string[] }

interface CompletedFlag {
  readonly long: string
  /** One letter; null for none. */
  readonly short: string | null
  /** The beginning of what the help says. */
  readonly says: string
  readonly takes: Takes
  readonly isList: boolean
}

interface CompletedCommand {
  readonly name: string | null
  readonly says: string
  /** The words that it takes one of; empty where it takes files and names. */
  readonly actions: readonly string[]
  readonly flags: readonly CompletedFlag[]
}

/** The help says first what a flag takes: `diff | text | json`, `FILE …`, `DIR: …`. So it is listed in one place. */
export function takesOf({ type, describe = '' }: Flag): Takes {
  if (type === 'boolean') return { kind: 'nothing' }
  const values = /^[a-z][\w-]*(?: \| [a-z][\w-]*)+/.exec(describe)?.[0].split(' | ')
  if (values !== undefined) return { kind: 'values', values }
  const [word = ''] = describe.split(/\W/, 1)
  return { kind: word === 'FILE' ? 'file' : word === 'DIR' ? 'folder' : 'text' }
}

const HELP: CompletedFlag = {
  long: 'help',
  short: 'h',
  says: 'show the help',
  takes: { kind: 'nothing' },
  isList: false,
}
const VERSION: CompletedFlag = { ...HELP, long: 'version', short: null, says: 'show the version' }

function completed({ name, summary, flags }: CommandHelp): CompletedCommand {
  const [, words = ''] = /^([a-z]+(?:\|[a-z]+)+): /.exec(summary) ?? []
  return {
    name,
    says: beginning(summary.replace(/^.*?: /, '')),
    actions: words === '' ? [] : words.split('|'),
    flags: [
      ...Object.entries(flags).map(([long, flag]) => ({
        long,
        short: typeof flag.alias === 'string' && flag.alias.length === 1 ? flag.alias : null,
        says: beginning((flag.describe ?? '').replace(/^[A-Z]+(\[\S*\])?: /, '')),
        takes: takesOf(flag),
        isList: flag.type === 'array',
      })),
      HELP,
      VERSION,
    ],
  }
}

/** Characters that a shell has room for beside a word. */
const ROOM = 72

function beginning(text: string): string {
  const [first = ''] = text.split(/ \(|: |; /, 1)
  return first.length > ROOM ? `${first.slice(0, ROOM - 1).trimEnd()}…` : first
}

/** A script for the shell, to be sourced. Every word in it is from the definitions of the flags. */
export function completion(shell: Completion['shell']): string {
  const commands = commandHelp().commands.map(completed)
  return `# ${shell} completion of harden-image, as \`harden-image completion ${shell}\` prints it.\n${scripts[shell]?.(commands) ?? ''}`
}

const names = ({ long, short }: CompletedFlag): readonly string[] => [
  ...(short === null ? [] : [`-${short}`]),
  `--${long}`,
]
const verbsIn = (commands: readonly CompletedCommand[]): string => commands.flatMap(({ name }) => name ?? []).join(' ')

/** Completes files where nothing else is known: `-o default` of `complete`. */
function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, actions, flags }) => {
    const values = flags.flatMap((flag) =>
      flag.takes.kind === 'values' ? [`      ${names(flag).join('|')}) words='${flag.takes.values.join(' ')}' ;;`] : [],
    )
    const given = flags.filter(({ takes }) => takes.kind !== 'nothing' && takes.kind !== 'values').flatMap(names)
    const all = flags.flatMap(names).join(' ')
    return [
      `  ${name ?? "''"})`,
      '    case $before in',
      ...values,
      ...(given.length === 0 ? [] : [`      ${given.join('|')}) return ;;`]),
      `      *) case $word in -*) words='${all}' ;; *) words='${name === null ? verbsIn(commands) : actions.join(' ')}' ;; esac ;;`,
      '    esac',
      '    ;;',
    ].join('\n')
  })
  return `_harden_image() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' one
  COMPREPLY=()
  # --flag=value is three words here.
  if [[ $word == '=' ]]; then word=''
  elif [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for one in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $one in -*) ;; *) verb=$one; break ;; esac
  done
  case " ${verbsIn(commands)} " in *" $verb "*) ;; *) verb='' ;; esac
  case $verb in
${cases.join('\n')}
  esac
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _harden_image harden-image
`
}

/** One word of zsh or fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = (flag: CompletedFlag): readonly string[] => {
    const says = flag.says.replace(/[[\]\\:]/g, '\\$&')
    const value =
      flag.takes.kind === 'values'
        ? `:value:(${flag.takes.values.join(' ')})`
        : { nothing: '', file: ':file:_files', folder: ':folder:_files -/', text: ':value:_files' }[flag.takes.kind]
    // Each name of one flag keeps the other from being offered, unless it may be given again.
    return names(flag).map((name) =>
      quoted(`${flag.isList ? '*' : `(${names(flag).join(' ')})`}${name}[${says}]${value}`),
    )
  }
  const cases = commands.map(({ name, actions, flags }) => {
    const rest =
      name === null
        ? "'*:target:_harden_image_targets'"
        : quoted(actions.length > 0 ? `1:action:(${actions.join(' ')})` : '*:target:_files')
    const call = ['_arguments -s -S', ...flags.flatMap(described), rest].join(' \\\n      ')
    return `    ${name ?? '*'})\n      ${call}\n      ;;`
  })
  const verbs = commands.flatMap(({ name, says }) =>
    name === null ? [] : [`    ${quoted(`${name}:${says.replaceAll(':', '\\:')}`)}`],
  )
  const [main, ...others] = cases
  return `#compdef harden-image
_harden_image_targets() {
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  (( CURRENT > 2 )) || _describe verb verbs
  _files
}
_harden_image() {
  local verb=\${words[2]}
  case $verb in
    ${verbsIn(commands).replaceAll(' ', '|')})
      if (( CURRENT == 2 )); then verb=''; else shift words; (( CURRENT-- )); fi ;;
  esac
  case $verb in
${[...others, main].join('\n')}
  esac
}
compdef _harden_image harden-image
`
}

function fish(commands: readonly CompletedCommand[]): string {
  const verbs = verbsIn(commands)
  const lines = commands.flatMap(({ name, says, actions, flags }) => {
    const when = quoted(
      name === null ? `not __fish_seen_subcommand_from ${verbs}` : `__fish_seen_subcommand_from ${name}`,
    )
    return [
      ...(name === null ? [] : [`complete -c harden-image -n __fish_is_first_arg -a ${name} -d ${quoted(says)}`]),
      ...actions.map((action) => `complete -c harden-image -n ${when} -f -a ${action}`),
      ...flags.map((flag) => {
        const takes = {
          nothing: '',
          file: ' -r -F',
          folder: " -x -a '(__fish_complete_directories)'",
          text: ' -r',
          values: ` -x -a ${quoted(flag.takes.kind === 'values' ? flag.takes.values.join(' ') : '')}`,
        }[flag.takes.kind]
        const short = flag.short === null ? '' : ` -s ${flag.short}`
        return `complete -c harden-image -n ${when}${short} -l ${flag.long}${takes} -d ${quoted(flag.says)}`
      }),
    ]
  })
  return `${lines.join('\n')}\n`
}

const scripts = table({ bash, zsh, fish })
