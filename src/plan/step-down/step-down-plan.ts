import { knownPrograms } from '../../../catalogue/known-programs.ts'
import { bounds } from '../../bounds.ts'
import { lineOf } from '../../edit.ts'
import { commonOf, type Need, question, type Remark } from '../../evidence/claim.ts'
import { type FileEdit, mergeByFile } from '../../evidence/file-edit.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import type { ImageRun } from '../../image/image-run.ts'
import { nameOf } from '../../path.ts'
import { isInside, isRuntimePlace, isSharedFolder, isSystemFolder, looksLikeFile } from '../../places.ts'
import { isSwitcher, switchTools } from '../../shell/index.ts'
import { daemonCalled, daemonOf, insistsOnUser } from '../../start/daemons.ts'
import type { RefusedSwitch } from '../../start/options.ts'
import {
  findAccountLines,
  findOwnerLines,
  findRefusedOptions,
  findRootLines,
  type RootAction,
  type StepDown,
  type StepDownReport,
} from '../../start/step-down.ts'
import { choices, joinAnd, joinTruncated } from '../../words.ts'
import { codeIn } from '../grants/closed.ts'
import { imageCode } from '../grants/image-code.ts'
import { type AccountChoice, accountIds } from '../plan.ts'
import type { Observation } from '../stage-input.ts'
import {
  canBeGuarded,
  editOf,
  guardEdit,
  guardedArgv,
  isInText,
  ownerEdit,
  passEdit,
  unswitchedArgv,
} from './step-down-edits.ts'

/** What an image that switches user by itself needs when it starts as that user already. */
export interface StepDownPlan {
  /** Users it switches to. */
  readonly switches: readonly SwitchTarget[]
  readonly needs: readonly Need[]
  readonly fileEdits: readonly FileEdit[]
  /** ENTRYPOINT and CMD without the words that switch; null where they stay. */
  readonly argv: Readonly<Record<'entrypoint' | 'cmd', readonly string[] | null>>
  readonly argvReasons: readonly string[]
  /** The folder of a chroot that the command no longer enters; the program finds its files by that path. Null: none. */
  readonly jail: string | null
  readonly remarks: readonly Remark[]
}

export interface SwitchTarget {
  readonly user: string
  readonly detail: string
  /** A tool switches (gosu, su-exec), not a daemon that may do without. */
  readonly byTool?: true
}

const noStepDown: StepDownPlan = {
  switches: [],
  needs: [],
  fileEdits: [],
  argv: { entrypoint: null, cmd: null },
  argvReasons: [],
  jail: null,
  remarks: [],
}

