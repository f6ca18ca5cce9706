import { createHash, type Hash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, lstatSync, readlinkSync, readSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { contextFor } from '../app/build.ts'
import { originOf } from '../app/generated.ts'
import { isProved, type Options } from '../app/task.ts'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { nothingGiven, parseDockerfile } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { ANYWHERE, isInside, listIn, openIn, textIn } from '../files-in.ts'
import type { Project } from '../manifests/project.ts'
import { tool } from '../report/report.ts'
import { buildContexts, copiedSources, ignoreRules, type ReadBuildContext, resultsMark } from '../repository/context.ts'
import type { Found } from '../repository/discover.ts'
import { MAY_NAME_PORTS } from '../repository/port-users.ts'
import { rootOf } from '../repository/project-root.ts'
import { walkOver } from '../repository/project-tree.ts'
import { allowedRootOf, holdsHome } from '../repository/trust.ts'
import type { NeighbourImage } from '../repository/work-item.ts'

export interface KeyRequest {
  readonly found: Found
  /** The text of a Dockerfile; null for images and projects. */
  readonly text: string | null
  readonly options: Options
  /** What is known of the images that it is built from: their digests, by reference. Absent: nothing. */
  readonly images?: Readonly<Record<string, string>>
}

export interface TargetKey {
  /** The SHA-256, in hex, of everything in files, flags and this tool's version that the result depends on. */
  readonly key: string
  /** The build context, absolute; null for none. */
  readonly context: string | null
  /** The bytes of the context that were looked at. */
  readonly contextBytes: number
}

/**
 * The same inputs have the same key on every machine, wherever the folder that the work is called from (`cwd`) lies there. Not in
 * it is what an engine or a registry says; what is known of that comes in as `images`. What several targets share is read once.
 * `leaveOut`: files (absolute) that are no inputs although they lie in a build context.
 * Throws HardenError `unreadable` or `too-large`.
 */
export function targetKeys(
  cwd: string,
  leaveOut: ReadonlySet<string> = new Set(),
): (request: KeyRequest) => Promise<TargetKey> {
  const readContext = buildContexts()
  const surveys = new Map<string, string>()
  const reading: Reading = { readContext, wholes: new Map(), files: new Map(), leaveOut }
  const surveyOf = (root: string, own: string, isProject: boolean): string => {
    const id = JSON.stringify([root, isProject])
    const known = surveys.get(id) ?? surveyDigest(root, own, isProject, cwd)
    surveys.set(id, known)
    return known
  }
  return async ({ found, text, options, images = {} }) => {
    const { target, kind, reference, from, path, error, project, cluster, build, surroundings, leftOut, vendored } =
      found
    const root = path === null ? cwd : rootOf({ ...found, path })
    const place = (one: string): string => (isInside(one, cwd) || isInside(one, root) ? relative(cwd, one) || '.' : one)
    const isRun = isProved(options.mode) || (options.mode.kind === 'harden' && options.mode.build)
    const dockerfile = kind === 'dockerfile' && text !== null ? parsed(text) : null
    const context = dockerfile === null ? null : contextFor({ ...found, text }, dockerfile, options)
    // A plan is good for more than a day, and each machine chooses its own builder.
    const {
      jobs: _jobs,
      builder: _builder,
      policy: { today: _today, ...policy },
      ...asked
    } = options
    const contents =
      dockerfile === null || context === null ? null : await contentsOf(context, path, dockerfile, isRun, reading)
    const inputs = {
      tool,
      target,
      kind,
      reference,
      from,
      path,
      vendored: vendored ?? null,
      isFound: found.found === true,
      origin: dockerfile === null ? null : originOf({ ...found, text }, dockerfile, cwd),
      error: error === null ? null : [error.code, error.message],
      text: text === null ? null : sha256(text),
      options: { ...asked, policy },
      images,
      build: build ?? null,
      surroundings: surroundings ?? null,
      leftOut: leftOut ?? [],
      context,
      contents: contents?.digest ?? null,
      neighbours: await neighboursOf(surroundings?.bases, reading),
      survey: path === null || holdsHome(root) ? null : surveyOf(root, path, kind !== 'dockerfile'),
      project: project === undefined ? null : await projectInputs(project, root, isRun, reading),
      cluster:
        cluster === undefined ? null : [cluster, path === null ? null : (await wholeOf(root, null, reading)).digest],
    }
    const key = sha256(`harden-image key 1\n${canonicalText(inputs, place)}`)
    return { key, context, contextBytes: contents?.bytes ?? 0 }
  }
}

/** Properties that hold paths of this machine. What else looks like a path (a mount in a container, an argument) is none. */
const PLACES = new Set([
  'path',
  'root',
  'folder',
  'folders',
  'context',
  'dockerfile',
  'file',
  'source',
  'device',
  'cwd',
])

/** JSON with the names of objects and the entries of sets in order, and `place` for each path; what is undefined is left out. */
function canonicalText(value: unknown, place: (path: string) => string): string {
  return JSON.stringify(canonical(value, place, ''))
}

function canonical(value: unknown, place: (path: string) => string, name: string): unknown {
  if (typeof value === 'string') return PLACES.has(name) && isAbsolute(value) ? place(value) : value
  if (typeof value === 'function') throw new Error(`a function is no input: ${name}`)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RegExp) return String(value)
  const of = (one: unknown): unknown => canonical(one, place, name)
  if (Array.isArray(value)) return value.map(of)
  if (value instanceof Set) return [...value].map(of).sort(byText)
  if (value instanceof Map)
    return [...value].map(([key, one]) => [of(key), canonical(one, place, '')]).sort((a, b) => byText(a[0], b[0]))
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, canonical(one, place, key)]))
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Null for a text that BuildKit refuses: its result says so, and its context is not read. */
function parsed(text: string): Dockerfile | null {
  try {
    return parseDockerfile(text, nothingGiven)
  } catch (error) {
    if (error instanceof HardenError) return null
    throw error
  }
}

