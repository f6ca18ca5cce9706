import { setTimeout as pause } from 'node:timers/promises'
import type { Operation } from '../../evidence/operation.ts'
import type { ProveRequest } from '../prove.ts'
import type { RunRecord } from '../run/run-record.ts'
import { limits } from '../run/specs.ts'
import { traceRun } from '../trace/trace.ts'
import { DEFAULT_CAPABILITIES } from './default-capabilities.ts'

const PATIENCE = 10_000

/** A higher limit or priority is asked for and done without, and what insists on one takes `--ulimit` in place of root. */
const WISHES = new Set(['SYS_RESOURCE', 'SYS_NICE'])

type Request = Pick<ProveRequest, 'engine' | 'baseline' | 'facts' | 'trace' | 'capAdd' | 'signal'>

/**
 * Why an original that ends by itself cannot work in a container as it is, although it is root: a call was refused that
 * takes a capability which no container has by default. The engine's seccomp profile refuses such calls before the usual
 * trace sees them, so it is traced once more, slowly. Null where there is none. The capability is not given to it to see:
 * SYS_ADMIN in a container is root on the host, and only its user knows whether it may have that (`--cap-add`).
 */
export async function lackedPrivilege(
  { engine, baseline: image, facts: { config }, trace, capAdd, signal }: Request,
  original: Pick<RunRecord, 'state'>,
): Promise<string | null> {
  const { running, exitCode } = original.state
  if (!trace || running || exitCode === 0) return null
  const given = new Set([...DEFAULT_CAPABILITIES, ...capAdd])
  const traced = await traceRun(engine, config, limits({ image, capAdd }), { faithful: true })
  if (!traced.known) return null
  const { container, read } = traced.value
  try {
    const end = Date.now() + PATIENCE
    while (Date.now() < end && (await engine.state(container)).running) await pause(100, undefined, { signal })
    const all = await read()
    return all.known ? lacking(all.value.operations, given) : null
  } finally {
    await engine.remove(container)
  }
}

/** What was refused for want of a capability that is not `given`, in words; null where nothing was. */
export function lacking(operations: readonly Operation[], given: ReadonlySet<string>): string | null {
  const found = operations.find(
    ({ outcome, capability }) =>
      outcome === 'refused' && capability !== undefined && !given.has(capability) && !WISHES.has(capability),
  )
  return found === undefined
    ? null
    : `it takes ${found.capability}, which no container has by default: ${found.detail} was refused; with --cap-add ${found.capability} a proof shows the least it works with`
}