/** `unpacked`: folders that the build fills with what nobody has seen. */
export function planStepDown(
  report: StepDownReport,
  facts: ImageFacts,
  observation: Observation | null,
  unpacked: readonly string[] = [],
): StepDownPlan {
  const known = report.stepDowns.filter(
    // A run shows what such words mean.
    (found) => (found.started || found.kind !== 'directive') && (found.open !== true || observation === null),
  )
  const refusals = (observation?.operations ?? []).filter(
    ({ outcome, access }) => outcome === 'refused' && (access === 'switch-user' || access === 'chroot'),
  )
  const refused = refusals.length > 0
  const told = refused ? refusedSwitches(refusals, facts, observation?.opened ?? []) : []
  // A refusal says more about a command than its words did.
  const relevant = [
    ...known.filter(({ argv }) => !told.some((one) => argv !== null && one.argv?.of === argv.of)),
    ...told,
  ]
  const refusedOwners = ownersRefused(observation) ? findOwnerLines(facts, observation?.opened ?? []) : []
  const asRoot = rootRefused(observation) ? findRootLines(facts, observation?.opened ?? []) : []
  const owners = [...report.owners, ...refusedOwners, ...asRoot]
  const said = [relevant, report.actions, report.refusals, report.unread, owners]
  if (said.every((list) => list.length === 0)) return noStepDown
  // A daemon's own `user` is mostly a warning to a non-root process: it goes only when the program stops on it.
  const wanted = relevant.filter(
    ({ guarded, tool }) =>
      !guarded && (switchTools.includes(tool) || insistsOnUser(tool) || refusals.some((one) => mayBeOf(tool, one))),
  )
  const files = facts.files.known ? facts.files.value : null
  const code = imageCode(facts, report, { files, uid: NOBODY })
  const { programs } = code
  const isOfCode = (action: RootAction): boolean =>
    modesOfCode(action, programs, files).length > 0 ||
    // A tree that holds code is not granted as a whole, and only its owner may set its modes.
    (setsModes(action) && action.paths.some((path) => codeIn(path, code) !== null))
  const fatal = report.actions.filter((action) => isFatal(action) || (endsBy(action) && isOfCode(action)))
  const lists = [wanted, fatal, report.refusals, owners]
  const [taken, guards] = [wanted.slice(0, bounds.changedCommands), fatal.slice(0, bounds.changedCommands)]
  const inArgv = taken.filter((found) => found.argv?.without != null)
  const inline = guards.filter(({ script }) => script === null)
  const argvOf = (of: 'entrypoint' | 'cmd') => {
    const inWords = without(inArgv, of)
    const inText = unswitchedArgv(inWords ?? facts.config[of], taken.filter(isInText))
    const switched = inText?.argv ?? inWords
    const guarded = guardedArgv(switched ?? facts.config[of], inline)
    return {
      argv: guarded?.argv ?? switched,
      reasons: [...(inText?.found.map(whySwitched) ?? []), ...(guarded === null ? [] : [guarded.reason])],
    }
  }
  const left = leftJail(inArgv, observation?.operations ?? [])
  const argv = { entrypoint: left.from(argvOf('entrypoint')), cmd: left.from(argvOf('cmd')) }
  return {
    switches: relevant.flatMap(({ user, tool, path }) =>
      user === null
        ? []
        : [
            {
              user,
              detail: `${tool} switches to it${path === null ? '' : ` in ${path}`}`,
              ...(switchTools.includes(tool) ? { byTool: true as const } : {}),
            },
          ],
    ),
    needs: ownTrees(
      report.actions.flatMap((action) =>
        isOfCode(action) ? modesOfCode(action, programs, files) : actionNeeds(action, report),
      ),
      report.actions.filter((action) => setsModes(action) && !isOfCode(action)),
      unpacked,
    ),
    fileEdits: mergeByFile([
      ...report.refusals.slice(0, bounds.changedCommands).map(passEdit),
      ...taken.flatMap((found) => editOf(found, facts, taken)),
      ...guards.flatMap((action) => guardEdit(action, guards, report.actions)),
      ...owners.slice(0, bounds.changedCommands).map(ownerEdit),
    ]),
    argv: { entrypoint: argv.entrypoint.argv, cmd: argv.cmd.argv },
    argvReasons: [...inArgv.map(whySwitched), ...argv.entrypoint.reasons, ...argv.cmd.reasons],
    jail: left.jail,
    remarks: [
      ...(lists.some(({ length }) => length > bounds.changedCommands) ? [TOO_MANY] : []),
      ...taken.flatMap((found) => stuck(found, facts)),
      ...guards.filter((action) => action.script !== null && !canBeGuarded(action)).map(unguarded),
      ...(observation === null ? relevant.filter(unlike(wanted)).flatMap(unsure) : []),
      // A trace shows whether it switches, in whatever language it is written.
      ...(observation?.opened == null ? report.unread.flatMap((one) => unread(one, facts)) : []),
    ],
  }
}

/**
 * Variables by which an entrypoint lets people choose its user, which a non-root start ignores: whether they keep that choice is theirs to
 * say.
 */
export function idsWithoutEffect(
  { toldIds }: Pick<StepDownReport, 'toldIds'>,
  account: AccountChoice,
  runs: readonly ImageRun[],
): readonly Remark[] {
  const [first] = toldIds
  if (first === undefined) return []
  const ids = accountIds(account)
  const who = account.name === '' || account.name === ids ? ids : `${account.name} (${ids})`
  const setBy = (run: ImageRun): readonly string[] =>
    toldIds.flatMap(({ variable }) => (isOthersId(variable, run.env.get(variable), account) ? [variable] : []))
  const run = runs.find((one) => keepsFiles(one) && setBy(one).length > 0)
  const names = run === undefined ? toldIds.map(({ variable }) => variable) : setBy(run)
  const said = names.length > 3 ? joinTruncated(names) : joinAnd(names)
  const have = names.length === 1 ? 'has' : 'have'
  const script = first.script ?? 'the command'
  return [
    {
      outcome: 'todo',
      transform: 'skip-step-down',
      message:
        run === undefined
          ? `${said} ${have} no effect now: ${script} changes to such an id only as root, and it starts as ${who}`
          : `${run.by} sets ${said}, which ${have} no effect now: ${script} changes to such an id only as root, and it starts as ${who}`,
      hint: choices(
        `let it start as USER says: old volumes and bind mounts go to it once (chown -R ${ids}), and --user or user: in Compose names another`,
        'keep that choice: # harden-image ignore=set-user reason=WHY above FROM leaves the start script and old volumes as they are',
      ),
      evidence: toldIds.map(({ variable, script, line }) => ({
        source: 'step-down',
        subject: variable,
        detail: `read in ${script ?? 'the command'} line ${line}`,
      })),
    },
  ]
}

