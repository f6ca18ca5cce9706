import { isMap, type Pair } from 'yaml'
import {
  DECIDE,
  decideLine,
  decisionIn,
  decisionKey,
  HOW_DECIDED,
  isProvable,
  MOST_DECISIONS,
  type Standing,
  type Todo,
} from '../decisions.ts'
import { applyEdits, type Edit, lineOf } from '../edit.ts'
import type { ReportFinding } from '../report/report.ts'
import type { ClusterService } from './kubernetes/cluster-services.ts'
import { type Project, type StackFinding, stackFinding } from './project.ts'
import type { YamlFile } from './yaml/file.ts'
import { keyOf, startOf, yamlStyle } from './yaml/style.ts'

/** What is left to a person. `isProved`: a run has passed, which decides what was left to it. */
interface Left {
  readonly todos: readonly Todo[]
  readonly isProved: boolean
}

/** By service. */
export type LeftOf = ReadonlyMap<string, Left>

/** The todos among findings. `answered`: messages that a run which passes would answer. */
export function todosIn(
  findings: readonly Pick<ReportFinding, 'outcome' | 'message'>[],
  answered: ReadonlySet<string> | undefined,
): readonly Todo[] {
  const todos = findings.filter(({ outcome }) => outcome === 'todo')
  return todos.map(({ message }) => ({ message, isProvable: answered?.has(message) === true }))
}

/** Findings without those that were left to a run, for services whose run has passed. */
export function unsettled<T extends StackFinding>(
  all: readonly T[],
  isProved: (service: string) => boolean,
): readonly T[] {
  return all.filter(({ message, service = '' }) => !(isProvable(message) && isProved(service)))
}

/** Findings that nothing else says, each once. */
export function unsaid<T extends Pick<ReportFinding, 'message'>>(
  all: readonly T[],
  said: readonly Pick<ReportFinding, 'message'>[],
): readonly T[] {
  const known = new Set(said.map(({ message }) => decisionKey(message)))
  const seen = new Set<string>()
  return all.filter(({ message }) => !known.has(decisionKey(message)) && !seen.has(message) && seen.add(message))
}

/** A key above which comments leave something to a person: the one that `path` leads to, or the first of a document. */
interface DecisionPlace {
  readonly document: number
  readonly path: readonly string[]
}

/** A key above which comments leave something to a person, and the services that they may be about. */
export interface LeftPlace extends DecisionPlace {
  readonly file: number
  /** With several, each line names its service. */
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
  const own = places.flatMap((place): readonly (Left & LeftPlace)[] => {
    const { services, isOwn } = place
    const todos = services.flatMap((name): readonly Todo[] =>
      (left.get(name)?.todos ?? []).map((todo) =>
        services.length === 1 ? todo : { ...todo, message: `${name}: ${todo.message}` },
      ),
    )
    // In a pod that was proved in part nobody can say which service a line is about.
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

/** What the comments right above a key say, from the top. */
export function decisionsAbove(
  file: YamlFile,
  place: DecisionPlace,
): readonly Pick<Standing, 'message' | 'line' | 'span'>[] {
  const at = file.text.includes(DECIDE) ? keyLine(file, place) : null
  if (at === null) return []
  const { text } = file
  const found: Pick<Standing, 'message' | 'line' | 'span'>[] = []
  // A line that is set in otherwise may be part of a text: a block, or a value that goes on.
  for (let end = at.start - 1; end >= 0; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(start, end)
    if (!line.startsWith(`${at.indent}#`)) break
    const message = decisionIn(line)
    if (message !== null) found.unshift({ message, line: lineOf(text, start), span: { start, end: end + 1 } })
    end = start - 1
  }
  return found.slice(0, MOST_DECISIONS)
}

/** The text with these above the keys that they are about, but for those that it says there already. A key within a line gets none. */
export function withDecisions(file: YamlFile, left: readonly (DecisionPlace & Left)[]): string {
  const { eol } = yamlStyle(file)
  const edits = left.flatMap((place): readonly Edit[] => {
    const at = keyLine(file, place)
    if (at === null) return []
    const standing = decisionsAbove(file, place)
    const said = standing.map(({ message }) => decisionKey(message))
    const open = place.todos.filter(({ message }) => !said.includes(decisionKey(message)))
    const lines = [...new Set(open.map((todo) => decideLine(todo.message, todo.isProvable)))]
    const added = lines.slice(0, Math.max(0, MOST_DECISIONS - said.length)).map((line) => `${at.indent}${line}${eol}`)
    const keys = place.todos.map(({ message }) => decisionKey(message))
    const gone = standing.filter(
      ({ message }) => place.isProved && isProvable(message) && !keys.includes(decisionKey(message)),
    )
    return [
      ...gone.map(({ span }) => ({ ...span, text: '' })),
      ...(added.length === 0 ? [] : [{ start: at.start, end: at.start, text: added.join('') }]),
    ]
  })
  return applyEdits(file.text, edits)
}

/** Null for a key that does not begin its line. */
function keyLine(
  { documents, text }: YamlFile,
  { document, path }: DecisionPlace,
): { readonly start: number; readonly indent: string } | null {
  let node: unknown = documents[document]?.contents
  let pair: Pair | undefined
  for (const key of path.length === 0 ? [null] : path) {
    if (!isMap(node) || node.flow === true) return null
    pair = key === null ? node.items[0] : node.items.find((one) => keyOf(one) === key)
    node = pair?.value
  }
  if (pair === undefined) return null
  const offset = startOf(pair)
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const indent = text.slice(start, offset)
  return /^ *$/.test(indent) ? { start, indent } : null
}
