import type { EngineOption } from '../engine/open-engine.ts'
import { HardenError } from '../errors.ts'
import { parseReference } from '../image/reference.ts'
import type { ProfilePlatform } from '../manifests/profile.ts'
import { formatNames } from '../report/format.ts'
import type { ProjectFlags } from '../repository/open-project.ts'
import {
  contradiction,
  flagOf,
  messageOf,
  oneOf,
  type SettingName,
  type Settings,
  settingNames,
  settings,
} from '../repository/settings.ts'
import type { UsernsRequest } from '../userns/facts.ts'
import { nearestName } from '../words.ts'
import type { FleetRequest } from './fleet-request.ts'

/** What the command line asks for, checked as far as it can be without looking at the targets. */
export type Request =
  | Print
  | ListTransforms
  | UsernsRequest
  | Clean
  | FleetRequest
  | Verify
  | Completion
  | Explain
  | Init
  | Plugin
  | Lsp
  | Work

/** `--help` and `--version`. */
interface Print {
  readonly kind: 'print'
  readonly text: string
}

interface ListTransforms {
  readonly kind: 'transforms'
  readonly format: 'text' | 'json'
}

/** The page of a name that stands behind a finding, or the list of them. */
export interface Explain {
  readonly kind: 'explain'
  /** Null: all names. */
  readonly name: string | null
}

/** What completes the command line in a shell is printed. */
export interface Completion {
  readonly kind: 'completion'
  readonly shell: 'bash' | 'zsh' | 'fish'
}

/** A configuration for a folder. */
export interface Init {
  readonly kind: 'init'
  /** As given. */
  readonly folder: string
}

/** `docker harden`. */
export interface Plugin {
  readonly kind: 'plugin'
  readonly action: 'install' | 'remove'
}

/** The verb `lsp`. */
export interface Lsp {
  readonly kind: 'lsp'
  /** What is asked of each Dockerfile that is open. */
  readonly work: Work
}

/** The verb `verify`. */
export interface Verify {
  readonly kind: 'verify'
  /** Files of statements, folders that `--attest` wrote into, or - for stdin; as given. */
  readonly statements: readonly string[]
  readonly image: string
  readonly engine: EngineOption
  readonly offline: boolean
  /** `OS/ARCH[/VARIANT]`; null for the engine's own. */
  readonly platform: string | null
  readonly format: 'text' | 'json'
}

export interface Clean {
  readonly kind: 'clean'
  /** Where half-written files are looked for, as given. */
  readonly folders: readonly string[]
  readonly dryRun: boolean
  /** Also what nobody here can say of whether its run is over. */
  readonly all: boolean
  readonly engine: EngineOption
}

export interface Work {
  readonly kind: 'work'
  readonly verb: 'harden' | 'inspect' | 'prove' | 'profile'
  readonly targets: readonly string[]
  readonly write: boolean
  /** `-o`, as given; null for none. */
  readonly output: string | null
  readonly check: boolean
  /** Skips what an earlier run of the same command has done. */
  readonly resume: boolean
  /** Only targets that changed since this commit; null for all. */
  readonly since: string | null
  /** The baseline file, as given; null for none. `update`: it is written. */
  readonly known: { readonly file: string; readonly update: boolean } | null
  /** How somebody chooses what is written (with `write`); null: all of it is. `port`: null for any that is free. */
  readonly choose: { readonly by: 'terminal' } | { readonly by: 'page'; readonly port: number | null } | null
  /** Prints only failures and the sum on stderr. */
  readonly quiet: boolean
  /** Prints everything about each target, and the output of builds, on stderr. */
  readonly verbose: boolean
  /** Null: a format that fits the targets. */
  readonly format: string | null
  /** stdout has the title of a pull request. */
  readonly prTitle: boolean
  /** What is written to files beside stdout. */
  readonly reports: readonly ReportFile[]
  readonly build: boolean
  readonly tag: string | null
  readonly prove: boolean
  readonly baseline: string | null
  /** Where what a proof shows is written, as given; null for nowhere. */
  readonly attest: string | null
  /** Compose files and manifests that run what a Dockerfile makes change with it. */
  readonly withManifests: boolean
  /** Never a setting: a configuration file could say it too. */
  readonly network: boolean
  /** A builder of `docker buildx`, which is no setting either; null for the engine's own. */
  readonly builder: string | null
  /** Of the Compose projects among the targets; null: what is said of none. */
  readonly project: Omit<ProjectFlags, 'env'>
  /** With the verb `profile`, null for the others. */
  readonly profile: ProfileRequest | null
  /** `--config`, as given; null for those that are found. */
  readonly config: string | null
  /** `--trust-config`, or `--no-trust-config`: false; null where neither is given. */
  readonly trustConfig: boolean | null
  /** Only what the flags say. */
  readonly settings: Partial<Settings>
}

