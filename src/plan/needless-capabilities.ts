import type { FileCapability } from '../../catalogue/entry.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { PortDecision } from './plan.ts'

/** A program with capabilities of its own, which the kernel does not start where it may not have them (`--cap-drop ALL`). */
export interface CapableFile {
  /** Path, or the program's name. */
  readonly name: string
  /** Without `CAP_`; empty where a run has shown that it has some, and not which. */
  readonly capabilities: readonly string[]
  /** The shell command that takes them away. */
  readonly removeWith: string
  readonly evidence: Evidence
}

/** What the catalogue lists, in the same form. */
export function listedFile({ path, capabilities, removeWith }: FileCapability): CapableFile {
  const evidence = { source: 'catalogue', subject: path, detail: 'file capabilities' } as const
  return { name: path, capabilities, removeWith: removeWith.join(' '), evidence }
}

/** Those that only let it bind a low port, where none is left that is low: the port has moved, or never was; and those that a run was refused for. */
export function needlessCapabilities(
  files: readonly CapableFile[],
  ports: readonly PortDecision[],
): readonly CapableFile[] {
  const isLow = ports.some(({ to }) => to === null)
  return files.filter(({ capabilities: names }) =>
    isLow ? names.length === 0 : names.every((name) => name === 'NET_BIND_SERVICE'),
  )
}
