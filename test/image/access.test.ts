import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type AccessAnswer,
  couldChangeMode,
  couldChangeOwner,
  couldCreate,
  couldExecute,
  couldRead,
  couldRemove,
  couldRename,
  couldTraverse,
  couldWrite,
} from '../../src/image/access.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry, FileModel, Identity } from '../../src/image/file-model.ts'

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
    ['replacing another user’s file in /tmp', couldRename(files, app, '/tmp/own', '/tmp/theirs'), 'owner /tmp/theirs'],
    ['moving a directory it may not write', couldRename(files, app, '/data/dir', '/tmp/dir'), 'write /data/dir'],
    ['renaming it in place', couldRename(files, app, '/data/dir', '/data/dir2'), 'allowed'],
    ['a script that can’t be read', couldExecute(files, app, '/script'), 'read /script'],
    ['chmod', couldChangeMode(files, app, '/data'), 'allowed'],
    ['chmod of another’s', couldChangeMode(files, app, '/run'), 'owner /run'],
    ['chown', couldChangeOwner(files, app, '/data'), 'root /data'],
    ['chown to itself', couldChangeOwner(files, app, '/data', { uid: 10001, gid: 10001 }), 'allowed'],
    ['chgrp to a group it is in', couldChangeOwner(files, app, '/data', { gid: 33 }), 'allowed'],
    ['chgrp to another', couldChangeOwner(files, app, '/data', { gid: 4 }), 'root /data'],
    ['chown of what belongs to root, to root', couldChangeOwner(files, app, '/run', { uid: 0 }), 'owner /run'],
    ['going into a file', couldTraverse(files, app, '/script'), 'directory /script'],
  ])('%s', (_, answer, expected) => {
    expect(refusal(answer)).toBe(expected)
  })
})

// The real kernel as the judge. Changing owners and becoming another user takes root; without it all trees belong to
// the one who runs the test, which still tries every mode.
const isRoot = process.getuid?.() === 0
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
          const expected = tryAll(questions, who)
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

interface Node {
  readonly parent: number
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly target: number
}

const me = process.getuid?.() ?? 0
const ids = isRoot ? [0, 10001, 10002] : [me]
const identities: readonly Identity[] = isRoot
  ? [
      { uid: 10001, gids: [10001] },
      { uid: 10001, gids: [10002, 0] },
      { uid: 10002, gids: [10001] },
    ]
  : [{ uid: me, gids: process.getgroups?.() ?? [] }]

const arbitraryNode: fc.Arbitrary<Node> = fc.record({
  parent: fc.nat(7),
  kind: fc.constantFrom('file', 'directory', 'directory', 'symlink'),
  mode: fc.tuple(fc.nat(0o777), fc.constantFrom(0, 0, 0o1000)).map(([bits, sticky]) => bits | sticky),
  uid: fc.constantFrom(...ids),
  gid: fc.constantFrom(...(isRoot ? ids : [process.getgid?.() ?? 0])),
  target: fc.nat(9),
})

function makeTree(root: string, nodes: readonly Node[]): void {
  mkdirSync(root)
  const directories = [root]
  const all: string[] = [root]
  const made: { path: string; node: Node }[] = []
  nodes.forEach((node, i) => {
    const path = join(directories[node.parent % directories.length] ?? root, `n${i}`)
    if (node.kind === 'directory') mkdirSync(path)
    else if (node.kind === 'file') writeFileSync(path, '')
    else symlinkSync(node.target % 3 === 0 ? `../n${node.target}` : (all[node.target % all.length] ?? 'x'), path)
    if (node.kind === 'directory') directories.push(path)
    all.push(path)
    if (node.kind !== 'symlink') made.push({ path, node })
  })
  chmodSync(root, 0o777)
  // The deepest first, so that a mode never stops the making when this is not root.
  for (const { path, node } of made.reverse()) {
    if (isRoot) chownSync(path, node.uid, node.gid)
    chmodSync(path, node.mode)
  }
}

function readTree(from: string): FileModel {
  const entries = new Map<string, FileEntry>()
  for (let at = from; at !== '/'; at = join(at, '..')) entries.set(at, entryOf(at))
  entries.set('/', entryOf('/'))
  const visit = (path: string): void => {
    const entry = entryOf(path)
    entries.set(path, entry)
    if (entry.type !== 'directory') return
    let names: string[] = []
    try {
      names = readdirSync(path)
    } catch {
      // Only without root: its own directory that it may not list. What lies in it is out of reach for it as well.
    }
    for (const child of names) visit(join(path, child))
  }
  visit(from)
  return createFileModel(entries)
}

