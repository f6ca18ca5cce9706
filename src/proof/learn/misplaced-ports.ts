import type { Operation } from '../../plan/operation.ts'
import type { StagePlan } from '../../plan/plan.ts'
import type { Round } from '../round.ts'

/** A refusal of such a kind leads to no other plan. */
const NO_NEWS = new Set<Operation['access']>(['bind', 'listen', 'use-capability'])

/**
 * Places that do not set the port that was moved there, by their names in the evidence: the program binds the old port
 * all the same; or, where the place was only guessed, the new one is not open and nothing else that was refused says why.
 * They are taken back.
 */
export function misplacedPorts({ run }: Round, { ports }: StagePlan, news: readonly Operation[]): readonly string[] {
  const open = (run?.record.answers ?? []).filter(({ kind }) => kind !== 'closed').map(({ port }) => port)
  const bound = run?.traced?.trace?.operations.flatMap(({ access, port }) => (access === 'bind' ? (port ?? []) : []))
  const binds = (port: number): boolean => open.includes(port) || bound?.includes(port) === true
  const isExplained = news.some(({ access }) => !NO_NEWS.has(access))
  return ports.flatMap(({ from, to, guessed, evidence }) => {
    if (to === null || open.includes(to)) return []
    if (!binds(from) && (guessed !== true || isExplained)) return []
    return evidence.flatMap(({ source, detail }) => (source === 'config' ? [detail] : []))
  })
}
