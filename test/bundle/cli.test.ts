// The bundle as users start it: no engine, no network. What it says in detail is tested where it is made.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'

const root = join(import.meta.dirname, '..', '..')
const BEFORE = `FROM debian:trixie-slim
WORKDIR /app
COPY . .
EXPOSE 3000
CMD ["./server"]
`

let folder = ''
let cli = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  // Away from node_modules: what is not bundled is not found there.
  cli = join(folder, 'dist', 'cli.js')
  await cp(join(root, 'dist'), dirname(cli), { recursive: true, filter: (path) => !path.endsWith('types') }).catch(
    () => {
      throw new Error('there is no dist: run npm run build first')
    },
  )
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function call(args: readonly string[], { cwd = folder, stdin = '' } = {}): Promise<Ended> {
  // No PATH, so no engine either.
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { PATH: '' } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {}) // not all calls read it
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

async function tree(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true })
    await writeFile(join(path, file), text)
  }
  return path
}

describe('an image', () => {
  test('gives its Dockerfile alone on stdout, and the story on stderr', async () => {
    const { code, stdout, stderr } = await call(['nginx:latest', '--offline'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^FROM nginx:latest\n/)
    for (const line of stdout.split('\n'))
      expect(line).toMatch(/^(FROM |RUN | && | {6}\S|EXPOSE 8080$|USER 101:101$|#|$)/)
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('USER 101:101')
    expect(stderr).toContain('nginx:latest: rewritten')
  })

  test('is written to a folder, and again', async () => {
    const { stdout } = await call(['nginx:latest', '--engine', 'none', '--offline'])
    for (let round = 0; round < 2; round += 1) {
      const ended = await call(['nginx:latest', '--engine', 'none', '--offline', '-o', 'out/nginx'])
      expect(ended).toMatchObject({ code: 0, stdout: '' })
      expect(await readFile(join(folder, 'out/nginx/Dockerfile'), 'utf8')).toBe(stdout)
    }
  })

  test('that nothing is known of is an error', async () => {
    const { code, stdout, stderr } = await call(['example.com/unheard-of:1', '--engine', 'none', '--offline'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('example.com/unheard-of:1 cannot be inspected')
  })
})

describe('a Dockerfile', () => {
  test('of several stages: the one that is named, and no other', async () => {
    const text = `FROM debian:trixie-slim AS base
WORKDIR /app
FROM base AS dev
CMD ["./server", "--debug"]
FROM base
CMD ["./server"]
`
    const cwd = await tree('stages', { Dockerfile: text })
    const { code, stdout } = await call(['--target', 'dev', 'Dockerfile'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\+USER 10001:10001\n CMD \["\.\/server", "--debug"\]$/m)
    expect(stdout.match(/^\+USER/gm)).toHaveLength(1)
    // Others are built on it: what would break them is offered, not done.
    expect(await call(['--target', 'base', 'Dockerfile'], { cwd })).toMatchObject({ code: 1, stdout: '' })
    const none = await call(['--target', 'nope', 'Dockerfile'], { cwd })
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('there is no stage nope\n    stages are base, dev, 2 (FROM ')
  })

  test('gives a diff that git apply takes; after it nothing is left to do', async () => {
    const files = { 'web/Dockerfile': BEFORE, 'api/Dockerfile': BEFORE.replaceAll('\n', '\r\n') }
    const cwd = await tree('applied', files)
    const { code, stdout, stderr } = await call(['.'], { cwd })
    expect(code).toBe(0)
    expect(stderr).toContain('2 files would change')
    expect(await readFile(join(cwd, 'web/Dockerfile'), 'utf8')).toBe(BEFORE)

    const apply = promisify(execFile)('git', ['apply', '-'], { cwd })
    apply.child.stdin?.end(stdout)
    await apply
    expect(await readFile(join(cwd, 'web/Dockerfile'), 'utf8')).toContain('USER 10001:10001\nCMD ["./server"]\n')
    expect(await readFile(join(cwd, 'api/Dockerfile'), 'utf8')).toContain('USER 10001:10001\r\nCMD ["./server"]\r\n')
    expect(await call(['--check', '.'], { cwd })).toMatchObject({ code: 0, stdout: '' })
  })

  test('is changed in place with -w, to the same text', async () => {
    const cwd = await tree('written', { Dockerfile: BEFORE })
    const { stdout } = await call(['Dockerfile', '--format', 'json'], { cwd })
    expect(await call(['-w', 'Dockerfile'], { cwd })).toMatchObject({ code: 0, stdout: '' })
    expect(await readFile(join(cwd, 'Dockerfile'), 'utf8')).toBe(JSON.parse(stdout).results[0].output)
  })

  test('comes from stdin as well', async () => {
    const { code, stdout } = await call(['-'], { stdin: BEFORE })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^diff --git a\/Dockerfile b\/Dockerfile\n/)
    expect(stdout).toContain('\n+USER 10001:10001\n')
  })

  test('gives a report that fits the schema', async () => {
    const schema = JSON.parse(await readFile(join(root, 'schema', 'report.schema.json'), 'utf8'))
    const validate = new Ajv2020({ strictRequired: false, allErrors: true }).compile(schema)
    const { code, stdout } = await call(['-', 'nginx:latest', 'missing/', '--format', 'json'], { stdin: BEFORE })
    const report = JSON.parse(stdout)
    validate(report)
    expect(validate.errors ?? []).toEqual([])
    const seen = report.results.map(({ target, verdict }: Record<string, string>) => `${target} ${verdict}`)
    expect({ code, seen }).toEqual({ code: 2, seen: ['- rewritten', 'nginx:latest rewritten', 'missing/ failed'] })
  })
})

describe('exit codes', () => {
  const root = 'FROM debian:trixie-slim\nCMD ["./server"]\n'
  const done = 'FROM debian:trixie-slim\nUSER 10001:10001\nCMD ["./server"]\n'
  const cases: [string, number, readonly string[], string][] = [
    ['nothing to do', 0, ['-', '--check'], done],
    ['a dry run that shows a complete change', 0, ['-'], root],
    ['a check that would change something', 1, ['-', '--check'], root],
    ['a container that must keep root', 1, ['-'], 'FROM debian:trixie-slim\nCMD ["cron", "-f"]\n'],
    ['no Dockerfile', 2, ['-'], 'Dear all,\n'],
    ['a flag that there is not', 2, ['-', '--chekc'], done],
    ['a proof without an engine', 2, ['-', '--prove'], root],
    ['help', 0, ['--help'], ''],
    ['version', 0, ['--version'], ''],
  ]
  for (const [name, expected, args, stdin] of cases) {
    test(`${expected}: ${name}`, async () => {
      const { code, stderr } = await call(args, { stdin })
      expect({ code, stderr }).toEqual({ code: expected, stderr: expect.any(String) })
      if (expected === 2) expect(stderr).not.toBe('')
      expect(stderr).not.toContain('this is a bug')
    })
  }
})

describe('an output that cannot be written', () => {
  const full = async (args: readonly string[], stdin: string) => {
    const file = await open('/dev/full', 'w')
    try {
      const stdio = ['pipe', file.fd, 'pipe'] as const
      const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { PATH: '' }, stdio: [...stdio] })
      let stderr = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      child.stdin?.end(stdin)
      const [code] = await once(child, 'close')
      return { code, stderr }
    } finally {
      await file.close()
    }
  }

  test.each([[['-']], [['--help']], [['-', '--format', 'json']], [['transforms']]])(
    'is one line and exit code 2: %j',
    async (args) => {
      const { code, stderr } = await full(args, BEFORE)
      expect(code).toBe(2)
      expect(stderr.match(/^harden-image: .*$/gm)).toEqual([
        'harden-image: standard output cannot be written: no space left',
      ])
      expect(stderr).not.toMatch(/^\s+at /m)
    },
  )

  test('takes nothing back of what -w has written', async () => {
    const cwd = await tree('full', { Dockerfile: BEFORE })
    const { code, stderr } = await full(['-w', '--format', 'json', join(cwd, 'Dockerfile')], '')
    expect(code).toBe(2)
    expect(stderr).toContain(`wrote ${join(cwd, 'Dockerfile')}\n`)
    expect(await readFile(join(cwd, 'Dockerfile'), 'utf8')).toContain('USER 10001:10001')
  })
})

test('a run that is killed leaves each file whole, and nothing once the next one has ended', async () => {
  const script = join(root, 'scripts', 'kill-test.mjs')
  const child = spawn(process.execPath, [script, 'write', '12', '--seed', '7'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  for await (const text of child.stdout) stdout += text
  expect(stdout).toContain('nothing is broken, and nothing is left')
})

test('SIGINT is obeyed while a Dockerfile of a megabyte is planned', async () => {
  const lines = Array.from(
    { length: 9000 },
    (_, i) => `RUN mkdir -p /srv/d${i} && chown -R app /srv/d${i} # ${'x'.repeat(40)}`,
  )
  const args = [cli, '--engine', 'none', '--offline', '-']
  const child = spawn(process.execPath, args, { cwd: folder, env: { PATH: '' }, stdio: ['pipe', 'ignore', 'ignore'] })
  // More than a pipe holds: once all is written, it is read, and signals are listened to.
  child.stdin.end(`FROM debian\n${lines.join('\n')}\nCMD ["x"]\n`, () => child.kill('SIGINT'))
  const [code] = await once(child, 'close')
  expect(code).toBe(130)
}, 30_000)

test('--with-manifests moves a port in the Dockerfile, the Compose file and the manifest, and a second run changes nothing', async () => {
  const cwd = join(folder, 'with-manifests')
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), text)
  }
  await write('.git/HEAD', 'ref: refs/heads/main\n')
  await write('api/Dockerfile', 'FROM node:22-slim\nENV PORT=80\nEXPOSE 80\nCMD ["node", "server.js"]\n')
  await write('compose.yaml', 'services:\n  api:\n    build: ./api\n    image: acme/api\n    ports: ["8000:80"]\n')
  await write(
    'k8s/api.yaml',
    'apiVersion: v1\nkind: Pod\nmetadata: { name: api }\nspec:\n  containers:\n    - name: api\n      image: acme/api\n      ports: [{ containerPort: 80 }]\n',
  )
  const flags = ['--with-manifests', '--engine', 'none', '--offline']
  expect(await call(['-w', '--pr-title', ...flags, 'api'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'Run 2 targets as non-root\n',
  })
  const texts = async () =>
    Promise.all(['api/Dockerfile', 'compose.yaml', 'k8s/api.yaml'].map((path) => readFile(join(cwd, path), 'utf8')))
  const [dockerfile, compose, manifest] = await texts()
  expect(dockerfile).toContain('ENV PORT=8080\nEXPOSE 8080\n')
  expect(compose).toContain('"8000:8080"')
  expect(manifest).toContain('containerPort: 8080')
  expect((await call(['--check', ...flags, 'api'], { cwd })).code).toBe(0)
  expect(await texts()).toEqual([dockerfile, compose, manifest])
})
