import { programs } from '../../../catalogue/programs/index.ts'
import { bounds } from '../../bounds.ts'
import type { FileEdit } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { nameOf } from '../../path.ts'
import { programsOf } from '../../shell/index.ts'
import { type Start, tellProgram } from '../ports/port-arguments.ts'
import type { HelpText } from '../ports/told-port.ts'
import type { StepDownPlan } from './step-down-plan.ts'

/** How a program that asks for root is told to start without it. */
export interface OwnWay {
  /** Its base name. */
  readonly program: string
  readonly words: readonly string[]
  /** What says so, for a reader. */
  readonly said: string
}

/** The change that tells the program so. */
interface ToldWay {
  /** Its name as a part of the plan. */
  readonly name: string
  readonly way: OwnWay
  readonly argv: StepDownPlan['argv']
  readonly fileEdits: readonly FileEdit[]
}

/**
 * The way that the catalogue lists for what the image starts, or that the program itself has told in a run. Null where
 * there is none, or it cannot be said where the program is started, or it is told that already.
 */
export function ownWay(
  told: OwnWay | null,
  { started }: Pick<Start, 'started'>,
  { config }: Pick<ImageFacts, 'config'>,
  { argv }: Pick<StepDownPlan, 'argv'>,
): ToldWay | null {
  const command = { entrypoint: argv.entrypoint ?? config.entrypoint, cmd: argv.cmd ?? config.cmd }
  const listed = [...programsOf(command), ...started.map(({ program }) => program)].flatMap(listedWay)
  for (const way of [...(told === null ? [] : [told]), ...listed]) {
    const { program, words, said } = way
    const place = tellProgram(program, words, { command, started })
    if (place === null) continue
    const evidence = [{ source: 'config', subject: program, detail: said }] as const
    const reason = `${program} starts without root with ${words.join(' ')}`
    const { path, substitution } = place.script ?? {}
    return {
      name: `${program} told ${words.join(' ')}`,
      way,
      argv: {
        entrypoint: place.argv?.entrypoint ?? argv.entrypoint,
        cmd: place.argv?.cmd ?? argv.cmd,
      },
      fileEdits:
        path === undefined || substitution === undefined
          ? []
          : [{ path, substitutions: [substitution], reason, purpose: 'step-down', evidence }],
    }
  }
  return null
}

/** The plan with this change. */
export function withOwnWay(plan: StepDownPlan, told: ToldWay | null): StepDownPlan {
  if (told === null) return plan
  const { way, argv, fileEdits } = told
  return {
    ...plan,
    argv,
    argvReasons:
      fileEdits.length > 0
        ? plan.argvReasons
        : [...plan.argvReasons, `${way.program} starts without root with ${way.words.join(' ')}`],
    fileEdits: [...plan.fileEdits, ...fileEdits],
  }
}

function listedWay(program: string): readonly OwnWay[] {
  return programs.flatMap(({ programs: names, withoutRoot, source }) =>
    withoutRoot !== undefined && names.includes(nameOf(program)) ? [{ program, words: withoutRoot, said: source }] : [],
  )
}

