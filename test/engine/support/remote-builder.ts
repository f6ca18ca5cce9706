// A builder of `docker buildx` that is no engine of the tests: the BuildKit in a second dockerd, whose images are containerd's and which
// therefore exports what it builds, as a builder of the driver `remote`. dockerd speaks BuildKit's protocol once it is asked to (h2c).
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { secondEngine } from './second-engine.ts'

export interface RemoteBuilder {
  readonly name: string
  /** With which `docker buildx` knows it. */
  readonly env: Readonly<Record<string, string>>
  /** As it looks from outside where its machine is gone. */
  hangUp(): Promise<void>
  remove(): Promise<void>
}

export async function remoteBuilder(): Promise<RemoteBuilder> {
  const engine = await secondEngine()
  await mkdir(join(engine.root, 'etc', 'docker'), { recursive: true })
  await writeFile(
    join(engine.root, 'etc', 'docker', 'daemon.json'),
    JSON.stringify({ features: { 'containerd-snapshotter': true } }),
  )
  // A step is run on its bridge.
  await engine.start(['--bridge='])
  const folder = await mkdtemp(join(tmpdir(), 'hi-builder-'))
  const socket = join(folder, 'buildkit.sock')
  const server = createServer({ pauseOnConnect: true }, (client) => {
    const upstream = connect(engine.env.DOCKER_HOST?.slice('unix://'.length) ?? '')
    upstream.write('POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    let head = ''
    const read = (bytes: Buffer): void => {
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      upstream.off('data', read)
      client.write(Buffer.from(head.slice(end + 4), 'latin1'))
      upstream.pipe(client)
      client.pipe(upstream)
      client.resume()
    }
    upstream.on('data', read)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(socket)
  await once(server, 'listening')
  const env = { BUILDX_CONFIG: join(folder, 'buildx') }
  const name = `hi-builder-${process.pid}`
  const buildx = (args: readonly string[]) =>
    promisify(execFile)('docker', ['buildx', ...args], { env: { ...process.env, ...env } })
  await buildx(['create', '--driver=remote', `--name=${name}`, `unix://${socket}`])
  const hangUp = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    name,
    env,
    hangUp,
    async remove() {
      await buildx(['rm', name])
      server.close()
      await rm(folder, { recursive: true, force: true })
      await engine.remove()
    },
  }
}
