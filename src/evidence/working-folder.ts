import type { WorkingFolderRule } from '../../catalogue/program.ts'
import { argvOf, asWords, invocationsIn } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { baseName, isSystemFolder, normalisePath, parentOf } from '../places.ts'
import { type Claim, declared, type Evidence } from './claim.ts'
import { escapeReplacement, type FileEdit, matches } from './file-edit.ts'
import type { Provider, StageView } from './provider.ts'

/** What programs write into the folder that they start in, as neither their command nor their configuration says otherwise. */
export const workingFolder: Provider = {
  name: 'working-folder',
  summary: 'what listed programs write into the folder that they start in',
  when: 'before-run',
  claims(view, { workingFolder: rules }) {
    const { contents, started: config } = view
    const { all, isAlone } = startedCommands(view)
    // Whatever else starts it may use that folder too.
    const fromStart = view.startKnown && isAlone ? ({ fromStart: true } as const) : {}
    const found = new Map<string, Claim>()
    for (const rule of rules)
      for (const command of all) {
        const program = baseName(command[0] ?? '')
        if (!rule.programs.includes(program)) continue
        if (rule.with !== undefined && !new RegExp(rule.with).test(command.join(' '))) continue
        const settings = settingsOf(rule, command, contents.texts, config.workdir)
        if (settings === null) continue
        for (const { path: usual, said, kind, tree, remade, unless, only, setting, why } of rule.writes) {
          const path = (said === undefined ? undefined : new RegExp(said, 'm').exec(settings.text)?.[1]) ?? usual
          const place = path === undefined ? null : normalisePath(path, config.workdir)
          if (place === null || found.has(place)) continue
          if (unless !== undefined && new RegExp(unless, 'm').test(settings.text)) continue
          if (only !== undefined && !new RegExp(only, 'm').test(settings.text)) continue
          const detail =
            path === usual
              ? `${program} keeps ${why} in the folder that it starts in`
              : `${program} is told to keep ${why} there`
          const claim =
            kind === 'directory'
              ? declared('keep-state', place, detail, { ...(tree === true ? { tree } : { made: true }), ...fromStart })
              : declared('create-file', place, detail, { beside: true, ...fromStart })
          const isClosed = setting !== undefined && isSystemFolder(parentOf(place))
          const fileEdit = isClosed ? insertion(setting, settings, { why, evidence: claim.evidence }) : null
          found.set(place, fileEdit === null ? claim : { kind: 'file-edit', ...fileEdit })
          if (remade === true)
            found.set(
              `${place}/..`,
              declared('create-file', place, `${program} removes ${path} and makes it anew`, {
                beside: true,
                subject: parentOf(place),
                ...fromStart,
              }),
            )
        }
      }
    return found.values()
  },
}

/** The commands that it comes down to; `isAlone`: it starts one, and no script of others. */
export function startedCommands({ started: config, start: { launches }, contents: { texts } }: StageView): {
  readonly all: readonly (readonly string[])[]
  readonly isAlone: boolean
} {
  const joined = plainCommands(argvOf(config))
  const started = [
    // Behind a script that ends in `exec "$@"` the command is what is started.
    ...(config.entrypoint === null || config.cmd === null ? [] : [config.cmd]),
    ...launches.filter(({ conditional, byInit }) => !conditional && byInit !== true).map(({ words }) => words),
  ]
  const commands = [...joined, ...started.flatMap(plainCommands)]
  const [direct = []] = joined
  const isAlone =
    joined.length === 1 && launches.every(({ path, words }) => path === null && words.join(' ') === direct.join(' '))
  return { all: [...commands, ...commands.flatMap((words) => npmScripts(words, texts, config.workdir))], isAlone }
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

/** The commands of an argv and of the text in it, each from the name of its program on; '' for a word that is not known. */
export function plainCommands(argv: readonly string[]): readonly (readonly string[])[] {
  return invocationsIn(asWords(argv), { runners: true }).flatMap(({ words }) =>
    words.length === 0 ? [] : [words.map(({ value }) => value ?? '')],
  )
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

const RUNNERS = /^(npm|yarn|pnpm|bun)$/
/** Deeper, scripts only call each other in circles. */
const DEEPEST = 4

/** The commands that `npm start`, `yarn dev` and their like come down to, by the package.json that the stage ships. */
function npmScripts(
  command: readonly string[],
  texts: StageContents['texts'],
  workdir: string,
  depth = 0,
): readonly (readonly string[])[] {
  const all = command
    .flatMap((word) => (/\s/.test(word) ? word.split(/\s+|(?<=[;&|])|(?=[;&|])/) : [word]))
    .map((word) => word.replace(/^["']|["']$/g, ''))
  const at = all.findIndex((word) => RUNNERS.test(word) || RUN_SEVERAL.test(word))
  const scripts = at < 0 || depth > DEEPEST ? null : scriptsOf(texts.get(normalisePath('package.json', workdir) ?? ''))
  if (scripts === null) return []
  const words = all.slice(at + 1).filter((word) => !word.startsWith('-'))
  const [verb, name] = words
  const one = verb === 'run' || verb === 'run-script' ? name : verb
  const called = RUN_SEVERAL.test(all[at] ?? '') ? severalOf(words, scripts) : one === undefined ? [] : [one]
  const run = called.flatMap((script) => [`pre${script}`, script, `post${script}`])
  return run.flatMap((each) =>
    (scripts.get(each) ?? '')
      .split(/&&|\|\||[;|&]/)
      .map((text) =>
        text
          .trim()
          .split(/\s+/)
          .filter((word) => word !== '' && !/^(\w+=.*|cross-env|npx|exec)$/.test(word)),
      )
      .filter((words) => words.length > 0)
      .flatMap((words) => [words, ...npmScripts(words, texts, workdir, depth + 1)]),
  )
}

/** Scripts by their names, or by patterns of them: `npm-run-all watch:*`, `concurrently npm:watch:*`. */
const RUN_SEVERAL = /^(npm-run-all2?|run-s|run-p|concurrently)$/

function severalOf(words: readonly string[], scripts: ReadonlyMap<string, string>): readonly string[] {
  return words.flatMap((word) => {
    const wanted = word.replace(/^npm:/, '')
    const [start = '', end] = wanted.split('*')
    if (end === undefined) return scripts.has(wanted) ? [wanted] : []
    return [...scripts.keys()].filter((script) => script.startsWith(start) && script.length > start.length)
  })
}

function scriptsOf(text: string | undefined): ReadonlyMap<string, string> | null {
  try {
    const { scripts } = JSON.parse(text ?? '') as { readonly scripts?: Readonly<Record<string, unknown>> }
    return new Map(
      Object.entries(scripts ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
  } catch {
    return null
  }
}
