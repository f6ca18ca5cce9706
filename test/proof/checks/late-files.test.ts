// What one container holds and another does not, by a stub of what the engine tells of each.
import type { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import type { DiffEntry, Engine } from '../../../src/engine/engine.ts'
import { unknownFacts } from '../../../src/image/config.ts'
import type { ImageFacts } from '../../../src/image/facts.ts'
import { createFileModel } from '../../../src/image/file-index.ts'
import type { FileEntry } from '../../../src/image/file-model.ts'
import { heldBy, lateFiles, stillMissing } from '../../../src/proof/checks/late-files.ts'
import { operation, traced } from '../support/records.ts'

const bare = unknownFacts('image', 'a test')
const facts: ImageFacts = { ...bare, config: { ...bare.config, volumes: ['/data/db'] } }

interface Holds {
  readonly diff?: readonly string[]
  /** Why that is not all. */
  readonly more?: string
  /** Of those, folders. */
  readonly folders?: readonly string[]
  /** Files in the volume. */
  readonly volume?: readonly string[]
  /** Of those and of what is changed, written since the start. */
  readonly written?: readonly string[]
}

/** When the original was started. */
const since = Date.UTC(2026, 0, 2)

const kinds: Readonly<Record<string, DiffEntry['kind']>> = { A: 'added', C: 'changed', D: 'deleted' }

function engineOf(holds: Readonly<Record<string, Holds>>): Engine {
  const engine = {
    diff: async (container: string) => ({
      entries: (holds[container]?.diff ?? []).map((line) => ({ kind: kinds[line.charAt(0)], path: line.slice(2) })),
      more: holds[container]?.more ?? null,
    }),
    copyOut: (container: string, path: string, read: (tar: Readable) => unknown) => {
      const { volume = [], folders = [], written = [] } = holds[container] ?? {}
      const timeOf = (file: string): Date => new Date(since + (written.includes(file) ? 9000 : -9000))
      const tar = pack()
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (path === '/data/db' || folders.includes(path)) tar.entry({ name, type: 'directory' })
      else tar.entry({ name, mtime: timeOf(name) }, 'x')
      if (path === '/data/db') for (const file of volume) tar.entry({ name: `db/${file}`, mtime: timeOf(file) }, 'x')
      tar.finalize()
      return read(tar as unknown as Readable)
    },
  }
  return engine as unknown as Engine
}

const original = traced([operation('create-file', '/srv/early')])

async function late(before: Holds, after: Holds, about = facts): Promise<readonly string[]> {
  const engine = engineOf({ before, after })
  const [left, made] = await Promise.all(['before', 'after'].map((container) => heldBy(engine, container, about)))
  if (left === undefined || made === undefined) throw new Error('two were asked for')
  return lateFiles({ engine, container: 'before', facts: about, original, since }, left, made)
}

async function still(
  missed: readonly string[],
  result: Holds,
  about = facts,
  of = original,
): Promise<readonly string[]> {
  return stillMissing({ facts: about, original: of }, missed, await heldBy(engineOf({ result }), 'result', about))
}

test.each<[string, Holds, Holds, readonly string[]]>([
  ['a file that one has', { diff: ['C /srv', 'A /srv/late'] }, { diff: ['C /srv'] }, ['/srv/late']],
  ['one that both have', { diff: ['A /srv/late'] }, { diff: ['C /srv/late'] }, []],
  ['one that is elsewhere', { diff: ['A /srv/late'] }, { diff: ['A /opt/late'] }, []],
  ['one that a short trace shows too', { diff: ['A /srv/early'] }, {}, []],
  ['what comes and goes', { diff: ['A /run/b', 'A /srv/c.pid', 'A /srv/d.pyc', 'D /tmp/e'] }, {}, []],
  ['what only one has removed', { diff: ['D /srv/a', 'D /srv/b'] }, { diff: ['D /srv/b'] }, ['/srv/a']],
  ['a file that is written in place', { diff: ['C /srv/a', 'C /srv/b'], written: ['a'] }, {}, ['/srv/a']],
  ['a new folder', { diff: ['A /srv/day'], folders: ['/srv/day'] }, {}, ['/srv/day']],
  [
    'a name that both have in another folder',
    { diff: ['A /srv/a/db', 'A /srv/b/db'] },
    { diff: ['A /srv/a/db'] },
    ['/srv/b/db'],
  ],
  [
    'a file of a volume that both have, changed',
    { volume: ['a', 'b'], written: ['a', 'b'] },
    { volume: ['a', 'b'], written: ['b'] },
    ['/data/db/a'],
  ],
  ['a folder that changed its owner', { diff: ['C /srv/own'], folders: ['/srv/own'] }, {}, []],
  ['a name with the time in it', { diff: ['A /srv/1700000001.log'] }, { diff: ['A /srv/1700000009.log'] }, []],
  ['what a volume is mounted on', { diff: ['A /data', 'A /data/db'] }, {}, []],
  ['a file in a volume', { volume: ['a', 'b'] }, { volume: ['a'] }, ['/data/db/b']],
  ['one that left its volume', { volume: ['b'] }, { diff: ['A /srv/b'] }, ['/data/db/b']],
])('%s', async (_, before, after, missing) => {
  expect(await late(before, after)).toEqual(missing)
})

test('of a list that is cut short nothing is missing, since the other may end elsewhere; that is said', async () => {
  const more = 'lists more than 8 MiB of them'
  expect(await late({ diff: ['A /srv/b'], more }, { diff: ['A /srv/a'] })).toEqual([])
  expect(await late({ diff: ['A /srv/b'] }, { diff: ['A /srv/a'], more })).toEqual([])
  const { unread } = await heldBy(engineOf({ before: { more } }), 'before', facts)
  expect(unread).toEqual([`what else it changed in its files: the engine ${more}`])
})

test('of two folders of the image one may be open to a user and the other not', async () => {
  const folder = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null } as const
  const files = createFileModel(new Map(['/srv/1', '/srv/2', '/srv/notes'].map((path) => [path, folder])))
  const known = { ...facts, files: { known: true, value: files } as const }
  const missing = (before: readonly string[], after: readonly string[]): Promise<readonly string[]> =>
    late({ diff: before }, { diff: after }, known)
  expect(await missing(['A /srv/1/db', 'A /srv/2/db'], ['A /srv/1/db'])).toEqual(['/srv/2/db'])
  expect(await missing(['A /srv/notes/1/db', 'A /srv/notes/2/db'], ['A /srv/notes/3/db'])).toEqual([])
})

