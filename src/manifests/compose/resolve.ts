import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { nameOf, normalisePath, parentOf, relativePath } from '../../path.ts'
import { type ReportFinding, targetFinding } from '../../report/report.ts'
import { choices, joinAnd } from '../../words.ts'
import type { Project, ProjectFile, Service, ServiceOrigin } from '../project.ts'
import {
  asList,
  asObject,
  isObject,
  type Json,
  parseYaml,
  taggedPaths,
  textOf,
  type YamlDocument,
} from '../yaml/file.ts'
import { mergedFile, mergedService } from './merge.ts'
import { isExternal, placedIn, type ServiceContext, serviceOf, USER_IS_OPEN, volumeOf } from './read-service.ts'
import { dotEnv, type Filled, filled, type LookUp } from './variables.ts'

/** Which project, as `docker compose` is told it. All paths are absolute. */
export interface ProjectRequest {
  /** `-f`, or what was found: at least one. */
  readonly files: readonly string[]
  /** From where people look at it: names of files start there. */
  readonly cwd: string
  /** `--profile`; null for what `.env` says. */
  readonly profiles: readonly string[] | null
  /** `--env-file`; null for the `.env` beside the first file. */
  readonly envFiles: readonly string[] | null
  /** `--project-name`; null for what the files or their folder say. */
  readonly name: string | null
  /** Variables of the caller that the project may have. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Those that the caller has set and the project may not have. */
  readonly withheld: ReadonlySet<string>
  /** What `~` stands for; null where nobody knows. */
  readonly home: string | null
}

/** The text of a file (absolute path); null where there is none. */
export type ReadProjectFile = (path: string) => ReadText | Unread | null

interface ReadText {
  readonly text: string
  /** It may be changed. */
  readonly isOwn: boolean
}

interface Unread {
  /** Why it is not read: a subject and a verb. */
  readonly refused: string
}

/**
 * A project as Compose resolves it. What is left open is a finding. Throws HardenError `unreadable` for what Compose
 * refuses, and for more files than anybody has.
 */
export function resolveProject(request: ProjectRequest, readFile: ReadProjectFile): Project {
  const [first = ''] = request.files
  const folder = parentOf(first)
  const resolving = {
    request,
    folder,
    readFile,
    files: [],
    texts: new Map(),
    findings: [],
    used: new Map(),
  } satisfies Resolving
  const fileEnv = envOf(resolving, request.envFiles ?? [`${folder}/.env`], request.envFiles !== null, (name) =>
    given(request, name),
  )
  const written = (name: string): string | null => given(request, name) ?? fileEnv.get(name) ?? null
  for (const path of request.files) opened(resolving, path)
  const name = projectName(resolving, written)
  const lookUp: LookUp = (variable) => (variable === 'COMPOSE_PROJECT_NAME' ? name : written(variable))
  const { model, origins } = loaded(resolving, request.files, { base: folder, lookUp, above: [] })
  const whole = asObject(model.services)
  if (Object.keys(whole).length === 0) throw noServices(resolving, model)
  const profiles = request.profiles ?? (written('COMPOSE_PROFILES') ?? '').split(',').map((one) => one.trim())
  const enabled = Object.entries(whole).filter(([, service]) => runs(asObject(service), profiles))
  const around: ServiceContext = {
    folder,
    home: request.home,
    lookUp,
    volumes: asObject(model.volumes),
    secrets: asObject(model.secrets),
    configs: asObject(model.configs),
    env: (paths, isNeeded) => envOf(resolving, paths, isNeeded, lookUp),
  }
  const services = enabled.map(([key, service]) => serviceOf(key, asObject(service), origins.get(key) ?? [], around))
  checkTogether(services, model, resolving)
  return {
    name,
    folder,
    files: resolving.files,
    services,
    volumes: new Map(
      Object.entries(asObject(model.volumes)).map(([key, volume]) => [key, volumeOf(asObject(volume), folder)]),
    ),
    externalNetworks: new Set(
      Object.entries(asObject(model.networks)).flatMap(([key, network]) =>
        isExternal(asObject(network)) ? [key] : [],
      ),
    ),
    findings: [
      ...resolving.findings,
      ...variableFindings(resolving, written, new Set(services.map((one) => one.name))),
    ],
  }
}

interface Resolving {
  readonly request: ProjectRequest
  readonly folder: string
  readonly readFile: ReadProjectFile
  readonly files: ProjectFile[]
  /** By path: which of the files it is, and its documents. */
  readonly texts: Map<string, Opened>
  readonly findings: ReportFinding[]
  readonly used: Map<string, UsedVariable>
}

