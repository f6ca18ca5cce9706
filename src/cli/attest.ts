import { lstat, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { checkStatements, type FileNow, type ImageNow } from '../attest/check.ts'
import { type GivenStatement, readStatements } from '../attest/read.ts'
import { type EvidenceFile, evidenceFiles, hexOf } from '../attest/statement.ts'
import { jsonIn } from '../borders/json.ts'
import { visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { findEngine, openEngine } from '../engine/open-engine.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { engineNumber, resolveUser } from '../image/accounts.ts'
import { type ImageFacts, parsePlatform } from '../image/facts.ts'
import { parseImageReference } from '../image/reference.ts'
import { knownConditions } from '../proof/conditions/index.ts'
import type { Report, TargetResult } from '../report/report.ts'
import { decode, streamed } from '../repository/files.ts'
import type { Io } from './io.ts'
import type { Verify } from './request.ts'
import type { ExitCode } from './show.ts'
import { writeOwn } from './write-results.ts'

/**
 * `--attest DIR`: what the proof of the one target shows, in a folder. Gives what keeps it from being written: nothing was proved,
 * or the folder has files of somebody else.
 */
export async function writeEvidence(
  folder: string,
  outcomes: readonly TargetOutcome[],
  { cwd, stderr }: Pick<Io, 'cwd' | 'stderr'>,
): Promise<void> {
  const [outcome] = outcomes
  const files = outcome?.proven === undefined ? [] : evidenceFiles(outcome.result, outcome.proven, sha256)
  if (files.length === 0) {
    stderr.write(`nothing was written to ${visibleLine(folder)}: no image that stays was proved\n`)
    return
  }
  const named = files.map(({ name, text }: EvidenceFile) => [join(folder, name), text] as const)
  await writeOwn(named, cwd, { isOwn: isEvidence, read: readWhole, flag: '--attest' })
  stderr.write(`wrote ${files.length} files to ${visibleLine(folder)}\n`)
}

function isEvidence(text: string): boolean {
  return text.includes('harden-image') || text.startsWith('{"access":')
}

/** The verb `verify`: what holds and what does not on stdout. 1 where something does not. Throws HardenError. */
export async function verify(request: Verify, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const given: GivenStatement[] = []
  const folders = new Set<string>()
  for (const name of request.statements) {
    if (name === '-') {
      given.push(...readStatements(await decode(io.stdin, 'stdin'), 'stdin'))
      continue
    }
    for (const file of await statementFiles(name, io.cwd)) {
      given.push(...readStatements(await readWhole(resolve(io.cwd, file), file), file))
      folders.add(dirname(resolve(io.cwd, file)))
    }
  }
  const image = await imageNow(request, signal)
  const files = await filesBeside(given, [...folders])
  const verified = checkStatements(given, image, { conditions: knownConditions(), files })
  const { problems, held, open: left, verdict } = verified
  if (request.format === 'json')
    io.stdout.write(`${JSON.stringify({ image: image.name, ...verified, signatures: SIGNATURES }, null, 2)}\n`)
  else {
    for (const line of held) io.stdout.write(`ok       ${visibleLine(line)}\n`)
    for (const line of left) io.stdout.write(`skipped  ${visibleLine(line)}\n`)
    for (const line of problems) io.stdout.write(`wrong    ${visibleLine(line)}\n`)
    const sum = verdict === null ? 'the statements do not hold' : `the statements hold: it is ${verdict}`
    io.stdout.write(`${visibleLine(image.name)}: ${sum}; ${SIGNATURES}\n`)
  }
  return problems.length === 0 ? 0 : 1
}

/** Every answer says that only a signature shows who wrote a statement. */
const SIGNATURES = 'no signature was checked: who wrote them is for cosign verify-attestation to say'

const STATEMENTS = ['test-result.statement.json', 'proof.statement.json']

/** A folder stands for the statements in it that `--attest` wrote. */
async function statementFiles(name: string, cwd: string): Promise<readonly string[]> {
  const stats = await stat(resolve(cwd, name)).catch((error: NodeJS.ErrnoException) => {
    throw new HardenError('unreadable', `${name} cannot be read: ${reasonOf(error)}`)
  })
  return stats.isDirectory() ? STATEMENTS.map((file) => join(name, file)) : [name]
}

/** Reads a regular file, or a pipe of the shell. Throws HardenError `unreadable`. */
async function readWhole(path: string, name: string): Promise<string> {
  try {
    const parts: Buffer[] = []
    let size = 0
    for await (const part of streamed(path)) {
      parts.push(part)
      size += part.length
      if (size > bounds.traceBytes) throw new Error(`it is larger than ${bounds.traceBytes} bytes`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch (error) {
    throw new HardenError('unreadable', `${name} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
}

/** Files that the statements name and that lie beside one of them: a plain name, and no link. */
async function filesBeside(
  given: readonly GivenStatement[],
  folders: readonly string[],
): Promise<ReadonlyMap<string, FileNow>> {
  const found = new Map<string, FileNow>()
  for (const { said } of given) {
    if (said.kind !== 'proof') continue
    const { report, trace } = said.predicate
    for (const { name } of [report, ...(trace === null ? [] : [trace])]) {
      if (!/^\w[\w.-]{0,200}$/.test(name)) continue
      for (const folder of folders) {
        const path = join(folder, name)
        const stats = await lstat(path).catch(() => null)
        if (stats?.isFile() !== true || found.has(name)) continue
        const text = await readWhole(path, name)
        found.set(name, { sha256: sha256(text), result: name === report.name ? resultIn(text) : null })
      }
    }
  }
  return found
}

/** The one result of a report, as far as it is read here; null for what is none. */
function resultIn(text: string): TargetResult | null {
  const report = jsonIn(text) as Partial<Report> | null | undefined
  const results = Array.isArray(report?.results) ? report.results : []
  const [result] = results.length === 1 ? results : []
  return typeof result === 'object' && result !== null && Array.isArray(result.proof?.cells) ? result : null
}

/**
 * Who the image starts as, and its digests by which a statement may name it: that of its config, and those of its manifests. What the engine does
 * not have, its registry is asked for. Throws HardenError `no-image`, `no-registry` or `no-engine`.
 */
async function imageNow(
  { image: name, engine: choice, offline, platform }: Verify,
  signal: AbortSignal,
): Promise<ImageNow> {
  const reference = parseImageReference(name)
  const engine =
    choice === 'none'
      ? null
      : choice === 'auto'
        ? await findEngine('auto', { signal })
        : await openEngine(choice, { signal })
  const there = reference.transport === 'docker' ? null : ((await engine?.inspectImage(reference.text)) ?? null)
  if (engine !== null && there !== null) {
    const { user } = there.config
    const uid = await uidOf(user, async () =>
      (await import('../image/sources/engine.ts')).factsFromEngine(engine, there.id),
    )
    return { name, digests: unique([there.id, ...there.repoDigests]), user, uid }
  }
  if (offline || reference.transport === 'docker-daemon')
    throw new HardenError('no-image', `there is no image ${name} on the engine`, {
      hint: offline ? 'leave out --offline to ask its registry' : 'pull it',
    })
  const { openRegistry } = await import('../image/sources/registry/open-registry.ts')
  const asked = { reference, platform: platform === null ? null : parsePlatform(platform), signal, say: () => {} }
  const { blobs, image, digest } = await openRegistry(asked)
  const { user } = image.config
  const uid = await uidOf(user, async () =>
    (await import('../image/sources/stored/facts.ts')).factsFromLayers(blobs, image, name, 'registry'),
  )
  return { name, digests: unique([image.id, digest, ...(image.digest === null ? [] : [image.digest])]), user, uid }
}

/** The files of the image are read only to look up a name. Null where no account has that name. */
async function uidOf(user: string, read: () => Promise<Pick<ImageFacts, 'accounts'>>): Promise<number | null> {
  const [account = '', group = ''] = user.split(':')
  const isNumbers = [account, group].every((text) => text === '' || engineNumber(text) !== null)
  const { accounts } = isNumbers
    ? { accounts: { known: true, value: { users: [], groups: [] } } as const }
    : await read()
  const resolved = accounts.known ? resolveUser(user, accounts.value) : null
  return resolved?.known === true ? resolved.value.uid : null
}

function unique(digests: readonly string[]): readonly string[] {
  return [...new Set(digests.map(hexOf))]
}
