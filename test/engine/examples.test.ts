// The results in examples/ are what the tool gives today, and they do their work without root.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { REPOSITORY } from './support/cli.ts'
import { buildOutput, expectUnprivileged, expectWorksUnprivileged, LOCKED_DOWN } from './support/expect-hardened.ts'
import {
  assertAddress,
  buildImage,
  docker,
  ensureImage,
  hasFile,
  runContainer,
  waitFor,
  withContainer,
} from './support/images.ts'
import { page, type Subject } from './support/probes.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const run = promisify(execFile)
const EXAMPLES = join(REPOSITORY, 'examples')
const APPS = ['python-app', 'node-app', 'monorepo']

/** A copy of each app with its diff applied. */
let applied = ''

beforeAll(async () => {
  applied = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  for (const app of APPS) {
    const cwd = join(applied, app)
    await cp(join(EXAMPLES, app), cwd, { recursive: true })
    await run('git', ['apply', 'hardened.diff'], { cwd })
  }
})

afterAll(async () => {
  await rm(applied, { recursive: true })
  const images = await docker(['images', '--quiet', 'harden-image-test/example-*'])
  if (images) await docker(['rmi', '--force', ...new Set(images.split('\n'))])
})

test('the results are those of today: scripts/make-examples.mjs makes them anew', async () => {
  const fresh = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    await run(process.execPath, ['scripts/make-examples.mjs', fresh], { cwd: REPOSITORY })
    const files = (await readdir(fresh, { recursive: true })).filter((file) => /\.(diff|yaml)$|Dockerfile$/.test(file))
    expect(files).toHaveLength(5)
    for (const file of files) {
      expect(await readFile(join(EXAMPLES, file), 'utf8')).toBe(await readFile(join(fresh, file), 'utf8'))
    }
  } finally {
    await rm(fresh, { recursive: true })
  }
})

test('nginx answers, from the catalogue alone', async () => {
  // The vendor's layout around Debian's server, since the tests pull nothing: its configuration names the temp folders that
  // the vendor's server has built in.
  const base = await ensureImage('nginx-official')
  const dockerfile = (await readFile(join(EXAMPLES, 'nginx', 'Dockerfile'), 'utf8')).replace('nginx:latest', base)
  const tag = await buildOutput(dockerfile, 'harden-image-test/example-nginx', null)
  const server = { port: 80, probe: page('/', 'Welcome to nginx') }
  await expectWorksUnprivileged(tag, server)
  await expectWorksUnprivileged(tag, server, [
    ...['--read-only', '--tmpfs=/tmp', '--tmpfs=/var/cache/nginx:uid=101,gid=101,mode=755'],
  ])
})

describe('with the diff applied', () => {
  test('python-app keeps its entries', async () => {
    await expectWorksUnprivileged(await build('python-app'), { port: 80, probe: guestbook })
  })

  test('node-app keeps pictures, and its health check is content', async () => {
    const probe = async (subject: Subject, port: number) => {
      await gallery(subject, port)
      const health = await docker(['inspect', '--format', '{{.State.Health.Status}}', subject.id])
      if (health !== 'healthy') throw new Error(`the health check says ${health}`)
    }
    await expectWorksUnprivileged(await build('node-app'), { port: 80, probe })
  })

  test('monorepo: api keeps notes', async () => {
    await expectWorksUnprivileged(await build('monorepo', 'api'), { port: 3000, probe: notes })
  })

  test('monorepo: web answers', async () => {
    await expectWorksUnprivileged(await build('monorepo', 'web'), { port: 80, probe: page('/health', 'ok') })
  })

  test('monorepo: worker does jobs that come through its volume', async () => {
    await withContainer(await build('monorepo', 'worker'), LOCKED_DOWN, async ({ id }) => {
      const job = 'echo hello > /var/spool/jobs/one.txt'
      await waitFor(() => docker(['exec', id, 'sh', '-c', job]))
      await waitFor(async () => {
        expect(await docker(['exec', id, 'cat', '/var/spool/jobs/done/one.txt'])).toBe('HELLO')
      })
      await expectUnprivileged(id)
    })
  })

  test('monorepo: db-tools writes its backup', async () => {
    const container = await runContainer(await build('monorepo', 'db-tools'), LOCKED_DOWN)
    try {
      expect(await docker(['wait', container.id])).toBe('0')
      expect(await hasFile(container.id, '/backups/latest.sql.gz')).toBe(true)
    } finally {
      await container.remove()
    }
  })
})

function build(app: string, service?: string): Promise<string> {
  const folder = service === undefined ? join(applied, app) : join(applied, app, 'services', service)
  return buildImage(`harden-image-test/example-${service ?? app}`, [folder])
}

async function guestbook({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const body = new URLSearchParams({ name: 'Ada' })
  const response = await fetch(`http://${address}:${port}/`, { method: 'POST', body })
  const text = await response.text()
  if (!text.includes('<li>Ada</li>')) throw new Error(`POST /: ${response.status} ${text.slice(0, 80)}`)
}

async function gallery({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const url = `http://${address}:${port}/`
  const name = (await (await fetch(url, { method: 'POST', body: 'a picture' })).text()).trim()
  const list = await (await fetch(url)).text()
  if (!list.split('\n').includes(name)) throw new Error(`${name} is not in ${list}`)
}

async function notes({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const url = `http://${address}:${port}/notes`
  const response = await fetch(url, { method: 'POST', body: 'remember' })
  if (response.status !== 201) throw new Error(`POST /notes: ${response.status}`)
  const text = await (await fetch(url)).text()
  if (!text.includes('"body":"remember"')) throw new Error(`GET /notes: ${text}`)
}
