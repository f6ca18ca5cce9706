// What a hostile repository gets of the machine that it is proved and built on: nothing that no flag has given.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { harden, hardenOne } from './support/cli.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const SECRET = 'swordfish-4711'
let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'harden-image-untrusted-'))
  await mkdir(join(root, 'repo/.git'), { recursive: true })
  await writeFile(join(root, 'outside'), SECRET)
})

afterEach(() => rm(root, { recursive: true, force: true }))

const plant = (files: Readonly<Record<string, string>>) =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(root, 'repo', name), text)))

test('a hostile repository is proved without a command, a variable or a file of the host', async () => {
  const marker = join(root, 'ran')
  await plant({
    Dockerfile: `FROM debian:trixie-slim
ARG GH=none
RUN echo "$GH" > /gh
CMD ["sh", "-c", "echo 1 > /srv/up && exec sleep 600"]
`,
    '.harden-image.yaml': `smoke:
  - exec: { command: "touch ${marker}", in: host }
  - exec: { command: 'test -z "$SECRET_TOKEN$FROM_ENV$FROM_FILE" && test "$(cat /gh)" = none && test -f /srv/up' }
env: [SECRET_TOKEN]
buildArg: [GH]
capAdd: [SYS_ADMIN]
context: ..
`,
    'compose.yaml': `services:
  app:
    build: .
    environment: [SECRET_TOKEN, FROM_ENV=$SECRET_TOKEN]
    env_file: ../outside
`,
  })
  await writeFile(join(root, 'outside'), `FROM_FILE=${SECRET}\n`)
  const env = { SECRET_TOKEN: SECRET, GH: SECRET }
  const { result, stdout, stderr } = await hardenOne('Dockerfile', ['--prove'], { cwd: join(root, 'repo'), env })
  const { verdict, findings, proof } = result
  expect([verdict, existsSync(marker), (stdout + stderr).includes(SECRET)]).toEqual(['hardened', false, false])
  expect(proof?.checks.filter(({ name }) => name.startsWith('smoke '))).toEqual([
    expect.objectContaining({ baseline: 'exit 0', result: 'exit 0', passed: true }),
  ])
  const left = findings.flatMap(({ transform, message }) => (transform === 'read-config' ? [message] : []))
  expect(left.join('\n')).toMatch(
    /context \.\..*\n.*SYS_ADMIN.*\n.*on this machine.*\n.*SECRET_TOKEN.*\n.*GH from.*\n.*\.\.\/outside lies outside/,
  )
})

test('a build is given no secret, no agent and no network of the host', async () => {
  const cwd = join(root, 'repo')
  const agent = join(root, 'agent')
  let asked = 0
  const server = createServer((socket) => {
    asked += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(agent, resolve))
  const build = async (step: string) => {
    await plant({ Dockerfile: `FROM debian:trixie-slim\n${step}\nCMD ["sleep", "600"]\n` })
    return harden(['Dockerfile', '--build'], { cwd, env: { SECRET_TOKEN: SECRET, SSH_AUTH_SOCK: agent } })
  }
  try {
    const mounts = '--mount=type=secret,id=SECRET_TOKEN --mount=type=ssh'
    const none = 'test -z "$SECRET_TOKEN" && ! test -e /run/secrets/SECRET_TOKEN && ! test -e "$SSH_AUTH_SOCK"'
    const { code, stderr } = await build(`RUN ${mounts} ${none}`)
    expect([code, stderr]).toEqual([0, expect.stringContaining('Dockerfile builds')])
    for (const step of [
      'RUN --mount=type=secret,id=SECRET_TOKEN,required cat /run/secrets/SECRET_TOKEN',
      'RUN --mount=type=ssh,required test -S "$SSH_AUTH_SOCK"',
      'RUN --network=host true',
    ]) {
      const { code, stderr } = await build(step)
      expect([step, code, stderr]).toEqual([step, 2, expect.stringMatching(/secret|ssh|network\.host|entitlement/)])
      expect(stderr).not.toContain(SECRET)
    }
    expect(asked).toBe(0)
  } finally {
    server.close()
  }
})