/** A number other than the account's, or one that only the operator knows; undefined where none is given. */
function isOthersId(
  variable: string,
  value: string | null | undefined,
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
): boolean {
  if (value === null) return true
  // A placeholder such as `####` stands for any number.
  const isNumber = value !== undefined && /^\d+$/.test(value)
  return isNumber && value !== String(/g(?:id|roup)/i.test(variable) ? gid : uid)
}

/** Files outside of the image, whose owner nobody else takes care of. */
function keepsFiles({ mounts, user, isMeant }: ImageRun): boolean {
  return user === null && isMeant !== true && mounts.some(({ readOnly, from }) => !readOnly && from !== 'file')
}

/** The refusal may be why this program stops: it is not known to be another program's. */
function mayBeOf(tool: string, { by }: Operation): boolean {
  const name = by === undefined ? '' : nameOf(by)
  if (isSwitcher(name)) return false
  const [own, other] = [daemonCalled(tool), daemonOf(name)]
  return own === null || other === null || own === other
}

const TOO_MANY = question(
  'start-script',
  'the command',
  `more than ${bounds.changedCommands} commands that it starts with need root: those after them are left as they are`,
)

function unlike<T>(known: readonly T[]): (one: T) => boolean {
  const all = new Set(known)
  return (one) => !all.has(one)
}

function whySwitched({ tool }: StepDown): string {
  const what = switchTools.includes(tool) ? tool : `the switch of user that ${tool} makes`
  return `${what} is left out: the container starts as its user already`
}

/** These are set in the script that runs them, not in a configuration. */
const HANDS_OVER = /^(chown|chgrp|install|cp|mv|tar|rsync)$/

/** The program gives its files to an owner, and a non-root run was refused that. */
function ownersRefused(observation: Observation | null): boolean {
  return (observation?.operations ?? []).some(
    ({ access, outcome, by }) =>
      access === 'change-owner' && outcome === 'refused' && by !== undefined && !HANDS_OVER.test(nameOf(by)),
  )
}

/** A non-root run was refused to become root or to give root a file: its settings may ask for it. */
function rootRefused(observation: Observation | null): boolean {
  return (observation?.operations ?? []).some(
    ({ access, outcome, uid, gid, by }) =>
      (access === 'switch-user' || access === 'change-owner') &&
      outcome === 'refused' &&
      (uid === 0 || gid === 0) &&
      by !== undefined &&
      !HANDS_OVER.test(nameOf(by)),
  )
}

/** A path in a word of a command, be it behind `FILE=`, `+` or a colon. */
const PATH_IN_WORD = /(?<![\w./-])\/[\w.-][\w./-]*/g

/**
 * The folder that the command is no longer locked into, where the program was seen at work in there, and its words with the
 * paths that were meant below it. What it names relative to it needs it as the folder to start in.
 */
function leftJail(
  taken: readonly StepDown[],
  operations: readonly Operation[],
): {
  readonly jail: string | null
  readonly from: <T extends { readonly argv: readonly string[] | null }>(one: T) => T
} {
  const folder = taken.flatMap(({ jail }) => jail ?? [])[0] ?? null
  const used = new Set(
    operations.flatMap(({ access, outcome, path }) =>
      folder !== null && path !== null && outcome === 'done' && access !== 'chroot' && isInside(path, folder)
        ? [path]
        : [],
    ),
  )
  const isUsed = [...used].some((path) => path !== folder)
  if (folder === null || !isUsed) return { jail: null, from: (one) => one }
  const outside = new Set(operations.flatMap(({ outcome, path }) => (outcome === 'done' ? (path ?? []) : [])))
  const below = (path: string): string =>
    used.has(`${folder}${path}`) && !outside.has(path) ? `${folder}${path}` : path
  return {
    jail: folder,
    from: (one) => ({ ...one, argv: one.argv?.map((word) => word.replace(PATH_IN_WORD, below)) ?? null }),
  }
}

