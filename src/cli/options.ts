import { dirname, posix, relative, resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { defaultPolicy } from '../plan/policy.ts'
import type { Options } from '../work.ts'
import { nearestConfig, readConfig } from '../workspace/config.ts'
import type { Found } from '../workspace/discover.ts'
import { contradiction, type Settings } from '../workspace/settings.ts'
import type { Work } from './request.ts'

const defaults: Settings = {
  ...defaultPolicy,
  engine: 'auto',
  offline: false,
  platform: null,
  smoke: null,
  trace: true,
  env: [],
}

export type OptionsFor = (found: Pick<Found, 'path'>) => Promise<Options>

/**
 * Options by target: flags, then the configuration file, then the defaults. With `--config` the file is read at once
 * and its mistakes are thrown; else each target has the file nearest to its folder.
 */
export async function optionsFrom(request: Work, cwd: string, transforms: readonly string[]): Promise<OptionsFor> {
  if (request.config !== null) {
    const config = await readConfig(resolve(cwd, request.config), request.config, transforms)
    return async () => merged(request, config)
  }
  const read = new Map<string, Promise<Partial<Settings>>>()
  return async ({ path }) => {
    const file = nearestConfig(path === null ? cwd : dirname(path))
    if (file === null) return merged(request, {})
    const config = read.get(file) ?? readConfig(file, relative(cwd, file), transforms)
    read.set(file, config)
    return merged(request, await config)
  }
}

function merged(request: Work, config: Partial<Settings>): Options {
  const { engine, offline, platform, smoke, trace, env, ...policy }: Settings = {
    ...defaults,
    ...config,
    ...request.settings,
  }
  const wrong = contradiction(policy)
  if (wrong !== null) throw new HardenError('bad-usage', wrong)
  // One more path is one more: flags add to the file here.
  const writable = [...(config.writable ?? []), ...(request.settings.writable ?? [])].map(normal)
  return {
    policy: { ...policy, writable: [...new Set(writable)] },
    engine,
    offline,
    platform,
    smoke,
    trace,
    env,
    build: request.build,
    tag: request.tag,
    prove: request.prove,
    inspect: request.verb === 'inspect',
    proveAsIs: request.verb === 'prove',
    baseline: request.baseline,
  }
}

function normal(path: string): string {
  return posix
    .normalize(path)
    .replace(/^\/+/, '/')
    .replace(/(.)\/$/, '$1')
}
