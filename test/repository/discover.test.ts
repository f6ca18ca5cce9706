import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { discover } from '../../src/repository/discover.ts'
import { type Excludes, noExcludes } from '../../src/repository/ignore-rules.ts'
import { isDockerfileName } from '../../src/repository/walk.ts'
import { plant, tree } from './tree.ts'

const text = 'FROM debian\n'
const targets = async (cwd: string, ...given: string[]) =>
  (await discover(given, cwd)).found.map(({ target }) => target)

describe('names', () => {
  test.each([
    'Dockerfile',
    'dockerfile',
    'Dockerfile.prod',
    'Dockerfile-alpine.dockerfile',
    'api.Dockerfile',
    'api.dockerfile',
    'Containerfile',
    'Containerfile.dev',
    'api.Containerfile',
    'Dockerfile.dev.arm64',
  ])('%s is one', (name) => {
    expect(isDockerfileName(name)).toBe(true)
  })

  test.each([
    '.dockerignore',
    'Dockerfile.dockerignore',
    'api.Dockerfile.dockerignore',
    'Dockerfile~',
    'Dockerfile.bak',
    'Dockerfile.orig',
    'Dockerfile.rej',
    'Dockerfile.swp',
    '.Dockerfile.swp',
    'Dockerfile.md',
    'Dockerfile.j2',
    'Dockerfile.tmpl',
    'Dockerfiles',
    'dockerfile_parser',
    'my-Dockerfile',
    'Makefile',
    'docker-compose.yml',
  ])('%s is none', (name) => {
    expect(isDockerfileName(name)).toBe(false)
  })
})

describe('folders', () => {
  test.each([
    ['Dockerfile.png', 'FROM debian\n'],
    ['dockerfile.go', 'package dockerfile\n'],
    ['dockerfile.py', '# reads Dockerfiles\nfrom dockerfile import parse\n'],
    ['dockerfile.yaml', 'on: push\n'],
    ['dockerfile.js', ''],
  ])('what is only named like a Dockerfile is none: %s', async (name, content) => {
    const cwd = tree({ [name]: content, Dockerfile: text })
    expect(await targets(cwd, '.')).toEqual(['Dockerfile'])
  })

  test.each([
    ['Dockerfile.go', '# syntax=docker/dockerfile:1\n\nARG V=1\nFROM golang:$V\n'],
    ['Dockerfile.py', 'from python:3 as build\n'],
    ['Dockerfile.js', `${'# a licence\n'.repeat(600)}FROM node\n`],
  ])('what is named after a language and begins as a Dockerfile is one: %s', async (name, content) => {
    expect(await targets(tree({ [name]: content }), '.')).toEqual([name])
  })

  test.each([
    ['third_party/z/Dockerfile', 'third_party'],
    ['a/vendor/example.org/x/Dockerfile', 'a/vendor'],
    ['web/vendor/shop/Dockerfile', undefined],
    ['Dockerfile', undefined],
  ])('a copy of another project is known by its folder: %s', async (path, folder) => {
    const { found } = await discover(['.'], tree({ [path]: text }))
    expect(found.map(({ vendored }) => vendored)).toEqual([folder])
  })

  test('a folder vendor that a package manager has filled holds copies', async () => {
    const { found } = await discover(['.'], tree({ 'vendor/autoload.php': '', 'vendor/shop/Dockerfile': text }))
    expect(found.map(({ vendored }) => vendored)).toEqual(['vendor'])
  })

  test('every Dockerfile below, sorted, joined with the argument as given', async () => {
    const cwd = tree({
      'services/web/Dockerfile': text,
      'services/api/Dockerfile.prod': text,
      'services/api/Dockerfile': text,
      'services/api-gateway/Containerfile': text,
      'services/readme.md': '',
      'services/node_modules/x/Dockerfile': text,
      'services/.git/Dockerfile': text,
    })
    const below = ['api/Dockerfile', 'api/Dockerfile.prod', 'api-gateway/Containerfile', 'web/Dockerfile']
    expect(await targets(cwd, 'services')).toEqual(below.map((path) => `services/${path}`))
    expect(await targets(cwd, 'services/')).toEqual(below.map((path) => `services/${path}`))
    expect(await targets(join(cwd, 'services'), '.')).toEqual(below)
    expect(await targets(join(cwd, 'services/web'), '../api')).toEqual(['../api/Dockerfile', '../api/Dockerfile.prod'])
    expect(await targets(cwd, join(cwd, 'services/web'))).toEqual([join(cwd, 'services/web/Dockerfile')])
  })

  test('what is named twice is done once, where it came first', async () => {
    const cwd = tree({ 'a/Dockerfile': text, 'b/Dockerfile': text })
    expect(await targets(cwd, 'b/Dockerfile', '.', 'a', './a/Dockerfile', 'nginx', 'nginx', '-', '-')).toEqual([
      'b/Dockerfile',
      'a/Dockerfile',
      'nginx',
      '-',
    ])
  })

  test('a folder without any is said', async () => {
    const cwd = tree({ 'docs/readme.md': '' })
    expect(await discover(['docs'], cwd)).toEqual({ found: [], empty: ['docs'] })
  })

  test('symlinks: no loops, nothing from outside, nothing twice', async () => {
    const outside = tree({ Dockerfile: text })
    const cwd = tree({ 'app/Dockerfile': text, 'shared/base.txt': text })
    symlinkSync('..', join(cwd, 'app/up'))
    symlinkSync('Dockerfile', join(cwd, 'app/Dockerfile.same'))
    symlinkSync('../shared/base.txt', join(cwd, 'app/Dockerfile.base'))
    symlinkSync('nowhere', join(cwd, 'app/Dockerfile.gone'))
    symlinkSync(join(outside, 'Dockerfile'), join(cwd, 'app/Dockerfile.outside'))
    mkdirSync(join(cwd, 'app/Dockerfile.folder'))
    expect(await targets(cwd, '.')).toEqual(['app/Dockerfile', 'app/Dockerfile.base'])
  })
})

