import { applyEdits, type Edit, lineOf } from '../../edit.ts'
import { parentOf } from '../../path.ts'
import { isInside } from '../../places.ts'
import { targetFinding } from '../../report/report.ts'
import { choices } from '../../words.ts'
import { mountedFiles } from '../mounted-configuration.ts'
import type { Project, ProjectFile, StackFile, StackFinding } from '../project.ts'
import { parseYaml } from '../yaml/file.ts'
import { type WrittenScalar, writtenScalars } from '../yaml/style.ts'
import type { HostFiles, HostText } from './host-files.ts'
import { asVariable, type CallContext, type MovedPort, portCalls, upstreamNames } from './port-calls.ts'

export interface Followed {
  readonly texts: ReadonlyMap<string, string>
  readonly files: readonly StackFile[]
  readonly findings: readonly StackFinding[]
}

/** Follows moved ports in everything that names them. `changed`: new texts of mounted files. */
export function followPorts(
  project: Project,
  called: readonly MovedPort[],
  host: HostFiles,
  changed: ReadonlyMap<string, string>,
): Followed {
  const texts = new Map<string, string>()
  const findings: StackFinding[] = []
  const report = (name: string, open: ReturnType<typeof portCalls>['open']): void => {
    for (const { line, said, port } of open)
      findings.push({
        ...targetFinding(
          'follow-port',
          'todo',
          `${name}:${line} speaks of port ${port.from} of ${port.hosts[0]} in a way that cannot be followed: ${said}`,
          choices(`write ${port.to}, where it means that port`, 'leave it, where it means another'),
        ),
        ...(port.by === undefined ? {} : { movedBy: port.by }),
      })
  }
  for (const file of project.files) {
    const { text, open } = inCompose(file, called, host.variables)
    report(file.name, open)
    if (file.isOwn) texts.set(file.path, text)
  }
  const files: StackFile[] = []
  for (const { path, name, text, context, moves } of textsAround(project, called, host)) {
    const start = changed.get(path) ?? text
    const { edits, open } = portCalls(start, moves, context)
    report(name, open)
    const after = inVariables(applyEdits(start, edits), name, called)
    if (after !== text) files.push({ path, name, before: text, after })
  }
  return { texts, files, findings }
}

/** Keys in which `name:80` means something else to Compose. */
const OTHER_KEYS = new Set([
  'image',
  'ports',
  'volumes',
  'extra_hosts',
  'depends_on',
  'links',
  'external_links',
  'container_name',
  'hostname',
  'user',
  'cache_from',
  'tags',
])

function inCompose(
  file: ProjectFile,
  called: readonly MovedPort[],
  variables: ReadonlyMap<string, string>,
): { readonly text: string; readonly open: ReturnType<typeof portCalls>['open'] } {
  const scalars = writtenScalars(parseYaml(file.text, file.name))
  const context: CallContext = { ownNames: upstreamNames([file.text]), variables }
  const edits: Edit[] = []
  const open: ReturnType<typeof portCalls>['open'][number][] = []
  for (const [index, scalar] of scalars.entries()) {
    if (scalar.keys.some((key) => OTHER_KEYS.has(key))) continue
    const written = file.text.slice(scalar.start, scalar.end)
    const found = portCalls(written, called, context)
    edits.push(
      ...found.edits.map((edit) => ({ ...edit, start: edit.start + scalar.start, end: edit.end + scalar.start })),
    )
    open.push(...found.open.map((one) => ({ ...one, line: one.line + lineOf(file.text, scalar.start) - 1 })))
    const next = portBehind(scalar, scalars[index + 1], called, file.text)
    if (next !== null) edits.push(next)
  }
  return { text: applyEdits(file.text, edits), open }
}

