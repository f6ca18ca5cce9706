import type { EnvSetting, Evidence } from '../../evidence/claim.ts'
import { configurationFiles } from '../../evidence/configuration-files.ts'
import { type FileEdit, inPlaceOf } from '../../evidence/file-edit.ts'
import type { FileModel } from '../../image/file-model.ts'
import { memoizeByObject } from '../../memoize.ts'
import { argvOf, type Command, isShell, programsOf } from '../../shell/index.ts'
import type { PortSources } from './decide-port.ts'
import { ELSEWHERE, scriptPortLines, scriptPortVariable, sourcePortVariable } from './low-ports.ts'
import { moveInArguments, movePort, renumbered } from './port-arguments.ts'
import { isCommentOrForward, lineEvidence, type PortLine, portEdit, portLines } from './port-lines.ts'

type Sources = Pick<PortSources, 'facts' | 'programs' | 'opened'> &
  Partial<Pick<PortSources, 'scripts' | 'excluded' | 'rendered' | 'started'>>

/** Edits that move a port in the configuration that was read. */
function inFiles(from: number, to: number, sources: Sources): readonly FileEdit[] {
  return configurationRead(sources).flatMap(({ path, text }) => {
    const known = portLines(path, text, from, to)
    const ofScript = isScript(text) ? scriptPortLines(path, text, from, to) : []
    const isOpen = ({ text: line }: PortLine): boolean =>
      sources.excluded?.has(lineEvidence(path, from, line).detail) !== true
    // One line may name the port several times, in different forms.
    const others = ofScript.filter(({ text: line }) => !known.some((other) => other.text === line))
    const lines = [...known, ...others].filter(isOpen)
    return lines.length === 0 ? [] : [portEdit(path, from, lines)]
  })
}

/**
 * Another server is expected on the port, although nothing may listen there now: `proxy_pass http://127.0.0.1:8080`, or an address
 * beside a port, as in `.host = "127.0.0.1"; .port = "8080";`.
 */
export function namesLocal(port: number, sources: Sources): boolean {
  const { config } = sources.facts
  const read = filesRead(sources).flatMap(({ text }) => (text.includes(String(port)) ? [withoutComments(text)] : []))
  const beside = String.raw`["']?[\s,;]{1,20}`
  const named = String.raw`["']?[\w.-]*port["']?\s{0,9}[:=]?\s{0,9}["']?${port}(?!\d)`
  const local = new RegExp(
    String.raw`${LOCAL}\]?(?:[:,]|\s+)${port}(?![\d.])|${LOCAL}${beside}${named}|${named}${beside}["']?[\w.-]*["']?\s{0,9}[:=]?\s{0,9}["']?${LOCAL}`,
    'i',
  )
  return [...argvOf(config), ...config.env.values(), ...read].some((text) => local.test(text))
}

/** A run of empty lines that no comment ends is passed over at once. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(#|;|\/\/).*$|^\s+/gm, (all, mark: string | undefined) => (mark === undefined ? all : ''))
}

const LOCAL = String.raw`(?:\blocalhost\b|\b127(?:\.\d+){3}|\[?::1\]?)`

interface Text {
  readonly path: string
  readonly text: string
}

/** The configuration that was read, without code: a port in a program's code is its author's to change. */
export function configurationRead(sources: Sources): readonly Text[] {
  return filesRead(sources).filter(({ path, text }) => !isCode(path, text))
}

const CODE = /\.(py|js|mjs|cjs|ts|rb|pl|pm|php|lua|tcl|exs?)$/

function isCode(path: string, text: string): boolean {
  if (path.startsWith('/etc/') || /conf|setting/i.test(path)) return false
  return CODE.test(path) || (text.startsWith('#!') && !isScript(text))
}

/** Of a shell. */
function isScript(text: string): boolean {
  const words = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(text)
  return words !== null && (isShell(words[1] ?? '') || (/\/env$/.test(words[1] ?? '') && isShell(words[2] ?? '')))
}

/** The configuration that the run opened, and its start scripts; before a run, what looks like that of its programs. */
const filesRead = memoizeByObject(
  ({ facts, programs, opened, scripts = [], rendered = [], started: words = [] }: Sources): readonly Text[] => {
    if (!facts.files.known) return []
    const files = facts.files.value
    const argv = [...argvOf(facts.config), ...words]
    const started = [...programsOf(facts.config), ...programs]
    // An unknown base image starts an unknown program: any text that the stage adds may be its configuration.
    const isUnknown = argv.length === 0 && started.length === 0
    const likely = isUnknown ? files.texts() : configurationFiles(files, started, argv)
    const templates = rendered.flatMap(({ path, template }) =>
      template !== null && isConfiguration(path) && files.text(template) !== null ? [template] : [],
    )
    const read = opened === null ? [...likely, ...scripts] : [...scripts, ...openedOf(opened, likely, files)]
    const paths = [...read, ...templates]
    return [...new Set(paths)].map((path) => ({ path, text: files.text(path) ?? '' }))
  },
)

