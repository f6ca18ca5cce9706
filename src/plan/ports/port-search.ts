import type { Evidence } from '../../evidence/claim.ts'
import type { EnvSetting, FileEdit } from '../plan.ts'
import { moveInArguments, movePort } from './port-arguments.ts'
import { configurationRead, inFiles, isScript } from './port-files.ts'
import type { PortSources } from './port-sources.ts'
import { renumbered } from './renumbered.ts'
import { scriptPortVariable } from './script-ports.ts'
import { sourcePortVariable } from './source-ports.ts'

/** ENTRYPOINT and CMD. */
export interface Command {
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

/** Where a port is set, and the changes that move it. `evidence` names each place, none where none was found. */
export interface Found extends Command {
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly evidence: readonly Evidence[]
}

const PORT_VARIABLE = /(^|_)(PORT|PORTS|LISTEN|BIND|ADDR|ADDRESS|URLS?|HOST)(_|$)/i

export function portSetting(name: string, value: string, from: number, ...evidence: readonly Evidence[]): EnvSetting {
  return { name, value, reason: `listen above 1024 (ENV ${name} said ${from})`, evidence }
}

/** In the files that were read, the environment and the command, by what such a setting looks like. */
export function searchPort(from: number, to: number, sources: PortSources, command: Command): Found {
  const isOpen = (detail: string): boolean => sources.spared?.has(detail) !== true
  const place = (detail: string): Evidence => ({ source: 'config', subject: String(from), detail })
  const stock = sources.stock?.get(from)
  const fileEdits = [...inFiles(from, to, sources), ...(stock === undefined ? [] : renumbered(stock, to).fileEdits)]
  const evidence = fileEdits.flatMap((edit) => edit.evidence)
  const env: EnvSetting[] = []
  for (const [name, value] of sources.facts.config.env) {
    const moved = PORT_VARIABLE.test(name) ? movePort(value, from, to) : value
    const item = place(`set by ENV ${name}=${value}`)
    if (moved === value || !isOpen(item.detail)) continue
    evidence.push(item)
    env.push(portSetting(name, moved, from, item))
  }
  const scripts = configurationRead(sources).filter(({ text }) => isScript(text))
  const inScript = scriptPortVariable(
    scripts.map(({ text }) => text),
    from,
  )
  const inSource = inScript === null ? sourcePortVariable(from, sources) : null
  const variable = inScript ?? inSource
  const who = inScript === null ? "the program's own source" : 'a start script'
  if (variable !== null && !sources.facts.config.env.has(variable)) {
    const item = place(`said in ${who} where ${variable} is not set`)
    if (isOpen(item.detail)) {
      evidence.push(item)
      env.push({
        name: variable,
        value: String(to),
        reason: `listen above 1024 (${who} says ${from} without it)`,
        evidence: [item],
      })
    }
  }
  const inArguments = (argv: Command['cmd'], keyword: string): Command['cmd'] => {
    const moved = moveInArguments(argv, from, to)
    const item = place(`set by an argument of ${keyword}`)
    if (JSON.stringify(moved) === JSON.stringify(argv) || !isOpen(item.detail)) return argv
    evidence.push(item)
    return moved
  }
  const entrypoint = inArguments(command.entrypoint, 'ENTRYPOINT')
  const cmd = inArguments(command.cmd, 'CMD')
  return { fileEdits, env, entrypoint, cmd, evidence }
}
