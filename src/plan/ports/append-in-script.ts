import { argvOf, programsOf } from '../../command/index.ts'
import type { Evidence, VendorMove } from '../../evidence/claim.ts'
import { inPlaceOf } from '../../evidence/file-edit.ts'
import type { WrittenCommand } from '../../image/step-down.ts'
import { baseName } from '../../places.ts'
import type { Substitution } from '../plan.ts'
import type { Command } from './port-search.ts'

/** What an image starts: by its own command, and in the start scripts that this runs. */
export interface Start {
  readonly command: Command
  readonly started: readonly WrittenCommand[]
}

/**
 * Tells a program its port by words of its own, where it is started: behind the image's command, or in a start script.
 * Null where that cannot be said, or it is told that option already.
 */
export function tellPort(
  program: string,
  words: readonly string[],
  { from, to, evidence }: { readonly from: number; readonly to: number; readonly evidence: Evidence },
  { command, started }: Start,
): VendorMove | null {
  const move = { to, fileEdits: [], env: [], append: [], evidence: [evidence] }
  if (programsOf(command).includes(program))
    return hasOption(argvOf(command), words) ? null : { ...move, append: words }
  const found = appendInScript(started, program, words)
  if (found === null) return null
  const edit = {
    path: found.path,
    substitutions: [found.substitution],
    reason: `listen above 1024 (${from} is what ${program} binds by itself, and ${baseName(found.path)} starts it)`,
    purpose: 'port' as const,
    evidence: [evidence],
  }
  return { ...move, fileEdits: [edit] }
}

/** A start script, and what gives a program that it starts more words. */
interface ScriptArguments {
  readonly path: string
  readonly substitution: Substitution
}

/**
 * More words for a program that a start script starts. Options go before its own, so that what is taken out behind them
 * (a switch of user) is still found there, else to the end. Null where no script starts it, or it is not plain which
 * command does, or it is told that option already.
 */
function appendInScript(
  started: readonly WrittenCommand[],
  program: string,
  words: readonly string[],
): ScriptArguments | null {
  const found = started.filter((one) => one.program === program)
  const [only, second] = new Map(found.map((one) => [`${one.path} ${one.text}`, one])).values()
  if (only === undefined || second !== undefined || only.text.includes('\n')) return null
  if (hasOption(only.words, words)) return null
  const { path, word, next, text } = only
  const more = words.join(' ')
  // A program that is started without a word may be named elsewhere in the script.
  if (next === '') return null
  const substitution = next.startsWith('-')
    ? inPlaceOf(`${word} ${next}`, `${word} ${more} ${next}`)
    : inPlaceOf(text, `${text} ${more}`)
  return { path, substitution }
}

/** The option is there already, whatever its value: of two the program takes one, or refuses both. */
function hasOption(argv: readonly (string | null)[], [first = '']: readonly string[]): boolean {
  const option = first.split('=')[0] ?? ''
  return option.startsWith('-') && argv.some((word) => word === option || word?.startsWith(`${option}=`) === true)
}
