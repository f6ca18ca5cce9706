import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type AccessAnswer,
  couldCreate,
  couldExecute,
  couldRead,
  couldRemove,
  couldTraverse,
  couldWrite,
} from '../../src/image/access.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry, FileModel, Identity } from '../../src/image/file-model.ts'
import { arbitraryNode, identities, isRoot, makeTree, readTree } from './support/real-tree.ts'
import { type Question, tryAll } from './support/try-as.ts'

const app: Identity = { uid: 10001, gids: [10001, 33] }

function file(mode: number, uid = 0, gid = 0): FileEntry {
  return { type: 'file', uid, gid, mode, size: 1, link: null }
}
function directory(mode: number, uid = 0, gid = 0): FileEntry {
  return { type: 'directory', uid, gid, mode, size: 0, link: null }
}
function symlink(link: string): FileEntry {
  return { type: 'symlink', uid: 0, gid: 0, mode: 0o777, size: 0, link }
}
function model(entries: Readonly<Record<string, FileEntry>>, texts: Readonly<Record<string, string>> = {}): FileModel {
  return createFileModel(new Map(Object.entries(entries)), new Map(Object.entries(texts)))
}
function refusal(answer: AccessAnswer): string {
  return answer.allowed ? 'allowed' : `${answer.needs} ${answer.blocker}`
}

describe('who is asked', () => {
  const files = model({
    '/own': file(0o077, 10001),
    '/group': file(0o707, 0, 33),
    '/other': file(0o006),
    '/rootonly': directory(0o700),
    '/rootonly/x': file(0o666),
  })
  test('the owner bits count for the owner even when they are worse', () => {
    expect(refusal(couldWrite(files, app, '/own'))).toBe('write /own')
  })
  test('so do the group bits for a supplementary group', () => {
    expect(refusal(couldRead(files, app, '/group'))).toBe('read /group')
  })
  test('other bits are for the rest', () => {
    expect(refusal(couldWrite(files, app, '/other'))).toBe('allowed')
  })
  test('a parent without search permission is the blocker', () => {
    expect(refusal(couldWrite(files, app, '/rootonly/x'))).toBe('search /rootonly')
    expect(refusal(couldWrite(files, app, '/rootonly/missing/y'))).toBe('search /rootonly')
  })
  test('root may do all but execute what has no execute bit', () => {
    const root = { uid: 0, gids: [0] }
    expect(refusal(couldWrite(files, root, '/rootonly/x'))).toBe('allowed')
    expect(refusal(couldExecute(files, root, '/rootonly/x'))).toBe('execute /rootonly/x')
  })
})

describe('what is refused, and where', () => {
  const files = model(
    {
      '/run': directory(0o755),
      '/var': directory(0o755),
      '/var/run': symlink('/run'),
      '/var/log/app.log': symlink('/dev/stdout'),
      '/tmp': directory(0o1777),
      '/tmp/theirs': file(0o666),
      '/tmp/own': file(0o600, 10001),
      '/data': directory(0o755, 10001, 10001),
      '/data/dir': directory(0o555),
      '/loop': symlink('loop'),
      '/script': file(0o711),
    },
    { '/script': '#!/bin/sh\n' },
  )
  test.each<[string, AccessAnswer, string]>([
    ['a new pid file through a link', couldCreate(files, app, '/var/run/app.pid'), 'write /run'],
    ['writing a missing file asks its directory', couldWrite(files, app, '/var/run/app.pid'), 'write /run'],
    ['a missing parent', couldCreate(files, app, '/run/app/x'), 'exists /run/app'],
    ['a file in place of a directory', couldCreate(files, app, '/script/x'), 'directory /script'],
    ['a loop', couldRead(files, app, '/loop'), 'loop /loop'],
    ['stdout', couldWrite(files, app, '/var/log/app.log'), 'allowed'],
    ['/dev/null', couldWrite(files, app, '/dev/null'), 'allowed'],
    ['shared memory', couldCreate(files, app, '/dev/shm/x'), 'allowed'],
    ['a device node', couldCreate(files, app, '/dev/x'), 'write /dev'],
    ['its own proc entry', couldWrite(files, app, '/proc/self/oom_score_adj'), 'allowed'],
    ['a sysctl', couldWrite(files, app, '/proc/sys/kernel/x'), 'write /proc/sys/kernel/x'],
    ['/tmp', couldCreate(files, app, '/tmp/x'), 'allowed'],
    ['removing what is another user’s in /tmp', couldRemove(files, app, '/tmp/theirs'), 'owner /tmp/theirs'],
    ['removing its own in /tmp', couldRemove(files, app, '/tmp/own'), 'allowed'],
    ['a script that can’t be read', couldExecute(files, app, '/script'), 'read /script'],
    ['going into a file', couldTraverse(files, app, '/script'), 'directory /script'],
  ])('%s', (_, answer, expected) => {
    expect(refusal(answer)).toBe(expected)
  })
})

// The real kernel as the judge. Changing owners and becoming another user takes root; without it all trees belong to
// the one who runs the test, which still tries every mode.
const name = isRoot
  ? 'the kernel decides the same, for any owner, group and mode'
  : 'the kernel decides the same, for any mode (NOT run as root: owners and groups are not varied)'

describe('against the kernel', () => {
  let top = ''
  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'harden-image-access-'))
    chmodSync(top, 0o755)
  })
  afterAll(() => {
    rmSync(top, { recursive: true, force: true })
  })

  test(name, () => {
    let round = 0
    fc.assert(
      fc.property(
        fc.array(arbitraryNode, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...identities),
        (nodes, who) => {
          round += 1
          const root = join(top, String(round))
          makeTree(root, nodes)
          const questions = questionsAbout(root)
          const files = readTree(top)
          const expected = tryAll(questions.map((question) => [who, question]))
          const answers = questions.map((question) => answer(files, who, question))
          const wrong = questions
            .map((question, i) => `${question.join(' ')}: model ${answers[i]}, kernel ${expected[i]}`)
            .filter((_, i) => expected[i] !== null && answers[i] !== expected[i])
          rmSync(root, { recursive: true, force: true })
          expect(wrong).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)
})

function questionsAbout(root: string): readonly Question[] {
  const paths: string[] = []
  const visit = (path: string): void => {
    paths.push(path)
    if (!lstatSync(path).isDirectory()) return
    try {
      for (const child of readdirSync(path)) visit(join(path, child))
    } catch {
      // As in readTree.
    }
  }
  try {
    visit(root)
  } catch {
    // Without root a directory can be listed but not searched.
  }
  const kinds = ['write', 'read', 'traverse', 'create', 'remove']
  const simple = paths
    .slice(1)
    .flatMap((path) => [path, join(path, 'new')].flatMap((p) => kinds.map((k): Question => [k, p])))
  const executed = paths.slice(1).map((path): Question => ['execute', path])
  return [...simple, ...executed]
}

function answer(files: FileModel, who: Identity, [kind, path]: Question): boolean {
  const ask: Readonly<Record<string, () => AccessAnswer>> = {
    write: () => couldWrite(files, who, path),
    read: () => couldRead(files, who, path),
    traverse: () => couldTraverse(files, who, path),
    execute: () => couldExecute(files, who, path),
    create: () => couldCreate(files, who, path),
    remove: () => couldRemove(files, who, path),
  }
  return ask[kind]?.().allowed ?? false
}
