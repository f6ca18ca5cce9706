// podman in a store of its own. Debian has it as a package; CI installs it.
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { test } from '@jest/globals'

const run = promisify(execFile)
const found = spawnSync('sh', ['-c', 'command -v podman'], { encoding: 'utf8' }).stdout.trim()

export const withPodman = found !== '' || process.env.HARDEN_IMAGE_ENGINE_TESTS === 'required' ? test : test.skip

export interface PodmanStore {
  /** In which `podman` is that of the store. */
  readonly env: Record<string, string>
  /** Gives what a command prints there. */
  shell(command: string): Promise<string>
  close(): Promise<void>
}

export async function podmanStore(): Promise<PodmanStore> {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-podman-'))
  const store = ['root', 'runroot', 'tmpdir'].map((name) => `--${name} ${join(folder, name)}`)
  const options = [...store, '--cgroup-manager cgroupfs', '--events-backend file', '--runtime runc']
  await writeFile(join(folder, 'podman'), `#!/bin/sh\nexec '${found}' ${options.join(' ')} "$@"\n`)
  await chmod(join(folder, 'podman'), 0o755)
  // What it would ask for by itself may be more than this machine lets it have.
  await writeFile(
    join(folder, 'containers.conf'),
    '[containers]\ndefault_ulimits = ["nofile=1024:2048", "nproc=1024:2048"]\n',
  )
  const env = {
    ...(process.env as Record<string, string>),
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
    CONTAINERS_CONF: join(folder, 'containers.conf'),
  }
  const shell = async (command: string) => (await run('sh', ['-c', command], { env })).stdout.trim()
  return {
    env,
    shell,
    async close() {
      await shell('podman system reset --force')
      await rm(folder, { recursive: true })
    },
  }
}
