import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { tree } from '../workspace/tree.ts'

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

test.each<{
  readonly says: string
  readonly files: Readonly<Record<string, string>>
  readonly given: readonly string[]
}>([
  {
    says: 'properties of a folder of logs, and of uploads',
    files: {
      'api/src/main/resources/application.properties':
        'acme.jobs.logpath=/data/logs/jobs\nupload-path=/srv/uploaded\nacme.data-dir=$' + '{DATA:/srv/acme}/db\n',
    },
    given: ['/data/logs/jobs', '/srv/acme/db', '/srv/uploaded'],
  },
  {
    says: 'the same in YAML, of a file by its name',
    files: { 'api/src/main/resources/application-prod.yml': 'acme:\n  log:\n    path: /srv/acme/acme.log\n' },
    given: ['/srv/acme/acme.log'],
  },
  {
    says: 'not what is read, or an address',
    files: {
      'api/src/main/resources/application.properties':
        'acme.catalog=/srv/catalog\nacme.keystore-path=/srv/keys\nacme.log=/api/log\nlogging.level.acme=INFO\n',
    },
    given: [],
  },
  {
    says: 'not of another module',
    files: { 'web/src/main/resources/application.properties': 'acme.jobs.logpath=/data/logs/jobs\n' },
    given: [],
  },
])('a jar that is built outside has the settings of its module in it: $says', async ({ files, given }) => {
  const text = 'FROM eclipse-temurin:21-jre\nADD api/target/api-*.jar /app.jar\nCMD ["java", "-jar", "/app.jar"]\n'
  const top = tree({ '.git/HEAD': '', Dockerfile: text, 'api/pom.xml': '', ...files })
  const path = join(top, 'Dockerfile')
  const item = { target: 'Dockerfile', kind: 'dockerfile', path, reference: null, from: null, text } as const
  const { result } = await targetProcessor()(
    item,
    { ...withDefaults({}), engine: 'none', offline: true },
    { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal },
  )
  const granted = result.findings.filter(({ transform }) => transform === 'own-writable-paths')
  expect(granted.flatMap(({ evidence }) => evidence.map(({ subject }) => subject)).toSorted()).toEqual(given)
  expect(result.verdict).toBe('rewritten')
})
