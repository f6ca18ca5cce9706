// A daemon of our own on a Unix socket, for what the real one does only when it breaks, or in another version.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakeDaemon {
  readonly folder: string
  readonly socket: string
  listen(answers: RequestListener): Promise<void>
  end(): Promise<void>
}

export async function fakeDaemon(): Promise<FakeDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const socket = join(folder, 'docker.sock')
  const servers: Server[] = []
  return {
    folder,
    socket,
    async listen(answers) {
      const server = createServer(answers)
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(socket, resolve))
    },
    async end() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
