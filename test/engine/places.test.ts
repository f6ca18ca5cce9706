// Where people work and what is kept, on a real engine: the plugin of the docker CLI, the Action's proof, and statements that are verified.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runAction } from '../support/composite-action.ts'
import { harden } from './support/cli.ts'
import { buildText, docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** Answers, and keeps what it wrote. */
const PROGRAM = `import http.server, os
os.makedirs("/srv/state", exist_ok=True)
with open("/srv/state/result", "w") as f: f.write("done")
http.server.ThreadingHTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever(None)
`
const original = 'harden-image-test/places:1'
const kept = 'harden-image-test/places-kept:1'
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-places-'))
  await buildProgram(original, PROGRAM)
})

afterAll(async () => {
  await docker(['image', 'rm', '--force', original, kept]).catch(() => '')
  await rm(folder, { recursive: true })
})

/** A registry of this machine's, from Debian's package; `host`: how images are named that lie there. */
async function openRegistry(at: string): Promise<{ readonly host: string } & AsyncDisposable> {
  await mkdir(at)
  const config = `version: 0.1\nstorage: { filesystem: { rootdirectory: ${at} } }\nhttp: { addr: 127.0.0.1:0 }\n`
  await writeFile(join(at, 'config.yml'), config)
  const child = spawn('docker-registry', ['serve', join(at, 'config.yml')])
  let said = ''
  const port = await new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => reject(new Error(`the registry has ended: ${said}`)))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /listening on \S*:(\d+)/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'close')
    },
  }
}

describe('docker harden', () => {
  const config = () => join(folder, 'docker')
  const env = () => ({ ...process.env, DOCKER_CONFIG: config() })
  const asDocker = async (args: readonly string[], more: Record<string, string | undefined> = {}) =>
    (await promisify(execFile)('docker', args, { env: { ...env(), ...more } })).stdout

  test('is there once it is installed: in docker help, with its own help, for the engine that docker is told', async () => {
    const installed = await harden(['plugin', 'install'], { env: { DOCKER_CONFIG: config() } })
    expect([installed.code, installed.stderr]).toEqual([0, ''])
    expect(await asDocker(['help'])).toMatch(
      /^ +harden\* +Run containers as non-root, and prove that they still work$/m,
    )
    expect(await asDocker(['harden', '--help'])).toContain('harden-image [targets..]')
    expect(await asDocker(['help', 'harden'])).toContain('harden-image [targets..]')
    const host = process.env.DOCKER_HOST ?? ''
    const inspected = await asDocker(['--host', host, 'harden', 'inspect', '--engine', 'docker', original], {
      DOCKER_HOST: '',
    })
    expect(inspected).toContain(original)
  })

  test('is replaced by a newer one, removed, and nobody else’s is touched', async () => {
    const env = { DOCKER_CONFIG: config() }
    const path = join(config(), 'cli-plugins', 'docker-harden')
    expect((await harden(['plugin', 'install'], { env })).code).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o755)
    expect((await harden(['plugin', 'remove'], { env })).stdout).toBe(`removed ${path}\n`)
    expect((await harden(['plugin', 'remove'], { env })).stdout).toBe(`there is no ${path}\n`)
    await writeFile(path, '#!/bin/sh\necho mine\n')
    for (const action of ['install', 'remove']) {
      const { code, stderr } = await harden(['plugin', action], { env })
      expect([code, stderr]).toEqual([2, expect.stringContaining('was left as it is: it is not from harden-image')])
    }
    expect(await readFile(path, 'utf8')).toContain('mine')
  })
})

