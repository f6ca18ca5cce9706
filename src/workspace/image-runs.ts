import { dirname, join, resolve } from 'node:path'
import { bounds } from '../bounds.ts'
import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts'
import { type ImageRun, plainRun, type RunMount } from '../image/image-run.ts'
import { interpolated } from '../manifests/compose/variables.ts'
import { volumeOf } from '../manifests/compose/written.ts'
import { asList, asObject, isObject, type Json } from '../manifests/yaml/file.ts'
import { assignmentsOf } from './assignments.ts'
import { pairsOf, valuesOf } from './build-files.ts'

/** A run, and what says which image is meant: the Dockerfiles that may be, its name, or the service of another file. */
export interface RunOfImage extends Omit<ImageRun, 'mounts'> {
  readonly mounts: readonly WrittenMount[]
  /** Absolute, the likeliest first. */
  readonly dockerfiles: readonly string[]
  readonly image: string | null
  /** The name of a Compose service, which another file beside it may describe further. */
  readonly service: string | null
  /** The file, absolute. */
  readonly file: string
}

/** With where its source may be on this machine, absolute: empty for what only who runs it knows, or `caller` for the folder they are in. */
export interface WrittenMount extends RunMount {
  readonly paths: readonly string[]
  readonly isCallers: boolean
}

