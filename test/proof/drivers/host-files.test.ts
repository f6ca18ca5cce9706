import { chmod, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { copyHostFiles } from '../../../src/proof/drivers/host-files.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  await mkdir(join(root, 'conf/inner'), { recursive: true })
  await mkdir(join(root, 'copies'))
  await writeFile(join(root, 'conf/inner/key'), 'secret')
  await chmod(join(root, 'conf/inner/key'), 0o600)
  await writeFile(join(root, 'conf/site.conf'), 'listen 80;')
  await symlink('/etc/passwd', join(root, 'conf/link'))
})
afterAll(() => rm(root, { recursive: true }))

test('a folder is copied with its modes, and no link of it is followed', async () => {
  const conf = join(root, 'conf')
  const { copies, unshown } = await copyHostFiles([conf], join(root, 'copies'), () => true)
  const copy = copies.get(conf) ?? ''
  expect(unshown).toEqual([])
  expect((await lstat(join(copy, 'inner/key'))).mode & 0o777).toBe(0o600)
  expect((await lstat(join(copy, 'link'))).isSymbolicLink()).toBe(true)
  await writeFile(join(copy, 'inner/key'), 'overwritten')
  expect(await readFile(join(conf, 'inner/key'), 'utf8')).toBe('secret')
})

test('a file that is to be edited is given edited, and stays as it is itself', async () => {
  const conf = join(root, 'conf')
  const folder = await mkdtemp(join(root, 'edited-'))
  const site = join(conf, 'site.conf')
  const edited = new Map([[site, 'listen 8080;']])
  const { copies } = await copyHostFiles([conf, site], folder, () => true, edited)
  expect(await readFile(join(copies.get(conf) ?? '', 'site.conf'), 'utf8')).toBe('listen 8080;')
  expect(await readFile(copies.get(site) ?? '', 'utf8')).toBe('listen 8080;')
  expect(await readFile(site, 'utf8')).toBe('listen 80;')
})

test('a socket, what is of the machine and what lies outside of the project is not given', async () => {
  const folder = await mkdtemp(join(root, 'not-'))
  const socket = join(root, 'engine.sock')
  const server = createServer().listen(socket)
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    const paths = [socket, '/proc', '/', join(root, 'conf')]
    const { copies, unshown } = await copyHostFiles(paths, folder, (path) => !path.startsWith(join(root, 'conf')))
    expect([...copies.values()]).toEqual([null, null, null, null])
    expect(unshown).toEqual([
      `${socket}, which the stack mounts: a proof gives no socket of this machine`,
      '/proc, which the stack mounts: it is of the machine itself',
      '/, which the stack mounts: it is of the machine itself',
      `${join(root, 'conf')}, which the stack mounts: a proof does not give what lies outside of the project`,
    ])
  } finally {
    server.close()
  }
})
