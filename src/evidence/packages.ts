import type { PackagePath, PackageRule } from '../../catalogue/package-rule.ts'
import { argvOf } from '../command/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry } from '../image/file-model.ts'
import { onceFor } from '../once-for.ts'
import { baseName, parentOf } from '../places.ts'
import type { Candidate } from '../plan/account/account-request.ts'
import type { Need } from '../plan/grants/need.ts'
import type { FileEdit, Remark } from '../plan/plan.ts'
import type { VendorMove } from '../plan/ports/port-sources.ts'
import { type InstalledPackage, imagePackages, installedPackages } from './installed.ts'
import { isIncluded, mainConfigOf } from './main-config.ts'
import { type EditSources, ownEdit, portEdits, readEdit, stockEdit } from './package-edits.ts'
import { entryOf } from './package-files.ts'
import { namedConfig, plainCommands } from './working-folder.ts'

export interface PackageSources extends EditSources {
  readonly rules: readonly PackageRule[]
  /** Base names of what is started. */
  readonly programs: readonly string[]
  /** Ports that the image is said to open. */
  readonly exposed?: readonly number[]
  readonly config: Pick<ImageConfig, 'entrypoint' | 'cmd'>
  /** What start scripts and supervisord start, with all words. */
  readonly commands?: readonly (readonly string[])[]
  /** A start script could not be read: it may start any of them. */
  readonly opaque: boolean
  /** The catalogue says what the server of the base image writes: that it is a package in there says no more. */
  readonly listed: boolean
}

/** What the installed servers need, as far as the stage starts them. */
export interface PackageEvidence {
  readonly needs: readonly Need[]
  /** What is in the image after the install. */
  readonly files: ReadonlyMap<string, FileEntry>
  readonly accounts: readonly Candidate[]
  /** How the stock configuration is moved to another port. */
  readonly moves: ReadonlyMap<number, VendorMove>
  readonly fileEdits: readonly FileEdit[]
  readonly remarks: readonly Remark[]
  /** Base names of the programs that rules speak of. */
  readonly started: readonly string[]
}

interface Started {
  readonly rule: PackageRule
  readonly found: InstalledPackage
  /** The version in the package's or the program's name; '' for none. */
  readonly version: string
}

export function packageEvidence(sources: PackageSources): PackageEvidence {
  const started = startedServers(sources)
  // Of a package that is in the image already, the image tells the rest better: its files, accounts and ports.
  const stock = started.filter(({ found }) => found.line !== null)
  return {
    started: sources.programs.filter((name) => started.some(({ rule }) => patternsOf(rule).starts.test(name))),
    needs: started.flatMap((each) => needsOf(each, sources)),
    files: new Map(
      stock.flatMap(({ rule, version }) => (rule.files ?? []).map((line) => entryOf(filled(line, version)))),
    ),
    accounts: stock.flatMap(({ rule, found }) =>
      rule.account === null
        ? []
        : [
            {
              name: rule.account.name,
              uid: rule.account.uid,
              evidence: evidenceOf(rule, found, rule.account.name, `the account of ${rule.program}`),
            },
          ],
    ),
    moves: new Map(stock.flatMap((each) => movesOf(each, sources))),
    fileEdits: started.flatMap((each) =>
      (each.rule.edits ?? []).flatMap((edit) => {
        const own = ownConfig(each, sources)?.file ?? ownMain(each.rule, edit.file, sources)
        if (own !== null) return ownEdit(edit, own, evidenceOf(each.rule, each.found, own, edit.why), sources)
        const { rule, found } = each
        const evidence = [evidenceOf(rule, found, edit.file, edit.why)]
        return found.line === null ? readEdit(edit, evidence, sources) : stockEdit(edit, evidence, sources)
      }),
    ),
    // What is said of an account whose number only the install gives: of an image that is there, it is known.
    remarks: stock.flatMap(({ rule, found }) =>
      rule.caution === undefined
        ? []
        : [
            {
              outcome: 'todo',
              transform: 'set-command',
              message: `${rule.program}: ${rule.caution}`,
              about: 'CMD',
              evidence: [evidenceOf(rule, found, rule.program)],
            },
          ],
    ),
  }
}

function movesOf({ rule, found }: Started, sources: PackageSources): readonly (readonly [number, VendorMove])[] {
  return (rule.ports ?? []).flatMap((move): readonly (readonly [number, VendorMove])[] => {
    if (move.optional === true && sources.exposed?.includes(move.from) !== true) return []
    const read = (move.edits ?? []).filter(({ file }) =>
      isIncluded(file, rule.mainConfig, sources.config, sources.shipped.texts),
    )
    const edits = read.map((edit) =>
      portEdits(edit, rule.files ?? [], [evidenceOf(rule, found, edit.file, edit.why)], sources),
    )
    // One file of several of which nobody knows what it says: the port is then set by who changed it.
    if (edits.includes(null)) return []
    const fileEdits = edits.flatMap((each) => each ?? [])
    return fileEdits.length === 0 ? [] : [[move.from, { to: move.to, fileEdits, env: [], append: [] }]]
  })
}

