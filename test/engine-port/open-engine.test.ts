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
