import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { ProcessTarget } from '../../src/app/task.ts'
import { rootProfile, sampleProfile } from '../manifests/sample.ts'
import { proof, sampleResult } from '../report/sample.ts'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

const made =
  (profile = sampleProfile(), change = {}): ProcessTarget =>
  async ({ target, kind }) => ({
    source: '',
    path: null,
    profile,
    result: sampleResult({ target, kind, output: 'FROM nginx\n# harden-image: x\nUSER 101:101\n', ...change }),
  })

const site = 'services:\n  web:\n    image: nginx # ours\n'

test('the line alone on stdout, the rest on stderr', async () => {
  const { code, stdout, stderr } = await call(['profile', 'nginx:latest', '--for', 'docker'], {
    cwd: tree({}),
    processTarget: made(),
  })
  expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 1 })
  expect(stdout).toMatch(/^docker run .* nginx-nonroot:latest\n$/)
  expect(stderr).toContain('nginx-nonroot:latest has to be built first: the same command with --build does it\n')
  expect(stderr).toContain(
    'with --user alone: no, a derived image is needed\n  /etc/nginx/nginx.conf has to change: its pid file\n',
  )
})

test('of a Dockerfile: what is run is of the changed one, and nothing has changed it yet', async () => {
  const profile = sampleProfile({
    kind: 'dockerfile',
    image: { original: null, derived: false, name: 'web', chown: 'web' },
  })
  const said = async (flags: readonly string[], change = {}) => {
    const cwd = tree({ 'my web/Dockerfile': 'FROM nginx\n', 'c.yaml': '' })
    const args = ['profile', 'my web', '--for', 'docker', ...flags]
    const { stderr } = await call(args, {
      cwd,
      processTarget: made({ ...profile, target: 'my web/Dockerfile' }, change),
    })
    return stderr
  }
  expect(await said([])).toContain(
    "web has to be built of the changed Dockerfile first: the same command with --build does it, and harden-image -w 'my web/Dockerfile' changes it\n",
  )
  expect(await said(['--build'])).toContain(
    "built web; my web/Dockerfile itself is as it was: harden-image -w 'my web/Dockerfile' changes it\n",
  )
  const flags = ['--context', '.', '--build-arg', 'B=a b', '--config', 'c.yaml', '--no-trace', '-e', 'PASSWORD=x']
  const given = "--config c.yaml --context . --build-arg 'B=a b'"
  expect(await said(flags)).toContain(`harden-image -w ${given} 'my web/Dockerfile' changes it`)
  expect(await said([...flags, '--prove'], { proof })).toContain(
    `harden-image -w --prove ${given} --no-trace --env 'PASSWORD=…' 'my web/Dockerfile' changes it`,
  )
  expect(await said([], { changed: false })).not.toContain('has to be built')
  expect(await said([], { verdict: 'incomplete' })).not.toContain('changes it')
})

test('the service that is built from the Dockerfile is the one that is meant, also in a context of its own', async () => {
  const compose =
    'services:\n  a:\n    build: ./a\n  b:\n    build: {context: ., dockerfile: b/Dockerfile}\n  c:\n    image: web\n'
  const cwd = tree({ 'compose.yaml': compose, 'a/Dockerfile': 'FROM a\n', 'b/Dockerfile': 'FROM b\n' })
  const profile = sampleProfile({
    kind: 'dockerfile',
    image: { original: null, derived: false, name: 'web', chown: 'web' },
  })
  const processTarget =
    (context?: string): ProcessTarget =>
    async (item, options, ports) => ({
      ...(await made(profile)(item, options, ports)),
      path: item.path,
      ...(context === undefined ? {} : { context }),
    })
  const changed = async (folder: string) => {
    const args = ['profile', folder, '--for', 'compose', '--file', 'compose.yaml', '-w']
    expect(await call(args, { cwd, processTarget: processTarget() })).toMatchObject({ code: 0 })
    return /^ {2}(\w):\n(?: {4}.*\n)* {4}user: /m.exec(readFileSync(join(cwd, 'compose.yaml'), 'utf8'))?.[1]
  }
  expect(await changed('b')).toBe('b')
  expect(await changed('a')).toBe('a')
  writeFileSync(join(cwd, 'compose.yaml'), compose.replace('dockerfile: b', 'target: dev, dockerfile: b'))
  const note = 'b builds stage dev, and this is for stage final: --target dev makes it for that one'
  const asked = ['profile', 'b', '--for', 'compose', '--file', 'compose.yaml']
  expect((await call(asked, { cwd, processTarget: processTarget() })).stderr).toContain(note)
  const args = ['profile', 'b', '--for', 'compose']
  const { stdout } = await call(args, { cwd, processTarget: processTarget(cwd) })
  expect(stdout).toContain('    build:\n      context: "."\n      dockerfile: b/Dockerfile\n')
  const built: ProcessTarget = async (item, options, ports) => ({
    ...(await processTarget()(item, options, ports)),
    buildArgs: { BASE: 'a:1' },
    target: 'web',
  })
  expect((await call(args, { cwd, processTarget: built })).stdout).toContain(
    '    build:\n      context: ./b\n      args:\n        BASE: a:1\n      target: web\n',
  )
})

