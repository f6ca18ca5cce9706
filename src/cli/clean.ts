import { lstat, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bounds } from '../bounds.ts'
import { isRemovable, type Leftover } from '../engine/clean-up.ts'
import { endOrphans } from '../engine/cli/process.ts'
import type { Engine } from '../engine/engine.ts'
import { findEngine, openEngine } from '../engine/open-engine.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { fateOf, isOver, type Maker, tokenOf, unknownHours, userId } from '../made-by.ts'
import { RELAY_IMAGE } from '../proof/sandbox/relay.ts'
import { TRACER_IMAGE } from '../proof/trace/tracer.ts'
import { counted } from '../report/summary.ts'
import { neverEntered } from '../repository/walk.ts'
import { removeTemporary, type Temporary, temporaryFiles, temporaryFolders } from '../temporary.ts'
import type { Io } from './io.ts'
import type { Clean } from './request.ts'
import type { ExitCode } from './show.ts'

/** One thing that a run made and did not remove. */
interface Thing {
  readonly kind: string
  readonly name: string
  readonly maker: Maker
}

/**
 * The verb `clean`: all that runs have left, by run, on stdout; then what runs that are over have left is removed, and what came of
 * it said on stderr. 1 where some of it is there still. Throws HardenError where the engine that is asked for does not answer.
 */
export async function clean(
  { folders, dryRun, all, engine: choice }: Clean,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const engine = await engineFor(choice, signal)
  const found = engine === null ? [] : await engine.leftovers()
  const onEngine = found.filter(({ listed }) => listed)
  const temporary = [...(await temporaryFolders()), ...(await filesBelow(folders, io))]
  const kept = await keptImages(engine)
  const things = [...onEngine, ...temporary.map(thingOf)]
  io.stdout.write(listed(things, all).join(''))
  for (const image of all ? kept : []) io.stdout.write(`${image}, which proofs keep\n`)
  io.stdout.write(unlisted(found.filter(({ listed }) => !listed)))
  const say = (line: string) => io.stderr.write(`${line}\n`)
  if (engine === null)
    say(
      choice === 'none'
        ? 'no engine was asked: --engine none'
        : 'no container engine answers: only files were looked for',
    )
  const over = things.filter(({ maker }) => isOver(maker, { all }))
  const count = over.length + (all ? kept.length : 0)
  if (dryRun) {
    say(
      count === 0
        ? 'there is nothing to remove'
        : `${counted(count, 'thing')} would be removed; run it without --dry-run to remove that`,
    )
    return 0
  }
  await endOrphans()
  const left = [
    ...((await engine?.removeLeftovers(onEngine.filter((one) => isRemovable(one, { all })))) ?? []),
    ...(await removeTemporary(temporary, { all })).map(thingOf),
  ]
  for (const image of all ? kept : []) await engine?.removeImage(image)
  say(count === 0 ? 'there was nothing to remove' : `removed ${counted(count - left.length, 'thing')}`)
  for (const { kind, name } of left) say(`${kind} ${name} was not removed: it is in use, or not yours`)
  if (!all && things.length > over.length && things.some(({ maker }) => fateOf(maker) !== 'alive'))
    say(`what may belong to a run elsewhere stays for ${unknownHours} hours; --all removes it now`)
  if (kept.length > 0 && !all) say(`kept for other proofs: ${kept.join(', ')}; --all removes that too`)
  return left.length === 0 ? 0 : 1
}

/** Images that proofs make once and use again. */
async function keptImages(engine: Engine | null): Promise<readonly string[]> {
  if (engine === null) return []
  const found = [TRACER_IMAGE, RELAY_IMAGE].map(async (image) => ((await engine.inspectImage(image)) ? [image] : []))
  return (await Promise.all(found)).flat()
}

async function engineFor(choice: Clean['engine'], signal: AbortSignal): Promise<Engine | null> {
  if (choice === 'none') return null
  return choice === 'auto' ? findEngine('auto', { signal }) : openEngine(choice, { signal })
}

function thingOf({ path, kind, maker }: Temporary): Thing {
  return { kind, name: path, maker }
}

/** A run a paragraph, those that began first before the others. */
function listed(things: readonly Thing[], all: boolean): readonly string[] {
  const runs = new Map<string, { readonly maker: Maker; readonly rows: string[] }>()
  for (const { kind, name, maker } of [...things].sort((one, other) => one.maker.since - other.maker.since)) {
    const run = runs.get(tokenOf(maker)) ?? { maker, rows: [] }
    runs.set(tokenOf(maker), run)
    run.rows.push(`  ${kind.padEnd(9)}  ${name}\n`)
  }
  return [...runs.values()].map(
    ({ maker, rows }) => `${runLine(maker)}${isOver(maker, { all }) ? '' : ', and stays'}:\n${rows.join('')}`,
  )
}

/** An image can bring a label of ours, so that one alone removes nothing. */
function unlisted(found: readonly Leftover[]): string {
  const rows = found.map(({ kind, name }) => `  ${kind.padEnd(9)}  ${name}\n`)
  return rows.length === 0 ? '' : `labelled as ours, but on no list of this user's runs, and stays:\n${rows.join('')}`
}

function runLine(maker: Maker): string {
  const began = `${new Date(maker.since * 1000).toISOString().slice(0, 16)}Z`
  const whose = maker.uid === userId() ? '' : ` of user ${maker.uid}`
  const fate = {
    own: 'is this one',
    alive: 'is still running',
    dead: 'is over',
    unknown: 'is of another host, boot or container',
  }[fateOf(maker)]
  return `process ${maker.pid}${whose} began ${began} and ${fate}`
}

/** Files that were to replace another one below the folders. Links and devices are not entered. */
async function filesBelow(folders: readonly string[], io: Io): Promise<readonly Temporary[]> {
  const found: Temporary[] = []
  let looked = 0
  const enter = async (folder: string, device: number): Promise<void> => {
    looked += 1
    if (looked > bounds.cleanedFolders) return
    found.push(...(await temporaryFiles(folder)))
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory() || neverEntered.has(entry.name)) continue
      const path = join(folder, entry.name)
      const stats = await lstat(path).catch(() => null)
      if (stats?.isDirectory() && stats.dev === device) await enter(path, device)
    }
  }
  for (const folder of folders) {
    const path = resolve(io.cwd, folder)
    const stats = await lstat(path).catch((error: unknown) => {
      throw new HardenError('unreadable', `${folder} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
    })
    if (!stats.isDirectory()) throw new HardenError('bad-usage', `clean takes folders, and ${folder} is not one`)
    await enter(path, stats.dev)
  }
  if (looked > bounds.cleanedFolders)
    io.stderr.write(`only the first ${bounds.cleanedFolders} folders were searched: name the others\n`)
  return found
}
