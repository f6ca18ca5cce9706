import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { couldWrite } from '../../src/image/access.ts'
import { userNamed } from '../../src/image/accounts.ts'
import type { ImageFacts, Known } from '../../src/image/facts.ts'
import { factsFromEngine } from '../../src/image/sources/engine.ts'
import { lines, userForms } from '../image/user-forms.ts'
import { retryOnce } from './support/retry.ts'
import { buildText, debian, failureOf, tagFor, writeTar } from './support/small-images.ts'

retryOnce()

let engine: Engine

beforeAll(async () => {
  engine = await openEngine((process.env.HARDEN_IMAGE_TEST_ENGINE ?? 'docker') as Engine['name'])
}, 30_000)
afterAll(async () => {
  await engine?.cleanUp()
}, 60_000)

function known<T>(fact: Known<T>): T {
  if (fact.known) return fact.value
  throw new Error(fact.reason)
}

describe('facts of a Debian image', () => {
  let facts: ImageFacts
  beforeAll(async () => {
    const tag = await buildText(
      engine,
      'facts',
      `FROM ${debian}
RUN groupadd -g 70000 deep && useradd -l -u 3000000000 -g 70000 -G staff big \\
 && mkdir -p /srv/data "/srv/a b/${'long'.repeat(40)}" && chown big:deep /srv/data && chmod 2750 /srv/data \\
 && touch "/srv/a b/${'long'.repeat(40)}/é" && ln /etc/hostname.own /srv/hard 2>/dev/null; \\
    echo shared > /srv/one && ln /srv/one /srv/two && chmod 640 /srv/one && mknod /srv/pipe p \\
 && ln -s ../one /srv/data/link && mkdir -p /etc/app && echo 'listen 80' > /etc/app/app.conf \\
 && printf '#!/bin/sh\\nexec gosu big "$@"\\n' > /usr/local/bin/start-it && chmod 755 /usr/local/bin/start-it \\
 && head -c 70000 /dev/zero > /etc/app/zeros && echo secret > /etc/app/tls.key \\
 && mkdir -p /app/node_modules/x && echo '{}' > /app/package.json && echo '{}' > /app/node_modules/x/package.json \\
 && touch /tmp/x
ENTRYPOINT ["start-it"]
VOLUME /srv/data
`,
    )
    facts = await factsFromEngine(engine, tag)
  }, 120_000)

  test('owner, mode and type of every path', () => {
    const files = known(facts.files)
    expect(files.entry('/srv/data')).toMatchObject({ type: 'directory', uid: 3_000_000_000, gid: 70000, mode: 0o2750 })
    expect(files.entry('/tmp')).toMatchObject({ type: 'directory', uid: 0, mode: 0o1777 })
    expect(files.entry('/srv/pipe')?.type).toBe('other')
    expect(files.entry('/srv/data/link')).toMatchObject({ type: 'symlink', link: '../one' })
    expect(files.entry(`/srv/a b/${'long'.repeat(40)}/é`)?.type).toBe('file')
    expect(files.entry('/bin')).toMatchObject({ type: 'symlink', link: 'usr/bin' })
    expect(files.entry('/bin/sh')).not.toBeNull()
  })

  test('hard links are the file they link to', () => {
    const files = known(facts.files)
    expect(files.entry('/srv/two')).toEqual(files.entry('/srv/one'))
    expect(files.entry('/srv/two')).toMatchObject({ type: 'file', size: 7, mode: 0o640 })
  })

  test('accounts and system', () => {
    expect(userNamed(known(facts.accounts), 'big')).toMatchObject({ uid: 3_000_000_000, gid: 70000 })
    expect(known(facts.os)).toMatchObject({ id: 'debian', versionId: '13' })
    expect(facts).toMatchObject({
      source: 'engine',
      digest: expect.stringMatching(/^sha256:/),
      platform: { os: 'linux' },
    })
  })

  test('texts that decide something are kept, binaries, secrets and dependencies are not', () => {
    const files = known(facts.files)
    expect(files.text('/usr/local/bin/start-it')).toContain('exec gosu big')
    expect(files.text('/etc/app/app.conf')).toBe('listen 80\n')
    expect(files.text('/app/package.json')).toBe('{}\n')
    for (const path of [
      '/etc/app/zeros',
      '/etc/app/tls.key',
      '/etc/shadow',
      '/app/node_modules/x/package.json',
      '/bin/sh',
    ]) {
      expect({ path, text: files.text(path), there: files.exists(path) }).toEqual({ path, text: null, there: true })
    }
  })

  test('they answer access questions', () => {
    const files = known(facts.files)
    const big = { uid: 3_000_000_000, gids: [70000] }
    expect(couldWrite(files, big, '/srv/data/new')).toEqual({ allowed: true })
    expect(couldWrite(files, big, '/var/run/x.pid')).toEqual({ allowed: false, blocker: '/run', needs: 'write' })
  })
})

describe('facts of an image from scratch', () => {
  test('no accounts, no system: the first is known, the second is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
    try {
      await writeTar(folder, 'root.tar', [
        { name: 'data/', type: 'directory', uid: 101, gid: 102, mode: 0o750 },
        { name: 'data/log', type: 'symlink', link: '/dev/stdout' },
        { name: 'server', mode: 0o755, content: '\u007fELF\0' },
      ])
      await writeFile(join(folder, 'Dockerfile'), '')
      const tag = tagFor(engine, 'scratch')
      await engine.build({ dockerfile: 'FROM scratch\nADD root.tar /\nUSER 101\n', context: folder, tag })
      const facts = await factsFromEngine(engine, tag)
      expect(facts.config).toMatchObject({ user: '101', cmd: null, entrypoint: null, workdir: '/' })
      expect(known(facts.accounts)).toEqual({ users: [], groups: [] })
      expect(facts.os.known).toBe(false)
      expect(known(facts.files).entry('/data')).toMatchObject({ uid: 101, gid: 102, mode: 0o750 })
      expect(known(facts.files).list('/data')).toEqual(['log'])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('an image that is not there is an error with a hint', async () => {
    const error = await failureOf(factsFromEngine(engine, 'harden-image-test/no-such-image:1'))
    expect(error).toMatchObject({ code: 'no-image' })
    expect(error.hint).toContain('pull')
  })
})

test('USER is read as this engine reads it', async () => {
  const base = await buildText(
    engine,
    'user-forms',
    `FROM ${debian}\n${Object.entries(lines)
      .map(([file, added]) => `RUN ${added.map((line) => `echo '${line}' >> /etc/${file}`).join(' && ')}`)
      .join('\n')}\n`,
  )
  const told = new Map<string, string | null>()
  for (const [text] of userForms) {
    const tag = await buildText(engine, 'user-form', `FROM ${base}\nUSER "${text}"\n`)
    expect((await engine.inspectImage(tag))?.config.user).toBe(text)
    const run = await promisify(execFile)('docker', [
      ...['run', '--rm', '--network', 'none', tag],
      ...['sh', '-c', 'echo "$(id -u):$(id -g)"'],
    ]).catch(() => null)
    told.set(text, run === null ? null : run.stdout.trim())
  }
  expect([...told]).toEqual(userForms)
}, 180_000)