/** `[nc, -z, api, "80"]` */
function portBehind(
  host: WrittenScalar,
  port: WrittenScalar | undefined,
  called: readonly MovedPort[],
  text: string,
): Edit | null {
  if (host.item === null || port?.item !== host.item + 1 || port.keys.length !== host.keys.length) return null
  const move = called.find(({ hosts, from }) => hosts.includes(host.value) && String(from) === port.value)
  if (move === undefined) return null
  const at = port.start + text.slice(port.start, port.end).indexOf(port.value)
  return { start: at, end: at + port.value.length, text: String(move.to) }
}

interface TextAround extends Pick<HostText, 'path' | 'name' | 'text'> {
  readonly context: CallContext
  readonly moves: readonly MovedPort[]
}

const NO_TEXT = /\.(?:md|rst|adoc|html?|css|svg|lock|map|csv|sql|log|txt|po|crt|pem|key)$/i

/** Files that services mount, read as environment or are built of, each once. */
function textsAround(project: Project, called: readonly MovedPort[], host: HostFiles): readonly TextAround[] {
  const found = new Map<string, TextAround>()
  for (const service of project.services) {
    const files = mountedFiles(service, host)
    const ownNames = upstreamNames(files.map(({ text }) => text))
    for (const { path, text } of files) {
      if (NO_TEXT.test(path) || project.files.some((file) => file.path === path)) continue
      const before = found.get(path)?.moves ?? []
      const moves = [...before, ...withVariables(called, service.env)]
      const variables = new Map([...host.variables, ...service.env])
      found.set(path, {
        path,
        name: nameFor(project, path),
        text,
        moves,
        context: { ownNames, variables, isSource: isSource(path) },
      })
    }
  }
  const ownNames = upstreamNames(host.texts.map(({ text }) => text))
  for (const { path, name, text, kind } of host.texts)
    if (!found.has(path))
      found.set(path, {
        path,
        name,
        text,
        moves: called,
        context: { ownNames, variables: host.variables, isSource: kind === 'source' },
      })
  return [...found.values()]
}

/** A template of this service may have a variable of its environment in the place of the host. */
function withVariables(called: readonly MovedPort[], env: ReadonlyMap<string, string>): readonly MovedPort[] {
  return called.map((move) => {
    const names = [...env].filter(([, value]) => move.hosts.includes(value)).flatMap(([name]) => asVariable(name))
    return names.length === 0 ? move : { ...move, hosts: [...move.hosts, ...names] }
  })
}

/** `API_HOST=api` and `API_PORT=80` on lines of their own. */
function inVariables(text: string, name: string, called: readonly MovedPort[]): string {
  if (!(name.split('/').at(-1) ?? '').includes('env')) return text
  const hosts = new Map(
    [
      ...text.matchAll(
        /^(?:export[ \t]+)?(\w+?)_?(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS|SERVICE)=["']?([\w.-]+)["']?[ \t]*\r?$/gm,
      ),
    ].map(([, about = '', value = '']) => [about, value]),
  )
  return text.replace(
    /^((?:export[ \t]+)?(\w+?)_?PORT=["']?)(\d+)(?=["']?[ \t]*\r?$)/gm,
    (all, start: string, about: string, port: string) => {
      const move = called.find((one) => String(one.from) === port && one.hosts.includes(hosts.get(about) ?? ''))
      return move === undefined ? all : `${start}${move.to}`
    },
  )
}

/** The name of a file for people in the folder where the project's files were named. */
function nameFor(project: Project, path: string): string {
  for (const file of project.files) {
    const folder = parentOf(file.path)
    if (!isInside(path, folder)) continue
    const prefix = file.name.slice(0, file.name.length - file.path.slice(folder.length + 1).length)
    return `${prefix}${path.slice(folder.length + 1)}`
  }
  return path
}

/** Code that is compiled or interpreted, by the end of its name. */
export function isSource(path: string): boolean {
  return /\.(?:[cm]?[jt]sx?|vue|svelte|py|rb|php|go|rs|java|kt|cs|exs?|pl|lua)$/i.test(path)
}
