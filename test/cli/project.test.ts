// A Compose project as a target: what counts as one, how it is told which, and that all its files are written or none.
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { TargetOutcome } from '../../src/app/task.ts'
import type { WorkItem } from '../../src/repository/work-item.ts'
import { sampleProject } from '../report/sample.ts'
import { tree } from '../repository/tree.ts'
import { type Called, call, pretend } from './call.ts'

const COMPOSE = 'services:\n  api:\n    build: ./api\n  db:\n    image: postgres\n    profiles: [data]\n'
const files = {
  'compose.yaml': COMPOSE,
  'compose.override.yaml': 'services:\n  api:\n    user: "5"\n',
  'api/Dockerfile': 'FROM a\n',
  'tool/Dockerfile': 'FROM b\n',
}

const worked = ({ items }: Called) => items.map(({ target, kind }) => [target, kind])
const services = ({ items }: Called) => items[0]?.project?.services.map(({ name, user }) => [name, user])

/** Changes the files of a project in a way that shows. */
async function pretendProject(item: WorkItem): Promise<TargetOutcome> {
  const { project, target, path } = item
  if (project === undefined) return pretend(item)
  const dockerfiles = project.services.flatMap(({ build }) => build?.dockerfile ?? [])
  const changes = [
    ...project.files.map((file) => ({ path: file.path, before: file.text })),
    ...dockerfiles.map((file) => ({ path: file, before: readFileSync(file, 'utf8') })),
  ].map((file) => ({ ...file, name: '', after: `${file.before}# changed\n` }))
  const made = { path: join(project.folder, 'new/migrate.sh'), name: '', before: null, after: 'chown\n' }
  const all = [...changes, made]
  const report = all.map((file) => ({ path: file.path, output: file.after, changed: true }))
  return { source: project.files[0]?.text ?? '', path, files: all, result: sampleProject({ target, files: report }) }
}

describe('is one target', () => {
  test('a Compose file that is named, with what Compose reads on top of it', async () => {
    const called = await call(['compose.yaml'], { cwd: tree(files) })
    expect(worked(called)).toEqual([['compose.yaml', 'compose']])
    expect(services(called)).toEqual([['api', '5']])
  })

  test('a folder with one: Dockerfiles that it builds are no targets of their own, the others are', async () => {
    const cwd = tree({ ...files, 'sub/compose.yaml': 'services: {x: {image: x}}\n' })
    expect(worked(await call(['.'], { cwd }))).toEqual([
      ['compose.yaml', 'compose'],
      ['tool/Dockerfile', 'dockerfile'],
    ])
    expect(worked(await call([], { cwd }))).toHaveLength(2)
    expect(worked(await call(['sub'], { cwd }))).toEqual([['sub/compose.yaml', 'compose']])
    expect(worked(await call(['sub', 'sub/compose.yaml'], { cwd }))).toHaveLength(1)
  })

  test('those that -f names, one on top of the other, and nothing else', async () => {
    const cwd = tree({ ...files, 'prod.yml': 'services:\n  api:\n    user: "7"\n' })
    const called = await call(['-f', 'compose.yaml', '-f', 'prod.yml'], { cwd })
    expect(worked(called)).toEqual([['compose.yaml', 'compose']])
    expect(services(called)).toEqual([['api', '7']])
    expect(services(await call(['-f', 'compose.yaml'], { cwd }))).toEqual([['api', null]])
  })

  test('those that COMPOSE_FILE of .env names', async () => {
    const cwd = tree({
      'a.yaml': 'services: {a: {image: x}}\n',
      'b.yml': 'services: {b: {image: x}}\n',
      '.env': 'COMPOSE_FILE=a.yaml:b.yml\n',
    })
    const called = await call(['.'], { cwd })
    expect(worked(called)).toEqual([['a.yaml', 'compose']])
    expect(services(called)).toEqual([
      ['a', null],
      ['b', null],
    ])
  })

  test('a YAML file of another name that has services', async () => {
    const cwd = tree({ 'stack.yml': COMPOSE, 'list.yml': 'services: [a]\n', 'other.yaml': 'a: 1\n' })
    expect(worked(await call(['stack.yml'], { cwd }))).toEqual([['stack.yml', 'compose']])
    expect(worked(await call(['list.yml', 'other.yaml'], { cwd }))).toEqual([
      ['list.yml', 'dockerfile'],
      ['other.yaml', 'dockerfile'],
    ])
  })

  test('other verbs take the Dockerfiles of a folder as before', async () => {
    expect(worked(await call(['inspect', 'api'], { cwd: tree({ ...files, 'api/compose.yaml': COMPOSE }) }))).toEqual([
      ['api/Dockerfile', 'dockerfile'],
    ])
  })
})