/** `{{ .Env.HTTP_PORT | default "80" }}`, `{{ default .Env.PORT "80" }}`: the variable by which templates are told the port; null for none or several. */
export function templatePortVariable(from: number, texts: readonly string[]): string | null {
  const behind = new RegExp(String.raw`\bEnv\.(\w*(?:PORT|LISTEN)\w*)\s*\|\s*default\s+"?${from}\b`, 'g')
  const before = new RegExp(String.raw`\bdefault\s+\.Env\.(\w*(?:PORT|LISTEN)\w*)\s+"?${from}\b`, 'g')
  const names = new Set(
    texts.flatMap((text) => [...text.matchAll(behind), ...text.matchAll(before)].map(([, name]) => name)),
  )
  const [only] = names
  return names.size === 1 ? (only ?? null) : null
}

function templatesOf({ rendered = [], facts }: Sources): readonly string[] {
  const files = facts.files.known ? facts.files.value : null
  return rendered.flatMap(({ template }) => (template === null ? [] : (files?.text(template) ?? [])))
}

function isConfiguration(path: string): boolean {
  return /\.(conf|cfg|ini|ya?ml|toml|vhost|vcl)$|^\/etc\/|\/conf\//.test(path)
}

function openedOf(opened: readonly string[], likely: readonly string[], files: FileModel): readonly string[] {
  const real = new Set(opened.map((path) => files.resolve(path) ?? path))
  return files
    .texts()
    .filter(
      (path) => real.has(path) && (likely.includes(path) || !path.startsWith('/etc/') || path.split('/').length > 3),
    )
}

/** Where a port is set, and the changes that move it. `evidence` names each place, none where none was found. */
export interface PortPlace extends Command {
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly evidence: readonly Evidence[]
}

/** `BACKEND_PORT=80`: a number alone does not say whose it is. */
function isOthers(name: string, value: string): boolean {
  return ELSEWHERE.test(name) && /^\d+$/.test(value)
}

const PORT_VARIABLE = /(^|_)(PORT|PORTS|LISTEN|BIND|ADDR|ADDRESS|URLS?|HOST)(_|$)/i

function portSetting(name: string, value: string, from: number, ...evidence: readonly Evidence[]): EnvSetting {
  return { name, value, reason: `listen above 1024 (ENV ${name} said ${from})`, evidence }
}

/** In the files that were read, the environment and the command, by what such a setting looks like. */
export function searchPort(from: number, to: number, sources: PortSources, command: Command): PortPlace {
  const isOpen = (detail: string): boolean => sources.excluded?.has(detail) !== true
  const place = (detail: string): Evidence => ({ source: 'config', subject: String(from), detail })
  const stock = sources.stock?.get(from)
  const fileEdits = [...inFiles(from, to, sources), ...(stock === undefined ? [] : renumbered(stock, to).fileEdits)]
  const evidence = fileEdits.flatMap((edit) => edit.evidence)
  const env: EnvSetting[] = []
  for (const [name, value] of sources.facts.config.env) {
    const moved = PORT_VARIABLE.test(name) && !isOthers(name, value) ? movePort(value, from, to) : value
    const item = place(`set by ENV ${name}=${value}`)
    if (moved === value || !isOpen(item.detail)) continue
    evidence.push(item)
    env.push(portSetting(name, moved, from, item))
  }
  const scripts = configurationRead(sources).filter(({ text }) => isScript(text))
  const inScript = scriptPortVariable(
    scripts.map(({ text }) => text),
    from,
  )
  const inTemplate = inScript ?? templatePortVariable(from, templatesOf(sources))
  const inSource = inTemplate === null ? sourcePortVariable(from, sources) : null
  const variable = inTemplate ?? inSource
  const who = inScript !== null ? 'a start script' : inTemplate !== null ? 'a template' : "the program's own source"
  if (variable !== null && !sources.facts.config.env.has(variable)) {
    const item = place(`said in ${who} where ${variable} is not set`)
    if (isOpen(item.detail)) {
      evidence.push(item)
      env.push({
        name: variable,
        value: String(to),
        reason: `listen above 1024 (${who} says ${from} without it)`,
        evidence: [item],
      })
    }
  }
  const inArguments = (argv: Command['cmd'], keyword: string): Command['cmd'] => {
    const moved = moveInArguments(argv, from, to)
    const item = place(`set by an argument of ${keyword}`)
    if (JSON.stringify(moved) === JSON.stringify(argv) || !isOpen(item.detail)) return argv
    evidence.push(item)
    return moved
  }
  const entrypoint = inArguments(command.entrypoint, 'ENTRYPOINT')
  const cmd = inArguments(command.cmd, 'CMD')
  return { fileEdits, env, entrypoint, cmd, evidence }
}

