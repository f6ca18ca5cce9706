import { daemonPorts, packages, programs, workingFolder } from '../../../catalogue/index.ts'
import { baseReferences } from '../../../src/app/base-images.ts'
import { loadGrammars } from '../../../src/app/grammar-files.ts'
import type { Knowledge } from '../../../src/app/stage-inputs.ts'
import type { Dockerfile } from '../../../src/dockerfile/model.ts'
import { finalStage } from '../../../src/dockerfile/stages.ts'
import type { Access, Operation } from '../../../src/evidence/operation.ts'
import { parseAccounts } from '../../../src/image/accounts.ts'
import { parseImageConfig } from '../../../src/image/config.ts'
import type { ImageFacts, Known } from '../../../src/image/facts.ts'
import { createFileModel } from '../../../src/image/file-index.ts'
import type { FileEntry } from '../../../src/image/file-model.ts'
import { factsFromCatalogue, lookUp } from '../../../src/image/sources/catalogue.ts'
import { defaultPolicy, type Observation, type Policy } from '../../../src/plan/stage-input.ts'
import { parseFileLine } from './file-line.ts'
import { sharedImages } from './images.ts'

/**
 * `facts.json` of a case: what is known of the outside. All parts can be left out; without the file a case sees what a
 * user without an engine sees, the built-in catalogue.
 */
export interface FactsFile {
  /** Facts of base images by reference, as an engine would give them. */
  readonly bases?: Readonly<Record<string, BaseFile>>
  /** Whether the catalogue is asked, for facts where `bases` has none and for vendors' knowledge. Default: yes. */
  readonly catalogue?: boolean
  /** What the flags say. */
  readonly policy?: Partial<Policy>
  /** What running the original has shown, of the stage that is built. */
  readonly observation?: ObservationFile
}

export interface BaseFile {
  /** One of the shared file systems of `images.ts`, to which the rest is added; absent: an empty one. */
  readonly like?: string
  readonly config?: ConfigFile
  /** Lines of passwd(5) and group(5). */
  readonly passwd?: readonly string[]
  readonly group?: readonly string[]
  /** `drwxr-xr-x 0:0 /data`, `lrwxrwxrwx 0:0 /var/run -> /run`; missing parents are root's. */
  readonly files?: readonly string[]
  /** Small files whose text matters, line by line; root's and 0644 where `files` does not list them. */
  readonly texts?: Readonly<Record<string, readonly string[]>>
}

interface ConfigFile {
  readonly user?: string
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** `80/tcp` */
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly workdir?: string
  /** `["CMD-SHELL", "curl localhost"]` */
  readonly healthcheck?: readonly string[]
  readonly onbuild?: readonly string[]
}

interface ObservationFile {
  /**
   * `create-file /run/app.pid`, `refused write /data/x`, `by-home read /root/.x`: what the original did, what the new user was refused,
   * and what it did not find in its own home.
   */
  readonly operations?: readonly string[]
  /** `80/tcp` */
  readonly bound?: readonly string[]
  readonly uids?: readonly number[]
  readonly programs?: readonly string[]
  /** Files that a traced run opened; absent: it was not traced. */
  readonly opened?: readonly string[]
  readonly home?: string
  readonly needsRoot?: string
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  'facts.json': ['bases', 'catalogue', 'policy', 'observation'],
  base: ['like', 'config', 'passwd', 'group', 'files', 'texts'],
  config: ['user', 'entrypoint', 'cmd', 'env', 'ports', 'volumes', 'workdir', 'healthcheck', 'onbuild'],
  policy: [...Object.keys(defaultPolicy), 'preferVendor', 'arbitraryUid', 'writableByRepository', 'unsafeByRepository'],
  observation: ['operations', 'bound', 'uids', 'programs', 'opened', 'home', 'needsRoot'],
}

/** A key that nobody reads would make a case say what it does not test. */
function check(what: string, value: object | undefined): void {
  for (const key of Object.keys(value ?? {}))
    if (!KEYS[what]?.includes(key)) throw new Error(`${what} has no "${key}": it has ${KEYS[what]?.join(', ')}`)
}

/** Every grammar, whatever a case needs of them. */
export const parsers = await loadGrammars(
  ['a.go', 'a.js', 'a.php', 'a.py', 'a.ts', 'a.tsx'].map((path) => [path, 'os.MkdirAll(x); fs.mkdir(x)']),
)

export function policyOf(file: FactsFile): Policy {
  check('policy', file.policy)
  return { ...defaultPolicy, ...file.policy }
}