/** `don't check for root`, `skip the uid check`, `do not require root privileges`, `without dropping privileges`. */
const LEAVES_OUT =
  /\b(?:don'?t|do not|no|not|never|skip(?:s|ping)?|disabl(?:e|es|ing)|ignor(?:e|es|ing)|without|bypass(?:es)?|suppress(?:es)?|avoid)\b(?:[ \w'-]{0,30}?)\b(?:check(?:s|ing)?|requir(?:e|es|ing|ement)|need(?:s|ing)?|insist(?:ing)? on|demand|drop(?:ping|s)?|chang(?:e|ing)|switch(?:ing)?|set(?:ting)?|test(?:ing)?)\b[ \w'-]{0,30}?\b(?:root|super-?user|uid(?: 0)?|euid|user ?id|privileges?|privileged|setuid|effective user)\b/i
/** `skip root check`. */
const NO_CHECK =
  /\b(?:don'?t|do not|no|skip(?:s|ping)?|disabl(?:e|es|ing)|ignor(?:e|es|ing)|without|bypass(?:es)?)\b[ \w'-]{0,20}?\b(?:root|super-?user|uid(?: 0)?|euid|user ?id|privileges?|privileged|setuid|effective user)[ -]?(?:privileges? )?(?:check|test|requirement|drop)/i
/** `run without root`, `as an unprivileged user`, `rootless mode`. */
const RUNS_WITHOUT =
  /\b(?:run|runs|running|start|starts|starting|operate|work|execute|allow|permit|enable)\b[ \w'-]{0,40}?\b(?:without (?:being |having |needing |any )?(?:root|superuser|super-user|privileges)|(?:as |by |for )?(?:an? |the )?(?:non-?root|unprivileged|ordinary|regular|normal|non-?privileged)(?: users?\b| mode\b|$|[.,;)])|rootless)/i
/** The opposite: options that run as root all the same, that name a user to become, or that refuse root. */
const OPPOSITE =
  /\b(?:allow|permit|enable|force)\b[ \w'-]{0,20}?\b(?:as|by|to be|for) (?:the )?root\b|\b(?:must not|refuse|abort|fail|exit|error)\b.{0,40}\b(?:root|uid|privileges)\b|\b(?:don'?t|do not|never|not) (?:run|start|work|operate|execute)\b.{0,12}\b(?:as |by )(?:the )?root\b|\bas (?:the )?root (?:user )?(?:anyway|too|as well)|\bdrops? (?:root |all |its )?privileges\b.{0,20}\bto\b|\buser ?name\b/i
/** Names that say it by themselves. */
const TELLING =
  /^--?(?:rootless|unprivileged|non-?root|allow-(?:non-?root|unprivileged|rootless)|run-as-non-?root|(?:no|skip|disable|ignore)-(?:root|uid|user|priv(?:ilege)?s?)-?(?:check|test|drop(?:ping)?)?s?|(?:no|skip|dont)-(?:check|require|need|drop)-?(?:root|uid|priv(?:ilege)?s?)|no-(?:setuid|change-user|switch-user))$/
/** `--allow-root`, `--no-root` (which refuses it), `--user`. */
const OPPOSITE_NAME =
  /^--?(?:allow-root|allow-run-as-root|allow-running-as-root|no-?root|run-as-root|as-root|user|u|uid|group|privileged|force)$/

/**
 * The option by which a program starts without root, as its help names it: `-U  Don't check for root`. Null where none
 * does, where it takes a value, or more than one would do.
 */
export function ownWayOf(help: HelpText): OwnWay | null {
  const entries = entriesOf(help.text).filter(({ option, text }) => isOwnWay(option, text) && !takesValue(text))
  const distinct = new Map(entries.map((entry) => [entry.option, entry]))
  const [only, second] = distinct.values()
  if (only === undefined || second !== undefined) return null
  return {
    program: help.program,
    words: [only.option],
    said: `the help of ${help.program} names the option: ${shorten(`${only.head}${only.text}`)}`,
  }
}

function isOwnWay(option: string, text: string): boolean {
  if (OPPOSITE_NAME.test(option) && !LEAVES_OUT.test(text) && !NO_CHECK.test(text)) return false
  if (OPPOSITE.test(text)) return false
  return TELLING.test(option) || LEAVES_OUT.test(text) || NO_CHECK.test(text) || RUNS_WITHOUT.test(text)
}

/** `-u USER`, `--user=<name>`, `--uid <n>`. */
function takesValue(text: string): boolean {
  return /^(?:=|\s?[<[]|\s[A-Z_]{2,}(?:\s|$))/.test(text)
}

interface Entry {
  readonly option: string
  /** What stands before the text: all names of the option. */
  readonly head: string
  /** What follows the option, with the lines that go on with it. */
  readonly text: string
}

/** Lines that a help may have for one option. */
const MOST_LINES = 4

/** The long name of each option, else its letter, with its description. */
function entriesOf(help: string): readonly Entry[] {
  const lines = help.slice(0, 100_000).split('\n')
  return lines.flatMap((line, index): readonly Entry[] => {
    if (line.length > 400) return []
    const head =
      /^\s{0,20}(?:-[A-Za-z](?:\s?[,|/]\s?|\s+or\s+|\s(?=--)))?(--?[A-Za-z][\w-]{0,40}(?:=(?:no|off|false|0|none))?)(?![\w.])/.exec(
        line,
      )
    const option = head?.[1]
    if (head === null || option === undefined) return []
    const indent = (text: string): number => text.length - text.trimStart().length
    const more = lines.slice(index + 1, index + MOST_LINES)
    const end = more.findIndex((next) => indent(next) <= indent(line) || /^\s*(-|$)/.test(next))
    const text = [line.slice(head[0].length), ...more.slice(0, end < 0 ? more.length : end).map((one) => one.trim())]
    return [{ option, head: head[0].trim(), text: text.join(' ').slice(0, bounds.helpEntry) }]
  })
}

/**
 * The same by the words with which it refuses: `use --allow-non-root to run without`. A sentence that speaks of a user to
 * name says how to become somebody, which takes root.
 */
export function ownWayOfRefusal(program: string, said: string): OwnWay | null {
  const found = said
    .slice(-4000)
    .split(/\n|[.;!](?=\s|$)/)
    .flatMap((sentence): readonly string[] => {
      const option =
        /\b(?:use|using|pass|specify|add|give|try|with|set|option|flag|unless|or|via)\b[^-]{0,40}?["'`(<[]?(--?[A-Za-z][\w-]{0,40}(?:=(?:no|off|false|0|none))?)(?![\w=.])["'`)>\]]?(.{0,80})/i.exec(
          sentence,
        )
      const name = option?.[1]
      if (option === null || name === undefined || OPPOSITE_NAME.test(name) || takesValue(option[2] ?? '')) return []
      const isMeant =
        TELLING.test(name) ||
        (/\b(?:override|overrides|bypass|anyway|skip|ignore|suppress|disable|without|non-?root|unprivileged|this check)\b/i.test(
          option[0],
        ) &&
          !/\bas root\b|\b(?:specify|choose|select|name|set|change to|switch to|become)\b.{0,20}\b(?:user|account)\b/i.test(
            sentence,
          ))
      return isMeant ? [name] : []
    })
  const [only, second] = new Set(found)
  if (only === undefined || second !== undefined) return null
  return {
    program,
    words: [only],
    said: `it says so when it refuses: ${shorten(said.trim().split('\n').at(-1) ?? '')}`,
  }
}

function shorten(line: string): string {
  const text = line.replace(/\s+/g, ' ').trim()
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
