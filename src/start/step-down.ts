import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { nameOf } from '../path.ts'
import { negation, sureConditions } from '../shell/conditions.ts'
import {
  actionsBy,
  asWords,
  foldersIn,
  parseShellScript,
  programName,
  readSwitch,
  type ShellCommand,
  type SwitchCommand,
  type Word,
} from '../shell/index.ts'
import type { RootRefusal } from '../shell/root-checks.ts'
import { accountLines, daemonOwnerLines, directives, type OwnerLine, ownerLines, rootLines } from './config-lines.ts'
import { certainCommands, type GivenStart, sourcedFunctions } from './first-start.ts'
import { type AccountNames, type RefusedSwitch, readAccountOption, readDaemonOption } from './options.ts'
import {
  type AskedPath,
  askedPaths,
  type RootAction,
  type RootOnlyWork,
  rootActions,
  rootOnlyWork,
  type ToldId,
  toldIds,
} from './root-actions.ts'
import {
  type OpenWrite,
  openWrites,
  type PossibleWrite,
  rootWrites,
  type ScriptWrite,
  scriptWrites,
} from './script-writes.ts'
import { type ReadScript, type ReadScripts, readScripts } from './scripts.ts'
import { readStart, type StartScript, scriptOf } from './start.ts'
import { type Launch, launchesIn, supervised, type WrittenCommand, writtenCommands } from './started.ts'
import {
  argvStepDown,
  assignedStepDowns,
  directiveStepDown,
  type StepDown,
  type SwitchTool,
  scriptStepDowns,
  supervisedStepDowns,
  switchToolsIn,
} from './switches.ts'

export type { OwnerLine } from './config-lines.ts'
export type { RootAction } from './root-actions.ts'
export type { StartScript } from './start.ts'
export type { Launch, WrittenCommand } from './started.ts'
export type { StepDown, SwitchTool } from './switches.ts'

export interface StepDownReport {
  readonly stepDowns: readonly StepDown[]
  /** Tools that run programs as another user and fail, or do nothing, unless the image starts as root. */
  readonly switchTools: readonly SwitchTool[]
  /** Actions of the start scripts that need root. */
  readonly actions: readonly RootAction[]
  /** Actions that they do only when they are root. */
  readonly rootOnly: readonly RootOnlyWork[]
  /** Files that are made in those branches. */
  readonly rootWrites: readonly string[]
  /** Variables that give them a uid or gid to change to, which only root can do. */
  readonly toldIds: readonly ToldId[]
  /** Start scripts that end unless they are root. */
  readonly refusals: readonly (RootRefusal & { readonly path: string })[]
  /** Real paths of the start scripts that were read, the entrypoint first. */
  readonly scripts: readonly string[]
  /** The programs that those scripts start. */
  readonly started: readonly WrittenCommand[]
  /** Every program that a start script or supervisord starts, with its words. */
  readonly launches: readonly Launch[]
  /** Lines of configuration files that stop a started daemon unless it is root. */
  readonly owners: readonly OwnerLine[]
  /** The conditions that they test before they act. */
  readonly asked: readonly AskedPath[]
  /** Files that a start script writes by itself. */
  readonly writes: readonly ScriptWrite[]
  /** Files that it writes only under conditions. */
  readonly possibleWrites: readonly PossibleWrite[]
  /** Actions on paths that only a run decides. */
  readonly openWrites: readonly OpenWrite[]
  /** Start scripts for another interpreter, or that could not be parsed: nothing is known about them. */
  readonly unread: readonly { readonly path: string; readonly reason: string; readonly tooLong?: true }[]
  /** Names of all programs that the command, its scripts and supervisord start. */
  readonly programs: readonly string[]
  /** The folder in which the last program is started, behind each `cd`; null where it is the first folder, or unknown. */
  readonly folder: string | null
}