function entryOf(path: string): FileEntry {
  const { mode, uid, gid, size } = lstatSync(path)
  const type = (['directory', 'symlink', 'file'] as const)[[0o040000, 0o120000, 0o100000].indexOf(mode & 0o170000)]
  const link = type === 'symlink' ? readlinkSync(path) : null
  return { type: type ?? 'other', uid, gid, mode: mode & 0o7777, size: type === 'file' ? size : 0, link }
}

type Question = readonly [kind: string, path: string, to?: string]

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
  const kinds = ['write', 'read', 'traverse', 'create', 'mode', 'owner', 'group', 'remove']
  const simple = paths
    .slice(1)
    .flatMap((path) => [path, join(path, 'new')].flatMap((p) => kinds.map((k): Question => [k, p])))
  const renames = paths
    .slice(1)
    .flatMap((from) => paths.slice(0, 4).map((to): Question => ['rename', from, join(to, 'moved')]))
  return [...simple, ...renames]
}

function answer(files: FileModel, who: Identity, [kind, path, to = '']: Question): boolean {
  const ask: Readonly<Record<string, () => AccessAnswer>> = {
    write: () => couldWrite(files, who, path),
    read: () => couldRead(files, who, path),
    traverse: () => couldTraverse(files, who, path),
    create: () => couldCreate(files, who, path),
    remove: () => couldRemove(files, who, path),
    rename: () => couldRename(files, who, path, to),
    mode: () => couldChangeMode(files, who, path),
    owner: () => couldChangeOwner(files, who, path, { uid: who.uid }),
    group: () => couldChangeOwner(files, who, path, { gid: who.gids[0] ?? 0 }),
  }
  return ask[kind]?.().allowed ?? false
}

/** Really tries each operation as that user, in one child process, and undoes what it did. */
function tryAll(questions: readonly Question[], who: Identity): readonly (boolean | null)[] {
  const program = `
    const fs = require('fs')
    const questions = JSON.parse(fs.readFileSync(0, 'utf8'))
    // The effective ids decide; the real uid stays, so that root can undo what the user may not (a sticky directory).
    const become = ${isRoot ? `() => { process.setgroups(${JSON.stringify(who.gids)}); process.setegid(${who.gids[0]}); process.seteuid(${who.uid}) }` : '() => {}'}
    const asRoot = (undo) => { ${isRoot ? 'process.seteuid(0); process.setegid(0)' : ''}; try { undo() } finally { become() } }
    become()
    const refused = (e) => ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP'].includes(e.code)
    // Other errors (a name that exists, a rename into itself) say nothing about permission.
    const tries = {
      write: (p) => {
        let st = null
        try { st = fs.statSync(p) } catch {}
        if (st && st.isDirectory()) { const x = p + '/probe'; fs.writeFileSync(x, ''); fs.unlinkSync(x); return }
        fs.closeSync(fs.openSync(p, fs.constants.O_WRONLY | (st ? 0 : fs.constants.O_CREAT)))
        if (!st) fs.unlinkSync(fs.realpathSync(p))
      },
      read: (p) => { if (fs.statSync(p).isDirectory()) fs.readdirSync(p); else fs.closeSync(fs.openSync(p, 'r')) },
      traverse: (p) => { const old = '/'; process.chdir(p); process.chdir(old) },
      create: (p) => { fs.mkdirSync(p); fs.rmdirSync(p) },
      mode: (p) => fs.chmodSync(p, fs.statSync(p).mode & 0o7777),
      owner: (p) => fs.chownSync(p, ${who.uid}, -1),
      group: (p) => {
        const { gid } = fs.statSync(p)
        fs.chownSync(p, -1, ${who.gids[0]}); asRoot(() => fs.chownSync(p, -1, gid))
      },
      remove: (p) => {
        // Removing is tried by renaming in the same directory: the same permissions, and it can be undone.
        fs.renameSync(p, p + '.away'); asRoot(() => fs.renameSync(p + '.away', p))
      },
      rename: (p, to) => {
        // The way to the new name may itself lead through what is renamed.
        let back = to
        try { back = fs.realpathSync(require('path').dirname(to)) + '/moved' } catch {}
        fs.renameSync(p, to); asRoot(() => fs.renameSync(back, p))
      },
    }
    const results = questions.map(([kind, path, to]) => {
      try { tries[kind](path, to); return true }
      catch (e) { return refused(e) ? false : null }
    })
    process.stdout.write(JSON.stringify(results))
  `
  const child = spawnSync(process.execPath, ['-e', program], { input: JSON.stringify(questions), encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout) as (boolean | null)[]
}
