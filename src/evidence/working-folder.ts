import type { WorkingFolderRule } from '../../catalogue/program.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { says } from '../dockerfile/index.ts'
import {
  baseName,
  isForEverybody,
  isRuntimePlace,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import { argvOf, inTurn, plainCommands, type StartedCommand, scriptedCommands } from '../shell/index.ts'
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

/** The file that a command of the start is told to write, as a report of tests; `json` is none. */
function namedOutput({ words: [program = '', ...args], folder }: StartedCommand): readonly PathClaim[] {
  const name = baseName(program)
  return args.flatMap((word, at) => {
    const [, option = '', value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? []
    const written = OUTPUT_OPTION.test(option) ? (value ?? args[at + 1] ?? '') : ''
    const path = /^[\w./-]+$/.test(written) ? normalisePath(written, folder) : null
    if (path === null || !looksLikeFile(path) || isRuntimePlace(path) || isForEverybody(path)) return []
    return [declared('create-file', path, `${name} makes it`, { how: 'beside' })]
  })
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
    for (const { words, folder } of commands) {
      const program = baseName(words[0] ?? '')
      if (!rule.programs.includes(program)) continue
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
          path === usual ? `${program} keeps ${why} where it starts` : `${program} is told to keep ${why} there`
        const claim =
          kind === 'directory'
            ? declared('keep-state', place, detail, {
                ...(tree === true ? { tree } : { made: true }),
                ...fromStart,
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
  const perhaps = launches
    .filter(({ conditional, byInit, guarded }) => conditional && byInit !== true && guarded !== true)
    .flatMap(({ words, folder = workdir }) => inTurn(plainCommands(words), folder))
    .flatMap((command) => [command, ...scriptedCommands(command, textOf)])
  return { all: [...commands, ...commands.flatMap((command) => scriptedCommands(command, textOf))], isAlone, perhaps }
}

/** They bring a project up to date before they start what it is told to. */
const PREPARES = /^(uv|pdm|hatch)$/

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