export interface ProfileRequest {
  readonly platform: ProfilePlatform
  /** What the image is called that runs; null: as it was asked for, or a name that says what it was made from. */
  readonly image: string | null
  /** Compose files, one on top of the other, or manifests that are changed; none: the profile is printed. */
  readonly files: readonly string[]
  readonly service: string | null
  readonly container: string | null
}

/** What yargs hands over: values by flag name, positionals in `_`. */
export interface Parsed {
  readonly _: readonly (string | number)[]
  readonly [flag: string]: unknown
}

export function transformsRequest(parsed: Parsed, positionals: readonly string[]): ListTransforms {
  if (positionals.length > 0) throw usage(`transforms takes no target, but got ${positionals[0]}`)
  return { kind: 'transforms', format: choice(parsed, 'format', ['text', 'json']) ?? 'text' }
}

/** A report that a flag asks for in a file. */
export interface ReportFile {
  readonly flag: 'pr-body' | 'sarif-file'
  readonly format: 'markdown' | 'sarif'
  /** As it was given. */
  readonly name: string
}

function reportFiles(parsed: Parsed): readonly ReportFile[] {
  const asked = [
    { flag: 'pr-body', format: 'markdown' },
    { flag: 'sarif-file', format: 'sarif' },
  ] as const
  return asked.flatMap((one) => {
    const name = text(parsed, one.flag)
    return name === null ? [] : [{ ...one, name }]
  })
}

/** Throws HardenError `bad-usage` for what contradicts itself, whatever the targets are. */
export function workRequest(verb: Work['verb'], parsed: Parsed, positionals: readonly string[]): Work {
  const names = verb === 'harden' ? formatNames : ['text', 'json']
  const project = verb === 'harden' ? projectOf(parsed) : noProject
  const request: Work = {
    kind: 'work',
    verb,
    targets: verb === 'harden' && positionals.length === 0 && project.files.length === 0 ? ['.'] : positionals,
    write: flag(parsed, 'write') || flag(parsed, 'interactive'),
    output: text(parsed, 'output'),
    check: flag(parsed, 'check'),
    resume: flag(parsed, 'resume'),
    since: sinceOf(parsed),
    known: knownOf(verb, parsed),
    choose: flag(parsed, 'interactive') ? { by: 'terminal' } : null,
    quiet: flag(parsed, 'quiet'),
    verbose: flag(parsed, 'verbose'),
    format: formatFrom(parsed, names),
    prTitle: flag(parsed, 'pr-title'),
    reports: reportFiles(parsed),
    build: flag(parsed, 'build'),
    tag: text(parsed, 'tag'),
    prove: verb === 'prove' || flag(parsed, 'prove'),
    baseline: verb === 'prove' ? text(parsed, 'baseline') : null,
    attest: text(parsed, 'attest'),
    withManifests: flag(parsed, 'with-manifests'),
    network: flag(parsed, 'network'),
    builder: builderOf(parsed),
    project,
    profile: null,
    config: text(parsed, 'config'),
    trustConfig: parsed['trust-config'] === undefined ? null : flag(parsed, 'trust-config'),
    settings: settingsIn(parsed),
  }
  checkTargets(request)
  checkTogether(request)
  return request
}

/** As `docker buildx create --name` takes it: the name of a context, or of a builder. */
export function builderOf(parsed: Parsed): string | null {
  const name = text(parsed, 'builder')
  if (name === null || /^[A-Za-z0-9][\w.+-]*$/.test(name)) return name
  throw usage(`--builder takes the name of a builder, not ${JSON.stringify(name)}`, 'see docker buildx ls')
}

