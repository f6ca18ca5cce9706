import { decisionKey, HOW_DECIDED, isProvable, type Todo } from '../decisions.ts'
import type { ReportFinding } from '../report/report.ts'
import type { ClusterService } from './kubernetes/cluster-services.ts'
import { type StackFinding, stackFinding } from './planned.ts'
import type { Project } from './project.ts'
import { type DecisionPlace, decisionsAbove, type LeftAt, withDecisions } from './yaml/decisions.ts'
import type { YamlFile } from './yaml/file.ts'

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

/** Those that nothing else says, each once. */
export function unsaid<T extends Pick<ReportFinding, 'message'>>(
  all: readonly T[],
  said: readonly Pick<ReportFinding, 'message'>[],
): readonly T[] {
  const known = new Set(said.map(({ message }) => decisionKey(message)))
  const seen = new Set<string>()
  return all.filter(({ message }) => !known.has(decisionKey(message)) && !seen.has(message) && seen.add(message))
}

/** A key above which comments leave something to a person, and the services that they may be about. */
export interface LeftPlace extends DecisionPlace {
  readonly file: number
  /** Of several, each line names its own. */
  readonly services: readonly string[]
  /** Lines are written there; elsewhere they are only read. */
  readonly isOwn: boolean
}

/** Entries of services; lines are written where one stands by its own name, in a file that may be changed. */
export function placesOfProject({ files, services }: Project): readonly LeftPlace[] {
  return services.flatMap(({ name, origins }) => {
    const own = origins.find(({ file, service }) => service === name && files[file]?.isOwn === true)
    return origins.map((origin): LeftPlace => {
      const { file, service } = origin
      return { file, document: 0, path: ['services', service], services: [name], isOwn: origin === own }
    })
  })
}

/** Containers of one document have one place. */
export function placesOfCluster(services: readonly ClusterService[]): readonly LeftPlace[] {
  const names = new Map<string, string[]>()
  const places = services.flatMap(({ workload: { file, document }, service: { name } }): readonly LeftPlace[] => {
    const mates = names.get(`${file} ${document}`)
    if (mates !== undefined) mates.push(name)
    const own = mates ?? [name]
    names.set(`${file} ${document}`, own)
    return mates === undefined ? [{ file, document, path: [], services: own, isOwn: true }] : []
  })
  return places
}

/** What comments of files say; `said`: what is said of a service by itself, and not twice. */
export function standingIn(
  files: readonly (YamlFile | null)[],
  places: readonly LeftPlace[],
  said: (service: string) => readonly Pick<ReportFinding, 'message'>[],
): readonly StackFinding[] {
  const seen = new Set<string>()
  return places.flatMap((place) => {
    const file = files[place.file] ?? null
    return (file === null ? [] : decisionsAbove(file, place)).flatMap(({ message, line }) => {
      const { services } = place
      const named = services.length > 1 ? services.find((one) => message.startsWith(`${one}: `)) : undefined
      const [service = '', prefix] = named === undefined ? [services[0], ''] : [named, `${named}: `]
      const key = `${service} ${message}`
      const isSaid = said(service).some((one) => decisionKey(prefix + one.message) === decisionKey(message))
      if (isSaid || seen.has(key)) return []
      seen.add(key)
      const finding = stackFinding('report-remarks', 'todo', message.slice(prefix.length), service, HOW_DECIDED)
      return [{ ...finding, line, file: file?.name ?? '' }]
    })
  })
}

/** New texts of the files, with what is left to a person above the keys that it is about. */
export function decidedLater(
  files: readonly YamlFile[],
  places: readonly LeftPlace[],
  left: LeftOf,
): readonly string[] {
  const own = places.flatMap((place): readonly (LeftAt & LeftPlace)[] => {
    const { services, isOwn } = place
    const todos = services.flatMap((name): readonly Todo[] =>
      (left.get(name)?.todos ?? []).map((todo) =>
        services.length === 1 ? todo : { ...todo, message: `${name}: ${todo.message}` },
      ),
    )
    // Of a pod that was shown in part it is not told whose a line is.
    const isProved = services.every((name) => left.get(name)?.isProved === true)
    return isOwn ? [{ ...place, todos, isProved }] : []
  })
  return files.map((file, index) =>
    withDecisions(
      file,
      own.filter((place) => place.file === index),
    ),
  )
}
