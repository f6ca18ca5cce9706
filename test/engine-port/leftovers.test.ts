import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import {
  imageLabels,
  isRemovable,
  type Kind,
  type Labelled,
  type Leftover,
  leftovers,
  removeLeftovers,
  sessionLabels,
  sweep,
} from '../../src/engine/clean-up.ts'
import { endOrphans } from '../../src/engine/cli/process.ts'
import { fateOf, isOver, type Maker, makerOf, thisRun, tokenOf, unknownHours } from '../../src/made-by.ts'
import { listOf } from '../support/run-list.ts'

const own = thisRun()
/** As Linux counts them at most; nothing has it here. */
const noPid = 4_194_303
const dead: Maker = { ...own, pid: noPid }
const parent: Maker = { ...own, pid: process.ppid, started: startOf(process.ppid) }

function startOf(pid: number): string {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return `t${Number(fields[19]).toString(16)}`
}

describe('whose a thing is', () => {
  test('is told from the token that it carries, and from no other text', () => {
    expect(makerOf(tokenOf(own))).toEqual(own)
    expect(tokenOf(own)).toMatch(/^[0-9a-z-]{20,70}$/)
    for (const text of ['', 'x', `${tokenOf(own)}-1`, `a${tokenOf(own)}`, tokenOf(own).toUpperCase()])
      expect(makerOf(text)).toBeNull()
  })

  test.each([
    ['this process', own, 'own', false],
    ['a process that runs', parent, 'alive', false],
    ['a process that is gone', dead, 'dead', true],
    ['one that had the pid of a later process', { ...parent, started: 't1' }, 'dead', true],
    ['one that had the pid of this process', { ...own, started: 't1' }, 'dead', true],
    ['a process of another host', { ...dead, host: '0123456789ab' }, 'unknown', false],
    ['another user’s, which is gone', { ...dead, uid: own.uid + 1 }, 'dead', false],
  ] as const)('of %s', (_, maker, fate, over) => {
    expect([fateOf(maker), isOver(maker)]).toEqual([fate, over])
  })

  test('of another host it is left for the hours that are said, but for --all', () => {
    const elsewhere = { ...dead, host: '0123456789ab' }
    const old = { ...elsewhere, since: own.since - unknownHours * 3600 - 3600 }
    expect([isOver(elsewhere), isOver(old), isOver({ ...old, uid: own.uid + 1 })]).toEqual([false, true, false])
    expect(isOver(elsewhere, { all: true })).toBe(true)
    expect(isOver(parent, { all: true })).toBe(false)
  })

  test('a process that has ended and that nobody has waited for is none that runs', async () => {
    // Its parent, which never waits, has become sleep.
    const shell = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [said] = await once(shell.stdout, 'data')
    const pid = Number(String(said))
    for (let tries = 0; tries < 500 && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    expect(fateOf({ ...own, pid, started: startOf(pid) })).toBe('dead')
    shell.kill()
  })
})

const session = '0123456789abcdef'
const of = (maker: Maker, labels: Readonly<Record<string, string>>) => {
  const changed = Object.entries(labels).map(([name, value]) => [name, value === tokenOf(own) ? tokenOf(maker) : value])
  return Object.fromEntries(changed)
}
const container = (id: string, labels: Labelled['labels']): Labelled => ({ id, name: id, tags: [], labels })

const sessions = { live: 'b'.repeat(16), own: 'c'.repeat(16), unlisted: '0'.repeat(16) }
/** What this user's runs have noted. */
const list = new Map([
  [session, dead],
  [sessions.live, parent],
  [sessions.own, own],
])

function portOf(all: Partial<Record<Kind, readonly Labelled[]>>) {
  const removed: string[] = []
  const port = {
    labelled: async (kind: Kind) => all[kind] ?? [],
    remove: async (kind: Kind, id: string) => {
      removed.push(`${kind} ${id}`)
      return id !== 'in-use'
    },
  }
  const engine = {
    leftovers: () => leftovers(port, list),
    removeLeftovers: (found: readonly Leftover[]) => removeLeftovers(port, found),
  }
  return { removed, engine }
}

describe('what dead runs left on an engine', () => {
  test('is removed, containers first; what live ones, others and nobody made stays', async () => {
    const { removed, engine } = portOf({
      volume: [container('harden-image-v', of(dead, sessionLabels(session)))],
      container: [
        container('a', of(dead, sessionLabels(session))),
        container('b', of(parent, sessionLabels(sessions.live))),
        container('c', sessionLabels(sessions.own)),
        container('d', { 'harden-image.session': session }),
        container('e', { 'harden-image.run': 'x', 'harden-image.session': session }),
      ],
    })
    expect(await sweep(engine)).toBe(2)
    expect(removed).toEqual(['container a', 'volume harden-image-v'])
  })

  test('what an image’s label says of a container, a volume or an image removes nothing', async () => {
    const forged = of(dead, { ...sessionLabels(sessions.unlisted), ...imageLabels(sessions.unlisted) })
    const nameless = { ...forged, 'harden-image.session': '' }
    const { removed, engine } = portOf({
      container: [container('theirs', forged), container('nameless', nameless)],
      volume: [container('data', forged)],
      image: [
        { id: 'sha256:1', name: '', tags: ['app:latest', `app:${sessions.unlisted}`], labels: forged },
        { id: 'sha256:2', name: '', tags: ['app:latest'], labels: nameless },
        { id: 'sha256:3', name: '', tags: [], labels: forged },
      ],
    })
    expect(await sweep(engine)).toBe(0)
    const left = await engine.leftovers()
    expect(left.map(({ id }) => id).sort()).toEqual(['app:0000000000000000', 'data', 'sha256:3', 'theirs'])
    expect(left.filter((one) => isRemovable(one, { all: true }))).toEqual([])
    expect(removed).toEqual([])
  })

  test('an image goes by its own names; one that somebody built upon it keeps its labels and stays', async () => {
    const labels = of(dead, imageLabels(session))
    const image = (id: string, ...tags: string[]): Labelled => ({ id, name: '', tags, labels })
    const { removed, engine } = portOf({
      image: [
        image('sha256:1', `harden-image/proof:${session}-1-result`),
        image('sha256:2', 'app:latest'),
        image('sha256:3', `localhost:5000/app:1`, `harden-image/result:${session}-1`),
        image('sha256:4', '<none>:<none>'),
        image('sha256:5'),
      ],
    })
    await sweep(engine)
    expect(removed).toEqual([
      `image harden-image/proof:${session}-1-result`,
      `image harden-image/result:${session}-1`,
      'image sha256:4',
      'image sha256:5',
    ])
  })

  test('an image hands down no label that a container is removed for', () => {
    expect(Object.keys(imageLabels(session))).not.toContain('harden-image.run')
    expect(Object.keys(sessionLabels(session))).toEqual(['harden-image.session', 'harden-image.run'])
  })

  test('what is in use is told of', async () => {
    const { engine } = portOf({ volume: [container('in-use', of(dead, sessionLabels(session)))] })
    const left = await engine.removeLeftovers(await engine.leftovers())
    expect(left.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['volume in-use'])
  })
})

describe('an engine call that goes on', () => {
  test('is ended where its run is over, and only there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
    // The kernel names a process after its file.
    for (const name of ['docker', 'other']) await copyFile('/bin/sleep', `${folder}/${name}`)
    const start = (name: string, maker: Maker) =>
      spawn(`${folder}/${name}`, ['60'], { env: { HARDEN_IMAGE_RUN: tokenOf(maker) }, stdio: 'ignore' })
    const unlisted = { ...dead, since: dead.since - 1 }
    const { remove } = listOf(dead, { kind: 'session', name: session })
    const children = [start('docker', dead), start('docker', parent), start('other', dead), start('docker', unlisted)]
    await Promise.all(children.map((child) => once(child, 'spawn')))
    const ended = once(children[0] as (typeof children)[number], 'exit')
    await endOrphans(50)
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(children.slice(1).map(({ exitCode, signalCode }) => [exitCode, signalCode])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ])
    remove()
    for (const child of children) child.kill()
    await rm(folder, { recursive: true })
  })
})