describe('is resolved as it is told', () => {
  test('with profiles, an env file and a name', async () => {
    const cwd = tree({
      ...files,
      'compose.yaml': `${COMPOSE}  web:\n    image: "$COMPOSE_PROJECT_NAME:$T"\n`,
      'x.env': 'T=3\n',
    })
    const { items } = await call(
      ['compose.yaml', '--profile', 'data', '--env-file', 'x.env', '--project-name', 'shop'],
      { cwd },
    )
    expect(items[0]?.project?.name).toBe('shop')
    expect(items[0]?.project?.services.map(({ name, image }) => [name, image])).toEqual([
      ['api', null],
      ['db', 'postgres'],
      ['web', 'shop:3'],
    ])
  })

  const withSecret = { 'compose.yaml': 'services: {a: {image: "evil.example/$TOKEN:$USER"}}\n' }
  const image = ({ items }: Called) => items[0]?.project?.services[0]?.image

  test('gives a project that nobody trusts none of the variables that may be secrets', async () => {
    const setting = { cwd: tree(withSecret), env: { TOKEN: 's3cret', USER: 'me' } }
    const called = await call(['compose.yaml'], setting)
    expect(image(called)).toBe('evil.example/:me')
    expect(called.items[0]?.project?.findings.map(({ outcome, message }) => [outcome, message])).toEqual([
      ['todo', 'TOKEN is set here, and was not given to a project that nobody trusts: nothing is in its place'],
      ['note', 'USER: taken from your environment, as Compose does'],
    ])
    expect(image(await call(['compose.yaml', '--trust-config'], setting))).toBe('evil.example/s3cret:me')
  })

  test('reads no file outside of its repository, but for those that the caller names', async () => {
    const outside = tree({ 'x.yaml': 'services: {x: {image: x}}\n', 'x.env': 'T=1\n' })
    const cwd = tree({ 'compose.yaml': `include: ["${outside}/x.yaml"]\nservices: {a: {image: "a:$T"}}\n` })
    symlinkSync(join(outside, 'x.env'), join(cwd, '.env'))
    const { items } = await call(['compose.yaml'], { cwd })
    expect(items[0]?.project?.services.map(({ image }) => image)).toEqual(['a:'])
    expect(items[0]?.project?.findings.filter(({ message }) => message.includes('lies outside of'))).toHaveLength(2)
    const named = await call(['compose.yaml', '--env-file', join(outside, 'x.env')], { cwd })
    expect(named.items[0]?.project?.services.map(({ image }) => image)).toEqual(['a:1'])
    const trusted = await call(['compose.yaml', '--trust-config'], { cwd })
    expect(trusted.items[0]?.project?.services.map(({ image }) => image)).toEqual(['x', 'a:1'])
  })

  test('builds nothing outside of its repository', async () => {
    const outside = tree({ Dockerfile: 'FROM a\n' })
    const cwd = tree({ 'compose.yaml': `services: {a: {build: "${outside}"}}\n` })
    const project = async (flags: readonly string[]) =>
      (await call(['compose.yaml', ...flags], { cwd })).items[0]?.project
    const untrusted = await project([])
    expect(untrusted?.services[0]?.build).toMatchObject({ dockerfile: null, context: null })
    expect(untrusted?.findings.map(({ outcome, message }) => [outcome, message])).toEqual([
      ['todo', expect.stringMatching(/^the service a builds .*Dockerfile, which lies outside of/)],
    ])
    expect((await project(['--trust-config']))?.services[0]?.build).toMatchObject({ context: outside })
  })

  test('finds no file outside of its repository, though a link or .env leads there', async () => {
    const outside = tree({ 'x.yaml': 'services: {hunter2: {image: x}}\n' })
    const cwd = tree({ 'a/.env': `COMPOSE_FILE=${outside}/x.yaml\n`, 'b/Dockerfile': 'FROM a\n' })
    symlinkSync(join(outside, 'x.yaml'), join(cwd, 'b/compose.yaml'))
    for (const folder of ['a', 'b']) {
      const { code, stderr } = await call([folder], { cwd })
      expect([code, stderr]).toEqual([2, expect.stringMatching(/was not read: it lies outside of/)])
      expect(stderr).not.toContain('hunter2')
    }
    expect(worked(await call(['b/compose.yaml'], { cwd }))).toEqual([['b/compose.yaml', 'compose']])
  })

  test('what Compose refuses has failed, and the Dockerfiles beside it are done', async () => {
    const cwd = tree({
      ...files,
      'compose.yaml': 'services: {a: {build: api, depends_on: [b]}}\n',
      'compose.override.yaml': '',
    })
    const called = await call(['.'], { cwd })
    expect(called.code).toBe(2)
    expect(called.stderr).toMatch(/compose.yaml {2,}the service a of compose.yaml/)
    expect(worked(called)).toEqual([
      ['api/Dockerfile', 'dockerfile'],
      ['tool/Dockerfile', 'dockerfile'],
    ])
  })
})

