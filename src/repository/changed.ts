import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { bytesIn, isInside, realOf, textIn } from '../files-in.ts'
import { withTemporaryFolder } from '../temporary.ts'
import { ignoreRules } from './context.ts'
import type { Found } from './discover.ts'
import { rootOf } from './project-root.ts'
import { repositoryOf } from './repository.ts'
import type { NeighbourImage } from './work-item.ts'

/**
 * The files (absolute, links resolved) of the repository of `folder` that are not as they were at the commit at which `ref` and HEAD
 * part: changed, new, removed, and those that git does not know yet. Throws HardenError `bad-usage` where git cannot tell.
 */
export async function changedFiles(folder: string, ref: string, signal: AbortSignal): Promise<readonly string[]> {
  const top = repositoryOf(folder)
  if (top === null)
    throw new HardenError('bad-usage', `${folder} is in no git repository, so nothing is known to have changed`, {
      hint: 'leave --since and --changed-only out',
    })
  const root = realOf(top)
  return withTemporaryFolder('git', async (scratch) => {
    const { own, common } = placesOf(join(root, '.git'))
    await bareCopy(own, common, scratch)
    const git = (...args: readonly string[]) => runGit(scratch, root, args, signal)
    const commit = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).catch(() => {
      throw new HardenError('bad-usage', `git knows no commit ${ref}`, {
        hint: 'a clone of one commit has no others: fetch it first, or clone with more depth',
      })
    })
    const head = await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')
    const parted = await git('merge-base', commit.trim(), head.trim()).catch(() => commit)
    const differing = await git(...DIFF, parted.trim(), '--')
    const unknown = await git('ls-files', '--others', '--exclude-standard', '-z')
    const names = `${differing}${unknown}`.split('\0').filter((name) => name !== '')
    return [...new Set(names)].map((name) => join(root, name))
  })
}

const DIFF = [
  'diff',
  '--name-only',
  '-z',
  '--no-ext-diff',
  '--no-textconv',
  '--no-renames',
  '--ignore-submodules=all',
] as const

/** A worktree and a submodule have `.git` as a file, and share most with the repository that they are of. */
function placesOf(git: string): { readonly own: string; readonly common: string } {
  const isFile = statSync(git).isFile()
  const own = isFile ? resolve(dirname(git), (textIn(dirname(git), git) ?? '').replace('gitdir: ', '').trim()) : git
  const shared = join(own, 'commondir')
  return { own, common: existsSync(shared) ? resolve(own, (textIn(own, shared) ?? '').trim()) : own }
}

/**
 * The same repository without its configuration and hooks: what a stranger's `.git/config` names (fsmonitor, filters, textconv, external
 * diffs, a remote that is asked for what is missing) would be run as whoever calls.
 */
async function bareCopy(own: string, common: string, folder: string): Promise<void> {
  const config = textIn(common, join(common, 'config')) ?? ''
  const format = config.split('\n').some(
    (line) =>
      line
        .toLowerCase()
        .split('=')
        .map((part) => part.trim())
        .join() === 'objectformat,sha256',
  )
    ? 'sha256'
    : 'sha1'
  const version = format === 'sha1' ? 0 : 1
  const extension = version === 0 ? '' : `[extensions]\n\tobjectformat = ${format}\n`
  await writeFile(join(folder, 'config'), `[core]\n\trepositoryformatversion = ${version}\n${extension}`)
  for (const name of ['objects', 'refs'])
    if (existsSync(join(common, name))) await symlink(join(common, name), join(folder, name))
  for (const name of ['HEAD', 'index', 'packed-refs', 'shallow']) {
    const bytes = bytesIn(own, join(own, name), bounds.gitBytes) ?? bytesIn(common, join(common, name), bounds.gitBytes)
    if (bytes !== null) await writeFile(join(folder, name), bytes)
  }
}

const NOTHING = '/dev/null'

/** Throws for an exit code, a time-out, and for more than it may print. */
async function runGit(gitDir: string, workTree: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const env = {
    PATH: (process.env.PATH ?? '')
      .split(':')
      .filter((folder) => isAbsolute(folder))
      .join(':'),
    LC_ALL: 'C',
    HOME: gitDir,
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workTree,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: NOTHING,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  }
  const safe = ['-c', `core.hooksPath=${NOTHING}`, '-c', 'core.fsmonitor=false', '-c', 'protocol.allow=never']
  const options = {
    cwd: workTree,
    env,
    timeout: bounds.gitMs,
    maxBuffer: bounds.gitBytes,
    killSignal: 'SIGKILL',
    signal,
  } as const
  try {
    return (await promisify(execFile)('git', [...safe, ...args], options)).stdout
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string }
    const said = code === 'ENOENT' ? 'git was not found on PATH' : (stderr.trim().split('\n')[0] ?? '')
    throw new HardenError('bad-usage', `git ${args[0]} failed${said === '' ? '' : `: ${said}`}`)
  }
}

/**
 * The targets whose Dockerfile, build context or surroundings are among the changed files, and those that are built from such a one. Images are none.
 * Where it cannot be told which target a file is about (Compose files, manifests, configuration), all of that project are.
 */
export function changedTargets(found: readonly Found[], changed: readonly string[]): readonly Found[] {
  const files = new Set(changed)
  const own = found.map((one) => isChanged(one, files))
  const byPath = new Map(found.flatMap(({ path }, index) => (path === null ? [] : [[realOf(path), index] as const])))
  const isBuiltFromChanged = (bases: ReadonlyMap<string, NeighbourImage> = new Map()): boolean =>
    [...bases.values()].some(
      ({ path, context, bases: more }) =>
        own[byPath.get(realOf(path)) ?? -1] === true ||
        isFileOf(path, files) ||
        isInContext(context ?? dirname(path), path, files) ||
        isBuiltFromChanged(more),
    )
  return found.filter((one, index) => own[index] === true || isBuiltFromChanged(one.surroundings?.bases))
}

function isChanged(one: Found, files: ReadonlySet<string>): boolean {
  const { path, project, build, cluster } = one
  if (path === null) return false
  if (isFileOf(path, files)) return true
  const root = realOf(rootOf({ ...one, path }))
  if ([...files].some((changed) => isInside(changed, root) && SETTINGS.test(basename(changed)))) return true
  const contexts =
    project === undefined
      ? [build?.context ?? dirname(path)]
      : project.services.flatMap((service) => (service.build === null ? [] : [service.build.context ?? dirname(path)]))
  const folders = cluster === undefined ? contexts : [...contexts, dirname(path)]
  return folders.some((folder) => isInContext(folder, project === undefined ? path : null, files))
}

function isFileOf(path: string, files: ReadonlySet<string>): boolean {
  const file = realOf(path)
  return files.has(file) || files.has(`${file}.dockerignore`)
}

/** Is one of them sent to a build in the folder? `path`: of its Dockerfile, which may have an ignore file of its own. */
function isInContext(folder: string, path: string | null, files: ReadonlySet<string>): boolean {
  const context = realOf(folder)
  const rules = ignoreRules(context, path)
  return [...files].some(
    (changed) => isInside(changed, context) && !rules.leavesOut(relative(context, changed).replaceAll('\\', '/')),
  )
}

/** What a Dockerfile of the project may be planned by, wherever it lies. */
const SETTINGS = /\.ya?ml$|^\.harden-image\.json$|^\.env$|^docker-bake.*\.(?:json|hcl)$|^\.dockerignore$/i
