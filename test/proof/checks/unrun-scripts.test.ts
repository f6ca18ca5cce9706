import { expect, test } from '@jest/globals'
import { unrunScripts } from '../../../src/proof/caveats.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { image } from '../../plan/image.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const script = '/usr/local/bin/deploy.sh'
const hooks = '/etc/hooks.json'
const facts = image({
  files: [`-rwxr-xr-x 0:0 ${script}`, '-rwxr-xr-x 0:0 /usr/lib/x/helper', '-rw-r--r-- 0:0 /srv/notes'],
  texts: {
    [script]: ['#!/bin/sh', 'date >> /srv/deploy/log'],
    [hooks]: [`[{"execute-command": "${script}"}]`, '/usr/lib/x/helper', '/srv/notes', '# /usr/local/bin/deploy.sh'],
    '/usr/lib/x/helper': ['#!/bin/sh'],
    '/srv/notes': ['#!/bin/sh'],
    '/etc/other.conf': [`# ${script}`, `see http://x${script}`],
  },
})
const reads = (...paths: readonly string[]): RunRecord => traced(paths.map((path) => operation('read', path)))

test('a script that a file which was read names, and that nobody ran', () => {
  expect(unrunScripts(reads(hooks), facts)).toEqual([
    expect.stringContaining(`what ${script} does: ${hooks} names it, nothing asked for it`),
  ])
})

test.each<[string, RunRecord]>([
  ['it was run', traced([operation('read', hooks), operation('execute', script)])],
  ['an interpreter read it', reads(hooks, script)],
  ['what names it was not read', reads('/srv/notes')],
  ['a comment or an address names it', reads('/etc/other.conf')],
  ['a check of the user’s own was asked', { ...reads(hooks), smoke: passedSmoke }],
  ['nobody watched', { ...reads(hooks), trace: null }],
])('nothing where %s', (_, original) => {
  expect(unrunScripts(original, facts)).toEqual([])
})
