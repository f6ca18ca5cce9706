import type { CommentStyle } from '../edit.ts'
import { ENGINE_NAMES } from '../engine/kinds.ts'
import type { EngineOption } from '../engine/open-engine.ts'
import { largestId } from '../image/accounts.ts'
import { defaultPolicy, type Policy } from '../plan/stage-input.ts'
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
  /** Change no file beside the Dockerfile. */
  readonly onlyDockerfile: boolean
}

/** Each one with those before it: a target that could not be worked on, something left to do, something that changes. */
export type FailOn = 'never' | 'failed' | 'incomplete' | 'unproved' | 'changes'

export type SettingName = keyof Settings

/** Of a value that is not right: what it should be, and where below it. Null for a right one. */
type SettingCheck = (value: unknown) => string | Wrong | null

/** What a value may be: `flag` as yargs takes it, `check` of a flag and of a file, `schema` for editors (JSON Schema). */
interface Form {
  readonly flag: 'string' | 'number' | 'boolean' | 'array'
  readonly check: SettingCheck
  readonly schema: Readonly<Record<string, unknown>>
}

/** The headings of the help, and of the file that `init` writes. */
export const groups = {
  output: 'What comes out:',
  target: 'What is worked on:',
  policy: 'Hardening:',
  proof: 'Build and proof:',
  images: 'Image inspection:',
} as const

interface Setting<Value> {
  readonly form: Form
  /** For the help of its flag, the schema and the file of `init`; what it takes comes first. */
  readonly help: string
  /** What only a file has to know. */
  readonly inFile?: string
  /** No flag says it. */
  readonly fileOnly?: true
  readonly group: keyof typeof groups
  /** Of the flag, a letter. */
  readonly alias?: string
  readonly usual: Value
  /** As YAML. */
  readonly example: string
  /** What is said later adds to it. */
  readonly adds?: true
}

export const engines: readonly EngineOption[] = ['auto', ...ENGINE_NAMES, 'none']
export const failOns: readonly FailOn[] = ['failed', 'incomplete', 'unproved', 'changes', 'never']
export const MOST_JOBS = 64

const text: Form = { flag: 'string', check: checkText, schema: { type: 'string', pattern: '\\S' } }
const variable = matching(/^[A-Za-z_][A-Za-z0-9_]*(=|$)/, 'must be NAME=VALUE, or NAME of a variable that is set')
const USER = '^([1-9][0-9]{0,9}(:[0-9]{1,10})?|(?!root$)[A-Za-z_][A-Za-z0-9_.-]{0,31})$'
const TRUST = 'only with --trust-config'

