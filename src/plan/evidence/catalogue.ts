import type { DaemonPortRule } from '../../../catalogue/daemon-port-rule.ts'
import type { NeedsRoot, PortMove, VariantFacts } from '../../../catalogue/entry.ts'
import type { ProgramRule } from '../../../catalogue/program.ts'
import { userNamed } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Launch } from '../../image/step-down.ts'
import type { Need } from '../grants/need.ts'
import { listedFile } from '../needless-capabilities.ts'
import { baseName, parentOf } from '../places.ts'
import { FIRST_UNPRIVILEGED_PORT, type VendorMove } from '../ports/port-sources.ts'
import { unlisted, type Vendor } from '../vendor.ts'
import { mayNeedRoot, rootProgram } from './root-programs.ts'
import { type StageFiles, type VendorFiles, vendorFiles } from './vendor-edits.ts'

export interface CatalogueSources extends StageFiles {
  /** The entry of the image, or of the base image of a stage; null where there is none. */
  readonly entry: VariantFacts | null
  readonly programs: readonly ProgramRule[]
  readonly daemonPorts: readonly DaemonPortRule[]
  /** Names of the processes that a run has shown. */
  readonly seen: readonly string[]
  /** What its start scripts and supervisord start. */
  readonly launches: readonly Launch[]
}

/** The catalogue's knowledge as evidence, as far as the image's files and accounts do not speak against it. */
export function vendorOf(sources: CatalogueSources): Vendor {
  const root = rootProgram(sources)
  const { entry, facts, daemonPorts } = sources
  const cautions = mayNeedRoot(sources)
  if (entry === null || !isVendorImage(entry, facts)) return unlisted({ daemonPorts, needsRoot: root, cautions })
  const files = vendorFiles(entry, sources)
  const isOn = (move: PortMove): boolean =>
    move.optional !== true ||
    isExposed(move.from, entry, facts) ||
    (move.onWith !== undefined && files.says(move.onWith))
  const off = entry.ports.filter((move) => !isOn(move))
  const ports = entry.ports.filter(isOn).map((move) => withoutRewritten(move, entry, sources))
  return {
    cautions,
    account: entry.user,
    daemonPorts,
    needs: needsOf(entry, files),
    prepared: entry.writable.filter((item) => item.prepared === true).map((item) => item.path),
    moves: new Map(ports.flatMap((move) => moveOf(move, files))),
    ports: new Map([
      ...off.map(({ from }) => [from, 'unread'] as const),
      ...ports.map((move) => [move.from, isUnread(move, files) ? 'unread' : 'set'] as const),
    ]),
    fileEdits: files.edits(entry.configEdits, 'config'),
    env: entry.env.map(({ name, value, why }) => ({
      name,
      value,
      reason: why,
      evidence: [{ source: 'catalogue', subject: name, detail: why }],
    })),
    // Of an image whose files nobody has seen its entry knows more than the name of its program says.
    needsRoot: entry.needsRoot !== null && (root === null || !facts.files.known) ? describe(entry.needsRoot) : root,
    variant: entry.unprivilegedVariant,
    capable: entry.fileCapabilities.map(listedFile),
  }
}

/** What the entry says of a server in the image is all that a package of it would say. */
export function describesServer(entry: VariantFacts | null, facts: ImageFacts): boolean {
  return entry !== null && isVendorImage(entry, facts) && entry.writable.length + entry.ports.length > 0
}

/** A local image of the same name that somebody else built lacks the vendor's account. */
function isVendorImage(entry: VariantFacts, facts: ImageFacts): boolean {
  if (!facts.accounts.known || entry.user === null) return true
  return userNamed(facts.accounts.value, entry.user.name) !== null
}

function needsOf({ writable, ports }: VariantFacts, files: VendorFiles): readonly Need[] {
  const settings = ports.flatMap(({ edits = [] }) => edits.map(({ file }) => file))
  const unread = new Set([
    ...settings.filter((file) => files.isUnread(file)),
    ...settings.map(parentOf).filter((folder) => !files.includes(folder)),
  ])
  return writable
    .filter(({ optional, prepared }) => optional !== true && prepared !== true)
    .filter(({ path, unlessSet }) => !unread.has(path) && (unlessSet === undefined || files.lacks(unlessSet)))
    .map((item) => ({
      access: item.kind === 'directory' ? 'keep-state' : 'create-file',
      path: item.path,
      evidence: { source: 'catalogue', subject: item.path, detail: item.why },
    }))
}

function moveOf(move: PortMove, files: VendorFiles): readonly (readonly [number, VendorMove])[] {
  const fileEdits = files.edits(move.edits ?? [], 'port')
  const isSaid = move.edits === undefined ? (move.env ?? move.appendArguments) !== undefined : fileEdits.length > 0
  if (!isSaid) return []
  const env = (move.env ?? []).map(({ name, value, why }) => ({
    name,
    value,
    reason: why,
    evidence: [{ source: 'catalogue', subject: String(move.from), detail: why } as const],
  }))
  return [[move.from, { to: move.to, fileEdits, env, append: move.appendArguments ?? [] }]]
}

/** All that sets it is gone, or not read any more. */
function isUnread({ edits, env, appendArguments }: PortMove, files: VendorFiles): boolean {
  if (env !== undefined || appendArguments !== undefined || edits === undefined) return false
  return edits.every(({ file }) => files.isUnread(file))
}

/** By the stage, and not by the base image already. */
function isExposed(port: number, { config }: VariantFacts, facts: ImageFacts): boolean {
  const theirs = (config.exposedPorts ?? []).map((text) => Number.parseInt(text, 10))
  return !theirs.includes(port) && facts.config.exposedPorts.some((other) => other.port === port)
}

/** Where a RUN rewrites the port in such a file, and the stage names another port that any user may bind: that is done. */
function withoutRewritten(move: PortMove, entry: VariantFacts, { facts, runs }: StageFiles): PortMove {
  const raised = facts.config.exposedPorts.some(
    ({ port }) => port >= FIRST_UNPRIVILEGED_PORT && isExposed(port, entry, facts),
  )
  if (!raised || move.edits === undefined) return move
  const isRewritten = (file: string): boolean =>
    runs.some((text) => text.includes(baseName(file)) && new RegExp(String.raw`(?<!\d)${move.from}(?!\d)`).test(text))
  return { ...move, edits: move.edits.filter(({ file }) => !isRewritten(file)) }
}

function describe(root: NeedsRoot): NonNullable<Vendor['needsRoot']> {
  return {
    reason: root.reason,
    capabilities: root.capabilities,
    hint: [root.rootlessTwin === null ? '' : `${root.rootlessTwin} does the same without root`, root.advice]
      .filter((part) => part !== '')
      .join('; '),
  }
}
