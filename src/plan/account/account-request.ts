import type { Evidence } from '../../evidence/claim.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Tools } from '../plan.ts'
import type { Created } from './created-accounts.ts'

/** Somebody whom the program could run as, and why. The first usable one of a list is taken. */
export interface Candidate {
  /** One of the two is given. */
  readonly name: string | null
  readonly uid: number | null
  readonly evidence: Evidence
  /** The original becomes it by itself. */
  readonly became?: boolean
  /** Where no account has the uid one is made, since a program may ask for its home. */
  readonly make?: boolean
}

export interface AccountRequest {
  /** `NAME` or `UID[:GID]`, valid by its syntax. */
  readonly option: string | null
  readonly candidates: readonly Candidate[]
  readonly facts: ImageFacts
  /** Accounts that the Dockerfile itself creates. */
  readonly created: Created
  readonly tools: Tools
  /** The stage's Dockerfile has RUN lines in shell form: a shell is there though the base is not known. */
  readonly shellSeen: boolean
  /** False: whom the image does not have goes by number. Absent: true. */
  readonly mayCreate?: boolean
  /** With group 0, whoever it is: as a platform runs it that assigns uids. */
  readonly rootGroup?: boolean
}
