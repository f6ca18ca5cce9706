import type { Kind, Remover } from '../clean-up.ts'
import { sessionLabel } from '../labels.ts'
import type { Daemon } from './daemon.ts'

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

export const removePaths: Readonly<Record<Kind, string>> = {
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
      const done = await Promise.all(ids.map((id) => removed(daemon, kind, id)))
      return !done.includes(false)
    },
    killed: daemon.killed,
  }
}

/** One that is gone already, or goes right now, is no error. */
async function removed(daemon: Daemon, kind: Kind, id: string): Promise<boolean> {
  const query = kind === 'network' ? {} : { force: '1', ...(kind === 'container' && { v: '1' }) }
  const { status } = await daemon.ask('DELETE', `${removePaths[kind]}${id}`, { query, timeoutMs: 120_000 })
  return status < 400 || status === 404
}
