import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import { entriesIn, isInside, realOf, staysIn, textIn } from '../files-in.ts'
import type { Run } from './readers/run.ts'
import { isOfOwnHand, repositoryOf, upwards } from './repository.ts'
import { allowedRootOf, holdsHome } from './trust.ts'
import { isBuildFileName, neverEntered } from './walk.ts'
import type { BuildSettings, LeftOut } from './work-item.ts'

/** How the Dockerfile at a path (absolute) is built; null where nothing of its projectRoot beside and above it says so. */
export type BuildSettingsOf = (path: string, root: string) => Promise<SaidOfBuild>

interface SaidOfBuild {
  readonly build: BuildSettings | null
  /** Settings of such a file that only the caller may give. */
  readonly leftOut: readonly LeftOut[]
}

/**
 * By what Compose and bake files say: those in the folder of the Dockerfile and above it, up to the root of its project and in the
 * folders beside (`deploy/`), and `found` (absolute), which a walk came across. Each is read once. Who wrote them does not get at what lies elsewhere, unless `isTrusted` says so of the file: neither as a context
 * nor as variables. `folders` (absolute) are what the caller has named to work on: what lies in one is no other place.
 */
export function buildSettings(
  found: readonly string[],
  cwd: string,
  isTrusted: (file: string) => boolean,
  folders: readonly string[] = [],
): BuildSettingsOf {
  const read = new Map<string, Promise<ReadFile>>()
  const readOnce = (file: string) => {
    const one = read.get(file) ?? readBuilds(file, relative(cwd, file), isTrusted(file) ? '/' : reachOf(file, folders))
    read.set(file, one)
    return one
  }
  const names = new Map<string, readonly string[]>()
  const filesIn = (folder: string) => {
    const files = names.get(folder) ?? buildFilesIn(reachOf(join(folder, 'any'), folders), folder, true)
    names.set(folder, files)
    return files
  }
  const walked = new Set(found)
  // Indexed, since every Dockerfile asks for those that name it.
  const byDockerfile = memoized(async () => indexOf(await Promise.all(found.map(readOnce))))
  return async (path, root) => {
    const own = dirname(path)
    const isRepository = repositoryOf(own) === root
    const files = new Set<string>()
    for (const folder of upwards(own)) {
      for (const file of filesIn(folder))
        if (!walked.has(file) && (isRepository || folder === own || isOfOwnHand(file, own))) files.add(file)
      if (folder === root) break
    }
    const beside = await Promise.all([...files].map(readOnce))
    const real = realOf(path)
    const builds = [...(indexOf(beside).get(real) ?? []), ...((await byDockerfile()).get(real) ?? [])]
    const leftOut = [...beside.flatMap((one) => one.leftOut), ...builds.flatMap((one) => one.leftOut)]
    return {
      build: settingsOf(
        builds.filter(({ isUsed }) => isUsed),
        cwd,
      ),
      leftOut,
    }
  }
}

function memoized<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => {
    made ??= make()
    return made
  }
}

function indexOf(files: readonly ReadFile[]): ReadonlyMap<string, readonly FoundBuild[]> {
  const builds = new Map<string, FoundBuild[]>()
  for (const build of files.flatMap((file) => file.builds)) {
    const same = builds.get(build.dockerfile)
    if (same === undefined) builds.set(build.dockerfile, [build])
    else same.push(build)
  }
  return builds
}

function buildFilesIn(root: string, folder: string, besides: boolean): readonly string[] {
  const entries = entriesIn(root, folder)
  const own = entries.filter(({ name }) => isBuildFileName(name)).map(({ name }) => join(folder, name))
  const others = entries.filter((entry) => besides && entry.isDirectory() && !neverEntered.has(entry.name))
  const below = others.map(({ name }) => buildFilesIn(root, join(folder, name), false))
  return [...own, ...below.flat().sort()]
}

interface ReadFile {
  readonly builds: readonly FoundBuild[]
  /** Of the file itself, which is a link to another place. */
  readonly leftOut: readonly LeftOut[]
}

/** A service that is built, or a target of a bake file. */
interface FoundBuild extends Pick<Run, 'by' | 'stage' | 'args' | 'ports' | 'user' | 'start'> {
  /** With its links resolved. */
  readonly dockerfile: string
  readonly context: string
  readonly service: string
  /** What is known of its variables, with those of its files. */
  readonly env: ReadonlyMap<string, string>
  /** The file that says it, for people. */
  readonly file: string
  /** The file may name this context. */
  readonly isUsed: boolean
  readonly leftOut: readonly LeftOut[]
}

