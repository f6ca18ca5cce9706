import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { writeOwn } from '../../src/cli/write-results.ts'
import { profileFile } from '../../src/manifests/docker.ts'
import { sampleProfile } from '../manifests/sample.ts'
import { tree } from '../repository/tree.ts'

const FIRST = 'FROM nginx:1\n# harden-image: nginx (101:101)\nUSER 101:101\n'
const SECOND = FIRST.replace('nginx:1', 'nginx:2')
const COMPOSE = profileFile(sampleProfile())

const write = (cwd: string, dockerfile: string, compose = COMPOSE, folder = 'out'): Promise<void> =>
  writeOwn(
    [
      [join(folder, 'Dockerfile'), dockerfile],
      [join(folder, 'compose.yaml'), compose],
    ],
    cwd,
  )
const read = (cwd: string, path: string): string => readFileSync(join(cwd, path), 'utf8')

test('what a run has written the next one replaces, and sha256sum can check it', async () => {
  const cwd = tree()
  await write(cwd, FIRST)
  await write(cwd, SECOND)
  expect(read(cwd, 'out/Dockerfile')).toBe(SECOND)
  expect(read(cwd, 'out/.harden-image.sha256')).toMatch(/^[0-9a-f]{64} {2}Dockerfile\n[0-9a-f]{64} {2}compose.yaml\n$/)
})

test("somebody else's compose.yaml that begins with our comment stays as it is, and so does the Dockerfile", async () => {
  const theirs = `${COMPOSE.split('\n')[0]}\nservices: {mine: {image: mine}}\n`
  const cwd = tree({ 'out/compose.yaml': theirs })
  await expect(write(cwd, FIRST)).rejects.toMatchObject({
    code: 'unwritable',
    message: 'out/compose.yaml was not written: it is there already and not from harden-image',
  })
  expect(read(cwd, 'out/compose.yaml')).toBe(theirs)
  expect(existsSync(join(cwd, 'out/Dockerfile'))).toBe(false)
})

test.each(['Dockerfile', 'compose.yaml'])('%s that was edited since is the user‘s', async (name) => {
  const cwd = tree()
  await write(cwd, FIRST)
  const edited = `${read(cwd, join('out', name))}# mine\n`
  writeFileSync(join(cwd, 'out', name), edited)
  await expect(write(cwd, SECOND, `${COMPOSE}# new\n`)).rejects.toMatchObject({ code: 'unwritable' })
  expect(read(cwd, join('out', name))).toBe(edited)
})

test('the same text once more is written without a record too', async () => {
  const cwd = tree({ 'out/Dockerfile': FIRST, 'out/compose.yaml': COMPOSE })
  await write(cwd, FIRST)
  await write(cwd, SECOND)
  expect(read(cwd, 'out/Dockerfile')).toBe(SECOND)
})

test('a record that is none of ours is not replaced', async () => {
  const cwd = tree({ 'out/.harden-image.sha256': 'mine\n' })
  await expect(write(cwd, FIRST)).rejects.toMatchObject({ code: 'unwritable' })
  expect(existsSync(join(cwd, 'out/Dockerfile'))).toBe(false)
})

test.each(['Dockerfile', 'compose.yaml', '.harden-image.sha256'])(
  '%s that is a link is not written through',
  async (name) => {
    const cwd = tree({ 'elsewhere/file': name === 'Dockerfile' ? FIRST : COMPOSE })
    mkdirSync(join(cwd, 'out'))
    symlinkSync('../elsewhere/file', join(cwd, 'out', name))
    const before = read(cwd, 'elsewhere/file')
    await expect(write(cwd, FIRST)).rejects.toMatchObject({ message: `out/${name} was not written: it is a link` })
    expect(read(cwd, 'elsewhere/file')).toBe(before)
  },
)

test('a folder that a link leads out of the working folder is not written to', async () => {
  const elsewhere = tree()
  const cwd = tree()
  symlinkSync(elsewhere, join(cwd, 'out'))
  for (const folder of ['out', 'out/deep', join(cwd, 'out')])
    await expect(write(cwd, FIRST, COMPOSE, folder)).rejects.toMatchObject({
      code: 'unwritable',
      message: expect.stringContaining('was not written: a link leads from there to'),
    })
  symlinkSync(join(elsewhere, 'not-yet'), join(cwd, 'new'))
  await expect(write(cwd, FIRST, COMPOSE, 'new')).rejects.toMatchObject({ code: 'unwritable' })
  const given = tree()
  symlinkSync(elsewhere, join(given, 'link'))
  await expect(write(cwd, FIRST, COMPOSE, join(given, 'link'))).rejects.toMatchObject({ code: 'unwritable' })
  expect(existsSync(join(elsewhere, 'Dockerfile'))).toBe(false)
})

test('a link that stays within the working folder, and any folder that is named outright, are written to', async () => {
  const cwd = tree({ 'real/x': '' })
  symlinkSync('real', join(cwd, 'out'))
  await write(cwd, FIRST)
  expect(read(cwd, 'real/Dockerfile')).toBe(FIRST)
  const other = tree()
  await write(cwd, FIRST, COMPOSE, join(other, 'a/b'))
  expect(read(other, 'a/b/Dockerfile')).toBe(FIRST)
})
