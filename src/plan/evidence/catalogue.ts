import type { DaemonPortRule } from '../../../catalogue/daemon-port-rule.ts'
import type { ConfigEdit, NeedsRoot, PortMove, ProgramRule, VariantFacts } from '../../../catalogue/entry.ts'
import { userNamed } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Launch } from '../../image/step-down.ts'
import { matches } from '../file-edit.ts'
import type { Need } from '../need.ts'
import type { FileEdit } from '../plan.ts'
import type { VendorMove } from '../ports.ts'
import { unlisted, type Vendor } from '../vendor.ts'
import { mayNeedRoot, rootProgram } from './root-programs.ts'

export interface CatalogueSources {
  /** The entry of the image, or of the base image of a stage; null where there is none. */
  readonly entry: VariantFacts | null
  readonly programs: readonly ProgramRule[]
  readonly daemonPorts: readonly DaemonPortRule[]
  readonly facts: ImageFacts
  /** Names of the processes that a run has shown. */
  readonly seen: readonly string[]
  /** What its start scripts and supervisord start. */
  readonly launches: readonly Launch[]
  /** The stage writes into this folder of the image itself: what the vendor shipped there may be replaced. */
  readonly replaces: (path: string) => boolean
}

/** The catalogue's knowledge as evidence, as far as the image's files and accounts do not speak against it. */
export function vendorOf(sources: CatalogueSources): Vendor {
  const root = rootProgram(sources)
  const { entry, facts, daemonPorts } = sources
  const cautions = mayNeedRoot(sources)
  if (entry === null || !isVendorImage(entry, facts)) return unlisted({ daemonPorts, needsRoot: root, cautions })
  return {
    cautions,
    account: entry.user,
    daemonPorts,
    needs: needsOf(entry),
    prepared: entry.writable.filter((item) => item.prepared === true).map((item) => item.path),
    moves: new Map(entry.ports.filter((move) => move.optional !== true).flatMap((move) => moveOf(move, sources))),
    fileEdits: editsOf(entry.configEdits, 'config', sources),
    env: entry.env.map(({ name, value, why }) => ({
      name,
      value,
      reason: why,
      evidence: [{ source: 'catalogue', subject: name, detail: why }],
    })),
    // Of an image whose files nobody has seen its entry knows more than the name of its program says.
    needsRoot: entry.needsRoot !== null && (root === null || !facts.files.known) ? describe(entry.needsRoot) : root,
    variant: entry.unprivilegedVariant,
    fileCapabilities: entry.fileCapabilities,
  }
}

/** A local image of the same name that somebody else built lacks the vendor's account. */
function isVendorImage(entry: VariantFacts, facts: ImageFacts): boolean {
  if (!facts.accounts.known || entry.user === null) return true
  return userNamed(facts.accounts.value, entry.user.name) !== null
}

function needsOf(entry: VariantFacts): readonly Need[] {
  return entry.writable
    .filter((item) => item.optional !== true && item.prepared !== true)
    .map((item) => ({
      access: item.kind === 'directory' ? 'keep-state' : 'create-file',
      path: item.path,
      evidence: { source: 'catalogue', subject: item.path, detail: item.why },
    }))
}

function moveOf(move: PortMove, sources: CatalogueSources): readonly (readonly [number, VendorMove])[] {
  const fileEdits = editsOf(move.edits ?? [], 'port', sources)
  if ((move.edits ?? []).length > 0 && fileEdits.length === 0) return []
  const env = (move.env ?? []).map(({ name, value, why }) => ({
    name,
    value,
    reason: why,
    evidence: [{ source: 'catalogue', subject: String(move.from), detail: why } as const],
  }))
  return [[move.from, { to: move.to, fileEdits, env, append: move.appendArguments ?? [] }]]
}

function editsOf(
  edits: readonly ConfigEdit[],
  purpose: FileEdit['purpose'],
  sources: CatalogueSources,
): readonly FileEdit[] {
  const byFile = new Map<string, FileEdit>()
  for (const edit of edits) {
    const substitution = {
      pattern: edit.pattern,
      replacement: edit.replacement ?? '',
      global: edit.global ?? false,
      ...(edit.remove === true ? { remove: true } : {}),
    }
    if (!fits(edit, substitution, sources)) continue
    const before = byFile.get(edit.file)
    byFile.set(edit.file, {
      path: edit.file,
      substitutions: [...(before?.substitutions ?? []), substitution],
      reason: [...new Set([...(before?.reason.split('; ') ?? []), edit.why])].join('; '),
      purpose,
      evidence: [...(before?.evidence ?? []), { source: 'catalogue', subject: edit.file, detail: edit.why }],
    })
  }
  return [...byFile.values()]
}

function fits(
  edit: ConfigEdit,
  substitution: FileEdit['substitutions'][number],
  { facts, replaces }: CatalogueSources,
): boolean {
  if (!facts.files.known) return !(edit.stockOnly === true && replaces(edit.file))
  const text = facts.files.value.text(edit.file)
  return text !== null && matches(text, substitution)
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
