import { basename, dirname, join, relative } from 'node:path'
import { bounds } from '../bounds.ts'
import { lineOf } from '../edit.ts'
import { isInside, textIn } from '../files-in.ts'
import { asVariable, portCalls, upstreamNames } from '../manifests/compose/port-calls.ts'
import { hostsOf, saidPorts } from '../manifests/compose/ports.ts'
import { asObject, parseYaml } from '../manifests/yaml/file.ts'
import { type WrittenScalar, writtenScalars } from '../manifests/yaml/style.ts'
import { memoizeByText } from '../memoize.ts'
import type { PortUser } from '../plan/exemptions.ts'
import { moveHealthcheckPort } from '../plan/ports/healthcheck.ts'
import { isListed, isOpenImage, isSameName, lastPart, nameIn, namesAfter, namesOfWhole } from './image-names.ts'
import { walkOver } from './project-tree.ts'
import { commandRuns } from './readers/commands.ts'
import { composeRuns } from './readers/compose.ts'
import { readerOf } from './readers/index.ts'
import { type RepositoryFile, type Run, withoutTemplates, yamlIn } from './readers/run.ts'
import { holdsHome } from './trust.ts'

/** Who counts on a low port of the image that a Dockerfile (absolute path) makes, by the files of its projectRoot. */
export type PortUsersOf = (path: string, ports: readonly number[], root: string) => Promise<readonly PortUser[]>

/** The files are read once, and only where somebody asks. `cwd`: what paths are said from. */
export function portUsers(cwd: string): PortUsersOf {
  const trees = new Map<string, PortTree>()
  return async (path, ports, root) => {
    if (holdsHome(root)) return []
    const tree = trees.get(root) ?? readTree(root, dirname(path))
    trees.set(root, tree)
    return portUsersIn(tree, path, ports, cwd)
  }
}

/** Absolute paths. */
interface File {
  readonly path: string
  readonly text: string
}

interface PortTree {
  readonly root: string
  readonly dockerfiles: readonly string[]
  readonly files: readonly File[]
  /** Names that files give to what they build, without those of services. */
  readonly named: readonly Pick<Run, 'names' | 'dockerfiles'>[]
  readonly services: readonly Service[]
  /** `docker run`, in files that are of no services. */
  readonly commands: readonly Run[]
}

/** Files that say how something is run, or whom it calls; of documents only those that everybody reads. */
export const MAY_NAME_PORTS =
  /\.(ya?ml|json|hcl|tf|toml|ini|cfg|conf|vcl|properties|env|sh|bash|bats|tpl|tmpl|template|j2|jinja2?|nomad|mk)$|^\.env|^(Caddy|Make|make|just|Jenkins)file|^README\.md$/
const NO_CONFIGURATION = /^(package|composer|tsconfig|angular|renovate)[\w.-]*\.json$|[-.]lock\.(json|ya?ml)$/

function readTree(root: string, own: string): PortTree {
  const { dockerfiles, others } = walkOver(root, own, MAY_NAME_PORTS)
  const files: File[] = []
  let length = 0
  for (const path of others) {
    if (NO_CONFIGURATION.test(basename(path)) || length > bounds.surveyedText) continue
    const text = textIn(root, path)
    if (text === null || text.includes('\0')) continue
    length += text.length
    files.push({ path, text: shortLines(text) })
  }
  return portTree(root, dockerfiles, files)
}

export function portTree(root: string, dockerfiles: readonly string[], files: readonly File[]): PortTree {
  const repository = namesOfWhole(root).at(-1) ?? ''
  const sourceOf = ({ path, text }: File): RepositoryFile => ({ path, root, name: path, text, env: {}, repository })
  return {
    root,
    dockerfiles,
    files,
    named: files.flatMap((file) =>
      /\bbuild/.test(file.text) && !SERVICES.test(file.text) ? (readerOf(file.path)?.runs(sourceOf(file)) ?? []) : [],
    ),
    services: files.filter(isOfServices).flatMap((file) => servicesIn(file, composeRuns(sourceOf(file)))),
    commands: files.flatMap((file) =>
      SERVICES.test(file.text) ? [] : commandRuns(sourceOf(file)).filter(({ kind }) => kind === 'command'),
    ),
  }
}

