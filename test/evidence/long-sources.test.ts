// What one file of a repository may say many times over: it is read in time, what is left is said, and the answers stay as they are.
import { describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import type { Claim } from '../../src/evidence/claim.ts'
import { evidenceOf } from '../../src/evidence/index.ts'
import type { Provider } from '../../src/evidence/provider.ts'
import { sourceFiles } from '../../src/evidence/source-files.ts'
import { sourceModules } from '../../src/evidence/source-modules.ts'
import { type ReadSource, readSource } from '../../src/evidence/source-writes.ts'
import { parsers } from '../harden/support/facts.ts'
import { catalogue, claimsOf, partOf, viewOf } from './view.ts'

const about = { parsers, texts: new Map<string, string>(), workdir: '/srv', env: new Map<string, string>() }

function read(path: string, text: string, more: object = {}): ReadSource {
  return readSource(path, text, sourceModules({ ...about, ...more }))
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}

function writes(path: string, text: string, more: object = {}): readonly string[] {
  return read(path, text, more).writes.map((one) => `${one.path} ${one.line}`)
}

describe('a file of many calls', () => {
  const call = (i: number): string => `os.makedirs("/srv/data/d${i}")`
  const view = (count: number) =>
    viewOf({
      dockerfile: 'FROM debian\nCOPY app.py /srv/\nCMD ["python3", "/srv/app.py"]\n',
      context: { 'app.py': `import os\n${lines(count, call)}\n` },
    })
  const messages = (claims: readonly Claim[]): string =>
    claims.map((claim) => ('message' in claim ? claim.message : '')).join('\n')

  test('is read up to a bound, and what is behind it is said', () => {
    const claims = claimsOf(sourceFiles, view(bounds.sourceCalls + 1))
    expect(messages(claims)).toContain('app.py: of more than 1,000 calls that write only the first were read')
    expect(claims.filter(({ kind }) => kind === 'path')).toHaveLength(bounds.sourceCalls)
  })

  test('says nothing where all are read', () => {
    expect(messages(claimsOf(sourceFiles, view(bounds.sourceCalls)))).not.toContain('calls that write')
  })
})

describe('a source whose lines are long', () => {
  test('says the line of a call that stands behind many others of its line', () => {
    const text = `import os\n${'f(1); '.repeat(20_000)}os.makedirs("/srv/data")`
    expect(writes('/srv/app.py', text)).toEqual(['/srv/data 2'])
  })

  test('has what asks for a folder above its call', () => {
    const asked = 'if not os.path.exists(D):\n    os.mkdir(D)\n    download(D)\n'
    const found = read('/srv/app.py', `import os\nD = "/srv/d"\n${asked}`).writes
    expect(found).toEqual([expect.objectContaining({ path: '/srv/d', absent: true, asked: true })])
  })

  test('is no new folder where the call is allowed to find it: four lines above, and four below', () => {
    const isNew = (text: string): boolean => read('/srv/app.py', text).writes.some(({ absent }) => absent === true)
    const plain = '\n\n\nos.mkdir("/srv/d")\n'
    expect(isNew(`x = 1\n${plain}`)).toBe(true)
    expect(isNew(`with suppress(OSError):${plain}`)).toBe(false)
    expect(isNew(`with suppress(OSError):\n${plain}`)).toBe(true)
    expect(isNew(`${plain}except FileExistsError:\n  pass\n`)).toBe(false)
  })
})

describe('names of other modules', () => {
  const paths = 'LOGS = "/srv/logs"\n'
  test.each([
    ['one of a list', 'from app.paths import A, LOGS as L\nopen(L, "w")'],
    ['one of brackets', 'from app.paths import (\n  A,\n  LOGS,\n)\nopen(LOGS, "w")'],
    ['the module', 'from app import paths\nopen(paths.LOGS, "w")'],
    ['of two modules the one that is there', 'from other import LOGS\nfrom app.paths import LOGS\nopen(LOGS, "w")'],
  ])('are found: %s', (_, text) => {
    const texts = new Map([
      ['/srv/app/paths.py', paths],
      ['/srv/main.py', text],
    ])
    expect(writes('/srv/main.py', text, { texts }).map((one) => one.split(' ')[0])).toEqual(['/srv/logs'])
  })
})

test('who reads many files lets others have their turn between them', () => {
  const slow: Provider = {
    name: 'slow',
    summary: 'stops twice',
    when: 'always',
    *claims() {
      yield undefined
      yield undefined
    },
  }
  const work = evidenceOf(partOf({}), catalogue, [slow])
  let stops = 0
  while (work.next().done !== true) stops += 1
  expect(stops).toBe(3)
})