test('what was missing once is missing still where the result, that it was granted by now, has not made it', async () => {
  const at = { uid: 0, gid: 0, mode: 0o755, size: 0, link: null }
  const files = createFileModel(
    new Map<string, FileEntry>([
      ['/srv/notes', { ...at, type: 'directory' }],
      ['/srv/other', { ...at, type: 'directory' }],
      ['/srv/notes/old', { ...at, type: 'file' }],
    ]),
  )
  const known = { ...facts, files: { known: true, value: files } as const }
  const longer = traced([operation('create-file', '/srv/notes/late')])
  const missing = (path: string, ...diff: string[]): Promise<readonly string[]> =>
    still([path], { diff }, known, longer)
  expect(await missing('/srv/notes/late', 'A /srv/notes/late')).toEqual([])
  expect(await missing('/srv/notes/late', 'A /srv/notes/other')).toEqual(['/srv/notes/late'])
  // By the clock, or by a name that was drawn.
  expect(await missing('/srv/notes/tick')).toEqual(['/srv/notes/tick'])
  expect(await missing('/srv/notes/tmpx4q', 'A /srv/notes/tmpa9z')).toEqual([])
  expect(await missing('/srv/notes/tmpx4q', 'A /srv/other/tmpa9z')).toEqual(['/srv/notes/tmpx4q'])
  expect(await missing('/srv/notes/old', 'A /srv/notes/other')).toEqual(['/srv/notes/old'])
  expect(await missing('/srv/notes/old', 'C /srv/notes/old')).toEqual([])
})
