import type { DaemonPortRule } from '../../catalogue/daemon-port-rule.ts'
import type { VendorWay } from '../../catalogue/entry.ts'
import type { Need } from '../plan/grants/need.ts'
import type { CapableFile } from '../plan/needless-capabilities.ts'
import type { EnvSetting, FileEdit, Remark } from '../plan/plan.ts'
import type { Listed, VendorMove } from '../plan/ports/port-sources.ts'

/** What the catalogue knows of an image, as the plan uses it. Every part is checked against the image's files where they are known. */
export interface Vendor {
  readonly account: { readonly name: string; readonly uid: number } | null
  readonly needs: readonly Need[]
  /** Paths that the vendor's account may write as the image is. */
  readonly prepared: readonly string[]
  readonly moves: ReadonlyMap<number, VendorMove>
  /** All that its entry knows a move for, whether that still holds or not. */
  readonly ports: ReadonlyMap<number, Listed>
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly needsRoot: {
    readonly reason: string
    readonly hint: string
    readonly capabilities: readonly string[]
  } | null
  /** What may need root in some cases, where no run has shown whether it comes to that. */
  readonly cautions: readonly Remark[]
  /** How daemons that bind a port by themselves are told another one. */
  readonly daemonPorts: readonly DaemonPortRule[]
  /** How the vendor itself ships it without root; null where it does not. */
  readonly variant: VendorWay | null
  /** Programs with capabilities of their own, which do not start under `--cap-drop ALL`. */
  readonly capable?: readonly CapableFile[]
}

/** Of an image that the catalogue does not list. */
export function unlisted(known: Pick<Vendor, 'daemonPorts' | 'needsRoot' | 'cautions'>): Vendor {
  return {
    ...known,
    account: null,
    needs: [],
    prepared: [],
    moves: new Map(),
    ports: new Map(),
    fileEdits: [],
    env: [],
    variant: null,
  }
}
