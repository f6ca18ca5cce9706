import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { decode, readText, replaceText, writeText } from '../../src/workspace/files.ts'
import { tree } from './tree.ts'

describe('reading', () => {
  test('gives every character back, byte order mark and line ends too', async () => {
    const text = '\ufeffFROM a\r\n# größe\rCMD b'
    const cwd = tree({ Dockerfile: text })
    expect(await readText(join(cwd, 'Dockerfile'), 'Dockerfile')).toBe(text)
  })

  test.each<readonly [string, string | Buffer, string]>([
    ['not UTF-8', Buffer.from('FROM a\nRUN \xe9\n', 'latin1'), 'x cannot be read: line 2 is not valid UTF-8'],
    ['cut in a character', Buffer.from([0x41, 0xc3]), 'x cannot be read: line 1 is not valid UTF-8'],
    [
      'too large',
      'x'.repeat(bounds.textBytes + 1),
      'x cannot be read: it is larger than 1048576 bytes, so it is not a Dockerfile',
    ],
  ])('%s', async (_name, content, message) => {
    const cwd = tree({ x: content })
    await expect(readText(join(cwd, 'x'), 'x')).rejects.toMatchObject({ code: 'unreadable', message })
  })

  test.each([
    ['web.tar', 'docker-archive:web.tar or oci-archive:web.tar'],
    ['web.tar.gz', 'docker-archive:web.tar.gz'],
    ['Dockerfile', 'save it as UTF-8'],
  ])('what is not text is an image by its name: %s', async (name, hint) => {
    const cwd = tree({ [name]: Buffer.from([0xff]) })
    await expect(readText(join(cwd, name), name)).rejects.toMatchObject({ hint: expect.stringContaining(hint) })
  })

  test('the largest that is taken', async () => {
    const cwd = tree({ x: 'x'.repeat(bounds.textBytes) })
    expect(await readText(join(cwd, 'x'), 'x')).toHaveLength(bounds.textBytes)
  })

  test('a folder and what is not there cannot be read', async () => {
    const cwd = tree()
    await expect(readText(cwd, 'x')).rejects.toMatchObject({ message: 'x cannot be read: it is a folder' })
    await expect(readText(join(cwd, 'y'), 'y')).rejects.toMatchObject({
      message: 'y cannot be read: it does not exist',
    })
  })

  test('a stream without end is ended at the bound', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(65536, 'x')
    }
    await expect(decode(endless(), 'stdin')).rejects.toMatchObject({ code: 'unreadable' })
  })

  test('a character in two pieces', async () => {
    async function* pieces() {
      yield Buffer.from([0xc3])
      yield Buffer.from([0xbc])
    }
    expect(await decode(pieces(), 'stdin')).toBe('ü')
  })
})

describe('replacing', () => {
  test('keeps mode and owner, and leaves nothing else behind', async () => {
    const cwd = tree({ Dockerfile: 'old' })
    const path = join(cwd, 'Dockerfile')
    chmodSync(path, 0o2751)
    const before = statSync(path)
    await replaceText(path, 'Dockerfile', 'old', 'new')
    const { mode, uid, gid } = statSync(path)
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid })
    expect(readdirSync(cwd)).toEqual(['Dockerfile'])
  })

  test('writes what a link leads to, and the link stays', async () => {
    const cwd = tree({ 'shared/base': 'old' })
    mkdirSync(join(cwd, 'app'))
    symlinkSync('../shared/base', join(cwd, 'app/Dockerfile'))
    await replaceText(join(cwd, 'app/Dockerfile'), 'app/Dockerfile', 'old', 'new')
    expect(readFileSync(join(cwd, 'shared/base'), 'utf8')).toBe('new')
    expect(lstatSync(join(cwd, 'app/Dockerfile')).isSymbolicLink()).toBe(true)
    expect(readlinkSync(join(cwd, 'app/Dockerfile'))).toBe('../shared/base')
  })

  test('not when somebody else has changed it meanwhile', async () => {
    const cwd = tree({ Dockerfile: 'theirs' })
    await expect(replaceText(join(cwd, 'Dockerfile'), 'Dockerfile', 'old', 'new')).rejects.toMatchObject({
      message: 'Dockerfile was not written: it changed while it was worked on',
    })
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe('theirs')
  })

  test('the old text stays when the new one cannot be put in place', async () => {
    const cwd = tree({ 'folder/keep': '' })
    await expect(writeText(join(cwd, 'folder'), 'folder', 'new')).rejects.toMatchObject({ code: 'unwritable' })
    expect(readdirSync(cwd)).toEqual(['folder'])
  })

  test('where no folder can be made, it says so', async () => {
    await expect(writeText('/proc/harden-image/out/Dockerfile', 'Dockerfile', 'new')).rejects.toMatchObject({
      code: 'unwritable',
      message: '/proc/harden-image cannot be written: no folder can be made there',
    })
  })

  test('makes the folders of a new file, with the mode that the umask says', async () => {
    const cwd = tree()
    const path = join(cwd, 'a/b/Dockerfile')
    await writeText(path, 'a/b/Dockerfile', 'new')
    writeFileSync(join(cwd, 'plain'), '')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode).toBe(statSync(join(cwd, 'plain')).mode)
  })
})