/** All that flags and configuration files can both say: a row is all that a new one needs. */
export const settings: { readonly [Name in SettingName]: Setting<Settings[Name]> } = {
  user: {
    form: { flag: 'string', check: checkUser, schema: { type: 'string', pattern: USER } },
    group: 'policy',
    help: "NAME or UID[:GID] to run as (default the image's own service account, else app 10001:10001)",
    usual: defaultPolicy.user,
    example: '"10001:10001"',
  },
  own: {
    form: choice(['minimal', 'workdir', 'copied'] satisfies readonly Policy['own'][]),
    group: 'policy',
    help: 'minimal | workdir | copied: what the user may write (default minimal: only paths with evidence)',
    usual: defaultPolicy.own,
    example: 'minimal',
  },
  ports: {
    form: choice(['keep', 'raise'] satisfies readonly Policy['ports'][]),
    group: 'policy',
    help: 'keep | raise: ports below 1024 (default raise where the config is known, else keep and say so)',
    usual: defaultPolicy.ports,
    example: 'keep',
  },
  comments: {
    form: choice(['full', 'short', 'none'] satisfies readonly CommentStyle[]),
    group: 'output',
    help: 'full | short | none: what is said above each inserted step (default short: one line)',
    usual: undefined,
    example: 'short',
  },
  writable: {
    form: listOf({
      flag: 'string',
      check: checkAbsolute,
      schema: { type: 'string', pattern: '^(?!.*/\\.\\.(/|$))/.*[^/.]' },
    }),
    group: 'policy',
    help: 'PATH: one more file or folder that the user must write; PATH/ is a folder (repeatable)',
    usual: defaultPolicy.writable,
    example: '[/var/lib/app]',
    adds: true,
  },
  unsafe: onOff('policy', 'apply the offered fixes too', defaultPolicy.unsafe),
  preferVendor: onOff(
    'policy',
    'build from the image that its vendor ships without root, where there is one',
    undefined,
  ),
  arbitraryUid: onOff(
    'policy',
    'it has to work with any uid and group 0, as on OpenShift; a proof runs it so',
    undefined,
  ),
  // Its names are checked against the transforms by who knows them.
  ignore: {
    form: listOf({ ...text, schema: { type: 'string', pattern: '^[a-z]+(-[a-z0-9]+)*$' } }),
    fileOnly: true,
    group: 'policy',
    help: 'transforms that must not run; harden-image transforms lists them',
    usual: defaultPolicy.ignore,
    example: '[raise-ports]',
    adds: true,
  },
  target: {
    form: text,
    group: 'target',
    help: 'STAGE: the stage that is built, as for docker build (default the last one)',
    usual: defaultPolicy.target,
    example: 'runtime',
  },
  engine: {
    form: choice(engines),
    group: 'images',
    help: `auto | ${ENGINE_NAMES.join(' | ')} | none (default auto)`,
    inFile: `other than auto and none ${TRUST}`,
    usual: 'auto',
    example: 'auto',
  },
  offline: onOff('images', 'no engine pull, no registry: local facts and the built-in catalogue only', false),
  platform: {
    form: matching(
      /^[a-z0-9]+\/(?:386|amd64|arm|arm64|loong64|mips(?:64)?(?:le)?|ppc64(?:le)?|riscv64|s390x|wasm)(\/[a-z0-9.]+)?$/,
      'must be OS/ARCH, by the names of Go, such as linux/amd64 or linux/arm64',
    ),
    group: 'images',
    help: "OS/ARCH of the images (default the engine's own)",
    usual: null,
    example: 'linux/amd64',
  },
  context: {
    form: text,
    group: 'target',
    help: 'DIR: the build context, as for docker build (default what a Compose file says, else the folder of the Dockerfile, or the one above it that has what it copies)',
    inFile: `from this file's folder; outside of its repository ${TRUST}`,
    usual: null,
    example: '.',
  },
  buildArg: {
    form: listOf(variable),
    group: 'target',
    help: 'NAME[=VALUE] for an ARG of the Dockerfile, as for docker build (repeatable)',
    inFile: `NAME of a variable of the environment ${TRUST}`,
    usual: [],
    example: '[VERSION=1]',
    adds: true,
  },
  exclude: {
    form: listOf(text),
    group: 'target',
    help: 'PATTERN of what folders are searched without, as in .gitignore (repeatable)',
    inFile: "from this file's folder",
    usual: [],
    example: '[test/fixtures/]',
  },
  onlyDockerfile: onOff(
    'output',
    'change the Dockerfile alone: a file that it copies is changed by a RUN sed in it',
    false,
  ),
  failOn: {
    form: choice(failOns),
    group: 'output',
    help: 'failed | incomplete | unproved | changes | never: what ends with another exit code than 0 (default incomplete; changes with --check)',
    usual: null,
    example: 'incomplete',
  },
  trace: onOff('proof', '--no-trace: learn from docker diff and logs alone, and grant more', true),
  jobs: {
    form: { flag: 'number', check: checkJobs, schema: { type: 'integer', minimum: 1, maximum: MOST_JOBS } },
    group: 'proof',
    help: 'N: targets that are proved at a time, and independent containers of proofs (default what cores and memory allow)',
    usual: null,
    example: '4',
  },
  minimize: onOff(
    'proof',
    'with --prove: leave out every grant and change without which it still works, one by one',
    false,
  ),
  env: {
    form: listOf(variable),
    group: 'proof',
    alias: 'e',
    help: 'NAME[=VALUE] for every container of a proof, as for docker run (repeatable)',
    inFile: `NAME of a variable of the environment ${TRUST}`,
    usual: [],
    example: '[LOG_LEVEL=info]',
    adds: true,
  },
  capAdd: {
    form: listOf(matching(/^[A-Z_]+$/, 'must be a capability in capital letters, such as SYS_ADMIN')),
    group: 'proof',
    help: 'with --prove: a capability that the original is run with, such as SYS_ADMIN (repeatable)',
    inFile: TRUST,
    usual: [],
    example: '[NET_RAW]',
  },
  smoke: {
    form: {
      flag: 'string',
      check: wrongSmoke,
      schema: {
        oneOf: [
          { type: 'string', pattern: '\\S' },
          { type: 'array', items: { $ref: '#/$defs/check' } },
        ],
      },
    },
    group: 'proof',
    help: "CMD: the user's own check, run against both (env HOST, PORT_<n>, CONTAINER); more of them: smoke: in the configuration",
    inFile: `or a list of checks, which both must pass; a command on this machine ${TRUST}`,
    usual: null,
    example: '[{ http: { port: 8080, path: /health } }]',
  },
}

