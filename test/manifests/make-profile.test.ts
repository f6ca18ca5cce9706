import { describe, expect, test } from '@jest/globals'
import { programs } from '../../catalogue/index.ts'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { profileFor } from '../../src/app/profile.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { lookUp } from '../../src/image/sources/catalogue.ts'
import type { Profile } from '../../src/manifests/profile.ts'
import { defaultPolicy, type Policy, type StageInput } from '../../src/plan/stage-input.ts'
import type { ReportProof } from '../../src/report/report.ts'
import { transforms } from '../../transforms/index.ts'
import { type BaseFile, imageFacts } from '../harden/support/facts.ts'
import { proof } from '../report/sample.ts'

const texts = ({ running }: Profile) => running.map(({ text }) => text).join('\n')

/** The profile of an image that an engine would have, planned as the command line does. */
function profileOf(
  reference: string,
  base: BaseFile,
  change: Partial<ReportProof> | null = null,
  policy: Policy = defaultPolicy,
  built = false,
  name: string | null = null,
  lines = '',
): Profile {
  const dockerfile = parseDockerfile(`FROM ${reference}\n${lines}`)
  const facts = imageFacts(reference, base)
  const stages: readonly StageInput[] = stageInputs(dockerfile, policy, {
    bases: new Map([[reference, { known: true, value: facts }]]),
    built: new Map(),
    observations: new Map(),
    programs,
    daemonPorts: [],
    entries: (name) => lookUp(name),
  })
  const { plan, result } = hardenDockerfile({
    target: reference,
    kind: 'image',
    dockerfile,
    stages,
    policy,
    transforms,
  })
  const item = { target: reference, kind: 'image' as const, path: null, reference, from: null, text: null }
  const profile = profileFor(
    item,
    { inputs: stages, plan, result: { ...result, proof: change === null ? null : { ...proof, ...change } } },
    { kind: built ? 'harden' : 'profile', tag: name },
    ['A=1'],
  )
  if (profile === null) throw new Error('no profile')
  return profile
}

/** A server of its own account, which owns nothing yet. */
const server: BaseFile = {
  config: { cmd: ['server'], ports: ['8080/tcp'] },
  passwd: ['root:x:0:0::/root:/bin/sh', 'server:x:999:999::/var/lib/server:/bin/false'],
  group: ['root:x:0:', 'server:x:999:'],
  files: [
    'drwxr-xr-x 999:999 /var/lib/server',
    '-rwxr-xr-x 0:0 /bin/sh',
    '-rwxr-xr-x 0:0 /bin/chown',
    '-rwxr-xr-x 0:0 /usr/bin/server',
    'drwxrwxrwt 0:0 /tmp',
  ],
}

