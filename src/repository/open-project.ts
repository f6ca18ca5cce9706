import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ANYWHERE, staysIn, textIn } from '../files-in.ts'
import type {
  Project,
  ProjectOrigin,
  ProjectRequest,
  ReadProjectFile,
  Service,
  StackFile,
} from '../manifests/project.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import { choices } from '../words.ts'
import { allowedRootOf, type Trust } from './trust.ts'

/** The caller's flags for a Compose project, as of `docker compose`. */
export interface ProjectFlags {
  /** As given; none: what is found. */
  readonly files: readonly string[]
  /** Null: what `.env` says. */
  readonly profiles: readonly string[] | null
  readonly envFiles: readonly string[] | null
  readonly name: string | null
  /** Variables of the caller. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Where a project is. Paths are absolute. */
export interface ProjectPlace {
  readonly files: readonly string[]
  /** The files that the caller named. */
  readonly named: readonly string[]
  /** The path that the caller named, or one in their folder. */
  readonly place: string
}

/** In the order in which Compose looks for them. Source: compose-go, cli/options.go. */
const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

/** The files that Compose takes in a folder (absolute) without being told which: `COMPOSE_FILE` of its `.env`, else by their names. */
export async function projectFilesIn(folder: string): Promise<readonly string[]> {
  const text = textIn(allowedRootOf(join(folder, '.env')), join(folder, '.env'))
  if (text?.includes('COMPOSE_FILE') === true) {
    const { dotEnv } = await import('../manifests/compose/variables.ts')
    const env = dotEnv(text, () => null)
    const named = (env.get('COMPOSE_FILE') ?? '').split(env.get('COMPOSE_PATH_SEPARATOR') || ':').filter(Boolean)
    if (named.length > 0) return named.map((one) => resolve(folder, one))
  }
  const [first] = existing(folder, NAMES)
  if (first === undefined) return []
  return [first, ...existing(folder, OVERRIDES).slice(0, 1)]
}

/** A file that Compose finds by itself is read with what it reads on top of it; another one stands for itself. */
export async function projectFilesOf(path: string): Promise<readonly string[]> {
  if (!NAMES.includes(basename(path))) return [path]
  const found = await projectFilesIn(dirname(path))
  return found[0] === path ? found : [path]
}

function existing(folder: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
}

/** Variables of the caller that reveal nothing to an image or a registry. */
const HARMLESS = new Set(['HOME', 'USER', 'LOGNAME', 'PWD', 'UID', 'GID', 'TZ'])

/**
 * The project of these files, of which the caller has named some and the others were found. What nobody trusts reads no file
 * outside of its repository, and gets none of the caller's variables but where they are: a name or address that holds one
 * would take it elsewhere. Throws HardenError `unreadable`.
 */
export async function openProject(
  { files, named: given, place }: ProjectPlace,
  { profiles, envFiles, name, env }: ProjectFlags,
  cwd: string,
  trust: Pick<Trust, 'found'>,
): Promise<Project> {
  const isTrusted = trust.found(place)
  const allowedRoot = allowedRootOf(place)
  const named = new Set([...given, ...(envFiles ?? []).map((one) => resolve(cwd, one))])
  const isGiven = (variable: string) => isTrusted || HARMLESS.has(variable)
  const set = Object.entries(env).filter(([, value]) => value !== undefined)
  const request: ProjectRequest = {
    files,
    cwd,
    profiles,
    envFiles: envFiles?.map((one) => resolve(cwd, one)) ?? null,
    name,
    env: Object.fromEntries(set.filter(([variable]) => isGiven(variable))),
    withheld: new Set(set.map(([variable]) => variable).filter((variable) => !isGiven(variable))),
    home: env.HOME ?? null,
  }
  return resolved({ request, named, allowedRoot, isTrusted }, new Map())
}

/** Resolves the project with these texts in place of the files'. */
async function resolved(origin: ProjectOrigin, texts: ReadonlyMap<string, string>): Promise<Project> {
  const { request, named, allowedRoot, isTrusted } = origin
  const { resolveProject } = await import('../manifests/compose/resolve.ts')
  const read = readerOf(allowedRoot, named, isTrusted)
  const project = resolveProject(request, (path) => {
    const text = texts.get(path)
    return text === undefined ? read(path) : { text, isOwn: true }
  })
  return { ...(isTrusted ? project : withinReach(project, allowedRoot)), origin }
}

/** Without builds of folders elsewhere, of which as little is known as of remote ones. */
function withinReach(project: Project, allowedRoot: string): Project {
  const findings: ReportFinding[] = []
  const services = project.services.map((service): Service => {
    const { name, build } = service
    const outside = [build?.dockerfile ?? null, build?.context ?? null].find(
      (path) => path !== null && !staysIn(allowedRoot, path),
    )
    if (build === null || outside == null) return service
    const message = `the service ${name} builds ${outside}, which lies outside of ${allowedRoot}: it was not read`
    findings.push(
      targetFinding(
        'read-project',
        'todo',
        message,
        choices('trust the project with --trust-config', 'move what it builds into the project'),
      ),
    )
    return { ...service, build: { ...build, dockerfile: null, context: null } }
  })
  return findings.length === 0 ? project : { ...project, services, findings: [...project.findings, ...findings] }
}

/** The same project with these files in it, which nobody has written yet. */
export async function withFiles(project: Project, files: readonly StackFile[]): Promise<Project> {
  const { origin } = project
  return origin === undefined ? project : resolved(origin, new Map(files.map(({ path, after }) => [path, after])))
}

function readerOf(allowedRoot: string, named: ReadonlySet<string>, isTrusted: boolean): ReadProjectFile {
  return (path) => {
    const isOwn = staysIn(allowedRoot, path)
    if (!isOwn && !isTrusted && !named.has(path))
      return existsSync(path) ? { refused: `it lies outside of ${allowedRoot}` } : null
    const text = textIn(isOwn ? allowedRoot : ANYWHERE, path)
    if (text !== null) return { text, isOwn }
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats === undefined ? null : { refused: 'it is no regular file, or too large, or not yours to read' }
  }
}

/** Is a file of this name (not a path) a Compose file? */
export function isComposeFileName(name: string): boolean {
  return /^(?:docker-)?compose[\w.-]*\.ya?ml$/.test(name)
}

/** Is it one by what it says? Only a YAML file below `root` is looked at. */
export async function saysServices(path: string, root: string): Promise<boolean> {
  if (!/\.ya?ml$/i.test(path)) return false
  const text = textIn(root, path)
  if (text === null || !/^["']?services["']?\s*:/m.test(text)) return false
  const { asObject, isObject } = await import('../manifests/yaml/file.ts')
  const { yamlIn } = await import('./readers/run.ts')
  return isObject(asObject(yamlIn(text)[0]).services)
}
