import { existsSync, type Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { shellQuoted } from '../borders/shell.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { ANYWHERE, namesIn, realOf } from '../files-in.ts'
import { parseReference } from '../image/reference.ts'
import type { Project } from '../manifests/project.ts'
import { type BuildSettingsOf, buildSettings } from './build-settings.ts'
import { type Excludes, noExcludes } from './ignore-rules.ts'
import {
  isComposeFileName,
  openProject,
  type ProjectFlags,
  type ProjectPlace,
  projectFilesIn,
  projectFilesOf,
  saysServices,
} from './open-project.ts'
import { projectRoots } from './project-root.ts'
import { type Survey, survey } from './surroundings.ts'
import type { Trust } from './trust.ts'
import { walk } from './walk.ts'
import type { ImageSource, WorkItem } from './work-item.ts'

/** A work item whose text has not been read yet, or the reason why there will be none. */
export interface Found extends Omit<WorkItem, 'text'> {
  readonly error: HardenError | null
}

interface Discovery {
  readonly found: readonly Found[]
  /** Folders without a single Dockerfile, as given. */
  readonly empty: readonly string[]
}

/**
 * What each argument means, in their order: a path when there is one, `-` for stdin, else an image. What is named twice
 * is reported once, where it came first. `trust`: of the files beside them that say how they are built. `projects`: how a
 * Compose project is resolved, which a file or a folder may be; null: none is one.
 */
export async function discover(
  targets: readonly string[],
  cwd: string,
  excludes: Excludes = noExcludes,
  trust: Pick<Trust, 'found'> = { found: () => false },
  projects: ProjectFlags | null = null,
): Promise<Discovery> {
  const found: Found[] = []
  const empty: string[] = []
  const seen = new Set<string>()
  const buildFiles: string[] = []
  const walking = { excludes, buildFiles, projects, trust }
  const files = projects?.files ?? []
  const named = files.map((file) => resolve(cwd, file))
  if (named.length > 0) {
    const { identity: _, ...item } = await composeProject(
      files[0] ?? '',
      { files: named, named, place: named[0] ?? '' },
      cwd,
      walking,
    )
    found.push(item)
  }
  for (const target of targets) {
    const below = await candidates(target, cwd, walking)
    if (below.length === 0) empty.push(target)
    for (const { identity, ...item } of below) {
      if (seen.has(identity)) continue
      seen.add(identity)
      found.push(item)
    }
  }
  const folders = targets.flatMap((target) => (target === '-' ? [] : resolve(cwd, target)))
  const settingsOf = buildSettings(buildFiles, cwd, trust.found, folders)
  const { surroundingsOf } = survey(cwd)
  const rootAbove = projectRoots(null)
  return {
    found: await Promise.all(found.map((item) => withBuild(item, rootAbove, settingsOf, surroundingsOf))),
    empty,
  }
}

async function withBuild(
  found: Found,
  rootAbove: ReturnType<typeof projectRoots>,
  settingsOf: BuildSettingsOf,
  surroundingsOf: Survey['surroundingsOf'],
): Promise<Found> {
  if (found.path === null || found.error !== null || found.kind !== 'dockerfile') return found
  const root = found.root ?? rootAbove(dirname(found.path))
  const { build, leftOut } = await settingsOf(found.path, root)
  const surroundings = await surroundingsOf(found.path, root)
  const { children, bases, users, runs, stages } = surroundings
  return {
    ...found,
    root,
    ...(build === null ? {} : { build }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...(children.length + bases.size + users.length + runs.length + stages.length === 0 ? {} : { surroundings }),
  }
}

interface Candidate extends Found {
  /** Equal for what would be done twice. */
  readonly identity: string
}

interface Walking {
  readonly excludes: Excludes
  /** Compose and bake files that it comes across go in here. */
  readonly buildFiles: string[]
  readonly projects: ProjectFlags | null
  readonly trust: Pick<Trust, 'found'>
}

async function candidates(target: string, cwd: string, walking: Walking): Promise<readonly Candidate[]> {
  const { excludes, buildFiles, projects } = walking
  if (target === '-') return [dockerfile(target, null, 'stdin')]
  const path = resolve(cwd, target)
  let stats: Stats | null
  try {
    stats = await statOrNull(path)
  } catch (error) {
    return [dockerfile(target, path, `path ${path}`, unreadable(target, error as Error))]
  }
  if (stats === null) return [image(target, cwd)]
  // A pipe of the shell's `<(…)` has no real path.
  if (!stats.isDirectory()) {
    const isProject = projects !== null && (isComposeFileName(basename(path)) || (await saysServices(path, ANYWHERE)))
    if (isProject)
      return [
        await composeProject(target, { files: await projectFilesOf(path), named: [path], place: path }, cwd, walking),
      ]
    const manifests = projects === null ? [] : await cluster(target, path, false, cwd)
    if (manifests.length > 0) return manifests
    return [dockerfile(target, path, `path ${await realpath(path).catch(() => path)}`)]
  }
  const files = projects === null ? [] : await projectFilesIn(path)
  const [first = ''] = files
  const own =
    files.length === 0
      ? []
      : [
          await composeProject(
            join(target, relative(path, first)),
            { files, named: [], place: join(path, 'compose.yaml') },
            cwd,
            walking,
          ),
        ]
  const pods = projects === null || own.length > 0 ? [] : await cluster(target, path, true, cwd)
  const built = new Set(own.flatMap(({ project }) => builtBy(project)))
  const tree = await walk(path, excludes)
  buildFiles.push(...tree.buildFiles)
  const others = tree.found.filter(({ real }) => !built.has(real))
  const rootAt = projectRoots(path)
  const dockerfiles = others.map(({ path: file, real, error }): Candidate => {
    const name = join(target, relative(path, file))
    const vendored = vendoredFolder(path, file)
    return {
      ...dockerfile(name, file, `path ${real}`, error && unreadable(name, error)),
      found: true,
      root: rootAt(dirname(file)),
      ...(vendored === null ? {} : { vendored }),
    }
  })
  if (dockerfiles.length > 0 || own.length > 0 || pods.length > 0) return [...own, ...pods, ...dockerfiles]
  return projects === null ? [] : await chart(target, path)
}

/** The manifests of a file, or directly in a folder, or what its kustomization puts together; empty where it has none. */
async function cluster(target: string, path: string, isFolder: boolean, cwd: string): Promise<readonly Candidate[]> {
  const about = { target, kind: 'kubernetes', path, reference: null, from: null, identity: `cluster ${path}` } as const
  // Of most targets no file is YAML, and what reads it is not loaded.
  const mayBe = isFolder ? namesIn(ANYWHERE, path).some((name) => YAML.test(name)) : YAML.test(path)
  if (!mayBe) return []
  try {
    const { manifestAt, manifestsIn } = await import('./manifests.ts')
    const found = isFolder ? manifestsIn(path, cwd) : manifestAt(path, cwd)
    return found === null ? [] : [{ ...about, path: found.files[0]?.path ?? path, cluster: found, error: null }]
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return [{ ...about, error }]
  }
}

const YAML = /\.ya?ml$|^kustomization$/i

async function chart(target: string, path: string): Promise<readonly Candidate[]> {
  const { isChart } = await import('./manifests.ts')
  if (!isChart(path)) return []
  const error = new HardenError(
    'bad-usage',
    `${target} is a Helm chart: what its templates say is only known once its values are filled in`,
    { hint: `work on what it makes: helm template ${shellQuoted(target)} | harden-image -` },
  )
  return [{ target, kind: 'kubernetes', path, reference: null, from: null, identity: `chart ${path}`, error }]
}

/** What came from stdin, where it is manifests and no Dockerfile. */
export async function withStdin(
  found: readonly Found[],
  text: () => Promise<string>,
  cwd: string,
): Promise<readonly Found[]> {
  if (!found.some(({ target, path }) => target === '-' && path === null)) return found
  // What cannot be read, its own target says.
  const given = await text().catch(() => '')
  if (!/^apiVersion[ \t]*:/m.test(given)) return found
  const { manifestsOfText } = await import('./manifests.ts')
  const manifests = manifestsOfText(given, cwd)
  return manifests === null
    ? found
    : found.map((one) => (one.target === '-' ? { ...one, kind: 'kubernetes', cluster: manifests } : one))
}

/** A Compose project by the name `target`, or why it is none. */
export async function composeProject(
  target: string,
  place: ProjectPlace,
  cwd: string,
  { projects, trust }: Pick<Walking, 'projects' | 'trust'>,
): Promise<Candidate> {
  const { files } = place
  const [path = ''] = files
  const about = { target, kind: 'compose', path, reference: null, from: null } as const
  const identity = `project ${files.map(realOf).join(' ')}`
  const flags = projects ?? { files: [], profiles: null, envFiles: null, name: null, env: {} }
  try {
    return { ...about, project: await openProject(place, flags, cwd, trust), identity, error: null }
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return { ...about, identity, error }
  }
}

/** The Dockerfiles of its services, links resolved. */
function builtBy(project: Project | undefined): readonly string[] {
  return (project?.services ?? []).flatMap(({ build }) => (build?.dockerfile == null ? [] : realOf(build.dockerfile)))
}

/** Folders of copies of other projects, by their names; `vendor` is one of them where what fills it has left its mark. */
const copies = new Set([
  '3rdparty',
  'Godeps',
  'bower_components',
  'site-packages',
  'third-party',
  'third_party',
  'thirdparty',
])
const marks = ['modules.txt', 'autoload.php', 'bundle']

/** The folder between `top` and a file (both absolute) that holds copies of other projects, from `top`; null where there is none. */
function vendoredFolder(top: string, file: string): string | null {
  const parts = relative(top, file).split(sep).slice(0, -1)
  const at = parts.findIndex(
    (part, index) =>
      copies.has(part) ||
      (part === 'vendor' &&
        (/^[\w-]+\.[a-z]{2,}$/.test(parts[index + 1] ?? '') ||
          marks.some((mark) => existsSync(join(top, ...parts.slice(0, index + 1), mark))))),
  )
  return at < 0 ? null : join(...parts.slice(0, at + 1))
}

/** Null where nothing exists. */
async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null
    throw error
  }
}

