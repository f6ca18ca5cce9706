import type { Engine, RunSpec } from '../engine/engine.ts'

/** The same engine, whose containers all have these variables: what an image needs to start at all. */
export function withEnv(engine: Engine, pairs: readonly string[]): Engine {
  if (pairs.length === 0) return engine
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  const withPairs = (spec: RunSpec): RunSpec => ({ ...spec, env: { ...env, ...spec.env } })
  return { ...engine, create: (spec) => engine.create(withPairs(spec)), run: (spec) => engine.run(withPairs(spec)) }
}