describe('nothing is claimed that was not shown', () => {
  test('a plan alone gives what is known without a run', () => {
    const profile = profileOf('example.org/server:1', server)
    expect(profile).toMatchObject({
      user: { value: { name: 'server', uid: 999, gid: 999 }, known: 'planned' },
      capabilities: { value: [], known: 'planned' },
      noNewPrivileges: { value: true, known: 'planned' },
      readOnly: { value: false, known: 'planned' },
      writable: [],
    })
    expect(profile.notes.join('\n')).toMatch(/nothing of this was run: --prove shows/)
  })

  test('a proof gives what was measured', () => {
    const profile = profileOf('example.org/server:1', server, {})
    expect(profile).toMatchObject({
      given: ['A=1'],
      user: { known: 'measured' },
      capabilities: { known: 'measured' },
      noNewPrivileges: { known: 'measured' },
      readOnly: { value: true, known: 'measured' },
      writable: [{ kind: 'tmpfs', path: '/tmp', mode: 0o1777 }],
    })
  })

  test.each([
    ['cap_net_raw+ep', ['NET_RAW'], false],
    // Docker gives it to no container by itself: whoever runs it has added it, and that is left to say.
    ['cap_net_admin+ep', [], true],
    // Without the effective bit the program starts everywhere.
    ['cap_net_raw+p', [], true],
  ])('a started program that a RUN gives %s keeps %j', (spec, value, noNewPrivileges) => {
    const lines = `RUN setcap ${spec} /usr/bin/server\n`
    const profile = profileOf('example.org/server:1', server, null, defaultPolicy, false, null, lines)
    expect(profile).toMatchObject({
      capabilities: { value, known: 'planned' },
      noNewPrivileges: { value: noNewPrivileges },
    })
  })

  test('a proof that failed is a plan', () => {
    const profile = profileOf('example.org/server:1', server, { passed: false })
    expect(profile).toMatchObject({ user: { known: 'planned' }, readOnly: { value: false } })
    expect(profile.notes[0]).toBe('the proof failed: this profile is a plan that does not work yet')
  })

  test('a root that does not work read-only stays writable, and why is said', () => {
    const result = proof.result === null ? null : { ...proof.result, readOnlyRootfs: false, tmpfs: [] }
    const cells = [
      { name: 'read-only root', required: false, outcome: 'fail' as const, reason: 'http :80: was 200, is closed' },
    ]
    const profile = profileOf('example.org/server:1', server, { result, cells })
    expect(profile.readOnly).toEqual({ value: false, known: 'measured' })
    expect(profile.notes).toContain(
      'the root stays writable: it does not work read-only (http :80: was 200, is closed)',
    )
  })

  test('a place that a proof has found is mounted wherever it lies, and kept where its name says so', () => {
    const tmpfs = ['/usr/share/server/data', '/usr/share/server/x']
    const result = proof.result === null ? null : { ...proof.result, readOnlyRootfs: true, tmpfs }
    const files = tmpfs.map((path) => `drwxr-xr-x 999:999 ${path}`)
    const profile = profileOf('example.org/server:1', { ...server, files }, { result })
    expect(profile.writable.map(({ kind, path }) => [kind, path])).toEqual([
      ['state', '/usr/share/server/data'],
      ['copy', '/usr/share/server/x'],
    ])
  })

  test('a home that is made for the user stays writable and is kept, whatever a run wrote', () => {
    const result = proof.result === null ? null : { ...proof.result, readOnlyRootfs: true, tmpfs: ['/tmp'] }
    const own: BaseFile = { ...server, passwd: ['root:x:0:0::/root:/bin/sh'], group: ['root:x:0:'] }
    const places = (base: BaseFile) =>
      profileOf('example.org/own:1', base, { result }).writable.map(({ kind, path }) => `${kind} ${path}`)
    expect(places(own)).toEqual(['state /home/app', 'tmpfs /tmp'])
    expect(places(server)).toEqual(['tmpfs /tmp'])
  })

  test('what it keeps where it starts has a volume with a name, but not with the code around it', () => {
    const result = proof.result === null ? null : { ...proof.result, readOnlyRootfs: true, tmpfs: [] }
    const kept = (...below: string[]) => {
      const files = [...(server.files ?? []), 'drwxr-xr-x 0:0 /srv/app', ...below]
      const base = { ...server, config: { ...server.config, workdir: '/srv/app' }, files }
      const policy = { ...defaultPolicy, writable: ['/srv/app/out'] }
      const { writable, notes } = profileOf('example.org/server:1', base, { result }, policy)
      return { kinds: writable.map(({ kind, path }) => `${kind} ${path}`), notes: notes.join() }
    }
    expect(kept('drwxr-xr-x 0:0 /srv/app/out').kinds).toEqual(['state /srv/app/out'])
    expect(kept('drwxr-xr-x 0:0 /srv/app/out', '-rw-r--r-- 999:999 /srv/app/out/x.db').kinds).toEqual([
      'state /srv/app/out',
    ])
    const mixed = kept('drwxr-xr-x 0:0 /srv/app/out', '-rw-r--r-- 0:0 /srv/app/out/main.js')
    expect(mixed.kinds).toEqual(['copy /srv/app/out'])
    expect(mixed.notes).toContain('what it keeps in /srv/app/out is gone with the container')
  })

  test('a tmpfs, which is empty after a restart, is only for what is made anew then', () => {
    const kinds = (...tmpfs: string[]) => {
      const result = proof.result === null ? null : { ...proof.result, readOnlyRootfs: true, tmpfs }
      const files = tmpfs.map((path) => `drwxr-xr-x 999:999 ${path}`)
      const profile = profileOf('example.org/server:1', { ...server, files }, { result })
      return profile.writable.map(({ kind }) => kind)
    }
    expect(kinds('/srv/app/export', '/srv/app/pids', '/srv/app/tmp', '/srv/app/uploads')).toEqual([
      'copy',
      'tmpfs',
      'tmpfs',
      'state',
    ])
  })

  test('a folder of the user with content that no run wrote to is said to be closed', () => {
    const files = [...(server.files ?? []), 'drwxr-xr-x 999:999 /srv/www', '-rw-r--r-- 999:999 /srv/www/index.php']
    const { notes } = profileOf('example.org/server:1', { ...server, files }, {})
    expect(notes).toContainEqual(
      expect.stringMatching(/^\/srv\/www belongs to the user and is closed by the read-only/),
    )
    expect(profileOf('example.org/server:1', server, {}).notes.join()).not.toMatch(/closed by/)
  })

  test('what is said of the image has the name that somebody gave it', () => {
    const profile = profileOf('example.org/server:1', server, null, defaultPolicy, true, 'ours:2')
    expect(profile.image).toMatchObject({ original: 'example.org/server:1', name: 'ours:2' })
    expect(texts(profile)).toContain('a Dockerfile FROM ours:2 that installs')
  })

  test('a volume that the image has filled is known as such', () => {
    const config = { ...server.config, volumes: ['/srv/full', '/srv/new'] }
    const files = [...(server.files ?? []), 'drwxr-xr-x 999:999 /srv/new', '-rw-r--r-- 999:999 /srv/full/x']
    const { volumes } = profileOf('example.org/server:1', { ...server, config, files })
    expect(volumes.map(({ path, filled }) => [path, filled])).toEqual([
      ['/srv/full', true],
      ['/srv/new', undefined],
    ])
  })

  test('a volume that only the group may write, as Kubernetes has it, and that it did not work with is told', () => {
    const cells = [{ name: 'volume of a pod (fsGroup)', required: false, outcome: 'fail' as const, reason: 'was up' }]
    const told = /^on a volume of Kubernetes, .* \(fsGroup\), it does not work: was up$/
    expect(profileOf('example.org/server:1', server, { cells }).notes).toContainEqual(expect.stringMatching(told))
  })

  test('a catalogue that lists what is written is enough for a planned read-only root', () => {
    const profile = profileOf('nginx:latest', {
      ...server,
      config: { cmd: ['nginx'], ports: ['80/tcp'] },
      passwd: ['root:x:0:0::/root:/bin/sh', 'nginx:x:101:101::/nonexistent:/bin/false'],
      group: ['nginx:x:101:'],
    })
    expect(profile.readOnly).toEqual({ value: true, known: 'planned' })
    expect(profile.writable.map(({ path }) => path)).toContain('/tmp')
  })

  test('no list says what an interpreter is given to run; anything may need /tmp', () => {
    const planned = (reference: string, name: string, cmd: readonly string[]) =>
      profileOf(reference, {
        ...server,
        config: { cmd: [...cmd] },
        passwd: [`${name}:x:1000:1000::/home/${name}:/bin/sh`],
      })
    expect(planned('node:22', 'node', ['node']).readOnly.value).toBe(false)
    const redis = planned('redis:7', 'redis', ['redis-server'])
    expect(redis.readOnly.value).toBe(true)
    expect(redis.writable.map(({ path }) => path)).toContain('/tmp')
  })
})

