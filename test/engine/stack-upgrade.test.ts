// What the original leaves in its volumes, given to other users and back, on a real engine.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { migrationOf } from '../../src/manifests/compose/migration.ts'
import type { Project } from '../../src/manifests/project.ts'
import { openComposeDriver } from '../../src/proof/drivers/compose-driver.ts'
import { proveUpgrade, type UpgradeProof } from '../../src/proof/volumes/upgrade.ts'
import {
  facts,
  mount,
  planned,
  project as projectOf,
  type SampleService,
} from '../manifests/compose/migration-sample.ts'
import { sampleService } from '../manifests/compose/sample-service.ts'
import { countAll, docker } from './support/images.ts'
import { debian } from './support/small-images.ts'
import { project } from './support/small-stack.ts'

jest.setTimeout(120_000)

const run = promisify(execFile)

let engine: Engine
let folder: string

beforeAll(async () => {
  engine = await openEngine('docker')
  folder = await mkdtemp(join(tmpdir(), 'harden-image-upgrade-'))
})

afterAll(async () => {
  expect(await engine.cleanUp()).toBe(true)
  const label = `harden-image.session=${engine.session}`
  expect(await countAll(label)).toEqual({ containers: 0, images: 0, networks: 0, volumes: 0 })
  await rm(folder, { recursive: true })
})

interface UpgradeCase {
  readonly name: string
  readonly uid: number
  readonly gid?: number
  readonly mounts: readonly string[]
  readonly script: string
  readonly user?: string
  readonly groups?: readonly string[]
}

/** What a service starts with, as any user: to go on for good. */
const ENDS = 'exec sleep 1000'

function stack(cases: readonly UpgradeCase[], isResult: boolean): Project {
  const services = cases.map(({ name, uid, gid = uid, mounts, script, user, groups = [] }) =>
    sampleService(name, {
      entrypoint: ['bash', '-ec', `${script}\n${ENDS}`],
      command: [],
      user: isResult ? `${uid}:${gid}` : (user ?? null),
      mounts: mounts.map(mount),
      settings: isResult && groups.length > 0 ? { group_add: groups } : {},
    }),
  )
  return project(folder, services)
}

async function upgraded(cases: readonly UpgradeCase[], filled?: ReadonlyMap<string, string>): Promise<UpgradeProof> {
  const [original, result] = [stack(cases, false), stack(cases, true)]
  const samples = cases.map(({ name, uid, gid = uid, mounts, groups = [], user }): SampleService => {
    const own = { settings: { group_add: groups }, user: user ?? null }
    return { name, uid, gid, mounts: mounts.map(mount), image: debian, service: own }
  })
  const images = new Map(cases.map(({ name }) => [name, debian]))
  const proof = await proveUpgrade({
    driver: await openComposeDriver(engine),
    original: { project: original, images },
    result: { project: result, images },
    planned: migrationOf(original, samples.map(planned), facts({ equipped: new Set(cases.map(({ name }) => name)) })),
    tools: debian,
    network: false,
    isTrusted: true,
    mayRead: () => true,
    smoke: [],
    moved: new Map(),
    signal: new AbortController().signal,
    ...(filled === undefined ? {} : { filled }),
  })
  if (proof === null) throw new Error('there is nothing to show')
  return proof
}

function told({ volumes }: UpgradeProof): readonly string[] {
  return volumes.map(({ volume, step, reason }) => `${volume}: ${step}, ${reason}`)
}

test('each volume is told what it needs, and what the original has left works there and back', async () => {
  const uploads = join(folder, 'uploads')
  await mkdir(uploads)
  const proof = await upgraded([
    {
      name: 'api',
      uid: 10001,
      mounts: ['data:/data'],
      script: `if [ "$(id -u)" = 0 ]; then chmod 700 /data; umask 077; [ -e /data/key ] || echo k > /data/key; fi
cat /data/key; date >> /data/log`,
    },
    // An image that steps down by itself has handed it over.
    {
      name: 'db',
      uid: 10002,
      mounts: ['db:/db'],
      script: `if [ "$(id -u)" = 0 ]; then mkdir -p /db/base; chmod 700 /db; chown -R 10002:10002 /db; fi
date >> /db/base/log; [ "$(id -u)" != 0 ] || chown 10002:10002 /db/base/log`,
    },
    // What no run comes to may be what it needs tomorrow.
    {
      name: 'late',
      uid: 10003,
      mounts: ['late:/late'],
      script: `if [ "$(id -u)" = 0 ]; then chmod 777 /late; [ -e /late/old ] || (umask 077; echo o > /late/old); fi
[ "$(id -u)" = 0 ] || date >> /late/new`,
    },
    {
      name: 'one',
      uid: 10004,
      gid: 5000,
      mounts: ['shared:/shared'],
      script: 'umask 002; mkdir -p /shared/one; date >> /shared/one/log; date >> /shared/both',
    },
    {
      name: 'two',
      uid: 33,
      mounts: ['shared:/in'],
      groups: ['5000'],
      script: 'umask 002; sleep 1; date >> /in/two; date >> /in/both; date > "/in/one/$(id -u)"',
    },
    {
      name: 'web',
      uid: 10005,
      mounts: [`${uploads}:/uploads`],
      script: 'mkdir -p /uploads/a; date >> /uploads/a/log',
    },
  ])
  expect(proof.checks.filter(({ passed }) => !passed)).toEqual([])
  expect(told(proof)).toEqual([
    expect.stringMatching(/^data: needs the migration, without it api still running: exit 1/),
    'db: works as it is, was written, and nothing in it has to change',
    'late: needs the migration, 1 file in it only the user from before may read and write, though no run came to that',
    expect.stringMatching(/^shared: needs the migration, without it one still running: exit 1/),
    expect.stringMatching(/\/uploads: needs the migration, without it web still running: exit 1/),
  ])
  expect(proof.checks.map(({ name }) => name)).toEqual([
    'the result on volumes of the original, migrated',
    'the migration',
    'the migration, a second time',
    'the undo',
    'owners and modes after the undo',
    'the migration, after the undo',
    'the undo, after the result has run',
    'back to the original, after the undo',
    'back to the original, without the undo',
  ])
  expect(await readdir(uploads)).toEqual([])
})