function startedServers({ rules, shipped, files, programs, opaque, listed }: PackageSources): readonly Started[] {
  const any = anyOf(rules)
  // Most commands start none of the list: then nobody has to read what is installed.
  if (!opaque && !programs.some((name) => any.starts.test(name))) return []
  const installed = [...installedPackages(shipped.steps), ...(listed ? [] : imagePackages(files))].filter(({ name }) =>
    any.packages.test(name),
  )
  if (installed.length === 0) return []
  return rules.flatMap((rule) => {
    const { packages, starts } = patternsOf(rule)
    const found = installed.find(
      (each) => each.family === rule.family && packages.some((pattern) => pattern.test(each.name)),
    )
    if (found === undefined) return []
    const program = programs.map((name) => starts.exec(name)).find((match) => match !== null)
    // That it is in an image, for its libraries perhaps, does not yet say that a script which nobody could read starts it.
    if (program == null && (!opaque || found.line === null)) return []
    const ofName = packages.map((pattern) => pattern.exec(found.name)?.[1]).find(Boolean)
    return [{ rule, found, version: ofName ?? program?.[1] ?? '' }]
  })
}

interface Patterns {
  readonly packages: readonly RegExp[]
  readonly starts: RegExp
}

/** Rules are data that every file is asked about: their patterns are compiled once. */
const patternsOf = onceFor(
  (rule: PackageRule): Patterns => ({ packages: rule.packages.map(whole), starts: whole(rule.starts) }),
)

/** Whether any rule tells of a program by this name that it writes something of its own. */
export const writesOf = onceFor((rules: readonly PackageRule[]): ((program: string) => boolean) => {
  const starts = whole(
    rules.flatMap((rule) => ((rule.writes ?? []).length === 0 ? [] : [rule.starts])).join('|') || '(?!)',
  )
  return (program) => starts.test(program)
})

/** Whether a name is in any of the rules at all. */
const anyOf = onceFor((rules: readonly PackageRule[]) => ({
  packages: whole(rules.flatMap((rule) => rule.packages).join('|')),
  starts: whole(rules.map((rule) => rule.starts).join('|')),
}))

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

function filled(text: string, version: string): string {
  return text.replaceAll('\\1', version)
}

function needsOf({ rule, found, version }: Started, sources: PackageSources): readonly Need[] {
  const { files } = sources
  const own = ownConfig({ rule, found, version }, sources)
  if (own !== null) return closedBeside(own.file, { rule, found, version })
  // A file that the package brings is changed; any other one has to be made.
  const isBrought = (path: string): boolean => (rule.files ?? []).some((line) => line.endsWith(` ${path}`))
  const of = (list: readonly PackagePath[] = []): readonly PackagePath[] =>
    list.filter(
      ({ path }) =>
        (version !== '' || !path.includes('\\1')) &&
        // Another build of the package has it elsewhere.
        (found.line !== null || !isBrought(path) || files.exists(filled(path, version))),
    )
  return [
    ...of(rule.writes).map(
      (item): Need => ({
        access: item.kind === 'directory' ? 'keep-state' : isBrought(item.path) ? 'write' : 'create-file',
        path: filled(item.path, version),
        ...(item.tree === true ? { tree: true } : {}),
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why),
      }),
    ),
    ...of(rule.reads).map(
      (item): Need => ({
        access: 'read',
        path: filled(item.path, version),
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why),
      }),
    ),
  ]
}

/** The configuration that the commands name in place of the package's own, or that the stage puts there; null: the package's. */
function ownConfig({ rule: { stock, starts } }: Started, { config, commands = [], shipped }: PackageSources) {
  if (stock === undefined) return null
  const { file, option, named } = stock
  const program = whole(starts)
  const started = [argvOf(config), ...commands]
    .flatMap(plainCommands)
    .filter(([word = '']) => program.test(baseName(word)))
  const said = started.map((command) => namedConfig(option, command) ?? (named === true ? '' : file))
  // What the stage puts there itself names its own places.
  const others = said.filter((path) => path !== file || shipped.texts.has(file))
  return others.length === 0 || others.length < said.length ? null : { file: others[0] ?? '' }
}

/** What the command names in place of the main configuration that an edit is for. */
function ownMain({ mainConfig }: PackageRule, file: string, { config }: PackageSources): string | null {
  if (mainConfig === undefined || mainConfig.file !== file) return null
  const main = mainConfigOf(mainConfig, config)
  return main === file ? null : main
}

/** A configuration of the stage's own in a folder that the package closes to others. */
function closedBeside(file: string, { rule, found, version }: Started): readonly Need[] {
  const folder = parentOf(file)
  const isClosed = (rule.files ?? []).some((line) => /^d......(---|--x) /.test(line) && line.endsWith(` ${folder}`))
  if (!isClosed && !(rule.files ?? []).some((line) => line.endsWith(` ${file}`))) return []
  return [{ access: 'read', path: filled(file, version), evidence: evidenceOf(rule, found, file, 'its configuration') }]
}

function evidenceOf(rule: PackageRule, found: InstalledPackage, subject: string, why?: string): Need['evidence'] {
  const known = rule.confidence === 'measured' ? '' : ', from general knowledge'
  const what = why === undefined ? '' : `: ${why}`
  const where = found.line === null ? 'in the image' : `line ${found.line}`
  return { source: 'packages', subject, detail: `package ${found.name} (${where})${what}${known}` }
}
