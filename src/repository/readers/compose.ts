import { dirname, join, resolve } from 'node:path'
import { isInside } from '../../files-in.ts'
import { interpolated } from '../../manifests/compose/variables.ts'
import { writtenPairs } from '../../manifests/compose/written.ts'
import { asList, asObject, isObject, type Json } from '../../manifests/yaml/file.ts'
import { composeWords } from '../../shell/index.ts'
import { upwards } from '../repository.ts'
import { capability, deviceOf, mountOfService } from './container-options.ts'
import { nothingSaid, type Reader, type RepositoryFile, type Run, withoutTemplates, yamlIn } from './run.ts'

/** `compose.prod.yaml`, `web.compose.yaml`, and those that people are given to copy: `docker-compose.yml.sample`. */
const COMPOSE =
  /^(?:(?:docker-)?compose(?:[.-][\w.-]+)?|docker-stack(?:[.-][\w.-]+)?|[\w-]+[.-](?:docker-)?compose)\.ya?ml(?:[.-](?:sample|example|dist|template|default))?$/

/** A Compose file that says more than which images it runs. */
const SAYS_HOW = /^[ \t]{1,99}(?:build|volumes|privileged|pid|cap_add|devices|user|group_add|environment)[ \t]?:/m

export const compose: Reader = {
  reads: (name) => COMPOSE.test(name),
  runs: (file) => {
    const runs = composeRuns(file)
    return SAYS_HOW.test(file.text) ? runs : runs.map((run) => ({ ...run, kind: 'build' }))
  },
}

/** All of its services. What a variable leaves open is left out, but for the names of images. */
export function composeRuns(file: RepositoryFile): readonly Run[] {
  const said = asObject(yamlIn(withoutTemplates(file.text))[0])
  return serviceRuns(asObject(said.services), file, asObject(said.volumes))
}

/** `volumes`: those that the file names at its top. */
export function serviceRuns(written: Json, file: RepositoryFile, volumes: Json = {}): readonly Run[] {
  const services = Object.entries(written).map(([key, service]) => [key, asObject(service)] as const)
  const names = namesIn(services)
  const runs = services.map(([key, service]): Run => {
    const run = serviceRun(key, service, volumes, file)
    return { ...run, names: run.dockerfiles.length === 0 ? [] : (names.get(key) ?? []) }
  })
  return withSharing(runs)
}

function serviceRun(key: string, service: Json, volumes: Json, file: RepositoryFile): Run {
  const said: Read = (written) => {
    const text = textOf(written)
    return text === null ? null : interpolated(text, file.env)
  }
  const { build, image } = service
  return {
    ...nothingSaid,
    ...builtBy(build, said, file),
    by: `service ${key} of ${file.name}`,
    kind: 'service',
    stage: said(asObject(build).target),
    mounts: asList(service.volumes).flatMap((volume) => mountOfService(volume, volumes, file) ?? []),
    privileged: service.privileged === true,
    hostPid: service.pid === 'host',
    capabilities: asList(service.cap_add).map(capability),
    devices: asList(service.devices).flatMap((device) => deviceOf(isObject(device) ? device.source : device)),
    user: service.user == null ? null : (said(service.user) ?? textOf(service.user)),
    groups: asList(service.group_add).length > 0,
    env: pairsOf(service.environment, said),
    envFiles: envFilesOf(service.env_file, said).map((one) => resolve(dirname(file.path), one)),
    ports: asList(service.ports),
    start: {
      entrypoint: wordsOf(service.entrypoint, said),
      command: wordsOf(service.command, said),
      workdir: workdirOf(said(service.working_dir)),
    },
    image: build === undefined && typeof image === 'string' ? (said(image) ?? image) : null,
    service: key,
    file: file.path,
  }
}

/** Of what services build: their images, and what FROM lines call them by `additional_contexts: { base: service:core }`. */
function namesIn(services: readonly (readonly [string, Json])[]): ReadonlyMap<string, readonly string[]> {
  const named = services.flatMap(([key, { image, build }]) => [
    ...(typeof image === 'string' ? [[key, image] as const] : []),
    ...Object.entries(asObject(asObject(build).additional_contexts)).flatMap(([name, source]) => {
      const other = typeof source === 'string' ? /^service:(.+)$/.exec(source)?.[1] : undefined
      return other === undefined ? [] : [[other, name] as const]
    }),
  ])
  return new Map(
    services.map(([key]) => [key, named.flatMap(([service, name]) => (service === key ? [name] : []))] as const),
  )
}