describe('kept evidence', () => {
  const evidence = () => join(folder, 'evidence')
  const verify = (image: string) => harden(['verify', evidence(), '--image', image, '--offline'])

  test('is about the image that was kept, which is the one that was proved', async () => {
    const { code, stderr } = await harden([original, '--prove', '--build', '-t', kept, '--attest', evidence()])
    expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote 6 files to ${evidence()}\n`)])
    const id = await docker(['image', 'inspect', '--format', '{{.Id}}', kept])
    const { subject, predicate } = JSON.parse(await readFile(join(evidence(), 'test-result.statement.json'), 'utf8'))
    expect(subject).toEqual([{ name: kept, digest: { sha256: id.replace('sha256:', '') } }])
    expect(predicate).toMatchObject({ result: expect.stringMatching(/^(PASSED|WARNED)$/), failedTests: [] })
    expect(predicate.passedTests).toContain('condition: capabilities dropped, no new privileges')
    const proof = JSON.parse(await readFile(join(evidence(), 'proof.predicate.json'), 'utf8'))
    expect(proof.granted.map(({ path }: { path: string }) => path)).toContain('/srv/state')
    expect(await readFile(join(evidence(), 'trace.ndjson'), 'utf8')).toContain('"path":"/srv/state/result"')
  })

  test('is attached to the pushed image by cosign, and holds as cosign prints it', async () => {
    await using registry = await openRegistry(join(folder, 'registry'))
    const pushed = `${registry.host}/places:1`
    await docker(['tag', kept, pushed])
    await docker(['push', '--quiet', pushed])
    const image = await docker(['image', 'inspect', '--format', '{{index .RepoDigests 0}}', pushed])
    const cosign = async (...args: readonly string[]): Promise<string> =>
      (await promisify(execFile)('cosign', args, { cwd: folder, env: { ...process.env, COSIGN_PASSWORD: '' } })).stdout
    await cosign('generate-key-pair')
    const here = ['--allow-http-registry', '--key']
    let signed = ''
    for (const name of ['test-result', 'proof']) {
      const { predicateType } = JSON.parse(await readFile(join(evidence(), `${name}.statement.json`), 'utf8'))
      const type = ['--type', predicateType]
      const predicate = ['--predicate', join(evidence(), `${name}.predicate.json`)]
      await cosign('attest', '--tlog-upload=false', ...here, 'cosign.key', ...type, ...predicate, image)
      signed += await cosign('verify-attestation', '--insecure-ignore-tlog', ...here, 'cosign.pub', ...type, image)
    }
    const held = await harden(['verify', '-', '--image', image], { stdin: signed })
    expect([held.code, held.stdout]).toEqual([0, expect.stringContaining(`${image}: the statements hold`)])
    await docker(['image', 'rm', pushed])
  })

  test('holds for that image under any name, and for no other one', async () => {
    const held = await verify(kept)
    expect([held.code, held.stdout]).toEqual([0, expect.stringContaining('the statements hold')])
    const id = await docker(['image', 'inspect', '--format', '{{.Id}}', kept])
    expect((await verify(id.replace('sha256:', '').slice(0, 12))).code).toBe(0)
    await docker(['tag', kept, 'harden-image-test/places-kept:2'])
    expect((await verify('harden-image-test/places-kept:2')).code).toBe(0)
    await docker(['image', 'rm', 'harden-image-test/places-kept:2'])
    const other = await verify(original)
    expect([other.code, other.stdout]).toEqual([1, expect.stringContaining('it is about another image')])
    await buildText(`FROM ${kept}\nLABEL changed=yes\n`, kept)
    const changed = await verify(kept)
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining('it is about another image')])
  })
})

test('the Action proves what it checks', async () => {
  const cwd = await mkdtemp(join(folder, 'action-'))
  await writeFile(join(cwd, 'Dockerfile'), `FROM ${original}\n`)
  const { code, outputs, summary, read } = await runAction(cwd, { prove: 'true', 'fail-on': 'incomplete' })
  expect([code, outputs['exit-code']]).toEqual([0, '0'])
  expect(summary).toContain('**Proof passed**')
  expect(JSON.parse(read('harden-image.sarif')).runs[0].results.length).toBeGreaterThan(0)
})
