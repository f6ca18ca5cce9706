/** `userns ACTION`, as asked for. */
export interface UsernsRequest {
  readonly kind: 'userns'
  readonly action: 'check' | 'plan' | 'apply' | 'revert'
  /** Null: what daemon.json says already, else `default`. */
  readonly user: string | null
  /** As given; null for `/`. */
  readonly root: string | null
  /** As given; null for the daemon's own. */
  readonly config: string | null
  readonly engine: 'auto' | 'none'
  readonly format: 'text' | 'json'
}

export interface UsernsAnswer {
  readonly stdout: string
  readonly stderr: string
  /** 0: nothing is left to do; 1: `check` found that remapping is not on. */
  readonly code: 0 | 1
}
