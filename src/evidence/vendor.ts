import type { FileCapability, NeedsRoot, PortMove, VariantFacts, VendorWay } from '../../catalogue/entry.ts'
import type { DaemonPortRule, ProgramRule } from '../../catalogue/program.ts'
import type { Stage } from '../dockerfile/model.ts'
import { wholeText } from '../dockerfile/shell.ts'
import { userNamed } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { baseName, isInside, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { type CapableFile, type EnvSetting, FIRST_UNPRIVILEGED_PORT, type VendorMove } from './claim.ts'
import type { FileEdit } from './file-edit.ts'
import type { Provider, StageView } from './provider.ts'
import { rootProgram } from './root-programs.ts'
import { type VendorFiles, vendorFiles } from './vendor-files.ts'

/** `unread`: nothing that the image came with sets it any more. `unused`: what it starts listens nowhere. */
export type Listed = 'set' | 'unread' | 'unused'

/** What the catalogue knows of an image, as the plan uses it. Every part is checked against the image's files where they are known. */
export interface Vendor {
  readonly account: { readonly name: string; readonly uid: number } | null
  /** Its entry says what it writes. */
  readonly listsWrites: boolean
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
  /** How daemons that bind a port by themselves are told another one. */
  readonly daemonPorts: readonly DaemonPortRule[]
  /** How the vendor itself ships it without root; null where it does not. */
  readonly variant: VendorWay | null
  /** Its entrypoint starts as root and switches to the account before anything is written. Absent: no, or something else is started. */
  readonly stepsDown?: true
  /** Programs with capabilities of their own, which do not start under `--cap-drop ALL`. */
  readonly capable?: readonly CapableFile[]
}

/** Of an image that the catalogue does not list. */
function unlisted(known: Pick<Vendor, 'daemonPorts' | 'needsRoot'>): Vendor {
  return {
    ...known,
    account: null,
    listsWrites: false,
    prepared: [],
    moves: new Map(),
    ports: new Map(),
    fileEdits: [],
    env: [],
    variant: null,
  }
}

/** What else the catalogue knows of what the image starts. */
export interface VendorSources {
  readonly programs: readonly ProgramRule[]
  readonly daemonPorts: readonly DaemonPortRule[]
  /** Names of the processes that a run has shown. */
  readonly seen: readonly string[]
}

/** The catalogue's entry, as far as the image's files and accounts do not speak against it. */
export function vendorOf(view: StageView, { programs, daemonPorts, seen }: VendorSources): Vendor {
  const { entry, facts } = view
  const root = rootProgram(view, programs, seen)
  if (entry === null || !isVendorImage(entry, facts)) return unlisted({ daemonPorts, needsRoot: root })
  const files = vendorFiles(entry, view)
  const isOn = (move: PortMove): boolean =>
    !isToldElse(move, facts) &&
    (move.optional !== true ||
      isExposed(move.from, entry, facts) ||
      (move.onWith !== undefined && files.says(move.onWith)))
  const off = entry.ports.filter((move) => !isOn(move))
  const unused = entry.ports.filter((move) => isUnused(move, view))
  const ports = entry.ports
    .filter((move) => isOn(move) && !unused.includes(move))
    .map((move) => withoutRewritten(move, entry, view))
  return {
    account: entry.user,
    daemonPorts,
    listsWrites: [...entryPaths(entry, files)].length + entry.writable.filter(({ prepared }) => prepared).length > 0,
    prepared: entry.writable.filter((item) => item.prepared === true).map((item) => item.path),
    moves: new Map(ports.flatMap((move) => moveOf(move, files))),
    ports: new Map([
      ...off.map(({ from }) => [from, 'unread'] as const),
      ...unused.map(({ from }) => [from, 'unused'] as const),
      ...ports.map((move) => [move.from, isUnread(move, files) || isReplaced(move, view) ? 'unread' : 'set'] as const),
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
    ...(stepsDown(entry, facts) ? { stepsDown: true } : {}),
    capable: entry.fileCapabilities.map(listedFile),
  }
}

/** What the entry says of a server in the image is all that a package of it would say; what is there to be built upon has none. */
export function describesServer(entry: VariantFacts | null, facts: ImageFacts): boolean {
  if (entry === null || TO_BUILD_UPON.has(entry.class) || !isVendorImage(entry, facts)) return false
  return entry.writable.length + entry.ports.length > 0
}

const TO_BUILD_UPON: ReadonlySet<VariantFacts['class']> = new Set(['language-base', 'os-base', 'distroless'])

/** A local image of the same name that somebody else built lacks the vendor's account. */
function isVendorImage(entry: VariantFacts, facts: ImageFacts): boolean {
  if (!facts.accounts.known || entry.user === null) return true
  return userNamed(facts.accounts.value, entry.user.name) !== null
}

/** What its vendor's entry says that a server writes, as far as its own configuration still holds. */
export const catalogueEntry: Provider = {
  name: 'catalogue-entry',
  summary: 'paths that the catalogue lists for the very base image',
  when: 'always',
  *claims(view) {
    const { entry, facts } = view
    if (entry === null || !isVendorImage(entry, facts)) return
    for (const { path, kind, why } of entryPaths(entry, vendorFiles(entry, view))) {
      // A file that is there is opened, not made anew: a folder of one's own does not help.
      const isThere = facts.files.known && facts.files.value.entry(path)?.type === 'file'
      const access = kind === 'directory' ? 'keep-state' : isThere ? 'write' : 'create-file'
      const evidence = { source: 'catalogue', subject: path, detail: why } as const
      yield { kind: 'path', access, path, certainty: 'inferred', vendors: true, evidence }
    }
  },
}

function* entryPaths(
  { ports, writable, renders }: VariantFacts,
  files: VendorFiles,
): Iterable<VariantFacts['writable'][number]> {
  const settings = ports.flatMap(({ edits = [] }) => edits.map(({ file }) => file))
  const unread = new Set([
    ...settings.filter((file) => files.isUnread(file)),
    ...settings.map(parentOf).filter((folder) => !files.includes(folder)),
  ])
  for (const item of writable) {
    if (item.optional === true || item.prepared === true || unread.has(item.path)) continue
    // An entrypoint without templates renders none.
    if (renders !== undefined && isInside(item.path, renders.to) && !files.isFilled(renders.from)) continue
    if (item.unlessSet === undefined || files.lacks(item.unlessSet)) yield item
  }
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
  const { from, to, appendArguments: append = [], checkedAt } = move
  return [[from, { to, fileEdits, env, append, ...(checkedAt === undefined ? {} : { checkedAt }) }]]
}

/** All that sets it is gone, or not read any more. */
function isUnread({ edits, env, appendArguments }: PortMove, files: VendorFiles): boolean {
  if (env !== undefined || appendArguments !== undefined || edits === undefined) return false
  return edits.every(({ file }) => files.isUnread(file))
}

/** The stage puts texts of its own in the place of all that sets it, and none of them has that number. */
function isReplaced({ from, edits, env, appendArguments }: PortMove, { contents: { texts } }: StageView): boolean {
  if (env !== undefined || appendArguments !== undefined || edits === undefined) return false
  const number = new RegExp(String.raw`(?<!\d)${from}(?!\d)`)
  return edits.every(({ file }) => texts.has(file) && !number.test(texts.get(file) ?? ''))
}

/** It starts what its vendor starts, of which the entrypoint knows that it is to switch. */
function stepsDown({ class: kind, config: theirs }: VariantFacts, { config }: ImageFacts): boolean {
  const [first = ''] = config.cmd ?? []
  const isTheirs = first === theirs.cmd?.[0] || first.startsWith('-')
  const isEntrypoint = JSON.stringify(config.entrypoint) === JSON.stringify(theirs.entrypoint ?? null)
  return kind === 'stepdown-entrypoint' && isEntrypoint && isTheirs
}

/** Its arguments say where it listens, and that is not there. */
function isToldElse({ from, unlessArgument }: PortMove, { config }: ImageFacts): boolean {
  if (unlessArgument === undefined) return false
  const told = argvOf(config).filter((word) => new RegExp(unlessArgument).test(word))
  return told.length > 0 && !told.some((word) => new RegExp(String.raw`(?<!\d)${from}(?!\d)`).test(word))
}

/** The project of the program that is started is there, and no server's: that of its name, else the only one. */
function isUnused({ onlyFor }: PortMove, { contents, builders, facts: { config } }: StageView): boolean {
  if (onlyFor === undefined || config.exposedPorts.length > 0) return false
  const [path, says] = [new RegExp(onlyFor.project), new RegExp(onlyFor.says)]
  const projects = new Map(
    [contents, ...builders].flatMap(({ texts }) => [...texts].filter(([file]) => path.test(file))),
  )
  const started = new Set(argvOf(config).map((word) => baseName(word).replace(/\.dll$/, '')))
  const named = [...projects].filter(([file]) => started.has(baseName(file).replace(path, '')))
  const [project, other] = named.length > 0 ? named : [...projects]
  if (project === undefined || other !== undefined) return false
  const [own, text] = project
  // One that is built from a server's project is a server.
  return [...projects].every(([file, said]) => !says.test(said) || (file !== own && !text.includes(baseName(file))))
}

/** By the stage, and not by the base image already. */
function isExposed(port: number, { config }: VariantFacts, facts: ImageFacts): boolean {
  const theirs = (config.exposedPorts ?? []).map((text) => Number.parseInt(text, 10))
  return !theirs.includes(port) && facts.config.exposedPorts.some((other) => other.port === port)
}

/** Where a RUN rewrites the port in such a file, and the stage names another port that any user may bind: that is done. */
function withoutRewritten(move: PortMove, entry: VariantFacts, { facts, chain }: StageView): PortMove {
  const raised = facts.config.exposedPorts.some(
    ({ port }) => port >= FIRST_UNPRIVILEGED_PORT && isExposed(port, entry, facts),
  )
  if (!raised || move.edits === undefined) return move
  const isRewritten = (file: string): boolean =>
    runsOf(chain).some(
      (text) => text.includes(baseName(file)) && new RegExp(String.raw`(?<!\d)${move.from}(?!\d)`).test(text),
    )
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

function listedFile({ path, capabilities, removeWith }: FileCapability): CapableFile {
  const evidence = { source: 'catalogue', subject: path, detail: 'file capabilities' } as const
  return { name: path, capabilities, removeWith: removeWith.join(' '), certainty: 'inferred', evidence }
}

/** Texts of the RUN lines. */
function runsOf(chain: readonly Stage[]): readonly string[] {
  return chain.flatMap(({ instructions }) =>
    instructions.flatMap((instruction) => (instruction.keyword === 'RUN' ? [wholeText(instruction)] : [])),
  )
}