/** Finds every step-down of an image by what its ENTRYPOINT, CMD, start scripts and configuration files say. */
export function findStepDowns(
  facts: Pick<ImageFacts, 'config' | 'files'> & Partial<Pick<ImageFacts, 'accounts'>>,
  /** Scripts that an unreadable entrypoint is known to run. */
  also: readonly StartScript[] = [],
): StepDownReport {
  const { config } = facts
  const files = facts.files.known ? facts.files.value : null
  const start = readStart(config, files)
  const services = supervised(files)
  const { scripts, unread } = readWithServices([...start.scripts, ...also], start.programs, services, { config, files })
  const functions = new Set(scripts.flatMap(({ commands }) => commands.map(({ command }) => command.functionName)))
  const asStarted = scripts.map((script) => ofItsCommand(script, config))
  const programs = new Set([
    ...start.programs,
    ...asStarted.flatMap(programsIn).filter((name) => !functions.has(name)),
    ...services.map(({ words }) => nameOf(words[0] ?? '')),
  ])
  const { env: environment } = config
  const startOf = (script: ReadScript): GivenStart => ({
    ...argumentOf(script, config),
    environment,
    files,
    workdir: script.workdir,
  })
  const sourced = sourcedFunctions(scripts)
  const certain = certainCommands(scripts, startOf, sourced)
  const said = new Set(
    scripts.flatMap(({ commands }) => commands.flatMap(({ command }) => command.words.map(({ value }) => value))),
  )
  // Of a file that is sourced for some of its functions, the others are not called.
  const isCalled = ({ functionName }: ShellCommand): boolean => functionName === null || said.has(functionName)
  const launches = asStarted
    .map((script) =>
      script.sourced ? { ...script, commands: script.commands.filter(({ command }) => isCalled(command)) } : script,
    )
    .flatMap((script) => launchesIn(script, certain, sourced))
  const written = scripts.map((script) => scriptWrites(script, startOf(script), sourced, certain))
  const writes = written.flatMap((each) => each.writes)
  // An action that replaces a file needs more than one that writes into it.
  const keyOf = ({ path, replaces }: ScriptWrite): string => `${replaces} ${path}`
  const surely = new Set(writes.flatMap((each) => [keyOf(each), keyOf({ ...each, replaces: false })]))
  const inArgv = [
    ...start.switches.map(({ of, argv, found }) => argvStepDown(of, argv, found)),
    ...argvOptions(
      config,
      (words) => readDaemonOption(words) ?? readAccountOption(words, () => accountNames(files, facts.accounts)),
    ),
  ]
  return {
    stepDowns: [
      ...inArgv,
      ...scripts.flatMap((script) => scriptStepDowns(script)),
      ...scripts.flatMap((script) => assignedStepDowns(script, [...programs])),
      ...scripts.flatMap((script) =>
        scriptStepDowns(
          script,
          execOption(() => accountNames(files, facts.accounts)),
        ).map((found) => ({ ...found, open: true as const })),
      ),
      ...(programs.has('supervisord') ? supervisedStepDowns(files) : []),
      ...(files === null ? [] : directives(files).map((found) => directiveStepDown(found, programs))),
    ],
    switchTools: switchToolsIn(config, scripts, certain, programs.has('supervisord') ? services : []),
    actions: scripts.flatMap((script) => rootActions(script)),
    rootOnly: scripts.flatMap(rootOnlyWork),
    rootWrites: scripts.flatMap((script) => rootWrites(script, startOf(script))),
    owners: files === null ? [] : daemonOwnerLines(files, programs),
    asked: scripts.flatMap((script) => askedPaths(script)),
    toldIds: toldIds(scripts, environment),
    refusals: scripts.flatMap(({ path, refusals }) => (path === null ? [] : refusals.map((one) => ({ ...one, path })))),
    scripts: scripts.flatMap(({ path }) => path ?? []),
    started: writtenCommands(scripts),
    writes,
    possibleWrites: written.flatMap(({ possible }) => possible.filter((each) => !surely.has(keyOf(each)))),
    openWrites: scripts.flatMap((script) => openWrites(script, startOf(script), sourced)),
    launches: programs.has('supervisord') ? [...launches, ...services] : launches,
    unread,
    programs: [...programs],
    folder: lastFolder(scripts),
  }
}

/** The items of `a`, followed by those of `b` that are not among them. */
export function both<T>(
  a: readonly T[],
  b: readonly T[],
  key: (one: T) => string = (one) => JSON.stringify(one),
): readonly T[] {
  const known = new Set(a.map(key))
  return [...a, ...b.filter((one) => !known.has(key(one)))]
}

