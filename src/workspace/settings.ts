import type { CommentStyle } from '../edit.ts'
import { ENGINE_NAMES } from '../engine/kinds.ts'
import type { EngineOption } from '../engine/open-engine.ts'
import { largestId } from '../image/accounts.ts'
import type { Policy } from '../plan/stage-input.ts'
import { type SmokeSetting, shortened, type Wrong, wrongSmoke } from './smoke.ts'

/** What both flags and configuration files can say. */
export interface Settings
  extends Omit<
    Policy,
    'writableByRepository' | 'unsafeByRepository' | 'raiseUsed' | 'userBecause' | 'portsBecause' | 'today'
  > {
  readonly engine: EngineOption
  readonly offline: boolean
  readonly platform: string | null
  /** The build context: from the folder of the configuration, or from the current one for a flag; null for the Dockerfile's own. */
  readonly context: string | null
  /** `NAME=VALUE` for every build of a Dockerfile; `NAME` alone has its value from the environment. */
  readonly buildArg: readonly string[]
  readonly smoke: SmokeSetting | null
  /** Trace the runs of a proof. */
  readonly trace: boolean
  /** How many independent containers of a proof run at a time; null for what the machine is good for. */
  readonly jobs: number | null
  /** Leave out every grant and cure without which a proof still passes. */
  readonly minimize: boolean
  /** The same for every container of a proof. */
  readonly env: readonly string[]
  /** Capabilities that the original is run with beside the default ones. */
  readonly capAdd: readonly string[]
  /** Patterns of .gitignore, for what a folder is searched without: meant from the configuration's folder, or the current one. */
  readonly exclude: readonly string[]
  /** What ends a run with another exit code than 0; null for what fits the call. */
  readonly failOn: FailOn | null
}

/** Each one with those before it: a target that could not be worked on, something left to do, something that changes. */
export type FailOn = 'never' | 'failed' | 'incomplete' | 'unproved' | 'changes'

export type SettingName = keyof Settings

export const engines: readonly EngineOption[] = ['auto', ...ENGINE_NAMES, 'none']
const owns: readonly Policy['own'][] = ['minimal', 'workdir', 'copied']
export const failOns: readonly FailOn[] = ['failed', 'incomplete', 'unproved', 'changes', 'never']
const portChoices: readonly Policy['ports'][] = ['keep', 'raise']
const commentStyles: readonly CommentStyle[] = ['full', 'short', 'none']

/** Of a value that is not right: what it should be, and where below it. Null for a right one. */
export type SettingCheck = (value: unknown) => string | Wrong | null

/** By name, for flags and files alike. `ignore` is checked against the transforms by who knows them. */
export const checks: Readonly<Record<SettingName, SettingCheck>> = {
  user: checkUser,
  own: oneOf(owns),
  ports: oneOf(portChoices),
  comments: oneOf(commentStyles),
  writable: listOf(checkAbsolute),
  unsafe: checkBoolean,
  preferVendor: checkBoolean,
  arbitraryUid: checkBoolean,
  ignore: listOf(checkText),
  target: checkText,
  engine: oneOf(engines),
  offline: checkBoolean,
  platform: matching(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/, 'must be OS/ARCH, such as linux/arm64'),
  context: checkText,
  buildArg: listOf(matching(/^[A-Za-z_][A-Za-z0-9_]*(=|$)/, 'must be NAME=VALUE, or NAME of a variable that is set')),
  smoke: wrongSmoke,
  trace: checkBoolean,
  jobs: checkJobs,
  minimize: checkBoolean,
  env: listOf(matching(/^[A-Za-z_][A-Za-z0-9_]*(=|$)/, 'must be NAME=VALUE, or NAME of a variable that is set')),
  capAdd: listOf(matching(/^[A-Z_]+$/, 'must be a capability in capital letters, such as SYS_ADMIN')),
  exclude: listOf(checkText),
  failOn: oneOf(failOns),
}

export const settingNames = Object.keys(checks) as readonly SettingName[]

