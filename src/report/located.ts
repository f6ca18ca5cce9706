import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts'
import { allInstructions } from '../dockerfile/layout.ts'
import { applyEdits, lineOf } from '../edit.ts'
import { HardenError } from '../errors.ts'
import type { Rendering, RenderOptions } from './format.ts'
import { hasFailed, type ReportError, type ReportFinding, type TargetResult } from './report.ts'
import { servicesTold } from './services.ts'

/** A place in a text, 1-based; columns in UTF-16 code units, the last one exclusive. */
interface TextRegion {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  /** Absent where the text is not known: to the end of the line. */
  readonly endColumn?: number
}

/** Where something is, for programs that show it beside the source. */
export interface ReportPlace {
  /** From the root of the repository, with forward slashes; of an image its name. */
  readonly path: string
  readonly isFile: boolean
  /** Absent where no line is known. */
  readonly region?: TextRegion
}

export interface LocatedFinding extends ReportPlace {
  readonly finding: ReportFinding
  /** Of the target, or of the service that it is about. */
  readonly result: TargetResult
  readonly region: TextRegion
  /** Its id: the same as long as the line says the same, wherever it stands, and whatever the message says. */
  readonly fingerprint: string
  /** What would be replaced in the file as it was; empty where that is not known for sure. */
  readonly replacements: readonly { readonly region: Required<TextRegion>; readonly text: string }[]
}

/** Of a target that could not be worked on. */
export interface LocatedFailure {
  readonly result: TargetResult
  readonly error: ReportError
  /** Null for what could not be found: it is no file either. */
  readonly location: ReportPlace | null
  readonly fingerprint: string
}

/** All findings of all targets and of their services, in their order. */
export function locatedFindings(renderings: readonly Rendering[]): readonly LocatedFinding[] {
  const texts = new Map<string, Text>()
  const alike = new Map<string, number>()
  const textOf = (path: string, text: string): Text => {
    const known = texts.get(path) ?? readText(text)
    texts.set(path, known)
    return known
  }
  return renderings.flatMap((rendering) => {
    const sure = new Set(
      [rendering.result, ...(rendering.result.services ?? [])].flatMap((result) => {
        const source = sourceOf(rendering, placedAt(rendering, result.file))
        return source !== null && makesOutput(source, result) ? result.findings : []
      }),
    )
    return [rendering, ...ofServices(rendering)].flatMap((one) =>
      one.result.findings.map((finding): LocatedFinding => {
        const placed = placedAt(one, finding.file)
        const location = locationOf(placed)
        const source = sourceOf(rendering, placed)
        const text = source === null ? null : textOf(`${placed.path}\0${rendering.path}`, source)
        const region = regionAt(text, finding)
        const line = text?.lines[region.startLine - 1]?.trim() ?? ''
        const key = hashOf([finding.transform, location.path, finding.evidence[0]?.subject ?? '', line].join('\0'))
        const number = (alike.get(key) ?? 0) + 1
        alike.set(key, number)
        const isSure = location.isFile && finding.file === undefined && sure.has(finding)
        const edits = isSure ? (finding.edits ?? []) : []
        const replacements =
          text === null ? [] : edits.map((edit) => ({ region: regionOf(text, edit.start, edit.end), text: edit.text }))
        return { ...location, finding, result: one.result, region, fingerprint: `${key}:${number}`, replacements }
      }),
    )
  })
}

/** The change is in the file: written, and not held back because its proof failed. */
export function isDone({ finding, result }: LocatedFinding, { isWritten = false }: RenderOptions): boolean {
  return finding.outcome === 'fixed' && isWritten && !hasFailed(result)
}

/**
 * What is shown beside the source: at the line of a question there is nothing to do, and of what a baseline knows nothing is new. It
 * keeps no notes, so that beside one nobody could tell which of them are.
 */
export function locatedAnnotations(
  renderings: readonly Rendering[],
  { isKnown }: Pick<RenderOptions, 'isKnown'>,
): readonly LocatedFinding[] {
  return locatedFindings(renderings).filter(
    ({ finding: { outcome }, fingerprint }) =>
      outcome !== 'question' && (isKnown === undefined || (outcome !== 'note' && !isKnown(fingerprint))),
  )
}

/** A finding with a change is a warning until the change is made; one that only a person can mend is an error. */
export function levelOf(located: LocatedFinding, options: RenderOptions): 'error' | 'warning' | 'note' {
  const { outcome } = located.finding
  if (outcome === 'todo') return 'error'
  return outcome === 'note' || isDone(located, options) ? 'note' : 'warning'
}

/** What is wrong comes first, as long as it is not changed. */
export function messageOf(located: LocatedFinding, options: RenderOptions): string {
  const { message, problem = message } = located.finding
  return isDone(located, options) ? message : problem
}

