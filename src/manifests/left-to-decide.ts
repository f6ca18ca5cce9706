import { DECIDE, decisionKey, HOW_DECIDED, isProvable, type Todo } from '../decisions.ts'
import type { ReportFinding } from '../report/report.ts'
import type { ClusterService } from './kubernetes/cluster-services.ts'
import type { Manifests } from './kubernetes/workloads.ts'
import type { StackFile } from './planned.ts'
import { type StackFinding, stackFinding } from './planned.ts'
import type { Project, Service } from './project.ts'
import { type DecisionLine, type DecisionPlace, decisionsAbove, type LeftAt, withDecisions } from './yaml/decisions.ts'
import { parseYaml, type YamlFile } from './yaml/file.ts'

/** By service: what is left to a person, and whether a run of it has passed. */
export type LeftOf = ReadonlyMap<string, Pick<LeftAt, 'todos' | 'isProved'>>

/** The todos among findings. `answered`: messages that a run which passes would answer. */
export function todosIn(
  findings: readonly Pick<ReportFinding, 'outcome' | 'message'>[],
  answered: ReadonlySet<string> | undefined,
): readonly Todo[] {
  const todos = findings.filter(({ outcome }) => outcome === 'todo')
  return todos.map(({ message }) => ({ message, isProvable: answered?.has(message) === true }))
}

/** Without those that were left to a run, of services whose run has passed. */
export function unsettled<T extends StackFinding>(
  all: readonly T[],
  isProved: (service: string) => boolean,
): readonly T[] {
  return all.filter(({ message, service = '' }) => !(isProvable(message) && isProved(service)))
}

/** What a comment of a file leaves to a person about a service, or about none. */
function standing(
  { message, line }: Pick<DecisionLine, 'message' | 'line'>,
  file: string,
  service: string | null,
): StackFinding {
  return { ...stackFinding('report-remarks', 'todo', message, service, HOW_DECIDED), line, file }
}

/** What comments above the services of a project say; `said`: what is said of a service by itself, and not twice. */
export function standingIn(
  { files, services }: Project,
  said: (service: string) => readonly Pick<ReportFinding, 'message'>[],
): readonly StackFinding[] {
  const parsed = files.map(({ text, name }) => (text.includes(DECIDE) ? parseYaml(text, name) : null))
  return services.flatMap(({ name, origins }) => {
    const all = origins.flatMap((origin) => {
      const file = parsed[origin.file] ?? null
      const found = file === null ? [] : decisionsAbove(file, placeOf(origin.service))
      return found.map((one) => standing(one, file?.name ?? '', name))
    })
    return all.length === 0 ? [] : unsaid(all, said(name))
  })
}

/** Those that nothing else says, each once. */
export function unsaid<T extends Pick<ReportFinding, 'message'>>(
  all: readonly T[],
  said: readonly Pick<ReportFinding, 'message'>[],
): readonly T[] {
  const known = new Set(said.map(({ message }) => decisionKey(message)))
  const seen = new Set<string>()
  return all.filter(({ message }) => !known.has(decisionKey(message)) && !seen.has(message) && seen.add(message))
}

/** The files to write, with what is left to a person about services above their own entries. */
export function decidedLater(
  { files, services }: Project,
  changed: readonly StackFile[],
  left: LeftOf,
): readonly StackFile[] {
  const others = changed.filter(({ path }) => !files.some((file) => file.path === path))
  const own = files.map(({ path, name, text }, index): StackFile => {
    const file = changed.find((one) => one.path === path) ?? { path, name, before: text, after: text }
    const entries = services.flatMap((service) => {
      const about = left.get(service.name)
      if (about === undefined || (about.todos.length === 0 && !about.isProved)) return []
      return ownFile(service, files) === index ? [{ ...placeOf(service.name), ...about }] : []
    })
    return entries.length === 0 ? file : { ...file, after: withDecisions(parseYaml(file.after, name), entries) }
  })
  return [...own.filter(({ before, after }) => before !== after), ...others]
}

/** Where it is written by its own name, in a file that may be changed. */
function ownFile({ name, origins }: Service, files: Project['files']): number | undefined {
  return origins.find(({ file, service }) => service === name && files[file]?.isOwn === true)?.file
}

function placeOf(service: string): DecisionPlace {
  return { document: 0, path: ['services', service] }
}

/** Containers of one document, which have one place for what is left to a person. */
function byDocument(services: readonly ClusterService[]): readonly (readonly [ClusterService, ...ClusterService[]])[] {
  const found = new Map<string, [ClusterService, ...ClusterService[]]>()
  for (const service of services) {
    const key = `${service.workload.file} ${service.workload.document}`
    const mates = found.get(key)
    if (mates === undefined) found.set(key, [service])
    else mates.push(service)
  }
  return [...found.values()]
}

/** What comments above the documents of manifests say: of several containers the one that it names. */
export function standingInManifests(
  { files }: Pick<Manifests, 'files'>,
  services: readonly ClusterService[],
  said: (service: string) => readonly Pick<ReportFinding, 'message'>[],
): readonly (StackFinding & { readonly service: string })[] {
  return byDocument(services).flatMap((mates) => {
    const [{ workload, service: first }] = mates
    const file = files[workload.file]
    if (file === undefined) return []
    return decisionsAbove(file, { document: workload.document, path: [] }).flatMap(({ message, line }) => {
      const named = mates.find(({ service }) => message.startsWith(`${service.name}: `))?.service
      const { name } = named ?? first
      const prefix = named === undefined ? '' : `${name}: `
      const known = said(name).map((one) => ({ message: `${prefix}${one.message}` }))
      return unsaid([{ message, line }], known).map((one) => ({
        ...standing({ line, message: one.message.slice(prefix.length) }, file.name, name),
        service: name,
      }))
    })
  })
}

/** The texts of manifests with what is left to a person of their containers above their documents. */
export function manifestsDecidedLater(
  files: readonly YamlFile[],
  services: readonly ClusterService[],
  left: LeftOf,
): readonly string[] {
  const places = byDocument(services).map((mates): LeftAt & { readonly file: number } => {
    const [{ workload }] = mates
    const todos = mates.flatMap(({ service: { name } }): readonly Todo[] =>
      (left.get(name)?.todos ?? []).map((todo) =>
        mates.length === 1 ? todo : { ...todo, message: `${name}: ${todo.message}` },
      ),
    )
    // Of a pod that was shown in part it is not told whose a line is.
    const isProved = mates.every(({ service: { name } }) => left.get(name)?.isProved === true)
    return { file: workload.file, document: workload.document, path: [], todos, isProved }
  })
  return files.map((file, index) =>
    withDecisions(
      file,
      places.filter((place) => place.file === index),
    ),
  )
}
