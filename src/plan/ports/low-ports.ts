import { argvOf } from '../../command/index.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../../evidence/claim.ts'
import type { ExposedPort } from '../../image/facts.ts'
import { onceFor } from '../../once-for.ts'
import { configurationRead, namesLocal } from './port-files.ts'
import { isCommentOrForward } from './port-lines.ts'
import type { PortSources } from './port-sources.ts'

const SHIFT = 8000

/** Below 1024: named by EXPOSE, seen to be listened on, or said by the command or a configuration. */
export interface LowPort extends ExposedPort {
  readonly exposed: boolean
}

export function lowPorts(sources: PortSources): readonly LowPort[] {
  const ports = new Map<string, LowPort>()
  for (const { port, protocol } of sources.facts.config.exposedPorts.filter(isLow))
    ports.set(`${port}/${protocol}`, { port, protocol, exposed: true })
  for (const { port, protocol } of (sources.bound ?? []).filter(isLow)) {
    const key = `${port}/${protocol}`
    if (!ports.has(key)) ports.set(key, { port, protocol, exposed: false })
  }
  for (const { port, protocol } of sources.bound === null ? saidPorts(sources).filter(isLow) : []) {
    if (![...ports.values()].some((other) => other.port === port))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  for (const [port, move] of sources.stock ?? []) {
    const protocol = 'tcp'
    if (move.fileEdits.length > 0 && !ports.has(`${port}/${protocol}`))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  return [...ports.values()].filter(isLow)
}

function isLow({ port }: { readonly port: number }): boolean {
  return port < FIRST_UNPRIVILEGED_PORT && port > 0
}

const LAST_PORT = 65535

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already; null where all are. */
export function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number | null {
  for (let to = port + SHIFT; to <= LAST_PORT; to += 1) if (isFree(to, sources, moved)) return to
  return null
}

const portsInUse = onceFor(
  ({ facts, bound }: PortSources): ReadonlySet<number> =>
    new Set([...facts.config.exposedPorts, ...(bound ?? [])].map(({ port }) => port)),
)

export function isFree(port: number, sources: PortSources, moved: readonly (number | null)[]): boolean {
  return !portsInUse(sources).has(port) && !moved.includes(port) && !namesLocal(port, sources)
}

/** An address that can only be listened on: `:80`, `0.0.0.0:80`, `http://+:80`, `--listen=*:80`. */
const ANY = /^(?:--?[\w.-]+=)?["']?(?:\w+:\/\/)?(?:\*|\+|0\.0\.0\.0|\[::\])?:(\d{1,3})\/?["']?$/
const LISTEN_OPTION = /^--?(?:[\w.-]*[-_.])?(?:port|listen|bind)$/i
const GLUED = /^--?(?:[\w.-]*[-_.])?(?:port|listen|bind)=(\d{1,3})$/i
/** With an option of one letter, which may count something else, only what nobody counts to. */
const WEB = /^(80|443)$/
const LISTEN_VARIABLE = /^(?:HTTP_|HTTPS_|SERVER_|LISTEN_|APP_|WEB_)?PORT$/
const ANY_LINE = String.raw`(?:\S*[:\]*])?`
/** Keys that name nothing but where the program itself listens; `port` is often that of somebody else. */
const LINE = new RegExp(
  String.raw`^[ \t]*(?:\w*[ \t]*\{[ \t]*)?<?(?:listen|bind|virtualhost)(?:[ \t]*[:=][ \t]*|[ \t]+)["']?${ANY_LINE}(\d{1,3})(?![\w.:-])`,
  'i',
)

/** DHCP, TFTP, NTP, NetBIOS, SNMP, IKE, DHCPv6: nobody serves these by TCP. Source: IANA's registry of service names. */
const UDP = new Set([67, 68, 69, 123, 137, 138, 161, 162, 319, 320, 500, 520, 521, 546, 547])

/**
 * Ports that command, environment and configuration say outright; many leave out EXPOSE. Of the files only those that the
 * stage itself puts in: what an image came with may never be read.
 */
function saidPorts(sources: PortSources): readonly ExposedPort[] {
  const { config } = sources.facts
  const isOwn = sources.isShipped ?? (() => false)
  const texts = configurationRead(sources).flatMap(({ path, text }) => (isOwn(path) ? [text] : []))
  const words = argvOf(config).flatMap((word) => word.split(/\s+/))
  const inWords = words.map((word, index) => {
    const before = words[index - 1] ?? ''
    const named = LISTEN_OPTION.test(before) ? /^(\d{1,3})$/.exec(word) : /^-[pP]$/.test(before) ? WEB.exec(word) : null
    return (ANY.exec(word) ?? GLUED.exec(word) ?? named)?.[1]
  })
  const inVariables = [...config.env].map(([name, value]) => {
    const plain = LISTEN_VARIABLE.test(name) ? /^(\d{1,3})$/.exec(value) : null
    return (plain ?? (value.includes('//') || value.startsWith(':') ? ANY.exec(value) : null))?.[1]
  })
  const inTexts = texts.flatMap((text) =>
    text.split('\n').map((line) => (isCommentOrForward(line) ? undefined : LINE.exec(line)?.[1])),
  )
  const found = [...inWords, ...inVariables, ...inTexts].flatMap((port) => (port === undefined ? [] : [Number(port)]))
  return [...new Set(found)].map((port) => ({ port, protocol: UDP.has(port) ? 'udp' : 'tcp' }))
}
