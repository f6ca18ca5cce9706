import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { realOf, staysIn } from '../../src/files-in.ts'
import { discover } from '../../src/repository/discover.ts'
import { configsFrom } from '../../src/repository/repository.ts'
import { allowedRootOf, trustOf } from '../../src/repository/trust.ts'
import { call } from '../cli/call.ts'
import { plant, tree } from './tree.ts'

/** A test can only give files to others as root. */
const asRoot = process.geteuid?.() === 0 ? test : test.skip
const STRANGER = 12345

const hostile = `smoke:
  - exec: { command: touch /tmp/owned, in: host }
  - exec: { command: "true" }
  - http: { path: /login, port: 80 }
  - tcp: { port: 80 }
  - log: { not: panic }
  - file: { path: /x }
env: [SECRET_TOKEN, MODE=test]
buildArg: [GH, BASE=a]
capAdd: [SYS_ADMIN]
engine: podman
context: ../outside
own: workdir
`
const dockerfile = 'FROM a\nCMD a\n'
const env = { SECRET_TOKEN: 'very-secret', GH: 'also-secret' }

/** A repository that a stranger wrote, and what lies beside it. */
function project(config = hostile, more: Readonly<Record<string, string>> = {}): string {
  const root = tree({ 'repo/.harden-image.yaml': config, 'repo/Dockerfile': dockerfile, 'outside/secret': '', ...more })
  mkdirSync(join(root, 'repo/.git'))
  return join(root, 'repo')
}

describe('a configuration that nobody trusts', () => {
  test.each([
    ['beside the Dockerfile', '--prove Dockerfile'],
    ['found in a walk', '--prove .'],
    ['of an image', '--prove nginx:1'],
    ['named by --config, in the repository that is worked on', '--prove --config .harden-image.yaml Dockerfile'],
    ['of the verb prove', 'prove nginx:1'],
    ['of the verb profile', 'profile --for docker --prove Dockerfile'],
  ])('says what to harden, and not what is run, taken or given on this machine: %s', async (_, line) => {
    const { options, stdout, stderr } = await call(line.split(' '), { cwd: project(), env })
    const [given] = options
    expect(given?.smoke.map(({ kind, name }) => [kind, name])).toEqual([
      ['exec', 'smoke true'],
      ['http', 'smoke http :80/login'],
      ['tcp', 'smoke tcp :80'],
      ['log', 'smoke log without panic'],
      ['file', 'smoke file /x'],
    ])
    expect(given).toMatchObject({
      env: ['MODE=test'],
      buildArg: ['BASE=a'],
      capAdd: [],
      engine: 'auto',
      context: null,
      policy: { own: 'workdir' },
    })
    expect(JSON.stringify(options) + stdout + stderr).not.toContain('secret"')
  })

  test('and what was left out is said of each target, with its line and what to do', async () => {
    const cwd = project()
    const { stdout } = await call(['--prove', '--format', 'json', 'Dockerfile'], { cwd, env })
    const [{ findings }] = JSON.parse(stdout).results
    const left = findings.filter(({ transform }: { transform: string }) => transform === 'read-config')
    expect(left.map(({ message }: { message: string }) => message)).toEqual([
      `.harden-image.yaml:12: ignored: context ../outside lies outside of ${cwd}`,
      '.harden-image.yaml:11: ignored: engine chooses podman',
      '.harden-image.yaml:10: ignored: capAdd gives SYS_ADMIN',
      '.harden-image.yaml:2: ignored: a smoke check runs a command on this machine (in: host)',
      '.harden-image.yaml:8: ignored: env takes SECRET_TOKEN from your environment',
      '.harden-image.yaml:9: ignored: buildArg takes GH from your environment',
    ])
    for (const { outcome, hint } of left)
      expect([outcome, hint]).toEqual(['note', expect.stringContaining('--trust-config')])
  })

  test('a target that fails for want of it says it too', async () => {
    const { stderr } = await call(['Dockerfile'], {
      cwd: project(hostile, { 'repo/Dockerfile': 'BROKEN' }),
      env,
    })
    expect(stderr).toMatch(/there is no FROM[\s\S]*context \.\.\/outside lies outside/)
  })

  test('smoke as one text is a command of this machine', async () => {
    const { options, stderr } = await call(['--prove', '-v', 'Dockerfile'], {
      cwd: project('smoke: touch /tmp/owned\n'),
    })
    expect(options[0]?.smoke).toEqual([])
    expect(stderr).toContain('.harden-image.yaml:1: ignored: smoke runs a command on this machine')
  })

  test('what matters only where something is run is not said where nothing is', async () => {
    const { stderr } = await call(['-v', 'Dockerfile'], {
      cwd: project('smoke: a\nenv: [A]\ncapAdd: [SYS_ADMIN]\n'),
      env,
    })
    expect(stderr).not.toContain('ignored: ')
  })

  test.each([
    ['..', null],
    ['/', null],
    ['out', null],
    ['sub/../../outside', null],
    ['.', ''],
    ['sub', '/sub'],
    ['into', '/into'],
  ])('context: %s', async (context, taken) => {
    const cwd = project(`context: ${context}\n`, { 'repo/sub/x': '' })
    symlinkSync('../outside', join(cwd, 'out'))
    symlinkSync('sub', join(cwd, 'into'))
    const { options } = await call(['Dockerfile'], { cwd })
    expect(options[0]?.context).toBe(taken === null ? null : `${cwd}${taken}`)
  })

  test('without a repository a context is below the folder of the file', async () => {
    const cwd = tree({ 'a/.harden-image.yaml': 'context: ..\n', 'a/Dockerfile': dockerfile, secret: '' })
    expect((await call(['a/Dockerfile'], { cwd })).options[0]?.context).toBeNull()
    plant(cwd, { 'a/.harden-image.yaml': 'context: sub\n', 'a/sub/x': '' })
    expect((await call(['a/Dockerfile'], { cwd })).options[0]?.context).toBe(join(cwd, 'a/sub'))
  })

  test('is no link out of the repository: a message would show what it says', async () => {
    const cwd = project('own: workdir\n', { 'outside/secret': 'hunter2: x\n' })
    for (const to of ['../../outside/secret', '/dev/zero']) {
      mkdirSync(join(cwd, 'sub'), { recursive: true })
      plant(cwd, { 'sub/Dockerfile': dockerfile })
      rmSync(join(cwd, 'sub/.harden-image.yaml'), { force: true })
      symlinkSync(to, join(cwd, 'sub/.harden-image.yaml'))
      const { code, stderr } = await call(['sub/Dockerfile'], { cwd })
      expect([code, stderr]).toEqual([2, expect.stringContaining('sub/.harden-image.yaml was not read: it is a link')])
      expect(stderr).not.toContain('hunter2')
    }
  })

  test('a pipe in its place is not waited for', async () => {
    const cwd = project()
    rmSync(join(cwd, '.harden-image.yaml'))
    for (const name of ['.harden-image.yaml', '.gitignore', '.dockerignore', 'compose.yaml', '.env'])
      execFileSync('mkfifo', [join(cwd, name)])
    expect((await call(['.'], { cwd })).stderr).toContain('.harden-image.yaml was not read: it is not a regular file')
    rmSync(join(cwd, '.harden-image.yaml'))
    expect((await call(['.'], { cwd })).code).toBe(0)
  })
})

