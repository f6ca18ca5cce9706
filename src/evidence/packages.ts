import type { PackagePath, PackageRule } from '../../catalogue/package-rule.ts'
import type { ImageFacts } from '../image/facts.ts'
import { baseName, parentOf } from '../places.ts'
import { argvOf, plainCommands } from '../shell/index.ts'
import { choices } from '../words.ts'
import type { Claim, Evidence, PathClaim } from './claim.ts'
import type { FileEdit } from './file-edit.ts'
import { type EditSources, ownEdit, portEdits, readEdit, stockEdit } from './package-edits.ts'
import type { Provider, StageView } from './provider.ts'
import { writtenAnew } from './script-writes.ts'
import { filled, type InstalledPackage, isInstalledHere, type ListedServer, whole } from './servers.ts'
import { isIncluded, mainConfigOf } from './vendor-files.ts'
import { namedConfig } from './working-folder.ts'

/** The installed servers that a rule knows and that the stage starts. */
export const packages: Provider = {
  name: 'packages',
  summary:
    "what the package of a server that is started is known to write, its account and its stock configuration's ports",
  when: 'before-run',
  *claims(view) {
    const { servers } = view
    const sources = {
      view,
      // A file that a start script overwrites is no stock configuration any more.
      edits: { contents: view.contents, files: view.own, atStart: writtenAnew(view.start) },
      commands: view.start.launches.filter(({ byInit }) => byInit !== true).map(({ words }) => words),
    }
    const stock = servers.filter(isInstalledHere)
    for (const server of servers) yield* pathsOf(server, sources)
    for (const { rule, found } of stock)
      if (rule.account !== null) {
        const { name, uid } = rule.account
        yield { kind: 'account', name, uid, evidence: evidenceOf(rule, found, name, `the account of ${rule.program}`) }
      }
    for (const server of stock) yield* movesOf(server, sources)
    for (const server of servers) for (const edit of editsOf(server, sources)) yield { kind: 'file-edit', ...edit }
    // A remark about an account whose number only the installation decides; in a finished image it is known.
    for (const { rule, found } of stock)
      if (rule.caution !== undefined)
        yield {
          kind: 'remark',
          outcome: 'todo',
          transform: 'set-command',
          message: `${rule.program}: ${rule.caution}`,
          hint: choices('let the command start that', 'keep root for it'),
          about: 'CMD',
          evidence: [evidenceOf(rule, found, rule.program)],
        }
  },
}

interface Sources {
  readonly view: StageView
  readonly edits: EditSources
  /** What start scripts and supervisord start, with all words. */
  readonly commands: readonly (readonly string[])[]
}

function editsOf(server: ListedServer, sources: Sources): readonly FileEdit[] {
  const { rule, found } = server
  return (rule.edits ?? []).flatMap((edit) => {
    const own = ownConfig(server, sources)?.file ?? ownMain(rule, edit.file, sources.view.facts)
    if (own !== null) return ownEdit(edit, own, evidenceOf(rule, found, own, edit.why), sources.edits)
    const evidence = [evidenceOf(rule, found, edit.file, edit.why)]
    return isInstalledHere(server) ? stockEdit(edit, evidence, sources.edits) : readEdit(edit, evidence, sources.edits)
  })
}

function movesOf({ rule, found }: ListedServer, { view, edits: sources }: Sources): readonly Claim[] {
  const { config } = view.facts
  return (rule.ports ?? []).flatMap((move): readonly Claim[] => {
    if (move.optional === true && !config.exposedPorts.some(({ port }) => port === move.from)) return []
    const read = (move.edits ?? []).filter(({ file }) =>
      isIncluded(file, rule.mainConfig, config, sources.contents.texts),
    )
    const edits = read.map((edit) =>
      portEdits(edit, rule.files ?? [], [evidenceOf(rule, found, edit.file, edit.why)], sources),
    )
    // The text of one of its files is unknown: whoever changed it sets the port.
    if (edits.includes(null)) return []
    const fileEdits = edits.flatMap((each) => each ?? [])
    return fileEdits.length === 0
      ? []
      : [{ kind: 'port', port: move.from, move: { to: move.to, fileEdits, env: [], append: [] } }]
  })
}

function pathsOf({ rule, found, version }: ListedServer, sources: Sources): readonly PathClaim[] {
  const { files } = sources.edits
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
      (item): PathClaim => ({
        kind: 'path',
        access: item.kind === 'directory' ? 'keep-state' : isBrought(item.path) ? 'write' : 'create-file',
        path: filled(item.path, version),
        ...(item.tree === true ? { tree: true } : {}),
        certainty: 'possible',
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why),
      }),
    ),
    ...of(rule.reads).map(
      (item): PathClaim => ({
        kind: 'path',
        access: 'read',
        path: filled(item.path, version),
        certainty: 'possible',
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why),
      }),
    ),
  ]
}

/** The configuration that the commands name in place of the package's own, or that the stage puts there; null: the package's. */
function ownConfig(
  { rule: { stock, starts } }: ListedServer,
  { view, commands }: Sources,
): { readonly file: string } | null {
  if (stock === undefined) return null
  const { file, option, named } = stock
  const program = whole(starts)
  const started = [argvOf(view.facts.config), ...commands]
    .flatMap((words) => plainCommands(words))
    .filter(([word = '']) => program.test(baseName(word)))
  const said = started.map((command) => namedConfig(option, command) ?? (named === true ? '' : file))
  // A file that the stage itself adds names its own places.
  const others = said.filter((path) => path !== file || view.contents.texts.has(file))
  return others.length === 0 || others.length < said.length ? null : { file: others[0] ?? '' }
}

/** The file that the command names instead of the main configuration that an edit is for. */
function ownMain({ mainConfig }: PackageRule, file: string, { config }: Pick<ImageFacts, 'config'>): string | null {
  if (mainConfig === undefined || mainConfig.file !== file) return null
  const main = mainConfigOf(mainConfig, config)
  return main === file ? null : main
}

/** A configuration of the stage's own in a folder that the package closes to others. */
function closedBeside(file: string, { rule, found, version }: ListedServer): readonly PathClaim[] {
  const folder = parentOf(file)
  const isClosed = (rule.files ?? []).some((line) => /^d......(---|--x) /.test(line) && line.endsWith(` ${folder}`))
  if (!isClosed && !(rule.files ?? []).some((line) => line.endsWith(` ${file}`))) return []
  const evidence = evidenceOf(rule, found, file, 'its configuration')
  return [{ kind: 'path', access: 'read', path: filled(file, version), certainty: 'possible', evidence }]
}

function evidenceOf(rule: PackageRule, found: InstalledPackage, subject: string, why?: string): Evidence {
  const known = rule.confidence === 'measured' ? '' : ', from general knowledge'
  const what = why === undefined ? '' : `: ${why}`
  const where = found.line === null ? 'in the image' : `line ${found.line}`
  return { source: 'packages', subject, detail: `package ${found.name} (${where})${what}${known}` }
}
