import { statSync } from 'node:fs'
import { dirname, posix, relative, resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { defaultPolicy } from '../plan/policy.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import type { Options } from '../work.ts'
import { configIn, nearestConfig, readConfig } from '../workspace/config.ts'
import type { Found } from '../workspace/discover.ts'
import { type Excludes, noExcludes } from '../workspace/excludes.ts'
import { contradiction, type Settings } from '../workspace/settings.ts'
import { type SmokeSetting, smokeChecks } from '../workspace/smoke.ts'
import type { Io } from './io.ts'
import type { Work } from './request.ts'

const defaults: Settings = {
  ...defaultPolicy,
  engine: 'auto',
  offline: false,
  platform: null,
  context: null,
  buildArg: [],
  smoke: null,
  trace: true,
  jobs: null,
  minimize: false,
  env: [],
  capAdd: [],
  exclude: [],
}

export interface OptionSources {
  readonly optionsFor: (found: Pick<Found, 'path' | 'target'>) => Promise<Options>
  readonly excludes: Excludes
}

/**
 * Options by target: flags, then the configuration file, then the defaults. With `--config` the file is read at once
 * and its mistakes are thrown; else each target has the file nearest to its folder.
 */
export async function optionsFrom(
  request: Work,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  transforms: readonly string[],
): Promise<OptionSources> {
  const isRun = request.prove || request.build
  const placed = (settings: Partial<Settings>, from: string, by: string) =>
    withContext(withValues(settings, env, isRun), from, by)
  const given = { ...request, settings: placed(request.settings, cwd, '--context') }
  const flags = [{ folder: cwd, patterns: request.settings.exclude ?? [] }]
  if (request.config !== null) {
    const file = resolve(cwd, request.config)
    const config = placed(await readConfig(file, request.config, transforms), dirname(file), request.config)
    const patterns = [...flags, { folder: dirname(file), patterns: config.exclude ?? [] }]
    return {
      optionsFor: async (found) => merged(given, config, namesOf(found, file)),
      excludes: { ...noExcludes, given: patterns },
    }
  }
  const read = new Map<string, Promise<Partial<Settings>>>()
  const configOf = (file: string) => {
    const config = read.get(file) ?? readConfig(file, relative(cwd, file), transforms)
    read.set(file, config)
    return config
  }
  return {
    optionsFor: async (found) => {
      const { path } = found
      const file = nearestConfig(path === null ? cwd : dirname(path))
      if (file === null) return merged(given, {}, [])
      return merged(given, placed(await configOf(file), dirname(file), relative(cwd, file)), namesOf(found, file))
    },
    excludes: {
      given: flags,
      at: async (folder) => {
        try {
          const file = configIn(folder)
          return file === null ? [] : ((await configOf(file)).exclude ?? [])
        } catch (error) {
          // What is wrong with it is said of the targets that it is for.
          if (error instanceof HardenError) return []
          throw error
        }
      },
    },
  }
}

/**
 * With the variables of the environment that are named alone, as docker does it. Throws HardenError `bad-usage` for what is
 * not set and needed: nothing is run or built without `isNeeded`.
 */
function withValues(settings: Partial<Settings>, env: Io['env'], isNeeded: boolean): Partial<Settings> {
  const { buildArg, env: given } = settings
  const valued = (pair: string): string => {
    const value = env[pair]
    if (pair.includes('=')) return pair
    if (value !== undefined) return `${pair}=${value}`
    if (!isNeeded) return pair
    throw new HardenError('bad-usage', `${pair} has no value`, { hint: `set ${pair}, or write ${pair}=VALUE` })
  }
  return {
    ...settings,
    // An argument without a value is one that nobody gives.
    ...(buildArg === undefined ? {} : { buildArg: buildArg.map(valued).filter((pair) => pair.includes('=')) }),
    ...(given === undefined ? {} : { env: given.map(valued) }),
  }
}

/** Its build context as it is from here. Throws HardenError `bad-usage` where there is no such folder. */
function withContext(settings: Partial<Settings>, from: string, by: string): Partial<Settings> {
  if (settings.context == null) return settings
  const context = resolve(from, settings.context)
  if (statSync(context, { throwIfNoEntry: false })?.isDirectory() === true) return { ...settings, context }
  throw new HardenError('bad-usage', `the build context ${settings.context} (${by}) is no folder`, {
    hint: `it would be ${context}`,
  })
}

/** What a target can be called in a configuration file: as it was given, and its path from there. */
function namesOf({ target, path }: Pick<Found, 'path' | 'target'>, file: string): readonly string[] {
  return path === null ? [target] : [target, relative(dirname(file), path)]
}

function merged(request: Work, config: Partial<Settings>, names: readonly string[]): Options {
  const {
    engine,
    offline,
    platform,
    context,
    buildArg: _args,
    smoke: _,
    exclude: _exclude,
    trace,
    jobs,
    minimize,
    env: _env,
    capAdd,
    ...policy
  }: Settings = {
    ...defaults,
    ...config,
    ...request.settings,
  }
  const wrong = contradiction(policy)
  if (wrong !== null) throw new HardenError('bad-usage', wrong)
  // One more is one more: flags add to the file here, and of one name the last holds.
  const both = (name: 'writable' | 'buildArg' | 'env') => [...(config[name] ?? []), ...(request.settings[name] ?? [])]
  const writable = both('writable').map(normal)
  return {
    policy: { ...policy, writable: [...new Set(writable)] },
    engine,
    offline,
    platform,
    context,
    buildArg: both('buildArg'),
    smoke: distinct([...checksOf(config.smoke, names), ...checksOf(request.settings.smoke, names)]),
    trace,
    jobs,
    minimize,
    env: both('env'),
    capAdd: capAdd.map((name) => name.replace(/^CAP_/, '')),
    build: request.build,
    tag: request.tag ?? request.profile?.image ?? null,
    prove: request.prove,
    network: request.network,
    inspect: request.verb === 'inspect',
    profile: request.verb === 'profile',
    proveAsIs: request.verb === 'prove',
    baseline: request.baseline,
  }
}

/** A check in the file and one on the command line are two checks. */
function checksOf(setting: SmokeSetting | null | undefined, names: readonly string[]): readonly SmokeCheck[] {
  return setting == null ? [] : smokeChecks(setting, names)
}

/** Results are told apart by name. */
function distinct(checks: readonly SmokeCheck[]): readonly SmokeCheck[] {
  return checks.map((check, index) => {
    const before = checks.slice(0, index).filter(({ name }) => name === check.name).length
    return before === 0 ? check : { ...check, name: `${check.name} (${before + 1})` }
  })
}

function normal(path: string): string {
  return posix
    .normalize(path)
    .replace(/^\/+/, '/')
    .replace(/(.)\/$/, '$1')
}
