/** One access that a run performed or was refused. The trace, `docker diff`, volumes and log lines all give this one type. */
export type Access =
  | 'read'
  | 'write'
  | 'create-file'
  | 'create-directory'
  | 'create-socket'
  | 'remove'
  | 'rename'
  | 'traverse'
  | 'execute'
  | 'list'
  | 'change-owner'
  | 'change-mode'
  | 'bind'
  | 'switch-user'
  | 'chroot'
  | 'mount'

export type OperationSource = 'observed' | 'traced' | 'refused'

export interface Operation {
  readonly access: Access
  /** Absolute path; null for what has none (bind, switch-user). */
  readonly path: string | null
  /** Destination of a rename. */
  readonly to?: string
  /** Port of a bind. */
  readonly port?: number
  readonly protocol?: 'tcp' | 'udp'
  /** The target uid of a switch-user. */
  readonly uid?: number
  /** `done`: the baseline did it; `refused`: it was denied. */
  readonly outcome: 'done' | 'refused'
  readonly source: OperationSource
  /** The log line, the system call or the diff row it was read from. */
  readonly detail: string
  /** Program that did it, where known. */
  readonly by?: string
}
