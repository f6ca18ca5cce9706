import type { DaemonPortRule } from '../../../catalogue/daemon-port-rule.ts'
import { argvOf, programsOf } from '../../command/index.ts'
import { escapeReplacement, matches } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { isInside } from '../../places.ts'
import { type Start, tellPort } from './append-in-script.ts'
import type { VendorMove } from './port-sources.ts'

/**
 * How a daemon that binds a port by itself is told another one: an argument behind its command, or a line in its
 * configuration. Null where no rule knows the program.
 */
export function daemonMove(
  rules: readonly DaemonPortRule[],
  { facts, seen }: { readonly facts: ImageFacts; readonly seen: readonly string[] },
  start: Start,
  from: number,
  to: number,
): VendorMove | null {
  const started = programsOf(start.command)
  const argv = argvOf(start.command)
  for (const rule of rules) {
    const program = rule.programs.find((name) => started.includes(name) || seen.includes(name))
    if (program === undefined || !rule.ports.includes(from)) continue
    const { onlyWith } = rule
    if (onlyWith !== undefined && !argv.some((word) => new RegExp(onlyWith).test(word))) continue
    const move =
      rule.config === undefined ? withArguments(rule, program, start, from, to) : withLine(rule, facts, from, to)
    if (move !== null) return rule.beside === true ? { ...move, beside: true } : move
  }
  return null
}

function withArguments(
  { arguments: words = [], source }: DaemonPortRule,
  program: string,
  start: Start,
  from: number,
  to: number,
): VendorMove | null {
  const told = words.map((word) => word.replace('{port}', String(to)))
  const evidence = { source: 'catalogue', subject: String(from), detail: source } as const
  const move = tellPort(program, told, { from, to, evidence }, start)
  // That it binds the port by itself says enough of the image's own command.
  return move === null || move.fileEdits.length > 0 ? move : { ...move, evidence: [] }
}

function withLine(rule: DaemonPortRule, facts: ImageFacts, from: number, to: number): VendorMove | null {
  const { config } = rule
  if (config === undefined || !facts.files.known) return null
  const files = facts.files.value
  const line = { pattern: config.after, replacement: '', global: false }
  const path = files.texts().find((file) => isInside(file, config.folder) && matches(files.text(file) ?? '', line))
  if (path === undefined) return null
  const insert = config.insert.replaceAll('{port}', String(to))
  return {
    to,
    fileEdits: [
      {
        path,
        substitutions: [{ pattern: config.after, replacement: `&\\n${escapeReplacement(insert)}`, global: false }],
        reason: `listen above 1024 (${from} is what it binds by itself)`,
        purpose: 'port',
        evidence: [{ source: 'catalogue', subject: String(from), detail: rule.source }],
      },
    ],
    env: [],
    append: [],
  }
}