describe('its files', () => {
  const read = (cwd: string, names: readonly string[]) =>
    names.map((name) => readFileSync(join(cwd, name), 'utf8').endsWith('# changed\n'))
  const names = ['compose.yaml', 'compose.override.yaml', 'api/Dockerfile']

  test('are one diff', async () => {
    const cwd = tree(files)
    const { code, stdout, stderr } = await call(['compose.yaml'], { cwd, processTarget: pretendProject })
    expect(stdout.match(/^\+\+\+ .*$/gm)).toEqual([...names.map((name) => `+++ b/${name}`), '+++ b/new/migrate.sh'])
    expect(stdout).toContain('new file mode 100644\n--- /dev/null\n+++ b/new/migrate.sh')
    expect(stderr).toContain('4 files would change: -w writes them\n')
    expect(stderr).toContain('  service  verdict    user')
    expect([code, read(cwd, names)]).toEqual([0, [false, false, false]])
  })

  test('are written all', async () => {
    const cwd = tree(files)
    chmodSync(join(cwd, 'compose.yaml'), 0o600)
    const { code, stdout, stderr } = await call(['-w', '.'], { cwd, processTarget: pretendProject })
    expect([code, stdout]).toEqual([0, ''])
    // With that of the tool's own Dockerfile.
    expect(stderr).toContain('wrote 5 files\n')
    expect(read(cwd, names)).toEqual([true, true, true])
    expect(readFileSync(join(cwd, 'new/migrate.sh'), 'utf8')).toBe('chown\n')
  })

  test.each<readonly [string, (cwd: string) => void, RegExp]>([
    [
      'one has changed',
      (cwd) => writeFileSync(join(cwd, 'api/Dockerfile'), 'FROM c\n'),
      /api\/Dockerfile: it changed while it was worked on/,
    ],
    ['one is gone', (cwd) => rmSync(join(cwd, 'api/Dockerfile')), /api\/Dockerfile: it changed while/],
    ['one that is made is there', (cwd) => writeFileSync(join(cwd, 'new'), ''), /new.*cannot be written/],
  ])('are written none where %s', async (_name, disturb, message) => {
    const cwd = tree(files)
    const processTarget = async (item: WorkItem) => {
      const outcome = await pretendProject(item)
      disturb(cwd)
      return outcome
    }
    const { code, stderr } = await call(['-w', 'compose.yaml'], { cwd, processTarget })
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(read(cwd, names.slice(0, 2))).toEqual([false, false])
  })

  test('are written none where one lies outside of the repository', async () => {
    const outside = tree({ Dockerfile: 'FROM a\n' })
    const cwd = tree({ 'compose.yaml': `services: {a: {build: "${outside}"}}\n` })
    const { code, stderr } = await call(['-w', 'compose.yaml', '--trust-config'], {
      cwd,
      processTarget: pretendProject,
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/nothing was written: .*Dockerfile lies outside of/)
    expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).not.toContain('# changed')
  })

  test('would change, which --check says', async () => {
    const { code } = await call(['--check', 'compose.yaml'], { cwd: tree(files), processTarget: pretendProject })
    expect(code).toBe(1)
  })
})

describe('is refused', () => {
  test.each<readonly [string, string]>([
    ['compose.yaml -o out', '--output takes the Dockerfile of one image, and compose.yaml is a project'],
    ['compose.yaml --build -t app:1', '--tag names one image, and compose.yaml is a project'],
    ['compose.yaml --format dockerfile', '--format dockerfile prints one Dockerfile, and compose.yaml is a project'],
    ['-f compose.yaml api', '--file names a Compose project, and api is another target'],
    ['api --profile data', '--profile is of a Compose project, and no target is one'],
    ['api --env-file x', '--env-file is of a Compose project'],
    ['api --project-name x', '--project-name is of a Compose project'],
    ['compose.yaml --project-name Shop', '--project-name takes small letters, digits, - and _, not "Shop"'],
    ['inspect -f compose.yaml', 'inspect has no flag -f'],
  ])('%s', async (line, message) => {
    const { code, stderr } = await call(line.split(' '), { cwd: tree(files) })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