describe('what the caller trusts', () => {
  const all = {
    env: ['SECRET_TOKEN=very-secret', 'MODE=test'],
    buildArg: ['GH=also-secret', 'BASE=a'],
    capAdd: ['SYS_ADMIN'],
    engine: 'podman',
    context: expect.stringMatching(/outside$/),
  }
  /** Where the caller's own configuration lies, with a list of trusted folders. */
  const home = (list: string, mode = 0o600) => {
    const folder = tree({ '.config/harden-image/trusted': list })
    chmodSync(join(folder, '.config/harden-image/trusted'), mode)
    return folder
  }

  test.each([
    ['--prove --trust-config Dockerfile'],
    ['prove --trust-config nginx:1'],
    ['profile --for docker --prove --trust-config Dockerfile'],
    ['inspect --trust-config Dockerfile'],
    ['--prove --trust-config --config .harden-image.yaml .'],
  ])('may say all of it, without a word: %s', async (line) => {
    const { options, stdout, stderr } = await call(line.split(' '), { cwd: project(), env })
    expect(options).toMatchObject([all])
    expect(options[0]?.smoke).toHaveLength(6)
    expect(stdout + stderr).not.toContain('ignored: ')
  })

  test('a folder of the list, with all below it, by its real path', async () => {
    const cwd = project()
    const link = join(tree(), 'link')
    symlinkSync(cwd, link)
    for (const list of [cwd, join(cwd, '..'), `# mine\n\n${link}\n`]) {
      const { options } = await call(['--prove', 'Dockerfile'], { cwd, env: { ...env, HOME: home(list) } })
      expect(options).toMatchObject([all])
    }
    const xdg = join(home(cwd), '.config')
    expect((await call(['--prove', '.'], { cwd, env: { ...env, XDG_CONFIG_HOME: xdg } })).options).toMatchObject([all])
  })

  test('no folder that only begins alike, none above what the list names, none with --no-trust-config', async () => {
    const cwd = project()
    const smoke = async (list: string, ...more: string[]) =>
      (await call(['--prove', 'Dockerfile', ...more], { cwd, env: { ...env, HOME: home(list) } })).options[0]?.smoke
        .length
    expect(await smoke(cwd.slice(0, -1))).toBe(5)
    expect(await smoke(join(cwd, 'sub'))).toBe(5)
    expect(await smoke(cwd)).toBe(6)
    expect(await smoke(cwd, '--no-trust-config')).toBe(5)
  })

  test('a list that others can write is not believed, which is said', async () => {
    const cwd = project()
    const { options, stderr } = await call(['--prove', '-v', 'Dockerfile'], {
      cwd,
      env: { ...env, HOME: home(cwd, 0o666) },
    })
    expect(options[0]?.smoke).toHaveLength(5)
    expect(stderr).toContain('trusted is not believed: others can write it (chmod go-w)')
  })

  asRoot('a list of another user is not believed, which is said', async () => {
    const cwd = project()
    const folder = home(cwd)
    chownSync(join(folder, '.config/harden-image/trusted'), STRANGER, STRANGER)
    const { options, stderr } = await call(['--prove', '-v', 'Dockerfile'], { cwd, env: { ...env, HOME: folder } })
    expect(options[0]?.smoke).toHaveLength(5)
    expect(stderr).toContain('trusted is not believed: it belongs to another user')
  })

  test('a line that names no absolute folder is a mistake with its line', async () => {
    const { code, stderr } = await call(['Dockerfile'], { cwd: project(), env: { HOME: home('# x\nwork\n') } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('trusted:2: "work" is not an absolute path')])
  })

  test('a file that --config names, outside of every repository and folder that is worked on, and nobody else can write', async () => {
    const cwd = project()
    const outside = join(cwd, '../outside')
    plant(outside, { 'mine.yaml': 'smoke: a\n' })
    const smoke = async (config: string, target = 'Dockerfile', from = cwd) =>
      (await call(['--prove', '--config', config, target], { cwd: from })).options[0]?.smoke.length
    expect(await smoke(join(outside, 'mine.yaml'))).toBe(1)
    // A repository may hold a link to it.
    symlinkSync(join(outside, 'mine.yaml'), join(cwd, 'link.yaml'))
    expect(await smoke('link.yaml')).toBeUndefined()
    // It belongs to what is worked on from elsewhere.
    expect(await smoke(join(cwd, '.harden-image.yaml'), join(cwd, 'Dockerfile'), outside)).toBe(5)
    chmodSync(join(outside, 'mine.yaml'), 0o666)
    expect(await smoke(join(outside, 'mine.yaml'))).toBe(0)
  })

  test('a home folder that is a repository does not make one hand of all that is below it', () => {
    const folder = tree({ 'Downloads/evil/compose.yaml': '', '.ssh/id': '' })
    mkdirSync(join(folder, '.git'))
    const file = join(folder, 'Downloads/evil/compose.yaml')
    expect([
      allowedRootOf(file, folder),
      allowedRootOf(file, join(folder, 'Downloads')),
      allowedRootOf(file, '/none'),
    ]).toEqual([join(folder, 'Downloads/evil'), join(folder, 'Downloads/evil'), folder])
  })
})

