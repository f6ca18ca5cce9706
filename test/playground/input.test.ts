import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { type PlaygroundInput, packed, pathProblem, unpacked } from '../../src/playground/input.ts'

const INPUT: PlaygroundInput = {
  dockerfile: 'FROM debian\nCMD ["/start.sh"]\n# ü 漢字 \u{1f433}\r\n',
  files: [
    ['start.sh', '#!/bin/sh\nexec app\n'],
    ['conf/site.conf', ''],
  ],
}

/** As somebody else may have made it. */
function linkOf(json: unknown): string {
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  return deflateRawSync(text, { level: 9 }).toString('base64url')
}

describe('a link', () => {
  test('carries its input there and back, in letters that an address takes as they are', async () => {
    const link = await packed(INPUT)
    expect(link).toMatch(/^[\w-]+$/)
    expect(await unpacked(link)).toEqual(INPUT)
  })

  test('is refused where a few of its bytes stand for more text than the page takes', async () => {
    const link = linkOf(['#'.repeat(20 * 1024 * 1024), []])
    expect(link.length).toBeLessThan(bounds.sharedLink)
    await expect(unpacked(link)).rejects.toMatchObject({ code: 'too-large' })
  })

  test('is refused by its length before it is unpacked', async () => {
    await expect(unpacked('A'.repeat(bounds.sharedLink + 1))).rejects.toMatchObject({ code: 'too-large' })
  })

  test('is not made of texts that the page would not take from it', async () => {
    const dockerfile = '#'.repeat(bounds.sharedText)
    await expect(packed({ dockerfile, files: [] })).rejects.toMatchObject({ code: 'too-large' })
  })

  test.each([
    ['no base64', '%%%'],
    ['bytes that are not deflated', Buffer.from('plain text').toString('base64url')],
    ['half of a link', linkOf(['FROM debian:trixie-slim', [['a', 'b']]]).slice(0, 20)],
    ['no JSON', linkOf('FROM a')],
    ['an object', linkOf({ dockerfile: 'FROM a' })],
    ['no text', linkOf([1, []])],
    ['files that are no list', linkOf(['FROM a', 'x'])],
    ['a file without a text', linkOf(['FROM a', [['start.sh']]])],
    ['a path that leads out', linkOf(['FROM a', [['../start.sh', '']]])],
    ['a path with a mark that turns text around', linkOf(['FROM a', [['hs.\u202etrats', '']]])],
    ['one path twice', linkOf(['FROM a', Array.from({ length: 2 }, () => ['a', ''])])],
    ['too many files', linkOf(['FROM a', Array.from({ length: bounds.sharedFiles + 1 }, (_, at) => [`f${at}`, ''])])],
  ])('is refused where it holds %s', async (_, link) => {
    await expect(unpacked(link)).rejects.toMatchObject({ code: 'unreadable' })
  })
})

test.each([
  ['start.sh', null],
  ['conf/nginx.d/site.conf', null],
  ['', 'a file needs a path'],
  ['/etc/passwd', 'begins in the folder of the Dockerfile'],
  ['a/../b', 'begins in the folder of the Dockerfile'],
  ['Dockerfile', 'there is a Dockerfile already'],
  ['taken.py', 'there is a taken.py already'],
  ['x'.repeat(bounds.sharedPath + 1), 'at most'],
])('the path %s is a file of the context, or it is said why not', (path, why) => {
  const problem = pathProblem(path, ['taken.py'])
  if (why === null) expect(problem).toBeNull()
  else expect(problem).toContain(why)
})