describe('.gitignore', () => {
  const files = {
    '.gitignore': 'build/\n*.gen.Dockerfile\n/top\n',
    'build/Dockerfile': text,
    'a/build/Dockerfile': text,
    'a/x.gen.Dockerfile': text,
    'a/.gitignore': 'Dockerfile.local\n!keep.gen.Dockerfile\n',
    'a/keep.gen.Dockerfile': text,
    'a/Dockerfile.local': text,
    'a/Dockerfile': text,
    'a/top/Dockerfile': text,
    'b/Dockerfile.local': text,
    'top/Dockerfile': text,
    'vendor/.gitignore': '*\n!.gitignore\n',
    'vendor/Dockerfile': text,
  }

  test('leaves out what git leaves out', async () => {
    const cwd = tree(files)
    execFileSync('git', ['init', '-q'], { cwd })
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*Dockerfile*']
    const git = execFileSync('git', args, { cwd, encoding: 'utf8' }).trim().split('\n').sort()
    expect((await targets(cwd, '.')).sort()).toEqual(git)
    expect(git).toEqual(['a/Dockerfile', 'a/keep.gen.Dockerfile', 'a/top/Dockerfile', 'b/Dockerfile.local'])
  })

  test('holds without a repository as well', async () => {
    expect(await targets(tree(files), '.')).toEqual([
      'a/Dockerfile',
      'a/keep.gen.Dockerfile',
      'a/top/Dockerfile',
      'b/Dockerfile.local',
    ])
  })

  test('reaches down from the root of the repository', async () => {
    const cwd = tree(files)
    execFileSync('git', ['init', '-q'], { cwd })
    expect(await targets(cwd, 'a')).toEqual(['a/Dockerfile', 'a/keep.gen.Dockerfile', 'a/top/Dockerfile'])
  })

  test('who names it wants it', async () => {
    const cwd = tree(files)
    execFileSync('git', ['init', '-q'], { cwd })
    expect(await targets(cwd, 'build', 'a/Dockerfile.local')).toEqual(['build/Dockerfile', 'a/Dockerfile.local'])
  })
})