function dockerfile(
  target: string,
  path: string | null,
  identity: string,
  error: HardenError | null = null,
): Candidate {
  return { target, kind: 'dockerfile', path, reference: null, from: null, error, identity }
}

function image(target: string, cwd: string): Candidate {
  const identity = `image ${target}`
  try {
    const item = imageItem(target, cwd)
    return { ...item, identity, error: isBareWord(target) ? untagged(target) : null }
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    const isPath = looksLikePath(target)
    const neither = new HardenError('bad-reference', `there is no file or folder ${target}, and ${error.message}`, {
      hint:
        elsewhere(target) ??
        (isPath ? 'check the path' : (error.hint ?? 'check the path, or name an image such as nginx:1.27')),
    })
    const kind = isPath ? 'dockerfile' : 'image'
    return { target, kind, path: null, reference: null, from: null, identity, error: neither }
  }
}

/** A verb or a folder that was mistyped reads as an image of Docker Hub, which nobody meant to pull. */
function isBareWord(target: string): boolean {
  return !/[/:@]/.test(target)
}

function untagged(target: string): HardenError {
  const isOfFile = ['.yaml', '.yml', '.json', '.Dockerfile'].some((ending) => target.endsWith(ending))
  if (isOfFile || target.startsWith('Dockerfile'))
    return new HardenError('bad-reference', `there is no file or folder ${target}`, { hint: 'check the path' })
  return new HardenError('bad-reference', `there is no file or folder ${target}, and an image is named with its tag`, {
    hint: `write ${target}:latest, or another tag, if it is an image`,
  })
}

