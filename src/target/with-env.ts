import type { Engine } from '../engine/engine.ts'

/** The same engine, whose containers all have these variables: what an image needs to start at all. */
export function withEnv(engine: Engine, pairs: readonly string[]): Engine {
  if (pairs.length === 0) return engine
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  return { ...engine, create: (spec) => engine.create({ ...spec, env: { ...env, ...spec.env } }) }
}
