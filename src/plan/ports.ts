import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { appendArguments } from './append-arguments.ts'
import type { Evidence } from './evidence.ts'
import { mergeByFile } from './file-edit.ts'
import type { EnvSetting, FileEdit, PortDecision } from './plan.ts'
import { inFiles, namesLocal } from './port-files.ts'

export const FIRST_UNPRIVILEGED_PORT = 1024
const SHIFT = 8000

/** Where ports are moved: what to do about each low one, and the changes that this takes. */
export interface PortPlan {
  readonly decisions: readonly PortDecision[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Entrypoint and command after the move; null where they stay. */
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

export interface PortSources {
  readonly facts: ImageFacts
  readonly policy: 'keep' | 'raise'
  /** Ports that the original was seen to listen on; null before a run. */
  readonly bound: readonly ExposedPort[] | null
  /** Names of the processes that were seen. */
  readonly programs: readonly string[]
  /** Files that the run opened; null where it was not traced. */
  readonly opened: readonly string[] | null
  /** Edits that the catalogue brings for a port, tried before anything is searched for. */
  readonly vendor: (port: number) => VendorMove | null
  /** How a daemon that binds the port by itself is told another one; asked last. */
  readonly daemon?: (from: number, to: number) => VendorMove | null
  /** Stock configurations of installed packages that bind a port, and how they are moved. */
  readonly stock?: ReadonlyMap<number, VendorMove>
}

export interface VendorMove {
  readonly to: number
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Words to put behind the image's command. */
  readonly append: readonly string[]
  /** Where that is said; absent where the move says it itself. */
  readonly evidence?: readonly Evidence[]
}

/** Decides for every low port: moved where the place that sets it is found, else kept and said. */
export function planPorts(sources: PortSources): PortPlan {
  const plan = { decisions: [] as PortDecision[], fileEdits: [] as FileEdit[], env: [] as EnvSetting[] }
  let entrypoint = sources.facts.config.entrypoint
  let cmd = sources.facts.config.cmd
  for (const port of lowPorts(sources)) {
    const decide = (to: number | null, reason: string, evidence: readonly Evidence[]): void => {
      plan.decisions.push({
        from: port.port,
        protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
        to,
        reason,
        exposed: port.exposed,
        evidence,
      })
    }
    const why: Evidence[] = [
      {
        source: port.exposed ? 'declared' : 'observed',
        subject: String(port.port),
        detail: port.exposed ? 'named by EXPOSE' : 'the original listens on it',
      },
    ]
    const before = plan.decisions.find((other) => other.from === port.port)
    if (before !== undefined) {
      decide(before.to, before.reason, why)
      continue
    }
    if (sources.policy === 'keep') {
      decide(null, 'kept as asked for with --ports keep', why)
      continue
    }
    const vendor = sources.vendor(port.port)
    if (vendor !== null) {
      plan.fileEdits.push(...vendor.fileEdits)
      plan.env.push(...vendor.env)
      ;({ entrypoint, cmd } = appendArguments({ entrypoint, cmd }, vendor.append) ?? { entrypoint, cmd })
      decide(vendor.to, 'set by the configuration that its vendor ships', why)
      continue
    }
    const to = freePort(
      port.port,
      sources,
      plan.decisions.map((decision) => decision.to),
    )
    const found = search(port.port, to, sources, entrypoint, cmd)
    plan.fileEdits.push(...found.fileEdits)
    plan.env.push(...found.env)
    entrypoint = found.entrypoint
    cmd = found.cmd
    const daemon = found.evidence.length === 0 ? (sources.daemon?.(port.port, to) ?? null) : null
    const longer = appendArguments({ entrypoint, cmd }, daemon?.append ?? [])
    if (daemon !== null && longer !== null) {
      plan.fileEdits.push(...daemon.fileEdits)
      ;({ entrypoint, cmd } = longer)
      decide(daemon.to, 'it binds the port by itself and is told another one', [...why, ...(daemon.evidence ?? [])])
    } else if (found.evidence.length === 0)
      decide(null, 'the place that sets it was not found in the configuration, the environment or the command', why)
    else decide(to, found.evidence.map((item) => item.detail).join(', '), [...why, ...found.evidence])
  }
  const same = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
    JSON.stringify(a) === JSON.stringify(b)
  return {
    decisions: plan.decisions,
    fileEdits: mergeByFile(plan.fileEdits),
    env: plan.env,
    entrypoint: same(entrypoint, sources.facts.config.entrypoint) ? null : entrypoint,
    cmd: same(cmd, sources.facts.config.cmd) ? null : cmd,
  }
}

interface LowPort extends ExposedPort {
  readonly exposed: boolean
}

function lowPorts(sources: PortSources): readonly LowPort[] {
  const ports = new Map<string, LowPort>()
  for (const port of sources.facts.config.exposedPorts)
    ports.set(`${port.port}/${port.protocol}`, { ...port, exposed: true })
  for (const port of sources.bound ?? []) {
    const key = `${port.port}/${port.protocol}`
    if (!ports.has(key)) ports.set(key, { ...port, exposed: false })
  }
  for (const [port, move] of sources.stock ?? []) {
    const protocol = 'tcp'
    if (move.fileEdits.length > 0 && !ports.has(`${port}/${protocol}`))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  return [...ports.values()].filter((port) => port.port < FIRST_UNPRIVILEGED_PORT && port.port > 0)
}

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already. */
function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number {
  const inUse = [...sources.facts.config.exposedPorts, ...(sources.bound ?? [])].map((other) => other.port)
  const taken = new Set<number | null>([...inUse, ...moved])
  let to = port + SHIFT
  while (taken.has(to) || namesLocal(to, sources)) to += 1
  return to
}

interface Found {
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  readonly evidence: readonly Evidence[]
}

function search(
  from: number,
  to: number,
  sources: PortSources,
  entrypoint: readonly string[] | null,
  cmd: readonly string[] | null,
): Found {
  const evidence: Evidence[] = []
  const stock = sources.stock?.get(from)
  const fileEdits = [...inFiles(from, to, sources), ...(stock?.to === to ? stock.fileEdits : [])]
  for (const edit of fileEdits) evidence.push(...edit.evidence)
  const env: EnvSetting[] = []
  for (const [name, value] of sources.facts.config.env) {
    const moved = /(^|_)(PORT|PORTS|LISTEN|BIND|ADDR|ADDRESS|URLS?|HOST)(_|$)/i.test(name)
      ? movePort(value, from, to)
      : value
    if (moved === value) continue
    const item: Evidence = { source: 'config', subject: String(from), detail: `set by ENV ${name}=${value}` }
    evidence.push(item)
    env.push({ name, value: moved, reason: `listen above 1024 (ENV ${name} said ${from})`, evidence: [item] })
  }
  const movedEntrypoint = moveInArguments(entrypoint, from, to)
  const movedCmd = moveInArguments(cmd, from, to)
  for (const [before, after, keyword] of [
    [entrypoint, movedEntrypoint, 'ENTRYPOINT'],
    [cmd, movedCmd, 'CMD'],
  ] as const) {
    if (JSON.stringify(before) !== JSON.stringify(after))
      evidence.push({ source: 'config', subject: String(from), detail: `set by an argument of ${keyword}` })
  }
  return { fileEdits, env, entrypoint: movedEntrypoint, cmd: movedCmd, evidence }
}

const SCHEME_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ldap: 389,
  ldaps: 636,
  ws: 80,
  wss: 443,
  dns: 53,
}

/** `80`, `:80`, `0.0.0.0:80`, `http://+:80`, `tcp://*:80/`; a value that only contains the digits stays. */
export function movePort(value: string, from: number, to: number): string {
  if (value === String(from)) return String(to)
  // `ldap:///` and `http://*/` listen on the port that their scheme stands for.
  const scheme = /^(\w+):\/\/(\*|\+|0\.0\.0\.0|\[::\])?(\/.*)?$/.exec(value)
  if (scheme !== null && SCHEME_PORTS[scheme[1] ?? ''] === from)
    return `${scheme[1]}://${scheme[2] ?? ''}:${to}${scheme[3] ?? ''}`
  return value.replace(new RegExp(String.raw`((?:^|[\w\]*+.]|//[^/;,]*):)${from}(?=$|[/;,\s"'])`, 'g'), `$1${to}`)
}

const PORT_OPTION = /^--?[\w.-]*(port|listen|bind|addr|address|http|https)[\w.-]*$/i
/** Options of one letter that are a port in nearly every server. */
const SHORT_PORT_OPTION = /^-[pPlbB]$/

/** `python -m http.server 80` */
const POSITIONAL = /^(http\.server|SimpleHTTPServer)$/

export function moveInArguments(argv: readonly string[] | null, from: number, to: number): readonly string[] | null {
  if (argv === null) return null
  return argv.map((word, index) => {
    if (/\s/.test(word)) return moveInCommandLine(word, from, to)
    return moveInWord(word, argv[index - 1] ?? '', from, to)
  })
}

function moveInWord(word: string, previous: string, from: number, to: number): string {
  const option = /^(--?[\w.-]+[=:])(.*)$/.exec(word)
  if (option !== null && PORT_OPTION.test((option[1] ?? '').slice(0, -1)))
    return `${option[1]}${movePort(option[2] ?? '', from, to)}`
  if (word === String(from))
    return PORT_OPTION.test(previous) || SHORT_PORT_OPTION.test(previous) || POSITIONAL.test(previous)
      ? String(to)
      : word
  const glued = new RegExp(`^(-[pPlb])${from}$`).exec(word)
  if (glued !== null) return `${glued[1]}${to}`
  return movePort(word, from, to)
}

function moveInCommandLine(text: string, from: number, to: number): string {
  const words = text.split(/(\s+)/)
  return words
    .map((word, index) => (/^\s*$/.test(word) ? word : moveInWord(word, words[index - 2] ?? '', from, to)))
    .join('')
}
