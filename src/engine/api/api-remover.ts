import { type Kind, type Labelled, type LeftoverPort, labelOf, type Remover, sessionLabel } from '../clean-up.ts'
import { answerOf } from '../inspect.ts'
import type { Daemon, Reply } from './daemon.ts'

interface Listed {
  readonly Id?: string
  /** Of volumes and networks. */
  readonly Name?: string
  /** Of containers, each with a slash before it. */
  readonly Names?: readonly string[] | null
  readonly RepoTags?: readonly string[] | null
  readonly Labels?: Readonly<Record<string, string>> | null
}

/** Docker has no pods. */
type ApiKind = Exclude<Kind, 'pod'>

const paths: Readonly<Record<ApiKind, string>> = {
  container: '/containers',
  image: '/images',
  volume: '/volumes',
  network: '/networks',
}

export function apiRemover(daemon: Daemon, session: string): Remover {
  return {
    list: async (kind) => {
      const found = await listed(daemon, kind, sessionLabel(session))
      return found.map(({ Id, Name }) => (kind === 'volume' ? Name : Id) ?? '').filter(Boolean)
    },
    remove: async (kind, ids) => {
      if (kind === 'pod') return true
      const replies = await Promise.all(ids.map((id) => removeOne(daemon, kind, id, { timeoutMs: 120_000 })))
      return replies.every(({ status }) => status < 400 || status === 404)
    },
    killed: daemon.killed,
    answers: (withinMs) =>
      daemon.ask('GET', '/_ping', { timeoutMs: withinMs }).then(
        () => true,
        () => false,
      ),
  }
}

export function apiLeftovers(daemon: Daemon): LeftoverPort {
  return {
    labelled: async (kind) => {
      const found = await listed(daemon, kind, labelOf(kind))
      return found.map(
        ({ Id = '', Name, Names, RepoTags, Labels }): Labelled => ({
          id: kind === 'volume' ? (Name ?? '') : Id,
          name: Name ?? Names?.[0]?.slice(1) ?? '',
          tags: RepoTags ?? [],
          labels: Labels ?? {},
        }),
      )
    },
    remove: async (kind, id) => {
      if (kind === 'pod') return true
      const { status } = await removeOne(daemon, kind, id, { force: kind === 'container', timeoutMs: 60_000 })
      return status < 400 || status === 404
    },
  }
}

/** None where the daemon cannot list them. */
async function listed(daemon: Daemon, kind: Kind, label: string): Promise<readonly Listed[]> {
  if (kind === 'pod') return []
  const query = { filters: JSON.stringify({ label: [label] }), ...(kind === 'container' && { all: '1' }) }
  const path = kind === 'volume' || kind === 'network' ? paths[kind] : `${paths[kind]}/json`
  const { status, text } = await daemon.ask('GET', path, { query })
  if (status >= 400) return []
  const found = answerOf<readonly Listed[] | { readonly Volumes?: readonly Listed[] | null }>(text)
  return 'Volumes' in found ? (found.Volumes ?? []) : (found as readonly Listed[])
}

interface Removal {
  /** Default true. */
  readonly force?: boolean
  readonly timeoutMs?: number
}

/** A container with its anonymous volumes. */
export function removeOne(
  daemon: Daemon,
  kind: ApiKind,
  id: string,
  { force = true, timeoutMs }: Removal = {},
): Promise<Reply> {
  const query = kind === 'network' ? {} : { ...(force && { force: '1' }), ...(kind === 'container' && { v: '1' }) }
  const options = { query, ...(timeoutMs !== undefined && { timeoutMs }) }
  return daemon.ask('DELETE', `${paths[kind]}/${id}`, options)
}
