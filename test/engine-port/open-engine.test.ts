import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openEngine } from '../../src/engine/open-engine.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-engines-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A program of that name that answers everything with one line. */
function program(name: string, answer: object): void {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`)
  chmodSync(path, 0o755)
}

/** One that answers `docker info`, and to other calls as the lines of a `case` say. */
function docker(answers: string): void {
  const info = JSON.stringify({ ServerVersion: '26.1.5' })
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh\ncase "$*" in\n${answers}\n"info"*) echo '${info}';;\n*) exit 1;;\nesac\n`,
  )
  chmodSync(join(folder, 'docker'), 0o755)
}

const deaf = { ServerErrors: ['Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?'] }
const open = (env: Record<string, string>) =>
  openEngine('auto', { env: { PATH: `${folder}:/usr/bin:/bin`, ...env }, onlyCli: true })

test('where docker is pointed somewhere, another engine is not what is meant', async () => {
  program('docker', deaf)
  program('podman', { version: { Version: '5.4.2' } })
  expect((await open({})).version).toBe('podman 5.4.2')
  for (const env of [{ DOCKER_HOST: 'unix:///x.sock' }, { DOCKER_CONTEXT: 'far' }])
    await expect(open(env)).rejects.toThrow('no docker engine answers: Cannot connect to the Docker daemon')
})

test('without a docker program podman is taken all the same', async () => {
  program('podman', { version: { Version: '5.4.2' } })
  const { version } = await openEngine('auto', { env: { PATH: folder, DOCKER_HOST: 'unix:///x.sock' }, onlyCli: true })
  expect(version).toBe('podman 5.4.2')
})

const inspected = (driver: string, endpoint: string): string =>
  `"buildx inspect --bootstrap -- far") printf 'Name:          far\\nDriver:        ${driver}\\n\\nNodes:\\nName:      far\\nEndpoint:  ${endpoint}\\n';;\n"context show") echo near;;`

test('podman has no builders', async () => {
  program('podman', { version: { Version: '5.4.2' } })
  const engine = await openEngine('podman', { env: { PATH: folder } })
  await expect(engine.builder('far')).rejects.toMatchObject({
    code: 'no-engine',
    message: 'podman has no builders of docker buildx, such as far',
  })
})

test.each([
  ['an unknown one', `"buildx "*) echo 'ERROR: no builder "far" found' >&2; exit 1;;`, 'there is no builder far'],
  [
    'docker without the plugin',
    `"buildx "*) echo "docker: 'buildx' is not a docker command." >&2; exit 1;;`,
    'docker has no buildx here, and so no builder far',
  ],
  [
    'one that does not begin',
    `"buildx "*) echo 'ERROR: failed to dial' >&2; exit 1;;`,
    'the builder far does not answer: failed to dial',
  ],
  [
    'the engine of another context, which would keep what it builds',
    inspected('docker', 'elsewhere'),
    'the builder far is the engine of the context elsewhere, and not this one',
  ],
])('%s is no builder', async (_, answers, message) => {
  docker(answers)
  const engine = await openEngine('docker', { env: { PATH: `${folder}:/usr/bin:/bin` }, onlyCli: true })
  await expect(engine.builder('far')).rejects.toMatchObject({ code: 'no-engine', message })
})

test.each([
  ['docker', 'near', true],
  ['remote', 'tcp://far:1234', false],
  ['docker-container', 'near', false],
])('a builder of the driver %s on %s has the images of the engine: %s', async (driver, endpoint, isOfEngine) => {
  docker(inspected(driver, endpoint))
  const engine = await openEngine('docker', { env: { PATH: `${folder}:/usr/bin:/bin` }, onlyCli: true })
  expect(await engine.builder('far')).toEqual({ name: 'far', isOfEngine })
})