function without(found: readonly StepDown[], of: 'entrypoint' | 'cmd'): readonly string[] | null {
  return found.find((item) => item.argv?.of === of)?.argv?.without ?? null
}

/** A user that owns no file. */
const NOBODY = -1

/**
 * What a chmod of the start wants of code that it runs, which stays root's: that the user may read and start it. Empty where it is about
 * anything else, which the user is given.
 */
function modesOfCode(
  { action, value, paths, dynamic, recursive, guarded, script }: RootAction,
  programs: ReadonlySet<string>,
  files: FileModel | null,
): readonly Need[] {
  if (action !== 'chmod' || guarded || dynamic || recursive || paths.length === 0 || files === null) return []
  const real = paths.map((path) => files.resolve(path) ?? path)
  if (!real.every((path) => programs.has(path) && files.entry(path)?.type === 'file')) return []
  const wants = /^0?[0-7]{3,4}$/.test(value ?? '') ? 'rx' : (value ?? '').replace(/-[rwxXst]+|[^rx]/g, '')
  const detail = `given another mode by ${script ?? 'the command'} at start`
  return real.flatMap((path) =>
    (['read', 'execute'] as const)
      .filter((access) => access === 'read' || wants.includes('x'))
      .map((access) => ({
        access,
        path,
        certainty: 'declared' as const,
        evidence: { source: 'step-down' as const, subject: path, detail },
      })),
  )
}

/** Paths that the entrypoint hands to its user, or makes, are those that the program writes. */
function actionNeeds(
  action: RootAction,
  { writes, rootWrites }: Pick<StepDownReport, 'writes' | 'rootWrites'>,
): readonly Need[] {
  const access =
    action.action === 'chown' || action.action === 'install'
      ? 'keep-state'
      : action.action === 'mkdir'
        ? 'create-directory'
        : action.action === 'chmod' && action.fatal && !action.guarded
          ? 'change-mode'
          : null
  const owner = action.action === 'chown' ? (action.value?.split(/[:.]/)[0] ?? '') : ''
  if (access === null || owner === 'root') return []
  const verb = access === 'keep-state' ? 'handed over' : access === 'change-mode' ? 'given another mode' : 'made'
  // A file that the script makes and then hands over, even with -R, must not be created as a folder.
  const isFile = (path: string): boolean =>
    action.action === 'chown' &&
    (looksLikeFile(path) ||
      rootWrites.includes(path) ||
      writes.some((one) => one.path === path && one.any === undefined))
  const isOthers = (path: string): boolean => access !== 'change-mode' && isSystemFolder(path)
  return action.paths
    .filter((path) => !isOthers(path) && !isSharedFolder(path) && !isRuntimePlace(path) && !PATTERN.test(path))
    .map((path): Need => {
      const detail = `${verb} by ${action.script ?? 'the command'} at start`
      const evidence = { source: 'step-down', subject: path, detail } as const
      const made = { path, certainty: 'inferred', when: 'start', evidence } as const
      if (access === 'create-directory') return { ...made, access }
      const recursive = action.recursive ? ({ recursive: true } as const) : {}
      if (access === 'change-mode')
        return { ...made, access, ...recursive, ...(action.recursive ? { tree: true } : {}) }
      return {
        ...made,
        access: isFile(path) ? 'create-file' : access,
        ...recursive,
        ...(owner === '' ? {} : { owner }),
      }
    })
}

/** The start fails where anything in the tree has another owner. */
function setsModes({ action, recursive, guarded, fatal }: RootAction): boolean {
  return action === 'chmod' && recursive && fatal && !guarded
}

/**
 * What is handed over with all that is in it, where a part of that is not seen before the build, or the start sets the modes of all of it
 * (`modes`), is given as a whole: nothing less lets it.
 */
function ownTrees(needs: readonly Need[], modes: readonly RootAction[], unpacked: readonly string[]): readonly Need[] {
  const isUnseen = (path: string): boolean =>
    unpacked.some((folder) => isInside(folder, path) || (folder !== '/' && isInside(path, folder)))
  const isSet = (path: string): boolean =>
    modes.some(({ paths }) => paths.some((each) => isInside(each, path) || isInside(path, each)))
  const whole = needs.map((need): Need => {
    if (need.recursive !== true || !(isUnseen(need.path) || isSet(need.path))) return need
    return need.access === 'change-mode' && isUnseen(need.path)
      ? { ...commonOf(need), access: 'keep-state', recursive: true, tree: true }
      : { ...need, tree: true }
  })
  const given = whole.filter(({ access, tree }) => access === 'keep-state' && tree === true)
  const isGiven = ({ path }: Need): boolean => given.some((other) => isInside(path, other.path))
  return whole.filter((need) => need.access !== 'change-mode' || need.tree !== true || !isGiven(need))
}