describe('can the image be used as it is, with --user alone?', () => {
  test('yes, where nothing has to change', () => {
    const profile = profileOf('example.org/server:1', server)
    expect(profile.asIs).toEqual({ enough: true, breaks: [] })
    expect(profile.image).toMatchObject({ name: 'example.org/server:1', derived: false })
  })

  test('with a volume that is given to the user first', () => {
    const config = { ...server.config, volumes: ['/data'] }
    const profile = profileOf('example.org/server:1', {
      ...server,
      config,
      files: [...(server.files ?? []), 'drwxr-xr-x 0:0 /data'],
    })
    expect(profile.asIs?.enough).toBe(true)
    expect(profile.asIs?.breaks.join()).toMatch(/^\/data cannot be written by the user \(declared by VOLUME\): a mount/)
    expect(profile.volumes).toEqual([{ path: '/data', uid: 999, gid: 999, prepared: false }])
    expect(texts(profile)).toContain(
      'docker run --rm --user 0:0 --volume VOLUME:/data --entrypoint chown example.org/server:1 -R 999:999 /data',
    )
  })

  test('no, where it has no account', () => {
    const profile = profileOf('example.org/server:1', {
      ...server,
      passwd: ['root:x:0:0::/root:/bin/sh'],
      group: ['root:x:0:'],
    })
    expect(profile.asIs).toMatchObject({ enough: false })
    expect(profile.image).toMatchObject({ name: 'server-nonroot:1', derived: true })
  })

  test('what is in a volume is given with it, and said once', () => {
    const files = [
      'drwxr-xr-x 0:0 /data',
      'drwxr-xr-x 0:0 /data/a',
      'drwxr-xr-x 0:0 /data/a/b',
      '-rw-r--r-- 0:0 /data/a/f',
    ]
    const profile = profileOf('example.org/server:1', {
      ...server,
      config: { ...server.config, volumes: ['/data'] },
      files,
    })
    expect(profile.asIs).toEqual({ enough: true, breaks: [expect.stringMatching(/^\/data cannot .*a mount gives it/)] })
    expect(profile.volumes).toMatchObject([{ path: '/data', prepared: false, filled: true }])
  })

  test('not asked of an image that is not root', () => {
    const profile = profileOf('example.org/server:1', { ...server, config: { ...server.config, user: 'server' } })
    expect(profile.asIs).toBeNull()
    expect(profile.user?.value).toEqual({ name: 'server', uid: 999, gid: 999 })
  })
})

