// The command line on folders that look like a host: what is written, and that nothing is written where it cannot work.
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyChanges, revert } from '../../src/userns/host/apply.ts'
import { whileLocked } from '../../src/userns/host/lock.ts'
import { call } from '../cli/call.ts'

type Tree = Readonly<Record<string, string>>

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

const host: Tree = {
  'etc/docker/daemon.json': '{\n  "debug": true\n}\n',
  'etc/subuid': 'app:100000:65536\n',
  'etc/subgid': 'app:100000:65536\n',
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nfar:x:231071:7::/:\n',
  'etc/group': 'root:x:0:\napp:x:1000:\nstaff:x:50:\n',
  'usr/sbin/useradd': '',
}

function root(files: Tree): string {
  const folder = mkdtempSync(join(tmpdir(), 'userns-'))
  made.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** All that is below a folder; folders end with a slash. */
function snapshot(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    entries.map((path) => {
      const stats = statSync(join(folder, path))
      return stats.isDirectory()
        ? [`${path}/`, '']
        : [path, `${stats.mode.toString(8)} ${readFileSync(join(folder, path), 'latin1')}`]
    }),
  )
}

const userns = (folder: string, ...args: string[]) =>
  call(['userns', ...args, '--root', folder, '--engine', 'none'], { cwd: folder })

test('plan shows a diff below the root and writes nothing', async () => {
  const folder = root(host)
  const before = snapshot(folder)
  const { code, stdout, stderr } = await userns(folder, 'plan')
  expect(code).toBe(0)
  expect(stdout).toBe(`diff --git a/etc/docker/daemon.json b/etc/docker/daemon.json
--- a/etc/docker/daemon.json
+++ b/etc/docker/daemon.json
@@ -1,3 +1,4 @@
 {
-  "debug": true
+  "debug": true,
+  "userns-remap": "default"
 }
diff --git a/etc/subuid b/etc/subuid
--- a/etc/subuid
+++ b/etc/subuid
@@ -1,1 +1,2 @@
 app:100000:65536
+dockremap:231072:65536
diff --git a/etc/subgid b/etc/subgid
--- a/etc/subgid
+++ b/etc/subgid
@@ -1,1 +1,2 @@
 app:100000:65536
+dockremap:231072:65536
`)
  expect(stderr).toContain('root in a container will be uid 231072, gid 231072 on the host (dockremap, 65536 ids)')
  expect(snapshot(folder)).toEqual(before)
})

test('check, apply, apply again, check, revert', async () => {
  const folder = root(host)
  const before = snapshot(folder)
  expect(await userns(folder, 'check')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('userns-remap is off'),
  })
  const applied = await userns(folder, 'apply')
  expect(applied).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('systemctl restart docker') })
  expect(readFileSync(join(folder, 'etc/subuid'), 'utf8')).toBe('app:100000:65536\ndockremap:231072:65536\n')
  const after = snapshot(folder)
  expect(await userns(folder, 'apply')).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to write') })
  expect(snapshot(folder)).toEqual(after)
  expect((await userns(folder, 'check')).stdout).toContain('configured: root in a container will be uid 231072')
  expect((await userns(folder, 'revert')).code).toBe(0)
  expect(snapshot(folder)).toEqual(before)
  expect(await userns(folder, 'revert')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('nothing to revert'),
  })
})

test('apply and revert bring back every byte and every file, whatever was there', async () => {
  const file = fc.option(fc.constantFrom('', 'a:100000:65536', 'a:100000:65536\n', 'b:1:2\r\n# c\r\n', '\n\n', 'é:x\n'))
  const json = fc.option(
    fc.oneof(
      fc.constantFrom('', '{}', '{}\n', '{\n}', '{"a":1}', '\uFEFF{\n\t"b": [1]\n}', '{ // c\n"a":1 /* d */ }\r\n'),
      fc
        .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue(), { maxKeys: 4 })
        .map((value) => JSON.stringify(value, null, 2)),
    ),
  )
  await fc.assert(
    fc.asyncProperty(json, file, file, fc.boolean(), async (config, subuid, subgid, hasFolder) => {
      const folder = root({
        'etc/passwd': host['etc/passwd'] ?? '',
        ...(hasFolder ? { 'etc/docker/key': 'k' } : {}),
        ...(config === null ? {} : { 'etc/docker/daemon.json': config }),
        ...(subuid === null ? {} : { 'etc/subuid': subuid }),
        ...(subgid === null ? {} : { 'etc/subgid': subgid }),
      })
      const before = snapshot(folder)
      expect(await userns(folder, 'apply')).toMatchObject({ code: 0, stderr: '' })
      expect(snapshot(folder)).not.toEqual(before)
      expect(await userns(folder, 'revert')).toMatchObject({ code: 0, stderr: '' })
      expect(snapshot(folder)).toEqual(before)
    }),
    { numRuns: 60 },
  )
})

