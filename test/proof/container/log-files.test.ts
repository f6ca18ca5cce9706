import type { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import { bounds } from '../../../src/bounds.ts'
import { HardenError } from '../../../src/errors.ts'
import { baseName } from '../../../src/places.ts'
import { readLogFiles } from '../../../src/proof/container/files.ts'

const tooLarge = (path: string) =>
  new HardenError('engine-failed', `${path} of a container is not read: it is more than 1024 MiB`)

/** A border where each path is a file that holds its own name, or what is said of it. */
function holding(failures: Readonly<Record<string, Error>> = {}) {
  const asked: string[] = []
  const copyOut = async <T>(_: string, path: string, read: (tar: Readable) => Promise<T>): Promise<T | null> => {
    asked.push(path)
    const failure = failures[path]
    if (failure !== undefined) throw failure
    const tar = pack()
    tar.entry({ name: baseName(path) }, `log of ${path}`)
    tar.finalize()
    return read(tar as unknown as Readable)
  }
  return { asked, engine: { copyOut } }
}

test('a log file that cannot be read is said, and the others are read', async () => {
  const { engine } = holding({ '/var/log/b': tooLarge('/var/log/b') })
  expect(await readLogFiles(engine, 'c', ['/var/log/a', '/var/log/b', '/var/log/c'])).toEqual({
    texts: new Map(['/var/log/a', '/var/log/c'].map((path) => [path, `log of ${path}`])),
    unread: ['what it wrote into /var/log/b: /var/log/b of a container is not read: it is more than 1024 MiB'],
  })
})

test('an engine that does not answer any more is no matter of a log file', async () => {
  const { engine } = holding({ '/var/log/a': new HardenError('timeout', 'docker did not answer within 60 s') })
  await expect(readLogFiles(engine, 'c', ['/var/log/a'])).rejects.toThrow('did not answer')
})

test('of many log files the first are read, and how many more there are is said', async () => {
  const { engine, asked } = holding()
  const paths = Array.from({ length: 60_000 }, (_, at) => `/var/log/server/${at}/x.log`)
  const folders = ['/var/log/server', ...Array.from({ length: 1000 }, (_, at) => `/var/log/server/${at}`)]
  const { unread } = await readLogFiles(engine, 'c', [...folders, ...paths])
  expect(asked).toEqual(paths.slice(0, bounds.readLogFiles))
  expect(unread).toEqual([
    `what it wrote into ${60_000 - bounds.readLogFiles} more log files: no more than ${bounds.readLogFiles} are read`,
  ])
})