/** What docker build would fetch; here nothing of it is. */
function elsewhere(target: string): string | null {
  if (/^(git@|ssh:|git:)|\.git(#|$)/.test(target)) return 'clone it, and name the folder'
  return /^https?:/i.test(target)
    ? `its text can be piped in: curl -fsSL ${shellQuoted(target)} | harden-image -`
    : null
}

/** Only decides what a target that is neither is reported as. */
function looksLikePath(target: string): boolean {
  return /^[./~]|[\\/]$|(?:docker|container)file/i.test(target) || /^[A-Z]/.test(basename(target))
}

function unreadable(target: string, cause: Error): HardenError {
  return new HardenError('unreadable', `${target} cannot be read: ${reasonOf(cause)}`, { cause })
}

/** A target that names an image. Throws HardenError `bad-reference`; paths are meant from `cwd`. */
export function imageItem(target: string, cwd: string): Omit<WorkItem, 'text'> {
  const reference = parseReference(target)
  const item = { target, kind: 'image', path: null } as const
  if (reference.kind === 'archive')
    return { ...item, reference: null, from: { reference, path: resolve(cwd, reference.file) } }
  return {
    ...item,
    reference: reference.text,
    from: reference.transport === null ? null : sources[reference.transport],
  }
}

const sources: Readonly<Record<'docker' | 'docker-daemon', ImageSource>> = {
  docker: 'registry',
  'docker-daemon': 'engine',
}