interface Reading {
  readonly readContext: ReadBuildContext
  /** Digests of whole build contexts, by folder, and by Dockerfile where it has an ignore file of its own. */
  readonly wholes: Map<string, Promise<Contents>>
  /** Digests of files. */
  readonly files: Map<string, string>
  readonly leaveOut: ReadonlySet<string>
}

interface Contents {
  readonly digest: string
  readonly bytes: number
}

/** Planning reads what is copied, as far as it looks; building sends the whole context. */
async function contentsOf(
  context: string,
  path: string | null,
  dockerfile: Dockerfile,
  isRun: boolean,
  reading: Reading,
): Promise<Contents> {
  if (isRun) return wholeOf(context, path, reading)
  const { entries, partial } = await reading.readContext(context, path, copiedSources(dockerfile))
  const hash = createHash('sha256')
  let bytes = 0
  for (const [name, { type, mode, size, link, text }] of entries) {
    if (reading.leaveOut.has(join(context, name)) || isOwn(context, join(context, name), type, size)) continue
    hash.update(JSON.stringify([name, type, mode, size, link, text]))
    bytes += size
  }
  hash.update(String(partial))
  return { digest: hash.digest('hex'), bytes }
}

/** Everything that is sent to the builder. `path` is the Dockerfile, beside which its own ignore file may lie. */
function wholeOf(context: string, path: string | null, reading: Reading): Promise<Contents> {
  const id = JSON.stringify([
    context,
    path !== null && textIn(allowedRootOf(path), `${path}.dockerignore`) !== null ? path : null,
  ])
  const whole = reading.wholes.get(id) ?? readWhole(context, path, reading)
  reading.wholes.set(id, whole)
  return whole
}

async function readWhole(context: string, path: string | null, reading: Reading): Promise<Contents> {
  const hash = createHash('sha256')
  const rules = ignoreRules(context, path)
  let bytes = 0
  let files = 0
  const open = ['']
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const name of listed(context, join(context, folder))) {
      const below = folder === '' ? name : `${folder}/${name}`
      const isOut = rules.leavesOut(below)
      const file = join(context, below)
      const stats = lstatSync(file, { throwIfNoEntry: false })
      if (stats === undefined || reading.leaveOut.has(file)) continue
      const type = stats.isDirectory() ? 'directory' : 'file'
      if (isOwn(context, file, type, stats.size)) continue
      // No build needs .git, and each fetch writes into it.
      if (type === 'directory' && name !== '.git' && (!isOut || rules.hasExceptions)) open.push(below)
      if (isOut || below === '.git') continue
      if (++files > bounds.keyedFiles || bytes > bounds.keyedBytes)
        throw new HardenError('too-large', `the build context ${context} is too large to be compared`, {
          hint: 'leave out what no build needs with a .dockerignore',
        })
      hash.update(JSON.stringify([below, stats.mode & 0o177777]))
      if (stats.isSymbolicLink()) hash.update(JSON.stringify(readlinkSync(file)))
      if (!stats.isFile()) continue
      bytes += stats.size
      hash.update(await fileDigest(context, file, reading))
    }
  }
  return { digest: hash.digest('hex'), bytes }
}

