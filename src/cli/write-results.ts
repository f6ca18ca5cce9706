import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { failed } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { sha256 } from '../digest.ts'
import { HardenError } from '../errors.ts'
import { staysIn } from '../files-in.ts'
import { hasFailed } from '../report/report.ts'
import { readText, replaceText, replaceTexts, type TextChange, writeText } from '../repository/files.ts'
import { isOwnCompose, isOwnDockerfile } from '../repository/own-files.ts'
import { allowedRootOf } from '../repository/trust.ts'
import type { Work } from './request.ts'
import { fromHere } from './show.ts'

export interface Written {
  /** As they came; a file that could not be written has failed. */
  readonly outcomes: readonly TargetOutcome[]
  /** As given or joined. */
  readonly files: readonly string[]
  /** Changed targets that were not written because their proof failed. */
  readonly heldBack: readonly string[]
  /** Targets that a signal kept from being begun. */
  readonly notWritten: readonly string[]
}

export interface ResultWriter {
  /** Writes it, once those are there that it is held back for. */
  add(outcome: TargetOutcome, index: number): Promise<void>
  /** All outcomes that came, in the order of the targets. */
  written(): Written
}

interface WriterOptions {
  readonly cwd: string
  readonly signal: AbortSignal
  /** By target: those of one number change in one go. */
  readonly groups: readonly (number | undefined)[]
  /** By target: those of one number are read for each other's plans, so that none is written before all are planned. */
  readonly readers: readonly number[]
}

/** `-w` and `-o`, each target as soon as it is done. */
export function resultWriter(request: Work, { cwd, signal, groups, readers }: WriterOptions): ResultWriter {
  const come = new Map<number, TargetOutcome>()
  const written = new Map<number, Written>()
  const setOf = (index: number): readonly number[] =>
    readers.flatMap((reader, other) => (reader === readers[index] ? [other] : []))
  let last: Promise<void> = Promise.resolve()
  const write = async (all: readonly number[]): Promise<void> => {
    const own = all.map((one) => groups[one])
    const outcomes = all.flatMap((one) => come.get(one) ?? [])
    const given = request.withManifests ? settled(outcomes, own) : outcomes
    written.set(all[0] ?? 0, await writeResults(request, given, { cwd, signal, groups: own }))
  }
  return {
    async add(outcome, index) {
      // A target that an interruption ended has no outcome.
      if (signal.aborted) return
      come.set(index, outcome)
      const all = setOf(index)
      if (!all.every((one) => come.has(one))) return
      last = last.then(() => write(all))
      await last
    },
    written() {
      const sets = [...written].toSorted(([one], [other]) => one - other)
      const outcomes = sets.flatMap(([first, one]) => {
        const all = setOf(first)
        return one.outcomes.map((outcome, place) => ({ outcome, index: all[place] ?? first }))
      })
      return {
        outcomes: outcomes.toSorted((one, other) => one.index - other.index).map(({ outcome }) => outcome),
        files: sets.flatMap(([, { files }]) => files),
        heldBack: sets.flatMap(([, { heldBack }]) => heldBack),
        notWritten: sets.flatMap(([, { notWritten }]) => notWritten),
      }
    },
  }
}

/**
 * `-w` and `-o`: each file all or nothing, the others go on when one cannot be written. No other one is begun when the signal is
 * aborted.
 */
export async function writeResults(
  request: Work,
  outcomes: readonly TargetOutcome[],
  {
    cwd,
    signal,
    groups,
  }: { readonly cwd: string; readonly signal: AbortSignal; readonly groups?: readonly (number | undefined)[] },
): Promise<Written> {
  const files: string[] = []
  const notWritten: string[] = []
  const failures = new Map<number, unknown>()
  const jobs = await Promise.all(
    outcomes.map((outcome, index) =>
      jobOf(request, outcome, cwd).catch((error: unknown) => {
        failures.set(index, error)
        return null
      }),
    ),
  )
  const isHeld = (index: number): boolean => hasFailed(outcomes[index]?.result ?? { proof: null })
  const sharing = (index: number): readonly number[] =>
    groups?.[index] === undefined ? [index] : groups.flatMap((group, other) => (group === groups[index] ? other : []))
  const heldBack = outcomes.flatMap(({ result }, index) =>
    jobs[index] !== null && sharing(index).some(isHeld) ? [result.target] : [],
  )
  const after: TargetOutcome[] = []
  for (const [index, outcome] of outcomes.entries()) {
    const all = sharing(index)
    const own = all.flatMap((one) => jobs[one] ?? [])
    try {
      // The first one writes for those that it is written together with.
      const broken = all.find((one) => failures.has(one))
      if (broken !== undefined) throw failures.get(broken)
      if (all[0] !== index || own.length === 0 || all.some(isHeld)) {
        after.push(outcome)
        continue
      }
      if (signal.aborted) {
        notWritten.push(...own.flatMap(({ names }) => names))
        continue
      }
      await writeAll(own)
      files.push(...own.flatMap(({ names }) => names))
      after.push(outcome)
    } catch (error) {
      failures.set(index, error)
      after.push(failed(outcome.result, outcome.path, error))
    }
  }
  return { outcomes: after, files, heldBack, notWritten }
}

