import { argvOf, isShell, programsOf } from '../../command/index.ts'
import { configurationFiles } from '../../evidence/configuration-files.ts'
import type { FileModel } from '../../image/file-model.ts'
import type { FileEdit } from '../plan.ts'
import { lineEvidence, type PortLine, portEdit, portLines } from './port-lines.ts'
import type { PortSources } from './port-sources.ts'
import { scriptPortLines } from './script-ports.ts'

type Sources = Pick<PortSources, 'facts' | 'programs' | 'opened'> & Partial<Pick<PortSources, 'scripts' | 'spared'>>

/** Edits that move a port in the configuration that was read. */
export function inFiles(from: number, to: number, sources: Sources): readonly FileEdit[] {
  return configurationRead(sources).flatMap(({ path, text }) => {
    const known = portLines(path, text, from, to)
    const ofScript = isScript(text) ? scriptPortLines(path, text, from, to) : []
    const isOpen = ({ text: line }: PortLine): boolean =>
      sources.spared?.has(lineEvidence(path, from, line).detail) !== true
    // One line may say it several times, each in a form of its own.
    const others = ofScript.filter(({ text: line }) => !known.some((other) => other.text === line))
    const lines = [...known, ...others].filter(isOpen)
    return lines.length === 0 ? [] : [portEdit(path, from, lines)]
  })
}

/**
 * Somebody else is expected on the port, although nobody may listen just now: `proxy_pass http://127.0.0.1:8080`, or an
 * address and a port that stand beside each other, as in `.host = "127.0.0.1"; .port = "8080";`.
 */
export function namesLocal(port: number, sources: Sources): boolean {
  const { config } = sources.facts
  const read = filesRead(sources).map(({ text }) => withoutComments(text))
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

/** What was read, without programs: a port in a program's own code is its author's to change. */
export function configurationRead(sources: Sources): readonly Text[] {
  return filesRead(sources).filter(({ path, text }) => !isCode(path, text))
}

const CODE = /\.(py|js|mjs|cjs|ts|rb|pl|pm|php|lua|tcl|exs?)$/

function isCode(path: string, text: string): boolean {
  if (path.startsWith('/etc/') || /conf|setting/i.test(path)) return false
  return CODE.test(path) || (text.startsWith('#!') && !isScript(text))
}

/** Of a shell. */
export function isScript(text: string): boolean {
  const words = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(text)
  return words !== null && (isShell(words[1] ?? '') || (/\/env$/.test(words[1] ?? '') && isShell(words[2] ?? '')))
}

/** The configuration that the run opened, and its start scripts; before a run, what looks like that of its programs. */
function filesRead({ facts, programs, opened, scripts = [] }: Sources): readonly Text[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const argv = argvOf(facts.config)
  const started = [...programsOf(facts.config), ...programs]
  // Of a base that nobody knows, which program it is is not known either: all that the stage itself puts in may be its configuration.
  const isUnknown = argv.length === 0 && started.length === 0
  const likely = isUnknown ? files.texts() : configurationFiles(files, started, argv)
  const paths = opened === null ? [...likely, ...scripts] : [...scripts, ...openedOf(opened, likely, files)]
  return [...new Set(paths)].map((path) => ({ path, text: files.text(path) ?? '' }))
}

function openedOf(opened: readonly string[], likely: readonly string[], files: FileModel): readonly string[] {
  const real = new Set(opened.map((path) => files.resolve(path) ?? path))
  return files
    .texts()
    .filter(
      (path) => real.has(path) && (likely.includes(path) || !path.startsWith('/etc/') || path.split('/').length > 3),
    )
}
