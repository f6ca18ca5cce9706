// The line for podman is run by podman, in a store of its own.
import { afterAll, beforeAll, expect } from '@jest/globals'
import { harden } from './support/cli.ts'
import { converse } from './support/converse.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { ensureImage, waitFor } from './support/images.ts'
import { type PodmanStore, podmanStore, withPodman } from './support/podman.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const NAME = `harden-image-podman-${process.pid}`

let store: PodmanStore
let env: Record<string, string>

beforeAll(async () => {
  store = await podmanStore()
  env = store.env
})

afterAll(() => store.close())

const shell = (command: string) => store.shell(command)

withPodman('the printed line starts an image as it is, on a volume that is given to its user', async () => {
  const image = await ensureImage('redis')
  await shell(`docker save ${image} | podman load --quiet`)
  const { code, stdout, stderr } = await harden(
    ['profile', image, '--for', 'docker', '--engine', 'podman', '--offline'],
    { env },
  )
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('podman exec --user 0:0') })
  const line = stdout.replace(/--name=\S+/, `--name=${NAME}`).replaceAll(/--publish=\d+:/g, '--publish=127.0.0.1::')
  expect(line).toMatch(/^podman run --rm .* && podman run --detach /)
  try {
    await shell(line)
    const address = await shell(`podman inspect --format '{{.NetworkSettings.IPAddress}}' ${NAME}`)
    const said = await waitFor(() => converse(address, 6379, ['SET probe kept\r\nGET probe\r\n', /kept/]))
    expect(said).toContain('$4\r\nkept')
    expect(await shell(`podman top ${NAME} user capeff`)).toMatch(/^USER\s+EFFECTIVE CAPS\nredis\s+none$/)
  } finally {
    await shell(`podman rm --force --volumes ${NAME}; podman volume prune --force`)
  }
})

withPodman('a proof by podman is traced, passes, and leaves nothing', async () => {
  const image = await ensureImage('redis')
  await shell(`podman image exists ${image} || docker save ${image} | podman load --quiet`)
  const ended = await harden([image, '--prove', '--engine', 'podman', '--format', 'json'], { env })
  const [result] = JSON.parse(ended.stdout).results
  expectVerdict({ ...ended, result }, { code: 0, verdict: 'hardened', passed: true })
  expect(result.proof.engine).toMatch(/^podman /)
  expect(JSON.stringify(result.proof)).not.toContain('not traced')
  const commands = result.proof.cells.flatMap(({ command }: { command?: string }) => command ?? [])
  expect(commands).toEqual([expect.stringMatching(/^podman run --rm --user 0:0 /), commands[0]])
  expect(await shell('podman ps --all --quiet; podman volume ls --quiet')).toBe('')
})