describe('exclude', () => {
  const files = {
    'a/Dockerfile': text,
    'a/fixtures/Dockerfile': text,
    'b/fixtures/keep/Dockerfile': text,
    'b/Dockerfile.dev': text,
    'third-party/x/Dockerfile': text,
  }
  const below = async (cwd: string, target: string, excludes: Partial<Excludes>) =>
    (await discover([target], cwd, { ...noExcludes, ...excludes })).found.map((one) => one.target)
  const given = (folder: string, ...patterns: string[]) => ({ given: [{ folder, patterns }] })

  test.each([
    [['fixtures/'], ['a/Dockerfile', 'b/Dockerfile.dev', 'third-party/x/Dockerfile']],
    [['/third-party', '*.dev', 'fixtures'], ['a/Dockerfile']],
    [
      ['b/**', '!b/Dockerfile.dev'],
      ['a/Dockerfile', 'a/fixtures/Dockerfile', 'b/Dockerfile.dev', 'third-party/x/Dockerfile'],
    ],
    [['*'], []],
  ])('%j', async (patterns, left) => {
    const cwd = tree(files)
    expect(await below(cwd, '.', given(cwd, ...patterns))).toEqual(left)
  })

  test('from the folder that says it; elsewhere from where the search begins', async () => {
    const cwd = tree(files)
    expect(await below(join(cwd, 'b'), '../a', given(join(cwd, 'b'), '/fixtures'))).toEqual(['../a/Dockerfile'])
    expect(await below(cwd, 'a', given(cwd, '/a/fixtures'))).toEqual(['a/Dockerfile'])
  })

  test('who names it wants it', async () => {
    const cwd = tree(files)
    expect(await below(cwd, 'third-party', given(cwd, 'third-party'))).toEqual(['third-party/x/Dockerfile'])
    expect(await below(cwd, 'a/fixtures/Dockerfile', given(cwd, 'fixtures'))).toEqual(['a/fixtures/Dockerfile'])
  })

  test('what a file in a folder says holds below it, and no .gitignore takes it back', async () => {
    const cwd = tree({ ...files, 'a/.gitignore': '!fixtures\n' })
    const at = async (folder: string) => (folder === join(cwd, 'a') ? ['fixtures'] : [])
    expect(await below(cwd, '.', { at })).not.toContain('a/fixtures/Dockerfile')
    expect(await below(cwd, '.', { at })).toContain('b/fixtures/keep/Dockerfile')
  })
})

