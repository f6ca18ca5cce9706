import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import type { BuildSettings } from '../work.ts'
import { isBuildFileName, type NamedBuild, namedBuilds } from './build-files.ts'
import { isInside } from './excludes.ts'
import { readText } from './files.ts'
import { repositoryOf, upwards } from './repository.ts'
import { neverEntered } from './walk.ts'

/** How the Dockerfile at a path (absolute) is built; null where nothing beside it says so. */
export type BuildSettingsOf = (path: string) => Promise<BuildSettings | null>

/**
 * By what Compose and bake files say: those in the folder of the Dockerfile and above it, in a repository up to its
 * root and in the folders beside (`deploy/`), else up to `cwd`, and `found` (absolute), which a walk came across. Each is
 * read once. Whoever wrote them does not get at what lies elsewhere: a context outside of all that is none.
 */
export function buildSettings(found: readonly string[], cwd: string): BuildSettingsOf {
  const read = new Map<string, Promise<readonly FoundBuild[]>>()
  const buildsOf = (file: string) => {
    const builds = read.get(file) ?? readBuilds(file, relative(cwd, file))
    read.set(file, builds)
    return builds
  }
  const names = new Map<string, Promise<readonly string[]>>()
  const filesIn = (folder: string, besides: boolean) => {
    const files = names.get(folder) ?? buildFilesIn(folder, besides)
    names.set(folder, files)
    return files
  }
  return async (path) => {
    const own = dirname(path)
    const repository = repositoryOf(own)
    const top = repository ?? (isInside(own, cwd) ? cwd : own)
    const files: string[] = []
    for (const folder of upwards(own)) {
      files.push(...(await filesIn(folder, repository !== null)))
      if (folder === top) break
    }
    const all = await Promise.all([...new Set([...files, ...found])].map(buildsOf))
    const [real, inside] = await Promise.all([realOf(path), realOf(top)])
    const builds = all
      .flat()
      .filter(({ dockerfile, realContext }) => dockerfile === real && isInside(realContext, inside))
    return settingsOf(builds, cwd)
  }
}

async function buildFilesIn(folder: string, besides: boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const own = entries.filter(({ name }) => isBuildFileName(name)).map(({ name }) => join(folder, name))
  const others = entries.filter((entry) => besides && entry.isDirectory() && !neverEntered.has(entry.name))
  const below = await Promise.all(others.map(({ name }) => buildFilesIn(join(folder, name), false)))
  return [...own.sort(), ...below.flat().sort()]
}

/** With its links resolved. */
interface FoundBuild extends NamedBuild {
  readonly realContext: string
}

async function readBuilds(file: string, name: string): Promise<readonly FoundBuild[]> {
  const read = (path: string) => readText(path, path).catch(() => '')
  // Compose reads it without being told to.
  const [text, env] = await Promise.all([read(file), read(join(dirname(file), '.env'))])
  const builds = await Promise.all(
    namedBuilds(text, file, name, parseEnv(env)).map(async (build) => {
      const isFolder = (await stat(build.context).catch(() => null))?.isDirectory() === true
      if (!isFolder) return []
      const [dockerfile, realContext] = await Promise.all([realOf(build.dockerfile), realOf(build.context)])
      return [{ ...build, dockerfile, realContext, env: new Map([...(await fromFiles(build, file)), ...build.env]) }]
    }),
  )
  return builds.flat()
}

/** What the files that a service names set, of those in the same repository, or beside the file that names them. */
async function fromFiles({ envFiles }: NamedBuild, file: string): Promise<ReadonlyMap<string, string>> {
  const top = await realOf(repositoryOf(dirname(file)) ?? dirname(file))
  const texts = await Promise.all(
    envFiles.map(async (path) => (isInside(await realOf(path), top) ? readText(path, path).catch(() => '') : '')),
  )
  return new Map(texts.flatMap((text) => Object.entries(parseEnv(text)).map(([name, value = '']) => [name, value])))
}

async function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

/** Where several say different things of one, nobody knows which of them is meant. */
function settingsOf(builds: readonly NamedBuild[], cwd: string): BuildSettings | null {
  if (builds.length === 0) return null
  const contexts = new Set(builds.map(({ context }) => context))
  const [context = null] = contexts.size === 1 ? contexts : []
  const args = agreed(builds.map((build) => build.args))
  const env = agreed(builds.map((build) => build.env))
  return {
    by: builds.map(({ by }) => by),
    name: builds.every(({ name }) => name === builds[0]?.name) ? (builds[0]?.name ?? null) : null,
    context,
    contextNames: [...contexts].map((folder) => relative(cwd, folder) || '.'),
    args: args.alike,
    unlike: args.unlike,
    env: env.alike,
    given: builds.every(({ rights }) => rights.length > 0) ? builds.map(({ by, rights }) => ({ by, rights })) : [],
    sockets: builds.every(({ socket }) => socket !== null)
      ? builds.flatMap(({ by, socket }) => (socket === null ? [] : [{ by, socket }]))
      : [],
    services: builds.flatMap(({ start, by, file, ports }) => (start === null ? [] : [{ by, file, ports }])),
    ...startsOf(builds),
    targets: [...new Set(builds.flatMap(({ target }) => target ?? []))],
  }
}

/** A bake file starts nothing. */
function startsOf(builds: readonly NamedBuild[]): Pick<BuildSettings, 'starts' | 'startsOwn'> {
  const services = builds.filter(({ start }) => start !== null)
  const starts = services
    .toSorted((a, b) => Number(b.ports.length > 0) - Number(a.ports.length > 0))
    .flatMap(({ by, start }) => (start?.entrypoint == null && start?.command == null ? [] : [{ by, ...start }]))
  return { starts, startsOwn: starts.length < services.length }
}

/** What all that set a name give it, and the names of which they give different things. */
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
