import {
  ancestors,
  type BuildGiven,
  type Dockerfile,
  danglingContinuation,
  finalStage,
  parseDockerfile,
} from '../dockerfile/index.ts'
import type { Policy } from '../plan/stage-input.ts'
import { type ReportFinding, type TargetResult, targetFinding, targetQuestion } from '../report/report.ts'
import type { BuildSettings, ComposeStart, WorkItem } from '../repository/work-item.ts'
import { choices, joinTruncated } from '../words.ts'

/** A Dockerfile without a command of its own, with the one that a Compose service gives it. */
export interface ServiceStart {
  /** With the WORKDIR, ENTRYPOINT and CMD of the service at its end. */
  readonly dockerfile: Dockerfile
  readonly notes: readonly ReportFinding[]
  /** The result without those lines; changes in them become todos for the file that sets them. */
  asWritten(result: TargetResult): TargetResult
}

/** Null where the Dockerfile sets a command, or no service does. */
export function composeStart(
  { build }: Pick<WorkItem, 'build'>,
  dockerfile: Dockerfile,
  given: BuildGiven,
  policy: Pick<Policy, 'target'>,
): ServiceStart | null {
  const [start, ...others] = build === undefined ? [] : startsOf(build, dockerfile, policy)
  if (start === undefined || danglingContinuation(dockerfile) !== null) return null
  const { source, eol } = dockerfile
  const { workdir, entrypoint, command } = start
  const folder = workdir === null ? [] : [`WORKDIR ${workdir}`]
  const lines = [...line('ENTRYPOINT', entrypoint), ...line('CMD', command)]
  const ending = `${lines.join(eol)}${eol}`
  const added = `${source.endsWith('\n') ? '' : eol}${folder.map((one) => one + eol).join('')}${ending}`
  const more = others.filter((other) => wordsOf(other).join('\0') !== wordsOf(start).join('\0'))
  const taken = `the Dockerfile names no command: taken from ${saidOf(start)}`
  return {
    dockerfile: parseDockerfile(source + added, given),
    notes: [
      targetFinding('read-build', 'note', taken, 'add a CMD to the Dockerfile to set it wherever the image runs'),
      ...(more.length === 0 ? [] : [notShown(more)]),
    ],
    asWritten: (result) => without(result, { dockerfile, ending, start, count: lines.length }),
  }
}

/** The commands of services that build the last stage, where neither it nor its bases set a CMD. */
function startsOf(
  { starts, startsOwn, targets }: BuildSettings,
  dockerfile: Dockerfile,
  { target }: Pick<Policy, 'target'>,
): readonly ComposeStart[] {
  if (startsOwn) return []
  const stage = finalStage(dockerfile)
  const names = [stage.name, String(stage.index)]
  if ([...targets, ...(target === null ? [] : [target])].some((name) => !names.includes(name.toLowerCase()))) return []
  const said = new Set(
    [stage, ...ancestors(dockerfile, stage)].flatMap(({ instructions }) => instructions.map(({ keyword }) => keyword)),
  )
  if (said.has('CMD')) return []
  // Its own ENTRYPOINT expects a command; another ENTRYPOINT starts something else.
  return said.has('ENTRYPOINT') ? starts.filter(({ entrypoint }) => entrypoint === null) : starts
}

/** Services that start something other than the Dockerfile's own command, and were not inspected. */
export function elseStarted({ build }: Pick<WorkItem, 'build'>, dockerfile: Dockerfile): readonly ReportFinding[] {
  const own = finalStage(dockerfile).instructions.findLast(({ keyword }) => keyword === 'CMD')?.text ?? ''
  const others = (build?.starts ?? []).filter((start) => !isSame(own, wordsOf(start)))
  if (others.length === 0) return []
  const what = `${joinTruncated(others.map(saidOf))}: other commands that run in this image, not inspected`
  return [targetFinding('read-build', 'note', what, OWN_STAGE)]
}

/** As far as a text tells: `CMD a b` and `CMD ["a", "b"]` are both `a b`. */
function isSame(text: string, words: readonly string[]): boolean {
  return text.replace(/[[\]",\s]+/g, ' ').trim() === words.join(' ')
}

const OWN_STAGE = 'give each a stage of its own with its CMD, and build that in Compose (build: target:)'

function saidOf(start: ComposeStart): string {
  return `${start.by} (${wordsOf(start).join(' ')})`
}

/** A proof runs one of them. */
function notShown(others: readonly ComposeStart[]): ReportFinding {
  const what = `other commands that run in this image were not tried: ${joinTruncated(others.map(saidOf))}`
  return targetQuestion('read-build', 'service', what, OWN_STAGE)
}

interface Added {
  /** The Dockerfile as written. */
  readonly dockerfile: Dockerfile
  /** The ENTRYPOINT and CMD that were added; a WORKDIR stands above them, and perhaps something between. */
  readonly ending: string
  readonly start: ComposeStart
  /** Instructions in it. */
  readonly count: number
}

function without(result: TargetResult, { dockerfile, ending, start, count }: Added): TargetResult {
  const { source } = dockerfile
  const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0)
  const findings = result.findings.map((finding) => ({ ...finding, line: Math.min(finding.line, lines) }))
  const { before, changes } = result.output.endsWith(ending)
    ? { before: result.output.slice(0, -ending.length), changes: [] }
    : cut(result.output, count)
  const own = withoutFolder(before, start.workdir)
  const output = source.endsWith('\n') ? own : own.replace(/\r?\n$/, '')
  return {
    ...result,
    output,
    changed: output !== source,
    ...(changes.length === 0 ? { findings } : { findings: [...findings, toChange(start, changes)] }),
  }
}

/** The text without its last instructions and their comments. */
function cut(text: string, count: number): { readonly before: string; readonly changes: readonly string[] } {
  const last = finalStage(parseDockerfile(text)).instructions.slice(-count)
  const changes = last.map(({ span }) => text.slice(span.start, span.end))
  return { before: withoutRemarks(text.slice(0, last[0]?.lines.start)), changes }
}

/** Without the WORKDIR of the service, behind which other lines may stand. */
function withoutFolder(text: string, folder: string | null): string {
  const line =
    folder === null
      ? undefined
      : [...text.matchAll(/^WORKDIR .*\r?\n/gm)].findLast(([found]) => found.trim() === `WORKDIR ${folder}`)
  return line === undefined ? text : text.slice(0, line.index) + text.slice(line.index + line[0].length)
}

/** Without the lines at its end that say why the next one is there; the first line of a file is none of them. */
function withoutRemarks(text: string): string {
  let end = text.length
  for (;;) {
    const start = end < 2 ? 0 : text.lastIndexOf('\n', end - 2) + 1
    if (start === 0 || !/^# harden-image: .*\r?\n$/.test(text.slice(start, end))) return text.slice(0, end)
    end = start
  }
}

function toChange({ by }: ComposeStart, changes: readonly string[]): ReportFinding {
  const message = `what ${by} starts has to change with it: ${changes.join(', ')}`
  const escaped = changes.some((text) => text.includes('$')) ? ', with $$ for each $' : ''
  const there = `change it there, in command: and entrypoint:, as a list of words${escaped}`
  return targetFinding('read-build', 'todo', message, choices(there, 'leave both out, and let the image start it'))
}

function wordsOf({ entrypoint, command }: ComposeStart): readonly string[] {
  return [...(entrypoint ?? []), ...(command ?? [])]
}

function line(keyword: string, words: readonly string[] | null): readonly string[] {
  return words === null ? [] : [`${keyword} ${JSON.stringify(words)}`]
}
