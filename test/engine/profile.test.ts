// What `profile` prints is run as it is printed, and must start the image and work.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { harden } from './support/cli.ts'
import { docker, ensureImage, isRunning, tagOf, waitFor } from './support/images.ts'
import { composeWith, expectWorks, hasCompose, NAME, ours, printedLine, remove } from './support/printed.ts'
import { SERVERS, type Server } from './support/probes.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const SITE = 'harden-image-test/site-nonroot:latest'

const run = promisify(execFile)
const withCompose = hasCompose ? test : test.skip

/** Under a name of its own: the one that is made of it is removed in the end, and other files make one of the same image. */
async function imageOfOwn(name: string): Promise<string> {
  const image = `harden-image-test/profile-${name}:latest`
  await docker(['tag', await ensureImage(name), image])
  return image
}

async function addressOf(id: string): Promise<string> {
  return docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id])
}

function server(name: string): Server {
  const found = SERVERS[name]
  if (found === undefined) throw new Error(`no server ${name}`)
  return found
}

describe('an image that is derived', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
    const { code, stderr } = await harden([await imageOfOwn('nginx'), '--prove', '-o', folder])
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
    await docker(['rmi', '--force', 'profile-nginx-nonroot:latest'])
  })

  test('-o: the lines above the Compose file build and run it', async () => {
    const shell = printedLine(await readFile(join(folder, 'compose.yaml'), 'utf8'))
    expect(shell).toMatch(/--read-only .*--user=|--user=.* --read-only /)
    try {
      await run('sh', ['-c', ours(shell)], { cwd: folder })
      await expectWorks(NAME, server('nginx'))
      expect(await docker(['inspect', '--format', '{{.HostConfig.ReadonlyRootfs}}', NAME])).toBe('true')
    } finally {
      await remove()
    }
  })

  withCompose('-o: docker compose up', () => composeWith(folder, (id) => expectWorks(id, server('nginx'))))

  withCompose('a Compose file of somebody is changed, and starts', async () => {
    const own = join(folder, 'site.yaml')
    const before =
      "# our site\nservices:\n  web:\n    image: 'nginx:latest'\n    ports: ['127.0.0.1::80']   # the proxy finds it\n"
    await writeFile(own, before)
    const args = ['profile', tagOf('nginx'), '--for', 'compose', '--file', own]
    const dry = await harden(args)
    expect(await readFile(own, 'utf8')).toBe(before)
    expect(dry.stdout).toContain("+    ports: ['127.0.0.1::8080']   # the proxy finds it")
    // Others make and remove an image by the name that it would have.
    const { code, stderr } = await harden([...args, '--prove', '-w', '--build', '--image', SITE])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const compose = (...more: readonly string[]) =>
      run('docker', ['compose', '--project-name', NAME, '--file', own, ...more])
    try {
      await compose('up', '--detach')
      const { stdout } = await compose('ps', '--quiet')
      await expectWorks(stdout.trim(), server('nginx'))
    } finally {
      await compose('down', '--volumes')
      await docker(['rmi', '--force', SITE])
    }
  })
})

// As it is: with --user alone. Derived: an image is built by the same call. The one without a shell is scratch-static.
test.each<[string, 'as it is' | 'derived', 'planned' | 'measured']>([
  ['redis', 'as it is', 'planned'],
  ['already-nonroot', 'as it is', 'measured'],
  ['apache', 'derived', 'measured'],
  ['postgres', 'derived', 'planned'],
  ['node-uploads', 'derived', 'measured'],
  ['scratch-static', 'derived', 'measured'],
])('%s, %s, %s: the printed line works', async (name, how, known) => {
  const image = await imageOfOwn(name)
  const derived = `profile-${name}-nonroot:latest`
  const proof = known === 'measured' ? ['--prove'] : []
  try {
    const { code, stdout, stderr } = await harden(['profile', image, '--for', 'docker', '--build', ...proof])
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(`no capabilities (${known})`) })
    expect(stdout).toContain(` ${how === 'derived' ? derived : image}\n`)
    expect(stderr.includes(`built ${derived}`)).toBe(how === 'derived')
    await run('sh', ['-c', ours(stdout)])
    await expectWorks(NAME, server(name))
  } finally {
    await remove()
    await docker(['rmi', '--force', derived])
  }
})

test('a Dockerfile that is not root already, and refuses to be, is measured as its own user', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    await mkdir(join(folder, 'refuses'))
    const script = '[ "$(id -u)" != 0 ] || { echo "do not run this as root"; exit 1; }; touch /srv/x; exec sleep 600'
    const file = `FROM debian:trixie-slim\nRUN chown 4242:4242 /srv\nUSER 4242:4242\nCMD ["sh", "-c", ${JSON.stringify(script)}]\n`
    await writeFile(join(folder, 'refuses', 'Dockerfile'), file)
    const args = ['profile', 'refuses', '--for', 'docker', '--prove']
    const { code, stdout, stderr } = await harden(args, { cwd: folder })
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('no capabilities (measured); no new privileges (measured); read-only root, /srv'),
    })
    expect(stdout).toMatch(/ --user=4242:4242 .* --read-only --mount=type=volume,target=\/srv refuses\n$/)
    expect(stderr).not.toContain('has to be built of the changed Dockerfile')
  } finally {
    await rm(folder, { recursive: true })
  }
})

withCompose('what a root run left in a volume is given to the user by the command that is printed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const file = join(folder, 'compose.yaml')
  const image = await ensureImage('redis')
  const compose = (...args: readonly string[]) =>
    run('docker', ['compose', '--project-name', NAME, '--file', file, ...args])
  const started = async () => {
    await compose('up', '--detach', '--force-recreate')
    return (await compose('ps', '--all', '--quiet')).stdout.trim()
  }
  try {
    await writeFile(file, `services:\n  db:\n    image: ${image}\n    volumes: [data:/data]\nvolumes:\n  data:\n`)
    const asRoot = await started()
    await waitFor(async () => server('redis').probe({ id: asRoot, address: await addressOf(asRoot) }, 6379))
    await compose('down')
    const { code, stderr } = await harden(['profile', image, '--for', 'compose', '--file', file, '-w'])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(await docker(['wait', await started()])).not.toBe('0')
    await compose('down')
    const command = /docker compose (--file .* --entrypoint chown .*)$/m.exec(stderr)?.[1] ?? 'none is printed'
    await run('sh', ['-c', `docker compose --project-name ${NAME} ${command}`])
    await expectWorks(await started(), server('redis'))
  } finally {
    await compose('down', '--volumes')
    await rm(folder, { recursive: true })
  }
})

test('cron keeps root with the capabilities that are named, and nothing else', async () => {
  const image = await ensureImage('cron')
  const { code, stdout, stderr } = await harden(['profile', image, '--for', 'docker'])
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
  expect(stdout).toMatch(/--cap-drop=ALL (--cap-add=\w+ )+--security-opt=no-new-privileges /)
  expect(stderr).toMatch(/userns-remap/)
  try {
    await run('sh', ['-c', ours(stdout)])
    expect(await isRunning(NAME)).toBe(true)
  } finally {
    await remove()
  }
})