/**
 * The actions of an image at two of its starts. For the second, only actions in files of the image count: its command is not the
 * image's.
 */
export function atBothStarts(first: StepDownReport, second: StepDownReport): StepDownReport {
  const ofImage = {
    ...second,
    stepDowns: second.stepDowns.filter(({ path }) => path !== null),
    switchTools: second.switchTools.filter(({ place }) => place !== null),
    actions: second.actions.filter(({ script }) => script !== null),
    rootOnly: second.rootOnly.filter(({ script }) => script !== null),
  }
  const joined = (name: keyof Omit<StepDownReport, 'folder'>): readonly [string, readonly unknown[]] => [
    name,
    both<unknown>(first[name], ofImage[name]),
  ]
  const names = (Object.keys(first) as (keyof StepDownReport)[]).filter((name) => name !== 'folder')
  return { ...first, ...(Object.fromEntries(names.map(joined)) as Partial<StepDownReport>) }
}

/** The folder of the first script, or of the one that it ends in. */
function lastFolder(scripts: readonly ReadScript[]): string | null {
  let script = scripts.find(({ by }) => by === null)
  for (let depth = 0; script !== undefined && depth < scripts.length; depth += 1) {
    const last = script.commands.findLast(
      ({ command: { words, within, functionName } }) =>
        words.length > 0 && within === 'script' && functionName === null,
    )?.command
    const next = scripts.find(({ by, sourced }) => by === last && !sourced)
    if (last === undefined) return null
    if (next === undefined) return foldersIn(script).get(last) ?? null
    script = next
  }
  return null
}

/** The start scripts, and those that supervisord starts where it is the command or one of them starts it. */
function readWithServices(
  start: readonly StartScript[],
  programs: readonly string[],
  services: readonly Launch[],
  { config, files }: { readonly config: ImageConfig; readonly files: FileModel | null },
): ReadScripts {
  const read = readScripts(start, config, files)
  const started = services.flatMap(({ words, conditional }) => (conditional ? [] : scriptOf(words, config, files)))
  const isSupervised = programs.includes('supervisord') || read.scripts.flatMap(programsIn).includes('supervisord')
  return started.length === 0 || !isSupervised ? read : readScripts([...start, ...started], config, files)
}

/**
 * Lines of files that a run has read which name an account of the image, for an unknown program. Only a refused switch shows that
 * they mean one.
 */
export function findAccountLines({ files }: Pick<ImageFacts, 'files'>, opened: readonly string[]): readonly StepDown[] {
  if (!files.known) return []
  const paths = opened
    .map((path) => files.value.resolve(path) ?? path)
    .filter((path) => !/\/(passwd|group)$/.test(path))
  return accountLines(files.value, paths, accountNames(files.value)).map((found) => ({
    ...directiveStepDown(found, new Set()),
    started: true,
  }))
}

/** Lines of the files that a run has read which name whom files are given to: what only root can do. */
export function findOwnerLines({ files }: Pick<ImageFacts, 'files'>, opened: readonly string[]): readonly OwnerLine[] {
  if (!files.known) return []
  const paths = opened.map((path) => files.value.resolve(path) ?? path)
  return ownerLines(files.value, paths, accountNames(files.value))
}

/** Lines of the files that a run has read which tell the program to be root. */
export function findRootLines({ files }: Pick<ImageFacts, 'files'>, opened: readonly string[]): readonly OwnerLine[] {
  if (!files.known) return []
  return rootLines(
    files.value,
    opened.map((path) => files.value.resolve(path) ?? path),
  )
}

/**
 * Options that name an account of the image, for programs that were refused the switch, in the command and the start scripts:
 * elsewhere such an option may mean anything.
 */
export function findRefusedOptions(
  facts: Pick<ImageFacts, 'config' | 'files'>,
  programs: ReadonlySet<string>,
  refused: RefusedSwitch,
): readonly StepDown[] {
  const files = facts.files.known ? facts.files.value : null
  const names = accountNames(files)
  const { scripts } = readScripts(readStart(facts.config, files).scripts, facts.config, files)
  const read = (words: readonly Word[]): SwitchCommand | null => {
    const found = (readSwitch(words) ?? readDaemonOption(words)) ? null : readAccountOption(words, () => names, refused)
    return found !== null && programs.has(found.tool) ? found : null
  }
  return [...argvOptions(facts.config, read), ...scripts.flatMap((script) => scriptStepDowns(script, read))]
}