function sinceOf(parsed: Parsed): string | null {
  const ref = text(parsed, 'since')
  if (ref !== null && flag(parsed, 'changed-only'))
    throw usage('--since and --changed-only exclude each other', '--changed-only is --since HEAD')
  return flag(parsed, 'changed-only') ? 'HEAD' : ref
}

function knownOf(verb: Work['verb'], parsed: Parsed): Work['known'] {
  const [file, update] = [verb === 'prove' ? null : text(parsed, 'baseline'), flag(parsed, 'update-baseline')]
  if (file === null && update) throw usage('--update-baseline writes the file of --baseline', 'add --baseline FILE')
  return file === null ? null : { file, update }
}

/** Output for another program is a format too. */
function formatFrom(parsed: Parsed, names: readonly string[]): string | null {
  const format = choice(parsed, 'format', names)
  const emitted = choice(parsed, 'emit', ['bake'])
  if (format !== null && emitted !== null)
    throw usage('--emit and --format exclude each other: stdout has one of them', 'run once for each')
  return emitted ?? format
}

const noProject = { files: [], profiles: null, envFiles: null, name: null } as const

function projectOf(parsed: Parsed): Work['project'] {
  const given = (name: string) => (parsed[name] === undefined ? null : list(parsed, name))
  const name = text(parsed, 'project-name')
  if (name !== null && !/^[a-z0-9][a-z0-9_-]*$/.test(name))
    throw usage(`--project-name takes small letters, digits, - and _, not ${JSON.stringify(name)}`)
  return { files: list(parsed, 'file'), profiles: given('profile'), envFiles: given('env-file'), name }
}

function checkTargets({ verb, targets, tag, baseline, project }: Work): void {
  const [target, second] = targets
  if (verb !== 'harden' && target === undefined)
    throw usage(`${verb} needs ${verb === 'prove' ? 'an image' : 'a target'}`)
  if (verb !== 'harden' && second !== undefined)
    throw usage(`${verb} takes one target, but got a second one: ${second}`)
  if (targets.includes('')) throw usage('a target is empty', 'is a variable not set?')
  if (project.files.length > 0 && target !== undefined)
    throw usage(`--file names a Compose project, and ${target} is another target`, 'run once for each')
  if (baseline !== null) checkReference('--baseline', baseline)
  if (tag !== null) checkReference('--tag', tag)
}

function checkTogether(request: Work): void {
  const { settings: given } = request
  const wrong = contradiction(given)
  if (wrong !== null) throw usage(wrong)
  if (request.choose !== null && flagsBeside(request) !== null)
    throw usage(
      `--interactive and ${flagsBeside(request)} exclude each other`,
      'it writes what is accepted, and prints nothing',
    )
  if (request.check && request.write) throw usage('--check and --write exclude each other', '--check writes nothing')
  if (request.resume && !(request.write && request.prove && request.choose === null))
    throw usage('--resume goes on with a run of -w --prove', 'without a proof a run takes seconds: run it again')
  if (request.quiet && request.verbose) throw usage('--quiet and --verbose exclude each other', 'leave out one of them')
  if (request.check && request.output !== null)
    throw usage('--check and --output exclude each other', '--check writes nothing')
  if (request.output === '-')
    throw usage('--output takes a folder, not -', 'without --output the Dockerfile of an image is printed')
  if (request.prTitle && request.format !== null)
    throw usage(
      '--pr-title and --format exclude each other: stdout has the title alone',
      'use --pr-body FILE for the text',
    )
  const piped = request.reports.find(({ name }) => name === '-')
  if (piped !== undefined) throw usage(`--${piped.flag} takes a file, not -`, `use --format ${piped.format} for stdout`)
  if (request.tag !== null && !request.build) throw usage('--tag needs a build', 'add --build')
  if (given.smoke !== undefined && !request.prove) {
    throw usage('--smoke needs a proof', 'add --prove')
  }
  if (given.minimize === true && !request.prove) throw usage('--minimize needs a proof', 'add --prove')
  if (request.attest !== null) checkAttest(request)
  if (request.network && !request.prove) throw usage('--network needs a proof', 'add --prove')
  if (request.builder !== null && !request.prove && !request.build)
    throw usage(
      '--builder needs a build',
      request.format === 'bake'
        ? `add --prove or --build, or give it to who builds the file: docker buildx bake --builder ${request.builder}`
        : 'add --prove or --build',
    )
  if (given.capAdd !== undefined && !request.prove) throw usage('--cap-add needs a proof', 'add --prove')
  if (given.engine === 'none' && (request.prove || request.build)) {
    throw new HardenError(
      'no-engine',
      `${request.prove ? 'a proof' : '--build'} needs an engine, and --engine none forbids it`,
      {
        hint: 'leave out one of them',
      },
    )
  }
}

