// --with-manifests: what runs an image changes with its Dockerfile, all of it or nothing.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { TargetOutcome } from '../../src/app/task.ts'
import type { WorkItem } from '../../src/repository/work-item.ts'
import { proof, sampleProject } from '../report/sample.ts'
import { tree } from '../repository/tree.ts'
import { type Called, call, pretend } from './call.ts'

const DEPLOYMENT = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  template:
    spec:
      containers: [{ name: api, image: ${image} }]
`
const files = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  'api/Dockerfile': 'FROM a\n',
  'tool/Dockerfile': 'FROM b\n',
  'deploy/compose.yaml': 'services:\n  api:\n    build: ../api\n    image: acme/api\n',
  'k8s/api.yaml': DEPLOYMENT('acme/api:1'),
  'k8s/redis/redis.yaml': DEPLOYMENT('redis:7'),
}
const worked = ({ items }: Called) => items.map(({ target, kind }) => `${kind} ${target}`)

/** What files become; each target says the same of a Dockerfile unless its name is in `apart`. */
const pretendProjects =
  (apart: readonly string[] = []) =>
  async (item: WorkItem): Promise<TargetOutcome> => {
    const { project, cluster, target, path } = item
    if (project === undefined && cluster === undefined) return pretend(item)
    const root = /^.*?(?=\/(?:deploy|k8s|compose)\b)/.exec(path ?? '')?.[0] ?? ''
    const dockerfile = join(root, 'api/Dockerfile')
    const own = (project ?? cluster)?.files ?? []
    const changes = [
      ...own.map((file) => ({
        path: file.path ?? '',
        name: file.name,
        before: file.text,
        after: `${file.text}# changed\n`,
      })),
      {
        path: dockerfile,
        name: 'api/Dockerfile',
        before: readFileSync(dockerfile, 'utf8'),
        after: `FROM a\nUSER ${apart.includes(target) ? 2 : 1}\n`,
      },
    ]
    const report = changes.map((file) => ({ path: file.name, output: file.after, changed: true }))
    const kind = item.kind === 'kubernetes' ? 'kubernetes' : 'compose'
    return { source: '', path, files: changes, result: sampleProject({ target, kind, files: report }) }
  }

const texts = (cwd: string) =>
  Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(join(cwd, name), 'utf8')]))

describe('what is changed', () => {
  test('without it a Dockerfile alone; with it what runs its image, wherever that is in the repository', async () => {
    expect(worked(await call(['api'], { cwd: tree(files) }))).toEqual(['dockerfile api/Dockerfile'])
    const all = ['compose deploy/compose.yaml', 'kubernetes k8s']
    expect(worked(await call(['--with-manifests', 'api'], { cwd: tree(files) }))).toEqual(all)
    expect(worked(await call(['--with-manifests', 'tool'], { cwd: tree(files) }))).toEqual([
      'dockerfile tool/Dockerfile',
    ])
    expect(worked(await call(['--with-manifests', '.'], { cwd: tree(files) }))).toEqual([
      ...all,
      'dockerfile tool/Dockerfile',
    ])
  })

  test('a project that is a target itself takes along the manifests, and each file is one target', async () => {
    const cwd = tree(files)
    const all = ['compose deploy/compose.yaml', 'kubernetes k8s']
    expect(worked(await call(['--with-manifests', 'deploy'], { cwd }))).toEqual(all)
    expect(worked(await call(['--with-manifests', 'deploy/compose.yaml', 'k8s', 'api'], { cwd }))).toEqual(all)
  })

  test('a service that only names the image is built from the Dockerfile that makes it', async () => {
    const cwd = tree({ ...files, 'deploy/compose.yaml': 'services:\n  web:\n    image: acme/api\n' })
    const { items } = await call(['--with-manifests', 'api'], { cwd })
    expect(items[0]?.project?.services[0]?.build?.dockerfile).toBe(join(cwd, 'api/Dockerfile'))
    const proved = await call(['--with-manifests', '--prove', 'api'], { cwd })
    expect([proved.code, proved.stderr]).toEqual([
      2,
      expect.stringContaining('runs acme/api by name, which no proof builds'),
    ])
  })
})

