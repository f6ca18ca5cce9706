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
