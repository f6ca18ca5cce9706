import { readFile } from 'node:fs/promises'
import { processesOf } from './processes.ts'

const TCP_LISTEN = '0A'
const LOOPBACK = /^(0100007F|0{24}01000000)$/

/** Ports on which a container can be reached, ascending, as the kernel shows them: the configuration is not asked. */
export async function listeningPorts(id: string): Promise<readonly number[]> {
  const [process] = await processesOf(id)
  if (process === undefined) throw new Error('the container has no process any more')
  const ports = new Set<number>()
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const text = await readFile(`/proc/${process.pid}/net/${table}`, 'utf8')
    for (const line of text.trim().split('\n').slice(1)) {
      const [, local = '', remote = '', state = ''] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      const open = table.startsWith('udp') ? remote.endsWith(':0000') : state === TCP_LISTEN
      if (open && !LOOPBACK.test(address)) ports.add(Number.parseInt(port, 16))
    }
  }
  return [...ports].sort((a, b) => a - b)
}
