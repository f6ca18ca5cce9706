import { existsSync, statSync } from 'node:fs'
import { dirname, posix, relative, resolve } from 'node:path'
import type { Mode, Options } from '../app/task.ts'
import { HardenError } from '../errors.ts'
import { memoizeByText } from '../memoize.ts'
import type { Policy } from '../plan/stage-input.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import type { Config, readConfig } from '../repository/config.ts'
import type { Found } from '../repository/discover.ts'
import { type Excludes, isNamedBy, noExcludes } from '../repository/ignore-rules.ts'
import { configIn, configsFrom } from '../repository/repository.ts'
import { contradiction, type FailOn, onTop, type SettingName, type Settings, usual } from '../repository/settings.ts'
import { type SmokeSetting, smokeChecks } from '../repository/smoke.ts'
import { type Trust, trustOf } from '../repository/trust.ts'
import type { LeftOut } from '../repository/work-item.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import type { Io } from './io.ts'
import type { Work } from './request.ts'

/** The options of one target, with what the command line itself needs. */
interface AskedOptions extends Options {
  readonly failOn: FailOn
}

export interface OptionSources {
  readonly optionsFor: (found: Pick<Found, 'path' | 'target' | 'leftOut'>) => Promise<AskedOptions>
  readonly excludes: Excludes
  /** Trust in the files that are found beside the targets. */
  readonly trust: Trust
}

/**
 * Options by target: flags, then the configuration files, then the defaults. With `--config` the file is read at once
 * and its mistakes are thrown; else each target has the files of its folder and of those above it.
 */
export async function optionsFrom(
  request: Work,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  transforms: readonly string[],
): Promise<OptionSources> {
  const isRun = request.prove || request.build
  const given = { ...request, settings: withContext(withValues(request.settings, env, isRun), cwd, '--context') }
  const flags = [{ folder: cwd, patterns: request.settings.exclude ?? [] }]
  const trust = trustOf(request.trustConfig, env)
  const isSaid = ({ matters }: LeftOut) => matters === 'always' || request.prove || request.profile !== null
  const noted = (
    options: AskedOptions,
    { leftOut = [] }: Pick<Found, 'leftOut'>,
    config: readonly LeftOut[],
  ): AskedOptions => {
    const notes = [...config, ...leftOut].filter(isSaid).map((one) => leftOutNote(one, trust))
    return notes.length === 0 ? options : { ...options, notes }
  }
  if (request.config !== null) {
    const name = request.config
    const file = resolve(cwd, name)
    const isTrusted = trust.named(file, foldersOf(request, cwd))
    const read = await readingConfig(file, name, transforms, isTrusted)
    const patterns = [...flags, { folder: dirname(file), patterns: read.settings.exclude ?? [] }]
    return {
      optionsFor: async (found) => {
        const said = [{ file, name, settings: settingsFor(read, found.path, file) }]
        return noted(merged(given, configFor(said, { env, isRun }), namesFor(found, said)), found, read.leftOut)
      },
      excludes: { ...noExcludes, given: patterns },
      trust,
    }
  }
  // Targets share the folders above them.
  const fileIn = memoizeByText(configIn)
  const read = new Map<string, Promise<Config>>()
  const configOf = (file: string) => {
    const config = read.get(file) ?? readingConfig(file, relative(cwd, file), transforms, trust.found(file))
    read.set(file, config)
    return config
  }
  return {
    optionsFor: async (found) => {
      const { path } = found
      const foreign: LeftOut[] = []
      const said: SaidSettings[] = []
      const leftOut: LeftOut[] = []
      const passOver = (other: string) => foreign.push(passedOver(other))
      for (const file of configsFrom(path === null ? cwd : dirname(path), passOver, fileIn)) {
        const read = await configOf(file)
        said.unshift({ file, name: relative(cwd, file), settings: settingsFor(read, path, file) })
        leftOut.unshift(...read.leftOut)
        if (read.isRoot) break
      }
      const options = merged(given, configFor(said, { env, isRun }), namesFor(found, said))
      return noted(options, found, [...foreign, ...leftOut])
    },
    trust,
    excludes: {
      given: flags,
      at: async (folder) => {
        try {
          const file = fileIn(folder)
          return file === null ? [] : ((await configOf(file)).settings.exclude ?? [])
        } catch (error) {
          // Its mistakes are reported for the targets that it applies to.
          if (error instanceof HardenError) return []
          throw error
        }
      },
    },
  }
}

