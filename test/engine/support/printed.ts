// What `profile` and `-o` print is run as it is printed.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from '@jest/globals'
import { expectUnprivileged } from './expect-hardened.ts'
import { docker, isRunning, waitFor } from './images.ts'
import { listeningPorts } from './listening.ts'
import type { Server } from './probes.ts'

const run = promisify(execFile)

/** Of the container, the Compose project and the volumes, in place of the printed ones. */
export const NAME = `harden-image-profile-${process.pid}`

/** Debian's docker-compose brings the plugin. Where the engine's tests are required, what they need is too. */
export const hasCompose =
  process.env.HARDEN_IMAGE_ENGINE_TESTS === 'required' ||
  (await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  ))

/** Names and host ports are the machine's: everything else of a printed line is run as it is. */
export function ours(line: string): string {
  return line
    .replace(/--name=\S+/, `--name=${NAME} --label harden-image.test=1`)
    .replaceAll(/--publish=\d+:/g, '--publish=127.0.0.1::')
    .replaceAll(/(?<=source=|--volume[ =])(?=[\w-]+[,:])/g, `${NAME}-`)
}

export async function remove(): Promise<void> {
  await docker(['rm', '--force', '--volumes', NAME])
  const volumes = await docker(['volume', 'ls', '--quiet', '--filter', `name=${NAME}`])
  if (volumes !== '') await docker(['volume', 'rm', ...volumes.split('\n')])
}

/** The lines above the Compose file that `-o` writes. */
export function printedLine(compose: string): string {
  return /^# Without Compose: (.* && \\\n#\s+docker run .*)$/m.exec(compose)?.[1]?.replace(/\\\n#/, '') ?? ''
}

/** Starts the Compose file of a folder, hands over the id of its container, and takes all of it away again. */
export async function composeWith(folder: string, use: (id: string) => Promise<void>): Promise<void> {
  const compose = (...args: readonly string[]) =>
    run('docker', ['compose', '--project-name', NAME, ...args], { cwd: folder })
  const path = join(folder, 'compose.yaml')
  const text = await readFile(path, 'utf8')
  try {
    await writeFile(path, text.replaceAll(/- "\d+:(\d+)"/g, '- "127.0.0.1::$1"'))
    await compose('up', '--detach', '--build')
    await use((await compose('ps', '--quiet')).stdout.trim())
  } finally {
    // How it ends is not what is shown here.
    await compose('down', '--volumes', '--timeout', '0')
    await writeFile(path, text)
  }
}

/** A folder that `-o` wrote: its printed line and its Compose file both start what answers, without root. */
export async function expectPrintedWork(folder: string, server: Server): Promise<void> {
  const shell = printedLine(await readFile(join(folder, 'compose.yaml'), 'utf8'))
  expect(shell).not.toBe('')
  try {
    await run('sh', ['-c', ours(shell)], { cwd: folder })
    await expectWorks(NAME, server)
    await remove()
    if (hasCompose) await composeWith(folder, (id) => expectWorks(id, server))
  } finally {
    await remove()
    const tag = /docker build -t (\S+)/.exec(shell)?.[1]
    if (tag !== undefined) await docker(['rmi', '--force', tag])
  }
}

export async function expectWorks(name: string, { port, probe }: Server): Promise<void> {
  const format = '{{.Id}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const [id = '', address = ''] = (await docker(['inspect', '--format', format, name])).split(' ')
  await waitFor(async () => {
    const [moved = port] = port < 1024 ? await listeningPorts(id) : [port]
    await probe({ id, address }, moved)
  })
  await expectUnprivileged(id)
  expect(await isRunning(id)).toBe(true)
}
