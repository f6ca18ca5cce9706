import { bounds } from '../../bounds.ts'
import { nameOf, normalisePath, parentOf } from '../../path.ts'
import { joinAnd } from '../../words.ts'
import type { Project, ProjectRequest, ReadProjectFile, ServiceOrigin } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { checkTogether, noServices, refused } from './check-project.ts'
import { mergedFile, mergedService } from './merge.ts'
import {
  documentsIn,
  envOf,
  given,
  type KeyPath,
  type LoadedFrom,
  leaveTodo,
  named,
  opened,
  type Resolving,
  TRUST,
  variableFindings,
  withoutPaths,
} from './project-files.ts'
import { isExternal, projectVolume, type ServiceContext, serviceOf } from './read-service.ts'
import { filled, type LookUp } from './variables.ts'

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
  if (Object.keys(whole).length === 0) throw noServices(resolving.files, model)
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
  checkTogether(services, model, resolving.files.slice(0, request.files.length))
  return {
    name,
    folder,
    files: resolving.files,
    services,
    volumes: new Map(
      Object.entries(asObject(model.volumes)).map(([key, volume]) => [key, projectVolume(asObject(volume), folder)]),
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

interface Loaded {
  readonly model: Json
  readonly origins: ReadonlyMap<string, readonly ServiceOrigin[]>
}

function loaded(resolving: Resolving, paths: readonly string[], place: LoadedFrom): Loaded {
  let model: Json = {}
  const origins = new Map<string, readonly ServiceOrigin[]>()
  for (const path of paths)
    for (const { file, own, resets } of documentsIn(resolving, path, place)) {
      const included = withIncluded(resolving, own, { ...place, above: [...place.above, path] })
      const services = asObject(included.model.services)
      const extending: Extending = { resolving, place, file, path, services, resets, origins: included.origins }
      const extended = Object.keys(services).map((name): [string, unknown] => {
        const service = extendedService(extending, name, [])
        origins.set(name, [...(origins.get(name) ?? []), ...service.origins])
        return [name, service.settings]
      })
      model = mergedFile(withoutPaths(model, resets), { ...included.model, services: Object.fromEntries(extended) })
    }
  return { model: { ...model, services: uniqueServices(model) }, origins }
}

/** Within one file, too, the last of two entries with the same name counts. */
function uniqueServices(model: Json): Json {
  return Object.fromEntries(
    Object.entries(asObject(model.services)).map(([name, service]) => [
      name,
      isObject(service) ? mergedService(service, {}) : service,
    ]),
  )
}

/** What `include` brings in, below what the file itself says. */
function withIncluded(resolving: Resolving, own: Json, place: LoadedFrom): Loaded {
  const { include, ...rest } = own
  let all: Json = {}
  const origins = new Map<string, readonly ServiceOrigin[]>()
  for (const entry of asList(include)) {
    const { path, project_directory: directory, env_file: envFile } = isObject(entry) ? entry : { path: entry }
    const paths = [path].flat().map(textOf)
    const remote = paths.find(isRemote)
    if (remote !== undefined) {
      const why = `include: ${remote} is not of this machine, and was not fetched: its services are not known`
      leaveTodo(resolving, why, 'put a copy of it beside the project, and include that', TAKE_OUT)
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
    const unread = files.flatMap((one) => {
      const read = resolving.texts.has(one) ? null : resolving.readFile(one)
      return read !== null && 'refused' in read ? `${named(resolving, one)} was not read: ${read.refused}` : []
    })
    if (unread.length > 0) {
      leaveTodo(resolving, `include: ${unread[0]}: its services are not known`, TRUST, TAKE_OUT)
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

const TAKE_OUT = 'take it out of the include'

function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('git@') || /\.git(?:#|$)/.test(path)
}

interface Extending {
  readonly resolving: Resolving
  readonly place: LoadedFrom
  readonly file: number
  readonly path: string
  readonly services: Json
  readonly resets: readonly KeyPath[]
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
  const who = `the service ${name} of ${named(resolving, path)}`
  if (below.includes(step)) throw refused(`${who} extends itself`, 'take the extends out of one of them')
  if (below.length > bounds.projectDepth)
    throw refused(`${who} extends more than ${bounds.projectDepth} others`, 'extend one that is nearer')
  if (from !== null && isRemote(from)) {
    const why = `the service ${name} extends ${reference} of ${from}, which is not of this machine and was not fetched`
    leaveTodo(resolving, why, 'put a copy of it beside the project, and extend that', 'write its settings out here')
    return { settings: rest, origins }
  }
  const base = from === null ? extending : otherFile(resolving, normalisePath(from, place.base), place)
  if (!Object.hasOwn(base.services, reference))
    throw refused(
      `${who} extends ${reference}, which ${named(resolving, base.path)} does not have`,
      `it has ${joinAnd(Object.keys(base.services))}`,
    )
  const extended = extendedService(base, reference, [...below, step])
  const source = asObject(asObject(withoutPaths({ services: { [name]: extended.settings } }, resets).services)[name])
  return { settings: mergedService(source, rest), origins: [...extended.origins, ...origins] }
}

/** It may come from an include only. */
function isWrittenHere({ resolving, path }: Extending, name: string): boolean {
  return opened(resolving, path).documents.some(({ value }) => Object.hasOwn(asObject(asObject(value).services), name))
}

function otherFile(resolving: Resolving, path: string, above: LoadedFrom): Extending {
  const place = { ...above, base: parentOf(path) }
  const documents = [...documentsIn(resolving, path, place)]
  const model = documents.reduce<Json>((all, { own }) => mergedFile(all, own), {})
  const resets = documents.flatMap((one) => one.resets)
  const { index: file } = opened(resolving, path)
  return { resolving, place, file, path, services: asObject(model.services), resets, origins: new Map() }
}

function runs({ profiles }: Json, active: readonly string[]): boolean {
  const own = asList(profiles).map(textOf)
  return own.length === 0 || active.includes('*') || own.some((one) => active.includes(one))
}