export function knowledgeOf(file: FactsFile, dockerfile: Dockerfile): Knowledge {
  check('facts.json', file)
  const catalogue = file.catalogue !== false
  const bases = new Map<string, Known<ImageFacts>>()
  for (const reference of baseReferences(dockerfile)) bases.set(reference, lookAt(reference, file, catalogue))
  for (const reference of Object.keys(file.bases ?? {}))
    if (!bases.has(reference)) throw new Error(`facts.json has facts of ${reference}, which no FROM names`)
  const observation = observationOf(file.observation)
  return {
    bases,
    built: new Map(),
    entries: (reference) => (catalogue ? lookUp(reference) : null),
    programs,
    daemonPorts,
    workingFolder,
    packages,
    parsers,
    observations: observation === null ? new Map() : new Map([[finalStage(dockerfile).index, observation]]),
  }
}

function lookAt(reference: string, file: FactsFile, catalogue: boolean): Known<ImageFacts> {
  const base = file.bases?.[reference]
  if (base !== undefined) return { known: true, value: imageFacts(reference, base) }
  const listed = catalogue ? factsFromCatalogue(reference) : null
  if (listed !== null) return { known: true, value: listed }
  return { known: false, reason: 'there is no engine to look with, and the catalogue does not list it' }
}

/** One base image of a fixture, as the facts that an engine gives. */
export function imageFacts(reference: string, base: BaseFile): ImageFacts {
  check('base', base)
  const shared = base.like === undefined ? { os: '', passwd: [], group: [], files: [] } : sharedImages[base.like]
  if (shared === undefined) throw new Error(`there is no shared image "${base.like}"`)
  const passwd = [...shared.passwd, ...(base.passwd ?? [])]
  const group = [...shared.group, ...(base.group ?? [])]
  const texts: Record<string, readonly string[]> = { '/etc/passwd': passwd, '/etc/group': group, ...base.texts }
  const entries = new Map<string, FileEntry>()
  for (const path of Object.keys(texts)) entries.set(...parseFileLine(`-rw-r--r-- 0:0 ${path}`))
  for (const line of [...shared.files, ...(base.files ?? [])]) entries.set(...parseFileLine(line))
  const lines = Object.entries(texts).map(([path, list]) => [path, list.map((line) => `${line}\n`).join('')] as const)
  return {
    reference,
    source: 'engine',
    digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    config: configOf(base.config ?? {}),
    accounts: {
      known: true,
      value: parseAccounts((texts['/etc/passwd'] ?? []).join('\n'), (texts['/etc/group'] ?? []).join('\n')),
    },
    files: { known: true, value: createFileModel(entries, new Map(lines)) },
    os: { known: true, value: { id: shared.os, idLike: [], versionId: '' } },
  }
}

function configOf(config: ConfigFile): ImageFacts['config'] {
  check('config', config)
  const keys = (names: readonly string[] = []): object => Object.fromEntries(names.map((name) => [name, {}]))
  return parseImageConfig({
    User: config.user,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: keys(config.ports),
    Volumes: keys(config.volumes),
    WorkingDir: config.workdir,
    Healthcheck: config.healthcheck === undefined ? undefined : { Test: config.healthcheck },
    OnBuild: config.onbuild,
  })
}

function observationOf(file: ObservationFile | undefined): Observation | null {
  check('observation', file)
  if (file === undefined) return null
  return {
    operations: (file.operations ?? []).map(operationOf),
    bound: parseImageConfig({ ExposedPorts: Object.fromEntries((file.bound ?? []).map((port) => [port, {}])) })
      .exposedPorts,
    uids: file.uids ?? [],
    programs: file.programs ?? [],
    opened: file.opened ?? null,
    home: file.home ?? '/root',
    needsRoot: file.needsRoot ?? null,
  }
}

function operationOf(line: string): Operation {
  const match = /^(refused |by-home )?([a-z-]+)(?: (\/\S*))?$/.exec(line)
  if (match === null) throw new Error(`"${line}" is no operation such as "create-file /run/app.pid"`)
  const refused = match[1] !== undefined
  return {
    access: match[2] as Access,
    path: match[3] ?? null,
    outcome: refused ? 'refused' : 'done',
    source: refused ? 'refused' : 'observed',
    ...(match[1] === 'by-home ' ? { byHome: true } : {}),
    detail: refused ? `refused: ${match[3] ?? match[2]}: Permission denied` : 'created by the original run',
  }
}