interface Opened {
  readonly index: number
  readonly documents: readonly { readonly value: unknown; readonly tagged: ReturnType<typeof taggedPaths> }[]
}

/** Where one is first used, and how. */
interface UsedVariable {
  readonly file: number
  readonly isMissing: boolean
  /** Compose does not start without it, and says this. */
  readonly why: string | null
  /** Services that use it; '' for what is none's. */
  readonly services: Set<string>
  /** It says what is run, or as whom. */
  readonly decides: boolean
}

function given({ env }: ProjectRequest, name: string): string | null {
  return Object.hasOwn(env, name) ? (env[name] ?? null) : null
}

/** Variables of files, later ones over earlier ones. */
function envOf(
  resolving: Resolving,
  paths: readonly string[],
  isNeeded: boolean,
  lookUp: LookUp,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const path of paths) {
    const read = resolving.readFile(path)
    if (read !== null && 'text' in read) {
      for (const [name, value] of dotEnv(read.text, (one) => values.get(one) ?? lookUp(one))) values.set(name, value)
      continue
    }
    if (read === null && !isNeeded) continue
    const name = named(resolving, path)
    const what =
      read === null ? `${name} is not there: what it sets is not known` : `${name} was not read: ${read.refused}`
    addFinding(
      resolving,
      targetFinding(
        'read-project',
        'note',
        what,
        read === null ? 'put it there, or name another with --env-file' : 'trust the project with --trust-config',
      ),
    )
  }
  return values
}

/** Once: several services may name one file. */
function addFinding({ findings }: Resolving, finding: ReportFinding): void {
  if (!findings.some(({ message }) => message === finding.message)) findings.push(finding)
}

function named({ request }: Pick<Resolving, 'request'>, path: string): string {
  return relativePath(request.cwd, path)
}

/** Throws HardenError `unreadable` where it is not there or must not be read. */
function opened(resolving: Resolving, path: string): Opened {
  const known = resolving.texts.get(path)
  if (known !== undefined) return known
  const name = named(resolving, path)
  const read = resolving.readFile(path)
  if (read === null) throw refused(`${name} cannot be read: it does not exist`, 'check the path')
  if ('refused' in read) throw refused(`${name} was not read: ${read.refused}`, 'trust the project with --trust-config')
  if (resolving.files.length >= bounds.projectFiles)
    throw refused(`the project has more than ${bounds.projectFiles} files`, 'name those of a part of it with -f')
  const { documents, values } = parseYaml(read.text, name)
  const index = resolving.files.push({ path, name, text: read.text, isOwn: read.isOwn }) - 1
  const file = {
    index,
    documents: values.map((value, at) => ({
      value,
      tagged: taggedPaths(documents[at] as YamlDocument, ['!reset', '!override']),
    })),
  }
  resolving.texts.set(path, file)
  return file
}

function refused(message: string, hint: string): HardenError {
  return new HardenError('unreadable', message, { hint })
}

function projectName(resolving: Resolving, lookUp: LookUp): string {
  const { request, folder } = resolving
  if (request.name !== null) return request.name
  const set = lookUp('COMPOSE_PROJECT_NAME')
  if (set !== null && set !== '') return set
  const written = request.files.flatMap((path) =>
    opened(resolving, path).documents.flatMap(({ value }) => asObject(value).name ?? []),
  )
  const last = written.at(-1)
  const own = last === undefined ? '' : normalName(filled(textOf(last), lookUp).text)
  return own === '' ? normalName(nameOf(folder)) || 'project' : own
}

function normalName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
}

/** Where a file is loaded from. */
interface Place {
  /** What its relative paths start from. */
  readonly base: string
  readonly lookUp: LookUp
  /** Files that include it, the first one first. */
  readonly above: readonly string[]
}

interface Loaded {
  readonly model: Json
  readonly origins: ReadonlyMap<string, readonly ServiceOrigin[]>
}

