/** One kind of access that a run performed or was refused. The trace, `docker diff`, volumes and log lines all give this type. */
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
  | 'change-times'
  | 'bind'
  | 'listen'
  | 'switch-user'
  | 'chroot'
  | 'mount'
  /** Asked about without being opened (`stat`, `access`): needs the way there, and often not even that. */
  | 'look'
  /** Something that only a capability allows and that no other access names: the clock, a raw socket, a limit raised. */
  | 'use-capability'

/** Accesses that leave something behind or remove it. */
export const CHANGES: ReadonlySet<Access> = new Set([
  'write',
  'create-file',
  'create-directory',
  'create-socket',
  'remove',
  'rename',
])

type OperationSource = 'observed' | 'traced' | 'refused'

export interface Operation {
  readonly access: Access
  /** Absolute path; null for what has none (bind, switch-user). */
  readonly path: string | null
  /** Destination of a rename. */
  readonly to?: string
  /** Target of a symbolic link that was made at `path`. */
  readonly link?: string
  /** Port of a bind or listen. */
  readonly port?: number
  readonly protocol?: 'tcp' | 'udp'
  /** The target of a switch-user or change-owner. */
  readonly uid?: number
  readonly gid?: number
  /** Supplementary groups that a switch-user sets. */
  readonly groups?: readonly number[]
  /** Target of a change-mode, or the mode asked for what is created (before the umask). */
  readonly mode?: number
  /** What a `look` asked for: `access(path, W_OK)`. */
  readonly asked?: 'read' | 'write' | 'execute'
  /** A `write` that would have created a missing file: only a file model knows whether it did. */
  readonly mayCreate?: boolean
  /** This run itself made the path, or a folder above it, before: whoever runs it owns it. */
  readonly made?: boolean
  /** The path was looked for and not found before it was made: later work may depend on that. */
  readonly sought?: boolean
  /** The call names it relative to the folder that the program started in (the image's WORKDIR). */
  readonly fromStart?: boolean
  /** Something in root's home that another user does not find by its own home. */
  readonly byHome?: boolean
  /** The removed file existed before the run, which has not written to it: it was in the program's way. */
  readonly found?: boolean
  /** Capability without `CAP_` that root used for it, as far as the call alone tells. */
  readonly capability?: string
  /** `done`: the baseline did it; `refused`: it was denied. */
  readonly outcome: 'done' | 'refused'
  readonly source: OperationSource
  /** The log line, the system call or the diff row it was read from. */
  readonly detail: string
  /** Program that did it, where known. */
  readonly by?: string
  /** Process, as numbered inside the container. */
  readonly pid?: number
  /** Effective uid that it was done as, where known. */
  readonly as?: number
  /** Seconds since 1970, on the engine's clock. */
  readonly at?: number
  /** How often it was seen; absent: once. */
  readonly times?: number
}
