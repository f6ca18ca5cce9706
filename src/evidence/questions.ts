import { knownPrograms } from '../../catalogue/known-programs.ts'
import { bounds } from '../bounds.ts'
import { runTexts } from '../contents/run-texts.ts'
import type { CopiedPath } from '../contents/stage-contents.ts'
import { type Step, says, shellCommands, wholeText } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import { memoizeSearch } from '../memoize.ts'
import { baseName, isInside, isPrivateKey, isSchedule, looksLikeFile, normalisePath, parentOf } from '../places.ts'
import { argvOf, isInterpreter, programsOf, waitsForInput } from '../shell/index.ts'
import { daemonsOfFile } from '../start/daemons.ts'
import { choices, joinTruncated } from '../words.ts'
import { type Claim, question } from './claim.ts'
import { escapeEre } from './file-edit.ts'
import type { Catalogue, Provider, StageView } from './provider.ts'
import { conditionalRootPrograms, rootProgramsAside } from './root-programs.ts'
import { treesPut } from './run-lines.ts'
import { placeIn } from './script-writes.ts'
import { isOneOf, startedByRules } from './servers.ts'
import { isComment, isTest, sourceName } from './source-text.ts'

/** All files of a finished image are known. */
export const unread: Provider = {
  name: 'unread',
  summary:
    'what of the stage could not be read: sources, RUN lines, start scripts, programs from elsewhere and volumes',
  when: 'before-build',
  *claims(view, _, earlier) {
    yield* closedKeys(view)
    yield* cutSources(view)
    yield* missingCopies(view)
    yield* cutRuns(view)
    yield* unreadScripts(view)
    yield* fromElsewhere(view, earlier)
    yield* volumes(view)
    yield* openEnded(view)
  },
}

/** Work that a run of the original shows to succeed as another user, or not. */
export const rootWork: Provider = {
  name: 'root-work',
  summary: 'what the start or cron does that may need root',
  when: 'before-run',
  *claims(view, catalogue) {
    yield* fromStart(view, catalogue)
    yield* supervisors(view)
    yield* cronJobs(view)
  },
}

/** Sources that the stage, or one that it copies from, takes and that a bound left unread. */
function* cutSources({ left: { unread: left, cutAt }, contents, builders }: StageView): Iterable<Claim> {
  const stages = [contents, ...builders]
  const whole = stages.flatMap(({ copies }) => copies).find(({ seen, source }) => seen && !looksLikeFile(source))
  const hint = 'leave out in .dockerignore what the image does not need'
  if (cutAt !== undefined && whole !== undefined)
    yield question('sources', whole.source, `the build context has more than ${cutAt.toLocaleString('en')} files`, {
      hint,
      about: 'COPY',
    })
  const copied = stages.flatMap(({ origins }) =>
    [...origins.values()].filter((path) => left?.has(path) === true && SOURCE.test(path) && !isTest(path)),
  )
  const [first] = copied
  if (first !== undefined)
    yield question(
      'sources',
      first,
      `${joinTruncated(copied)} ${copied.length === 1 ? 'was' : 'were'} not read: too large, or too many`,
      {
        hint,
        about: 'COPY',
      },
    )
}

/** Source files of any language. */
const SOURCE = /\.(?:py|[cm]?[jt]sx?|rb|php|pl|lua|go|rs|c|cc|cpp|java|kt|cs|exs?|sh|bash)$/
/** Files that are no part of a program. */
const IS_SETTING =
  /^\.|\.(?:conf|cfg|ini|ya?ml|json|toml|lock|txt|md|crt|pem|key|env|html|css|svg|png)$|^(?:yarn|package)?-?lock/i

/** Sources of COPY that are missing in the build context, and so unknown. */
function* missingCopies({ contents, builders }: StageView): Iterable<Claim> {
  const missing = [contents, ...builders].flatMap(({ copies }) =>
    copies.filter(
      ({ missing, source }) =>
        missing === true && (!IS_SETTING.test(baseName(source)) || baseName(source) === 'package.json'),
    ),
  )
  for (const source of new Set(missing.map((copy) => copy.source)))
    yield question('sources', source, `${source} is not in the build context`, {
      hint: "build it first, or name the context with --context where it is not the Dockerfile's folder",
      about: 'COPY',
    })
}