/** What a configuration file says for a target. */
interface SaidSettings {
  /** Absolute. */
  readonly file: string
  /** The same for people. */
  readonly name: string
  readonly settings: Partial<Settings>
}

/** All files merged, the nearest last: it overrides those above key by key, and lists add up as they do with flags. */
function configFor(
  said: readonly SaidSettings[],
  { env, isRun }: { readonly env: Io['env']; readonly isRun: boolean },
): Partial<Settings> {
  const settings = said.map((one) => one.settings).reduce(onTop, {})
  const { file = '', name = '' } = lastSaying('context', said) ?? {}
  return withContext(withValues(settings, env, isRun), dirname(file), name)
}

/** The file that decides a setting. */
function lastSaying(setting: SettingName, said: readonly SaidSettings[]): SaidSettings | undefined {
  return said.findLast(({ settings }) => settings[setting] !== undefined)
}

/** With the file's settings for this path alone; later ones override earlier ones. */
function settingsFor({ settings, overrides }: Config, path: string | null, file: string): Partial<Settings> {
  const place = path === null ? null : relative(dirname(file), path)
  if (place === null || place.startsWith('..') || overrides.length === 0) return settings
  return overrides
    .filter(({ files }) => isNamedBy(files, place))
    .reduce((below, { settings: above }) => onTop(below, above), settings)
}

/** Most targets have no configuration, so its parser is loaded late. */
async function readingConfig(...file: Parameters<typeof readConfig>): Promise<Config> {
  return (await import('../repository/config.ts')).readConfig(...file)
}

/** A configuration file that somebody else has put above the target. */
function passedOver(file: string): LeftOut {
  const what = 'it lies above the target, in no repository, and others have written it or could have'
  return { place: file, what, instead: `--config ${file}`, matters: 'always' }
}

function leftOutNote({ place, what, instead }: LeftOut, { hint }: Trust): ReportFinding {
  return targetFinding(
    'read-config',
    'note',
    `${place}: ignored: ${what}`,
    `set it yourself with ${instead}, or ${hint}`,
  )
}

/** The current folder, and the folders of targets that are paths. */
function foldersOf({ targets }: Work, cwd: string): readonly string[] {
  const paths = targets.map((target) => resolve(cwd, target))
  return [
    cwd,
    ...paths.flatMap((path) => (existsSync(path) ? [statSync(path).isDirectory() ? path : dirname(path)] : [])),
  ]
}

/**
 * With the variables of the environment that are named alone, as docker does it. Throws HardenError `bad-usage` for what is
 * not set and needed: nothing is run or built without `isNeeded`.
 */
function withValues(settings: Partial<Settings>, env: Io['env'], isNeeded: boolean): Partial<Settings> {
  const { buildArg, env: given } = settings
  const valued = (pair: string): string => {
    if (pair.includes('=')) return pair
    const value = Object.hasOwn(env, pair) ? env[pair] : undefined
    if (value !== undefined) return `${pair}=${value}`
    if (!isNeeded) return pair
    throw new HardenError('bad-usage', `${pair} has no value`, { hint: `set ${pair}, or write ${pair}=VALUE` })
  }
  return {
    ...settings,
    // A build argument without a value is not given.
    ...(buildArg === undefined ? {} : { buildArg: buildArg.map(valued).filter((pair) => pair.includes('=')) }),
    ...(given === undefined ? {} : { env: given.map(valued) }),
  }
}

