import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => void

/** Servers on this machine that end with the test: `end` belongs into afterEach. */
export function servers() {
  const open: Server[] = []
  return {
    /** Its port. */
    async serve(handler: Handler, address = '127.0.0.1'): Promise<number> {
      const server = createServer({ keepAliveTimeout: 100 }, (request, response) => {
        response.on('error', () => {})
        handler(request, response, new URL(request.url ?? '', 'http://x').pathname)
      })
      open.push(server)
      await new Promise<void>((done, failed) => server.once('error', failed).listen(0, address, done))
      return (server.address() as AddressInfo).port
    },
    end(): void {
      for (const server of open.splice(0)) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
