import { basename, dirname, join, relative } from 'node:path'
import { bounds } from '../bounds.ts'
import { isInside, textIn } from '../files-in.ts'
import { isNearPort } from '../manifests/compose/port-calls.ts'
import type { PortUser } from '../plan/exemptions.ts'
import { escaped, isListed, isOpenImage, lastPart, nameIn, namesAfter, namesOfWhole } from './image-names.ts'
import { walkOver } from './project-tree.ts'
import { composeRuns } from './readers/compose.ts'
import { readerOf } from './readers/index.ts'
import type { RepositoryFile, Run } from './readers/run.ts'
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
  { root, dockerfiles, files, named, services }: PortTree,
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
    for (const { file, lines: at } of pods.flatMap((pod) => podPortLines(pod, port)))
      for (const one of at) add(file, one)
    const calls = hosts.length === 0 ? null : callOf(hosts, port)
    for (const file of files) {
      const isNear = folders.some((folder) => folder === dirname(file.path) || isInside(file.path, folder))
      if (calls !== null && isNear && !isDocument(file)) {
        if (calls.test(file.text)) for (const at of linesWith(file, calls)) add(file, at)
        for (const at of nearLines(file, hosts, port)) add(file, at)
      }
      for (const at of runLines(file, image, port)) add(file, at)
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

function linesWith({ text }: File, pattern: RegExp): readonly number[] {
  return text
    .split('\n')
    .flatMap((line, at) => (!COMMENT.test(line) && !/^\s*image:/.test(line) && pattern.test(line) ? [at] : []))
}

/** A call of one of the hosts at a port: `web:80`, `http://web` and nginx's `server web;`, which mean 80, and `${WEB_HOST}:80`. */
function callOf(hosts: readonly string[], port: number): RegExp {
  const names = hosts.map(escaped).join('|')
  const variables = hosts.map((host) => escaped(host.toUpperCase().replace(/\W/g, '_'))).join('|')
  const scheme = port === 80 ? 'http' : port === 443 ? 'https' : null
  const said = `(?<![\\w.@-]|[^/]/)(?:${names}):${port}(?!\\d)|\\$\\{?(?:${variables})(?:_HOST|_ADDR|_SERVICE|_NAME)*\\}?:${port}(?!\\d)`
  const implied = scheme === null ? '' : `|\\b${scheme}://(?:${names})(?![\\w.:-])`
  const upstream =
    port === 80 ? `|^[ \\t]*server[ \\t]+(?:${names})\\s*;|\\breverse_proxy[ \\t]+(?:${names})\\s*(?:\\{|$)` : ''
  return new RegExp(said + implied + upstream, 'm')
}

/** A key has the name of a host, and another one some lines away the port: `address: web` above `port_value: 80`. */
function nearLines({ text }: File, hosts: readonly string[], port: number): readonly number[] {
  if (!text.includes(String(port)) || !hosts.some((host) => text.includes(host))) return []
  let start = 0
  return text.split('\n').flatMap((line, at) => {
    const from = start
    start += line.length + 1
    const host = /[:=]\s*["']?([\w.-]+)["']?[\s,;}]*(?:#.*)?$/.exec(line)
    const [said = '', name = ''] = host ?? []
    if (host === null || COMMENT.test(line) || !hosts.includes(name)) return []
    const column = host.index + said.indexOf(name)
    const place = { text, before: line.slice(0, column), start: from + column, end: from + column + name.length }
    return isNearPort(place, port) ? [at] : []
  })
}

/** A reference means the image; `isExact`: by a name that it is built under. */
function isImage(reference: string, { names, called }: Image, isExact: boolean): boolean {
  // The last word of a template is what it ends with.
  const name = nameIn(reference.replace(/\{\{[^{}]*\}\}/g, '$x').replace(/^["']|["']$/g, ''))
  const last = lastPart(name)
  const isOpen = name.includes('$')
  if (last === '' || last.includes('$')) return names.includes(name)
  const isNamed = names.some(
    (one) =>
      lastPart(one) === last &&
      (one === name || isOpen || one.includes('$') || one.endsWith(`/${name}`) || name.endsWith(`/${one}`)),
  )
  if (isNamed || isExact || isListed(name)) return isNamed
  return called.some((one) => last === one || last.endsWith(`-${one}`) || last.endsWith(`_${one}`))
}

/** A service of a Compose file, and its lines. */
interface Service extends Pick<Run, 'dockerfiles' | 'stage'> {
  readonly file: File
  readonly name: string
  readonly lines: readonly string[]
  /** The line after the one that names it. */
  readonly from: number
  readonly image: string | null
  readonly hosts: readonly string[]
}

const SERVICES = /^services:\s*(?:#.*)?$/m

function isOfServices({ path, text }: File): boolean {
  return /\.(ya?ml|j2|jinja2?|tmpl|tpl|template)$/.test(path) && SERVICES.test(text)
}

/** Services by indentation, since templates of YAML are no YAML. */
function servicesIn(file: File, said: readonly Run[]): readonly Service[] {
  const runs = new Map(said.map((run) => [run.service, run]))
  const lines = file.text.split('\n')
  const top = lines.findIndex((line) => SERVICES.test(line))
  const end = top + 1 + endOfBlock(lines.slice(top + 1), 0)
  const inside = lines.slice(top + 1, end)
  const indent = Math.min(...inside.flatMap((line) => (isContent(line) ? [indentOf(line)] : [])))
  return inside.flatMap((line, index): readonly Service[] => {
    const name = indentOf(line) === indent ? /^\s*["']?([\w.-]+)["']?:/.exec(line)?.[1] : undefined
    if (name === undefined) return []
    const from = top + 1 + index + 1
    const body = lines.slice(from, Math.min(end, from + endOfBlock(lines.slice(from, end), indent)))
    const names = body.flatMap((one) => /^\s*(?:container_name|hostname):\s*["']?([\w.-]+)/.exec(one)?.[1] ?? [])
    const { image = null, names: [built = null] = [], dockerfiles = [], stage = null } = runs.get(name) ?? {}
    const hosts = [name, ...names, ...aliasesIn(body)]
    return [{ file, name, lines: body, from, image: image ?? built, dockerfiles, stage, hosts }]
  })
}

function aliasesIn(lines: readonly string[]): readonly string[] {
  const at = lines.findIndex((line) => /^\s*aliases:\s*$/.test(line))
  if (at < 0) return []
  const listed = lines.slice(at + 1)
  const end = listed.findIndex((line) => !/^\s*-\s/.test(line))
  return listed
    .slice(0, end < 0 ? listed.length : end)
    .flatMap((line) => plainValue(line.replace(/^\s*-\s+/, '')) || [])
}

/** Lines in which a service names its own port: published, exposed, in its health check, or in a label for a proxy. */
function portLinesOf({ lines, from }: Service, port: number): readonly number[] {
  let under = ''
  return lines.flatMap((line, index) => {
    const key = /^\s*([\w.-]+):\s*(?:$|\[|#)/.exec(line)?.[1]
    if (key !== undefined) under = key
    return COMMENT.test(line) || !saysPort(line, under, port) ? [] : [from + index]
  })
}

function saysPort(line: string, under: string, port: number): boolean {
  if (!/^\s*-/.test(line) || /^(ports|expose|test|labels|environment|healthcheck)$/.test(under) === false)
    under = keyOf(line) || under
  const end = `${port}(?:/tcp)?["']?\\s*(?:$|[,\\]#])`
  if (under === 'ports' || under === 'target')
    return new RegExp(`(?:[\\s"'\\[:-]|target:\\s*)${end}`).test(line) && !/^\s*(?:-\s+)?(?:published|name):/.test(line)
  if (under === 'expose') return new RegExp(`[\\s"'\\[-]${end}`).test(line)
  if (/server\.port|VIRTUAL_PORT/.test(line)) return new RegExp(`[=:\\s"']${port}["']?\\s*$`).test(line)
  if (under === 'test' || under === 'healthcheck') return asks(line, port)
  return false
}

function keyOf(line: string): string {
  return /^\s*(?:-\s+)?([\w.-]+):/.exec(line)?.[1] ?? ''
}

/** It calls itself at the port. */
function asks(line: string, port: number): boolean {
  const scheme = port === 80 ? 'http' : port === 443 ? 'https' : null
  const host = '(?:localhost|127\\.0\\.0\\.1|0\\.0\\.0\\.0)'
  return (
    new RegExp(`${host}(?::|["',\\s]+)${port}(?!\\d)`).test(line) ||
    (scheme !== null && new RegExp(`\\b${scheme}://${host}(?![\\w.:-])`).test(line)) ||
    (port === 80 && /\b(?:curl|wget)\b/.test(line) && /[\s"']localhost(?![\w.:-])/.test(line))
  )
}

/** A container of a manifest that runs the image. */
interface Pod {
  readonly file: File
  /** Lines of the container. */
  readonly from: number
  readonly lines: readonly string[]
  /** Defaults of its chart; null for a manifest outside a chart. */
  readonly chart: Values | null
  /** Services beside it that select it. */
  readonly services: readonly { readonly file: File; readonly from: number; readonly lines: readonly string[] }[]
}

function podsIn(files: readonly File[], image: Image): readonly Pod[] {
  const manifests = files.filter(
    ({ path, text }) => /\.(ya?ml|tpl|j2)$/.test(path) && /^[ \t-]*image:/m.test(text) && !SERVICES.test(text),
  )
  return manifests.flatMap((file) => {
    if (!/^kind:/m.test(file.text) && !/\bcontainers:/.test(file.text)) return []
    return documentsOf(file).flatMap(({ from, lines }): readonly Pod[] =>
      lines.flatMap((line, at) => {
        const reference = (/^[\s-]*image:(.*)$/.exec(line)?.[1] ?? '').trim()
        if (reference === '' || !(isImage(reference, image, false) || isOfChart(reference, file, files, image)))
          return []
        const container = containerAround(lines, at)
        const document = new Set(lines.map(plainLine))
        const services = files
          .filter((other) => dirname(other.path) === dirname(file.path) && /^kind:\s*Service\b/m.test(other.text))
          .flatMap((other) => documentsOf(other).map((one) => ({ ...one, file: other })))
          .filter((one) => one.lines.some((each) => /^kind:\s*Service\b/.test(each)) && chooses(one.lines, document))
        return [
          { file, from: from + container.from, lines: container.lines, chart: valuesOfChart(file, files), services },
        ]
      }),
    )
  })
}

function documentsOf({ text }: File): readonly { readonly from: number; readonly lines: readonly string[] }[] {
  const lines = text.split('\n')
  const starts = [0, ...lines.flatMap((line, at) => (/^---/.test(line) ? [at + 1] : []))]
  return starts.map((from, index) => ({ from, lines: lines.slice(from, starts[index + 1] ?? lines.length) }))
}

/** `{{- include "web.selectorLabels" . | nindent 6 }}` says the same at any depth. */
function plainLine(line: string): string {
  return line
    .replace(/\|\s*n?indent\s+\d+/, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The item of the list that a line is in. */
function containerAround(
  lines: readonly string[],
  at: number,
): { readonly from: number; readonly lines: readonly string[] } {
  let from = at
  while (
    from > 0 &&
    !(/^\s*-\s/.test(lines[from] ?? '') && (from === at || indentOf(lines[from] ?? '') < indentOf(lines[at] ?? '')))
  )
    from -= 1
  return { from, lines: lines.slice(from, from + 1 + endOfBlock(lines.slice(from + 1), indentOf(lines[from] ?? ''))) }
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
  readonly values: ReadonlyMap<string, { readonly value: string; readonly at: number }>
}

function valuesOfChart({ path }: File, files: readonly File[]): Values | null {
  const folder = dirname(path)
  if (basename(folder) !== 'templates') return null
  const file = files.find((other) => other.path === join(dirname(folder), 'values.yaml'))
  return file === undefined ? null : { file, values: flattened(file.text) }
}

/** `image.repository` of nested keys. */
function flattened(text: string): Values['values'] {
  const found = new Map<string, { readonly value: string; readonly at: number }>()
  const above: { readonly indent: number; readonly key: string }[] = []
  for (const [at, line] of text.split('\n').entries()) {
    const [, key, value = ''] = /^\s*([\w-]+):(.*)$/.exec(line) ?? []
    if (key === undefined || COMMENT.test(line)) continue
    const indent = indentOf(line)
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop()
    above.push({ indent, key })
    if (plainValue(value) !== '') found.set(above.map((one) => one.key).join('.'), { value: plainValue(value), at })
  }
  return found
}

interface Lines {
  readonly file: File
  readonly lines: readonly number[]
}

function podPortLines(pod: Pod, port: number): readonly Lines[] {
  const found: Lines[] = []
  const look = (file: File, from: number, lines: readonly string[], isKey: (key: string) => boolean): void => {
    for (const [at, line] of lines.entries()) {
      const [, key = '', written = ''] = /^[\s-]*(containerPort|port|targetPort):(.*)$/.exec(line) ?? []
      if (key === '' || !isKey(key)) continue
      const value = plainValue(written)
      if (value === String(port)) found.push({ file, lines: [from + at] })
      const said = pod.chart?.values.get(/^\{\{-?\s*\.Values\.([\w.]+)(?:[\s|][^{}]*)?\}\}$/.exec(value)?.[1] ?? '')
      if (pod.chart !== null && said?.value === String(port)) found.push({ file: pod.chart.file, lines: [said.at] })
    }
  }
  look(pod.file, pod.from, pod.lines, (key) => key !== 'targetPort')
  for (const { file, from, lines } of pod.services) {
    const isTold = lines.some((line) => /^[\s-]*targetPort:/.test(line))
    look(file, from, lines, (key) => key === (isTold ? 'targetPort' : 'port'))
  }
  return found
}

/** `docker run -p 8080:80 IMAGE`, over several lines too. */
function runLines({ text, path }: File, image: Image, port: number): readonly number[] {
  if (!/\b(?:docker|podman|nerdctl)\b/.test(text) || SERVICES.test(text)) return []
  const published = new RegExp(`(?:^|\\s)(?:-p|--publish)[=\\s]*["']?\\S*:${port}(?:/tcp)?["']?(?=\\s|$)`)
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    if (!RUN.test(line) || (COMMENT.test(line) && !path.endsWith('.md'))) return []
    let end = at
    while (end < at + 20 && /\\\s*$/.test(lines[end] ?? '')) end += 1
    const command = lines
      .slice(at, end + 1)
      .map((each) => each.replace(/\\\s*$/, ' '))
      .join('')
    if (command.length > bounds.surveyedLine || !published.test(command)) return []
    const words = command.split(/[\s`]+/)
    return words.some((word) => /^[\w$]/.test(word) && isImage(word, image, true)) ? [at] : []
  })
}

const RUN = /\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b/

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
