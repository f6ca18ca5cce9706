import { realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { failed } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { shellQuoted } from '../borders/shell.ts'
import { visibleLine } from '../borders/terminal.ts'
import { memoizeByObject } from '../memoize.ts'
import type { Format, Rendering, RenderOptions } from '../report/format.ts'
import { laidOut, line as lineOf } from '../report/layout.ts'
import { renderOverview } from '../report/overview.ts'
import { hasFailed, isComplete, type TargetResult } from '../report/report.ts'
import { allFindings } from '../report/services.ts'
import { counted } from '../report/summary.ts'
import { renderTargets, summaryText } from '../report/text.ts'
import { repositoryOf } from '../repository/repository.ts'
import type { FailOn } from '../repository/settings.ts'
import { joinAnd } from '../words.ts'
import { type Io, type Output, wantsColour } from './io.ts'
import type { Work } from './request.ts'
import type { Carried } from './usage.ts'
import type { Written } from './write-results.ts'

/** The contract's part: what stdout carries; null for nothing. Gives the outcomes; what could not be shown has failed, the others are shown. */
export function showResults(
  request: Work,
  format: Format | null,
  { outcomes, heldBack }: Pick<Written, 'outcomes' | 'heldBack'>,
  options: Pick<RenderOptions, 'rules' | 'isKnown'>,
  io: Io,
): readonly TargetOutcome[] {
  if (format === null) return outcomes
  const several = outcomes.length > 1
  // Images among files have no place in a diff of files.
  const hasPlace = ({ result }: TargetOutcome): boolean => format.name !== 'diff' || !several || result.kind !== 'image'
  const render = (shown: readonly TargetOutcome[]): string =>
    format.render(renderings(request, shown.filter(hasPlace), heldBack, io), {
      ...lookOf(io.stdout, io),
      ...options,
      isWritten: request.write || request.output !== null,
    })
  const { text, after } = renderedApart(outcomes, render)
  if (text !== '') io.stdout.write(text)
  // On one screen the report is set off from what stdout has carried.
  if (text !== '' && io.stdout.isTTY === true && io.stderr.isTTY === true && !request.quiet) io.stderr.write('\n')
  return after
}

/** How a stream is written to: only a terminal has a width. */
export function lookOf(output: Output, { env }: Io): { readonly colour: boolean; readonly width: number | null } {
  return { colour: wantsColour(output, env), width: output.isTTY === true ? (output.columns ?? 80) : null }
}

export function renderings(
  { write, output }: Pick<Work, 'write' | 'output'>,
  outcomes: readonly TargetOutcome[],
  heldBack: readonly string[],
  io: Io,
): readonly Rendering[] {
  return outcomes.map((outcome) => {
    const { target, kind, verdict } = outcome.result
    const isDone = kind === 'image' ? output !== null : write
    const isWritten = isDone && verdict !== 'failed' && !heldBack.includes(target)
    return { ...renderingIn(io)(outcome), ...(isWritten ? { isWritten } : {}) }
  })
}

/** One report of all; where that fails, one without those that cannot even be shown alone. */
function renderedApart(
  outcomes: readonly TargetOutcome[],
  render: (outcomes: readonly TargetOutcome[]) => string,
): { readonly text: string; readonly after: readonly TargetOutcome[] } {
  try {
    return { text: render(outcomes), after: outcomes }
  } catch (error) {
    const after = outcomes.map((outcome) => {
      try {
        render([outcome])
        return outcome
      } catch (thrown) {
        return failed(outcome.result, outcome.path, thrown)
      }
    })
    // Each alone can be shown and all together cannot, so there is no report.
    if (after.every((outcome, index) => outcome === outcomes[index])) throw error
    return { text: render(after), after }
  }
}

/** Prints everything else for people on stderr, and little where there is little to say. Gives the outcomes, as `showResults` does. */
export function tellRest(
  request: Work,
  format: Format | null,
  written: Written,
  empty: readonly string[],
  io: Io,
): readonly TargetOutcome[] {
  for (const folder of empty) io.stderr.write(`harden-image: there is no Dockerfile below ${visibleLine(folder)}\n`)
  const { name: carries, tells } = format ?? { name: 'nothing', tells: 'changes' }
  const look = lookOf(io.stderr, io)
  const isTold = tells === 'changes' || (tells === 'names' && (request.verbose || written.outcomes.length === 1))
  const isSaid = ({ result }: TargetOutcome): boolean =>
    (isTold && !request.quiet) || (tells !== 'all' && result.verdict === 'failed')
  const render = (outcomes: readonly TargetOutcome[]): string => {
    const said = outcomes.filter(isSaid)
    return said.some(({ result }) => hasMuchToSay(result))
      ? tellTargets(renderings(request, said, written.heldBack, io), { ...look, evidence: request.verbose })
      : ''
  }
  const { text, after } = renderedApart(written.outcomes, render)
  io.stderr.write(text)
  const lines = afterwards(request, carries, { ...written, outcomes: after }).map((text) =>
    lineOf('', visibleLine(text)),
  )
  if (after.length > 0 && (tells === 'changes' || tells === 'names'))
    io.stderr.write(summaryText(renderings(request, after, written.heldBack, io), look))
  for (const one of laidOut(lines, look.width)) io.stderr.write(`${one}\n`)
  return after
}

/** A single target, and each project, in full; several targets a line each, unless all is asked for. */
function tellTargets(said: readonly Rendering[], look: Parameters<typeof renderTargets>[1]): string {
  const projects = said.filter(({ result }) => result.services !== undefined)
  const others = said.filter(({ result }) => result.services === undefined)
  if (look.evidence || others.length < 2) return renderTargets(said, look)
  return [...(projects.length === 0 ? [] : [renderTargets(projects, look)]), renderOverview(others, look)].join('\n')
}

function afterwards(request: Work, carries: Carried, { outcomes, files, heldBack }: Written): string[] {
  const lines = heldBack.map((target) => `${target} was not written: its proof failed`)
  if (request.build) lines.push(...outcomes.flatMap(builtLine))
  if (files.length > 0) lines.push(`wrote ${files.length === 1 ? files[0] : counted(files.length, 'file')}`)
  const changed = outcomes.reduce((sum, outcome) => sum + wouldWrite(outcome), 0)
  const hint = carries === 'changed' ? '--format diff shows how' : `-w writes ${changed === 1 ? 'it' : 'them'}`
  if (isOfFiles(carries) && changed > 0) {
    const how = request.check && carries === 'diff' ? '' : `: ${hint}`
    lines.push(`${counted(changed, 'file')} would change${how}`)
  }
  const isKept = outcomes.some(({ result }) => result.verdict === 'needs-root' && result.kind === 'dockerfile')
  if (request.check && isKept && isOfFiles(carries))
    lines.push('where root is meant to stay, a comment above FROM says so: # harden-image ignore=set-user reason=WHY')
  const next = request.quiet || request.verb !== 'harden' ? [] : nextSteps(request, carries, { outcomes, files })
  return [
    ...lines,
    ...(request.output === null ? notShown(carries, outcomes) : []),
    ...(next.length === 0 ? [] : [`next: ${joinAnd(next)}`]),
  ]
}

/** It shows, or names, the files that would change. */
function isOfFiles(carries: Carried): boolean {
  return carries === 'diff' || carries === 'changed'
}

/** What a person does with it now, in order; empty where nothing is to be done. */
function nextSteps(
  { check, write, output }: Work,
  carries: Carried,
  { outcomes, files }: Pick<Written, 'outcomes' | 'files'>,
): readonly string[] {
  const results = outcomes.map(({ result }) => result)
  const [first] = results
    .filter(({ verdict }) => verdict === 'incomplete')
    .flatMap((result) => allFindings(result).filter(({ outcome }) => outcome === 'todo'))
  const decide = first === undefined ? [] : [`decide what is left to decide (harden-image explain ${first.transform})`]
  const isUnshown = results.some(({ changed, proof }) => changed && proof === null)
  if (output !== null) {
    const runs = files.some((name) => name.endsWith('compose.yaml'))
    const compose = shellQuoted(join(output, 'compose.yaml'))
    return files.length === 0
      ? decide
      : [...decide, ...(runs ? [`run it with docker compose -f ${compose} up --build`] : [])]
  }
  if (carries === 'dockerfile') {
    const isImage = results.some((result) => result.kind === 'image' && result.changed && !hasFailed(result))
    const prove = isUnshown ? ['run it beside the original with --prove'] : []
    return isImage ? [...decide, ...prove, 'write it with -o DIR, with a Compose file that runs it'] : decide
  }
  if (write && files.length > 0) {
    // The result is not root any more and was not compared with anything, so a proof comes first.
    const proof = isUnshown ? ' (nothing has proved it: --prove with -w does before it writes)' : ''
    return [...decide, `review it with git diff${proof}`, 'commit it', 'open a pull request']
  }
  if (!isOfFiles(carries) || !outcomes.some((outcome) => wouldWrite(outcome) > 0)) return decide
  return [
    ...decide,
    ...(carries === 'diff' ? ['review the diff'] : []),
    ...(isUnshown ? ['prove that it still works with --prove'] : []),
    check ? 'write it with -w in place of --check' : 'write it with -w',
    'open a pull request',
  ]
}

/** How many files `-w` writes: none whose proof failed. */
function wouldWrite({ result, path, files }: TargetOutcome): number {
  if (hasFailed(result)) return 0
  if (files !== undefined) return files.filter(({ before, after }) => before !== after).length
  return result.changed && path !== null ? 1 : 0
}

function builtLine({ result: { target, verdict }, built }: TargetOutcome): readonly string[] {
  if (verdict === 'failed') return []
  if (built === undefined) return [`${target} was not built: it is ${verdict}`]
  return [built === null ? `${target} builds; --tag NAME keeps the image` : `built ${built}`]
}

function notShown(carries: Carried, outcomes: readonly TargetOutcome[]): string[] {
  if (outcomes.length < 2 || (carries !== 'diff' && carries !== 'nothing')) return []
  return outcomes
    .filter(({ result }) => result.kind === 'image' && result.verdict !== 'failed')
    .map(
      ({ result }) =>
        `${result.target}: among several targets its Dockerfile is not shown: use -o DIR or --format json`,
    )
}

function hasMuchToSay({ verdict, findings, proof, error, services }: TargetOutcome['result']): boolean {
  return (
    services !== undefined ||
    findings.length > 0 ||
    proof !== null ||
    error !== undefined ||
    (verdict !== 'unchanged' && !isComplete({ verdict }))
  )
}

/** Asked for by each of the streams, and looked up in the file system once. */
const renderingIn = memoizeByObject(({ cwd }: Io) => memoizeByObject((one: TargetOutcome) => rendering(one, cwd)))

export function rendering(outcome: TargetOutcome, cwd: string): Rendering {
  const { result, source, path, inspection, files, changes, buildArgs, target } = outcome
  const context = outcome.context ?? (isDockerfile(outcome) ? dirname(path ?? cwd) : null)
  const isFile = path !== null && !isPipe(path)
  const root = isFile ? repositoryOf(dirname(resolved(path))) : null
  const places = otherFiles(result)
  return {
    result,
    source,
    path: isFile ? fromHere(path, cwd) : 'Dockerfile',
    ...(isFile && root !== null ? { fromRoot: fromHere(path, root) } : {}),
    ...(files ? { files: files.map((file) => ({ ...file, name: fromHere(file.path, cwd) })) } : {}),
    ...(places.length > 0 && root !== null
      ? { placesFromRoot: Object.fromEntries(places.map((file) => [file, fromHere(resolve(cwd, file), root)])) }
      : {}),
    ...(context === null
      ? {}
      : {
          build: {
            context: fromHere(context, cwd) || '.',
            ...(buildArgs === undefined ? {} : { args: buildArgs }),
            ...(target === undefined ? {} : { target }),
          },
        }),
    ...(inspection ? { inspection } : {}),
    ...(changes ? { changes } : {}),
  }
}

function isDockerfile({ result, path }: TargetOutcome): boolean {
  return result.kind === 'dockerfile' && path !== null
}

/** Files that its findings and services name besides the target itself. */
function otherFiles(result: TargetResult): readonly string[] {
  const named = [result, ...(result.services ?? [])].flatMap(({ file, findings }) => [
    file ?? [],
    ...findings.map((finding) => finding.file ?? []),
  ])
  return [...new Set(named.flat())]
}

/** The shell's `<(…)` has no name that a diff could use. */
function isPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO()
  } catch {
    return false
  }
}