describe('how Compose and bake files build it', () => {
  const api = 'services/api/Dockerfile'
  const buildOf = async (files: Readonly<Record<string, string>>, target = '.', folder = '.') => {
    const cwd = tree({ [api]: text, ...files })
    mkdirSync(join(cwd, '.git'))
    const { found } = await discover([target], join(cwd, folder))
    const { build } = found[0] ?? {}
    return (
      build && {
        ...build,
        context: build.context && relative(cwd, build.context),
        args: Object.fromEntries(build.args),
        env: Object.fromEntries(build.env),
      }
    )
  }
  const service = (build: string, name = 'api') => `services:\n  ${name}:\n    build: ${build}\n`
  const all = {
    by: ['service api of compose.yaml'],
    name: 'api',
    context: '',
    contextNames: ['.'],
    args: {},
    unlike: [],
    env: {},
    users: [],
    allSayUser: false,
    services: expect.anything(),
    starts: [],
    startsOwn: true,
    targets: [],
  }

  test.each([
    ['services/api', { ...all, context: 'services/api', contextNames: ['services/api'] }],
    [`{ dockerfile: ${api} }`, all],
    [`{ context: ., dockerfile: ${api}, target: dev }`, { ...all, targets: ['dev'] }],
    [
      `{ context: ., dockerfile: ${api}, args: { A: 1, B: "\${B:-x}", C: $C, D: a$$b, E: } }`,
      { ...all, args: { A: '1', B: 'x', D: 'a$b' } },
    ],
    [`{ context: ., dockerfile: ${api}, args: [A=1=2, B] }`, { ...all, args: { A: '1=2' } }],
    [
      `{ dockerfile: "\${FILE}", args: { A: "\${TAG:-\${NO:-x}}", B: "\${EMPTY:-d}", C: "\${EMPTY-d}", D: "\${TAG?}", E: "\${NO?}" } }`,
      { ...all, args: { A: '22', B: 'd', C: '', D: '22' } },
    ],
    // Another file, another machine, or nobody knows.
    ['.', undefined],
    [`{ context: https://example.org/x.git, dockerfile: ${api} }`, undefined],
    [`{ context: ., dockerfile: ${api}, dockerfile_inline: FROM a }`, undefined],
    [`{ context: ., dockerfile: $SELF }`, undefined],
    [`{ context: $ROOT, dockerfile: ${api} }`, undefined],
    [`{ context: nowhere, dockerfile: ../${api} }`, undefined],
    ['[', undefined],
  ])('build: %s', async (build, said) => {
    const env = `FILE=./${api}\nTAG="22" # ours\nEMPTY=\nSELF=a\${SELF}\n`
    expect(await buildOf({ 'compose.yaml': service(build), '.env': env })).toEqual(said)
  })

  test.each([
    ['docker-compose.yml', service(`{ dockerfile: ${api} }`)],
    ['compose.prod.yaml', service(`{ dockerfile: ${api} }`)],
    ['docker-bake.json', JSON.stringify({ target: { api: { context: '.', dockerfile: api } } })],
  ])('in %s', async (name, content) => {
    expect(await buildOf({ [name]: content })).toMatchObject({ context: '' })
  })

  test('one that is named alone is known alike, wherever one stands', async () => {
    const files = { 'deploy/compose.yaml': service(`{ context: .., dockerfile: ${api} }`) }
    expect(await buildOf(files)).toMatchObject({ context: '', by: ['service api of deploy/compose.yaml'] })
    expect(await buildOf(files, api)).toMatchObject({ context: '' })
    expect(await buildOf(files, 'Dockerfile', 'services/api')).toMatchObject({ contextNames: ['../..'] })
  })

  test('no context outside of the repository, nor behind a link that leads out', async () => {
    const outside = tree({ secret: '' })
    expect(
      await buildOf({ 'compose.yaml': service(`{ context: /, dockerfile: ${join(outside, api)} }`) }),
    ).toBeUndefined()
    const cwd = tree({ 'services/api/Dockerfile': text })
    mkdirSync(join(cwd, '.git'))
    symlinkSync(outside, join(cwd, 'out'))
    const at = async (context: string) => {
      plant(cwd, { 'compose.yaml': service(`{ context: ${context}, dockerfile: ${join(cwd, api)} }`) })
      return (await discover(['.'], cwd)).found[0]?.build?.contextNames
    }
    expect([await at('services'), await at('..'), await at('/'), await at('out')]).toEqual([
      ['services'],
      undefined,
      undefined,
      undefined,
    ])
  })

  test('without a repository all of the project, from wherever it is called', async () => {
    const cwd = tree({ 'here/api/Dockerfile': text, 'here/compose.yaml': service('api') })
    const named = async (folder: string, target: string) =>
      (await discover([target], join(cwd, folder))).found[0]?.build?.by
    expect(await named('here', 'api')).toEqual(['service api of compose.yaml'])
    expect(await named('here/api', '.')).toEqual(['service api of ../compose.yaml'])
    expect(await named('.', 'here/api')).toEqual(['service api of here/compose.yaml'])
  })

  test('what a service sets for its containers, by its own words before those of its files', async () => {
    const run = `    env_file: [web.env, { path: more.env, required: false }, ../out.env, gone.env]
    environment: { A: 1, B: "\${B:-x}", C: $C, D: a$$b, E: , F: true }
`
    const built = await buildOf({
      'compose.yaml': service(`{ context: ., dockerfile: ${api} }`) + run,
      'web.env': 'A=from web\nWEB="two words" # ours\nBOTH=web\n',
      'more.env': 'BOTH=more\n',
    })
    expect(built).toEqual({ ...all, env: { WEB: 'two words', BOTH: 'more', A: '1', B: 'x', D: 'a$b', F: 'true' } })
  })

  test('no file of variables that lies elsewhere', async () => {
    const outside = join(tree({ 'out.env': 'SECRET=1\n' }), 'out.env')
    const named = `    env_file: [link.env, ${outside}]\n`
    const cwd = tree({ [api]: text, 'compose.yaml': service(`{ context: ., dockerfile: ${api} }`) + named })
    mkdirSync(join(cwd, '.git'))
    symlinkSync(outside, join(cwd, 'link.env'))
    const { found } = await discover(['.'], cwd)
    expect(found[0]?.build?.env).toEqual(new Map())
  })

  test('what several set alike, as a list too', async () => {
    const build = `    build: { context: ., dockerfile: ${api} }\n`
    const worker = `  worker:\n${build}    environment: [ALIKE=1, MODE=work, SHELL]\n`
    const built = await buildOf({
      'compose.yaml': `services:\n  web:\n${build}    environment: [ALIKE=1, MODE=web, OWN=x]\n${worker}`,
    })
    expect(built?.env).toEqual({ ALIKE: '1', OWN: 'x' })
  })

  test.each<[string, readonly (readonly [readonly string[] | null, readonly string[] | null])[]]>([
    ['command: server -c "a b" $$HOME', [[null, ['server', '-c', 'a b', '$HOME']]]],
    ['command: >\n      server\n      --port 80', [[null, ['server', '--port', '80']]]],
    ['command: [server, --port, 80]', [[null, ['server', '--port', '80']]]],
    ['entrypoint: /start.sh\n    command: sh -c "a && b"', [[['/start.sh'], ['sh', '-c', 'a && b']]]],
    ['entrypoint: []', []],
    // The words are those of whoever starts it.
    ['command: server $PORT', []],
    // No shell is asked: these are the words that Compose has for them (measured on 2.26).
    ['command: a && b', [[null, ['a']]]],
    ['command: a > b', [[null, ['a']]]],
    ['command: A=1 b', [[null, ['A=1', 'b']]]],
    ['command: a *.txt', [[null, ['a', '*.txt']]]],
    ['command: a "b', []],
  ])('what a service starts: %s', async (said, starts) => {
    const built = await buildOf({ 'compose.yaml': `${service(`{ context: ., dockerfile: ${api} }`)}    ${said}\n` })
    const by = 'service api of compose.yaml'
    expect(built?.starts).toEqual(starts.map(([entrypoint, command]) => ({ by, entrypoint, command, workdir: null })))
  })

  test('of several those first that publish a port, and whether one starts what the image says', async () => {
    const build = `    build: { context: ., dockerfile: ${api} }\n`
    const work = `  work:\n${build}    command: work\n`
    const web = `  web:\n${build}    command: serve\n    ports: ['80:80']\n`
    const said = async (services: string) => {
      const { starts = [], startsOwn } = (await buildOf({ 'compose.yaml': `services:\n${services}` })) ?? {}
      return [...starts.map(({ command }) => command), startsOwn]
    }
    expect(await said(work + web)).toEqual([['serve'], ['work'], false])
    expect(await said(`${work}${web}  plain:\n${build}`)).toEqual([['serve'], ['work'], true])
  })

  test('what several do not agree on is open', async () => {
    const second = `  two:\n    build: { context: services, dockerfile: api/Dockerfile, args: [S=b, V=1] }\n`
    const first = service(`{ context: ., dockerfile: ${api}, args: [S=a, V=1] }`)
    expect(await buildOf({ 'compose.yaml': first + second })).toEqual({
      by: ['service api of compose.yaml', 'service two of compose.yaml'],
      name: null,
      context: null,
      contextNames: ['.', 'services'],
      args: { V: '1' },
      unlike: ['S'],
      env: {},
      users: [],
      allSayUser: false,
      services: expect.anything(),
      starts: [],
      startsOwn: true,
      targets: [],
    })
  })
})

