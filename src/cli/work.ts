import { realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { run } from '../app/run.ts'
import type { ProcessTarget, TargetOutcome } from '../app/task.ts'
import { limiterFor } from '../proof/container/limiter.ts'
import { formatOf, type Rendering, type RenderOptions } from '../report/format.ts'
import { counted } from '../report/summary.ts'
import { discover, type Found, withStdin } from '../repository/discover.ts'
import { decode, readText, tidy, writeText } from '../repository/files.ts'
import { MOST_JOBS } from '../repository/settings.ts'
import type { Transform } from '../transform.ts'
import { joinAnd } from '../words.ts'
import { type Io, type Progress, stackOf, tellBug } from './io.ts'
import type { Interruption } from './main.ts'
import { optionsFrom, usualFailOn } from './options.ts'
import { type ReportFile, usage, type Work } from './request.ts'
import { exitCode, renderings, showResults, tellRest } from './show.ts'
import { carried, checkFound } from './usage.ts'
import { resultWriter, settled, type Written, writeResults } from './write-results.ts'

/** The functions that do the work, so that tests can replace them. */
export interface Services {
  readonly processTarget: ProcessTarget
  readonly transforms: readonly Pick<Transform, 'name' | 'summary'>[]
}

/** Every command that works on targets. Returns the exit code. */
export async function workOn(
  request: Work,
  io: Io,
  services: Services,
  interruption: Interruption,
  progress: Progress,
): Promise<number> {
  const names = services.transforms.map(({ name }) => name)
  const { optionsFor, excludes, trust } = await optionsFrom(request, io, names)
  const { found: named, empty } = await discover(
    request.targets,
    io.cwd,
    excludes,
    trust,
    request.verb === 'harden' ? { ...request.project, env: io.env } : null,
  )
  const stdin = once(() => decode(io.stdin, 'stdin'))
  const all = request.verb === 'harden' ? await withStdin(named, stdin, io.cwd) : named
  if (request.check && all.length === 0)
    throw usage(
      `there is nothing to check: ${joinAnd(empty)} has no Dockerfile`,
      'name a file or a folder that has one',
    )
  const given = request.since === null ? all : await changedSince(request.since, all, io, interruption.signal)
  const known =
    request.known === null
      ? null
      : (await import('./baseline.ts')).openBaseline(request.known.file, request.known.update, io.cwd)
  const found = request.withManifests
    ? await (await import('../repository/with-manifests.ts')).withManifests(given, {
        cwd: io.cwd,
        flags: { ...request.project, env: io.env },
        trust,
        isProved: request.prove,
      })
    : given
  checkFound(request, found, io.cwd)
  if (request.choose?.by === 'terminal' && io.stdin.isTTY !== true)
    throw usage('--interactive asks on a terminal, and stdin is none', 'harden-image review asks in a browser')
  const carries = carried(request, found)
  const format =
    carries === 'title'
      ? (await import('../report/markdown.ts')).title
      : carries === 'changed'
        ? (await import('../report/overview.ts')).changed
        : await formatOf(carries)
  await tidyBeside(found)
  await keepHeapSmall(request, found)
  const groups = found.map(({ together }) => together)
  const { signal } = interruption
  const isWritten = (request.write || request.output !== null) && request.choose === null && request.profile === null
  const writer = isWritten ? resultWriter(request, { cwd: io.cwd, signal, groups, readers: readersOf(found) }) : null
  const kept =
    isWritten && request.write && request.prove
      ? await (await import('./resume.ts')).openKept(request, found, io)
      : null
  let done = 0
  if (request.quiet) progress.quiet()
  const worked = await run(found, {
    progress: progress.show,
    ...(request.verbose ? { buildOutput: progress.print } : {}),
    onCleanUp: interruption.onCleanUp,
    signal,
    limiter: limiterFor(targetsAtATime(request)),
    optionsFor,
    readText: ({ target, path }) => (path === null ? stdin() : readText(path, target)),
    processTarget: async (item, options, ports) => {
      // For signals: a small target has no other pause.
      await setImmediate()
      if (found.length > 1) progress.count(done, found.length)
      if (found.length > 1) progress.step(item.target)
      const before = await kept?.of(item, options)
      const outcome = before ?? (await services.processTarget(item, options, ports))
      if (before == null && !signal.aborted) await kept?.keep(item, options, outcome)
      done++
      if (found.length > 1) progress.count(done, found.length)
      return outcome
    },
    ...(writer === null ? {} : { finished: writer.add }),
  })
  if (signal.aborted) {
    progress.clear()
    if (request.write || request.output !== null) tellInterrupted(request, writer?.written(), found.length, io)
    return 0
  }
  await kept?.drop()
  const codeOf = async (told: readonly TargetOutcome[]): Promise<number> => {
    const failOns = await Promise.all(
      // A target may have failed before anybody asked for its options.
      found.map((one) =>
        optionsFor(one).then(
          ({ failOn }) => failOn,
          () => usualFailOn(request),
        ),
      ),
    )
    const codes = told.map((outcome, index) => {
      const failOn = failOns[index] ?? usualFailOn(request)
      if (known !== null) return known.codeOf(outcome, failOn)
      return outcome.bug === undefined ? exitCode([outcome.result], failOn) : 2
    })
    return Math.max(0, ...codes)
  }
  const outcomes = request.withManifests ? settled(worked, groups) : worked
  const [only] = outcomes
  if (request.profile !== null && only !== undefined) {
    progress.clear()
    const { showProfile } = await import('./profile.ts')
    const code = await showProfile(request, request.profile, only, io, signal)
    tellBugs([only], io)
    return code
  }
  if (request.choose !== null) {
    progress.clear()
    const { reviewResults } = await import('./review.ts')
    const { isPartial, ...reviewed } = await reviewResults(request.choose, outcomes, io, signal)
    if (reviewed.files.length === 0) io.stderr.write('nothing was written\n')
    // No verdict is true of a partly accepted change, so only failures are told.
    const failures = outcomes.filter(({ result }) => result.verdict === 'failed')
    if (failures.length > 0 || empty.length > 0)
      tellRest(request, null, { ...reviewed, outcomes: failures, files: [] }, empty, io)
    tellBugs(outcomes, io)
    return Math.max(await codeOf(outcomes), isPartial ? 1 : 0)
  }
  const written = writer?.written() ?? (await writeResults(request, outcomes, { cwd: io.cwd, signal, groups }))
  progress.clear()
  const rules = new Map(services.transforms.map(({ name, summary }) => [name, summary]))
  const newOf = (outcomes: readonly TargetOutcome[]): readonly TargetOutcome[] =>
    known === null ? outcomes : outcomes.flatMap((outcome) => known.newOf(outcome) ?? [])
  const options = {
    rules,
    ...(known === null || request.known?.update === true ? {} : { isKnown: known.isKnown }),
  }
  const shown = showResults(
    request,
    format,
    format?.onlyNew === true ? { ...written, outcomes: newOf(written.outcomes) } : written,
    options,
    io,
  )
  const after = withFailed(written.outcomes, shown)
  const told = withFailed(after, tellRest(request, format, { ...written, outcomes: newOf(after) }, empty, io))
  for (const line of (await known?.close(told)) ?? []) io.stderr.write(`${line}\n`)
  if (request.attest !== null) {
    const { writeEvidence } = await import('./attest.ts')
    await writeEvidence(request.attest, told, io)
  }
  for (const report of request.reports)
    await writeReport(
      report,
      renderings(request, told, written.heldBack, io),
      { ...options, colour: false, isWritten: request.write },
      io,
    )
  tellBugs(told, io)
  return codeOf(told)
}

/** What could not be shown has failed. */
function withFailed(all: readonly TargetOutcome[], after: readonly TargetOutcome[]): readonly TargetOutcome[] {
  const failed = new Map(after.flatMap((one) => (one.result.verdict === 'failed' ? [[one.result.target, one]] : [])))
  return all.map((one) => failed.get(one.result.target) ?? one)
}

async function writeReport(
  { format, name }: ReportFile,
  shown: readonly Rendering[],
  options: RenderOptions,
  io: Io,
): Promise<void> {
  const found = await formatOf(format)
  await writeText(resolve(io.cwd, name), name, found?.render(shown, options) ?? '')
}

/** Says how many are left out, so that nobody takes them for looked at. */
async function changedSince(
  ref: string,
  found: readonly Found[],
  io: Io,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const { changedFiles, changedTargets } = await import('../repository/changed.ts')
  const changed = changedTargets(found, await changedFiles(io.cwd, ref, signal))
  const rest = found.length - changed.length
  if (rest > 0) io.stderr.write(`${rest} of ${counted(found.length, 'target')} not changed since ${ref}: left out\n`)
  return changed
}

/** After an interruption, prints what was written and the command that does the rest. */
function tellInterrupted(request: Work, written: Written | undefined, all: number, io: Io): void {
  const { outcomes = [], files = [], notWritten = [] } = written ?? {}
  for (const { result } of outcomes) if (result.error) io.stderr.write(`${result.error.message}\n`)
  for (const name of notWritten) io.stderr.write(`${name} was not written: interrupted\n`)
  const stands = files.length === 0 ? 'nothing was written' : `${counted(files.length, 'file')} written`
  const left = counted(all - outcomes.length, 'target')
  const how = request.write && request.prove ? 'the same command with --resume goes on' : 'run it again for the rest'
  io.stderr.write(`interrupted: ${stands}, ${left} of ${all} not done: ${how}\n`)
}

/**
 * Targets of one number read each other: one is built from an image that another one makes, or says what its children count on. Each is
 * planned by what the others were, so none of them is written before all are done.
 */
function readersOf(found: readonly Found[]): readonly number[] {
  const readers = found.map((_, index) => index)
  const join = (one: number, other: number): void => {
    const [from, to] = [readers[one], readers[other]]
    for (const [index, reader] of readers.entries()) if (reader === from && to !== undefined) readers[index] = to
  }
  const byPath = new Map(found.flatMap(({ path }, index) => (path === null ? [] : [[path, index] as const])))
  const byGroup = new Map<number, number>()
  for (const [index, { together, surroundings }] of found.entries()) {
    if (together !== undefined) join(index, byGroup.get(together) ?? index)
    if (together !== undefined) byGroup.set(together, index)
    const bases = [...(surroundings?.bases.values() ?? [])]
    for (let base = bases.pop(); base !== undefined; base = bases.pop()) {
      bases.push(...base.bases.values())
      const other = byPath.get(base.path)
      if (other !== undefined) join(index, other)
    }
  }
  return readers
}

/** A stream is read once, whoever asks. */
function once(read: () => Promise<string>): () => Promise<string> {
  let text: Promise<string> | null = null
  return () => {
    text ??= read()
    return text
  }
}

/** Last, so that nothing that is told comes after a stack. Several targets may meet one bug. */
function tellBugs(outcomes: readonly TargetOutcome[], io: Io): void {
  const bugs = outcomes.filter(({ bug }) => bug !== undefined)
  for (const stack of new Set(bugs.map(({ bug }) => stackOf(bug)))) tellBug(stack, io)
}

/** What a run that was killed while it wrote has left beside the files, which need no other change by now. */
async function tidyBeside(found: readonly Found[]): Promise<void> {
  const paths = found.flatMap(({ path, error }) => (path === null || error !== null ? [] : [path]))
  const folders = await Promise.all(paths.map(async (path) => dirname(await realpath(path).catch(() => path))))
  await Promise.all([...new Set(folders)].map(tidy))
}

/**
 * Of a machine with much memory V8 takes twice what is in use before it looks for what is not: for large images over 400 MB.
 * The module takes longer to load than a Dockerfile takes, so not where no image is read.
 */
async function keepHeapSmall({ settings }: Work, found: readonly Found[]): Promise<void> {
  if (settings.engine === 'none' && settings.offline === true && found.every(({ from }) => from === null)) return
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--heap-growing-percent=60')
}

/** Proofs are let in as there is room for them (see room.ts); all else is work of this process alone. */
function targetsAtATime({ prove, settings: { jobs } }: Work): number {
  return prove ? (jobs ?? MOST_JOBS) : 1
}