export const settingNames = Object.keys(settings) as readonly SettingName[]

/** What holds where nobody says anything. */
export const usual = Object.fromEntries(settingNames.map((name) => [name, settings[name].usual])) as unknown as Settings

/** yargs keeps flags as they are written: `prefer-vendor`. */
export function flagOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

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

function onOff<T extends boolean | undefined>(group: Setting<T>['group'], help: string, usual: T): Setting<T> {
  const form: Form = { flag: 'boolean', check: checkBoolean, schema: { type: 'boolean' } }
  return { form, group, help, usual, example: String(usual ?? true) }
}

function matching(pattern: RegExp, message: string): Form {
  const check: SettingCheck = (value) => (typeof value === 'string' && pattern.test(value) ? null : message)
  return { flag: 'string', check, schema: { type: 'string', pattern: pattern.source.replaceAll('\\/', '/') } }
}

function choice(choices: readonly string[]): Form {
  return { flag: 'string', check: oneOf(choices), schema: { enum: choices } }
}

export function oneOf(choices: readonly string[]): (value: unknown) => string | null {
  const message = `must be one of ${choices.join(', ')}`
  return (value) => (choices.some((choice) => choice === value) ? null : message)
}

function listOf({ check, schema }: Form): Form {
  const checkAll: SettingCheck = (value) => {
    if (!Array.isArray(value)) return 'must be a list'
    for (const entry of value) {
      const wrong = check(entry)
      if (wrong !== null) return `${shortened(JSON.stringify(entry) ?? 'null')} ${messageOf(wrong)}`
    }
    return null
  }
  return { flag: 'array', check: checkAll, schema: { type: 'array', items: schema } }
}

/** What a check has found, in one sentence behind the setting's name. */
export function messageOf(wrong: string | Wrong): string {
  return typeof wrong === 'string' ? wrong : wrong.message
}

const ADDED = settingNames.filter((name) => settings[name].adds === true)

/** What is said later holds; of lists to which flags add as well, both. */
export function onTop(below: Partial<Settings>, above: Partial<Settings>): Partial<Settings> {
  const lists = ADDED.flatMap((name) => {
    const both = [below[name] ?? [], above[name] ?? []].flat()
    return both.length === 0 ? [] : [[name, [...new Set(both)]] as const]
  })
  return { ...below, ...above, ...Object.fromEntries(lists) }
}
