import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parseImageConfig } from '../../src/image/config.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { filesKey } from '../../src/image/sources/engine.ts'
import { keptFiles } from '../../src/image/sources/kept-files.ts'

let folder = ''
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'harden-image-test-')), 'images')
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const id = (digit: string): string => `sha256:${digit.repeat(64)}`
const entry: FileEntry = { type: 'file', uid: 1, gid: 2, mode: 0o4755, size: 3, link: null }
const content = {
  entries: new Map<string, FileEntry>([
    ['/', { ...entry, type: 'directory', size: 0 }],
    ['/a', entry],
    ['/link', { ...entry, type: 'symlink', size: 0, link: 'a' }],
  ]),
  texts: new Map([['/a', 'é\n\0']]),
}

test('what was kept comes back as it was, for this reader alone', async () => {
  await keptFiles(folder, 'one').write(id('a'), content)
  expect(await keptFiles(folder, 'one').read(id('a'))).toEqual(content)
  expect(await keptFiles(folder, 'two').read(id('a'))).toBeNull()
  expect(await keptFiles(folder, 'one').read(id('b'))).toBeNull()
})

test('nobody else may read it', async () => {
  await keptFiles(folder, 'one').write(id('a'), content)
  const [name = ''] = await readdir(folder)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
})

test('what is broken is as good as not there', async () => {
  const kept = keptFiles(folder, 'one')
  await kept.write(id('a'), content)
  const [name = ''] = await readdir(folder)
  const bytes = await readFile(join(folder, name))
  await writeFile(join(folder, name), bytes.subarray(0, bytes.length - 9))
  expect(await kept.read(id('a'))).toBeNull()
})

test('where nothing can be written, nothing is lost', async () => {
  await writeFile(folder, 'a file')
  const kept = keptFiles(folder, 'one')
  await kept.write(id('a'), content)
  expect(await kept.read(id('a'))).toBeNull()
  expect(await readFile(folder, 'utf8')).toBe('a file')
})

test('the one that was not read for longest goes first', async () => {
  await keptFiles(folder, 'one').write(id('a'), content)
  const [name = ''] = await readdir(folder)
  const { size } = await stat(join(folder, name))
  const kept = keptFiles(folder, 'one', 2 * size)
  await kept.write(id('b'), content)
  const old = new Date(Date.now() - 60_000)
  for (const file of await readdir(folder)) await utimes(join(folder, file), old, old)
  await kept.read(id('a'))
  await kept.write(id('c'), content)
  expect([await kept.read(id('a')), await kept.read(id('b')), await kept.read(id('c'))]).toEqual([
    content,
    null,
    content,
  ])
})

test('an id that is no hash, or no reader, keeps nothing', async () => {
  await keptFiles(folder, 'one').write('../escape', content)
  await keptFiles(folder, null).write(id('a'), content)
  await expect(readdir(folder)).rejects.toThrow('ENOENT')
})

const config = parseImageConfig({ Cmd: ['app'], Env: ['A=1'], WorkingDir: '/srv', Labels: { session: 'one' } })
const image = { id: id('a'), layers: [id('1'), id('2')], config }

test('a label makes no other files, and each layer and the rest of the config do', () => {
  const key = filesKey(image)
  expect(key).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(filesKey({ ...image, id: id('b'), config: { ...config, labels: new Map([['session', 'two']]) } })).toBe(key)
  const others = [
    { ...image, layers: [id('2'), id('1')] },
    { ...image, layers: [id('1')] },
    { ...image, config: { ...config, cmd: ['other'] } },
    { ...image, config: { ...config, env: new Map([['A', '2']]) } },
    { ...image, config: { ...config, workdir: '/' } },
  ]
  expect(new Set([key, ...others.map(filesKey)]).size).toBe(others.length + 1)
})

test('where the engine does not tell its layers, its id names them', () => {
  expect(filesKey({ ...image, layers: [] })).toBe(id('a'))
})
