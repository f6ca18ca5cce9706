import { availableParallelism } from 'node:os'
import { dirname, normalize, relative, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { baseReferences } from '../app/base-images.ts'
import { failed, run } from '../app/run.ts'
import { isProved, type Options } from '../app/task.ts'
import { visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { nothingGiven, parseDockerfile } from '../dockerfile/index.ts'
import { findEngine } from '../engine/open-engine.ts'
import { asFailure, HardenError, reasonOf } from '../errors.ts'
import { checkoutOf } from '../fleet/checkout.ts'
import { targetKeys } from '../fleet/key.ts'
import { type Gathered, merged } from '../fleet/merge.ts'
import { inPlanOrder, linesOfShard, type PlanLine, parsePlanLine, planText, shardOf, weightOf } from '../fleet/plan.ts'
import { workShard } from '../fleet/shard.ts'
import { openStore } from '../fleet/store.ts'
import { limiterFor } from '../proof/container/limiter.ts'
import { formatOf } from '../report/format.ts'
import { tool } from '../report/report.ts'
import { counted } from '../report/summary.ts'
import { discover, type Found } from '../repository/discover.ts'
import { readText, streamed, writeText } from '../repository/files.ts'
import { repositoryOf } from '../repository/repository.ts'
import { joinTruncated } from '../words.ts'
import { parseArguments } from './arguments.ts'
import { type FleetMerge, type FleetPlan, type FleetRequest, type FleetRun, workOf } from './fleet-request.ts'
import { type Io, type Progress, stackOf, tellBug } from './io.ts'
import type { Interruption } from './main.ts'
import { optionsFrom } from './options.ts'
import { usage, type Work } from './request.ts'
import { exitCode, lookOf, rendering } from './show.ts'
import { checkFound } from './usage.ts'
import type { Services } from './work.ts'

/** The verb `fleet`: one array of jobs, whatever runs it. Returns the exit code. */
export function fleet(
  request: FleetRequest,
  io: Io,
  services: Services,
  interruption: Interruption,
  progress: Progress,
): Promise<number> {
  if (request.action === 'plan') return plan(request, io, services, interruption, progress)
  return request.action === 'run'
    ? runShard(request, io, services, interruption, progress)
    : merge(request, io, services)
}

/** What lines with the same arguments share. */
interface Opened {
  readonly found: readonly Found[]
  readonly empty: readonly string[]
  keyed(found: Found, imagesOf: ImagesOf): Promise<Keyed>
  readonly optionsFor: (found: Found) => Promise<Options>
}

/** Digests of the images that it is built from, by reference. */
type ImagesOf = (found: Found, text: string | null, options: Options) => Promise<Readonly<Record<string, string>>>

interface Keyed {
  readonly key: string
  readonly context: string | null
  readonly contextBytes: number
  readonly size: number
  readonly images: Readonly<Record<string, string>>
  /** Null for a target that cannot be worked on, and whose result will say so. */
  readonly options: Options | null
}

async function openTargets(work: Work, io: Io, { transforms }: Services): Promise<Opened> {
  const { optionsFor, excludes, trust } = await optionsFrom(
    work,
    io,
    transforms.map(({ name }) => name),
  )
  const { found, empty } = await discover(work.targets, io.cwd, excludes, trust, { ...work.project, env: io.env })
  checkFound(work, found, io.cwd)
  const keyOf = targetKeys(io.cwd)
  return {
    found,
    empty,
    optionsFor,
    async keyed(one, imagesOf) {
      try {
        const options = await optionsFor(one)
        const text = one.error === null ? await textOf(one) : null
        const images = await imagesOf(one, text, options)
        return { ...(await keyOf({ found: one, text, options, images })), size: text?.length ?? 0, images, options }
      } catch (error) {
        if (!(error instanceof HardenError)) throw error
        // A failure is its result as long as it fails in the same way.
        const key = sha256(JSON.stringify([tool, one.target, error.code, error.message.replaceAll(io.cwd, '.')]))
        return { key, context: null, contextBytes: 0, size: 0, images: {}, options: null }
      }
    },
  }
}

async function textOf({ kind, path, target }: Found): Promise<string | null> {
  return kind === 'dockerfile' && path !== null ? readText(path, target) : null
}

async function plan(
  { work, arguments: given, output }: FleetPlan,
  io: Io,
  services: Services,
  { signal }: Interruption,
  progress: Progress,
): Promise<number> {
  const { found, empty, keyed } = await openTargets(work, io, services)
  const digests = imageDigests(signal)
  const repositories = new Map<string, string | null>()
  const lines: PlanLine[] = []
  for (const one of found) {
    // For signals.
    await setImmediate()
    if (signal.aborted) return 0
    progress.count(lines.length, found.length)
    progress.step(one.target)
    const { key, context, contextBytes, size, images, options } = await keyed(one, async (found, text, asked) =>
      digests(basesOf(found, text), asked),
    )
    const folder = one.path === null ? null : repositoryOf(dirname(one.path))
    if (folder !== null && !repositories.has(folder)) repositories.set(folder, checkoutOf(folder))
    lines.push({
      tool,
      repository: folder === null ? null : (repositories.get(folder) ?? null),
      from: work.targets.find((target) => isBelow(one.target, target)) ?? one.target,
      target: one.target,
      kind: one.kind,
      path: one.path === null ? null : fromHere(one.path, io),
      context: context === null ? null : fromHere(context, io),
      arguments: given,
      images,
      weight: weightOf({
        isRun: options !== null && isProved(options.mode),
        size,
        contextBytes,
        services: one.project?.services.length ?? 1,
      }),
      key,
    })
  }
  progress.clear()
  for (const folder of empty) io.stderr.write(`harden-image: there is no Dockerfile below ${visibleLine(folder)}\n`)
  await put(planText(lines), output, io)
  io.stderr.write(`planned ${counted(lines.length, 'target')}\n`)
  return 0
}

/** The name of a target begins with the argument that it was found by. */
function isBelow(target: string, argument: string): boolean {
  const normal = normalize(argument)
  const clean = normal.endsWith('/') ? normal.slice(0, -1) : normal
  return target === argument || clean === '' || clean === '.' || target === clean || target.startsWith(`${clean}/`)
}

function fromHere(path: string, { cwd }: Io): string {
  return relative(cwd, path) || '.'
}

async function put(text: string, output: string | null, io: Io): Promise<void> {
  if (output === null) io.stdout.write(text)
  else await writeText(resolve(io.cwd, output), output, text)
}

function basesOf({ kind, reference }: Found, text: string | null): readonly string[] {
  if (kind === 'image') return reference === null ? [] : [reference]
  try {
    return text === null ? [] : baseReferences(parseDockerfile(text, nothingGiven))
  } catch {
    // Its result says what is wrong with it.
    return []
  }
}

/** Only images that the engine has from a registry: one that was built or imported here has no digest that another engine knows. */
function imageDigests(
  signal: AbortSignal,
): (references: readonly string[], options: Options) => Promise<Readonly<Record<string, string>>> {
  const known = new Map<string, string | null>()
  const engines = new Map<Options['engine'], ReturnType<typeof findEngine>>()
  return async (references, { engine: choice }) => {
    if (choice === 'none') return {}
    const digests: Record<string, string> = {}
    for (const reference of references) {
      const id = `${choice} ${reference}`
      if (!known.has(id)) {
        const engine = engines.get(choice) ?? findEngine(choice, { signal })
        engines.set(choice, engine)
        const image = await (await engine)?.inspectImage(reference)
        const [digest = null] = (image?.repoDigests ?? []).map((one) => one.replace(/^.*@/s, '')).sort()
        known.set(id, digest)
      }
      const digest = known.get(id)
      if (digest != null) digests[reference] = digest
    }
    return digests
  }
}

async function runShard(
  request: FleetRun,
  io: Io,
  services: Services,
  { signal, onCleanUp }: Interruption,
  progress: Progress,
): Promise<number> {
  const shard = shardOf(request, io.env)
  const all = await readPlan(request.plan, io)
  const lines = linesOfShard(all, shard)
  const store = await openStore(resolve(io.cwd, request.results), request.results)
  if (request.quiet) progress.quiet()
  const groups = new Map<string, Promise<Group>>()
  const groupOf = (line: PlanLine): Promise<Group> => {
    const id = JSON.stringify(line.arguments)
    const group = groups.get(id) ?? openGroup(line.arguments, lines, io, services)
    groups.set(id, group)
    return group
  }
  const isRun = lines.some((line) => line.arguments.includes('--prove'))
  const digests = imageDigests(signal)
  const counts = { done: 0, there: 0, open: 0 }
  const bugs: unknown[] = []
  await workShard(lines, {
    store,
    signal,
    limiter: limiterFor(request.jobs ?? (isRun ? availableParallelism() : STATIC_JOBS)),
    find: async (line) => (await groupOf(line)).byTarget.get(line.target) ?? null,
    keyOf: async (found, line) => (await (await groupOf(line)).keyed(found, async () => line.images)).key,
    async work(found, line) {
      const { optionsFor } = await groupOf(line)
      progress.step(found.target)
      const [outcome] = await run([found], {
        progress: progress.show,
        onCleanUp,
        signal,
        limiter: (work) => work(),
        optionsFor: async (one) => ({
          ...(await optionsFor(one)),
          jobs: request.jobs,
          ...(request.builder === null ? {} : { builder: request.builder }),
        }),
        readText: async (one) => (await textOf(one)) ?? '',
        processTarget: services.processTarget,
      })
      return outcome ?? failed(found, found.path, new HardenError('timeout', 'interrupted'))
    },
    async otherImage(line) {
      const references = Object.keys(line.images)
      if (references.length === 0) return null
      const { optionsFor, byTarget } = await groupOf(line)
      const found = byTarget.get(line.target)
      const options = found === undefined ? null : await optionsFor(found)
      const now = options === null ? {} : await digests(references, options)
      return references.find((one) => now[one] !== undefined && now[one] !== line.images[one]) ?? null
    },
    show: (outcome) => rendering(outcome, io.cwd),
    told(line, { how, outcome }) {
      counts[how] += 1
      if (outcome?.bug !== undefined) bugs.push(outcome.bug)
      progress.count(counts.done + counts.there + counts.open, lines.length)
      const error = outcome?.result.error
      if (error === undefined || (request.quiet && how === 'done')) return
      progress.clear()
      const hint = error.hint === undefined ? '' : `; ${error.hint}`
      io.stderr.write(`${visibleLine(`${line.target}: failed: ${error.message}${hint}`)}\n`)
    },
  })
  progress.clear()
  const left = lines.length - counts.done - counts.there
  const parts = [
    `${counts.done} done`,
    ...(counts.there > 0 ? [`${counts.there} had a result`] : []),
    ...(left > 0 ? [`${left} without a result: run again to go on`] : []),
  ]
  const name = `shard ${shard.index}/${shard.count}`
  io.stderr.write(`${name}: ${counted(lines.length, 'target')}: ${parts.join(', ')}\n`)
  for (const stack of new Set(bugs.map(stackOf))) tellBug(stack, io)
  return bugs.length > 0 ? 2 : left > 0 ? 1 : 0
}

/** A plan of a Dockerfile keeps one core busy, and waits for files in between. */
const STATIC_JOBS = 4

interface Group extends Opened {
  readonly byTarget: ReadonlyMap<string, Found>
}

/** Looks only for what this shard needs: other repositories need not be here. */
async function openGroup(
  given: readonly string[],
  lines: readonly PlanLine[],
  io: Io,
  services: Services,
): Promise<Group> {
  const id = JSON.stringify(given)
  const own = lines.filter((line) => JSON.stringify(line.arguments) === id)
  const targets = [...new Set(inPlanOrder(own).map(({ from }) => from))]
  const opened = await openTargets(workOf(given, targets, parseArguments), io, services)
  return { ...opened, byTarget: new Map(opened.found.map((one) => [one.target, one])) }
}

/** Throws HardenError `unreadable`, and `bad-usage` with the line for what is no plan. */
async function readPlan(name: string, io: Io): Promise<readonly PlanLine[]> {
  const lines: PlanLine[] = []
  let rest = ''
  let number = 0
  const take = (text: string): void => {
    number += 1
    if (number > bounds.planLines) throw usage(`${name} has more than ${bounds.planLines} lines`, 'divide it')
    if (text.trim() !== '') lines.push(parsePlanLine(text, `${name}, line ${number}`))
  }
  try {
    const decoder = new TextDecoder()
    for await (const part of streamed(resolve(io.cwd, name))) {
      const texts = `${rest}${decoder.decode(part, { stream: true })}`.split('\n')
      rest = texts.pop() ?? ''
      for (const text of texts) take(text)
      if (rest.length > bounds.planLine) take(rest)
    }
    if (rest !== '') take(rest)
  } catch (error) {
    if (error instanceof HardenError || typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error
    throw new HardenError('unreadable', `${name} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
  if (lines.length === 0) throw usage(`${name} has no targets`, 'fleet plan writes them')
  return lines
}

async function merge(request: FleetMerge, io: Io, { transforms }: Services): Promise<number> {
  const lines = request.plan === null ? null : await readPlan(request.plan, io)
  const store = await openStore(resolve(io.cwd, request.results), request.results, { isNew: false })
  const keys = lines === null ? await store.keys() : [...new Set(lines.map(({ key }) => key))]
  const limiter = limiterFor(null)
  const gathered = await Promise.all(
    keys.map((key) =>
      limiter(
        async (): Promise<Gathered> => ({ key, results: await store.results(key), open: await store.openText(key) }),
      ),
    ),
  )
  const { renderings, missing, flaky } = merged(gathered, lines)
  const format = await formatOf(request.format)
  if (format === null) throw asFailure(new Error(`there is no format ${request.format}`))
  const rules = new Map(transforms.map(({ name, summary }) => [name, summary]))
  const look = request.output === null ? lookOf(io.stdout, io) : { colour: false }
  await put(format.render(renderings, { ...look, rules }), request.output, io)
  if (flaky.length > 0) io.stderr.write(`flaky: ${visibleLine(joinTruncated(flaky))}\n`)
  if (missing.length > 0)
    io.stderr.write(
      `${counted(missing.length, 'target')} of the plan ${missing.length === 1 ? 'has' : 'have'} no result: ${visibleLine(joinTruncated(missing))}\n`,
    )
  const code = exitCode(
    renderings.map(({ result }) => result),
    request.failOn,
  )
  return Math.max(code, missing.length > 0 ? 1 : 0)
}