/** People write short lines: a longer one is data. */
function shortLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => (line.length > bounds.surveyedLine ? '' : line))
    .join('\n')
}

/** The image of a Dockerfile, by all of its names. */
interface Image {
  /** The names of files that build it. */
  readonly names: readonly string[]
  /** Names that the last part of a reference may end with, where nobody builds that name. */
  readonly called: readonly string[]
}

/** Which files count on a port of the image that the Dockerfile at `path` makes, with the line that says so. */
export function portUsersIn(
  { root, dockerfiles, files, named, services, commands }: PortTree,
  path: string,
  ports: readonly number[],
  cwd: string,
): readonly PortUser[] {
  const there = new Set([...dockerfiles, path])
  // `project_directory: ..` of whoever includes the file: its paths count from above.
  const built = services.filter((service) => {
    const found = service.dockerfiles.find((one) => there.has(one))
    return found === path
  })
  const after = namesAfter(path, root)
  const image: Image = {
    names: [
      ...named.flatMap(({ names, dockerfiles }) => (dockerfiles.includes(path) ? names.map(nameIn) : [])),
      ...built.flatMap((service) => (service.image === null ? [] : [nameIn(service.image)])),
    ].filter((name) => lastPart(name) !== ''),
    called: [...after, ...(dirname(path) === root ? namesOfWhole(root) : []), ...built.map(({ name }) => name)].filter(
      (name) => !isListed(name),
    ),
  }
  const own = services.filter(
    (service) =>
      built.includes(service) ||
      (service.dockerfiles.length === 0 && service.image !== null && isImage(service.image, image, false)) ||
      (isOpenImage(service.image) && dirname(service.file.path) === dirname(path) && after.includes(service.name)),
  )
  const hosts = [...new Set(own.flatMap((service) => service.hosts))]
  const folders = [...new Set(own.map(({ file }) => dirname(file.path)))]
  const pods = podsIn(files, image)
  const found: PortUser[] = []
  const stepsTo = (file: File): number => relative(dirname(path), file.path).split('..').length
  for (const port of ports) {
    const lines = new Map<string, Pick<PortUser, 'place' | 'stage'> & { readonly file: File }>()
    const add = (file: File, at: number, stage: string | null = null): void => {
      const place = `${relative(cwd, file.path)}:${at + 1}`
      if (file.path !== path && !lines.has(place)) lines.set(place, { place, stage, file })
    }
    for (const service of own) for (const at of portLinesOf(service, port)) add(service.file, at, service.stage)
    for (const { file, at } of pods.flatMap((pod) => podPortLines(pod, port))) add(file, at)
    for (const file of files) {
      const isNear = folders.some((folder) => folder === dirname(file.path) || isInside(file.path, folder))
      if (isNear && !isDocument(file)) for (const at of callLines(file, hosts, port)) add(file, at)
      for (const at of runLines(file, commands, image, port)) add(file, at)
      for (const at of besideLines(file, path, port)) add(file, at)
    }
    const near = [...lines.values()].toSorted((a, b) => stepsTo(a.file) - stepsTo(b.file))
    found.push(...near.map(({ place, stage }) => ({ port, place, stage })))
  }
  return found
}

function isDocument({ path }: File): boolean {
  return path.endsWith('.md')
}

