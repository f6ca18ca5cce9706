import type { WorkingFolderRule } from '../../catalogue/working-folder-rule.ts'
import { argvOf, asWords, invocationsIn } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { baseName, isSystemFolder, normalisePath, parentOf } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import type { FileEdit } from '../plan/plan.ts'
import type { Evidence } from './evidence.ts'
import { escapeReplacement, matches } from './file-edit.ts'
import { npmScripts } from './npm-scripts.ts'

/** What programs write into the folder that they start in, as neither their command nor their configuration says otherwise. */
export function workingFolder(
  rules: readonly WorkingFolderRule[],
  { launches }: Pick<StepDownReport, 'launches'>,
  { texts }: Pick<Shipped, 'texts'>,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd' | 'workdir'>,
  /** The folder that it starts in is known to be this one. */
  isKnown: boolean,
): WorkingFolder {
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
  const all = [...commands, ...commands.flatMap((words) => npmScripts(words, texts, config.workdir))]
  const found = new Map<string, { readonly need: Need; readonly fileEdit: FileEdit | null }>()
  for (const rule of rules) {
    for (const command of all) {
      if (!rule.programs.includes(baseName(command[0] ?? ''))) continue
      if (rule.with !== undefined && !new RegExp(rule.with).test(command.join(' '))) continue
      const settings = settingsOf(rule, command, texts, config.workdir)
      if (settings === null) continue
      for (const { path, kind, tree, unless, only, setting, why } of rule.writes) {
        const place = normalisePath(path, config.workdir)
        if (place === null || found.has(place)) continue
        if (unless !== undefined && new RegExp(unless, 'm').test(settings.text)) continue
        if (only !== undefined && !new RegExp(only, 'm').test(settings.text)) continue
        const detail = `${baseName(command[0] ?? '')} keeps ${why} in the folder that it starts in`
        const evidence = { source: 'declared', subject: place, detail } as const
        // Whatever else starts it may use that folder too.
        const fromStart = isKnown && isAlone ? ({ fromStart: true } as const) : {}
        const need: Need =
          kind === 'directory'
            ? {
                access: 'keep-state',
                path: place,
                ...(tree === true ? { tree } : { made: true as const }),
                evidence,
                ...fromStart,
              }
            : { access: 'create-file', path: place, beside: true, evidence, ...fromStart }
        const isClosed = setting !== undefined && isSystemFolder(parentOf(place))
        const fileEdit = isClosed ? insertion(setting, settings, { why, evidence }) : null
        found.set(place, { need, fileEdit })
      }
    }
  }
  const results = [...found.values()]
  return {
    needs: results.flatMap(({ need, fileEdit }) => (fileEdit === null ? [need] : [])),
    fileEdits: results.flatMap(({ fileEdit }) => fileEdit ?? []),
  }
}

export interface WorkingFolder {
  readonly needs: readonly Need[]
  /** Settings that name another place than a folder which nobody is given. */
  readonly fileEdits: readonly FileEdit[]
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
  texts: Shipped['texts'],
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
  if (file === null && config.usual !== undefined && stock === undefined) return null
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