test('what has handed its volume over already needs no migration', async () => {
  const proof = await upgraded([
    {
      name: 'db',
      uid: 10002,
      mounts: ['db:/db'],
      script: `date >> /db/log; [ "$(id -u)" != 0 ] || chown -R 10002:10002 /db`,
    },
  ])
  expect(proof.passed).toBe(true)
  expect(told(proof)).toEqual(['db: works as it is, was written, and nothing in it has to change'])
  expect(proof.checks.map(({ name }) => name)).toEqual([
    'the result on volumes of the original',
    'back to the original',
  ])
})

/** Everything that a stranger may have put into a volume. */
const HOSTILE = `cd /data
chmod 700 .
mkdir -p sub/deep && echo f > sub/deep/f && chmod 700 sub
ln -s /etc/passwd file-outside; ln -s /etc folder-outside; ln -s ../.. up; ln -s nowhere dangling
echo s > secret && chmod 600 secret && ln secret hard
cp /bin/true setuid && chmod 4755 setuid; mkdir setgid && chown 0:33 setgid && chmod 2755 setgid
touch -- -rf --no-preserve-root '* $HOME' $'a\\nb\\033[31m'
mkdir -p -- $'folder\\n' $'x\\n/etc' && touch $'folder\\n/in' $'x\\n/etc/passwd'
mkfifo pipe; echo o > of-others && chown 77:88 of-others; mkdir of-app && chown 10001:10001 of-app && echo r > of-app/root
echo h > /host/file && ln /host/file /host/second && mkdir /host/folder && echo i > /host/folder/in`

test('the printed command and its undo change exactly the owners that they say, whatever the names are', async () => {
  const own = join(folder, 'by hand')
  await mkdir(join(own, 'up'), { recursive: true })
  const compose = `name: hi-upgrade-${engine.session}
services:
  api:
    image: ${debian}
    command: [sleep, infinity]
    init: true
    volumes: ["data:/data", "./up:/host"]
volumes:
  data: {}
`
  await writeFile(join(own, 'compose.yaml'), compose)
  const sample = planned({
    name: 'api',
    uid: 10001,
    mounts: [mount('data:/data'), mount(`${own}/up:/host`)],
    image: debian,
  })
  const { migration, files } = migrationOf(projectOf([sample], own), [sample], facts())
  const [file] = files
  if (migration === null || file === undefined) throw new Error('there is nothing to migrate')
  await writeFile(file.path, file.after)
  const sh = (command: string) => run('sh', ['-c', command], { cwd: own })
  const inside = (script: string) =>
    run('docker', ['compose', 'run', '--rm', '-T', '--no-deps', 'api', 'bash', '-ec', script], { cwd: own })
  const listing = async () =>
    (await inside(String.raw`find /data /host -printf '%u:%g %m %n %y %s %T@ %p %l\0' | sort -z`)).stdout.split('\0')
  const owners = async () =>
    (await inside(String.raw`find /data /host -printf '%U:%G %m %p\0' | sort -z -k3`)).stdout
      .split('\0')
      .filter(Boolean)
  try {
    await inside(HOSTILE)
    await sh('docker compose up --detach')
    const before = await listing()
    const { stdout } = await sh(migration.command)
    expect(stdout).not.toMatch(/[^\n -~]/)
    expect(
      await docker(['ps', '--quiet', '--filter', `label=com.docker.compose.project=hi-upgrade-${engine.session}`]),
    ).toBe('')
    const moved = await owners()
    expect(moved.filter((line) => !line.startsWith('10001:10001 '))).toEqual([
      '77:88 644 /data/of-others',
      '0:0 4755 /data/setuid',
      '0:0 644 /host/file',
      '0:0 644 /host/second',
    ])
    expect(moved).toContain('10001:10001 600 /data/secret')
    expect(moved).toContain('10001:10001 2755 /data/setgid')
    expect((await inside('stat -c %u /etc/passwd /etc /volumes 2>&1 || true')).stdout).toContain('0\n0\n')
    expect((await sh(migration.command)).stdout).not.toMatch(/ now$/m)
    // A program that was taken over since may have put links in the way of what is remembered.
    await inside(`mkdir -p /data/target/deep && echo x > /data/target/deep/f && chown -R 44:44 /data/target
mv /data/sub /data/was && ln -s target /data/sub`)
    await sh(migration.undo)
    expect((await inside('stat -c %u /data/target/deep/f /data/was/deep/f')).stdout).toBe('44\n10001\n')
    await inside('rm -r /data/sub /data/target && mv /data/was /data/sub && chown -R 0:0 /data/sub')
    const after = await listing()
    const untimed = (lines: readonly string[]) => lines.map((line) => line.replace(/ \d+\.\d+ /, ' '))
    expect(untimed(after)).toEqual(untimed(before))
  } finally {
    await sh('docker compose -f compose.yaml -f migrate-volumes.yaml down --volumes --timeout 0')
  }
})