/** A private key that is created before the build, and that no option of COPY makes readable. */
function* closedKeys({ contents: { copies, steps } }: StageView): Iterable<Claim> {
  const isClosed = ({ missing, source, line }: CopiedPath): boolean =>
    missing === true &&
    isPrivateKey(source) &&
    steps.every(
      ({ instruction }) =>
        instruction.line !== line || !instruction.flags.some(({ name }) => name === 'chmod' || name === 'chown'),
    )
  const keys = copies.filter(isClosed)
  if (keys.length === 0) return
  yield {
    kind: 'remark',
    outcome: 'todo',
    transform: 'report-remarks',
    message: `${keys.map(({ source }) => baseName(source)).join(', ')}: a private key is for its owner alone, and COPY gives it to root`,
    hint: choices('copy it with --chown=UID:GID of the user', 'copy it with --chmod=640 and its group'),
    about: 'COPY',
    evidence: [],
  }
}

/** RUN lines that were not read to their end. */
function* cutRuns({ contents: { steps, tooLong, tooMany } }: StageView): Iterable<Claim> {
  const long = new Set(tooLong)
  for (const step of steps) {
    const { keyword, line } = step.instruction
    if (keyword !== 'RUN') continue
    const script = shellCommands(step.instruction, step.shell)
    const reasons: readonly (readonly [boolean, string])[] = [
      [script.kind === 'unparsed' && script.tooLong === true, 'it is too long'],
      [runTexts(step).some(({ leftOut }) => leftOut === true), `it writes more than ${bounds.writtenTexts} files`],
      [line === tooMany, `it is behind the first ${bounds.removedPatterns} patterns of rm`],
      [long.has(line), `it names a path of more than ${bounds.pathLength - 1} characters`],
    ]
    const reason = reasons.find(([holds]) => holds)?.[1]
    if (reason !== undefined)
      yield question('sources', `RUN in line ${line}`, `RUN in line ${line} was not read to its end: ${reason}`, {
        about: 'RUN',
      })
  }
}

const SHELL_SCRIPT = /\.(sh|bash)$|entrypoint/
/** Programs that only read, or that come with the distribution or the image's vendor. */
const HARMLESS = /^(wait-for|wait_for|healthcheck)|^\/etc\/|^\/usr\/(s?bin|share|lib)\//

/** Scripts that are started, and that neither the build context, the Dockerfile nor the base image shows. */
function* unreadScripts({ start, started, facts, entry, contents: { copies, steps } }: StageView): Iterable<Claim> {
  const vendors = argvOf(entry?.config ?? {}).map(baseName)
  const launched = start.launches.filter(({ conditional, filter }) => !conditional && filter !== true)
  const heads = [...wordsOf(argvOf(started)), ...launched.map(({ words: [word = ''] }) => word)]
  const read = new Set([...start.scripts, ...start.unread.map(({ path }) => path)].map(baseName))
  const written = new Set(steps.flatMap((step) => runTexts(step).map(({ path }) => baseName(path))))
  const missing = new Set(copies.filter((copy) => copy.missing === true).map(({ source }) => baseName(source)))
  for (const [name, word] of new Map(heads.map((each) => [baseName(each), each]))) {
    const isScript = SHELL_SCRIPT.test(name) || written.has(name) || (missing.has(name) && STARTED.test(name))
    if (!isScript || read.has(name) || vendors.includes(name)) continue
    if (HARMLESS.test(name) || (name !== 'entrypoint' && HARMLESS.test(word))) continue
    // All files of a known base image are known.
    if (facts.files.known && !missing.has(name) && !written.has(name)) continue
    yield question('start-script', word, `${word}, which it starts, could not be read`)
  }
}

const STARTED = /\.(?:sh|bash|py|rb|pl|php|m?js)$|entrypoint|^(?:start|run|init|boot)\b/

function wordsOf(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '' && !word.startsWith('-'))
}

