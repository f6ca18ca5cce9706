import { allVisible } from '../borders/terminal.ts'
import type { Format } from './format.ts'
import {
  type LocatedFailure,
  type LocatedFinding,
  levelOf,
  locatedAnnotations,
  locatedFailures,
  messageOf,
} from './located.ts'
import { counted } from './summary.ts'

/**
 * Annotations of a GitHub Actions job, as workflow commands. GitHub shows ten of each kind of one step, so the tenth says how many
 * more there are. Source: GitHub, *Workflow commands*, and `actions/toolkit` (command.ts) for what is escaped.
 */
export const github: Format = {
  name: 'github',
  tells: 'changes',
  render(renderings, options) {
    const shown = renderings.map((rendering) => allVisible(rendering))
    const failures = locatedFailures(shown).map((one) => ({ command: 'error' as const, line: failureLine(one) }))
    const findings = locatedAnnotations(shown, options).map((one) => {
      const level = levelOf(one, options)
      const command = level === 'note' ? ('notice' as const) : level
      return { command, line: findingLine(command, one, messageOf(one, options)) }
    })
    const all = [...failures, ...findings]
    return COMMANDS.flatMap((command) =>
      bounded(
        command,
        all.filter((one) => one.command === command),
      ),
    ).join('')
  },
}

const COMMANDS = ['error', 'warning', 'notice'] as const
/** The number of one kind that GitHub shows for one step. */
const MOST = 10

function bounded(command: (typeof COMMANDS)[number], all: readonly { readonly line: string }[]): readonly string[] {
  const lines = all.map(({ line }) => line)
  if (lines.length <= MOST) return lines
  const more = counted(lines.length - MOST + 1, 'more finding', 'more findings')
  return [
    ...lines.slice(0, MOST - 1),
    commandLine(
      command,
      { title: 'harden-image' },
      `${more} of this kind: the log of the step has them, as does --format sarif`,
    ),
  ]
}

function findingLine(command: string, { finding, path, isFile, region }: LocatedFinding, message: string): string {
  const { startLine, startColumn, endLine, endColumn } = region
  // Columns only count within one line.
  const columns = startLine === endLine && endColumn !== undefined ? { col: startColumn, endColumn } : {}
  const place = isFile ? { file: path, line: startLine, endLine, ...columns } : {}
  const { hint, transform } = finding
  const name = isFile ? '' : `${path}: `
  return commandLine(command, { ...place, title: transform }, `${name}${message}${hint ? `\ndo: ${hint}` : ''}`)
}

function failureLine({ result, error, location }: LocatedFailure): string {
  const file = location?.isFile === true ? { file: location.path, line: location.region?.startLine ?? 1 } : {}
  const what = error.message.includes(result.target) ? error.message : `${result.target}: ${error.message}`
  return commandLine('error', { ...file, title: 'failed' }, [what, error.hint ?? ''].filter(Boolean).join('\n'))
}

function commandLine(command: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const given = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`)
  return `::${command} ${given.join(',')}::${data(message)}\n`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