/** Of settings that each are right: what of them excludes each other. Null where nothing does. */
export function contradiction({ arbitraryUid, own, user, preferVendor }: Partial<Settings>): string | null {
  if (arbitraryUid !== true) return null
  if (own === 'copied')
    return '--arbitrary-uid and --own copied exclude each other: COPY --chown gives files to one uid'
  if (preferVendor === true)
    return '--arbitrary-uid and --prefer-vendor exclude each other: what the vendor has prepared for any uid is not known'
  const group = /^\d+:(\d+)$/.exec(user ?? '')?.[1]
  if (group !== undefined && Number(group) !== 0)
    return `--arbitrary-uid runs with group 0, and --user says ${group}: name the uid alone`
  return null
}

export const MOST_JOBS = 64

/** `NAME` or `UID[:GID]`; root in any spelling is what this tool is there to avoid. */
function checkUser(value: unknown): string | null {
  if (typeof value === 'number') return 'must be text: write it in quotes'
  if (typeof value !== 'string') return 'must be a name or UID[:GID]'
  if (value === 'root' || /^0+(:|$)/.test(value)) return 'must be another user than root, which is the point'
  const ids = /^([1-9]\d*)(?::(0|[1-9]\d*))?$/.exec(value)
  if (ids) {
    const large = [ids[1], ids[2]].find((id) => id !== undefined && Number(id) > largestId)
    return large === undefined ? null : `must have ids of at most ${largestId}, ${large} is larger`
  }
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(value)) return null
  return 'must be a name (letters, digits, ".", "_" and "-") or UID[:GID], such as app or 10001:10001'
}

function checkAbsolute(value: unknown): string | null {
  if (typeof value !== 'string' || !value.startsWith('/'))
    return 'must be an absolute path in the image, such as /var/lib/app'
  if (/[\0\r\n]/.test(value)) return 'must not have line breaks'
  const normal = value.split('/').filter((part) => part !== '' && part !== '.')
  if (normal.includes('..')) return 'must not climb with ".."'
  if (/^(proc|sys)$/.test(normal[0] ?? '') || (normal[0] === 'dev' && normal[1] !== 'shm'))
    return `must not be of /${normal[0]}, which the runtime makes anew in every container`
  return normal.length === 0 ? 'must not be /, which would make every file replaceable' : null
}

function checkBoolean(value: unknown): string | null {
  return typeof value === 'boolean' ? null : 'must be true or false'
}

function checkJobs(value: unknown): string | null {
  const right = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_JOBS
  return right ? null : `must be a whole number from 1 to ${MOST_JOBS}`
}

function checkText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? null : 'must be text that is not empty'
}

function matching(pattern: RegExp, message: string): (value: unknown) => string | null {
  return (value) => (typeof value === 'string' && pattern.test(value) ? null : message)
}

export function oneOf(choices: readonly string[]): (value: unknown) => string | null {
  const message = `must be one of ${choices.join(', ')}`
  return (value) => (choices.some((choice) => choice === value) ? null : message)
}

function listOf(check: (value: unknown) => string | null): (value: unknown) => string | null {
  return (value) => {
    if (!Array.isArray(value)) return 'must be a list'
    for (const entry of value) {
      const wrong = check(entry)
      if (wrong !== null) return `${shortened(JSON.stringify(entry) ?? 'null')} ${wrong}`
    }
    return null
  }
}

/** What a check has found, in one sentence behind the setting's name. */
export function messageOf(wrong: string | Wrong): string {
  return typeof wrong === 'string' ? wrong : wrong.message
}

const ADDED = ['writable', 'buildArg', 'env', 'ignore'] as const

/** What is said later holds; of lists to which flags add as well, both. */
export function onTop(below: Partial<Settings>, above: Partial<Settings>): Partial<Settings> {
  const lists = ADDED.flatMap((name) => {
    const both = [...(below[name] ?? []), ...(above[name] ?? [])]
    return both.length === 0 ? [] : [[name, [...new Set(both)]] as const]
  })
  return { ...below, ...above, ...Object.fromEntries(lists) }
}