/** The outcomes of a run with manifests: what one file of several targets becomes is shown once, and those that do not agree have failed. */
export function settled(
  outcomes: readonly TargetOutcome[],
  groups: readonly (number | undefined)[],
): readonly TargetOutcome[] {
  const shown = new Map<string, { readonly target: string; readonly after: string }>()
  const errors = new Map<number, HardenError>()
  for (const [index, { result, files = [] }] of outcomes.entries()) {
    const group = groups[index]
    if (group === undefined) continue
    if (result.verdict === 'failed' && !errors.has(group))
      errors.set(
        group,
        new HardenError('unwritable', `it changes together with ${result.target}, which could not be worked on`, {
          hint: 'leave out --with-manifests to change it alone',
        }),
      )
    for (const { path, name, before, after } of files) {
      const other = shown.get(path)
      shown.set(path, other ?? { target: result.target, after })
      if (before === after || other === undefined || isAlike(other.after, after) || errors.has(group)) continue
      errors.set(
        group,
        new HardenError('unwritable', `${other.target} and ${result.target} need different changes of ${name}`, {
          hint: 'harden one of them without --with-manifests, and then the other',
        }),
      )
    }
  }
  const seen = new Set<string>()
  return outcomes.map((outcome, index) => {
    const error = errors.get(groups[index] ?? -1)
    if (error !== undefined)
      return outcome.result.verdict === 'failed' ? outcome : failed(outcome.result, outcome.path, error)
    if (outcome.files === undefined || groups[index] === undefined) return outcome
    const files = outcome.files.filter(({ path }) => !seen.has(path))
    for (const { path } of files) seen.add(path)
    return { ...outcome, files }
  })
}

