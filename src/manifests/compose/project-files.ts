import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { normalisePath, relativePath } from '../../path.ts'
import { type ReportFinding, targetFinding } from '../../report/report.ts'
import { choices, joinAnd } from '../../words.ts'
import type { ProjectFile, ProjectRequest, ReadProjectFile } from '../project.ts'
import { asObject, isObject, type Json, parseYaml, taggedPaths, textOf, type YamlDocument } from '../yaml/file.ts'
import { refused } from './check-project.ts'
import { placedIn, USER_IS_OPEN } from './read-service.ts'
import { dotEnv, type Filled, filled, type LookUp } from './variables.ts'

/** State that grows while a project is resolved. */
export interface Resolving {
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

interface UsedVariable {
  readonly file: number
  readonly isMissing: boolean
  /** The reason that Compose gives for not starting without it. */
  readonly why: string | null
  /** Services that use it; '' where none does. */
  readonly services: Set<string>
  /** It decides what is run, or as which user. */
  readonly decides: boolean
}

export function given({ env }: ProjectRequest, name: string): string | null {
  return Object.hasOwn(env, name) ? (env[name] ?? null) : null
}

export function envOf(
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
    const hint = read === null ? 'put it there, or name another with --env-file' : TRUST
    leave(resolving, targetFinding('read-project', 'note', what, hint))
  }
  return values
}

export const TRUST = 'trust the project with --trust-config'

/** Reports an open question once, though several services may name one file. */
function leave({ findings }: Resolving, finding: ReportFinding): void {
  if (!findings.some(({ message }) => message === finding.message)) findings.push(finding)
}

export function leaveTodo(resolving: Resolving, message: string, ...ways: readonly [string, string]): void {
  leave(resolving, targetFinding('read-project', 'todo', message, choices(...ways)))
}

export function named({ request }: Pick<Resolving, 'request'>, path: string): string {
  return relativePath(request.cwd, path)
}

/** Throws HardenError `unreadable` where it is not there or must not be read. */
export function opened(resolving: Resolving, path: string): Opened {
  const known = resolving.texts.get(path)
  if (known !== undefined) return known
  const name = named(resolving, path)
  const read = resolving.readFile(path)
  if (read === null) throw refused(`${name} cannot be read: it does not exist`, 'check the path')
  if ('refused' in read) throw refused(`${name} was not read: ${read.refused}`, TRUST)
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

export interface LoadedFrom {
  readonly base: string
  readonly lookUp: LookUp
  /** Files that include it, the first one first. */
  readonly above: readonly string[]
}

export type KeyPath = readonly string[]

/** What a file says, document by document, with variables put in and without what `!reset` stands at. */
export function* documentsIn(
  resolving: Resolving,
  path: string,
  place: LoadedFrom,
): Generator<{ readonly file: number; readonly own: Json; readonly resets: readonly KeyPath[] }> {
  const { index: file, documents } = opened(resolving, path)
  for (const { value, tagged } of documents) {
    if (value === null || value === undefined) continue
    const gone = tagged.filter(({ tag }) => tag === '!reset').map((one) => one.path)
    const said = withoutPaths(checkedFile(value, named(resolving, path)), gone)
    yield { file, own: filledFile(resolving, file, said, place), resets: tagged.map((one) => one.path) }
  }
}

function checkedFile(value: unknown, name: string): Json {
  if (!isObject(value)) throw refused(`${name} is not a Compose file: its top is no map`, 'name a Compose file')
  const { services } = value
  if (services !== undefined && services !== null && !isObject(services))
    throw refused(`${name} is not a Compose file: its services are no map`, 'each service stands below its name')
  return value
}

export function withoutPaths(value: Json, paths: readonly KeyPath[]): Json {
  // From the end, so that cutting one entry of a list moves none that is still to be cut.
  return paths.toReversed().reduce((left, path) => asObject(without(left, path)), value)
}

function without(value: unknown, [key, ...rest]: KeyPath): unknown {
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

/** Fills in variables and makes paths mean the same wherever they are read. */
function filledFile(resolving: Resolving, file: number, value: Json, place: LoadedFrom): Json {
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

/** Keys that decide what is run, and as which user. */
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

/** Findings about variables of the services that run. */
export function variableFindings(
  resolving: Resolving,
  lookUp: LookUp,
  running: ReadonlySet<string>,
): readonly ReportFinding[] {
  const { request, used, files } = resolving
  const counts = [...used].filter(
    ([, { services }]) => services.has('') || [...services].some((one) => running.has(one)),
  )
  const findings = counts.flatMap(([name, { file, isMissing, why, decides }]): readonly ReportFinding[] => {
    if (why === null && (!isMissing || lookUp(name) !== null)) return []
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