/** A statement needs an image that stays. */
function checkAttest({ attest, verb, prove, build, tag }: Work): void {
  if (attest === '-') throw usage('--attest takes a folder, not -')
  if (!prove) throw usage('--attest keeps what a proof shows, and nothing is proved', 'add --prove')
  if (verb === 'harden' && (!build || tag === null))
    throw usage('--attest is about an image that stays, and none does', 'add --build --tag NAME')
}

/** Flags that make no sense in a review. */
function flagsBeside({ check, output, format, build }: Work): string | null {
  return check ? '--check' : output !== null ? '--output' : format !== null ? '--format' : build ? '--build' : null
}

function settingsIn(parsed: Parsed): Partial<Settings> {
  const given: Partial<Record<SettingName, unknown>> = {}
  for (const name of settingNames) {
    const { form, fileOnly } = settings[name]
    const flagName = flagOf(name)
    const value = parsed[flagName]
    if (value === undefined || fileOnly === true) continue
    const isList = form.flag === 'array'
    if (Array.isArray(value) && !isList) throw usage(`--${flagName} is given twice`, 'keep one of them')
    const wrong = form.check(value)
    if (wrong !== null)
      throw usage(
        `--${flagName} ${messageOf(wrong)}${isList || Number.isNaN(value) ? '' : `, not ${JSON.stringify(value)}`}`,
      )
    given[name] = value
  }
  // Each value has passed the check of its name.
  return given as Partial<Settings>
}

/** One of the names; null where it is not given. */
export function choice<Name extends string>(parsed: Parsed, name: string, names: readonly Name[]): Name | null {
  const value = text(parsed, name)
  if (value === null) return null
  const known = names.find((one) => one === value)
  if (known === undefined) throw usage(`--${name} ${oneOf(names)(value)}, not ${JSON.stringify(value)}`)
  return known
}

/** Null where it is not given. */
export function text(parsed: Parsed, name: string): string | null {
  const value = parsed[name]
  if (value === undefined) return null
  if (Array.isArray(value)) throw usage(`--${name} is given twice`, 'keep one of them')
  if (typeof value !== 'string' || value === '') throw usage(`--${name} needs a value`)
  return value
}

/** Of a flag that may be given more than once. */
export function list(parsed: Parsed, name: string): readonly string[] {
  const value = parsed[name]
  const values = value === undefined ? [] : [value].flat().map(String)
  if (values.includes('')) throw usage(`--${name} needs a value`)
  return values
}

function flag(parsed: Parsed, name: string): boolean {
  return parsed[name] === true
}

export function checkReference(flagName: string, value: string): void {
  try {
    parseReference(value)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    throw usage(`${flagName}: ${error.message}`, error.hint)
  }
}

/** The word that tells what a verb is to do. Throws HardenError `bad-usage`. */
export function wordOf<Name extends string>(
  verb: string,
  what: string,
  names: readonly Name[],
  word: string | undefined,
  refusal: 'cannot' | 'does not know' = 'cannot',
): Name {
  const found = names.find((name) => name === word)
  if (found !== undefined) return found
  const meant = word === undefined ? null : nearestName(word, names)
  throw usage(
    word === undefined ? `${verb} needs ${what}` : `${verb} ${refusal} ${word}`,
    meant === null ? `there are ${names.join(', ')}` : `did you mean ${meant}?`,
  )
}

export function usage(message: string, hint?: string): HardenError {
  return new HardenError('bad-usage', message, hint === undefined ? {} : { hint })
}
