import type { VendorMove } from '../../evidence/claim.ts'
import type { Listed } from '../../evidence/vendor.ts'
import type { ExposedPort, ImageFacts } from '../../image/facts.ts'
import type { Command } from './port-search.ts'

export interface PortSources {
  readonly facts: ImageFacts
  readonly policy: 'keep' | 'raise'
  /** Who asks for `keep`; absent: the flag. */
  readonly keptBy?: string
  /** Ports that the original was seen to listen on; null before a run. */
  readonly bound: readonly ExposedPort[] | null
  /** Names of the processes that were seen. */
  readonly programs: readonly string[]
  /** Files that the run opened; null where it was not traced. */
  readonly opened: readonly string[] | null
  /** Edits that the catalogue brings for a port, tried before anything is searched for. */
  readonly vendor: (port: number) => VendorMove | null
  /** What becomes of a port that its vendor's configuration sets; absent for one that it does not set. */
  readonly listed?: (port: number) => Listed | null
  /** The stage itself puts this file into the image. */
  readonly isShipped?: (path: string) => boolean
  /** Start scripts, of a run. */
  readonly scripts?: readonly string[]
  /** Details of places that were shown not to set the port. */
  readonly spared?: ReadonlySet<string>
  /** How a daemon that binds the port by itself is told another one, where nothing sets it. */
  readonly daemon?: (from: number, to: number, command: Command) => VendorMove | null
  /** The same by what its own help says; asked last. */
  readonly help?: (from: number, to: number, command: Command) => VendorMove | null
  /** Stock configurations of installed packages that bind a port, and how they are moved. */
  readonly stock?: ReadonlyMap<number, VendorMove>
}
