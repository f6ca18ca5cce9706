import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { sha256 } from '../../src/digest.ts'
import { openStore } from '../../src/fleet/store.ts'
import { thisRun, tokenOf } from '../../src/made-by.ts'

const key = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const folders: string[] = []

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-store-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('a result is there for every other worker, and nothing is left beside it', async () => {
  const folder = join(emptyFolder(), 'below', 'results')
  const store = await openStore(folder, 'results')
  expect(await store.has(key)).toBe(false)
  await store.add(key, 'one')
  await store.add(key, 'one')
  const again = await openStore(folder, 'results')
  expect(await again.results(key)).toEqual(['one'])
  expect(await again.keys()).toEqual([key])
  expect(readdirSync(join(folder, 'temporary'))).toEqual([])
})

test('two results of one key are both kept', async () => {
  const store = await openStore(emptyFolder(), 'results')
  await store.add(key, 'one')
  await store.add(key, 'two')
  const digests = ['one', 'two'].map((text) => [sha256(text), text]).sort()
  expect(await store.results(key)).toEqual(digests.map(([, text]) => text))
})

test('a result that a power cut has halved is none, and is written again', async () => {
  const folder = emptyFolder()
  const store = await openStore(folder, 'results')
  await store.add(key, 'whole')
  truncateSync(join(folder, 'results', key.slice(0, 2), `${key}.${sha256('whole')}`), 2)
  expect(await store.has(key)).toBe(false)
  await store.add(key, 'whole')
  expect(await store.results(key)).toEqual(['whole'])
})

test('twenty workers that write at once leave one file of each result', async () => {
  const folder = emptyFolder()
  const stores = await Promise.all(Array.from({ length: 20 }, () => openStore(folder, 'results')))
  await Promise.all(stores.flatMap((store) => [store.add(key, 'same'), store.add(other, 'other')]))
  expect(readdirSync(join(folder, 'results', key.slice(0, 2)))).toEqual([`${key}.${sha256('same')}`])
  expect(readdirSync(join(folder, 'results', other.slice(0, 2)))).toEqual([`${other}.${sha256('other')}`])
})

test('what keeps a target from a result goes once it has one', async () => {
  const store = await openStore(emptyFolder(), 'results')
  await store.setOpen(key, 'no engine')
  await store.setOpen(key, 'changed')
  expect(await store.openText(key)).toBe('changed')
  expect(await store.keys()).toEqual([key])
  expect(await store.has(key)).toBe(false)
  await store.add(key, 'one')
  expect(await store.openText(key)).toBe(null)
})

test('a worker that was killed in the midst of a target is counted, one that lives or has ended is not', async () => {
  const folder = emptyFolder()
  const store = await openStore(folder, 'results')
  const ended = await store.begin(key)
  await ended.end()
  await store.begin(key)
  expect(await store.deaths(key)).toBe(0)
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  const dead = { ...thisRun(), pid: child.pid ?? 0, started: 't1' }
  child.kill('SIGKILL')
  await once(child, 'exit')
  writeFileSync(join(folder, 'attempts', key.slice(0, 2), `${key}.7`), tokenOf(dead))
  expect(await store.deaths(key)).toBe(1)
  writeFileSync(join(folder, 'attempts', key.slice(0, 2), `${key}.8`), tokenOf({ ...dead, host: '0'.repeat(12) }))
  expect(await store.deaths(key)).toBe(2)
  expect(await store.deaths(other)).toBe(0)
})

test('a folder that holds something else is not written into', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'thesis.txt'), '')
  await expect(openStore(folder, 'mine')).rejects.toMatchObject({
    code: 'bad-usage',
    message: 'mine holds no results of a fleet',
  })
  expect(readdirSync(folder)).toEqual(['thesis.txt'])
  await expect(openStore(join(folder, 'gone'), 'gone', { isNew: false })).rejects.toMatchObject({ code: 'unwritable' })
  expect(existsSync(join(folder, 'gone'))).toBe(false)
})

test('a key that is a path leads nowhere', async () => {
  const store = await openStore(emptyFolder(), 'results')
  await expect(store.add('../../etc/passwd', 'x')).rejects.toMatchObject({ code: 'bad-usage' })
})