/** A quoted pattern expands to nothing, and nobody names a folder like that. */
const PATTERN = /[*?]/

/** Only root may do it, and the script ends there for another user. */
export function isFatal(action: RootAction): boolean {
  return endsBy(action) && /^(chown|chgrp|account|mount|setcap)$/.test(action.action)
}

function endsBy({ guarded, fatal }: RootAction): boolean {
  return !guarded && fatal
}

function stuck(found: StepDown, facts: ImageFacts): readonly Remark[] {
  if (isInText(found)) return []
  if (found.kind === 'argv' ? found.argv?.without != null : editOf(found, facts, []).length > 0) return []
  return [
    {
      outcome: 'todo',
      transform: 'skip-step-down',
      message: `${found.path ?? 'the command'} switches user with ${found.tool}, which only root can do: ${found.text}`,
      hint: choices('let it run the program without switching when id -u is not 0', 'start the program itself'),
      answeredByRun: true,
      evidence: [{ source: 'step-down', subject: found.path ?? found.tool, detail: found.text }],
    },
  ]
}

function unguarded({ script, line, tool, text }: RootAction): Remark {
  return {
    outcome: 'todo',
    transform: 'skip-step-down',
    message: `${script} line ${line} runs ${tool}, which only root can, and the script ends when it fails`,
    hint: choices('let it run only when id -u is 0', 'do it in a RUN'),
    answeredByRun: true,
    evidence: [{ source: 'step-down', subject: script ?? tool, detail: text }],
  }
}

/** An unknown program: without root it may go on as it is, or end. */
function unsure({ kind, tool, user, text }: StepDown): readonly Remark[] {
  // A call that is listed as root's alone has been reported already.
  if (knownPrograms.rootCalls.some(({ program }) => program === tool)) return []
  if (kind === 'directive' || switchTools.includes(tool) || daemonOf(tool)?.options !== undefined) return []
  return [question('start-script', tool, `${tool} is told to switch to ${user ?? 'another user'}: ${text}`)]
}

/** What switches user or gives files away, in whatever language; a comment of `#` or `//` says nothing. */
const SWITCHES =
  /^(?![^\S\n\r\u2028\u2029]*(?:#|\/\/)).*?\b(gosu|su-exec|setpriv|runuser|set(?:re|res)?[ug]id|setgroups|initgroups|l?chown)\b/im

function unread({ path, reason, tooLong }: StepDownReport['unread'][number], { files }: ImageFacts): readonly Remark[] {
  const text = files.known && tooLong !== true ? files.value.text(path) : null
  const found = text === null ? null : SWITCHES.exec(text)
  if (text !== null && found === null) return []
  const where = text === null || found === null ? path : `${path} line ${lineOf(text, found.index + found[0].length)}`
  return [question('start-script', where, `${path} was not understood: ${reason}`)]
}

/** The account arguments of unknown programs that were refused the switch. */
function refusedSwitches(
  refusals: readonly Operation[],
  facts: ImageFacts,
  opened: readonly string[],
): readonly StepDown[] {
  const programs = new Set(refusals.flatMap(({ by }) => (by === undefined ? [] : [nameOf(by)])))
  return [...findAccountLines(facts, opened), ...findRefusedOptions(facts, programs, namesOf(refusals, facts))]
}

/** The users that they would have become, and the folder that they were locked in; root is no user to switch to. */
function namesOf(refusals: readonly Operation[], { accounts }: ImageFacts): RefusedSwitch {
  const users = accounts.known ? accounts.value.users : []
  const isMeant = (id: { readonly uid: number; readonly gid: number }): boolean =>
    refusals.some(({ uid, gid }) => uid === id.uid || (uid === undefined && gid === id.gid))
  return {
    users: new Set(users.filter((user) => user.uid > 0 && isMeant(user)).map(({ name }) => name)),
    folders: new Set(refusals.flatMap(({ access, path }) => (access === 'chroot' && path !== null ? [path] : []))),
  }
}