describe('what lies above a target, in no repository', () => {
  const files = { '.harden-image.yaml': 'ignore: [set-user]\n', 'work/Dockerfile': dockerfile }

  test('counts when the caller wrote it', () => {
    const shared = tree(files)
    expect([...configsFrom(join(shared, 'work'))]).toEqual([join(shared, '.harden-image.yaml')])
  })

  test('does not where anybody can write it, which is said', async () => {
    const shared = tree(files)
    chmodSync(join(shared, '.harden-image.yaml'), 0o666)
    const { options, stderr } = await call(['-v', 'Dockerfile'], { cwd: join(shared, 'work') })
    expect(options[0]?.policy.ignore).toEqual([])
    expect(stderr).toContain(`${shared}/.harden-image.yaml: ignored: it lies above the target, in no repository`)
  })

  asRoot('does not where another user has put it, be it configuration, a Compose file or a .git', async () => {
    const shared = tree({
      ...files,
      'compose.yaml': 'services: { a: { build: { context: work, args: { A: 1 } } } }\n',
      'x/y': '',
    })
    const at = join(shared, 'work/Dockerfile')
    expect((await call([at], { cwd: shared })).items[0]?.build?.args).toEqual(new Map([['A', '1']]))
    mkdirSync(join(shared, '.git'))
    for (const name of ['.harden-image.yaml', 'compose.yaml', '.git']) chownSync(join(shared, name), STRANGER, STRANGER)
    expect([...configsFrom(join(shared, 'work'))]).toEqual([])
    expect(allowedRootOf(at)).toBe(join(shared, 'work'))
    expect((await call([at], { cwd: shared })).items[0]?.build).toBeUndefined()
    // In a folder of theirs it is theirs to say.
    chownSync(join(shared, 'work'), STRANGER, STRANGER)
    expect([...configsFrom(join(shared, 'work'))]).toEqual([join(shared, '.harden-image.yaml')])
  })
})