/** Alike apart from its own comments, which say whom they have asked. */
function isAlike(text: string, other: string): boolean {
  const bare = (one: string): string => one.replace(/^[ \t]*# harden-image: .*\n/gm, '')
  return bare(text) === bare(other)
}

interface Job {
  /** Files that are written together. */
  readonly names: readonly string[]
  /** Of a project, whose files may be written with those of another one. */
  readonly project?: ProjectChange
  write(): Promise<void>
}

async function writeAll(jobs: readonly Job[]): Promise<void> {
  const [only, ...others] = jobs
  if (others.length === 0) await only?.write()
  else await writeProjects(jobs.flatMap(({ project }) => project ?? []))
}

interface ProjectChange {
  readonly changes: readonly TextChange[]
  /** Its first file. */
  readonly path: string | null
}

/** Null where nothing is to be written. */
async function jobOf(
  { write, output }: Work,
  { result, source, path, profile, files }: TargetOutcome,
  cwd: string,
): Promise<Job | null> {
  if (result.verdict === 'failed') return null
  if (result.kind === 'image') {
    if (output === null) return null
    const name = join(output, 'Dockerfile')
    const own: OwnFile[] = [[name, result.output]]
    const { profileFile } = await import('../manifests/docker.ts')
    if (profile !== undefined) own.push([join(output, 'compose.yaml'), profileFile(profile)])
    return { names: [own.map(([file]) => file).join(' and ')], write: () => writeOwn(own, cwd) }
  }
  if (files !== undefined) {
    const changes = write ? files.filter(({ before, after }) => before !== after) : []
    if (changes.length === 0) return null
    const named = changes.map((file) => ({ ...file, name: fromHere(file.path, cwd) }))
    const project = { changes: named, path }
    return { names: named.map(({ name }) => name), project, write: () => writeProjects([project]) }
  }
  if (!write || path === null || !result.changed) return null
  return {
    names: [result.target],
    write: () => replaceText(path, result.target, source, result.output),
  }
}

/** All files of all projects, or none; none that lies outside of its repository. */
async function writeProjects(projects: readonly ProjectChange[]): Promise<void> {
  for (const { changes, path } of projects) {
    const allowedRoot = path === null ? null : allowedRootOf(path)
    const outside = changes.find((file) => allowedRoot !== null && !staysIn(allowedRoot, file.path))
    if (outside !== undefined)
      throw new HardenError('unwritable', `nothing was written: ${outside.name} lies outside of ${allowedRoot}`, {
        hint: 'name it as a target of its own',
      })
  }
  await replaceTexts(projects.flatMap(({ changes }) => changes))
}

/** Beside what `-o` writes, for `sha256sum -c`: that it is still as it was written no text can say of itself. */
const RECORD = '.harden-image.sha256'

/** How what an earlier run has written is told, and by which flag its folder is named. */
interface OwnKind {
  readonly isOwn: (text: string) => boolean
  readonly read: typeof readText
  readonly flag: string
}

/** A file of `-o`: its name as given and joined, and its text. */
type OwnFile = readonly [name: string, text: string]

/**
 * Writes the files of one folder, over those that an earlier run has written there and nobody has touched since, and over
 * nothing else: `-o .` must not cost anybody a Dockerfile. Never through a link that leads elsewhere. Throws HardenError
 * `unwritable` with nothing written.
 */
export async function writeOwn(
  files: readonly OwnFile[],
  cwd: string,
  kind: OwnKind = { isOwn: (text) => isOwnCompose(text) || isOwnDockerfile(text), read: readText, flag: '-o' },
): Promise<void> {
  const { isOwn, flag } = kind
  const [first] = files
  if (first === undefined) return
  const folder = dirname(first[0])
  await checkFolder(folder, cwd, flag)
  const recordName = join(folder, RECORD)
  const record = await readOld(recordName, cwd, kind)
  if (record !== null && !/^(?:[0-9a-f]{64} {2}[\w.-]+\n)*$/.test(record)) throw notOurs(recordName, flag)
  for (const [name, text] of files) {
    const old = await readOld(name, cwd, kind)
    const isOurs = old === null || old === text || (record?.includes(recordLine(name, old)) && isOwn(old))
    if (!isOurs) throw notOurs(name, flag)
  }
  for (const [name, text] of files) await writeText(resolve(cwd, name), name, text)
  const lines = files.map(([name, text]) => recordLine(name, text)).join('')
  if (lines !== record) await writeText(resolve(cwd, recordName), recordName, lines)
}

function recordLine(name: string, text: string): string {
  return `${sha256(text)}  ${basename(name)}\n`
}

/** Null where there is none. Throws HardenError where it is a link: what it leads to was never ours. */
async function readOld(name: string, cwd: string, { read, flag }: OwnKind): Promise<string | null> {
  const path = resolve(cwd, name)
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return null
  if (stats.isSymbolicLink())
    throw new HardenError('unwritable', `${name} was not written: it is a link`, {
      hint: `choose another folder with ${flag}, or remove it`,
    })
  return read(path, name)
}

/** Below the working folder no link may lead out of it, elsewhere the folder itself may be none. */
async function checkFolder(folder: string, cwd: string, flag: string): Promise<void> {
  const path = resolve(cwd, folder)
  const isBelow = (one: string, root: string): boolean => !/^\.\.(\/|$)/.test(relative(root, one))
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true
  const leadsOut = isBelow(path, cwd) ? !isBelow(await realFolder(path), await realpath(cwd)) : isLink
  if (!leadsOut) return
  throw new HardenError(
    'unwritable',
    `${folder} was not written: a link leads from there to ${await realFolder(path)}`,
    {
      hint: `if that is the folder you mean, name it with ${flag}`,
    },
  )
}

/** With its links resolved, those of the folders above it where it is still to be made. */
async function realFolder(path: string): Promise<string> {
  const found = await realpath(path).catch(() => null)
  if (found !== null) return found
  // A link to a folder that is still to be made leads away as well.
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true
  if (isLink || dirname(path) === path) return '/'
  return join(await realFolder(dirname(path)), basename(path))
}

function notOurs(name: string, flag: string): HardenError {
  return new HardenError('unwritable', `${name} was not written: it is there already and not from harden-image`, {
    hint: `choose another folder with ${flag}, or remove it; a file that was changed since it was written is yours`,
  })
}