/** Sources of a program that nobody has read: an image, the network, or a package without a rule. */
function* fromElsewhere(view: StageView, earlier: readonly Claim[]): Iterable<Claim> {
  const { contents, builders, started, servers, installed } = view
  // Who names a writable place has thought of it; a VOLUME may be one of several.
  if (earlier.some((claim) => isWritten(claim) && !started.volumes.some((volume) => isOf(claim, volume)))) return
  const programs = [...new Set([...programsOf(started), ...(started.cmd?.slice(0, 1) ?? []).map(baseName)])]
  const known = startedByRules(programs, servers)
  const steps = [...builders.flatMap((each) => each.steps), ...contents.steps]
  for (const program of programs) {
    if (isInterpreter(program)) {
      yield* unpackedScript(view, program)
      continue
    }
    if (program === '' || known.includes(program)) continue
    if ([knownPrograms.distribution, knownPrograms.noServers].some((group) => isOneOf(group, program))) continue
    const word = argvOf(started).find((one) => baseName(one) === program) ?? program
    // A bare name is looked up in PATH, not in the working folder.
    const path = word.includes('/') ? normalisePath(word, started.workdir) : null
    const last = steps.findLast((step) => brings(step, program, path, view))
    const found = installed.find(({ name }) => name.replace(/-(?:server|daemon)$/, '') === program.replace(/d$/, ''))
    const run = found?.line ?? (path === null ? null : fetchedTo(view, path))
    if (last === undefined && run === null) continue
    const { keyword, line } = last?.instruction ?? { keyword: 'RUN', line: run ?? 1 }
    yield question('program-from-elsewhere', program, `${program} comes from elsewhere (${keyword} in line ${line})`, {
      about: keyword,
    })
  }
}

/** What an interpreter is given to run, absolute; null where it names no file. */
function scriptOf(started: StageView['started'], program: string): string | null {
  const argv = argvOf(started)
  const [word] = argv.slice(argv.findLastIndex((one) => baseName(one) === program) + 1)
  return word === undefined || word.startsWith('-') ? null : normalisePath(word, started.workdir)
}

/** The line of the RUN that unpacks or clones a folder that the path lies in, or puts it there from where it was; null for none. */
function fetchedTo({ contents: { actions, entries, steps } }: StageView, path: string): number | null {
  if (entries.get(path)?.type === 'file') return null
  const isAbove = (folder: string): boolean => folder !== '/' && isInside(path, folder)
  const unpacked = actions.findLast(({ tool, paths }) => tool === 'unpack' && paths.some(isAbove))
  if (unpacked !== undefined) return unpacked.line
  const fetching = steps.filter(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, FETCHES))
  return fetching.flatMap(treesPut).findLast((put) => isAbove(put.path))?.line ?? null
}

/** A script in a folder that a RUN unpacks or clones, and that nobody can read. */
function* unpackedScript(view: StageView, program: string): Iterable<Claim> {
  const script = scriptOf(view.started, program)
  if (script === null || view.own.text(script) !== null) return
  const line = fetchedTo(view, script)
  if (line === null) return
  const message = `${script} comes from elsewhere (RUN in line ${line})`
  yield question('program-from-elsewhere', script, message, { about: 'RUN' })
}

/** A writable place that the program is given; that it may read or start a file says nothing about its writes. */
function isWritten(claim: Claim): boolean {
  return claim.kind === 'path' && claim.access !== 'read' && claim.access !== 'execute'
}

function isOf(claim: Claim, volume: string): boolean {
  return claim.kind === 'path' && isInside(claim.path, normalisePath(volume) ?? volume)
}

const FETCHES =
  /\b(?:curl|wget|git\s+clone|tar|unzip|(?:go|cargo)\s+install|(?:npm|pnpm|yarn|bun|pip[\d.]*|pipx|gem)\s+(?:i|install|add|global)|create-project|startproject)\b/

