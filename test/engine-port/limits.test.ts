// What every container is held to, in the flags of the CLIs and in the body for the API.
import { describe, expect, test } from '@jest/globals'
import { containerBody } from '../../src/engine/api/api-engine.ts'
import { networkArguments, runArguments } from '../../src/engine/arguments.ts'
import { runLabelName } from '../../src/engine/clean-up.ts'
import type { Enforced, RunSpec } from '../../src/engine/engine.ts'
import type { EngineName } from '../../src/engine/kinds.ts'
import { thisRun, tokenOf } from '../../src/made-by.ts'

const all: Enforced = { cpus: 4, memory: true, pids: true }
const none: Enforced = { cpus: null, memory: false, pids: false }
const spec: RunSpec = { image: 'app:1' }

const flags = (enforces: Enforced, more: Partial<RunSpec> = {}, name: EngineName = 'docker'): readonly string[] =>
  runArguments(name, { ...spec, ...more }, 's', ['create'], enforces)

describe('a container', () => {
  test('has CPUs, memory without swap, processes and core dumps bounded', () => {
    const bounded = [
      '--memory=2147483648b',
      '--memory-swap=2147483648b',
      '--pids-limit=512',
      '--cpus=3.5',
      '--ulimit=core=0:0',
    ]
    expect(flags(all)).toEqual(expect.arrayContaining(bounded))
    expect(containerBody(spec, 's', all)).toMatchObject({
      HostConfig: {
        Memory: 2 ** 31,
        MemorySwap: 2 ** 31,
        PidsLimit: 512,
        NanoCpus: 3.5e9,
        Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      },
    })
  })

  test('is given no limit that its engine would refuse', () => {
    expect(flags(none).filter((flag) => /^--(memory|pids|cpus)/.test(flag))).toEqual([])
    expect(Object.keys((containerBody(spec, 's', none) as { HostConfig: object }).HostConfig)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(Memory|MemorySwap|PidsLimit|NanoCpus)$/)]),
    )
  })

  test('never has all of the only CPU', () => {
    expect(flags({ ...all, cpus: 1 })).toContain('--cpus=0.75')
  })

  test('has files of the machine read-only, unless it is said', () => {
    const mounts = [
      { type: 'bind', source: '/a,b', target: '/x' },
      { type: 'bind', source: '/c', target: '/y', writable: true },
    ] as const
    expect(flags(all, { mounts }).filter((flag) => flag.startsWith('--mount'))).toEqual([
      '--mount=type=bind,"source=/a,b",target=/x,readonly',
      '--mount=type=bind,source=/c,target=/y',
    ])
    expect(containerBody({ ...spec, mounts }, 's', all)).toMatchObject({
      HostConfig: {
        Mounts: [
          { Source: '/a,b', ReadOnly: true },
          { Source: '/c', ReadOnly: false },
        ],
      },
    })
  })
})

test.each<readonly [EngineName, readonly string[]]>([
  ['docker', ['--ipv6=false', '--opt=com.docker.network.bridge.inhibit_ipv4=true']],
  ['podman', ['--disable-dns']],
  ['nerdctl', []],
])('the network of a proof has no way out with %s, and goes with the session', (name, own) => {
  expect(networkArguments(name, { name: 'n', hostless: name === 'docker' }, 's')).toEqual([
    ...['network', 'create', '--internal', '--label=harden-image.session=s'],
    `--label=${runLabelName}=${tokenOf(thisRun())}`,
    ...own,
    ...['--', 'n'],
  ])
})
