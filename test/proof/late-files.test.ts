// What one container holds and another does not, by a stub of what the engine tells of each.
import type { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import type { DiffEntry, Engine } from '../../src/engine/engine.ts'
import { unknownFacts } from '../../src/image/derive.ts'
import { lateFiles } from '../../src/proof/late-files.ts'
import { operation, traced } from './support/records.ts'

const bare = unknownFacts('image', 'a test')
const facts = { ...bare, config: { ...bare.config, volumes: ['/data/db'] } }

interface Holds {
  readonly diff?: readonly string[]
  /** Of those, folders. */
  readonly folders?: readonly string[]
  /** Files in the volume. */
  readonly volume?: readonly string[]
}

const kinds: Readonly<Record<string, DiffEntry['kind']>> = { A: 'added', C: 'changed', D: 'deleted' }

function late(before: Holds, after: Holds): Promise<readonly string[]> {
  const holds: Readonly<Record<string, Holds>> = { before, after }
  const engine = {
    diff: async (container: string) =>
      (holds[container]?.diff ?? []).map((line) => ({ kind: kinds[line.charAt(0)], path: line.slice(2) })),
    copyOut: (container: string, path: string, read: (tar: Readable) => unknown) => {
      const { volume = [], folders = [] } = holds[container] ?? {}
      const tar = pack()
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (path === '/data/db' || folders.includes(path)) tar.entry({ name, type: 'directory' })
      else tar.entry({ name }, 'x')
      if (path === '/data/db') for (const file of volume) tar.entry({ name: `db/${file}` }, 'x')
      tar.finalize()
      return read(tar as unknown as Readable)
    },
  }
  const original = traced([operation('create-file', '/srv/early')])
  return lateFiles({ engine: engine as unknown as Engine, facts, original }, 'before', 'after')
}

test.each<[string, Holds, Holds, readonly string[]]>([
  ['a file that one has', { diff: ['C /srv', 'A /srv/late'] }, { diff: ['C /srv'] }, ['/srv/late']],
  ['one that both have', { diff: ['A /srv/late'] }, { diff: ['C /srv/late'] }, []],
  ['one that is elsewhere', { diff: ['A /srv/late'] }, { diff: ['A /opt/late'] }, []],
  ['one that a short trace shows too', { diff: ['A /srv/early'] }, {}, []],
  ['what is gone, and what comes and goes', { diff: ['D /srv/a', 'A /run/b', 'A /srv/c.pid', 'A /srv/d.pyc'] }, {}, []],
  ['a folder that changed its owner', { diff: ['C /srv/own'], folders: ['/srv/own'] }, {}, []],
  ['a name with the time in it', { diff: ['A /srv/1700000001.log'] }, { diff: ['A /srv/1700000009.log'] }, []],
  ['what a volume is mounted on', { diff: ['A /data', 'A /data/db'] }, {}, []],
  ['a file in a volume', { volume: ['a', 'b'] }, { volume: ['a'] }, ['/data/db/b']],
  ['one that left its volume', { volume: ['b'] }, { diff: ['A /srv/b'] }, ['/data/db/b']],
])('%s', async (_, before, after, missing) => {
  expect(await late(before, after)).toEqual(missing)
})