/** How far the file may reach: its repository, and the whole folder that the caller named, where it lies in one. */
function reachOf(file: string, folders: readonly string[]): string {
  const own = allowedRootOf(file)
  const named = folders.map(realOf).filter((folder) => isInside(own, folder) && !holdsHome(folder))
  return named.reduce((widest, folder) => (isInside(widest, folder) ? folder : widest), own)
}

/** `allowedRoot`: how far the word of the file reaches (real). */
async function readBuilds(file: string, name: string, allowedRoot: string): Promise<ReadFile> {
  const elsewhere = (path: string, place: string, what: string, instead: string): readonly LeftOut[] =>
    staysIn(allowedRoot, path) || !existsSync(path)
      ? []
      : [{ place, what: `${what} lies outside of ${allowedRoot}`, instead, matters: 'always' }]
  const read = (path: string): string => textIn(allowedRoot, path) ?? ''
  // Compose reads it without being told to.
  const dotEnv = join(dirname(file), '.env')
  const [text, env] = [read(file), read(dotEnv)]
  const { readerOf } = await import('./readers/index.ts')
  const runs =
    readerOf(file)?.runs({ path: file, root: dirname(file), name, text, env: parseEnv(env), repository: '' }) ?? []
  const builds = await Promise.all(
    runs.map(async ({ service, context, ...run }): Promise<readonly FoundBuild[]> => {
      const [dockerfile] = run.dockerfiles
      if (dockerfile === undefined || service === null || context === null) return []
      if ((await stat(context).catch(() => null))?.isDirectory() !== true) return []
      const env = new Map(
        run.envFiles.flatMap((one) => Object.entries(parseEnv(read(one)))).map(([key, value = '']) => [key, value]),
      )
      for (const [key, value] of run.env) if (value !== null) env.set(key, value)
      const outside = elsewhere(context, run.by, `its context ${relative(dirname(file), context)}`, '--context DIR')
      const leftOut = [
        ...outside,
        ...[...run.envFiles, dotEnv].flatMap((path) =>
          elsewhere(path, run.by, `its ${relative(dirname(file), path)}`, '--env NAME=VALUE'),
        ),
      ]
      const about = { ...run, file: name, service, context, env, leftOut }
      return [{ ...about, dockerfile: realOf(dockerfile), isUsed: outside.length === 0 }]
    }),
  )
  return { builds: builds.flat(), leftOut: elsewhere(file, name, 'the file that it is a link to', 'a copy of it') }
}

/** Where several files disagree, nobody knows which is meant. */
function settingsOf(builds: readonly FoundBuild[], cwd: string): BuildSettings | null {
  if (builds.length === 0) return null
  const contexts = new Set(builds.map(({ context }) => context))
  const [context = null] = contexts.size === 1 ? contexts : []
  const args = agreed(builds.map((build) => build.args))
  const env = agreed(builds.map((build) => build.env))
  return {
    by: builds.map(({ by }) => by),
    name: builds.every(({ service }) => service === builds[0]?.service) ? (builds[0]?.service ?? null) : null,
    context,
    contextNames: [...contexts].map((folder) => relative(cwd, folder) || '.'),
    args: args.alike,
    unlike: args.unlike,
    env: env.alike,
    services: builds.flatMap(({ start, by, file, ports, stage: target }) =>
      start === null ? [] : [{ by, file, ports, target }],
    ),
    users: builds.flatMap(({ by, user }) => (user === null ? [] : [{ by, user }])),
    allSayUser: builds.every(({ user, start }) => user !== null || start === null),
    ...startsOf(builds),
    targets: [...new Set(builds.flatMap(({ stage }) => stage ?? []))],
  }
}

/** A bake file starts nothing. */
function startsOf(builds: readonly FoundBuild[]): Pick<BuildSettings, 'starts' | 'startsOwn'> {
  const services = builds.filter(({ start }) => start !== null)
  const starts = services
    .toSorted((a, b) => Number(b.ports.length > 0) - Number(a.ports.length > 0))
    .flatMap(({ by, start }) => (start?.entrypoint == null && start?.command == null ? [] : [{ by, ...start }]))
  return { starts, startsOwn: starts.length < services.length }
}

/** The value of each name that all files agree on, and the names that they do not. */
function agreed(all: readonly ReadonlyMap<string, string>[]): {
  readonly alike: ReadonlyMap<string, string>
  readonly unlike: readonly string[]
} {
  const alike = new Map<string, string>()
  const unlike = new Set<string>()
  for (const [name, value] of all.flatMap((one) => [...one])) {
    if ((alike.get(name) ?? value) !== value) unlike.add(name)
    alike.set(name, value)
  }
  for (const name of unlike) alike.delete(name)
  return { alike, unlike: [...unlike] }
}