/**
 * Its paths are meant from the folder of the file, or from one above it where another file there includes it, or it is given beside one (`-f`);
 * that one may lie in a folder of the top. Remote contexts name no Dockerfile of this tree.
 */
function builtBy(
  build: unknown,
  said: Read,
  { path, root }: RepositoryFile,
): Pick<Run, 'dockerfiles' | 'context' | 'args'> {
  const written = typeof build === 'string' ? { context: build } : build
  const [context, dockerfile] = [
    said(asObject(written).context ?? '.'),
    said(asObject(written).dockerfile ?? 'Dockerfile'),
  ]
  const isInline = isObject(written) && ('dockerfile_inline' in written || 'dockerfile-inline' in written)
  if (!isObject(written) || isInline || context === null || dockerfile === null)
    return { dockerfiles: [], context: null, args: new Map() }
  const folders = [...[...upwards(dirname(path))].filter((folder) => isInside(folder, root)), join(root, 'x')]
  return {
    dockerfiles: folders.map((from) => resolve(from, context, dockerfile)),
    context: resolve(dirname(path), context),
    args: new Map([...pairsOf(written.args, said)].flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  }
}

function withSharing(runs: readonly Run[]): readonly Run[] {
  const imageOf = ({ image, dockerfiles }: Run): string => image ?? dockerfiles.join()
  const users = new Map<string, Run[]>()
  for (const run of runs)
    for (const { kind, source, readOnly } of run.mounts)
      if (kind === 'volume' && source !== '' && !readOnly) users.set(source, [...(users.get(source) ?? []), run])
  return runs.map((run) => ({
    ...run,
    mounts: run.mounts.map((mount) => {
      const other = mount.readOnly ? undefined : users.get(mount.source)?.find((one) => imageOf(one) !== imageOf(run))
      return other === undefined ? mount : { ...mount, sharedWith: other.by }
    }),
  }))
}

type Read = (written: unknown) => string | null

/** A scalar; a map or list is no text, and has a `toString` of its own where the file says so. */
export function textOf(written: unknown): string | null {
  return typeof written === 'string' || typeof written === 'number' || typeof written === 'boolean'
    ? String(written)
    : null
}

/** A path, or a list of them and of maps with a `path`; one that is not there may be meant to be missing. */
function envFilesOf(written: unknown, read: Read): readonly string[] {
  const files = typeof written === 'string' ? [written] : asList(written)
  return files.flatMap((file) => read(isObject(file) ? file.path : file) ?? [])
}

function workdirOf(written: string | null): string | null {
  return written?.startsWith('/') === true && /^[\w./@-]+$/.test(written) ? written : null
}

/** A list of words, or a text of them, which no shell gets to see; null where a variable of whoever starts it says it. */
function wordsOf(written: unknown, read: Read): readonly string[] | null {
  if (typeof written !== 'string') {
    const words = asList(written).map(read)
    return words.length === 0 || words.includes(null) ? null : words.flatMap((word) => word ?? [])
  }
  const text = read(written) ?? ''
  const words = text.length > MOST_COMMAND ? null : composeWords(text)
  return words === null || words.length === 0 ? null : words
}

/** A command line that is longer starts nothing that anybody has written. */
const MOST_COMMAND = 16 * 1024

/** A map, or a list of NAME=VALUE; null for a value that only who starts it knows, as of a name alone. */
export function pairsOf(written: unknown, read: Read): ReadonlyMap<string, string | null> {
  // An entry that is a map or a list names nothing.
  const pairs = writtenPairs(Array.isArray(written) ? written.filter((entry) => textOf(entry) !== null) : written)
  return new Map(
    pairs.flatMap(([name, said]) => (name === '' ? [] : [[name, said === null ? null : read(said)] as const])),
  )
}