test('revert keeps what others added to the sub ids since, and refuses a daemon.json that was changed', async () => {
  const folder = root(host)
  await userns(folder, 'apply')
  const subuid = join(folder, 'etc/subuid')
  writeFileSync(subuid, `${readFileSync(subuid, 'utf8')}new:300000:65536\n`)
  const config = join(folder, 'etc/docker/daemon.json')
  const applied = readFileSync(config, 'utf8')
  writeFileSync(config, applied.replace('true', 'false'))
  const before = snapshot(folder)
  expect(await userns(folder, 'revert')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('/etc/docker/daemon.json is not as apply left it'),
  })
  expect(snapshot(folder)).toEqual(before)
  writeFileSync(config, applied)
  expect(await userns(folder, 'revert')).toMatchObject({ code: 0 })
  expect(snapshot(folder)).toEqual(snapshot(root({ ...host, 'etc/subuid': 'app:100000:65536\nnew:300000:65536\n' })))
})

test('--config, --user and ranges that are there already', async () => {
  const folder = root({ ...host, 'elsewhere/d.json': '{"a": 1}' })
  const { stdout } = await userns(
    folder,
    'apply',
    '--config',
    'elsewhere/d.json',
    '--user',
    'app:staff',
    '--format',
    'json',
  )
  expect(JSON.parse(stdout)).toMatchObject({
    action: 'apply',
    changed: true,
    user: 'app:staff',
    mapping: { name: 'app', uid: 100000, gid: 100000, mapped: 65536 },
    files: [{ path: join(folder, 'elsewhere/d.json'), after: '{"a": 1, "userns-remap": "app:staff"}' }],
  })
  expect(snapshot(folder)['etc/subuid']).toContain(' app:100000:65536\n')
  await userns(folder, 'revert', '--config', 'elsewhere/d.json')
  expect(snapshot(folder)).toEqual(snapshot(root({ ...host, 'elsewhere/d.json': '{"a": 1}' })))
})

const full = 'a:100000:600000001\n'

