import type { WorkingFolderRule } from '../../catalogue/program.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { says } from '../dockerfile/index.ts'
import {
  baseName,
  isForEverybody,
  isInside,
  isRuntimePlace,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import {
  actionsOf,
  argvOf,
  asWords,
  inTurn,
  plainCommands,
  type StartedCommand,
  scriptedCommands,
  toolOf,
  type Word,
} from '../shell/index.ts'
import { type Claim, declared, type Evidence, type PathClaim } from './claim.ts'
import { escapeReplacement, type FileEdit, matches } from './file-edit.ts'
import type { Provider, StageView } from './provider.ts'

/** What programs write into the folder that they start in, as neither their command nor their configuration says otherwise. */
export const workingFolder: Provider = {
  name: 'working-folder',
  summary: 'what listed programs write into the folder that they start in, and files that a command is told to write',
  when: 'before-run',
  *claims(view, { workingFolder: rules }) {
    const { all, isAlone, perhaps } = startedCommands(view)
    // Whatever else starts it may use that folder too.
    const surely = [...writtenByRules(rules, all, view, view.startKnown && isAlone ? { fromStart: true } : {})]
    yield* surely
    yield* all.flatMap(namedOutput)
    const known = new Set(surely.flatMap((claim) => (claim.kind === 'path' ? [claim.path] : [])))
    for (const claim of writtenByRules(rules, perhaps, view, {}))
      if (claim.kind === 'path' && !known.has(claim.path)) yield { ...claim, certainty: 'possible', onlyIf: '' }
  },
}

/** What a script that the start has its runner start does to files by itself: it is no start script, and its lines are read nowhere else. */
export const scriptedWrites: Provider = {
  name: 'scripted-writes',
  summary: 'what scripts of package.json and recipes of a Makefile remove, copy or make when the start runs them',
  when: 'always',
  *claims(view) {
    const { scripted, perhaps } = startedCommands(view)
    const sure = scripted.flatMap((command) => movedWrites(command, view))
    const known = new Set(sure.map(({ path }) => path))
    yield* sure
    for (const claim of perhaps.flatMap((command) => movedWrites(command, view)))
      if (!known.has(claim.path)) yield { ...claim, certainty: 'possible', onlyIf: '' }
  },
}

/** What its actions do to files of root's that are there, and where they put what they make. */
function movedWrites({ words, folder }: StartedCommand, view: StageView): readonly PathClaim[] {
  const said = { words: asWords(words) }
  const { tool, args } = toolOf(said)
  const pathOf = ({ value }: Word): string | null =>
    value !== null && /^[\w./@-]+$/.test(value) ? normalisePath(value.replace(/\/$/, ''), folder) : null
  const shown = [tool, ...args.map(({ text }) => text)].join(' ').slice(0, SHOWN_WORDS)
  const detail = `a script that the start runs says ${shown}`
  const beside = (path: string): PathClaim => declared('create-file', path, detail, { how: 'beside' })
  const isMeant = (path: string | null): path is string => path !== null && path !== '/' && !isRuntimePlace(path)
  const each = (paths: readonly Word[], claims: (path: string) => readonly PathClaim[]): readonly PathClaim[] =>
    paths.map(pathOf).filter(isMeant).flatMap(claims)
  return actionsOf(said).flatMap((action) => {
    switch (action.kind) {
      case 'makes':
        return action.tool === 'mkdir'
          ? each(action.folders, (path) => [declared('keep-state', path, detail, { made: true })])
          : []
      case 'writes':
        return action.tool === 'touch' ? each([action.path], (path) => [beside(path)]) : []
      case 'removes':
        return each(action.paths, (path) => {
          if (!isThere(path, view)) return []
          return action.recursive
            ? [declared('keep-state', path, detail, { tree: true }), beside(path)]
            : [beside(path)]
        })
      case 'puts': {
        if (action.tool !== 'cp' && action.tool !== 'mv') return []
        const { sources, to, recursive } = action
        const isInto = (path: string): boolean =>
          to.text.endsWith('/') ||
          sources.length > 1 ||
          /[*?]|\/\.$/.test(sources[0]?.text ?? '') ||
          view.own.entry(path)?.type === 'directory'
        const isTree = recursive && action.tool === 'cp' ? { tree: true as const } : {}
        return [
          ...(action.tool === 'mv' ? each(sources, (path) => [beside(path)]) : []),
          ...each([to], (path) => [isInto(path) ? declared('keep-state', path, detail, isTree) : beside(path)]),
        ]
      }
      default:
        return []
    }
  })
}

const SHOWN_WORDS = 60

/** The build has put it there, or may have: something that nobody has seen lies around it. */
function isThere(path: string, { contents: { entries, copies, actions }, own }: StageView): boolean {
  if (own.entry(path) !== null || [...entries.keys()].some((each) => isInside(each, path))) return true
  if (actions.some(({ paths }) => paths.some((each) => isInside(each, path)))) return true
  return copies.some(({ seen, destination }) => !seen && destination !== '/' && isInside(path, destination))
}

/** What a command names that it makes: a folder, a file, or where its output goes. */
function namedWrites({ words: [program = '', ...args], folder }: StartedCommand): readonly PathClaim[] {
  const name = baseName(program)
  const operands = args.filter((word) => word !== '' && !word.startsWith('-'))
  const places =
    name === 'mkdir' || name === 'touch'
      ? operands
      : args.flatMap((word, at) => {
          const [, option = '', value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? []
          return OUTPUT_OPTION.test(option) ? [value ?? args[at + 1] ?? ''] : []
        })
  return places.flatMap((written) => {
    const path = /^[\w./-]+$/.test(written) ? normalisePath(written, folder) : null
    if (path === null || path === '/') return []
    return name === 'mkdir'
      ? [declared('create-directory', path, `${name} makes it`)]
      : [declared('create-file', path, `${name} makes it`, { how: 'beside' })]
  })
}

/** The file that a command of the start is told to write, as a report of tests; `json` is none. */
function namedOutput(command: StartedCommand): readonly PathClaim[] {
  // What those make is read of start scripts.
  if (/^(?:mkdir|touch)$/.test(baseName(command.words[0] ?? ''))) return []
  return namedWrites(command).filter(
    ({ path }) => looksLikeFile(path) && !isRuntimePlace(path) && !isForEverybody(path),
  )
}

/** Of a file or a folder, and no format or level. */
const OUTPUT_OPTION = /^(?:out(?:put)?-?(?:file|dir)|out|output|junit-?xml)$/

function writtenByRules(
  rules: readonly WorkingFolderRule[],
  commands: readonly StartedCommand[],
  view: StageView,
  fromStart: { readonly fromStart?: true },
): Iterable<Claim> {
  const { contents, started: config } = view
  const found = new Map<string, Claim>()
  for (const rule of rules)
    for (const command of commands) {
      const { words } = command
      const program = baseName(words[0] ?? '')
      const made = rule.made === undefined ? null : madeFolder(rule.made, command, view)
      if (rule.made === undefined ? !rule.programs.includes(program) : made === null) continue
      const folder = made ?? command.folder
      if (rule.with !== undefined && !new RegExp(rule.with).test(words.join(' '))) continue
      const settings = settingsOf(rule, words, contents.texts, folder)
      if (settings === null) continue
      for (const {
        path: usual,
        said,
        variable,
        kind,
        tree,
        remade,
        unless,
        only,
        unlessBuilt,
        setting,
        why,
      } of rule.writes) {
        const set = variable === undefined ? undefined : config.env.get(variable)
        const path = (said === undefined ? undefined : new RegExp(said, 'm').exec(settings.text)?.[1]) ?? set ?? usual
        const place = path === undefined || path === '' ? null : normalisePath(path, folder)
        if (place === null || found.has(place)) continue
        if (unless !== undefined && new RegExp(unless, 'm').test(settings.text)) continue
        if (only !== undefined && !new RegExp(only, 'm').test(settings.text)) continue
        if (unlessBuilt !== undefined && isBuilt(contents, unlessBuilt)) continue
        const detail =
          path === usual
            ? `${program} keeps ${why} in ${made === null ? 'the folder that it starts in' : 'the folder that it was built into'}`
            : `${program} is told to keep ${why} there`
        const claim =
          kind === 'directory'
            ? declared('keep-state', place, detail, {
                ...(tree === true ? { tree } : { made: true }),
                ...(made === null ? fromStart : {}),
              })
            : declared('create-file', place, detail, { how: 'beside', ...fromStart })
        const isClosed = setting !== undefined && isSystemFolder(parentOf(place))
        const fileEdit = isClosed ? insertion(setting, settings, { why, evidence: claim.evidence }) : null
        found.set(place, fileEdit === null ? claim : { kind: 'file-edit', ...fileEdit })
        if (remade === true)
          found.set(
            `${place}/..`,
            declared('create-file', place, `${program} removes ${path} and makes it anew`, {
              how: 'beside',
              subject: parentOf(place),
              ...fromStart,
            }),
          )
      }
    }
  return found.values()
}

/** The commands that it comes down to; `isAlone`: it starts one, and no script of others. */
function startedCommands({ facts, started, start: { launches }, contents: { texts } }: StageView): {
  readonly all: readonly StartedCommand[]
  readonly isAlone: boolean
  /** Of all those that are written down beside a program that is told a name. */
  readonly scripted: readonly StartedCommand[]
  /** Such ones that a start need not come to. */
  readonly perhaps: readonly StartedCommand[]
} {
  const { entrypoint, cmd, workdir } = started
  const joined = inTurn(plainCommands(argvOf(started)), facts.config.workdir)
  // Behind a script that ends in `exec "$@"` the command is what is started.
  const behind = entrypoint === null || cmd === null ? [] : plainCommands(cmd)
  const runners = (argv: readonly string[], folder: string): readonly StartedCommand[] =>
    inTurn(plainCommands(argv, { runners: false }), folder).filter(({ words: [name = ''] }) =>
      PREPARES.test(baseName(name)),
    )
  const textOf = (path: string): string | undefined => texts.get(path)
  const launched = launches.filter(({ conditional, byInit }) => !conditional && byInit !== true)
  const commands = [
    ...joined,
    ...runners(argvOf(started), facts.config.workdir),
    ...inTurn(behind, workdir),
    ...launched.flatMap(({ words, folder = workdir }) => [
      ...inTurn(plainCommands(words), folder),
      ...runners(words, folder),
    ]),
  ]
  const [direct] = joined
  const isAlone =
    joined.length === 1 &&
    launches.every(({ path, words }) => path === null && words.join(' ') === direct?.words.join(' '))
  const scripted = commands.flatMap((command) => scriptedCommands(command, textOf))
  const perhaps = launches
    .filter(({ conditional, byInit, guarded }) => conditional && byInit !== true && guarded !== true)
    .flatMap(({ words, folder = workdir }) => inTurn(plainCommands(words), folder))
    .flatMap((command) => scriptedCommands(command, textOf))
  return { all: [...commands, ...scripted], isAlone, scripted, perhaps }
}

/** They bring a project up to date before they start what it is told to. */
const PREPARES = /^(uv|pdm|hatch)$/

/** `/app/web` of `/app/web/bin/web`, where a RUN of this stage or of one that it copies from has made such a folder. */
function madeFolder(
  pattern: string,
  { words: [program = ''], folder }: StartedCommand,
  { contents, builders }: Pick<StageView, 'contents' | 'builders'>,
): string | null {
  const path = program.includes('/') ? normalisePath(program, folder) : null
  const [, root = ''] = /^(.+)\/bin\/[^/]+$/.exec(path ?? '') ?? []
  if (root === '' || isSystemFolder(`${root}/bin`)) return null
  return [contents, ...builders].some((one) => isBuilt(one, pattern)) ? root : null
}

/** A RUN has done the same already: what the start would make is there. */
function isBuilt({ steps }: StageContents, pattern: string): boolean {
  const done = new RegExp(pattern)
  return steps.some(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, done))
}

function insertion(
  { after, insert }: NonNullable<WorkingFolderRule['writes'][number]['setting']>,
  { file, text }: Settings,
  { why, evidence }: { readonly why: string; readonly evidence: Evidence },
): FileEdit | null {
  const substitution = { pattern: after, replacement: `&\\n${escapeReplacement(insert)}`, global: false }
  if (file === null || !matches(text, substitution)) return null
  const reason = `${why} would be written where it starts, which is root's`
  return { path: file, substitutions: [substitution], reason, purpose: 'config', evidence: [evidence] }
}

/** Lines of its own configuration and its options without dashes; null where the stock one, or one that nobody has read, tells it. */
function settingsOf(
  { config }: WorkingFolderRule,
  command: readonly string[],
  texts: StageContents['texts'],
  workdir: string,
): Settings | null {
  const options = command
    .slice(1)
    .join(' ')
    .replace(/(?:^|\s)--?(?=[A-Za-z])/g, '\n')
  if (config === undefined) return { file: null, text: options }
  const named = namedConfig(config.option, command)
  const usual = (config.usual ?? []).map((path) => normalisePath(path, workdir) ?? '')
  const file = named === null ? (usual.find((path) => texts.has(path)) ?? null) : normalisePath(named, workdir)
  if (file !== null && !texts.has(file)) return null
  // Without any it reads the stock one, where it looks for one at all.
  const stock = file === null && config.usual !== undefined ? config.stock.find((path) => texts.has(path)) : undefined
  if (file === null && config.usual !== undefined && stock === undefined && config.stock.length > 0) return null
  const read = file ?? stock ?? null
  return { file: read, text: `${(texts.get(read ?? '') ?? '').replace(/^[ \t]+/gm, '')}\n${options}` }
}

interface Settings {
  /** Null: it reads none. */
  readonly file: string | null
  readonly text: string
}

export function namedConfig(option: string | undefined, command: readonly string[]): string | null {
  if (option === undefined) {
    const [, first = ''] = command
    return first === '' || first.startsWith('-') ? null : first
  }
  const pattern = new RegExp(`^(?:${option})$`)
  const at = command.findIndex((word) => pattern.test(word.replace(/=.*$/s, '')))
  if (at < 0) return null
  const word = command[at] ?? ''
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : (command[at + 1] ?? null)
}
