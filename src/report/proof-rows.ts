import { withFewPorts } from './many-ports.ts'
import { hasFailed, type ReportProof, type TargetResult } from './report.ts'
import { counted } from './summary.ts'

export interface ProofRow {
  readonly name: string
  readonly baseline: string
  readonly result: string
  /** Empty where nothing is judged. */
  readonly mark: '' | 'ok' | 'differs'
}

/** `does what the original does (docker 26.1.5, 1 round)` */
export function proofInWords(proof: ReportProof): string {
  return `${parity(proof)} (${proof.engine}, ${counted(proof.rounds, 'round')})`
}

/** `9 checks the same, 5 conditions hold, 1 does not count (docker 26.1.5, 1 round, 6.4 s)`, of one that did not fail. */
export function proofInShort(proof: ReportProof): string {
  const { checks, cells, engine, rounds, result } = proof
  const told = withFewPorts(checks.map(({ name }) => ({ name, baseline: '', result: '', mark: 'ok' })))
  const held = cells.filter(({ outcome }) => outcome === 'pass').length
  const others = cells.filter(({ outcome }) => outcome === 'fail').length
  const asRoot = result?.uids.includes(0) === true ? `as root with ${list(result.capabilities ?? [])}, ` : ''
  const counts = [
    // A project has the checks of its services, each told there.
    told.length === 0 ? 'the same in every service' : `${counted(told.length, 'check')} the same`,
    ...(held > 0 ? [`${counted(held, 'condition holds', 'conditions hold')}`] : []),
    ...(others > 0 ? [others === 1 ? '1 fails and does not count' : `${others} fail and do not count`] : []),
  ]
  const time = total(proof)
  const about = [engine, counted(rounds, 'round'), ...(time === null ? [] : [`${time.toFixed(1)} s`])]
  return `${asRoot}${counts.join(', ')} (${about.join(', ')})`
}

/** `passed`, `failed`, `not shown`; empty where none was asked for. */
export function proofInWord({ proof }: Pick<TargetResult, 'proof'>): '' | 'passed' | 'failed' | 'not shown' {
  if (proof === null) return ''
  return proof.passed ? 'passed' : hasFailed({ proof }) ? 'failed' : 'not shown'
}

function parity({ parity, result, reason }: ReportProof): string {
  if (parity) return `does what the original does${reason === undefined ? '' : ', in what was compared'}`
  return result === null ? 'nothing was run beside the original' : 'does not do what the original does'
}

export type Proved = Pick<TargetResult, 'ports'> & { readonly proof: ReportProof }

/** What was compared, baseline and result side by side. */
export function checkRows({ proof, ports }: Proved): readonly ProofRow[] {
  const rows = proof.checks.map(
    ({ name, baseline, result, passed }): ProofRow => ({ name, baseline, result, mark: passed ? 'ok' : 'differs' }),
  )
  return withFewPorts(rows).map((one) => ({ ...one, name: withFormerPort(one.name, ports) }))
}

/** `http :80 → :8080/` of `http :8080/`, where it moved. */
function withFormerPort(name: string, ports: TargetResult['ports']): string {
  const [, scheme, port] = /^(\w+) :(\d+)\/?$/.exec(name) ?? []
  const moved = ports.find(({ from, to }) => to !== null && from !== to && `${to}` === port)
  return moved === undefined ? name : name.replace(`${scheme} :`, `${scheme} :${moved.from} → :`)
}

/** What was compared, then what the two are. */
export function proofRows(proved: Proved): readonly ProofRow[] {
  const { baseline, result } = proved.proof
  const checked = checkRows(proved)
  if (!result) return [...checked, row('uids', list(baseline.uids), '-')]
  return [
    ...checked,
    row('uids', list(baseline.uids), list(result.uids)),
    row('capabilities', capabilities(baseline.capabilities), capabilities(result.capabilities)),
    row('no-new-privileges', '', yesNo(result.noNewPrivileges)),
    row('read-only root', '', yesNo(result.readOnlyRootfs)),
    ...(result.tmpfs.length > 0 ? [row('tmpfs', '', list(result.tmpfs))] : []),
    row('added', '', `${(result.addedBytes / 1000).toFixed(1)} kB`),
  ]
}

function row(name: string, baseline: string, result: string): ProofRow {
  return { name, baseline, result, mark: '' }
}

function list(values: readonly (string | number)[]): string {
  return values.length === 0 ? 'none' : values.join(' ')
}

function capabilities(names: readonly string[] | null): string {
  if (names === null) return 'could not be read'
  return names.length > 3 ? counted(names.length, 'capability', 'capabilities') : list(names)
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

/**
 * `a network of its own, without a way out; 1.5 CPUs, 2 GiB of memory, 512 processes, 16 MiB of log, 4 GiB of disk`; empty
 * where nothing is told of it.
 */
export function sandboxInWords({ sandbox }: ReportProof): string {
  if (sandbox === undefined) return ''
  const { network, hostReachable, cpus, memoryBytes, pids, logBytes, diskBytes } = sandbox
  const host = hostReachable ? ", where the engine's machine is reached too" : ''
  const where = network === 'open' ? "the engine's network" : `a network of its own, without a way out${host}`
  const limits = [
    cpus === null ? 'CPUs without a limit' : counted(cpus, 'CPU'),
    memoryBytes === null ? 'memory without a limit' : `${bytesInWords(memoryBytes)} of memory`,
    pids === null ? 'processes without a limit' : counted(pids, 'process', 'processes'),
    `${bytesInWords(logBytes)} of log`,
    `${bytesInWords(diskBytes)} of disk`,
  ]
  return `${where}; ${limits.join(', ')}`
}

/** Binary, as the engines count. */
function bytesInWords(bytes: number): string {
  return bytes >= 1024 ** 3 ? `${bytes / 1024 ** 3} GiB` : `${bytes / 1024 ** 2} MiB`
}

/** `2.5 s: original 2.1, build 0.4`; empty where nothing was timed. */
export function timesInWords(proof: ReportProof): string {
  const { phases } = proof
  const time = total(proof)
  if (time === null) return ''
  return `${time.toFixed(1)} s: ${phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(', ')}`
}

function total({ phases }: ReportProof): number | null {
  return phases.length === 0 ? null : phases.reduce((sum, { seconds }) => sum + seconds, 0)
}
