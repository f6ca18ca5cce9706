import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { Options, TargetOutcome } from '../../src/app/task.ts'
import { imageItem } from '../../src/repository/discover.ts'
import { imageOf, layoutOf, named, tarOf, writeFolder } from '../image/support/stored.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const layer = await tarOf([
    { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:7:7::/srv:/bin/sh\n' },
    { name: 'srv/data/', type: 'directory', uid: 7 },
  ])
  const image = imageOf([layer], { Cmd: ['/srv/web'], Volumes: { '/srv/data': {} } })
  await writeFolder(join(folder, 'layout'), layoutOf([{ ...image, descriptor: named('2') }]))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function done(target: string, options: Partial<Options> = {}): Promise<TargetOutcome> {
  const ports = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const asked = { ...withDefaults({ engine: 'none', offline: true }), ...options }
  return targetProcessor()({ ...imageItem(target, folder), text: null }, asked, ports)
}

test('an image of a folder becomes a Dockerfile that says how to get its base', async () => {
  const { result, source } = await done('oci:layout')
  expect(source).toBe('FROM localhost/layout:2\n')
  expect(result).toMatchObject({ target: 'oci:layout', kind: 'image', verdict: 'rewritten', user: { uid: 7, gid: 7 } })
  expect(result.output).toMatch(/^FROM localhost\/layout:2\n.*\nUSER 7:7\n$/s)
  expect(result.findings.at(-1)).toMatchObject({
    outcome: 'note',
    message: 'FROM localhost/layout:2 names the image in oci:layout, which the builder must have under that name',
    hint: 'load it before the build: skopeo copy oci:layout docker-daemon:localhost/layout:2',
  })
})

test('inspect says what was looked at', async () => {
  const { inspection } = await done('oci:layout:2', { mode: { kind: 'inspect' } })
  expect(inspection?.[0]?.image).toMatchObject({ reference: 'localhost/layout:2', source: 'archive' })
})

test('a name that is not there, and what is no layout', async () => {
  await expect(done('oci:layout:3')).rejects.toMatchObject({ code: 'no-image' })
  await writeFile(join(folder, 'layout', 'index.json'), '')
  await expect(done('oci:layout')).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringContaining('index.json is not JSON'),
  })
})

test('a folder that its source makes needs nothing beside the one that it is in, as the image is all there is', async () => {
  const layer = await tarOf([
    { name: 'usr/bin/node', mode: 0o755, content: 'x' },
    { name: 'app/server.js', content: "require('fs').mkdirSync('/data/done', { recursive: true })\n" },
    { name: 'data/', type: 'directory' },
  ])
  const config = { Cmd: ['node', '/app/server.js'], WorkingDir: '/app', Volumes: { '/data': {} } }
  await writeFolder(join(folder, 'app'), layoutOf([imageOf([layer], config)]))
  const { result } = await done('oci:app')
  const granted = result.findings.filter(
    ({ outcome, transform }) => `${outcome} ${transform}` === 'fixed own-writable-paths',
  )
  expect(granted.map(({ message }) => message)).toEqual(['grants write access to /data'])
})