interface At {
  /** Absolute. */
  readonly path: string
  /** Absolute: the top of the repository. */
  readonly root: string
  /** Of the file, for people. */
  readonly name: string
  /** What the `.env` of a Compose file sets. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const nothing = {
  ...plainRun,
  dockerfiles: [],
  image: null,
  service: null,
} satisfies Partial<RunOfImage>

/** Services that say anything of how they are run. */
export function runsOfCompose(text: string, at: At): readonly RunOfImage[] {
  if (!MAY_SAY_HOW.test(text)) return []
  const file = asObject(valuesOf(withoutTemplates(text), at.name)[0])
  const volumes = asObject(file.volumes)
  const runs = Object.entries(asObject(file.services)).map(([key, written]): RunOfImage => {
    const service = asObject(written)
    const said = (value: unknown): string | null =>
      typeof value === 'string' || typeof value === 'number' ? interpolated(String(value), at.env) : null
    const image = typeof service.image === 'string' ? (said(service.image) ?? service.image) : null
    const { build } = service
    const run: RunOfImage = {
      ...nothing,
      by: `service ${key} of ${at.name}`,
      kind: 'service',
      stage: said(asObject(build).target),
      mounts: asList(service.volumes).flatMap((volume) => mountOfService(volume, volumes, at) ?? []),
      privileged: service.privileged === true,
      hostPid: service.pid === 'host',
      capabilities: asList(service.cap_add).map(capability),
      devices: asList(service.devices).flatMap((device) => deviceOf(isObject(device) ? device.source : device)),
      user: service.user == null ? null : (said(service.user) ?? String(service.user)),
      groups: asList(service.group_add).length > 0,
      env: pairsOf(service.environment, said),
      dockerfiles: build === undefined ? [] : builtBy(build, said, at),
      image: build === undefined ? image : null,
      service: key,
      file: at.path,
    }
    return run
  })
  return withSharing(runs)
}

function withSharing(runs: readonly RunOfImage[]): readonly RunOfImage[] {
  const imageOf = ({ image, dockerfiles }: RunOfImage): string => image ?? dockerfiles.join()
  const users = new Map<string, RunOfImage[]>()
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

/** Of a file that is a template (Jinja, Go) what it is with each part that may be left out, and a word for each that is filled in. */
function withoutTemplates(text: string): string {
  if (!text.includes('{{') && !text.includes('{%')) return text
  const isStep = (line: string): boolean => /^\{[{%#]/.test(line) && /[}%#]\}$/.test(line)
  return text
    .split('\n')
    .map((line) => (isStep(line.trim()) ? '' : line))
    .join('\n')
    .replace(/\{[%#][^\n{}]{0,500}[%#]\}/g, '')
    .replace(/\{\{[^\n{}]{0,500}\}\}/g, 'x')
}

/** A Compose file that says more than what it builds. */
export const MAY_SAY_HOW =
  /^[ \t]{1,99}(?:build|volumes|privileged|pid|cap_add|devices|user|group_add|environment)[ \t]?:/m

/**
 * Where paths of a Compose file may be meant from, besides its own folder: the file that it is given beside (`-f`) is at the top, or in
 * a folder of that.
 */
export function projectFolders({ path, root }: Pick<At, 'path' | 'root'>): readonly string[] {
  return [root, join(root, 'x')].filter((folder) => folder !== dirname(path))
}

/** Relative to its own file, or to the one that it is read with. */
function builtBy(build: unknown, said: (value: unknown) => string | null, at: At): readonly string[] {
  if (Object.hasOwn(asObject(build), 'dockerfile_inline')) return []
  const { context = '.', dockerfile = 'Dockerfile' } = typeof build === 'string' ? { context: build } : asObject(build)
  const [folder, file] = [said(context), said(dockerfile)]
  if (folder === null || file === null) return []
  return [dirname(at.path), ...projectFolders(at)].map((from) => resolve(from, folder, file))
}

function mountOfService(volume: unknown, volumes: Json, at: At): WrittenMount | null {
  if (isObject(volume)) {
    const { type, source, target, read_only: isReadOnly } = volume
    if (typeof target !== 'string' || (type !== 'bind' && type !== 'volume')) return null
    return mount(typeof source === 'string' ? source : '', target, isReadOnly === true, volumes, at)
  }
  return typeof volume === 'string' ? mountOf(volume, volumes, at) : null
}

/** `SOURCE:TARGET[:OPTIONS]`, or the path of a volume without a name. */
function mountOf(written: string, volumes: Json, at: At): WrittenMount | null {
  const { source, target, readOnly } = volumeOf(written.slice(0, bounds.lineLength))
  return mount(source, target, readOnly, volumes, at)
}

function mount(source: string, target: string, readOnly: boolean, volumes: Json, at: At): WrittenMount | null {
  const filled = interpolated(target, at.env)
  // `${PATH}${FLAG}`, where the flag is `:ro`.
  const [path = '', options = ''] = (filled ?? '').split(':')
  if (!path.startsWith('/') || path.includes('$') || path.length > bounds.pathLength) return null
  const from = source.trim()
  const { o, device } = asObject(asObject(volumes[from]).driver_opts)
  const isBound = typeof o === 'string' && /(^|,)r?bind(,|$)/.test(o) && typeof device === 'string'
  const place = isBound ? device : from
  return {
    kind: isBound || (place !== '' && !VOLUME_NAME.test(place)) ? 'host' : 'volume',
    source: place,
    target: resolve('/', path),
    readOnly: readOnly || options.split(',').includes('ro'),
    ...placesOf(place, at),
  }
}

/** What is none is a path, a variable of whoever runs it, or stands for one: `[DIR]`, `<dir>`. */
const VOLUME_NAME = /^[A-Za-z0-9][\w.-]*$/
/** The folder that somebody is in who runs it. */
const CALLERS =
  /^(?:\$\{?(?:PWD|CURDIR)\}?|\$\(\s*(?:(?:shell\s+)?pwd|realpath \.|CURDIR)\s*\)|`pwd`|%cd%|\$PSScriptRoot|\.)(?=[/\\]|$)[/\\]?/i

function placesOf(source: string, { path, root, env }: At): Pick<WrittenMount, 'paths' | 'isCallers'> {
  const callers = CALLERS.exec(source)
  const rest = callers === null ? source : source.slice(callers[0].length)
  const filled = interpolated(rest, env)
  if (filled === null || /^[~`%$]|[$`]/.test(filled)) return { paths: [], isCallers: false }
  const isRelative = callers !== null || filled.startsWith('.')
  if (!isRelative) return { paths: [], isCallers: false }
  return {
    paths: [...new Set([dirname(path), root])].map((from) => resolve(from, filled === '' ? '.' : filled)),
    isCallers: callers !== null && /^[./\\]*$/.test(filled),
  }
}

function capability(written: unknown): string {
  return typeof written === 'string' ? written.toUpperCase().replace(/^CAP_/, '') : ''
}

function deviceOf(written: unknown): readonly string[] {
  const [path = ''] = typeof written === 'string' ? written.split(':') : []
  return path.startsWith('/dev/') ? [path] : []
}

/** `docker run` in the comments of a Dockerfile, of whatever it calls its image. */
export function runsOfComments(text: string, at: At): readonly RunOfImage[] {
  if (!MAY_RUN.test(text)) return []
  const comments = text.split('\n').map((line) => /^[ \t]*#+[ \t]?(.*)$/s.exec(line)?.[1] ?? '')
  return runsOfCommands(comments.join('\n'), at).map((run) => ({ ...run, dockerfiles: [at.path] }))
}

/** `docker run` in whatever it is written: documents, scripts, Makefiles, workflows. */
export function runsOfCommands(text: string, at: At): readonly RunOfImage[] {
  if (!MAY_RUN.test(text)) return []
  // As long as it was, so that its lines are. Documents explain an option behind the end of its line, which no shell would take.
  const joined = text.replace(/(?:\\(?:[ \t]{1,9}#[^\\\n]{0,200})?|(?<!`)`|\^)\r?\n/g, (end) => ' '.repeat(end.length))
  const filledIn = assignmentsOf(joined, at.path)
  let [reached, number] = [0, 1]
  return [...joined.matchAll(RUN)].slice(0, bounds.buildCommands).flatMap((found) => {
    const [, before = '', line = ''] = found
    // In a document a command may stand between backticks.
    const [written = ''] = before === '`' ? line.split('`') : [line]
    const command = filledIn(written, found.index)
    const words = [...command.slice(0, bounds.lineLength).matchAll(WORD)].map(([word]) => word.replace(/["']/g, ''))
    number += text.slice(reached, found.index).split('\n').length - 1
    reached = found.index
    const by = `${at.name} line ${number}`
    const run = found[0].startsWith('compose', found[0].length - line.length - 'compose '.length)
      ? null
      : toldTo(words, at)
    if (run === null) return []
    return [{ ...nothing, ...run, by, kind: 'command', file: at.path } satisfies RunOfImage]
  })
}

export const MAY_RUN = /\b(?:docker|podman|nerdctl)(?:[ \t]+(?:container[ \t]+)?(?:run|create)|[- \t]compose)[ \t]/
const RUN = /(`?)\b(?:docker|podman|nerdctl)(?:(?:[ \t]+container)?[ \t]+(?:run|create)|[- \t]compose)[ \t]([^\n;&|]*)/g
const WORD = /(?:"[^"\n]*"|'[^'\n]*'|\$\([^()\n]*\)|`pwd`|[^\s"'])+/g

type Told = Pick<
  RunOfImage,
  'image' | 'mounts' | 'privileged' | 'hostPid' | 'capabilities' | 'devices' | 'user' | 'groups' | 'env'
>

/** Null where it names no image. */
function toldTo(words: readonly string[], at: At): Told | null {
  const options: (readonly [string, string])[] = []
  let image: string | null = null
  for (let index = 0; index < words.length && image === null; index += 1) {
    const word = words[index] ?? ''
    if (!word.startsWith('-')) {
      image = word
      continue
    }
    const long = /^--([\w-]+)(?:=(.*))?$/s.exec(word)
    if (long !== null) {
      const name = long[1] ?? ''
      const hasOwn = long[2] !== undefined || WITHOUT_VALUE.test(name)
      if (!hasOwn) index += 1
      options.push([name, long[2] ?? (hasOwn ? 'true' : (words[index] ?? ''))])
      continue
    }
    // `-itv A:B`, `-p80:80`
    const letters = /^-([dDiPqt]*)(\w?)=?(.*)$/s.exec(word)
    const letter = letters?.[2] ?? ''
    if (letter === '') continue
    const attached = letters?.[3] ?? ''
    if (attached === '') index += 1
    options.push([LONG.get(letter) ?? letter, attached || (words[index] ?? '')])
  }
  if (image === null || !/^[\w$]/.test(image)) return null
  const said = (name: string): readonly string[] => options.flatMap(([key, value]) => (key === name ? [value] : []))
  return {
    image: image.replace(/[`,.)]{1,3}$/, ''),
    mounts: [
      ...said('volume').flatMap((value) => mountOf(value, {}, at) ?? []),
      ...said('mount').flatMap((value) => mountOfFields(value, at) ?? []),
    ],
    privileged: said('privileged').some((value) => value !== 'false'),
    hostPid: said('pid').includes('host'),
    capabilities: said('cap-add')
      .flatMap((value) => value.split(','))
      .map(capability),
    devices: said('device').flatMap(deviceOf),
    user: said('user')[0] ?? null,
    groups: said('group-add').length > 0,
    env: pairsOf(said('env'), (value) => (typeof value !== 'string' || value.includes('$') ? null : value)),
  }
}

/** `type=bind,source=X,target=Y,readonly` */
function mountOfFields(written: string, at: At): WrittenMount | null {
  const fields = new Map(
    written.split(',').map((field) => {
      const [, key = '', value = 'true'] = /^([\w-]+)(?:=(.*))?$/s.exec(field.trim()) ?? []
      return [key.toLowerCase(), value] as const
    }),
  )
  if (fields.get('type') === 'tmpfs') return null
  const readOnly = ['readonly', 'ro'].some((key) => fields.has(key) && fields.get(key) !== 'false')
  const target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst') ?? ''
  return mount(fields.get('source') ?? fields.get('src') ?? '', target, readOnly, {}, at)
}

/** https://docs.docker.com/reference/cli/docker/container/run: all others take one. */
const WITHOUT_VALUE =
  /^(detach|disable-content-trust|help|init|interactive|no-healthcheck|oom-kill-disable|privileged|publish-all|quiet|read-only|replace|rm|sig-proxy|tty|tls-verify|use-api-socket)$/
const LONG: ReadonlyMap<string, string> = new Map([
  ['v', 'volume'],
  ['u', 'user'],
  ['w', 'workdir'],
  ['e', 'env'],
])

/** What a document shows: commands, and Compose files between its lines. */
export function runsOfDocument(text: string, at: At): readonly RunOfImage[] {
  return [...runsOfCommands(text, at), ...runsOfSnippets(text, at), ...buildsOfSnippets(text, at)]
}

/** Dockerfiles in a document that run something in an image before they say a user. */
function buildsOfSnippets(text: string, at: At): readonly RunOfImage[] {
  if (!MAY_BUILD.test(text)) return []
  return snippetsIn(text, MAY_BUILD).flatMap(({ snippet, line }) => {
    const stages = dockerfileIn(snippet)?.stages ?? []
    return stages.flatMap(({ base, instructions }): readonly RunOfImage[] => {
      const first = instructions.find(({ keyword }) => keyword === 'RUN' || keyword === 'USER')
      if (base.kind !== 'image' || first?.keyword !== 'RUN') return []
      const work = (first.json?.map(({ value }) => value).join(' ') ?? first.text).replace(/\s+/g, ' ').trim()
      const by = `${at.name} line ${line + first.line - 1}`
      const builds = work.length > LONGEST_WORK ? `${work.slice(0, LONGEST_WORK)}…` : work
      return [{ ...nothing, by, kind: 'command', image: base.reference, file: at.path, builds }]
    })
  })
}

const MAY_BUILD = /^[ \t]{0,20}FROM[ \t]/m
const LONGEST_WORK = 40

function dockerfileIn(snippet: string): Dockerfile | null {
  try {
    return parseDockerfile(snippet)
  } catch {
    return null
  }
}

/**
 * The container that people develop in: what it mounts, and what is run in it once it is made. Where its Dockerfile is, or which image
 * it has, `built` says. https://containers.dev/implementors/json_reference
 */
export function runsOfDevcontainer(
  file: Json,
  built: Pick<RunOfImage, 'dockerfiles' | 'image' | 'stage'>,
  at: At,
): readonly RunOfImage[] {
  const plainText = (written: string): string =>
    written
      .replace(/\$\{localEnv:(?:HOME|USERPROFILE)\}/g, '~')
      .replace(/\$\{localEnv:(\w{1,99})[^{}]{0,99}\}/g, '$$$1')
      .replace(/\$\{localWorkspaceFolder\}/g, '$PWD')
  const mounts = asList(file.mounts).flatMap((one) => {
    if (typeof one === 'string') return mountOfFields(plainText(one), at) ?? []
    const { source, target, type } = asObject(one)
    if (typeof target !== 'string' || (type !== 'bind' && type !== 'volume')) return []
    return mount(typeof source === 'string' ? plainText(source) : '', target, false, {}, at) ?? []
  })
  const options = asList(file.runArgs).filter((word): word is string => typeof word === 'string')
  const told = toldTo([...options, 'image'], at)
  const user = [file.containerUser, file.remoteUser].find((one): one is string => typeof one === 'string')
  return [
    {
      ...nothing,
      ...(told ?? {}),
      mounts: [...(told?.mounts ?? []), ...mounts],
      privileged: file.privileged === true || told?.privileged === true,
      capabilities: [...(told?.capabilities ?? []), ...asList(file.capAdd).map(capability)],
      user: user ?? told?.user ?? null,
      ...built,
      by: at.name,
      kind: 'command',
      file: at.path,
    },
  ]
}

/** A document that may show how an image is run. */
export const MAY_SHOW = new RegExp(`${MAY_RUN.source}|^[ \\t]{0,20}(?:(?:services|container):|FROM[ \\t])`, 'm')

/** Compose files in a document: each may be the short form of another, as its commands may. */
function runsOfSnippets(text: string, at: At): readonly RunOfImage[] {
  if (!/^[ \t]{0,20}services:/m.test(text)) return []
  return snippetsIn(text, /^services:/m).flatMap(({ snippet, line }) =>
    runsOfCompose(snippet, { ...at, name: `${at.name} line ${line}` }).map(
      (run) => ({ ...run, kind: 'command', service: null, dockerfiles: [] }) as const,
    ),
  )
}

/** What stands between the fences of a document and says something, without its indent; `line`: 1-based, where it begins. */
export function snippetsIn(text: string, says: RegExp): readonly { readonly snippet: string; readonly line: number }[] {
  const lines = text.split('\n')
  const found: { readonly snippet: string; readonly line: number }[] = []
  for (let from = 0; from < lines.length && found.length < bounds.buildCommands; from += 1) {
    const block = blockAt(lines, from)
    if (block === null) continue
    const { length, indent } = block
    if (length < 0) return found
    const written = lines.slice(from + 1, from + 1 + length)
    const snippet = written.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n')
    if (says.test(snippet)) found.push({ snippet, line: from + 2 })
    from += block.isClosed ? length + 1 : length
  }
  return found
}

/** Between fences of Markdown (```) or AsciiDoc (----), or what is indented below a directive of reStructuredText. */
function blockAt(
  lines: readonly string[],
  from: number,
): { readonly length: number; readonly indent: string; readonly isClosed: boolean } | null {
  const line = lines[from] ?? ''
  const [, indent = '', fence] = /^([ \t]{0,20})(```+|~~~+|-{4,}(?=\s*$))/.exec(line) ?? []
  // Below a heading, such a line closes nothing.
  const isHeading =
    fence?.startsWith('-') === true && (lines[from - 1] ?? '').trim() !== '' && !/^\[/.test(lines[from - 1] ?? '')
  if (fence !== undefined && !isHeading)
    return { length: lines.slice(from + 1).findIndex((other) => other.trim() === fence), indent, isClosed: true }
  const directive = /^([ \t]{0,20})(?:\.\. (?:code|code-block|sourcecode)::|(?!\.\. )\S.{0,400}::\s*$)/.exec(line)
  if (directive === null) return null
  const outer = directive[1] ?? ''
  const rest = lines.slice(from + 1)
  const end = rest.findIndex((other) => other.trim() !== '' && !/^[ \t]/.test(other.slice(outer.length)))
  const length = end < 0 ? rest.length : end
  const first = rest.slice(0, length).find((other) => /^[ \t]*[^\s:]/.test(other)) ?? ''
  return { length, indent: /^[ \t]*/.exec(first)?.[0] ?? '', isClosed: false }
}

/** Manifests of a cluster that say more of a pod than its image. */
export const MAY_BE_POD = /^[ \t]{0,99}(?:- )?containers:/m

/** By the pods of a manifest, whatever makes them. */
export function runsOfManifests(text: string, at: At): readonly RunOfImage[] {
  if (!/\b(?:securityContext|volumeMounts|hostPID|gpu)\b/.test(text)) return []
  return valuesOf(withoutTemplates(text), at.name).flatMap((document) => {
    const manifest = asObject(document)
    const { kind, metadata, spec: written } = manifest
    const spec = asObject(written)
    const template = asObject(asObject(asObject(asObject(spec.jobTemplate).spec).template ?? spec.template).spec)
    const pod = kind === 'Pod' ? spec : template
    const { name } = asObject(metadata)
    const by = `${typeof kind === 'string' ? kind.toLowerCase() : 'pod'} ${typeof name === 'string' ? name : ''}`.trim()
    const claimed = asList(spec.volumeClaimTemplates).map((one) => asObject(asObject(one).metadata).name)
    // One that prepares its volumes may well be root.
    return asList(pod.containers).flatMap((container) =>
      runOfContainer(asObject(container), pod, claimed, { ...at, name: `${by} of ${at.name}` }),
    )
  })
}

function runOfContainer(container: Json, pod: Json, claimed: readonly unknown[], at: At): readonly RunOfImage[] {
  const { image } = container
  if (typeof image !== 'string') return []
  const [own, ofPod] = [asObject(container.securityContext), asObject(pod.securityContext)]
  const said = (key: string): string | null => {
    const value = own[key] ?? ofPod[key]
    return typeof value === 'number' || typeof value === 'string' ? String(value) : null
  }
  const [uid, gid] = [said('runAsUser'), said('runAsGroup')]
  const volumes = new Map(asList(pod.volumes).map((one) => [asObject(one).name, asObject(one)]))
  const mounts = asList(container.volumeMounts).flatMap((one): readonly WrittenMount[] => {
    const { name, mountPath, readOnly } = asObject(one)
    if (typeof name !== 'string' || typeof mountPath !== 'string' || !mountPath.startsWith('/')) return []
    const volume = asObject(volumes.get(name))
    const { path } = asObject(volume.hostPath)
    const isClaim = claimed.includes(name) || isObject(volume.persistentVolumeClaim)
    if (typeof path !== 'string' && (!isClaim || said('fsGroup') !== null)) return []
    return [
      {
        kind: isClaim ? 'claim' : 'host',
        source: typeof path === 'string' ? path : name,
        target: resolve('/', mountPath),
        readOnly: readOnly === true,
        paths: [],
        isCallers: false,
      },
    ]
  })
  return [
    {
      ...nothing,
      by: at.name,
      kind: 'pod',
      file: at.path,
      image,
      mounts,
      privileged: own.privileged === true,
      hostPid: pod.hostPID === true,
      capabilities: asList(asObject(own.capabilities).add).map(capability),
      devices: Object.keys(asObject(asObject(container.resources).limits)).flatMap(
        (name) => DEVICES_OF.get(name.split('/')[0] ?? '') ?? [],
      ),
      user: uid === null ? null : gid === null ? uid : `${uid}:${gid}`,
      groups: asList(ofPod.supplementalGroups).length > 0,
      env: new Map(
        asList(container.env).flatMap((one) => {
          const { name, value } = asObject(one)
          return typeof name === 'string' ? [[name, typeof value === 'string' ? value : null] as const] : []
        }),
      ),
    },
  ]
}

/**
 * What device plugins of a cluster give a container, by the domain of the resource; NVIDIA's devices are open to all. Source: the
 * README of each plugin.
 */
const DEVICES_OF: ReadonlyMap<string, string> = new Map([
  ['amd.com', '/dev/kfd'],
  ['gpu.intel.com', '/dev/dri'],
  ['squat.ai', '/dev/dri'],
])

/** Values of a chart that say whom it runs an image as. */
export const MAY_BE_VALUES = /\brunAsUser\b|\bprivileged[ \t]?:/

/** `image: { repository }` beside `securityContext` or `podSecurityContext`, at the top or for one of its parts. */
export function runsOfValues(text: string, at: At): readonly RunOfImage[] {
  const values = asObject(valuesOf(withoutTemplates(text), at.name)[0])
  return [values, ...Object.values(values).map(asObject)].flatMap((part) => {
    const { image, podSecurityContext: securityContext, securityContext: own } = part
    const { registry, repository } = asObject(image)
    if (typeof repository !== 'string' || repository === '') return []
    const name = typeof registry === 'string' && registry !== '' ? `${registry}/${repository}` : repository
    return runOfContainer({ image: name, securityContext: own }, { securityContext }, [], at)
  })
}
