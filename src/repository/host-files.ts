import { type Stats, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import { bounds } from '../bounds.ts'
import { bytesIn, isInside, namesIn, staysIn, textIn } from '../files-in.ts'
import { isSource } from '../manifests/compose/follow-ports.ts'
import type { HostEntry, HostFiles, HostText } from '../manifests/compose/host-files.ts'
import type { Project } from '../manifests/project.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { STATE_NAME } from '../places.ts'
import { type IgnoreRules, isIgnored, rulesAbove, withFolder } from './ignore-rules.ts'
import { isComposeFileName } from './open-project.ts'
import { walkOver } from './project-tree.ts'
import { composeRuns } from './readers/compose.ts'
import { repositoryOf, trackedFiles } from './repository.ts'
import { allowedRootOf, holdsHome } from './trust.ts'

/** What a mount has in it that is looked at: a folder of configuration has no more, and one of data is not gone through. */
const MOST = 200
const DEEPEST = 5

/**
 * What the project has on this machine. Owner and mode of all that it mounts are looked up; texts are read of the repository only,
 * and through no link that leads out of it. Never throws: what cannot be looked at is missing.
 */
export function hostFilesOf(project: Project, cwd: string): HostFiles {
  const allowedRoot = allowedRootOf(join(project.folder, 'compose.yaml'))
  const entries = new Map<string, HostEntry>()
  const repository = repositoryOf(project.folder)
  const root = repository ?? allowedRoot
  const state: LookState = {
    allowedRoot,
    root,
    isLeftOut: leftOutBelow(root, repository),
    isTracked: repository === null ? () => null : trackedIn(repository),
    entries,
    left: MOST,
  }
  for (const { mounts } of project.services)
    for (const { kind, source } of mounts)
      if (kind !== 'volume' && kind !== 'tmpfs' && source.startsWith('/')) look(source, { ...state, left: MOST }, 0)
  const env = join(project.folder, '.env')
  const said = textIn(allowedRoot, env) ?? ''
  const variables = new Map(Object.entries(parseEnv(said)).map(([name, value]) => [name, value ?? '']))
  return { entries, texts: holdsHome(allowedRoot) ? [] : textsOf(project, cwd, allowedRoot), variables }
}

interface LookState {
  /** Real. */
  readonly allowedRoot: string
  /** The repository, or what is one by the word of nobody. */
  readonly root: string
  readonly isLeftOut: (path: string) => boolean
  readonly isTracked: (below: string) => boolean | null
  readonly entries: Map<string, HostEntry>
  left: number
}

const MISSING: HostEntry = { kind: 'missing', uid: 0, gid: 0, mode: 0, text: null, children: [], isCheckout: false }

function look(path: string, state: LookState, depth: number): void {
  state.left -= 1
  if (state.entries.has(path) || state.left < 0) return
  const stats = statsOf(path)
  if (stats === null) {
    state.entries.set(path, MISSING)
    return
  }
  const { uid, gid } = stats
  const isOwn = staysIn(state.allowedRoot, path)
  const kind = stats.isDirectory() ? 'folder' : stats.isSocket() ? 'socket' : 'file'
  const found = { kind, uid, gid, mode: stats.mode & 0o7777 } as const
  const children = kind === 'folder' && isOwn && depth < DEEPEST ? childrenOf(state.allowedRoot, path) : []
  const text = kind === 'file' && isOwn && stats.isFile() ? ownText(state.allowedRoot, path) : null
  state.entries.set(path, { ...found, text, children, isCheckout: isOwn && isCheckout(path, kind, state) })
  for (const child of children) look(child, state, depth + 1)
}

function statsOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

const NEVER_ENTERED = new Set(['.git', 'node_modules', '__pycache__', '.venv', 'venv'])

function childrenOf(root: string, folder: string): readonly string[] {
  return namesIn(root, folder)
    .filter((name) => !NEVER_ENTERED.has(name))
    .slice(0, MOST)
    .map((name) => join(folder, name))
}

function ownText(root: string, path: string): string | null {
  const bytes = bytesIn(root, path)
  return bytes === null || bytes.includes(0) ? null : bytes.toString('utf8')
}

/** Sources that people work on: git keeps them, or they are no more than what is not left out of it and called like no state. */
function isCheckout(path: string, kind: HostEntry['kind'], { root, isLeftOut, isTracked }: LookState): boolean {
  if (kind !== 'folder' || !isInside(path, root)) return kind === 'file' && isInside(path, root)
  if (isLeftOut(path)) return false
  const tracked = isTracked(relative(root, path))
  if (tracked !== null) return tracked
  return !STATE_NAME.test(basename(path)) && childrenOf(root, path).some((child) => !basename(child).startsWith('.'))
}

/** Whether git leaves out a folder below `root`, or one above it; the rules of each folder are read once. */
function leftOutBelow(root: string, repository: string | null): (path: string) => boolean {
  const rulesIn = memoizeByText((folder: string): IgnoreRules | null => {
    const above = folder === root ? rulesAbove(root, repository === root ? root : null) : rulesIn(dirname(folder))
    return withFolder(root, folder, above)
  })
  return (path) => {
    let at = root
    for (const part of relative(root, path).split('/').filter(Boolean)) {
      const rules = rulesIn(at)
      at = join(at, part)
      if (isIgnored(rules, at, true)) return true
    }
    return false
  }
}

/** Does git track more of a folder than a placeholder? Null where nobody can say. */
function trackedIn(repository: string): (folder: string) => boolean | null {
  return (folder) => {
    const tracked = trackedFiles(repository)
    return tracked === null || tracked.size === 0 ? null : folder === '' || foldersOf(tracked).has(folder)
  }
}

/** The folders that hold more than a placeholder. */
const foldersOf = memoizeByObject((tracked: ReadonlySet<string>): ReadonlySet<string> => {
  const folders = new Set<string>()
  for (const path of tracked)
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (!/^\.git(?:keep|ignore)/.test(path.slice(at + 1))) folders.add(path.slice(0, at))
  return folders
})

const CONFIGURATION =
  /\.(?:conf|cfg|cnf|ya?ml|json|toml|ini|properties|xml|tmpl|template|tpl|vcl|hcl|env|sh|bash)$|^(?:Caddyfile|\.env.*)$/i
const NO_PART_OF_IT =
  /(?:^|\/)(?:tests?|specs?|__tests__|fixtures?|examples?|docs?|k8s|kubernetes|helm|charts?|deploy|\.github|\.gitlab|vendor|dist|build|coverage|locales?|i18n)\/|(?:[-.]lock|lock|package|tsconfig[\w.]*)\.(?:json|ya?ml)$|[._-](?:test|spec)\.\w+$|^(?:.*\/)?(?:test_[\w]+|[\w]+_test)\.\w+$/i

function textsOf(project: Project, cwd: string, allowedRoot: string): readonly HostText[] {
  const found = new Map<string, HostText>()
  const own = new Set(project.files.map(({ path }) => path))
  const add = (path: string, kind: HostText['kind']): void => {
    if (found.has(path) || own.has(path)) return
    const text = ownText(allowedRoot, path)
    // A manifest speaks to the Services of a cluster.
    if (text === null || (kind !== 'env' && /^apiVersion:/m.test(text) && /^kind:/m.test(text))) return
    found.set(path, { path, name: relative(cwd, path), text, kind })
  }
  for (const path of envFilesOf(project)) add(path, 'env')
  const contexts = project.services.flatMap(({ build }) => build?.context ?? [])
  let length = 0
  for (const context of new Set(contexts)) {
    if (!staysIn(allowedRoot, context) || holdsHome(context)) continue
    for (const path of walkOver(context, project.folder, ANY_TEXT).others) {
      if (!isSource(path) && !CONFIGURATION.test(basename(path))) continue
      if (length > bounds.surveyedText / 4 || NO_PART_OF_IT.test(relative(context, path))) continue
      if (isComposeFileName(basename(path)) || /\.(?:example|sample|dist)$/.test(path)) continue
      add(path, isSource(path) ? 'source' : 'configuration')
      length += found.get(path)?.text.length ?? 0
    }
  }
  return [...found.values()]
}

const ANY_TEXT = /./

function envFilesOf({ files, folder: root }: Project): readonly string[] {
  return files.flatMap((file) =>
    composeRuns({ ...file, root, env: {}, repository: '' }).flatMap(({ envFiles }) => envFiles),
  )
}