/** Files one on top of the other. */
function loaded(resolving: Resolving, paths: readonly string[], place: Place): Loaded {
  let model: Json = {}
  const origins = new Map<string, readonly ServiceOrigin[]>()
  for (const path of paths) {
    const { index, documents } = opened(resolving, path)
    for (const { value, tagged } of documents) {
      if (value === null || value === undefined) continue
      const resets = tagged.map((one) => one.path)
      const own = filledFile(resolving, index, withoutReset(checkedFile(value, named(resolving, path)), tagged), place)
      const { model: included, origins: includedOrigins } = withIncluded(resolving, own, {
        ...place,
        above: [...place.above, path],
      })
      const extending: Extending = {
        resolving,
        place,
        file: index,
        path,
        services: asObject(included.services),
        resets,
        origins: includedOrigins,
      }
      const services = Object.fromEntries(
        Object.keys(extending.services).map((name) => {
          const extended = extendedService(extending, name, [])
          origins.set(name, [...(origins.get(name) ?? []), ...extended.origins])
          return [name, extended.settings]
        }),
      )
      model = mergedFile(withoutPaths(model, resets), { ...included, services })
    }
  }
  return { model: { ...model, services: uniqueServices(model) }, origins }
}

/** Also within one file of an entry that is there twice the last one holds. */
function uniqueServices(model: Json): Json {
  return Object.fromEntries(
    Object.entries(asObject(model.services)).map(([name, service]) => [
      name,
      isObject(service) ? mergedService(service, {}) : service,
    ]),
  )
}

function checkedFile(value: unknown, name: string): Json {
  if (!isObject(value)) throw refused(`${name} is not a Compose file: its top is no map`, 'name a Compose file')
  const { services } = value
  if (services !== undefined && services !== null && !isObject(services))
    throw refused(`${name} is not a Compose file: its services are no map`, 'each service stands below its name')
  return value
}

/** What `!reset` stands at is nothing. */
function withoutReset(value: Json, tagged: ReturnType<typeof taggedPaths>): Json {
  return withoutPaths(
    value,
    tagged.filter(({ tag }) => tag === '!reset').map(({ path }) => path),
  )
}

function withoutPaths(value: Json, paths: readonly (readonly string[])[]): Json {
  // From the end, so that what is taken out of a list moves nothing that is to be taken out.
  return paths.toReversed().reduce((left, path) => asObject(without(left, path)), value)
}

function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value
  if (Array.isArray(value)) {
    const at = Number(key)
    return rest.length === 0
      ? value.filter((_, index) => index !== at)
      : value.map((one, index) => (index === at ? without(one, rest) : one))
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value
  if (rest.length > 0) return { ...value, [key]: without(value[key], rest) }
  const { [key]: _, ...others } = value
  return others
}

/** With variables put in, and paths that mean the same wherever they are read. */
function filledFile(resolving: Resolving, file: number, value: Json, place: Place): Json {
  const isElsewhere = place.base !== resolving.folder
  const entries = Object.entries(value).map(([key, part]): [string, unknown] => {
    if (key !== 'services') return [key, fill(resolving, file, part, place.lookUp, { service: '', key })]
    const services = Object.entries(asObject(part)).map(([name, service]): [string, unknown] => {
      if (!isObject(service)) return [name, service]
      const own = Object.fromEntries(
        Object.entries(service)
          .filter(([field]) => field !== USER_IS_OPEN)
          .map(([field, one]) => [field, fill(resolving, file, one, place.lookUp, { service: name, key: field })]),
      )
      const { user } = service
      const marked = user === undefined ? own : { ...own, [USER_IS_OPEN]: isVariable(user) }
      return [name, isElsewhere ? placedIn(marked, place.base) : marked]
    })
    return [key, Object.fromEntries(services)]
  })
  const all = Object.fromEntries(entries)
  if (!isElsewhere) return all
  const withFiles = (part: unknown) =>
    mapped(asObject(part), (one) =>
      isObject(one) && typeof one.file === 'string' ? { ...one, file: normalisePath(one.file, place.base) } : one,
    )
  return {
    ...all,
    ...(all.secrets === undefined ? {} : { secrets: withFiles(all.secrets) }),
    ...(all.configs === undefined ? {} : { configs: withFiles(all.configs) }),
    ...(isObject(all.volumes) ? { volumes: mapped(all.volumes, (one) => placedDevice(one, place.base)) } : {}),
  }
}

function mapped(all: Json, make: (one: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, make(one)]))
}

/** A folder of the machine that a volume is kept in. */
function placedDevice(volume: unknown, base: string): unknown {
  const { driver_opts: options } = asObject(volume)
  if (!isObject(options) || typeof options.device !== 'string' || !options.device.startsWith('.')) return volume
  return { ...asObject(volume), driver_opts: { ...options, device: normalisePath(options.device, base) } }
}

