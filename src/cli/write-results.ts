import { createHash } from 'node:crypto'
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { failed } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { HardenError } from '../errors.ts'
import { readText, replaceText, replaceTexts, type TextChange, writeText } from '../workspace/files.ts'
import { isOwnCompose, isOwnDockerfile } from '../workspace/own-files.ts'
import { allowedRootOf, staysIn } from '../workspace/trust.ts'
import type { Work } from './request.ts'
import { fromHere } from './show.ts'

export interface Written {
  /** As they came; a file that could not be written has failed. */
  readonly outcomes: readonly TargetOutcome[]
  /** As given or joined. */
  readonly files: readonly string[]
  /** Changed targets that were not written because their proof failed. */
  readonly heldBack: readonly string[]
  /** What was not begun any more after a signal. */
  readonly notWritten: readonly string[]
}

/**
 * `-w` and `-o`: each file all or nothing, the others go on when one cannot be written. No other one is begun when the signal is
 * aborted.
 */
export async function writeResults(
  request: Work,
  outcomes: readonly TargetOutcome[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<Written> {
  const files: string[] = []
  const heldBack: string[] = []
  const notWritten: string[] = []
  const after: TargetOutcome[] = []
  for (const outcome of outcomes) {
    try {
      const job = await jobOf(request, outcome, cwd)
      if (job !== null && outcome.result.proof?.passed === false) heldBack.push(outcome.result.target)
      else if (job !== null && signal.aborted) {
        notWritten.push(...job.names)
        continue
      } else if (job !== null) {
        await job.write()
        files.push(...job.names)
      }
      after.push(outcome)
    } catch (error) {
      after.push(failed(outcome.result, outcome.path, error))
    }
  }
  return { outcomes: after, files, heldBack, notWritten }
}

interface Job {
  /** What is written together. */
  readonly names: readonly string[]
  write(): Promise<void>
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
    const { profileFile } = await import('../profile/compose-file.ts')
    if (profile !== undefined) own.push([join(output, 'compose.yaml'), profileFile(profile)])
    return { names: [own.map(([file]) => file).join(' and ')], write: () => writeOwn(own, cwd) }
  }
  if (files !== undefined) {
    const changes = write ? files.filter(({ before, after }) => before !== after) : []
    if (changes.length === 0) return null
    const named = changes.map((file) => ({ ...file, name: fromHere(file.path, cwd) }))
    return { names: named.map(({ name }) => name), write: () => writeProject(named, path) }
  }
  if (!write || path === null || !result.changed) return null
  return { names: [result.target], write: () => replaceText(path, result.target, source, result.output) }
}

/** All files of a project, or none; none that lies outside of its repository. */
async function writeProject(files: readonly TextChange[], path: string | null): Promise<void> {
  const allowedRoot = path === null ? null : allowedRootOf(path)
  const outside = files.find((file) => allowedRoot !== null && !staysIn(allowedRoot, file.path))
  if (outside !== undefined)
    throw new HardenError('unwritable', `nothing was written: ${outside.name} lies outside of ${allowedRoot}`, {
      hint: 'name it as a target of its own',
    })
  await replaceTexts(files)
}

/** Beside what `-o` writes, for `sha256sum -c`: that it is still as it was written no text can say of itself. */
const RECORD = '.harden-image.sha256'

/** A file of `-o`: its name as given and joined, and its text. */
type OwnFile = readonly [name: string, text: string]

/**
 * Writes the files of one folder, over those that an earlier run has written there and nobody has touched since, and over
 * nothing else: `-o .` must not cost anybody a Dockerfile. Never through a link that leads elsewhere. Throws HardenError
 * `unwritable` with nothing written.
 */
export async function writeOwn(files: readonly OwnFile[], cwd: string): Promise<void> {
  const [first] = files
  if (first === undefined) return
  const folder = dirname(first[0])
  await checkFolder(folder, cwd)
  const recordName = join(folder, RECORD)
  const record = await readOld(recordName, cwd)
  if (record !== null && !/^(?:[0-9a-f]{64} {2}[\w.]+\n)*$/.test(record)) throw notOurs(recordName)
  for (const [name, text] of files) {
    const old = await readOld(name, cwd)
    const isOurs = old === null || old === text || (record?.includes(recordLine(name, old)) && isOwn(old))
    if (!isOurs) throw notOurs(name)
  }
  for (const [name, text] of files) await writeText(resolve(cwd, name), name, text)
  const lines = files.map(([name, text]) => recordLine(name, text)).join('')
  if (lines !== record) await writeText(resolve(cwd, recordName), recordName, lines)
}

function recordLine(name: string, text: string): string {
  return `${createHash('sha256').update(text).digest('hex')}  ${basename(name)}\n`
}

/** Null where there is none. Throws HardenError where it is a link: what it leads to was never ours. */
async function readOld(name: string, cwd: string): Promise<string | null> {
  const path = resolve(cwd, name)
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return null
  if (stats.isSymbolicLink())
    throw new HardenError('unwritable', `${name} was not written: it is a link`, {
      hint: 'choose another folder with -o, or remove it',
    })
  return readText(path, name)
}

/** Below the working folder no link may lead out of it, elsewhere the folder itself may be none. */
async function checkFolder(folder: string, cwd: string): Promise<void> {
  const path = resolve(cwd, folder)
  const isBelow = (one: string, root: string): boolean => !/^\.\.(\/|$)/.test(relative(root, one))
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true
  const leadsOut = isBelow(path, cwd) ? !isBelow(await realFolder(path), await realpath(cwd)) : isLink
  if (!leadsOut) return
  throw new HardenError(
    'unwritable',
    `${folder} was not written: a link leads from there to ${await realFolder(path)}`,
    {
      hint: 'if that is the folder you mean, name it with -o',
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

function notOurs(name: string): HardenError {
  return new HardenError('unwritable', `${name} was not written: it is there already and not from harden-image`, {
    hint: 'choose another folder with -o, or remove it; a file that was changed since it was written is yours',
  })
}

function isOwn(text: string): boolean {
  return isOwnCompose(text) || isOwnDockerfile(text)
}
