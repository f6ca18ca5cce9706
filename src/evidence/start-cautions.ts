import { knownPrograms } from '../../catalogue/known-programs.ts'
import { argvOf } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import { HOST_SOCKET, HOST_SOCKET_HINT } from '../image/image-run.ts'
import { daemonsOfFile } from '../image/step-down/daemons.ts'
import { accountMadeBy, accountsNamed } from '../image/step-down.ts'
import { baseName, isInside, isSchedule, normalisePath } from '../places.ts'
import { joinAnd, joinTruncated } from '../words.ts'
import type { Claim } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { isOneOf } from './servers.ts'
import { argumentsFrom, isComment, isTest } from './source-writes.ts'

const AS_ROOT = /\$\{?(\w{0,40}(?:RUN|START|LAUNCH)_AS_ROOT)\b(?::?-["']?(\w{0,40}))?/g
const ON = /^(1|true|yes|on|y)$/i

/** A variable that tells a start script to stay root, and that does where nobody says otherwise: `RUN_AS_ROOT=true`. */
export const rootSwitches: Provider = {
  name: 'root-switches',
  summary: 'variables that tell a start script to stay root unless they are set otherwise',
  when: 'before-run',
  *claims({ start: { scripts }, facts: { config }, own }) {
    const said = new Set<string>()
    for (const script of scripts)
      for (const [, name = '', fallback = ''] of (own.text(script) ?? '').matchAll(AS_ROOT)) {
        if (said.has(name) || !ON.test(config.env.get(name) ?? fallback)) continue
        said.add(name)
        yield {
          kind: 'remark',
          outcome: 'todo',
          transform: 'report-remarks',
          message: `${script} stays root where ${name} is ${config.env.get(name) ?? fallback}, as it is here: what it then starts may not work as another user`,
          hint: `set ENV ${name} so that it does not, or run with --prove to see it`,
          about: 'CMD',
          answeredByRun: true,
          evidence: [{ source: 'declared', subject: name, detail: `read by ${script}` }],
        }
      }
  },
}

/** Work that a start script leaves to root: as another user it goes the other way, which lacks that. */
export const rootBranches: Provider = {
  name: 'root-branches',
  summary: 'what a start script does behind its question for root, and does not do as another user',
  when: 'before-run',
  *claims({ start: { rootOnly, refusals }, contents: { origins }, listed }) {
    const ours = rootOnly.filter(({ script }) => !listed || script === null || origins.has(script))
    if (refusals.length > 0) return
    for (const script of new Set(ours.map((each) => each.script))) {
      const said = ours.filter((each) => each.script === script)
      const all = said.map(({ text, line }) => `${text.length > 40 ? `${text.slice(0, 40)}…` : text} (line ${line})`)
      yield {
        kind: 'remark',
        outcome: 'todo',
        transform: 'report-remarks',
        message: `${script ?? 'the command'} does only as root: ${joinTruncated(all)}; as another user that is left out`,
        hint: 'do it in a RUN, let the script do it for every user, or leave it out on purpose',
        about: 'CMD',
        evidence: said.map(({ text, line }) => ({
          source: 'declared',
          subject: text,
          detail: `${script ?? 'the command'} line ${line}`,
        })),
      }
    }
  },
}

/** `service redis-server start`: most init scripts ask for root, or switch to the account of their package. */
export const initScripts: Provider = {
  name: 'init-scripts',
  summary: 'init scripts of servers that the start calls, most of which work for root only',
  when: 'before-run',
  *claims({ start: { launches } }) {
    for (const { byInit, path, line, words } of launches) {
      const [name = ''] = words
      if (byInit !== true || name === '' || isOneOf(knownPrograms.plainInit, name)) continue
      yield {
        kind: 'remark',
        outcome: 'todo',
        transform: 'set-command',
        message: `the init script of ${name} is started${path === null ? '' : ` in ${path} line ${line}`}, and most init scripts work only as root`,
        hint: `start ${name} itself, in the foreground or with & behind it`,
        about: 'CMD',
        evidence: [{ source: 'declared', subject: name, detail: `service ${name} start` }],
      }
    }
  },
}

const SOURCE = /\.(py|m?[jt]sx?|cjs|rb|php|pl|lua|go|rs|java|kt|cs|exs?|sh|bash|toml|conf|ini|ya?ml)$|entrypoint/
/** What is there for people and for those who build it. */
const ASIDE =
  /(^|\/)(tests?|specs?|__tests__|docs?|examples?|\.github)\/|(^|\/)(docker-)?compose[\w.-]*\.ya?ml$|\.(test|spec)\./
const COMMENT = /^\s*(#|\/\/|\*|;)/

/** A program that speaks to the container engine of its host: through a socket that belongs to root and to a group of the host. */
export const hostSockets: Provider = {
  name: 'host-sockets',
  summary: "the socket of the host's container engine, named by the command, a variable or the source",
  when: 'before-run',
  *claims({ contents, builders, started, start }) {
    const [configured] = [...inConfig(started), ...byCommand(start, started)]
    // The first is enough: the texts are all that the stage ships, or is compiled from.
    const [named] = configured === undefined ? inAll([contents, ...builders], started) : [configured]
    if (named === undefined) return
    yield {
      kind: 'unknown',
      outcome: 'todo',
      transform: 'report-remarks',
      subject: named.socket,
      message: `it uses the host's container engine through ${named.socket}, which belongs to root there: cannot tell whether the user may`,
      hint: HOST_SOCKET_HINT,
      evidence: [{ source: 'declared', subject: named.socket, detail: named.detail }],
    }
  },
}

interface Named {
  readonly socket: string
  readonly detail: string
}

function inConfig(config: ImageConfig): readonly Named[] {
  const said = [
    ...[...config.env].map(([name, value]) => [value, `named in ${name}`] as const),
    ...argvOf(config).map((word) => [word, 'named in its command'] as const),
    ...config.volumes.map((path) => [path, 'declared by VOLUME'] as const),
  ]
  return said.flatMap(([text, detail]) => {
    const socket = HOST_SOCKET.exec(text)?.[0]
    return socket === undefined ? [] : [{ socket, detail }]
  })
}

/** What asks an engine; `docker login` and `docker --version` do without. */
const ASKS_ENGINE =
  /^(ps|port|run|exec|start|stop|restart|kill|rm|logs|inspect|pull|push|images?|build|cp|create|info|events|stats|top|wait|network|volume|container|system|service|stack|swarm|compose|up|down)$/

/** A start script calls the client of an engine, and starts none of its own. */
function byCommand({ launches }: StageView['start'], { env }: ImageConfig): readonly Named[] {
  const isOwn = launches.some(({ words }) => /^(dockerd(-entrypoint\.sh)?|containerd)$/.test(baseName(words[0] ?? '')))
  if (isOwn || isElsewhere(env)) return []
  return launches.flatMap(({ words: [program = '', ...rest], path, line, guarded }) => {
    const verb = rest.find((word) => !word.startsWith('-')) ?? ''
    const isClient = /^docker(-compose)?$/.test(baseName(program)) && ASKS_ENGINE.test(verb)
    const isTold = rest.some((word) => /^(-H|--host)(=|$)|^-H./.test(word))
    if (!isClient || isTold || guarded === true) return []
    const detail = `asked by ${baseName(program)} ${verb} in ${path === null ? 'the command' : `${path} line ${line}`}`
    return [{ socket: '/var/run/docker.sock', detail }]
  })
}

function isElsewhere(env: ImageConfig['env']): boolean {
  return /^(tcp|https?|ssh):/.test(env.get('DOCKER_HOST') ?? '')
}

function* inAll(all: readonly StageContents[], { env }: ImageConfig): Iterable<Named> {
  for (const one of all) yield* inSources(one)
  if (!isElsewhere(env)) for (const one of all) yield* byLibrary(one)
}

/** Clients of the Docker Engine that take its usual socket where nothing names another. Source: each library's own documentation. */
const CLIENTS =
  /\bclient\.(?:FromEnv\b|NewEnvClient\()|\bdocker\.(?:from_env\(|NewEnv\(|NewClientFromEnv\(|DockerClient\(\s{0,9}\))|\bconnect_with_(?:local|socket|unix)_defaults\(|\bnew Docker(?:ode)?\(\s{0,9}\)/
const OF_LIBRARY =
  /\/docker\/client"|\/engine\/docker"|\/go-dockerclient"|\/moby\/(?:moby\/)?client"|\b(?:import|from) docker\b|\bbollard\b|['"]dockerode['"]/

function* byLibrary({ texts, origins }: StageContents): Iterable<Named> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    const isSource = SOURCE.test(file) && !ASIDE.test(origin) && !OTHERS.test(file)
    const found = isSource && OF_LIBRARY.test(text) ? CLIENTS.exec(text) : null
    if (found === null) continue
    const line = text.slice(text.lastIndexOf('\n', found.index) + 1, found.index)
    if (!COMMENT.test(line))
      yield {
        socket: '/var/run/docker.sock',
        detail: `taken by ${found[0].replace(/\(.*/s, '')} in ${origin} line ${lineOf(text, found.index)}`,
      }
  }
}

const OTHERS = /\/(node_modules|vendor|site-packages)\//

function* inSources({ texts, origins }: StageContents): Iterable<Named> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    const found = !SOURCE.test(file) || ASIDE.test(origin) || OTHERS.test(file) ? null : HOST_SOCKET.exec(text)
    if (found === null) continue
    const line = text.slice(text.lastIndexOf('\n', found.index) + 1, found.index)
    if (!COMMENT.test(line)) yield { socket: found[0], detail: `named in ${origin} line ${lineOf(text, found.index)}` }
  }
}

/** What prepares the system at start, which is root's: it fails then, or what follows lacks it. */
export const systemTools: Provider = {
  name: 'system-tools',
  summary: 'what the start does that only root may do, such as update-ca-certificates, setcap or capsh',
  when: 'before-run',
  *claims({ start: { launches } }) {
    const found = launches.flatMap((launch) => {
      const call = launch.guarded === true ? null : rootCallOf(launch)
      return call === null ? [] : [{ launch, ...call }]
    })
    // Where one is certain the others of its kind say nothing new.
    const ordered = [...found.filter(({ launch }) => !isSure(launch)), ...found.filter(({ launch }) => isSure(launch))]
    const last = new Map(ordered.map((each) => [each.tool, each]))
    for (const { tool, does, hint, launch } of last.values()) {
      const { path, line, words, conditional } = launch
      const place = path === null ? '' : ` (${path} line ${line})`
      yield {
        kind: 'remark',
        outcome: isSure(launch) ? 'todo' : 'note',
        transform: 'report-remarks',
        message: `${tool} ${does} ${conditional ? 'in some cases' : 'at start'}${place}, which only root may do`,
        hint,
        about: 'CMD',
        evidence: [{ source: 'declared', subject: tool, detail: words.join(' ').trim() }],
      }
    }
  },
}

/** An account that a start script makes, which only root may, and that a program of the start is told to be. */
export const startAccounts: Provider = {
  name: 'start-accounts',
  summary: 'accounts that a start script makes and that what it starts is told by name',
  when: 'before-run',
  *claims({ start: { actions, launches }, stepDowns: { stepDowns }, facts: { accounts } }) {
    const there = accounts.known ? [...accounts.value.users, ...accounts.value.groups].map(({ name }) => name) : []
    const made = new Map(
      actions.flatMap((action) => {
        const name = accountMadeBy(action)?.name
        return name === undefined || there.includes(name) ? [] : [[name, action] as const]
      }),
    )
    // An option that is taken out asks for nobody.
    const isTakenOut = ({ path, line }: Launch): boolean =>
      stepDowns.some((found) => found.path === path && found.line === line && found.kind === 'entrypoint-script')
    for (const launch of made.size === 0 ? [] : launches) {
      const name = accountsNamed(launch.words).find((one) => made.has(one))
      const action = made.get(name ?? '')
      if (name === undefined || action === undefined || launch.guarded === true || isTakenOut(launch)) continue
      const { path, line, words } = launch
      const at = path === null ? 'the command' : `${path} line ${line}`
      yield {
        kind: 'remark',
        outcome: 'todo',
        transform: 'report-remarks',
        message: `${baseName(words[0] ?? '')} is told to be ${name} (${at}), whom ${action.script ?? 'the command'} line ${action.line} makes with ${action.tool}, which only root may`,
        hint: `move ${action.text.split('\n')[0]} into a RUN and choose it with --user ${name}, or leave the option out: it starts as its user already`,
        about: 'CMD',
        evidence: [{ source: 'declared', subject: name, detail: `made by ${action.script ?? 'the command'}` }],
      }
    }
  },
}

type Launch = StageView['start']['launches'][number]

/** It is come to at each start, or ends the script where it is. */
function isSure({ conditional, fatal }: Launch): boolean {
  return !conditional || fatal === true
}

interface RootCallFound {
  readonly tool: string
  readonly does: string
  readonly hint: string
}

function rootCallOf({ words: [program = '', ...rest] }: Launch): RootCallFound | null {
  const tool = baseName(program)
  if (isOneOf(knownPrograms.systemTools, tool))
    return {
      tool,
      does: 'changes the system',
      hint: 'do it in a RUN, or point the program itself to what is known only at start, such as a mounted certificate',
    }
  const call = knownPrograms.rootCalls.find(
    (each) =>
      new RegExp(`^(?:${each.program})$`).test(tool) &&
      (each.with === undefined || rest.some((word) => new RegExp(each.with ?? '').test(word))),
  )
  return call === undefined ? null : { tool, does: call.does, hint: call.hint }
}

/** Tests that the image does not hold: what they do to the system is what those do who wrote them. */
export const testRunners: Provider = {
  name: 'test-runners',
  summary: 'tests that are started and are mounted into the container, and not in the image',
  when: 'before-run',
  *claims({ started, contents: { entries }, runs }) {
    const runner = runnerIn(argvOf(started))
    if (runner === null || runner.isOther) return
    const named = argvOf(started).flatMap((word) => (word.startsWith('/') ? [normalisePath(word)] : []))
    const places = [started.workdir, ...named.filter((path) => path !== null)]
    const isInImage = [...entries].some(
      ([path, { type }]) => type === 'file' && started.workdir !== '/' && isInside(path, started.workdir),
    )
    const mounted = runs.flatMap(({ by, mounts }) =>
      mounts
        .filter(
          ({ kind, target }) => kind === 'host' && target !== '/' && places.some((path) => isInside(path, target)),
        )
        .map(({ source, target }) => ({ by, source, target })),
    )
    const [mount] = mounted
    if (mount === undefined && isInImage) return
    const where = mount === undefined ? '' : ` of ${mount.source}, which ${mount.by} mounts over ${mount.target}`
    yield {
      kind: 'unknown',
      outcome: 'todo',
      transform: 'report-remarks',
      subject: runner.name,
      message: `${runner.name} runs tests${where === '' ? ' that are not in the image' : where}: cannot tell whether they need root`,
      hint: 'leave this image to root where they change the system, or run them as the user to see it (docker run --user)',
      about: 'CMD',
      evidence: [{ source: 'declared', subject: runner.name, detail: argvOf(started).join(' ') }],
    }
  },
}

/** `npx cypress run`, `python -m pytest`, `bundle exec rspec`. */
function runnerIn(argv: readonly string[]): { readonly name: string; readonly isOther: boolean } | null {
  const words = argv.map(baseName)
  const at = /^(npx|bunx|bundle|python[\d.]*|poetry|uv|yarn|pnpm)$/.test(words[0] ?? '')
    ? words.findIndex((word, index) => index > 0 && !/^(-.*|exec|run|x)$/.test(word))
    : 0
  const name = words[at] ?? ''
  if (name === '' || !isOneOf(knownPrograms.testRunners, name)) return null
  // `goss serve`, `cypress open` and `playwright run-server` wait for somebody.
  return { name, isOther: /^(serve|open|run-server|install|--version|--help)$/.test(words[at + 1] ?? '') }
}

const CRON = /^(crond?|cronie|fcron|dcron|supercronic|yacron|go-cron)$/

/** Jobs that the stage gives to cron: who runs them without root, where nothing is seen to start it. */
export const cronJobs: Provider = {
  name: 'cron-jobs',
  summary: 'jobs for cron, which switches to the owner of each, where nothing that is read starts it',
  when: 'always',
  *claims({ contents: { entries }, start: { programs } }) {
    // Of one that is started it is said what it needs.
    if (programs.some((name) => CRON.test(name))) return
    const jobs = [...entries].find(([path, { type }]) => type === 'file' && isSchedule(path))?.[0]
    if (jobs === undefined) return
    yield {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${jobs} has jobs for cron, which must be root to run each as its owner: without root none of them runs`,
      hint: 'run them with supercronic, which takes the same file and stays one user, or leave the schedule to the platform',
      about: 'CMD',
      evidence: [{ source: 'declared', subject: jobs, detail: 'put into the image by this stage' }],
    }
  },
}

/** What a program starts that only root may, or does to itself. Each tool's man page; setuid(2), chroot(2). */
const ROOT_CALL =
  /\b(?:execFile|execFileSync|spawn|spawnSync|exec|execSync|execa|run|call|check_call|check_output|Popen|popen|system|execvp|execv|execlp|shell_exec|passthru|proc_open|Command|Command::new|ProcessBuilder|Start)\(\s{0,9}\[?\s{0,9}["'`](?:\/usr)?(?:\/s?bin\/)?(runuser|su|sudo|gosu|su-exec|setpriv|chroot|useradd|usermod|userdel|groupadd|adduser|deluser|chpasswd|mount|umount|iptables|nft|modprobe)(?=["'`\s])|\b(?:process|os|syscall|unix)\.(setuid|setgid|setgroups|seteuid|setresuid|initgroups|chroot|Setuid|Setgid|Chroot|Mount)\(|\b(posix_setuid|posix_setgid)\(/
/** It does so where it is root alone. */
const ASKS_WHO = /\bget_?e?uid\(\)\s{0,9}(?:===?|!==?|>)\s{0,9}0\b|\bposix_gete?uid\(\)/i

/** The first of a program's source; `told`: start scripts of which that is said elsewhere. */
export function rootCalls(
  { texts, origins }: Pick<StageContents, 'texts' | 'origins'>,
  told: ReadonlySet<string>,
): readonly Claim[] {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    const isProgram = PROGRAM.test(file) && !ASIDE.test(origin) && !/\/(node_modules|vendor|site-packages)\//.test(file)
    const found = isProgram && !told.has(file) ? ROOT_CALL.exec(text) : null
    if (found === null || ASKS_WHO.test(text)) continue
    const line = text.slice(text.lastIndexOf('\n', found.index) + 1, found.index)
    if (COMMENT.test(line)) continue
    const tool = found[1] ?? found[2] ?? found[3] ?? ''
    const where = `${origin} line ${lineOf(text, found.index)}`
    return [
      {
        kind: 'remark',
        outcome: 'todo',
        transform: 'report-remarks',
        message: `${where} calls ${tool}, which only root may: whether the program does its work without is not known`,
        hint: 'let it do without where it is not root; a run shows it only where something asks for it',
        about: 'CMD',
        evidence: [{ source: 'declared', subject: tool, detail: `called in ${where}` }],
      },
    ]
  }
  return []
}

/** A call that gives a file to somebody: chown(2) lets only root do that. */
interface OwnerCall {
  readonly call: string
  readonly where: string
  /** To whom, as the source says it, and the variables of the environment that stand behind that. */
  readonly owner: string
  readonly variables: readonly string[]
  /** Name or id, where it is said outright. */
  readonly fixed: string | null
}

const OWNER_CALL: readonly { readonly file: RegExp; readonly call: RegExp }[] = [
  { file: /\.py$/, call: /\b((?:os\.[lf]?|shutil\.)chown)\(/g },
  { file: /\.([cm]?[jt]sx?)$/, call: /\b((?:fs|fsp|fse|fsPromises|promises)\.[lf]?chown(?:Sync)?)\(/g },
  { file: /\.go$/, call: /\b((?:os|unix|syscall)\.[LF]?[Cc]hown)\(/g },
  { file: /\.rb$/, call: /\b(FileUtils\.chown(?:_R)?|File\.l?chown)\(/g },
  { file: /\.php$/, call: /(?<![\w$>:@])(chown)\(/g },
  { file: /\.rs$/, call: /\b((?:fs|unistd)::l?chown)\(/g },
  { file: /\.(java|kt)$/, call: /\b(Files\.setOwner)\(/g },
]
/** Whoever runs it, the owner that a file has already, or none. */
const OWN_ID =
  /^(-1|None|nil|null|undefined)$|\bget_?e?[ug]id\(|\bst_[ug]id\b|\b\w*(?:[sS]tats?|[iI]nfo)\.[uU]id\b|\bStat_t\)|userInfo\(\)|getpass\.getuser\(/
/** Of a text that people write: what a tool has put into one line is not read. */
const LONGEST_LINE = 400

/** All that the program's source gives away, said once (`told`: start scripts of which it is said elsewhere); not where a failure is caught, or only root comes to it. */
export function ownerCalls(
  sources: readonly Pick<StageContents, 'texts' | 'origins'>[],
  told: ReadonlySet<string>,
): readonly Claim[] {
  const found = new Map<string, OwnerCall>()
  for (const contents of sources)
    for (const one of ownerCallsIn(contents, told)) if (!found.has(one.where)) found.set(one.where, one)
  const [first, ...others] = found.values()
  if (first === undefined) return []
  const variables = [...new Set([first, ...others].flatMap((one) => one.variables))]
  const alike = [first, ...others].every(({ fixed }) => fixed === first.fixed)
  const more = others.length === 0 ? '' : ` (and in ${others.length} more ${others.length === 1 ? 'place' : 'places'})`
  const named = variables.length === 0 ? '' : ` (${variables.join(', ')})`
  return [
    {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${first.where}${more} gives files to ${first.owner}${named} with ${first.call}: only root may, unless that is the user itself`,
      hint:
        variables.length === 0
          ? 'let the program do without where it is not root, or choose that user with --user'
          : `leave ${joinAnd(variables)} unset, or let ${variables.length === 1 ? 'it' : 'them'} name the user that --user chooses`,
      ...(alike && first.fixed !== null ? { unlessUser: first.fixed } : {}),
      about: 'CMD',
      evidence: [first, ...others]
        .slice(0, MOST_EVIDENCE)
        .map(({ call, where }) => ({ source: 'declared', subject: call, detail: `called in ${where}` })),
    },
  ]
}

const MOST_EVIDENCE = 5

function* ownerCallsIn(
  { texts, origins }: Pick<StageContents, 'texts' | 'origins'>,
  told: ReadonlySet<string>,
): Iterable<OwnerCall> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    const rule = OWNER_CALL.find((one) => one.file.test(file))
    if (rule === undefined || !text.toLowerCase().includes(rule.file.test('.java') ? 'setowner' : 'chown')) continue
    if (told.has(file) || isTest(file) || ASIDE.test(origin) || VENDORED.test(file) || ASKS_WHO.test(text)) continue
    for (const match of text.matchAll(rule.call)) {
      const { index } = match
      const start = text.lastIndexOf('\n', index) + 1
      const line = text.slice(start, text.indexOf('\n', index) < 0 ? undefined : text.indexOf('\n', index))
      if (line.length > LONGEST_LINE || isComment(text, index) || isDefined(line) || isCaught(text, index, file))
        continue
      const [, owner = '', group = ''] = argumentsFrom(text, index + match[0].length)
      const [path, first] = rule.file.test('.rb')
        ? [group, argumentsFrom(text, index + match[0].length)[0] ?? '']
        : ['', owner]
      const to = first.replace(/^(?:user|uid|owner)\s{0,9}=\s{0,9}/, '')
      if (to === '' || OWN_ID.test(to) || path === 'self') continue
      const fixed = /^["'](\w[\w-]*)["']$|^(\d+)$/.exec(to)
      yield {
        call: match[1] ?? 'chown',
        where: `${origin} line ${lineOf(text, index)}`,
        owner: to,
        variables: fixed === null ? settingsOf(to, text, texts) : [],
        fixed: fixed?.[1] ?? fixed?.[2] ?? null,
      }
    }
  }
}

const VENDORED = /\/(node_modules|vendor|site-packages|dist-packages|third_party)\//

function isDefined(line: string): boolean {
  return /\b(function|def|func|fn)\s{1,9}(\w{1,60}\.)?chown\(/.test(line)
}

/** `try` around it, its error thrown away, or told and no more. */
function isCaught(text: string, index: number, file: string): boolean {
  const lines = text.slice(0, index).split('\n')
  const line = lines.at(-1) ?? ''
  const after = text.slice(index).split('\n').slice(0, 6)
  if (file.endsWith('.go')) {
    if (/^\s*(_\s{0,9}=\s{0,9}|defer\s{1,9})?$/.test(line)) return true
    return /^\s*if\s/.test(line) && !/\b(return|panic|Fatal\w*|Exit|err\s*=)\b/.test(blockOf(after))
  }
  if (/\.catch\(|\.ok\(\)|rescue/.test(after[0] ?? '') || /^\s*let _ =/.test(line)) return true
  const depth = indentOf(line === '' || line.trim() === '' ? `${line}x` : line)
  for (let at = lines.length - 2, inner = depth; at >= 0 && lines.length - at < LONGEST_BODY; at -= 1) {
    const each = lines[at] ?? ''
    if (each.trim() === '' || indentOf(each) >= inner) continue
    inner = indentOf(each)
    if (file.endsWith('.py') && /^\s*try\s*:/.test(each)) return isHandled(text.slice(index), inner)
    if (/^\s*(try\b|begin\b|(?:with\s{1,9}(?:contextlib\.)?suppress\())/.test(each)) return true
    if (/^\s*(?:async\s{1,9})?(def|function|func|fn|class)\b/.test(each)) return false
  }
  return false
}

/** Lines of a function that are looked at. */
const LONGEST_BODY = 200

/** Behind a `try` of this depth comes what takes the error of chown, and does not hand it on. */
function isHandled(after: string, depth: number): boolean {
  const lines = after.split('\n', LONGEST_BODY).slice(1)
  const end = lines.findIndex((line) => line.trim() !== '' && indentOf(line) <= depth)
  const handlers = end < 0 ? [] : lines.slice(end)
  const at = handlers.findIndex((line) => indentOf(line) === depth && TAKES.test(line))
  return at >= 0 && !/^\s*raise\b/.test(handlers[at + 1] ?? '')
}

const TAKES =
  /^\s*except\s{0,9}(?::|.{0,200}\b(?:PermissionError|OSError|IOError|EnvironmentError|(?:Base)?Exception)\b)/

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** What follows a question up to the end of its block. */
function blockOf([, ...lines]: readonly string[]): string {
  const end = lines.findIndex((line) => /^\s*\}/.test(line))
  return lines.slice(0, end < 0 ? undefined : end).join('\n')
}

/** Variables of the environment from which an expression has its value: by themselves, or by a name that some source gives one. */
function settingsOf(expression: string, own: string, texts: StageContents['texts']): readonly string[] {
  const here = inEnvironment(expression)
  if (here.length > 0) return here
  const name = expression.split(/\W/).findLast((word) => word !== '') ?? ''
  if (!/^[A-Za-z_]/.test(name)) return []
  const given = new RegExp(String.raw`\b${name}\b\s{0,9}(?::[^=\n]{0,40})?:?=(?!=)\s{0,9}([^\n]{1,200})`)
  const value = given.exec(own)?.[1] ?? ''
  const told = inEnvironment(value)
  if (told.length > 0) return told
  const other = /\.([A-Z][A-Z0-9_]+)\s*$/.exec(value)?.[1]
  if (other === undefined) return []
  for (const text of texts.values())
    if (text.includes(other) && new RegExp(`["']${other}["']`).test(text)) return [other]
  return []
}

function inEnvironment(text: string): readonly string[] {
  const found =
    /(?:environ(?:\.get)?|[gG]et_?[eE]nv|LookupEnv|process\.env|ENV(?:\.fetch)?)\W{1,3}([A-Z][A-Z0-9_]+)/.exec(
      text,
    )?.[1]
  return found === undefined ? [] : [found]
}

const PROGRAM = /\.(py|m?[jt]sx?|cjs|rb|php|pl|go|rs|java|kt|cs)$/

/** A supervisor of which no configuration can be read: what it starts, and as whom, nobody knows. */
export const supervisors: Provider = {
  name: 'supervisors',
  summary: 'supervisors that are started without a configuration that can be read',
  when: 'before-run',
  *claims({ start: { programs }, own }) {
    for (const name of programs) {
      const manager = knownPrograms.serviceManagers.find(({ program }) => program === name)
      const told = manager === undefined ? null : new RegExp(manager.toldBy)
      const isTold = (path: string): boolean =>
        told?.test(path) === true || daemonsOfFile(path, own.text(path)).some((daemon) => daemon.name === name)
      if (told === null || own.texts().some(isTold)) continue
      yield {
        kind: 'unknown',
        outcome: 'todo',
        transform: 'report-remarks',
        subject: name,
        message: `${name} starts with a configuration that was not read: what it starts, and as which user, is unknown`,
        hint: `run with --prove to see it; what ${name} starts as another user takes root`,
        evidence: [{ source: 'declared', subject: name, detail: 'started by the command or a script of it' }],
      }
    }
  },
}

/** Where s6-overlay looks for what it runs, and the variables that only it reads. Source: s6-overlay's README. */
const SERVICES = /^\/etc\/(s6-overlay|services\.d|cont-init\.d|cont-finish\.d|fix-attrs\.d)(\/|$)/
const VARIABLE = /^S6_[A-Z]/
/** What hands the container's environment on to a script is a part of it. */
const SCRIPT = /^#![^\n]*\/with-contenv\b/

/** Services for an init that a base image of which nothing is known brings along and starts as root. */
export const s6Overlay: Provider = {
  name: 's6-overlay',
  summary: 'services for an s6-overlay that the unknown base image seems to start as root',
  when: 'always',
  *claims({ contents: { entries, copies, texts }, facts: { config, files } }) {
    if (files.known || argvOf(config).includes('/init')) return
    const folder = [...entries.keys(), ...copies.map(({ destination }) => destination)].find((path) =>
      SERVICES.test(path),
    )
    const variable = [...config.env.keys()].find((name) => VARIABLE.test(name))
    const script = [...texts].find(([, text]) => SCRIPT.test(text))?.[0]
    const sign = folder ?? (variable === undefined ? script : `ENV ${variable}`)
    if (sign === undefined) return
    yield {
      kind: 'unknown',
      outcome: 'todo',
      transform: 'report-remarks',
      subject: sign,
      message: `${sign} is for s6-overlay, which the base image seems to start as root: cannot tell whether it and its services start as another user`,
      hint: 'run with --prove to see it; s6-overlay 3 starts without root when /run belongs to the user, services that switch user do not',
      about: 'FROM',
      evidence: [{ source: 'declared', subject: sign, detail: 'read by s6-overlay' }],
    }
  },
}
