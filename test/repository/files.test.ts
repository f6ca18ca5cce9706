import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { entriesIn, textIn } from '../../src/files-in.ts'
import { decode, readFound, readText, replaceText, replaceTexts, writeText } from '../../src/repository/files.ts'
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

describe('what was read is what is written', () => {
  const change = (path: string) => ({ path, name: 'web/Dockerfile', before: 'FROM a\n', after: 'FROM b\n' })

  test.each(['the file', 'its folder'])(
    '%s became a link meanwhile, to another one with the same text',
    async (what) => {
      const cwd = tree({ 'repo/web/Dockerfile': 'FROM a\n', 'outside/Dockerfile': 'FROM a\n' })
      const path = join(cwd, 'repo/web/Dockerfile')
      await readText(path, 'web/Dockerfile')
      if (what === 'the file') {
        rmSync(path)
        symlinkSync('../../outside/Dockerfile', path)
      } else {
        renameSync(join(cwd, 'repo/web'), join(cwd, 'repo/old'))
        symlinkSync('../outside', join(cwd, 'repo/web'))
      }
      const message = /was.* written: .*leads to another file than the one that was read/
      await expect(replaceText(path, 'web/Dockerfile', 'FROM a\n', 'FROM b\n')).rejects.toThrow(message)
      await expect(replaceTexts([change(path)])).rejects.toThrow(message)
      expect(readFileSync(join(cwd, 'outside/Dockerfile'), 'utf8')).toBe('FROM a\n')
    },
  )

  test('a file that an editor has put in its place by its own name is written', async () => {
    const cwd = tree({ Dockerfile: 'FROM a\n', other: 'FROM a\n' })
    const path = join(cwd, 'Dockerfile')
    await readText(path, 'Dockerfile')
    renameSync(join(cwd, 'other'), path)
    await replaceTexts([change(path)])
    expect(readFileSync(path, 'utf8')).toBe('FROM b\n')
  })
})

describe('the door to files below a root', () => {
  test('opens regular files, by links that stay inside too', () => {
    const cwd = tree({ 'root/a/file': 'inside', 'outside/file': 'outside', 'root-2/file': 'beside' })
    const root = join(cwd, 'root')
    symlinkSync('a/file', join(root, 'link'))
    symlinkSync('a', join(root, 'folder'))
    symlinkSync('../outside/file', join(root, 'out'))
    symlinkSync('../root-2', join(root, 'near'))
    symlinkSync('/dev/zero', join(root, 'zero'))
    const texts = [
      'a/file',
      'link',
      'folder/file',
      'out',
      'near/file',
      'zero',
      'a',
      '../outside/file',
      'a/../../outside/file',
    ]
    expect(texts.map((path) => textIn(root, join(root, path)))).toEqual([
      'inside',
      'inside',
      'inside',
      null,
      null,
      null,
      null,
      null,
      null,
    ])
    expect(entriesIn(root, join(root, 'folder')).map(({ name }) => name)).toEqual(['file'])
    expect(entriesIn(root, join(root, 'near'))).toEqual([])
  })

  test('takes no more than a bound, and says why it does not', () => {
    const cwd = tree({ file: '12345' })
    expect([textIn(cwd, join(cwd, 'file'), 5), textIn(cwd, join(cwd, 'file'), 4)]).toEqual(['12345', null])
    symlinkSync('/etc/passwd', join(cwd, 'out'))
    expect(() => readFound(join(cwd, 'out'), 'out', cwd)).toThrow(
      `out was not read: it is a link that leads out of ${cwd}, to /etc/passwd`,
    )
  })
})