describe('what changes for those who have it running today', () => {
  const withData = { ...server, config: { ...server.config, volumes: ['/data'] } }
  const cells = (filled: 'pass' | 'fail', given: 'pass' | 'not asked') =>
    [
      ['volume previously written as root', filled] as const,
      ['the same volume, given to the user once', given] as const,
    ].map(([name, outcome]) => ({ name, required: false, outcome, reason: '' }))

  test('docker exec and children; the owner of a volume as a plan', () => {
    const profile = profileOf('example.org/server:1', { ...withData, passwd: ['root:x:0:0::/root:/bin/sh'] })
    expect(profile.running.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^a volume that is there already at \/data may belong to root: once, .* -R 10001:10001 \/data$/,
      ),
      'docker exec is 10001:10001 as well: docker exec --user 0:0 where root is meant',
      'a Dockerfile FROM server-nonroot:1 that installs something says USER 0:0 before and USER 10001:10001 after',
    ])
  })

  test('folders that are not in a VOLUME are named, but for those that are made anew', () => {
    const files = ['drwxr-xr-x 0:0 /var/lib/server', 'drwxr-xr-x 0:0 /run/server']
    const env = { SERVER_DATA_DIR: '/var/lib/server', SERVER_RUN_DIR: '/run/server' }
    const { running, owned } = profileOf('example.org/server:1', {
      ...server,
      config: { ...server.config, env },
      files,
    })
    expect(owned).toEqual(['/run/server', '/var/lib/server'])
    expect(running[0]?.text).toContain('folders of the host that it writes to (/var/lib/server) have to be writable')
  })

  test('what was shown to write nothing has no folders to give', () => {
    const shown = { ...proof.result, readOnlyRootfs: true, tmpfs: [] } as ReportProof['result']
    expect(texts(profileOf('example.org/server:1', server, { result: shown }))).not.toContain('folders of the host')
    expect(texts(profileOf('example.org/server:1', server))).toContain('folders of the host')
  })

  test('a port that moved says for which protocol', () => {
    const config = { ...server.config, cmd: ['server', '--port', '53'], ports: ['53/udp', '53/tcp'] }
    const said = texts(profileOf('example.org/server:1', { ...server, config }))
    expect(said).toContain('port 53 is 8053 now: what published it as -p 53:53 says -p 53:8053 and')
    expect(said).toContain('port 53/udp is 8053 now: what published it as -p 53:53/udp says -p 53:8053/udp and')
  })

  test.each([
    [cells('pass', 'not asked'), 'works as it is (measured)'],
    [cells('fail', 'pass'), 'has to be given to the user (measured)'],
    [[], 'may belong to root'],
  ])('a volume that a proof has tried: %#', (tried, said) => {
    const { running } = profileOf('example.org/server:1', withData, { cells: tried })
    expect(running[0]?.text).toContain(`a volume that is there already at /data ${said}`)
  })

  test('an image that would do as it is: a new volume is root’s, unless the result is built, which makes it the user’s', () => {
    const asIs = profileOf('example.org/server:1', withData)
    expect(asIs).toMatchObject({ image: { derived: false }, asIs: { enough: true }, volumes: [{ prepared: false }] })
    expect(asIs.running[0]?.text).toContain('may belong to root, and a new one does: once, ')
    const derived = profileOf('example.org/server:1', withData, null, defaultPolicy, true)
    expect(derived).toMatchObject({ image: { derived: true }, asIs: null, volumes: [{ prepared: true }] })
    expect(derived.image.name).toBe('server-nonroot:1')
    expect(derived.notes.join()).not.toContain('no image has to be built')
  })

  test('nothing, where it is not root today or keeps root', () => {
    const already = { ...withData, config: { ...withData.config, user: 'server' } }
    expect(profileOf('example.org/server:1', already).running).toEqual([])
    expect(profileOf('example.org/cron:1', { ...server, config: { cmd: ['cron', '-f'] } }).running).toEqual([])
  })
})