/** The message with what to do and why, a line each. */
export function wholeMessage(located: LocatedFinding, options: RenderOptions): string {
  const { hint, evidence } = located.finding
  const why = evidence.map(({ source, subject, detail }) => `${source} ${subject}: ${detail}`)
  return [messageOf(located, options), ...(hint ? [`do: ${hint}`] : []), ...why].join('\n')
}

export function locatedFailures(renderings: readonly Rendering[]): readonly LocatedFailure[] {
  return renderings.flatMap((rendering) => {
    const { result } = rendering
    if (result.verdict !== 'failed') return []
    const error = result.error ?? { code: 'bug', message: `${result.target} could not be worked on` }
    // The path is a stand-in where nothing was found.
    const isNone =
      result.kind !== 'image' && rendering.path === 'Dockerfile' && !/(^|\/)Dockerfile$/.test(result.target)
    const line = error.line === undefined ? {} : { region: regionAt(null, { line: error.line, column: 1 }) }
    const fingerprint = fingerprintOf('failed', result.target)
    return [{ result, error, location: isNone ? null : { ...locationOf(rendering), ...line }, fingerprint }]
  })
}

/** Of what is of no line: 16 hexadecimal digits, and a number, as findings have them. */
export function fingerprintOf(...parts: readonly string[]): string {
  return `${hashOf(parts.join('\0'))}:1`
}

/** A service that runs an image is at the file of its project. */
function ofServices(rendering: Rendering): readonly Rendering[] {
  const { kind } = rendering.result
  return servicesTold(rendering.result).map((service) =>
    service.file === undefined
      ? { ...rendering, result: { ...service, kind } }
      : placedAt({ ...rendering, result: service }, service.file),
  )
}

/** At the file that the line is of, where that is not the target's own. */
function placedAt(rendering: Rendering, file: string | undefined): Rendering {
  if (file === undefined) return rendering
  const { [file]: fromRoot = file } = rendering.placesFromRoot ?? {}
  return { ...rendering, path: file, fromRoot }
}

function locationOf({ result, path, fromRoot = path }: Rendering): ReportPlace {
  return result.kind === 'image' && result.file === undefined
    ? { path: result.target, isFile: false }
    : { path: fromRoot, isFile: true }
}

/** The text that the lines are of; null where it is not at hand. */
function sourceOf(whole: Rendering, { path }: Rendering): string | null {
  if (path === whole.path) return whole.source
  return whole.files?.find(({ name }) => name === path)?.before ?? null
}

interface Text {
  readonly source: string
  readonly lines: readonly string[]
  /** Null for what is no Dockerfile. */
  readonly dockerfile: Dockerfile | null
}

function readText(source: string): Text {
  return { source, lines: source.split(/\r?\n/), dockerfile: dockerfileOf(source) }
}

function dockerfileOf(source: string): Dockerfile | null {
  try {
    return parseDockerfile(source)
  } catch (error) {
    if (error instanceof HardenError) return null
    throw error
  }
}

/** To the end of the instruction, or of the line. */
function regionAt(text: Text | null, { line, column }: Pick<ReportFinding, 'line' | 'column'>): TextRegion {
  const start = { startLine: line, startColumn: column }
  const own = text?.lines[line - 1]
  if (text === null || own === undefined) return { ...start, endLine: line }
  const instruction =
    text.dockerfile === null ? undefined : allInstructions(text.dockerfile).find((one) => one.line === line)
  if (instruction !== undefined && instruction.column <= column) {
    const { endLine, endColumn } = regionOf(text, instruction.span.start, instruction.span.end)
    return { ...start, endLine, endColumn }
  }
  return { ...start, endLine: line, endColumn: Math.max(column, own.length + 1) }
}

function regionOf({ source }: Text, start: number, end: number): Required<TextRegion> {
  const at = (offset: number) => {
    const line = lineOf(source, offset)
    return { line, column: offset - (source.lastIndexOf('\n', offset - 1) + 1) + 1 }
  }
  const [from, to] = [at(start), at(end)]
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column }
}

/** Several services may change one file in turn: then the places are of a text in between. */
function makesOutput(source: string, { findings, output }: TargetResult): boolean {
  const edits = findings.flatMap(({ outcome, edits = [] }) => (outcome === 'fixed' ? edits : []))
  try {
    return applyEdits(source, edits) === output
  } catch (error) {
    if (error instanceof HardenError) return false
    throw error
  }
}

/** FNV-1a of 64 bits, over UTF-16 code units: pure modules have no other. Source: draft-eastlake-fnv. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (let at = 0; at < text.length; at += 1)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