describe('Compose and bake files', () => {
  const service = (build: string, more = '') => `services:\n  api:\n    build: ${build}\n${more}`
  const built = async (files: Readonly<Record<string, string>>, ...flags: string[]) => {
    const cwd = project(
      'own: workdir\n',
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`repo/${name}`, text])),
    )
    symlinkSync('../outside', join(cwd, 'out'))
    writeFileSync(join(cwd, '../outside/vars'), 'AWS_SECRET=very-secret\n')
    const { items, stderr } = await call(['--prove', '-v', ...flags, 'Dockerfile'], {
      cwd,
      env: { TOKEN: 'very-secret', AWS_SECRET: 'very-secret' },
    })
    return { build: items[0]?.build, stderr, cwd }
  }

  test.each([
    ['..', 'Compose', { 'compose.yaml': service('{ context: .., dockerfile: repo/Dockerfile }') }],
    ['/', 'Compose', { 'compose.yaml': service('{ context: /, dockerfile: "$AT/Dockerfile" }') }],
    ['..', 'bake', { 'docker-bake.json': '{"target": {"api": {"context": "..", "dockerfile": "repo/Dockerfile"}}}' }],
  ])('a context outside (%s, %s) is none, which is said, until it is trusted', async (_, __, files) => {
    const { build, stderr } = await built({ ...files, '.env': 'AT=.' })
    expect(build).toBeUndefined()
    if (!stderr.includes('its context')) expect(files).toHaveProperty(['compose.yaml'], expect.stringContaining('$AT'))
    else expect((await built(files, '--trust-config')).build?.context).toMatch(/[^/]$/)
  })

  test('what lies in the folder that the caller has named is not outside', async () => {
    const cwd = tree({
      'shop/deploy/compose.yaml': 'services:\n  api:\n    build: { context: .., dockerfile: deploy/Dockerfile }\n',
      'shop/deploy/Dockerfile': 'FROM debian:13\n',
    })
    const contextFor = async (target: string) => {
      const { found } = await discover([target], cwd)
      return found.find(({ path }) => path?.endsWith('/Dockerfile'))?.build?.context
    }
    expect(await contextFor('shop')).toBe(join(cwd, 'shop'))
    expect(await contextFor('shop/deploy')).toBeUndefined()
    expect(await contextFor('shop/deploy/Dockerfile')).toBeUndefined()
  })

  test('variables come from files of the repository, and never from the environment', async () => {
    const run = `    environment: [TOKEN, A=$AWS_SECRET, "B=\${TOKEN:-none}", C=$constructor, OWN=1]\n    env_file: [../outside/vars, out/vars]\n`
    const args = `{ context: ., args: [TOKEN, A=$AWS_SECRET, "B=\${TOKEN:-none}"] }`
    const { build, stderr } = await built({ 'compose.yaml': service(args, run) })
    expect([build?.env, build?.args]).toEqual([
      new Map([
        ['B', 'none'],
        ['OWN', '1'],
      ]),
      new Map([['B', 'none']]),
    ])
    expect(stderr).toContain('service api of compose.yaml: ignored: its ../outside/vars lies outside of')
    const trusted = await built({ 'compose.yaml': service(args, run) }, '--trust-config')
    expect(trusted.build?.env.get('AWS_SECRET')).toBe('very-secret')
  })

  test('a .env that is a link out of the repository is not read, which is said', async () => {
    const cwd = project('own: workdir\n', {
      'repo/compose.yaml': service('{ context: ., args: { A: $AWS_SECRET } }'),
      'outside/vars': 'AWS_SECRET=very-secret\n',
    })
    symlinkSync('../outside/vars', join(cwd, '.env'))
    const { items, stderr } = await call(['-v', 'Dockerfile'], { cwd })
    expect(items[0]?.build?.args).toEqual(new Map())
    expect(stderr).toContain('service api of compose.yaml: ignored: its .env lies outside of')
  })
})

test('a path that is not there stays where it would be', () => {
  const root = realOf(tree({ 'a/b': '' }))
  symlinkSync('/', join(root, 'a/top'))
  expect([
    staysIn(root, join(root, 'a/none/x')),
    staysIn(root, join(root, 'a/top/none')),
    staysIn(root, join(root, '../x')),
  ]).toEqual([true, false, false])
  expect(trustOf(null, { HOME: root }).found(join(root, 'a/b'))).toBe(false)
})