/** Its build context as it is from here. Throws HardenError `bad-usage` where there is no such folder. */
function withContext(settings: Partial<Settings>, from: string, by: string): Partial<Settings> {
  if (settings.context == null) return settings
  const context = resolve(from, settings.context)
  if (statSync(context, { throwIfNoEntry: false })?.isDirectory() === true) return { ...settings, context }
  throw new HardenError('bad-usage', `the build context ${settings.context} (${by}) is not a folder`, {
    hint: `it would be ${context}`,
  })
}

/** The names of a target in the file whose checks apply to it: as given, and its path from there. */
function namesFor({ target, path }: Pick<Found, 'path' | 'target'>, said: readonly SaidSettings[]): readonly string[] {
  const { file } = lastSaying('smoke', said) ?? {}
  return path === null || file === undefined ? [target] : [target, relative(dirname(file), path)]
}

/** The settings that decide the plan. */
function policyIn({
  user,
  own,
  ports,
  writable,
  unsafe,
  ignore,
  target,
  preferVendor,
  arbitraryUid,
  comments,
}: Settings): Pick<Settings, Extract<keyof Settings, keyof Policy>> {
  return {
    ...{ user, own, ports, writable, unsafe, ignore, target },
    ...(preferVendor === undefined ? {} : { preferVendor }),
    ...(arbitraryUid === undefined ? {} : { arbitraryUid }),
    ...(comments === undefined ? {} : { comments }),
  }
}

function merged(request: Work, config: Partial<Settings>, names: readonly string[]): AskedOptions {
  const settings: Settings = { ...usual, ...config, ...request.settings }
  const { engine, offline, platform, context, trace, jobs, minimize, capAdd, failOn, onlyDockerfile } = settings
  const policy = policyIn(settings)
  const wrong = contradiction(policy)
  if (wrong !== null) throw new HardenError('bad-usage', wrong)
  // Flags add to the file here; the last of two with one name counts.
  const both = (name: 'writable' | 'buildArg' | 'env') => [...(config[name] ?? []), ...(request.settings[name] ?? [])]
  const writable = both('writable').map(normal)
  const ofCaller = new Set(request.settings.writable?.map(normal))
  const writableByRepository = writable.filter((path) => !ofCaller.has(path))
  return {
    policy: {
      ...policy,
      today: new Date().toISOString().slice(0, 'YYYY-MM-DD'.length),
      ...((request.settings.ports ?? config.ports) === 'raise' ? { raiseUsed: true } : {}),
      ...(policy.unsafe && request.settings.unsafe !== true ? { unsafeByRepository: true } : {}),
      writable: [...new Set(writable)],
      ...(writableByRepository.length === 0 ? {} : { writableByRepository }),
    },
    engine,
    offline,
    platform,
    context,
    buildArg: both('buildArg'),
    smoke: distinct([...checksOf(config.smoke, names), ...checksOf(request.settings.smoke, names)]),
    trace,
    jobs,
    minimize,
    // Their whole result is one text.
    onlyDockerfile: onlyDockerfile || request.format === 'dockerfile' || request.format === 'bake',
    env: both('env'),
    capAdd: capAdd.map((name) => name.replace(/^CAP_/, '')),
    mode: modeOf(request),
    network: request.network,
    ...(request.builder === null ? {} : { builder: request.builder }),
    ...(request.attest === null ? {} : { attest: true }),
    failOn: failOn ?? usualFailOn(request),
  }
}

/** `--check` asks whether something would change. */
export function usualFailOn({ check, settings: { failOn } }: Pick<Work, 'check' | 'settings'>): FailOn {
  return failOn ?? (check ? 'changes' : 'incomplete')
}

function modeOf({ verb, baseline, prove, build, tag, profile }: Work): Mode {
  if (verb === 'inspect') return { kind: 'inspect' }
  if (verb === 'prove') return { kind: 'prove-image', baseline }
  return { kind: verb, prove, build, tag: tag ?? profile?.image ?? null }
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

/** A slash at its end stays: it says that a folder is meant. */
function normal(path: string): string {
  return posix.normalize(path).replace(/^\/+/, '/')
}