const COMMENT = /^\s*(?:#|\/\/|;|--)/

/** Calls of the hosts at a port, and of variables that are called like one: `${WEB_HOST}:80`. */
function callLines({ text }: File, hosts: readonly string[], port: number): readonly number[] {
  const ownNames = upstreamNames([text])
  const callsOf = (names: readonly string[]) => portCalls(text, [{ hosts: names, from: port, to: port }], { ownNames })
  const { edits, open } = callsOf(hosts)
  const variables = hosts.map((host) => host.toUpperCase().replace(/\W/g, '_'))
  const byVariable = callsOf(
    variables.flatMap((name) => ['', '_HOST', '_ADDR', '_SERVICE', '_NAME'].flatMap((end) => asVariable(name + end))),
  ).edits.filter(({ start }) => text[start - 1] === ':')
  const found = [...edits, ...byVariable].map(({ start }) => lineOf(text, start))
  const near = open.flatMap(({ isNear, line }) => (isNear ? [line] : []))
  const lines = text.split('\n')
  return [...found, ...near].map((line) => line - 1).filter((at) => !/^\s*image:/.test(lines[at] ?? ''))
}

/** A reference means the image; `isExact`: by a name that it is built under. */
function isImage(reference: string, { names, called }: Image, isExact: boolean): boolean {
  // The last word of a template is what it ends with.
  const name = nameIn(reference.replace(/\{\{[^{}]*\}\}/g, '$x').replace(/^["']|["']$/g, ''))
  const last = lastPart(name)
  if (last === '' || last.includes('$')) return names.includes(name)
  const isNamed = names.some((one) => isSameName(one, name) || one.endsWith(`/${name}`) || name.endsWith(`/${one}`))
  if (isNamed || isExact || isListed(name)) return isNamed
  return called.some((one) => last === one || last.endsWith(`-${one}`) || last.endsWith(`_${one}`))
}

/** A value of a file, and its first and last line. */
interface Written extends Pick<WrittenScalar, 'value' | 'keys' | 'item'> {
  readonly at: number
  readonly to: number
}

/** Of the first document; none where it cannot be read. */
const writtenIn = memoizeByText((text: string): readonly Written[] => {
  try {
    const file = parseYaml(withoutTemplates(text), '')
    const lineAt = (offset: number): number => lineOf(file.text, offset) - 1
    return writtenScalars(file).map((one) => ({ ...one, at: lineAt(one.start), to: lineAt(one.end) }))
  } catch {
    return []
  }
})

/** A service of a Compose file, and what stands in it. */
interface Service extends Pick<Run, 'dockerfiles' | 'stage'> {
  readonly file: File
  readonly name: string
  readonly written: readonly Written[]
  readonly image: string | null
  readonly hosts: readonly string[]
}

const SERVICES = /^services:\s*(?:#.*)?$/m

function isOfServices({ path, text }: File): boolean {
  return /\.(ya?ml|j2|jinja2?|tmpl|tpl|template)$/.test(path) && SERVICES.test(text)
}

function servicesIn(file: File, runs: readonly Run[]): readonly Service[] {
  const settings = asObject(asObject(yamlIn(withoutTemplates(file.text))[0]).services)
  const services = Object.entries(settings).map(([name, one]) => ({ name, settings: asObject(one) }))
  const project = { name: basename(dirname(file.path)), services }
  const all = writtenIn(file.text)
  return services.flatMap((service) => {
    const { name } = service
    const run = runs.find((one) => one.service === name)
    if (run === undefined) return []
    const { dockerfiles, stage } = run
    const image = run.image ?? run.names[0] ?? null
    const written = all.filter(({ keys }) => keys[0] === 'services' && keys[1] === name)
    return [{ file, name, written, image, dockerfiles, stage, hosts: hostsOf(service, project) }]
  })
}

/** Lines in which a service names its own port: published, exposed, in its health check, or in a label for a proxy. */
function portLinesOf({ file, written }: Service, port: number): readonly number[] {
  const lines = file.text.split('\n')
  return written.flatMap(({ value, keys, item, at, to }) => {
    const [, , section, key = 'target'] = keys
    if (section === 'ports' || section === 'expose')
      return key === 'target' && saidPorts({ ports: [value] }).includes(port) ? [at] : []
    if (section === 'healthcheck')
      return lines.slice(at, to + 1).flatMap((line, index) => (asks(line, port) ? [at + index] : []))
    const told = item === null ? `${keys.at(-1)}=${value}` : value
    return /server\.port|VIRTUAL_PORT/.test(told) && told.endsWith(`=${port}`) ? [at] : []
  })
}

/** It calls itself at the port. */
function asks(line: string, port: number): boolean {
  return moveHealthcheckPort(line, { from: port, to: port + 1 }) !== line
}

/** Some lines of a file. */
interface Part {
  readonly file: File
  /** How many stand before them. */
  readonly from: number
  readonly lines: readonly string[]
}

/** A container of a manifest that runs the image. */
interface Pod extends Part {
  /** Defaults of its chart; null for a manifest outside a chart. */
  readonly chart: Values | null
  /** Services beside it that select it. */
  readonly services: readonly Part[]
}

function podsIn(files: readonly File[], image: Image): readonly Pod[] {
  const manifests = files.filter(
    ({ path, text }) => /\.(ya?ml|tpl|j2)$/.test(path) && /^[ \t-]*image:/m.test(text) && !SERVICES.test(text),
  )
  return manifests.flatMap((file) => {
    if (!/^kind:/m.test(file.text) && !/\bcontainers:/.test(file.text)) return []
    return documentsOf(file).flatMap((document): readonly Pod[] =>
      document.lines.flatMap((line, at) => {
        const reference = (/^[\s-]*image:(.*)$/.exec(line)?.[1] ?? '').trim()
        if (reference === '' || !(isImage(reference, image, false) || isOfChart(reference, file, files, image)))
          return []
        const said = new Set(document.lines.map(plainLine))
        const services = files
          .filter((other) => dirname(other.path) === dirname(file.path) && /^kind:\s*Service\b/m.test(other.text))
          .flatMap(documentsOf)
          .filter(({ lines }) => lines.some((each) => /^kind:\s*Service\b/.test(each)) && chooses(lines, said))
        return [{ ...containerAround(document, at), chart: valuesOfChart(file, files), services }]
      }),
    )
  })
}

function documentsOf(file: File): readonly Part[] {
  const lines = file.text.split('\n')
  const starts = [0, ...lines.flatMap((line, at) => (/^---/.test(line) ? [at + 1] : []))]
  return starts.map((from, index) => ({ file, from, lines: lines.slice(from, starts[index + 1] ?? lines.length) }))
}

/** `{{- include "web.selectorLabels" . | nindent 6 }}` says the same at any depth. */
function plainLine(line: string): string {
  return line
    .replace(/\|\s*n?indent\s+\d+/, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The item of the list that a line is in. */
function containerAround({ file, from, lines }: Part, at: number): Part {
  const indentAt = (line: number): number => indentOf(lines[line] ?? '')
  let start = at
  while (start > 0 && !(/^\s*-\s/.test(lines[start] ?? '') && (start === at || indentAt(start) < indentAt(at))))
    start -= 1
  const end = start + 1 + endOfBlock(lines.slice(start + 1), indentAt(start))
  return { file, from: from + start, lines: lines.slice(start, end) }
}

/** Each line of its selector stands in the other document as well. */
function chooses(service: readonly string[], document: ReadonlySet<string>): boolean {
  const at = service.findIndex((line) => /^\s*selector:/.test(line))
  if (at < 0) return false
  const block = service.slice(at + 1)
  const selector = block.slice(0, endOfBlock(block, indentOf(service[at] ?? ''))).filter(isContent)
  return selector.length > 0 && selector.every((line) => document.has(plainLine(line)))
}

/** `{{ .Values.image.repository }}`, which the values of its chart say. */
function isOfChart(reference: string, file: File, files: readonly File[], image: Image): boolean {
  const chart = valuesOfChart(file, files)
  const [, key = ''] = /\.Values\.([\w.]+)/.exec(reference) ?? []
  if (chart === null || key === '') return false
  const said = chart.values.get(key)
  if (said !== undefined && isImage(said.value, image, false)) return true
  // The image may be set at installation, so the chart's name counts.
  const name = basename(dirname(chart.file.path)).toLowerCase()
  return image.called.includes(name) || image.names.some((one) => lastPart(one) === name)
}

interface Values {
  readonly file: File
  readonly values: ReadonlyMap<string, Pick<Written, 'value' | 'at'>>
}

function valuesOfChart({ path }: File, files: readonly File[]): Values | null {
  const folder = dirname(path)
  if (basename(folder) !== 'templates') return null
  const file = files.find((other) => other.path === join(dirname(folder), 'values.yaml'))
  if (file === undefined) return null
  return { file, values: new Map(writtenIn(file.text).map((one) => [one.keys.join('.'), one])) }
}

interface Place {
  readonly file: File
  readonly at: number
}

function podPortLines({ chart, services, ...container }: Pod, port: number): readonly Place[] {
  const look = ({ file, from, lines }: Part, keys: readonly string[]): readonly Place[] =>
    lines.flatMap((line, index): readonly Place[] => {
      const [, key = '', written = ''] = /^[\s-]*(containerPort|port|targetPort):(.*)$/.exec(line) ?? []
      const value = plainValue(written)
      if (!keys.includes(key)) return []
      if (value === String(port)) return [{ file, at: from + index }]
      const said = chart?.values.get(/^\{\{-?\s*\.Values\.([\w.]+)(?:[\s|][^{}]*)?\}\}$/.exec(value)?.[1] ?? '')
      return chart !== null && said?.value === String(port) ? [{ file: chart.file, at: said.at }] : []
    })
  const isTold = (service: Part): boolean => service.lines.some((line) => /^[\s-]*targetPort:/.test(line))
  return [
    ...look(container, ['containerPort', 'port']),
    ...services.flatMap((service) => look(service, [isTold(service) ? 'targetPort' : 'port'])),
  ]
}

/** `docker run -p 8080:80 IMAGE`; of those that are comments only what people read. */
function runLines(file: File, commands: readonly Run[], image: Image, port: number): readonly number[] {
  return commands.flatMap(({ file: path, line, image: reference, ports }) => {
    if (path !== file.path || line === null || reference === null || !saidPorts({ ports }).includes(port)) return []
    const isSaid = isDocument(file) || !COMMENT.test(file.text.split('\n')[line - 1] ?? '')
    return isSaid && isImage(reference, image, true) ? [line - 1] : []
  })
}

/** Files about the one image of their folder: goss checks, and how a platform runs it. */
function besideLines(file: File, dockerfile: string, port: number): readonly number[] {
  if (dirname(file.path) !== dirname(dockerfile)) return []
  const name = basename(file.path)
  if (/^goss[\w.-]*\.ya?ml$/.test(name)) {
    const bound = new RegExp(`\\btcp6?:${port}["']?:`)
    return lineNumbers(file, (line) => bound.test(line) || asks(line, port))
  }
  if (!/^(fly|Dockerrun\.aws)[\w.-]*\.(toml|json)$/.test(name)) return []
  const told = new RegExp(`(?:internal_port|ContainerPort)["']?\\s*[:=]\\s*["']?${port}(?!\\d)`)
  return lineNumbers(file, (line) => told.test(line))
}

function lineNumbers({ text }: File, isMeant: (line: string) => boolean): readonly number[] {
  return text.split('\n').flatMap((line, at) => (!COMMENT.test(line) && isMeant(line) ? [at] : []))
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** Neither empty, nor a comment, nor a line of a template alone. */
function isContent(line: string): boolean {
  return line.trim() !== '' && !/^\s*(?:#|\{%)/.test(line)
}

/** How many lines lie deeper than `indent`. */
function endOfBlock(lines: readonly string[], indent: number): number {
  const end = lines.findIndex((line) => isContent(line) && indentOf(line) <= indent)
  return end < 0 ? lines.length : end
}

function plainValue(text: string): string {
  return (text.split(' #')[0] ?? '').trim().replace(/^["']|["']$/g, '')
}
