import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { imageOf, layoutOf, tarOf, writeFolder } from '../image/support/stored.ts'
import { call } from './call.ts'

test('what is malformed is that target’s own failure, and the others are done', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const layer = await tarOf([{ name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:7:7::/srv:/bin/sh\n' }])
  const image = imageOf([layer], { Cmd: ['/srv/web'] })
  await writeFolder(join(folder, 'good'), layoutOf([image]))
  await writeFolder(join(folder, 'bad'), new Map([['index.json', Buffer.from('{"manifests":[null]}')]]))
  await writeFile(join(folder, 'cut.tar'), (await tarOf([{ name: 'manifest.json', content: '[]' }])).subarray(0, 700))
  await writeFile(join(folder, 'null.tar'), await tarOf([{ name: 'manifest.json', content: '[null]' }]))
  const answers: Readonly<Record<string, string>> = {
    '/v2/a/manifests/latest': '{"manifests":[null]}',
    '/v2/b/manifests/latest': '{"config":{"digest":"x"},"layers":"x"}',
    '/v2/c/manifests/latest': 'null',
  }
  const server = createServer((request, response) => void response.end(answers[request.url ?? ''] ?? ''))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const targets = [`${host}/a`, 'oci:bad', `${host}/b`, 'oci-archive:cut.tar', `${host}/c`, 'docker-archive:null.tar']
    const { code, stdout, stderr } = await call(
      [
        '--engine',
        'none',
        '--format',
        'json',
        ...targets.map((each) => (each.includes('/') ? `docker://${each}` : each)),
        'oci:good',
      ],
      { cwd: folder, processTarget: targetProcessor() },
    )
    const { results } = JSON.parse(stdout) as {
      results: { target: string; verdict: string; error?: { code: string } }[]
    }
    expect(results.map(({ verdict, error }) => [verdict, error?.code])).toEqual([
      ...targets.map(() => ['failed', 'unreadable']),
      ['rewritten', undefined],
    ])
    expect(code).toBe(2)
    expect(stderr).not.toContain('bug')
  } finally {
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
})
