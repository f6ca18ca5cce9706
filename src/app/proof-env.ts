import type { Engine, RunSpec } from '../engine/engine.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import type { Options } from './task.ts'

/** Variables of all containers of a proof, `NAME=VALUE`. */
export interface ProofEnv {
  readonly pairs: readonly string[]
  /** Names of those that nobody asked for: Compose services set them that build the Dockerfile. */
  readonly taken: readonly string[]
}

/**
 * What was asked for, and what Compose services say beside that. Not a low port: in the image nothing sets it that could
 * be moved, and the service has to say another one anyway.
 */
export function proofEnv({ build }: Pick<WorkItem, 'build'>, { env }: Pick<Options, 'env'>): ProofEnv {
  const given = new Set(env.map((pair) => pair.slice(0, pair.indexOf('='))))
  const taken = [...(build?.env ?? [])].filter(([name, value]) => !given.has(name) && !isLowPort(name, value))
  return { pairs: [...taken.map(([name, value]) => `${name}=${value}`), ...env], taken: taken.map(([name]) => name) }
}

function isLowPort(name: string, value: string): boolean {
  return /(^|_)PORT$/.test(name) && Number(value) > 0 && Number(value) < 1024
}

/** The same engine, whose containers all have these variables: what an image needs to start at all. */
export function withEnv(engine: Engine, pairs: readonly string[]): Engine {
  if (pairs.length === 0) return engine
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  const withPairs = (spec: RunSpec): RunSpec => ({ ...spec, env: { ...env, ...spec.env } })
  return { ...engine, create: (spec) => engine.create(withPairs(spec)), run: (spec) => engine.run(withPairs(spec)) }
}
