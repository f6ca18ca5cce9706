import type { Operation } from '../evidence/operation.ts'
import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { baseName } from '../places.ts'
import type { Observation } from '../plan/stage-input.ts'
import { FIRST_EPHEMERAL_PORT } from './ask/questions.ts'
import { isOptional, operationsOfDiff } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { rootHome } from './container/run-specs.ts'
import { rootWork } from './needs-root.ts'

/** What a run of the original as root has shown, for the plan: its trace, or what `docker diff` tells where there is none. */
export function observationOf(record: RunRecord, facts: ImageFacts): Observation {
  const traced = record.trace?.operations ?? null
  const operations = traced ?? fromDiff(record, facts)
  return {
    // What the original itself is refused it goes on without: a setuid(0) that must fail, a look where its user may not.
    operations: operations.filter(({ outcome, path }) => outcome === 'done' && (path === null || !isOptional(path))),
    bound: boundPorts(record, facts),
    uids: [...new Set([...workerUids(record), ...switchedUids(traced ?? [])])],
    workers: record.processes.flatMap(({ uids, command }) => {
      const uid = uids[1] ?? uids[0] ?? 0
      return uid === 0 ? [] : [{ uid, program: programName(command) }]
    }),
    programs: [...new Set(record.processes.map((process) => programName(process.command)))],
    opened: traced === null ? null : openedFiles(traced),
    home: rootHome(facts),
    needsRoot: record.trace === null ? null : rootWork(record.trace),
  }
}

function fromDiff(record: RunRecord, facts: ImageFacts): readonly Operation[] {
  if (!facts.files.known) return []
  return operationsOfDiff(record.diff, facts.files.value, (path) => record.kinds.get(path) ?? null)
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

function switchedUids(operations: readonly Operation[]): readonly number[] {
  return operations.flatMap(({ access, outcome, uid }) =>
    access === 'switch-user' && outcome === 'done' && uid !== undefined && uid > 0 ? [uid] : [],
  )
}

function openedFiles(operations: readonly Operation[]): readonly string[] {
  return operations.flatMap(({ access, outcome, path }) =>
    access === 'read' && outcome === 'done' && path !== null ? [path] : [],
  )
}

/** `nginx: worker process` is nginx, `/usr/sbin/apache2 -k start` is apache2. */
function programName(command: string): string {
  return baseName((command.trim().split(/\s+/)[0] ?? '').replace(/:$/, ''))
}
