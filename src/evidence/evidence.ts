export type EvidenceSource =
  | 'declared'
  | 'account'
  | 'packages'
  | 'framework'
  | 'observed'
  | 'traced'
  | 'refused'
  | 'given'
  | 'catalogue'
  | 'config'
  | 'step-down'
  | 'assumed'

/** One reason to believe that a path is written, a port bound, a user meant. It says where it comes from. */
export interface Evidence {
  readonly source: EvidenceSource
  /** The path, port or account it is about. */
  readonly subject: string
  /** One lower-case sentence without a full stop: `declared by VOLUME`, `created by the original run`. */
  readonly detail: string
}