test('what is not root already: planned, or measured by a proof of it as it is', () => {
  const already = { ...server, config: { ...server.config, user: 'server' } }
  const planned = profileOf('example.org/server:1', already)
  expect(planned.notes.join()).toContain('that it also works with no capabilities is not shown')
  const shown = profileOf('example.org/server:1', already, {})
  expect(shown).toMatchObject({ capabilities: { known: 'measured' }, readOnly: { value: true, known: 'measured' } })
  expect(shown.notes.join()).not.toContain('not shown')
})

test('what keeps root and was shown to work only with new privileges has them', () => {
  const keeps = (noNewPrivileges: boolean, uids: readonly number[]): boolean => {
    const result = { ...(proof.result as NonNullable<ReportProof['result']>), uids, noNewPrivileges }
    return profileOf('example.org/cron:1', { ...server, config: { cmd: ['cron', '-f'] } }, { result }).noNewPrivileges
      .value
  }
  expect(keeps(true, [0])).toBe(true)
  expect(keeps(false, [0])).toBe(false)
  // It had ended before anybody looked.
  expect(keeps(false, [])).toBe(true)
})

test('what keeps root: capabilities, the twin, the host', () => {
  const profile = profileOf('example.org/cron:1', { ...server, config: { cmd: ['cron', '-f'] } })
  expect(profile).toMatchObject({ root: true, user: null, readOnly: { value: false } })
  expect(profile.capabilities?.value).toEqual(expect.arrayContaining(['SETGID', 'SETUID']))
  expect(profile.notes.join('\n')).toMatch(/supercronic[\s\S]*userns-remap/)
})

test('a low port that stays needs the runtime to allow it', () => {
  const profile = profileOf('example.org/server:1', {
    ...server,
    config: { cmd: ['server'], ports: ['53/udp', '8080/tcp'] },
  })
  expect(profile.ports).toEqual([
    { from: 53, to: 53, protocol: 'udp' },
    { from: 8080, to: 8080, protocol: 'tcp' },
  ])
  expect(profile.sysctls).toEqual({ 'net.ipv4.ip_unprivileged_port_start': '53' })
})

test('an image without a chown borrows one', () => {
  const bare = {
    ...server,
    files: ['drwxr-xr-x 0:0 /data', '-rwxr-xr-x 0:0 /usr/bin/server'],
    config: { ...server.config, volumes: ['/data'] },
  }
  expect(texts(profileOf('example.org/server:1', bare))).toContain('--entrypoint chown busybox:musl -R')
})

test('the vendor‘s own image is run as it is', () => {
  const policy = { ...defaultPolicy, preferVendor: true }
  const passwd = ['root:x:0:0::/root:/bin/sh', 'nginx:x:101:101::/nonexistent:/bin/false']
  const base = { ...server, config: { cmd: ['nginx'], ports: ['80/tcp'] }, passwd, group: ['nginx:x:101:'] }
  const profile = profileOf('nginx:latest', base, null, policy)
  expect(profile).toMatchObject({
    image: { name: 'nginxinc/nginx-unprivileged:latest', derived: false },
    user: { value: { uid: 101, gid: 101 } },
    ports: [{ from: 80, to: 8080 }],
    asIs: null,
  })
})
