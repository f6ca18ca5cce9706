import { describe, expect, test } from '@jest/globals'
import { ownerStep } from '../../../src/manifests/kubernetes/owner-steps.ts'
import type { PodVolume } from '../../../src/manifests/kubernetes/workloads.ts'

const volume = (name: string, kind: PodVolume['kind']) => ({ name, kind, key: name })
const uses = [
  { volume: volume('data', 'claim'), path: '/data', readOnly: false },
  { volume: volume('scratch', 'empty'), path: '/scratch', readOnly: false },
  { volume: volume('node', 'host'), path: '/data/node', readOnly: false },
  { volume: volume('share', 'remote'), path: '/share', readOnly: false },
]
const sh = (script: string) => ({ name: 'fix', command: ['sh', '-c', script] })

describe('fsGroup does all of it', () => {
  test.each([
    ['its words', { command: ['chown', '-R', '1000:1000', '/data'] }, ['/data']],
    ['words in args', { command: ['/bin/chown'], args: ['-R', '1000', '/data/'] }, ['/data']],
    ['args of an image that starts a shell', { args: ['sh', '-c', 'chown 1 /data'] }, ['/data']],
    ['a script', sh('chown -R 1000:1000 /data && chmod -R 775 /data /scratch'), ['/data', '/scratch']],
    ['one that tells', sh('set -e\necho fixing\nchown 1000 /data/*\nls -l /data'), ['/data']],
    ['a failure that is let pass', sh('chown -R 1000 /data || true'), ['/data']],
    ['behind a question', sh('[ -w /data ] || chown 1000 /data'), ['/data']],
    ['find', { command: ['find', '/data', '!', '-user', '1', '-exec', 'chown', '1:1', '{}', '+'] }, ['/data']],
    ['find and xargs', sh('find /data -print0 | xargs -0 chown 1000'), ['/data']],
    ['modes for more', sh('chown 1 /data; chmod -R g+rwX /data; chmod ug=rwX,o-w /data; chmod 2770 /data'), ['/data']],
  ])('%s', (_, container, places) => {
    expect(ownerStep(container, uses)).toEqual({ kind: 'all', places })
  })
})

describe('the rest is left', () => {
  test.each([
    ['before it', 'mkdir -p /data/x && chown -R 1 /data', 'mkdir -p /data/x'],
    ['after it', 'chown 1 /data && mkdir -p /data/x', 'mkdir -p /data/x'],
    ['around it', 'a 1; chown 1 /data; b 2', 'a 1; b 2'],
    ['on lines', 'set -e\nmkdir /data/x\nchown 1 /data/x\ncp a /data/x\n', 'set -e\nmkdir /data/x\ncp a /data/x\n'],
  ])('%s', (_, script, rest) => {
    const step = ownerStep(sh(script), uses)
    expect(step).toMatchObject({ kind: 'part', container: sh(rest) })
  })

  test('in args too', () => {
    const container = { command: ['/bin/sh', '-ec'], args: ['chown 1 /data && touch /data/x'] }
    expect(ownerStep(container, uses)).toMatchObject({
      container: { command: container.command, args: ['touch /data/x'] },
    })
  })
})

describe('fsGroup does not do it', () => {
  test.each([
    ['another place', 'chown 1 /opt', '/opt is in no volume'],
    ['a folder of the node', 'chown 1 /data/node/x', 'hostPath volume node'],
    ['a volume of a driver that does without', 'chown 1 /share', 'the driver of the volume share'],
    ['a place that nobody knows', 'chown 1 "$DIR"', 'could not be read'],
    ['a closed mode', 'chown 1 /data && chmod 700 /data', 'chmod 700'],
    ['a closed mode in letters', 'chown 1 /data && chmod go-rwx /data', 'chmod go-rwx'],
    ['more, in a branch', 'if true; then chown 1 /data; mkdir /data/x; fi', 'it does more: mkdir'],
    ['more, behind another', 'false || chown 1 /data; mkdir /data/x', 'it does more'],
  ])('%s', (_, script, reason) => {
    const step = ownerStep(sh(script), uses)
    expect(step).toMatchObject({ kind: 'other', reason: expect.stringContaining(reason) })
  })
})

test('a container that changes no owner is none of them', () => {
  for (const script of ['wait-for db', 'chmod 700 /data', 'sysctl -w vm.max_map_count=1'])
    expect(ownerStep(sh(script), uses)).toEqual({ kind: 'none' })
})
