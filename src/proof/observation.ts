import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { baseName } from '../plan/places.ts'
import type { Observation } from '../plan/stage-input.ts'
import { operationsOfDiff } from './observe.ts'
import type { RunRecord } from './run-record.ts'

/** Above this a port that nobody exposed was given by the kernel. */
const FIRST_EPHEMERAL_PORT = 32768

/** What a run of the original has shown, for the plan. */
export function observationOf(record: RunRecord, facts: ImageFacts): Observation {
  const operations = facts.files.known
    ? operationsOfDiff(record.diff, facts.files.value, (path) => record.kinds.get(path) ?? null)
    : []
  return {
    operations,
    bound: boundPorts(record, facts),
    uids: workerUids(record),
    programs: [...new Set(record.processes.map((process) => programName(process.command)))],
    opened: null,
    home: rootHome(facts),
    needsRoot: null,
  }
}

function boundPorts(record: RunRecord, facts: ImageFacts): readonly ExposedPort[] {
  const exposed = new Set(facts.config.exposedPorts.map((port) => port.port))
  return (record.listeners ?? [])
    .filter((listener) => listener.port < FIRST_EPHEMERAL_PORT || exposed.has(listener.port))
    .map(({ port, protocol }) => ({ port, protocol }))
}

/** Non-root uids by how many processes have them: the most is who does the work. */
function workerUids(record: RunRecord): readonly number[] {
  const counts = new Map<number, number>()
  for (const { uids } of record.processes) {
    const uid = uids[1] ?? uids[0]
    if (uid !== undefined && uid !== 0) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([uid]) => uid)
}

/** `nginx: worker process` is nginx, `/usr/sbin/apache2 -k start` is apache2. */
function programName(command: string): string {
  return baseName((command.trim().split(/\s+/)[0] ?? '').replace(/:$/, ''))
}

function rootHome(facts: ImageFacts): string {
  const set = facts.config.env.get('HOME')
  if (set !== undefined) return set
  return facts.accounts.known ? (facts.accounts.value.users.find((user) => user.uid === 0)?.home ?? '/') : '/root'
}
