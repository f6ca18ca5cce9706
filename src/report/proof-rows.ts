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

/** `passed`, `failed`, `not shown`; empty where none was asked for. */
export function proofInWord({ proof }: Pick<TargetResult, 'proof'>): '' | 'passed' | 'failed' | 'not shown' {
  if (proof === null) return ''
  return proof.passed ? 'passed' : hasFailed({ proof }) ? 'failed' : 'not shown'
}

function parity({ parity, result, reason }: ReportProof): string {
  if (parity) return `does what the original does${reason === undefined ? '' : ', in what was compared'}`
  return result === null ? 'nothing was run beside the original' : 'does not do what the original does'
}

/** Baseline and result side by side: what was compared, then what the two are. */
export function proofRows({ baseline, result, checks }: ReportProof): readonly ProofRow[] {
  const checked = checks.map(
    ({ name, baseline, result, passed }): ProofRow => ({ name, baseline, result, mark: passed ? 'ok' : 'differs' }),
  )
  const few = withFewPorts(checked)
  if (!result) return [...few, row('uids', list(baseline.uids), '-')]
  return [
    ...few,
    row('image', baseline.image, result.image),
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
export function timesInWords({ phases }: ReportProof): string {
  if (phases.length === 0) return ''
  const total = phases.reduce((sum, { seconds }) => sum + seconds, 0)
  return `${total.toFixed(1)} s: ${phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(', ')}`
}
