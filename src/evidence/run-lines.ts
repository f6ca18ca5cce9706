import { knownPrograms } from '../../catalogue/known-programs.ts'
import { type RunAction, removals } from '../contents/run-actions.ts'
import { type Step, says, shellCommands, wholeText } from '../dockerfile/index.ts'
import { isRootUser } from '../image/accounts.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, isInside, isOwnPlace, isSchedule, isStatePlace, looksLikeFile, normalisePath } from '../places.ts'
import { actionsOf, argvOf, asWords, followFolders, invocationsIn, isInterpreter, type Word } from '../shell/index.ts'
import { type Claim, declared, inferred, type PathClaim } from './claim.ts'
import { FILE_TOOLS } from './command-line.ts'
import type { Provider, StageView } from './provider.ts'
import { isOneOf } from './servers.ts'

/** Folders that RUN lines make for the program, or hand to a user: their author wanted them writable. */
export const runLines: Provider = {
  name: 'run-lines',
  summary: 'folders that RUN makes, hands over or opens up for the program',
  when: 'always',
  *claims({ contents: { actions } }) {
    yield* pathsOf(actions)
    yield* openedToAll(actions)
  },
}

function pathsOf(actions: readonly RunAction[]): readonly PathClaim[] {
  // A later RUN removes it: it was for the build. Read from the end, so that later removals are known.
  const gone = removals()
  const needs: (readonly PathClaim[])[] = []
  for (const action of actions.toReversed()) {
    needs.push(action.paths.filter((path) => !gone.has(path)).flatMap((path) => needOf(action, path)))
    gone.add(action)
  }
  return needs.reverse().flat()
}

function needOf(action: RunAction, path: string): readonly PathClaim[] {
  // The build fills it, and root reads it.
  if (isSchedule(path)) return []
  const why = reasonFor(action, path)
  if (why === null) return []
  const detail = `${why} by RUN in line ${action.line}`
  if (action.tool === 'touch' || looksLikeFile(path)) return [declared('create-file', path, detail)]
  const owner = action.tool === 'chown' && action.certain ? action.value?.split(/[:.]/)[0] : undefined
  return [declared('keep-state', path, detail, owner === undefined ? {} : { owner, when: 'build' })]
}

function reasonFor(action: RunAction, path: string): string | null {
  switch (action.tool) {
    case 'mkdir':
      return isStatePlace(path) ? 'made' : null
    case 'touch':
      return isStatePlace(path) ? 'made' : null
    case 'chown': {
      const user = action.value?.split(/[:.]/)[0]
      // A single file is handed over to be read as often as to be written.
      return user === undefined ||
        user === '' ||
        user === 'root' ||
        user === '0' ||
        !isOwnPlace(path) ||
        looksLikeFile(path)
        ? null
        : `handed to ${user}`
    }
    case 'chmod':
      return opensToAll(action.value) && isOwnPlace(path) && !looksLikeFile(path) ? 'opened to everybody' : null
    default:
      return null
  }
}

function opensToAll(mode: string | null): boolean {
  if (mode === null) return false
  return /^[0-7]?[0-7][0-7][2367]$/.test(mode) || /(^|,)[ug]*(?:o[ugo]*(?:a[ugo]*)?|a[ugo]*)\+[rxX]*w/.test(mode)
}

/** `chmod 777` is a weakness of its own: whoever gets in can change what is there. */
function openedToAll(actions: readonly RunAction[]): readonly Claim[] {
  return actions
    .filter((action) => action.tool === 'chmod' && opensToAll(action.value) && !/^1/.test(action.value ?? ''))
    .map((action) => ({
      kind: 'remark',
      outcome: 'note',
      transform: 'own-writable-paths',
      message: `line ${action.line} lets every user write ${action.paths.join(', ')} (chmod ${action.value})`,
      hint: 'hand it to the one user that needs it instead, with chown and mode 755',
      about: 'RUN',
      evidence: action.paths.map((path) => ({
        source: 'declared',
        subject: path,
        detail: `opened to everybody by RUN in line ${action.line}`,
      })),
    }))
}

/** `server --version`, `nginx -t`: it fills nothing. */
const ONLY_ASKS = /^--?(v|V|t|h|version|help|test|configtest|check[\w-]*)$/

/**
 * The build runs the program that the image starts (`RUN taskd init`), or copies a tree to the place of a volume: it leaves files
 * of root's there that nobody sees before the build.
 */
export const filledVolumes: Provider = {
  name: 'filled-volumes',
  summary: 'volumes that a RUN fills as root, with a tree or with the program that the image starts',
  when: 'before-build',
  *claims({ contents: { steps }, facts: { config }, start: { programs } }) {
    if (config.volumes.length === 0) return
    const own = programs.filter((name) => !isInterpreter(name) && !isOneOf(knownPrograms.buildAndStart, name))
    const step = steps.find((one) => own.some((name) => runs(one, name)))
    const volumes = config.volumes.flatMap((volume) => normalisePath(volume, config.workdir) ?? [])
    for (const { path, line } of steps.flatMap(treesPut))
      if (isStatePlace(path) && volumes.some((volume) => isInside(path, volume)))
        yield declared('keep-state', path, `filled by RUN in line ${line}, in what is declared by VOLUME`, {
          tree: true,
        })
    if (step === undefined) return
    const detail = `filled by RUN in line ${step.instruction.line}, which runs what the image starts`
    for (const volume of config.volumes) {
      const path = normalisePath(volume, config.workdir)
      if (path !== null && path !== '/') yield declared('keep-state', path, detail, { tree: true })
    }
  },
}