describe('all of it or nothing', () => {
  const write = (cwd: string, processTarget = pretendProjects()) =>
    call(['-w', '--with-manifests', '.'], { cwd, processTarget })

  test('the files of all of them, and the Dockerfile once', async () => {
    const cwd = tree(files)
    const { stderr } = await write(cwd)
    expect(texts(cwd)).toMatchObject({
      'api/Dockerfile': 'FROM a\nUSER 1\n',
      'deploy/compose.yaml': `${files['deploy/compose.yaml']}# changed\n`,
      'k8s/api.yaml': `${files['k8s/api.yaml']}# changed\n`,
      'k8s/redis/redis.yaml': files['k8s/redis/redis.yaml'],
    })
    expect(stderr).toContain('wrote 4 files')
  })

  test('the diff has each file once', async () => {
    const { stdout } = await call(['--with-manifests', 'api'], { cwd: tree(files), processTarget: pretendProjects() })
    expect(stdout.match(/^diff --git .*/gm)).toHaveLength(3)
  })

  const unwritten = { ...files, 'tool/Dockerfile': 'FROM b\nUSER 10001:10001\n' }

  test.each([
    [
      'they do not agree about the Dockerfile',
      {},
      pretendProjects(['k8s']),
      'need different changes of api/Dockerfile',
    ],
    [
      'a Compose file cannot be read',
      { 'deploy/compose.yaml': 'services: {api: {build: ../api, ports: [}\n' },
      pretendProjects(),
      'is not valid YAML',
    ],
    [
      'somebody lays another file over the project',
      { 'deploy/compose.prod.yaml': 'services: {api: {ports: ["80:80"]}}\n' },
      pretendProjects(),
      'harden-image -w -f deploy/compose.yaml -f deploy/compose.prod.yaml',
    ],
    [
      'a chart runs the image',
      {
        'chart/Chart.yaml': 'name: x\n',
        'chart/templates/x': '',
        'chart/values.yaml': 'image:\n  repository: acme/api\n',
      },
      pretendProjects(),
      'chart is a Helm chart, which is not changed with its image',
    ],
  ] as const)('nothing where %s', async (_why, more, processTarget, message) => {
    const cwd = tree({ ...files, ...more })
    const before = texts(cwd)
    const { code, stderr } = await write(cwd, processTarget)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    // What has nothing to do with it is written.
    expect(texts(cwd)).toEqual({ ...before, 'tool/Dockerfile': unwritten['tool/Dockerfile'] })
  })

  test('nothing where the proof of one failed, or one file cannot be written', async () => {
    const cwd = tree(files)
    const before = texts(cwd)
    const held = await write(cwd, async (item) => {
      const outcome = await pretendProjects()(item)
      const isFailed = item.kind === 'compose'
      return isFailed ? { ...outcome, result: { ...outcome.result, proof: { ...proof, passed: false } } } : outcome
    })
    expect(held.stderr).toContain('k8s was not written: its proof failed')
    expect(texts(cwd)).toEqual({ ...before, 'tool/Dockerfile': unwritten['tool/Dockerfile'] })
    const gone = await write(cwd, async (item) => {
      const outcome = await pretendProjects()(item)
      if (item.kind === 'kubernetes') rmSync(join(cwd, 'k8s/api.yaml'))
      return outcome
    })
    expect(gone.code).toBe(2)
    expect(readFileSync(join(cwd, 'api/Dockerfile'), 'utf8')).toBe('FROM a\n')
    expect(existsSync(join(cwd, 'k8s/api.yaml'))).toBe(false)
  })

  test('a Compose file that lies over nothing of theirs, and an overlay that changes nothing of it, are no obstacle', async () => {
    const cwd = tree({
      ...files,
      'deploy/compose.tools.yaml': 'services: {adminer: {image: adminer}}\n',
      'deploy/compose.labels.yaml': 'services: {api: {labels: {a: b}}}\n',
    })
    expect((await write(cwd)).stderr).toContain('wrote 4 files')
  })
})