test('Compose hands on an anonymous volume with what an old image had there', async () => {
  const said = async (platform: string) => {
    const args = ['profile', 'nginx:latest', '--for', platform]
    return (await call(args, { cwd: tree({}), processTarget: made() })).stderr
  }
  expect(await said('compose')).toContain(
    '  /etc/nginx/conf.d: Compose keeps what the image had there; docker compose up -V',
  )
  expect(await said('docker')).not.toContain('Compose keeps')
})

test.each(['compose', 'kubernetes'])('--for %s', async (platform) => {
  const { code, stdout } = await call(['profile', 'nginx:latest', '--for', platform, '--image', 'r.example/a:1'], {
    cwd: tree({}),
    processTarget: made(),
  })
  expect(code).toBe(0)
  expect(stdout).toContain('image: r.example/a:1\n')
})

test('a file: a diff first, written with -w, nothing the second time', async () => {
  const cwd = tree({ 'compose.yaml': site })
  const args = ['profile', 'nginx:latest', '--for', 'compose', '--file', 'compose.yaml']
  const dry = await call(args, { cwd, processTarget: made() })
  expect(dry.stdout).toContain('--- a/compose.yaml\n+++ b/compose.yaml\n')
  expect(dry.stdout).toContain('+    image: nginx-nonroot:latest # ours\n')
  expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).toBe(site)
  const wrote = await call([...args, '-w'], { cwd, processTarget: made() })
  expect(wrote).toMatchObject({ code: 0, stdout: '' })
  expect(wrote.stderr).toContain('wrote compose.yaml\n')
  expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).toContain('read_only: true')
  const again = await call(args, { cwd, processTarget: made() })
  expect(again).toMatchObject({ code: 0, stdout: '' })
  expect(again.stderr).toContain('compose.yaml: nothing to change\n')
})

test('a proof that failed changes no file', async () => {
  const cwd = tree({ 'compose.yaml': site })
  const args = ['profile', 'nginx:latest', '--for', 'compose', '--file', 'compose.yaml', '-w']
  const result = sampleResult()
  const proof = {
    engine: 'e',
    rounds: 1,
    passed: false,
    parity: false,
    baseline: { image: 'x', uids: [0], capabilities: [] },
    result: null,
    checks: [],
    cells: [],
    remarks: [],
    phases: [],
  }
  const { code, stderr } = await call(args, {
    cwd,
    processTarget: made(sampleProfile(), { ...result, verdict: 'incomplete', proof }),
  })
  expect(code).toBe(1)
  expect(stderr).toContain('compose.yaml was not written: the proof failed\n')
  expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).toBe(site)
})

test('a Helm template is refused, with the values to set', async () => {
  const cwd = tree({ 't.yaml': 'image: "{{ .Values.image }}"\n' })
  const { code, stdout, stderr } = await call(['profile', 'nginx:latest', '--for', 'kubernetes', '--file', 't.yaml'], {
    cwd,
    processTarget: made(),
  })
  expect(code).toBe(2)
  expect(stdout).toContain('podSecurityContext:\n  runAsNonRoot: true\n')
  expect(stderr).toMatch(/t\.yaml is a Helm template/)
})