/** Folders that receive whole trees: `cp -r`, `rsync`, `mv`, `tar -C`, `unzip -d`. */
export function treesPut({
  instruction,
  shell,
  workdir,
}: Step): readonly { readonly path: string; readonly line: number }[] {
  if (instruction.keyword !== 'RUN' || !says(instruction, /\b(cp|rsync|mv|tar|unzip)\b/)) return []
  const script = shellCommands(instruction, shell)
  if (script.kind !== 'parsed') return []
  const folderOf = followFolders(workdir)
  return script.commands.flatMap((command) => {
    const folder = folderOf(command)
    return actionsOf(command).flatMap((action) => {
      const isCopy =
        action.kind === 'puts' && (action.tool === 'mv' || (/^(?:cp|rsync)$/.test(action.tool) && action.recursive))
      const isUnpacked = action.kind === 'unpacks' && /^(?:tar|unzip)$/.test(action.tool)
      const to = isCopy ? action.to : isUnpacked ? action.into : null
      const path = to?.value == null ? null : normalisePath(to.value, folder ?? '')
      return path === null || (isCopy && looksLikeFile(path)) ? [] : [{ path, line: instruction.line }]
    })
  })
}

function runs({ instruction, shell }: Step, program: string): boolean {
  // Most RUN lines do not name it.
  if (instruction.keyword !== 'RUN' || !wholeText(instruction).includes(program)) return false
  const script = shellCommands(instruction, shell)
  return (
    script.kind === 'parsed' &&
    script.commands.some(
      ({ name, words }) => name !== null && baseName(name) === program && !ONLY_ASKS.test(words[1]?.value ?? ''),
    )
  )
}

/**
 * The line of a build step that works with the application as root: it reads its settings, so it may create folders and logs. Null
 * for none.
 */
export function preparedByRun(view: StageView): number | null {
  const step = view.contents.steps.find((each) => isRunOfRoot(each) && says(each.instruction, RUNS_ITSELF))
  return step?.instruction.line ?? startedByRun(view)
}

const RUNS_ITSELF = /\b(?:manage\.py|artisan|bin\/console|rake|rails|flask|alembic)\s{1,9}[a-z]/

/** The line of a build step that starts the image's own program, to check or to prepare it. */
export const startedByRun = memoizeByObject(({ contents: { steps }, started }: StageView): number | null => {
  const main = invocationsIn(asWords(argvOf(started))).at(-1)
  const program = main === undefined ? null : programIn(main.words, started.workdir)
  if (program === null) return null
  const found = steps.find((step) => {
    const script = isRunOfRoot(step) ? shellCommands(step.instruction, step.shell) : null
    if (script?.kind !== 'parsed') return false
    const folderOf = followFolders(step.workdir)
    return script.commands.some((command) => {
      const folder = folderOf(command)
      return invocationsIn(command.words).some((each) => programIn(each.words, folder) === program)
    })
  })
  return found?.instruction.line ?? null
})

function isRunOfRoot({ instruction, user }: Step): boolean {
  return instruction.keyword === 'RUN' && (!user.known || isRootUser(user.value))
}

/** The program of a command, or the script of an interpreter. Null for one that only prints information, and where no word names it. */
function programIn(words: readonly Word[], folder: string | null): string | null {
  const [program, ...args] = words.map(({ value }) => value)
  if (program == null || (args.length === 1 && TELLS_OF_ITSELF.test(args[0] ?? ''))) return null
  const name = baseName(program)
  if (!isInterpreter(name) && !RUNS_SCRIPTS.test(name)) return FILE_TOOLS.test(name) ? null : name
  const at = args.findIndex((arg, index) => arg?.startsWith('-') === false && !LOADS.test(args[index - 1] ?? ''))
  const script = args[at]
  if (script == null) return null
  // `npm run build`, `bundle exec puma`.
  if (/^(?:run|exec|run-script)$/.test(script)) return `${name} ${script} ${args[at + 1] ?? ''}`
  return /[/.]/.test(script) ? normalisePath(script, folder ?? '') : `${name} ${script}`
}

const TELLS_OF_ITSELF = /^(?:-[vVht]|-?-?(?:version|help))$/
/** The words behind them name what is run. */
const RUNS_SCRIPTS =
  /^(?:npm|npx|yarn|pnpm|bunx|uv|uvx|poetry|pipenv|pdm|bundle|composer|make|gradlew?|mvnw?|cargo|mix)$/
/** Options of Node whose value is loaded before the script. */
const LOADS = /^(?:-r|--require|--import|--loader)$/

/** Files that such a step leaves in the program's own places are the user's too. */
export function leftBehind(claim: PathClaim, line: number): readonly PathClaim[] {
  const { path, access, evidence } = claim
  if (access === 'keep-state') return [isStatePlace(path) ? { ...claim, tree: true } : claim]
  if (access !== 'create-file' || claim.tree === true || !/\.(?:log|db3?|sqlite3?)$/.test(path) || !isOwnPlace(path))
    return [claim]
  const detail = `${evidence.detail}, and begun as root by RUN in line ${line}`
  return [claim, inferred('create-file', path, detail, { tree: true })]
}
