import type { Options, WorkItem } from '../work.ts'

/** Variables of all containers of a proof, `NAME=VALUE`. */
export interface ProofEnv {
  readonly pairs: readonly string[]
  /** Names of those that nobody asked for: Compose services set them that build the Dockerfile. */
  readonly taken: readonly string[]
}

/** What was asked for, and what Compose services say beside that. */
export function proofEnv({ build }: Pick<WorkItem, 'build'>, { env }: Pick<Options, 'env'>): ProofEnv {
  const given = new Set(env.map((pair) => pair.slice(0, pair.indexOf('='))))
  const taken = [...(build?.env ?? [])].filter(([name]) => !given.has(name))
  return { pairs: [...taken.map(([name, value]) => `${name}=${value}`), ...env], taken: taken.map(([name]) => name) }
}