/** An option that names an account, of an unknown program that a script becomes by exec. */
function execOption(names: () => AccountNames): (words: readonly Word[]) => SwitchCommand | null {
  return (words) =>
    words[0]?.value !== 'exec' || readSwitch(words) !== null || readDaemonOption(words) !== null
      ? null
      : readAccountOption(words, names)
}

/** Options of ENTRYPOINT and CMD themselves that switch. */
function argvOptions(config: ImageConfig, read: (words: readonly Word[]) => SwitchCommand | null): readonly StepDown[] {
  return (['entrypoint', 'cmd'] as const).flatMap((of) => {
    const argv = config[of] ?? []
    // An option has a word before it.
    const found = argv.length < 2 ? null : read(asWords(argv))
    return found === null ? [] : [argvStepDown(of, argv, found)]
  })
}

/** `accounts`: of a base image whose files nobody has listed. */
function accountNames(files: FileModel | null, accounts?: ImageFacts['accounts']): AccountNames {
  const { users, groups } = accounts?.known === true ? accounts.value : { users: [], groups: [] }
  const namesIn = (path: string, known: readonly { readonly name: string }[]): ReadonlySet<string> =>
    new Set([
      ...(files?.text(path) ?? '').split('\n').map((line) => line.split(':')[0] ?? ''),
      ...known.map(({ name }) => name),
    ])
  return { users: namesIn('/etc/passwd', users), groups: namesIn('/etc/group', groups) }
}

/**
 * The first argument of a script that ends ENTRYPOINT (the command), or of one in CMD (the next word). '' for none, null where it
 * is unknown.
 */
function argumentOf(
  { path }: ReadScript,
  { entrypoint, cmd }: ImageConfig,
): Pick<GivenStart, 'argument' | 'fixedArgument'> {
  const last = entrypoint?.at(-1)
  const isIt = (word: string): boolean => path !== null && nameOf(word) === nameOf(path)
  if (last !== undefined && isIt(last)) return { argument: cmd?.[0] ?? '', fixedArgument: cmd?.[0] ?? null }
  const at = cmd?.findIndex(isIt) ?? -1
  const argument = at < 0 ? null : (cmd?.[at + 1] ?? '')
  return { argument, fixedArgument: argument }
}

/** Without what it does for another command than that of the image: `if [ "$1" = worker ]`. */
function ofItsCommand(script: ReadScript, config: ImageConfig): ReadScript {
  const { argument } = argumentOf(script, config)
  if (argument === null || argument === '' || CHANGES_ARGUMENTS.test(script.text)) return script
  const asked = { variables: new Map<string, string>(), argument, files: null, workdir: script.workdir }
  const isForOther = ({ command: { conditions } }: ReadScript['commands'][number]): boolean =>
    conditions.some((condition) => sureConditions([negation(condition)], asked).holds)
  return { ...script, commands: script.commands.filter((one) => !isForOther(one)) }
}

const CHANGES_ARGUMENTS = /\bset[ \t]{1,9}--|\bshift\b/

/** Names of all programs that a script runs, static arguments of `exec "$@"` not counted. */
function programsIn({ commands }: ReadScript): readonly string[] {
  return commands.flatMap(({ command }) => {
    const [starts] = command.within === 'trap' ? [] : actionsBy(command, 'starts')
    if (starts === undefined) return []
    const [word, next] = starts.words
    if (word === undefined) return starts.text === null ? [] : innerPrograms(starts.text)
    const name = programName(word)
    if (name === null) return []
    const service = nameOf(name) === 'service' ? next?.value : null
    return [nameOf(name), ...(service == null ? [] : [service])]
  })
}

/** The programs in the text that `su -c` hands to a shell. */
function innerPrograms({ text }: Word): readonly string[] {
  const inner = parseShellScript(text.replace(/^(["'])(.*)\1$/s, '$2'))
  if (inner.kind !== 'parsed') return []
  return inner.commands.flatMap((command) => {
    const name = actionsBy(command, 'starts')[0]?.words[0]?.value
    return name == null ? [] : [nameOf(name)]
  })
}
