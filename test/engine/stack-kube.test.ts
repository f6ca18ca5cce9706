// Stacks of test/engine/stacks as manifests: proved by `podman kube play`, and then accepted by Pod Security restricted.
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { refusals } from '../../src/manifests/kubernetes/restricted.ts'
import { manifestsOf } from '../../src/manifests/kubernetes/workloads.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { harden } from './support/cli.ts'
import { buildImage, ensureImage } from './support/images.ts'
import { type PodmanStore, podmanStore, withPodman } from './support/podman.ts'
import { retryOnce } from './support/retry.ts'
import { STACKS } from './support/stack.ts'

retryOnce()
jest.setTimeout(400_000)

const CLUSTERS = join(import.meta.dirname, 'clusters')
const BUILT = {
  notes: 'proxy/api',
  orders: 'jobs/orders',
  ledger: 'secret/api',
  'ledger-client': 'secret/client',
}

let store: PodmanStore
let folder: string

beforeAll(async () => {
  store = await podmanStore()
  folder = await mkdtemp(join(tmpdir(), 'harden-image-clusters-'))
  await cp(CLUSTERS, folder, { recursive: true })
  await ensureImage('nginx-official')
  for (const [name, context] of Object.entries(BUILT))
    await buildImage(`harden-image-test/${name}:latest`, [join(STACKS, context)])
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

const left = () =>
  store.shell(
    'podman pod ls -q; podman ps -aq; podman volume ls -q; podman secret ls -q; podman network ls -q --filter label=harden-image.session; podman image ls -q --filter reference=*/harden-image/pod',
  )

async function proved(name: string): Promise<TargetResult> {
  const { code, stdout, stderr } = await harden([join(folder, name), '--prove', '--format', 'json'], store)
  const [result] = JSON.parse(stdout).results as [TargetResult]
  const said = [...result.findings, ...(result.services ?? []).flatMap(({ findings }) => findings)]
  const todo = said.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message)
  expect({ code, todo, verdict: result.verdict, passed: result.proof?.passed, stderr }).toMatchObject({
    code: 0,
    todo: [],
    verdict: 'hardened',
    passed: true,
  })
  expect(result.proof?.engine).toMatch(/^podman /)
  expect(JSON.stringify(result)).not.toContain('not traced')
  const files = (result.files ?? []).filter(({ path }) => path.endsWith('.yaml'))
  const { workloads } = manifestsOf(files.map(({ path, output }) => ({ name: path, text: output })))
  expect(workloads.length).toBeGreaterThan(1)
  for (const { pod } of workloads)
    expect(refusals({ metadata: { annotations: pod.annotations }, spec: pod.spec })).toEqual([])
  expect(await left()).toBe('')
  return result
}

const checksOf = ({ proof }: TargetResult) => proof?.checks.map(({ name, result }) => `${name}: ${result}`)

withPodman('a proxy follows an api whose port moves, by its ConfigMap, its Service and its probe', async () => {
  const result = await proved('proxy')
  const output = result.files?.find(({ path }) => path.endsWith('proxy.yaml'))?.output
  expect(output).toContain('        listen 8080;\n        server_name  _;\n')
  // A Service keeps its own port.
  expect(output).toContain('server api:80;')
  expect(checksOf(result)).toEqual(
    expect.arrayContaining([
      'deployment/proxy to statefulset/api :8080: connected',
      'service/proxy :80: open',
      'deployment/proxy readinessProbe: 200 text/plain',
      'deployment/proxy readinessProbe, on the same volumes: 200 text/plain',
    ]),
  )
  expect(result.proof?.remarks).toEqual(
    expect.arrayContaining([
      'networkpolicy/api: podman lets every pod reach every other',
      'ingress/notes: there is no controller that would lead anybody in by it',
      'admission, scheduling and storage classes: there is no cluster',
    ]),
  )
})

withPodman('a migration runs before each start, and a CronJob once, on claims that they share', async () => {
  const result = await proved('jobs')
  const output = result.files?.find(({ path }) => path.endsWith('jobs.yaml'))?.output
  expect(output).not.toContain('fix-permissions')
  const backup = result.services?.find(({ target }) => target === 'cronjob/backup')
  expect(backup?.proof?.checks).toContainEqual(
    expect.objectContaining({ name: 'makes the files that it made', passed: true }),
  )
  expect(backup?.proof?.remarks).toContain('its schedule: it is run once, at once')
})

withPodman('a secret that only its owner may read is given to the group of its pods', async () => {
  const result = await proved('secret')
  expect(checksOf(result)).toContain('deployment/client to deployment/ledger :8443: connected')
  const texts = result.files?.map(({ output }) => output).join('\n')
  expect(texts?.match(/fsGroup: 10001/g)).toHaveLength(2)
})

withPodman('Ctrl-C leaves neither pods nor what they were given', async () => {
  const ended = await harden([join(folder, 'secret'), '--prove'], {
    ...store,
    interruptWhen: (stderr) => stderr.includes('bringing the stack up'),
  })
  expect(ended.code).toBe(130)
  expect(await left()).toBe('')
})

test('without podman it says what to install', async () => {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const docker = (await store.shell('command -v docker')).trim()
  await symlink(docker, join(bin, 'docker'))
  const ended = await harden([join(folder, 'secret'), '--prove', '--engine', 'docker'], {
    env: { ...store.env, PATH: bin },
  })
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('proving manifests needs podman kube play')
  expect(ended.stderr).toContain('podman catatonit netavark')
})
