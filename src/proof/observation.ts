import type { Engine } from '../engine/engine.ts'
import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { readTarEntries } from '../image/sources/tar-text.ts'
import { baseName, parentOf } from '../plan/places.ts'
import type { Observation } from '../plan/stage-input.ts'
import { operationsOfDiff } from './observe.ts'
import type { RunRecord } from './run-record.ts'

const MOST_LOOKS = 80
/** Above this a port that nobody exposed was given by the kernel. */
const FIRST_EPHEMERAL_PORT = 32768

/** What a run of the original has shown, for the plan. The container must still be there, stopped or not. */
export async function observationOf(engine: Engine, record: RunRecord, facts: ImageFacts): Promise<Observation> {
  const added = record.diff.filter((entry) => entry.kind === 'added').map((entry) => entry.path)
  const kinds = await kindsOf(engine, record.container, added)
  const operations = facts.files.known ? operationsOfDiff(record.diff, facts.files.value, (path) => kinds.get(path) ?? null) : []
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

type Kind = 'file' | 'directory' | 'other'

async function kindsOf(engine: Engine, container: string, added: readonly string[]): Promise<ReadonlyMap<string, Kind>> {
  const all = new Set(added)
  const tops = added.filter((path) => !all.has(parentOf(path))).slice(0, MOST_LOOKS)
  const kinds = new Map<string, Kind>()
  for (const top of tops) {
    const entries = await engine.copyOut(container, top, readTarEntries)
    for (const [name, entry] of entries ?? []) kinds.set(parentOf(top) === '/' ? `/${name}` : `${parentOf(top)}/${name}`, entry.type)
  }
  return kinds
}

function boundPorts(record: RunRecord, facts: ImageFacts): readonly ExposedPort[] {
  const exposed = new Set(facts.config.exposedPorts.map((port) => port.port))
  return (record.listeners ?? []).filter((listener) => listener.port < FIRST_EPHEMERAL_PORT || exposed.has(listener.port)).map(({ port, protocol }) => ({ port, protocol }))
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