describe('a clear error, and nothing written', () => {
  test.each<[string, Tree, readonly string[], string]>([
    [
      'broken JSON',
      { 'etc/docker/daemon.json': '{\n"a": 1,\n}' },
      [],
      '/etc/docker/daemon.json:3: property name expected',
    ],
    ['no object', { 'etc/docker/daemon.json': '[]' }, [], 'daemon.json:1: it is no object'],
    ['no such user', {}, ['--user', 'ghost'], 'there is no user ghost in /etc/passwd'],
    ['no such group', {}, ['--user', 'app:ghosts'], 'there is no group ghosts in /etc/group'],
    ['root itself', {}, ['--user', 'root'], 'root cannot be remapped to itself'],
    [
      'used up by the limits',
      { 'etc/subuid': full, 'etc/subgid': full },
      [],
      '/etc/subuid has no 65536 free ids in a row',
    ],
    ['used up for groups', { 'etc/subgid': full }, [], '/etc/subgid has no 65536 free ids in a row'],
    [
      'used up by all ids',
      { 'etc/subuid': 'a:100000:4294867295\n', 'etc/login.defs': 'SUB_UID_MAX 99999999999\n' },
      [],
      'no 65536 free ids',
    ],
    ['a range that ends too high', { 'etc/subuid': 'dockremap:4294960000:65536\n' }, [], 'ids end at 4294967294'],
    [
      'another account is set',
      { 'etc/docker/daemon.json': '{"userns-remap":"app"}' },
      ['--user', 'default'],
      'remaps to app already',
    ],
    [
      'a flag in a drop-in',
      { 'etc/systemd/system/docker.service.d/x.conf': '[Service]\nExecStart=/usr/bin/dockerd --userns-remap=app\n' },
      [],
      '/etc/systemd/system/docker.service.d/x.conf:2: dockerd is started with --userns-remap=app',
    ],
    [
      'a flag in its options',
      { 'etc/default/docker': 'DOCKER_OPTS="--userns-remap default"\n' },
      [],
      '/etc/default/docker:1',
    ],
    ['a kernel that allows none', { 'proc/sys/user/max_user_namespaces': '0\n' }, [], 'user.max_user_namespaces is 0'],
    [
      'the file of a rootless daemon',
      {},
      ['--config', 'home/.config/docker/daemon.json'],
      'is the file of a rootless daemon',
    ],
    [
      'a backup that is no backup',
      { 'etc/docker/daemon.json.before-userns': 'x' },
      [],
      'is not a backup of userns apply',
    ],
    [
      'a backup that was not reverted',
      { 'etc/docker/daemon.json.before-userns': '{"version":1,"files":[],"folders":[]}' },
      [],
      'an earlier apply was not reverted',
    ],
  ])('%s', async (_, files, args, message) => {
    const folder = root({ ...host, ...files })
    const before = snapshot(folder)
    const { code, stdout, stderr } = await userns(folder, 'apply', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('this is a bug')
    expect(snapshot(folder)).toEqual(before)
  })

  test('refuses a link that leads out of the root', async () => {
    const other = root(host)
    const folder = root({ 'etc/passwd': '' })
    symlinkSync(join(other, 'etc/subuid'), join(folder, 'etc/subuid'))
    const before = snapshot(other)
    const { code, stderr } = await userns(folder, 'apply')
    expect(code).toBe(2)
    expect(stderr).toContain('/etc/subuid of')
    expect(stderr).toContain('leads out of it')
    expect(snapshot(other)).toEqual(before)
  })

  test('refuses a link that leads to nothing', async () => {
    const folder = root(host)
    rmSync(join(folder, 'etc/subgid'))
    symlinkSync('nowhere/at/all', join(folder, 'etc/subgid'))
    expect(await userns(folder, 'apply')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a link to a file'),
    })
    expect(readFileSync(join(folder, 'etc/subuid'), 'utf8')).toBe(host['etc/subuid'])
  })

  test('what was written is taken back when a later file changes meanwhile', async () => {
    const folder = root({ subuid: 'a\n', subgid: 'changed\n' })
    const before = snapshot(folder)
    const change = (name: string, text: string | null) => ({
      path: join(folder, name),
      name,
      before: text,
      after: 'b\n',
    })
    const changes = [change('docker/daemon.json', null), change('subuid', 'a\n'), change('subgid', 'old\n')]
    await expect(applyChanges(join(folder, 'docker/daemon.json'), changes)).rejects.toThrow(
      'subgid was not written: it changed while it was worked on',
    )
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('subuid.lock and subgid.lock, as useradd and usermod make them', () => {
  const changesOf = (folder: string) =>
    ['subuid', 'subgid'].map((name) => ({
      path: join(folder, 'etc', name),
      name: `/etc/${name}`,
      before: 'app:100000:65536\n',
      after: 'app:100000:65536\nx:200000:65536\n',
    }))
  const config = (folder: string) => join(folder, 'etc/docker/daemon.json')

  test.each(['subuid', 'subgid'])(
    '%s locked by a process that runs: nothing written, and which it is',
    async (name) => {
      const folder = root({ ...host, [`etc/${name}.lock`]: `${process.ppid}\0` })
      const before = snapshot(folder)
      await expect(applyChanges(config(folder), changesOf(folder), { tries: 1 })).rejects.toThrow(
        `/etc/${name} is locked by process ${process.ppid}, and nothing was written`,
      )
      expect(snapshot(folder)).toEqual(before)
    },
  )

  test('a lock of nobody is not guessed about', async () => {
    const folder = root({ ...host, 'etc/subuid.lock': '' })
    const before = snapshot(folder)
    await expect(applyChanges(config(folder), changesOf(folder), { tries: 1 })).rejects.toThrow('who left no pid')
    expect(snapshot(folder)).toEqual(before)
  })

  test('one whose process is gone is taken over, and no lock stays', async () => {
    const gone = String(spawnSync('true').pid)
    const folder = root({ ...host, 'etc/subuid.lock': gone, 'etc/subgid.lock': `${gone}\0` })
    expect(await userns(folder, 'apply')).toMatchObject({ code: 0, stderr: '' })
    expect(snapshot(folder)['etc/subuid']).toContain('dockremap')
    expect(Object.keys(snapshot(folder)).filter((path) => /lock|\.\d+$/.test(path))).toEqual([])
  })

  test('revert waits for them too', async () => {
    const folder = root(host)
    await userns(folder, 'apply')
    writeFileSync(join(folder, 'etc/subgid.lock'), String(process.ppid))
    const before = snapshot(folder)
    await expect(revert(config(folder), { tries: 1 })).rejects.toThrow('/etc/subgid is locked by process')
    expect(snapshot(folder)).toEqual(before)
  })

  test('usermod finds them locked while they are written', async () => {
    const folder = root(host)
    const seen = await whileLocked([join(folder, 'etc/subuid'), join(folder, 'etc/subgid')], async () =>
      Object.entries(snapshot(folder)).filter(([path]) => path.includes('lock')),
    )
    expect(seen).toEqual([
      ['etc/subgid.lock', `100600 ${process.pid}`],
      ['etc/subuid.lock', `100600 ${process.pid}`],
    ])
  })
})

describe('with an engine that answers', () => {
  /** A `docker` that answers `info` with this and has no containers. */
  function withDocker(info: object): Record<string, string> {
    const folder = root({})
    const json = JSON.stringify({ ServerVersion: '27.0.1', Name: hostname(), KernelVersion: release(), ...info })
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n[ "$1" != info ] || cat <<'E'\n${json}\nE\n`, { mode: 0o755 })
    return { PATH: `${folder}:${process.env.PATH}` }
  }
  const ask = (folder: string, action: string, info: object) =>
    call(['userns', action, '--root', folder], { cwd: folder, env: withDocker(info) })

  test('a rootless one: check has nothing to do, apply is refused and writes nothing', async () => {
    const folder = root(host)
    const before = snapshot(folder)
    const info = { SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] }
    expect(await ask(folder, 'check', info)).toMatchObject({ code: 0, stdout: expect.stringContaining('not needed') })
    expect(await ask(folder, 'apply', info)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('the engine that answers is rootless'),
    })
    expect(snapshot(folder)).toEqual(before)
  })

  test('one of another machine says nothing about this one', async () => {
    const { stdout } = await ask(root(host), 'check', { Name: 'elsewhere' })
    expect(stdout).toContain('no engine was asked (the engine that answers belongs to another machine, elsewhere)')
  })

  test('podman in the guise of docker is none', async () => {
    const { stdout } = await ask(root(host), 'check', { ServerVersion: undefined, version: { Version: '5.0' } })
    expect(stdout).toContain('no engine was asked (docker is not Docker Engine here)')
  })

  test('the account that is set has no range: broken, and why', async () => {
    const folder = root({ ...host, 'etc/docker/daemon.json': '{"userns-remap":"default"}' })
    const { code, stdout } = await ask(folder, 'check', {})
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('/etc/subuid has no range for dockremap'),
    })
  })
})

test.each([
  ['userns', 'userns needs an action', 'check, plan, apply, revert'],
  ['userns chek', 'userns cannot chek', 'did you mean check?'],
  ['userns check now', 'userns check takes no target'],
  ['userns check --user app', '--user is for plan and apply'],
  ['userns plan --format diff', '--format'],
  ['userns plan --engine podman', '--engine'],
  ['userns check --root /nowhere/at/all', '--root /nowhere/at/all is not a folder'],
])('%s', async (line, ...parts) => {
  const { code, stderr } = await call(line.split(' '), { cwd: tmpdir() })
  expect(code).toBe(2)
  for (const part of parts) expect(stderr).toContain(part)
})