test('a Kustomization is refused, with what to add to it', async () => {
  const cwd = tree({ 'kustomization.yaml': 'resources: [a.yaml]\n' })
  const args = ['profile', 'nginx:latest', '--for', 'kubernetes', '--file', 'kustomization.yaml', '--container', 'web']
  const { code, stdout, stderr } = await call(args, { cwd, processTarget: made() })
  expect(code).toBe(2)
  expect(stdout).toMatch(/^images:\n {2}- name: nginx\n[\s\S]*- name: web\n/)
  expect(stderr).toContain('80 is 8080 now')
})

test('several files: all or none of them', async () => {
  const cwd = tree({ 'compose.yaml': site, 'more.yaml': 'services: {web: {ports: ["80:80"]}}\n', 'bad.yaml': 'a: [\n' })
  const args = ['profile', 'nginx:latest', '--for', 'compose', '-w', '--file', 'compose.yaml', '--file']
  const bad = await call([...args, 'bad.yaml'], { cwd, processTarget: made() })
  expect(bad).toMatchObject({ code: 2, stdout: '' })
  expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).toBe(site)
  expect((await call([...args, 'compose.yaml'], { cwd, processTarget: made() })).stderr).toContain('is given twice')
  const { code, stderr } = await call([...args, 'more.yaml'], { cwd, processTarget: made() })
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('wrote compose.yaml\nwrote more.yaml\n'),
  })
  expect(readFileSync(join(cwd, 'more.yaml'), 'utf8')).toBe('services: {web: {ports: ["80:8080"]}}\n')
})

test('an override file that Compose would read too is named', async () => {
  const cwd = tree({ 'compose.yaml': site, 'compose.override.yaml': 'services: {}\n' })
  const { stderr } = await call(['profile', 'nginx:latest', '--for', 'compose', '--file', 'compose.yaml'], {
    cwd,
    processTarget: made(),
  })
  expect(stderr).toContain('compose.override.yaml is read on top of it, and was not inspected')
})

test('what keeps root is answered', async () => {
  const { code, stdout } = await call(['profile', 'cron:1', '--for', 'docker'], {
    cwd: tree({}),
    processTarget: made(rootProfile, { verdict: 'needs-root' }),
  })
  expect(code).toBe(0)
  expect(stdout).toContain('--cap-drop=ALL --cap-add=SETGID')
})

test('-o writes a Compose file beside the Dockerfile, and neither over somebody else‘s', async () => {
  const cwd = tree({})
  expect((await call(['nginx:latest', '-o', 'out'], { cwd, processTarget: made() })).code).toBe(0)
  expect(readFileSync(join(cwd, 'out/compose.yaml'), 'utf8')).toContain('build: "."')
  expect((await call(['nginx:latest', '-o', 'out'], { cwd, processTarget: made() })).code).toBe(0)
  const theirs = tree({ 'out/compose.yaml': site })
  const { code, stderr } = await call(['nginx:latest', '-o', 'out'], { cwd: theirs, processTarget: made() })
  expect(code).toBe(2)
  expect(stderr).toContain('out/compose.yaml was not written: it is there already')
  expect(() => readFileSync(join(theirs, 'out/Dockerfile'))).toThrow()
})

test('a file that the service mounts is read: the port that it sets stays', async () => {
  const text = `${site}    ports: ["80:80"]\n    volumes: ["./conf:/etc/nginx/conf.d/more"]\n`
  const at = async (conf: string) => {
    const cwd = tree({ 'compose.yaml': text, 'conf/a.conf': conf, 'conf/deep/b.conf': '' })
    return call(['profile', 'nginx:latest', '--for', 'compose', '--file', 'compose.yaml'], {
      cwd,
      processTarget: made(),
    })
  }
  const stays = await at('server { listen 80; }\n')
  expect(stays.stderr).toContain('port 80 stays 80, since ./conf sets it\n')
  expect(stays.stdout).not.toContain('8080')
  const moves = await at('server { listen 8000; }\n')
  expect(moves.stdout).toContain('80:8080')
})

test('variables of the runs are said by their names beside a file', async () => {
  const cwd = tree({ 'compose.yaml': site })
  const processTarget = made(sampleProfile({ given: ['PASSWORD=sesame'] }))
  const args = ['profile', 'nginx:latest', '--for', 'compose']
  for (const more of [[], ['--file', 'compose.yaml']]) {
    const { stdout, stderr } = await call([...args, ...more], { cwd, processTarget })
    expect(stderr).toContain('it is run with PASSWORD set (--env), which is not written here')
    expect(stdout + stderr).not.toContain('sesame')
  }
})