function brings({ instruction, words }: Step, program: string, path: string | null, { contents }: StageView): boolean {
  const { keyword, line } = instruction
  if (keyword === 'COPY') {
    const isOfImage = contents.copies.some((copy) => copy.line === line && copy.image != null)
    return isOfImage && words.some((word) => word !== null && (baseName(word) === program || word === path))
  }
  if (keyword === 'ADD') return says(instruction, /\b(?:https?|ftp):\/\//) && wholeText(instruction).includes(program)
  if (keyword !== 'RUN' || !says(instruction, FETCHES)) return false
  const folder = path === null ? '' : parentOf(path)
  const isIn =
    folder.split('/').length > 2 && !/\/s?bin$/.test(folder) && says(instruction, new RegExp(escapeEre(folder)))
  return isIn || says(instruction, new RegExp(String.raw`(?<![\w.-])${escapeEre(program)}(?![\w-])`))
}

/** A folder that a variable decides is written, and nobody can say where it is; a list without quotes is no JSON. */
function* volumes({ contents: { steps } }: StageView): Iterable<Claim> {
  for (const { instruction, words } of steps) {
    if (instruction.keyword !== 'VOLUME') continue
    const text = instruction.text.trim()
    if (words.includes(null))
      yield question('writes', text, `VOLUME ${text} in line ${instruction.line} takes its folder from a variable`, {
        about: 'VOLUME',
      })
    else if (/^\[\s*[^"\s]/.test(text))
      yield {
        kind: 'remark',
        outcome: 'note',
        transform: 'report-remarks',
        message: `VOLUME ${text} in line ${instruction.line} is not JSON: Docker makes no volume of these folders`,
        hint: 'write each path in double quotes',
        about: 'VOLUME',
        evidence: [],
      }
  }
}

/** A shell, `make` or a test runner: what it does is decided at each run. */
function* openEnded({ started, start: { programs }, entry }: StageView): Iterable<Claim> {
  const argv = argvOf(started)
  const isOpen = programs.length <= 1 && isOneOf(knownPrograms.openEnded, programs[0] ?? '')
  // The command of a base image is there to be replaced.
  if (!isOpen && (!waitsForInput(argv) || argv.join(' ') === argvOf(entry?.config ?? {}).join(' '))) return
  yield question('writes', argv.join(' '), `it starts ${argv.join(' ')}: whoever runs it says what that writes`)
}

/** Calls of a start script that only root may make; a script that asks for root first has its answer. */
function* fromStart(
  { start: { launches }, facts, stepDowns, listed }: StageView,
  { programs }: Catalogue,
): Iterable<Claim> {
  const found = new Map<string, Claim>()
  for (const {
    words: [program = '', ...rest],
    path,
    line,
    guarded,
    byInit,
  } of listed ? [] : launches) {
    if (guarded === true) continue
    const tool = baseName(program)
    const why = isOneOf(knownPrograms.systemTools, tool)
      ? 'changes the system'
      : byInit === true && !isOneOf(knownPrograms.plainInit, tool)
        ? 'is started by its init script'
        : knownPrograms.rootCalls.find(
            (call) =>
              new RegExp(`^(?:${call.program})$`).test(tool) &&
              (call.with === undefined || rest.some((word) => new RegExp(call.with ?? '').test(word))),
          )?.does
    const where = placeIn(path, line)
    if (why !== undefined && !found.has(tool))
      found.set(tool, question('root-work', where, `${tool} ${why} (${where})`))
  }
  yield* found.values()
  for (const { reason, path } of conditionalRootPrograms(facts, stepDowns, programs))
    yield question('root-work', path ?? 'the command', `what is started in some cases needs root: ${reason}`)
  for (const { reason, hint, service } of rootProgramsAside({ facts, stepDowns }, programs))
    yield {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${service} runs without root, and what is started before it does not: ${reason}`,
      hint: choices(
        hint,
        `start ${service} alone`,
        'keep root for all: # harden-image ignore=set-user reason=WHY above FROM',
      ),
      about: 'CMD',
      evidence: [],
    }
}

/** A supervisor without a readable configuration: what it starts, and as whom, is unknown. */
function* supervisors({ start: { programs }, own }: StageView): Iterable<Claim> {
  for (const name of programs) {
    const manager = knownPrograms.serviceManagers.find(({ program }) => program === name)
    if (manager === undefined) continue
    const told = new RegExp(manager.toldBy)
    const isTold = (path: string): boolean =>
      told.test(path) || daemonsOfFile(path, own.text(path)).some((daemon) => daemon.name === name)
    if (!own.texts().some(isTold))
      yield question('start-script', name, `${name} starts with a configuration that was not read`)
  }
}

const CRON = /^(crond?|cronie|fcron|dcron|supercronic|yacron|go-cron)$/

/** Jobs that the stage gives to cron, where nothing that is read starts it: it must be root to run each as its owner. */
function* cronJobs({ contents: { entries }, start: { programs } }: StageView): Iterable<Claim> {
  if (programs.some((name) => CRON.test(name))) return
  const jobs = [...entries].find(([path, { type }]) => type === 'file' && isSchedule(path))?.[0]
  if (jobs !== undefined)
    yield question('root-work', jobs, `${jobs} has jobs for cron, which must be root to run each as its owner`, {
      hint: 'run them with supercronic, which takes the same file and stays one user',
    })
}

/** Folders for people and for those who build the program. */
const ASIDE =
  /(^|\/)(tests?|specs?|__tests__|docs?|examples?|\.github|node_modules|vendor|site-packages)\/|\.(test|spec)\./
/** It does this only as root. */
const ASKS_WHO = /\bget_?e?uid\(\)\s{0,9}(?:===?|!==?|>)\s{0,9}0\b|\bposix_gete?uid\(\)/i

interface SourceCall {
  readonly files: RegExp
  readonly find: ReturnType<typeof callIn>
  readonly needs: string
  /** A start may not need it for long: a run shows it only where somebody asks for that work. */
  readonly unasked?: true
}

/** Where a text calls it, and by which name; null where it does not, or asks first who it is. */
function callIn(call: RegExp): (text: string) => { readonly line: number; readonly name: string } | null {
  return memoizeSearch((text) => {
    const found = call.exec(text)
    if (found === null || ASKS_WHO.test(text) || isComment(text, found.index)) return null
    const name = found.slice(1).find((group) => group !== undefined) ?? found[0].trim().replace(/\($/, '')
    return { line: lineOf(text, found.index), name }
  })
}

/** What a program starts, or does to itself, that only root may. Each tool's man page; setuid(2), chroot(2), chown(2), raw(7). */
const SOURCE_CALLS: readonly SourceCall[] = [
  {
    files: /\.(py|m?[jt]sx?|cjs|rb|php|pl|go|rs|java|kt|cs)$/,
    find: callIn(
      /\b(?:execFile|execFileSync|spawn|spawnSync|exec|execSync|execa|run|call|check_call|check_output|Popen|popen|system|execvp|execv|execlp|shell_exec|passthru|proc_open|Command|Command::new|ProcessBuilder|Start)\(\s{0,9}\[?\s{0,9}["'`](?:\/usr)?(?:\/s?bin\/)?(runuser|su|sudo|gosu|su-exec|setpriv|chroot|useradd|usermod|userdel|groupadd|adduser|deluser|chpasswd|mount|umount|iptables|nft|modprobe)(?=["'`\s])|\b(?:process|os|syscall|unix)\.(setuid|setgid|setgroups|seteuid|setresuid|initgroups|chroot|Setuid|Setgid|Chroot|Mount)\(|\b(posix_setuid|posix_setgid)\(/,
    ),
    needs: 'which only root may',
    unasked: true,
  },
  {
    files: /(?:^|\/)(?:Cargo\.toml|package\.json)$|\.(?:go|py|rs|c|cc|cpp)$/,
    find: callIn(
      /^(?:ping|surge-ping|fastping-rs|ping-rs|oping)[ \t]{0,9}=|\.SetPrivileged\(true\)|\b(?:icmp\.ListenPacket|net\.(?:ListenPacket|DialIP|ListenIP))\(\s{0,9}"ip[46]?:|\bSOCK_RAW\b|^[ \t]{0,40}(?:from|import) (?:scapy|ping3)\b|^[ \t]{0,40}"(?:net-ping|raw-socket)"[ \t]{0,9}:|\bType::RAW\b/m,
    ),
    needs: 'which takes NET_RAW',
    unasked: true,
  },
  {
    files: /\.(py|[cm]?[jt]sx?|go|rb|php|rs|java|kt)$/,
    find: callIn(
      /\b(?:(?:os\.[lf]?|shutil\.)chown|(?:fs|fsp|fse|fsPromises|promises)\.[lf]?chown(?:Sync)?|(?:os|unix|syscall)\.[LF]?[Cc]hown|FileUtils\.chown(?:_R)?|File\.l?chown|(?:fs|unistd)::l?chown|Files\.setOwner)\(/,
    ),
    needs: 'which only root may, unless the file is its own',
  },
]

/** The first call of each kind in the sources of all stages that build the program. */
export const rootCalls: Provider = {
  name: 'root-calls',
  summary: 'calls in the sources that only root may make, such as runuser, setuid, chown and raw sockets',
  when: 'always',
  *claims({ contents, builders, idle }) {
    const stages = [contents, ...builders]
    const isCapable = stages.some(({ steps }) => steps.some(({ instruction }) => says(instruction, /\bcap_net_raw\b/i)))
    const texts = stages.flatMap(({ texts, origins }) =>
      [...texts].map(([file, text]) => ({ file, text, origin: origins.get(file) ?? file })),
    )
    for (const { files, find, needs, unasked } of SOURCE_CALLS) {
      if (isCapable && needs.endsWith('NET_RAW')) continue
      for (const { file, text, origin } of texts) {
        if (!files.test(sourceName(file, text)) || idle.has(file) || ASIDE.test(origin) || isTest(file)) continue
        const found = find(text)
        if (found === null) continue
        const where = `${origin} line ${found.line}`
        yield question(
          'root-work',
          where,
          `${where} calls ${found.name}, ${needs}`,
          unasked === true ? { unasked } : {},
        )
        break
      }
    }
  },
}