/** Links resolved, since neither git nor patch changes a file through one. */
export function fromHere(path: string, cwd: string): string {
  return relative(resolved(cwd), resolved(path)).split(sep).join('/')
}

function resolved(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    // A target that could not be read has only its name.
    return path
  }
}

export type ExitCode = 0 | 1 | 2

/**
 * 2: a target could not be worked on. 1: a proof failed, something is left for a person, a fix was held back, or there is what `failOn`
 * counts beside. 0: nothing is left to do, or nobody asked for it.
 */
export function exitCode(results: readonly TargetResult[], failOn: FailOn): ExitCode {
  if (failOn === 'never') return 0
  if (results.some(({ verdict }) => verdict === 'failed')) return 2
  if (failOn === 'failed') return 0
  return results.some((result) => remains(result) || isCounted(result, failOn)) ? 1 : 0
}

/** On `changes` all that changes; on `unproved` what changes, is only rewritten, or was run, and no run has shown to work. */
export function isCounted({ verdict, changed, proof }: TargetResult, failOn: FailOn): boolean {
  if (failOn === 'changes') return changed
  return (
    failOn === 'unproved' &&
    verdict !== 'hardened' &&
    (changed || verdict === 'rewritten' || proof?.reason !== undefined)
  )
}

function remains({ verdict, findings, proof, services = [] }: TargetResult): boolean {
  if (services.some(remains)) return true
  if (verdict === 'incomplete' || verdict === 'needs-root') return true
  if (hasFailed({ proof })) return true
  return findings.some(({ outcome }) => outcome === 'todo' || outcome === 'offered')
}
