import type { DaemonPortRule } from '../../catalogue/daemon-port-rule.ts'
import type { FileCapability, VendorWay } from '../../catalogue/entry.ts'
import type { Need } from './need.ts'
import type { EnvSetting, FileEdit } from './plan.ts'
import type { VendorMove } from './ports.ts'

/** What the catalogue knows of an image, as the plan uses it. Every part is checked against the image's files where they are known. */
export interface Vendor {
  readonly account: { readonly name: string; readonly uid: number } | null
  readonly needs: readonly Need[]
  /** Paths that the vendor's account may write as the image is. */
  readonly prepared: readonly string[]
  readonly moves: ReadonlyMap<number, VendorMove>
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly needsRoot: {
    readonly reason: string
    readonly hint: string
    readonly capabilities: readonly string[]
  } | null
  /** How daemons that bind a port by themselves are told another one. */
  readonly daemonPorts: readonly DaemonPortRule[]
  /** How the vendor itself ships it without root; null where it does not. */
  readonly variant: VendorWay | null
  /** Programs with capabilities of their own, which do not start under `--cap-drop ALL`. */
  readonly fileCapabilities?: readonly FileCapability[]
}

/** Of an image that the catalogue does not list. */
export function unlisted(daemonPorts: Vendor['daemonPorts'], needsRoot: Vendor['needsRoot']): Vendor {
  return {
    account: null,
    needs: [],
    prepared: [],
    moves: new Map(),
    fileEdits: [],
    env: [],
    needsRoot,
    daemonPorts,
    variant: null,
  }
}
