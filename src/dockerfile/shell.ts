import { parse } from 'unbash'
import type { Instruction } from './model.ts'
import type { ShellCommand, ShellScript } from './shell-model.ts'
import { innerScript, interpreterProblem, type ShellSource, shellSource } from './shell-source.ts'
import { walkScript } from './shell-walk.ts'

/**
 * The commands of a RUN, or of a CMD, ENTRYPOINT or HEALTHCHECK in either form, with spans in the Dockerfile.
 * Text that is no shell script is a value with a reason.
 *
 * @param shell the SHELL in force; commands for PowerShell or cmd are not read.
 */
export function shellCommands(instruction: Instruction, shell: readonly string[] | null = null): ShellScript {
  const key = shell?.join('\0') ?? ''
  const known = read.get(instruction)
  if (known?.key === key) return known.script
  const script = commandsOf(shellSource(instruction, shell))
  read.set(instruction, { key, script })
  return script
}

/** An instruction never changes, and a plan asks for its commands from many sides. */
const read = new WeakMap<Instruction, { readonly key: string; readonly script: ShellScript }>()

/** The commands of a script of its own, such as an entrypoint, with offsets into its text. */
export function parseShellScript(text: string): ShellScript {
  const problem = interpreterProblem(text)
  if (problem !== null) return { kind: 'unparsed', reason: problem }
  return commandsOf({ kind: 'text', text, spanOf: (start, end) => ({ start, end }) })
}

function commandsOf(source: ShellSource): ShellScript {
  if (source.kind === 'none') return { kind: 'unparsed', reason: source.reason }
  if (source.kind === 'words') return execForm(source)
  try {
    const script = parse(source.text)
    const error = script.errors?.[0]
    if (error?.message.endsWith('nesting depth exceeded') === true) return TOO_DEEP
    if (error !== undefined) return { kind: 'unparsed', reason: `${error.message} at offset ${error.pos}` }
    return { kind: 'parsed', commands: walkScript(script, source) }
  } catch (cause) {
    // Text nested deep enough exhausts the stack of any recursive parser.
    const { message } = cause as Error
    if (!(cause instanceof RangeError)) return { kind: 'unparsed', reason: message }
    return message.includes('call stack') ? TOO_DEEP : { kind: 'unparsed', reason: message, tooLong: true }
  }
}

const TOO_DEEP: ShellScript = { kind: 'unparsed', reason: 'it is nested too deeply', tooLong: true }

/** An exec form runs one command; that of `["sh", "-c", "…"]` is followed. */
function execForm({ words, span }: Extract<ShellSource, { kind: 'words' }>): ShellScript {
  if (words.length === 0) return { kind: 'parsed', commands: [] }
  const command: ShellCommand = {
    name: words[0]?.value ?? null,
    words,
    assignments: [],
    redirects: [],
    connector: '',
    conditional: false,
    conditions: [],
    functionName: null,
    within: 'script',
    span,
  }
  const script = innerScript(words)
  const inner = script === null ? null : commandsOf(script)
  if (inner?.kind === 'unparsed' && inner.tooLong === true) return inner
  if (inner?.kind !== 'parsed') return { kind: 'parsed', commands: [command] }
  const within = inner.commands.map((found) =>
    found.within === 'script' ? { ...found, within: 'sh -c' as const } : found,
  )
  return { kind: 'parsed', commands: [command, ...within] }
}