test.each([
  ['https://example.org/Dockerfile', 'curl -fsSL https://example.org/Dockerfile | harden-image -'],
  ['https://example.org/a.git#main', 'clone it'],
  ['git@example.org:a/b.git', 'clone it'],
])('what docker build would fetch is not, and what to do is said: %s', async (target, hint) => {
  const { found } = await discover([target], tree())
  expect(found[0]?.error?.hint).toContain(hint)
})

test('a target whose links lead in a circle cannot be read', async () => {
  const cwd = tree()
  symlinkSync('loop', join(cwd, 'loop'))
  expect((await discover(['loop'], cwd)).found[0]?.error?.message).toBe(
    'loop cannot be read: its links lead in a circle',
  )
})

describe('what a target is', () => {
  const kinds = async (cwd: string, target: string) => (await discover([target], cwd)).found[0]

  test('a path where there is one, whatever it is named', async () => {
    const cwd = tree({ nginx: text, 'redis/Dockerfile': text })
    expect(await kinds(cwd, 'nginx')).toMatchObject({ kind: 'dockerfile', path: join(cwd, 'nginx'), reference: null })
    expect(await kinds(cwd, 'redis')).toMatchObject({ kind: 'dockerfile', target: 'redis/Dockerfile' })
    expect(await kinds(cwd, 'docker://nginx')).toMatchObject({
      kind: 'image',
      reference: 'nginx',
      target: 'docker://nginx',
    })
  })

  test('a target that is no path is an image', async () => {
    expect(await kinds(tree(), 'localhost:5000/a/b:1')).toEqual({
      target: 'localhost:5000/a/b:1',
      kind: 'image',
      path: null,
      reference: 'localhost:5000/a/b:1',
      from: null,
      error: null,
    })
  })

  test('a lone - is stdin', async () => {
    expect(await kinds(tree(), '-')).toEqual({
      target: '-',
      kind: 'dockerfile',
      path: null,
      reference: null,
      from: null,
      error: null,
    })
  })

  test.each([
    ['docker://nginx', { reference: 'nginx', from: 'registry' }],
    ['docker-daemon:nginx:1', { reference: 'nginx:1', from: 'engine' }],
    ['docker:27', { reference: 'docker:27', from: null }],
    ['oci:a/web:1', { reference: null, from: { path: 'a/web', reference: { transport: 'oci', image: '1' } } }],
    ['docker-archive:/a/web.tar', { reference: null, from: { path: '/a/web.tar', reference: { image: null } } }],
  ])('where it says that an image is to be taken from: %s', async (target, { reference, from }) => {
    const cwd = tree()
    const place = from !== null && typeof from === 'object' ? { ...from, path: resolve(cwd, from.path) } : from
    expect(await kinds(cwd, target)).toMatchObject({ target, kind: 'image', reference, from: place, error: null })
  })

  test.each([
    ['services/api/Dockerfile', 'dockerfile'],
    ['./nope', 'dockerfile'],
    ['NGINX', 'dockerfile'],
    ['a b', 'image'],
    ['nginx:', 'image'],
  ])('%s is neither, and both readings are said', async (target, kind) => {
    const found = await kinds(tree(), target)
    expect(found).toMatchObject({ kind, error: { code: 'bad-reference' } })
    expect(found?.error?.message).toContain(`there is no file or folder ${target}, and`)
    expect(found?.error?.message).toContain('is not an image reference')
  })

  test('a part of the path that is a file', async () => {
    expect((await kinds(tree({ Dockerfile: text }), 'Dockerfile/Dockerfile'))?.error?.code).toBe('bad-reference')
  })
})