function isVariable(written: unknown): boolean {
  return /\$(?:\{|[a-z_])/i.test(textOf(written).replaceAll('$$', ''))
}

/** What says what is run, and as whom. */
const DECIDES = new Set(['build', 'extends', 'image', 'user'])

function fill(
  resolving: Resolving,
  file: number,
  value: unknown,
  lookUp: LookUp,
  at: { readonly service: string; readonly key: string },
): unknown {
  if (Array.isArray(value)) return value.map((one) => fill(resolving, file, one, lookUp, at))
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(resolving, file, one, lookUp, at)]))
  if (typeof value !== 'string' || !value.includes('$')) return value
  const { text, named: names, missing, required } = filledIn(resolving, file, value, lookUp)
  // What an anchor holds is used where its alias is.
  if (!at.key.startsWith('x-'))
    for (const name of names) {
      const before = resolving.used.get(name)
      const services = (before?.services ?? new Set()).add(at.service)
      const why = required.find((one) => one.name === name)?.why ?? before?.why ?? null
      const isMissing = before?.isMissing === true || missing.includes(name)
      const decides = before?.decides === true || (isMissing && DECIDES.has(at.key))
      resolving.used.set(name, { file: before?.file ?? file, isMissing, why, services, decides })
    }
  return text
}

function filledIn({ files }: Resolving, file: number, value: string, lookUp: LookUp): Filled {
  try {
    return filled(value, lookUp)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    const { name = '', text = '' } = files[file] ?? {}
    const at = text.indexOf(value.split('\n', 1)[0] ?? value)
    const line = text.slice(0, Math.max(0, at)).split('\n').length
    throw new HardenError(error.code, `${name}:${line}: ${error.message}`, {
      line,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

/** What `include` brings in, below what the file itself says. */
function withIncluded(resolving: Resolving, own: Json, place: Place): Loaded {
  const { include, ...rest } = own
  let all: Json = {}
  const origins = new Map<string, readonly ServiceOrigin[]>()
  for (const entry of asList(include)) {
    const { path, project_directory: directory, env_file: envFile } = isObject(entry) ? entry : { path: entry }
    const paths = (Array.isArray(path) ? path : [path]).map(textOf)
    const remote = paths.find(isRemote)
    if (remote !== undefined) {
      addFinding(
        resolving,
        targetFinding(
          'read-project',
          'todo',
          `include: ${remote} is not of this machine, and was not fetched: its services are not known`,
          choices('put a copy of it beside the project, and include that', 'take it out of the include'),
        ),
      )
      continue
    }
    const files = paths.map((one) => normalisePath(one, place.base))
    const [first = ''] = files
    const circle = files.find((one) => place.above.includes(one))
    if (circle !== undefined) throw refused(`${named(resolving, circle)} includes itself`, 'take the include out')
    if (place.above.length > bounds.projectDepth)
      throw refused(
        `${named(resolving, first)} is included more than ${bounds.projectDepth} levels deep`,
        'include it further up',
      )
    const base = directory == null ? parentOf(first) : normalisePath(textOf(directory), place.base)
    const envFiles = (
      envFile == null ? [`${base}/.env`] : [envFile].flat().map((one) => normalisePath(textOf(one), place.base))
    ).filter((one) => one !== '/dev/null')
    const env = envOf(resolving, envFiles, envFile != null, place.lookUp)
    const refusedFile = files
      .map((one) => [one, resolving.texts.has(one) ? null : resolving.readFile(one)] as const)
      .find(([, read]) => read !== null && 'refused' in read)
    if (refusedFile !== undefined) {
      const [one, read] = refusedFile
      const why = read !== null && 'refused' in read ? read.refused : ''
      addFinding(
        resolving,
        targetFinding(
          'read-project',
          'todo',
          `include: ${named(resolving, one)} was not read: ${why}: its services are not known`,
          choices('trust the project with --trust-config', 'take it out of the include'),
        ),
      )
      continue
    }
    const part = loaded(resolving, files, {
      base,
      lookUp: (name) => place.lookUp(name) ?? env.get(name) ?? null,
      above: place.above,
    })
    for (const [name, from] of part.origins) origins.set(name, [...(origins.get(name) ?? []), ...from])
    const { name: _, ...model } = part.model
    all = mergedFile(all, model)
  }
  return { model: mergedFile(all, rest), origins }
}

function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('git@') || /\.git(?:#|$)/.test(path)
}

interface Extending {
  readonly resolving: Resolving
  readonly place: Place
  readonly file: number
  readonly path: string
  readonly services: Json
  readonly resets: readonly (readonly string[])[]
  /** Of what was included. */
  readonly origins: ReadonlyMap<string, readonly ServiceOrigin[]>
}

interface Extended {
  readonly settings: Json
  readonly origins: readonly ServiceOrigin[]
}

/** A service with all that it extends below it. Throws HardenError `unreadable` for a circle and for what is not there. */
function extendedService(extending: Extending, name: string, below: readonly string[]): Extended {
  const { resolving, file, path, services, resets, place } = extending
  const own = services[name]
  const hasOwn = isWrittenHere(extending, name)
  const origins: readonly ServiceOrigin[] = [
    ...(extending.origins.get(name) ?? []),
    ...(hasOwn ? [{ file, service: name }] : []),
  ]
  if (!isObject(own)) return { settings: asObject(own), origins }
  const { extends: link, ...rest } = own
  if (link === undefined || link === null) return { settings: rest, origins }
  const reference = isObject(link) ? textOf(link.service ?? '') : textOf(link)
  const from = isObject(link) && link.file != null ? textOf(link.file) : null
  const step = `${path} ${name}`
  if (below.includes(step))
    throw refused(
      `the service ${name} of ${named(resolving, path)} extends itself`,
      'take the extends out of one of them',
    )
  if (below.length > bounds.projectDepth)
    throw refused(
      `the service ${name} of ${named(resolving, path)} extends more than ${bounds.projectDepth} others`,
      'extend one that is nearer',
    )
  if (from !== null && isRemote(from)) {
    addFinding(
      resolving,
      targetFinding(
        'read-project',
        'todo',
        `the service ${name} extends ${reference} of ${from}, which is not of this machine and was not fetched`,
        choices('put a copy of it beside the project, and extend that', 'write its settings out here'),
      ),
    )
    return { settings: rest, origins }
  }
  const base = from === null ? extending : otherFile(resolving, normalisePath(from, place.base), place)
  if (!Object.hasOwn(base.services, reference))
    throw refused(
      `the service ${name} of ${named(resolving, path)} extends ${reference}, which ${named(resolving, base.path)} does not have`,
      `it has ${joinAnd(Object.keys(base.services))}`,
    )
  const extended = extendedService(base, reference, [...below, step])
  const source = asObject(asObject(withoutPaths({ services: { [name]: extended.settings } }, resets).services)[name])
  return { settings: mergedService(source, rest), origins: [...extended.origins, ...origins] }
}

/** It may be there from an include alone. */
function isWrittenHere({ resolving, path }: Extending, name: string): boolean {
  return opened(resolving, path).documents.some(({ value }) => Object.hasOwn(asObject(asObject(value).services), name))
}

function otherFile(resolving: Resolving, path: string, above: Place): Extending {
  const { index, documents } = opened(resolving, path)
  const place = { ...above, base: parentOf(path) }
  const resets = documents.flatMap(({ tagged }) => tagged.map((one) => one.path))
  const values = documents.filter(({ value }) => value !== null && value !== undefined)
  const model = values.reduce<Json>(
    (all, { value, tagged }) =>
      mergedFile(
        all,
        filledFile(resolving, index, withoutReset(checkedFile(value, named(resolving, path)), tagged), place),
      ),
    {},
  )
  return { resolving, place, file: index, path, services: asObject(model.services), resets, origins: new Map() }
}

function runs({ profiles }: Json, active: readonly string[]): boolean {
  const own = asList(profiles).map(textOf)
  return own.length === 0 || active.includes('*') || own.some((one) => active.includes(one))
}

function noServices({ files }: Resolving, model: Json): HardenError {
  const names = joinAnd(files.map(({ name }) => name))
  const first = Object.entries(model).find(([, part]) => isObject(part) && ('image' in part || 'build' in part))
  if (first !== undefined)
    return refused(
      `${names} is a file of Compose 1: ${first[0]} stands at its top`,
      'put its services below services:, as docker compose takes them',
    )
  return refused(`${names} has no services`, 'name the Compose file that has them')
}

/** Throws HardenError `unreadable` for what Compose does not start. */
function checkTogether(services: readonly Service[], model: Json, resolving: Resolving): void {
  const names = new Set(services.map(({ name }) => name))
  const where = joinAnd(resolving.files.slice(0, resolving.request.files.length).map(({ name }) => name))
  for (const { name, settings, image, build, mounts, dependsOn } of services) {
    const who = `the service ${name} of ${where}`
    if (image === null && build === null && settings.provider === undefined)
      throw refused(
        `${who} has neither an image nor a build`,
        'if it stands on top of another file, name both: -f compose.yaml -f …',
      )
    for (const { service } of dependsOn) {
      if (names.has(service) || isOptional(settings, service)) continue
      const [profile] = asList(asObject(asObject(model.services)[service]).profiles).map(textOf)
      throw refused(
        `${who} depends on ${service}, which ${profile === undefined ? 'is not there' : 'no profile that is asked for runs'}`,
        profile === undefined ? 'check its name' : `ask for its profile: --profile ${profile}`,
      )
    }
    const { networks, secrets, configs } = settings
    const used = {
      volumes: mounts.flatMap(({ kind, source }) => (kind === 'volume' && source !== '' ? source : [])),
      networks: (isObject(networks) ? Object.keys(networks) : asList(networks).map(textOf)).filter(
        (one) => one !== 'default',
      ),
      secrets: asList(secrets).map(sourceName),
      configs: asList(configs).map(sourceName),
    }
    for (const [part, ones] of Object.entries(used)) {
      const missing = ones.find((one) => !Object.hasOwn(asObject(model[part]), one))
      if (missing !== undefined)
        throw refused(
          `${who} uses ${missing}, which ${part}: of the project does not have`,
          `declare it below ${part}:`,
        )
    }
  }
  inStartOrder(services)
}

function sourceName(mounted: unknown): string {
  return textOf(isObject(mounted) ? (mounted.source ?? '') : mounted)
}

function isOptional({ depends_on }: Json, service: string): boolean {
  return isObject(depends_on) && asObject(depends_on[service]).required === false
}

/** Services after all that they wait for, else as they are written. Throws HardenError `unreadable` for a circle. */
export function inStartOrder(services: readonly Service[]): readonly Service[] {
  const byName = new Map(services.map((service) => [service.name, service]))
  const done = new Set<Service>()
  const visit = (service: Service, below: readonly string[]): void => {
    if (done.has(service)) return
    const at = below.indexOf(service.name)
    if (at >= 0)
      throw refused(
        `services wait for each other: ${[...below.slice(at), service.name].join(' -> ')}`,
        'take one depends_on out',
      )
    for (const { service: name } of service.dependsOn) {
      const other = byName.get(name)
      if (other !== undefined) visit(other, [...below, service.name])
    }
    done.add(service)
  }
  for (const service of services) visit(service, [])
  return [...done]
}

/** Of those that the services use which run. */
function variableFindings(
  resolving: Resolving,
  lookUp: LookUp,
  running: ReadonlySet<string>,
): readonly ReportFinding[] {
  const { request, used, files } = resolving
  const counts = [...used].filter(
    ([, { services }]) => services.has('') || [...services].some((one) => running.has(one)),
  )
  const findings = counts.flatMap(([name, { file, isMissing, why, decides }]): readonly ReportFinding[] => {
    if (!isMissing && why === null) return []
    if (lookUp(name) !== null && why === null) return []
    const { text = '', name: fileName = '' } = files[file] ?? {}
    const isWithheld = request.withheld.has(name)
    const said =
      why === null
        ? 'Compose puts nothing in its place'
        : `Compose does not start without it${why === '' ? '' : ` (${why})`}`
    const message = isWithheld
      ? `${name} is set here, and was not given to a project that nobody trusts: nothing is in its place`
      : `${name} is not set: ${said}`
    const hint = isWithheld
      ? choices('trust the project with --trust-config', 'set it in a file: --env-file FILE')
      : choices(`set ${name} in .env`, 'set it in a file: --env-file FILE')
    return [
      {
        ...targetFinding('read-project', decides ? 'todo' : 'note', message, hint),
        line: lineOfVariable(text, name),
        ...(file === 0 ? {} : { file: fileName }),
      },
    ]
  })
  const taken = counts.map(([name]) => name).filter((name) => given(request, name) !== null)
  return taken.length === 0
    ? findings
    : [
        ...findings,
        targetFinding(
          'read-project',
          'note',
          `${joinAnd(taken)}: taken from your environment, as Compose does`,
          'elsewhere they may have another value: .env says it for everybody',
        ),
      ]
}

function lineOfVariable(text: string, name: string): number {
  const at = ['${', '$'].map((sign) => text.indexOf(`${sign}${name}`)).find((one) => one >= 0) ?? 0
  return text.slice(0, at).split('\n').length
}
