import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { tree } from '../repository/tree.ts'

test('a start script above the Dockerfile is found and read', async () => {
  const text = 'FROM debian:trixie-slim\nCOPY docker/start.sh /\nCMD ["/start.sh"]\n'
  const top = tree({
    '.git/HEAD': '',
    'docker/start.sh': '#!/bin/sh\necho x > /srv/state\n',
    'docker/Dockerfile': text,
  })
  const path = join(top, 'docker/Dockerfile')
  const item = { target: 'docker/Dockerfile', kind: 'dockerfile', path, reference: null, from: null, text } as const
  const { result, context } = await targetProcessor()(
    item,
    { ...withDefaults({}), engine: 'none', offline: true },
    { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal },
  )
  expect(result.output).toContain('/srv/state')
  expect(context).toBe(top)
})
