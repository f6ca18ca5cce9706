import type { Kind, Remover } from '../clean-up.ts'
import { sessionLabel } from '../labels.ts'
import type { Daemon, Reply } from './daemon.ts'

interface Listed {
  readonly Id?: string
  readonly Name?: string
}

const listPaths: Readonly<Record<Kind, string>> = {
  container: '/containers/json',
  image: '/images/json',
  volume: '/volumes',
  network: '/networks',
}

const removePaths: Readonly<Record<Kind, string>> = {
  container: '/containers/',
  image: '/images/',
  volume: '/volumes/',
  network: '/networks/',
}

export function apiRemover(daemon: Daemon, session: string): Remover {
  return {
    list: async (kind) => {
      const filters = JSON.stringify({ label: [sessionLabel(session)] })
      const query = { filters, ...(kind === 'container' && { all: '1' }) }
      const { status, text } = await daemon.ask('GET', listPaths[kind], { query })
      if (status >= 400) return []
      const found = JSON.parse(text) as readonly Listed[] | { readonly Volumes?: readonly Listed[] | null }
      const all = 'Volumes' in found ? (found.Volumes ?? []) : (found as readonly Listed[])
      return all.map(({ Id, Name }) => (kind === 'volume' ? Name : Id) ?? '').filter(Boolean)
    },
    remove: async (kind, ids) => {
      const replies = await Promise.all(ids.map((id) => removeOne(daemon, kind, id, 120_000)))
      return replies.every(({ status }) => status < 400 || status === 404)
    },
    killed: daemon.killed,
  }
}

/** By force, a container with its anonymous volumes. */
export function removeOne(daemon: Daemon, kind: Kind, id: string, timeoutMs?: number): Promise<Reply> {
  const query = kind === 'network' ? {} : { force: '1', ...(kind === 'container' && { v: '1' }) }
  const options = { query, ...(timeoutMs !== undefined && { timeoutMs }) }
  return daemon.ask('DELETE', `${removePaths[kind]}${id}`, options)
}