/** A place that names the number, and the change that moves it there. */
interface Place {
  readonly where: string
  /** Its name where it has a known form: a run has then shown that it does not set the port. */
  readonly known: string
  readonly change: (found: PortPlace) => PortPlace
}

/**
 * The number as a word of its own: `at=80/tcp`, `0.0.0.0,80;no-tls`, `door 80`. Not part of a path, an address, a larger
 * number or one with a unit; nor a port of another machine.
 */
function asWord(port: number): RegExp {
  const other = String.raw`(?<!(?<![\d.])(?!0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}[,@#!: ]|\blocalhost[,@#!: ])`
  return new RegExp(String.raw`(?<![\w./%$-])${other}${port}(?![\w.%-]|\/(?!tcp\b|udp\b))`, 'g')
}

/**
 * The only place that names the number, in an unknown form: among the arguments, the environment and the configuration that the run
 * read. The next round shows whether it sets the port. Null where there is none, or more than one.
 */
export function guessPort(from: number, to: number, sources: PortSources, command: Command): PortPlace | null {
  if (sources.bound?.some(({ port }) => port === from) !== true) return null
  const places = [
    ...inArguments('entrypoint', from, to, command),
    ...inArguments('cmd', from, to, command),
    ...inEnvironment(from, to, sources),
    ...inLines(from, to, sources),
  ]
  const [only, second] = places.filter(({ known }) => sources.excluded?.has(known) !== true)
  if (only === undefined || second !== undefined) return null
  const detail = `the only place that sets ${from}: ${only.where}`
  if (sources.excluded?.has(detail) === true) return null
  const evidence = { source: 'config', subject: String(from), detail } as const
  const { fileEdits, env, ...argv } = only.change({ fileEdits: [], env: [], ...command, evidence: [evidence] })
  return {
    ...argv,
    fileEdits: fileEdits.map((edit) => ({ ...edit, evidence: [evidence] })),
    env: env.map((setting) => ({ ...setting, evidence: [evidence] })),
  }
}

function inArguments(of: 'entrypoint' | 'cmd', from: number, to: number, command: Command): readonly Place[] {
  const words = command[of] ?? []
  return words.flatMap((word, index): readonly Place[] => {
    // `-x80`: an option of one letter with its value.
    const glued = new RegExp(`^-[A-Za-z]${from}$`).test(word)
    const times = glued ? 1 : (word.match(asWord(from)) ?? []).length
    const moved = glued ? `${word.slice(0, 2)}${to}` : word.replace(asWord(from), String(to))
    const change = (found: PortPlace): PortPlace => ({ ...found, [of]: words.with(index, moved) })
    const keyword = of.toUpperCase()
    const place = { where: `"${word}" in ${keyword}`, known: `set by an argument of ${keyword}`, change }
    return Array.from({ length: times }, () => place)
  })
}

function inEnvironment(from: number, to: number, { facts }: PortSources): readonly Place[] {
  return [...facts.config.env].flatMap(([name, value]) =>
    (value.match(asWord(from)) ?? []).map((): Place => {
      const setting = portSetting(name, value.replace(asWord(from), String(to)), from)
      const where = `ENV ${name}=${value}`
      return { where, known: `set by ${where}`, change: (found) => ({ ...found, env: [setting] }) }
    }),
  )
}

function inLines(from: number, to: number, sources: PortSources): readonly Place[] {
  return configurationRead(sources).flatMap(({ path, text }) =>
    text.split(/\r?\n/).flatMap((line) => {
      if (isCommentOrForward(line)) return []
      return (line.match(asWord(from)) ?? []).map((): Place => {
        const said = line.trim()
        const substitution = inPlaceOf(said, said.replace(asWord(from), String(to)))
        const edit = portEdit(path, from, [{ text: said, substitution }])
        const where = `"${said}" in ${path}`
        return { where, known: `set by ${where}`, change: (found) => ({ ...found, fileEdits: [edit] }) }
      })
    }),
  )
}