function listed(context: string, folder: string): readonly string[] {
  try {
    return listIn(context, folder).map(({ name }) => name)
  } catch (error) {
    throw new HardenError('unreadable', `${folder} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
}

async function fileDigest(root: string, path: string, { files }: Reading): Promise<string> {
  const known = files.get(path)
  if (known !== undefined) return known
  const hash: Hash = createHash('sha256')
  try {
    for await (const part of createReadStream('', { fd: openIn(root, path).file })) hash.update(part as Buffer)
  } catch (error) {
    throw new HardenError('unreadable', `${path} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
  const digest = hash.digest('hex')
  files.set(path, digest)
  return digest
}

const DATA = /\.(?:nd)?json$/
/** A line of a plan, and a report as JSON. */
const OWN = /^\{\s*(?:"version":\s*1,\s*)?"tool":\s*"harden-image /

/**
 * A plan, a report or results of this tool are no inputs, even where they lie in the context: they did not exist when the plan was
 * made, or were still empty.
 */
function isOwn(root: string, path: string, type: string, size: number): boolean {
  if (type === 'directory') return existsSync(join(path, resultsMark))
  if (type !== 'file' || !DATA.test(path)) return false
  if (size === 0) return true
  try {
    const { file } = openIn(root, path)
    const head = Buffer.alloc(80)
    const length = readSync(file, head)
    closeSync(file)
    return OWN.test(head.toString('utf8', 0, length))
  } catch {
    return false
  }
}

/** The Dockerfiles of the same tree that it is built upon, with what is read of them. */
async function neighboursOf(
  bases: ReadonlyMap<string, NeighbourImage> = new Map(),
  reading: Reading,
): Promise<unknown> {
  const all: unknown[] = []
  for (const [reference, { path, context, bases: more }] of bases) {
    const text = textIn(allowedRootOf(path), path)
    const dockerfile = text === null ? null : parsed(text)
    const contents =
      dockerfile === null || context === null ? null : await contentsOf(context, path, dockerfile, false, reading)
    const digest = text === null ? null : sha256(text)
    all.push([reference, digest, contents?.digest ?? null, await neighboursOf(more, reading)])
  }
  return all
}

/**
 * What else the files of a project are read for: who counts on a port, and what a proof asks of it. `isProject` includes its
 * Dockerfiles.
 */
function surveyDigest(root: string, own: string, isProject: boolean, cwd: string): string {
  const { dockerfiles, others } = walkOver(root, dirname(own), MAY_NAME_PORTS)
  const hash = createHash('sha256')
  for (const path of isProject ? [...dockerfiles, ...others] : others) {
    const text = textIn(root, path)
    // A run of this tool may have written a workflow or a document there.
    if (text === null || text.slice(0, 500).includes('harden-image')) continue
    hash.update(JSON.stringify([relative(cwd, path), text]))
  }
  for (const path of dockerfiles) hash.update(JSON.stringify(relative(cwd, path)))
  return hash.digest('hex')
}

/** Without the caller's environment: the values that it gives are in the services. */
async function projectInputs(
  { origin: _, ...project }: Project,
  root: string,
  isRun: boolean,
  reading: Reading,
): Promise<unknown> {
  const builds: unknown[] = []
  for (const { name, build, mounts } of project.services) {
    const { dockerfile = null, inline = null, context = null } = build ?? {}
    const text = inline ?? (dockerfile === null ? null : textIn(ANYWHERE, dockerfile))
    const read = text === null ? null : parsed(text)
    const contents =
      read === null || context === null ? null : await contentsOf(context, dockerfile, read, isRun, reading)
    builds.push([name, text === null ? null : sha256(text), contents?.digest ?? null])
    for (const { kind, source } of mounts)
      if (kind !== 'volume' && kind !== 'tmpfs' && isInside(source, root))
        builds.push([basename(source), await mountDigest(source, reading)])
  }
  return [project, builds]
}

async function mountDigest(source: string, reading: Reading): Promise<string | null> {
  const stats = lstatSync(source, { throwIfNoEntry: false })
  if (stats?.isFile() === true) return fileDigest(source, source, reading)
  return stats?.isDirectory() === true ? (await wholeOf(source, null, reading)).digest : null
}
