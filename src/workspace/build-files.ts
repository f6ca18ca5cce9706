import { dirname, resolve } from 'node:path'
import { composeWords } from '../command/index.ts'
import { interpolated } from '../manifests/compose/variables.ts'
import { asList, asObject, isObject, parseYaml } from '../manifests/yaml/file.ts'

/** How a file beside the Dockerfiles has one of them built. Paths are absolute. */
export interface NamedBuild {
  readonly dockerfile: string
  readonly context: string
  /** Null for the last stage. */
  readonly target: string | null
  readonly args: ReadonlyMap<string, string>
  /** The service or target itself. */
  readonly name: string
  /** `service api of deploy/compose.yaml`, for people. */
  readonly by: string
  /** What a Compose service publishes, as written. */
  readonly ports: readonly unknown[]
  /** What a Compose service sets for its containers. */
  readonly env: ReadonlyMap<string, string>
  /** Files with more of that; what `env` says holds. */
  readonly envFiles: readonly string[]
  /** As whom a Compose service runs it, in place of what the image says; variables that only who starts it knows stay. Null: as the image says. */
  readonly user: string | null
  /** What a Compose service starts in place of what the image says; null for a target of a bake file, which starts nothing. */
  readonly start: ServiceStart | null
  /** The file that says it, for people. */
  readonly file: string
}

/** Words; null where the image says it, or where a variable of whoever starts it does. */
interface ServiceStart {
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  /** Absolute in the container; null where the image says it. */
  readonly workdir: string | null
}

/**
 * The builds of a Compose or JSON bake file; none where it is neither. `env`: what the `.env` beside it sets. What a variable
 * leaves open is left out, and so are remote contexts, which name no Dockerfile of this tree.
 */
export function namedBuilds(
  text: string,
  path: string,
  name: string,
  env: Readonly<Record<string, string | undefined>> = {},
): readonly NamedBuild[] {
  const isBake = path.endsWith('.json')
  const [file] = valuesOf(text, name)
  return Object.entries(asObject(asObject(file)[isBake ? 'target' : 'services'])).flatMap(([key, entry]) => {
    const service = asObject(isBake ? {} : entry)
    const read: Read = (written) => {
      const text = textOf(written)
      return text === null || isBake ? text : interpolated(text, env)
    }
    const found = buildOf(isBake ? entry : service.build, dirname(path), read)
    const by = `${isBake ? 'target' : 'service'} ${key} of ${name}`
    const run = {
      ports: asList(service.ports),
      user: service.user == null ? null : (read(service.user) ?? textOf(service.user)),
      start: isBake
        ? null
        : {
            entrypoint: wordsOf(service.entrypoint, read),
            command: wordsOf(service.command, read),
            workdir: workdirOf(read(service.working_dir)),
          },
      env: knownPairs(service.environment, read),
      envFiles: envFilesOf(service.env_file, read).map((file) => resolve(dirname(path), file)),
    }
    return found === null ? [] : [{ ...found, ...run, name: key, by, file: name }]
  })
}

/** A scalar; a map or list is no text, and has a `toString` of its own where the file says so. */
function textOf(written: unknown): string | null {
  return typeof written === 'string' || typeof written === 'number' || typeof written === 'boolean'
    ? String(written)
    : null
}

/** A path, or a list of them and of maps with a `path`; one that is not there may be meant to be missing. */
function envFilesOf(written: unknown, read: Read): readonly string[] {
  const files = typeof written === 'string' ? [written] : asList(written)
  return files.flatMap((file) => read(isObject(file) ? file.path : file) ?? [])
}

/** Files of others: one that cannot be read says nothing. */
export function valuesOf(text: string, name: string): readonly unknown[] {
  try {
    return parseYaml(text, name).values
  } catch {
    return []
  }
}

type Read = (written: unknown) => string | null

function buildOf(
  build: unknown,
  folder: string,
  read: Read,
): Pick<NamedBuild, 'dockerfile' | 'context' | 'target' | 'args'> | null {
  const said = typeof build === 'string' ? { context: build } : build
  if (!isObject(said) || 'dockerfile_inline' in said || 'dockerfile-inline' in said) return null
  const [context, file] = [read(said.context ?? '.'), read(said.dockerfile ?? 'Dockerfile')]
  if (context === null || file === null) return null
  const root = resolve(folder, context)
  const target = said.target == null ? null : read(said.target)
  return { dockerfile: resolve(root, file), context: root, target, args: knownPairs(said.args, read) }
}

function workdirOf(written: string | null): string | null {
  return written?.startsWith('/') === true && /^[\w./@-]+$/.test(written) ? written : null
}

/** A list of words, or a text of them, which no shell gets to see. */
function wordsOf(written: unknown, read: Read): readonly string[] | null {
  if (typeof written !== 'string') {
    const words = asList(written).map(read)
    return words.length === 0 || words.includes(null) ? null : words.flatMap((word) => word ?? [])
  }
  const text = read(written) ?? ''
  const words = text.length > MOST_COMMAND ? null : composeWords(text)
  return words === null || words.length === 0 ? null : words
}

/** Of those that are written the values that are known. */
function knownPairs(written: unknown, read: Read): ReadonlyMap<string, string> {
  return new Map(
    [...pairsOf(written, read)].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  )
}

/** A map, or a list of NAME=VALUE; null for a value that only who starts it knows, as of a name alone. */
export function pairsOf(written: unknown, read: Read): ReadonlyMap<string, string | null> {
  const pairs = isObject(written)
    ? Object.entries(written)
    : asList(written).map((entry) => {
        const [, name = '', value = null] = /^([^=]*)(?:=(.*))?$/s.exec(textOf(entry) ?? '') ?? []
        return [name, value] as const
      })
  return new Map(
    pairs.flatMap(([name, said]) => (name === '' ? [] : [[name, said === null ? null : read(said)] as const])),
  )
}

/** A command line that is longer starts nothing that anybody has written. */
const MOST_COMMAND = 16 * 1024

/** The programs that GoReleaser builds in the folder of its configuration, as `BuildContext.released`. `goMod`: the go.mod beside it. */
export function releasedPrograms(text: string, name: string, goMod: string | null): ReadonlyMap<string, string> {
  const [file] = valuesOf(text, name).map(asObject)
  const module = /^module[ \t]+(\S+)/m.exec(goMod ?? '')?.[1]?.replace(/\/v\d{1,3}$/, '')
  const project = textOf(file?.project_name) ?? module?.slice(module.lastIndexOf('/') + 1) ?? null
  const builds = file?.builds === undefined ? [{}] : asList(file.builds).map(asObject)
  return new Map(
    builds.flatMap((build) => {
      const program = textOf(build.binary) ?? project
      const main = textOf(build.main) ?? '.'
      if (file === undefined || program === null || /[{}]/.test(`${program}${main}`) || build.builder === 'prebuilt')
        return []
      const folder = (main.endsWith('.go') ? main.slice(0, main.lastIndexOf('/') + 1) : main)
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')
      return [[program.slice(program.lastIndexOf('/') + 1), folder] as const]
    }),
  )
}
