import { table } from '../table.ts'
import type { ReportProof } from './report.ts'

const REFUSED = /permission denied|read-only file system|not permitted|not writ(e)?able|\bE(ACCES|PERM|ROFS)\b/i
/** `must be owned by you`, `bad ownership` */
const NOT_OWN = /\bowned by\b|\bowner(ship)?\b/i
/** It tries to become somebody, or to lock itself in, as only root can. */
const SWITCH =
  /\b(set(e|re|res)?[ug]id|setgroups|initgroups|chroot)\b|\b(change|switch|drop)\w*\b.{0,30}\b(users?|uid|groups?|gid|privileges)\b/i
/** What the log says stands last. */
const QUOTE = /^.*(?:; it (?:logs|says)|; \/\S+ says): /s
/** Where its distribution has installed programs and settings. */
const INSTALLED = /^\/(usr\/(?!local\/)|s?bin\/|lib\w*\/|etc\/)/
/** `tcp :953`, `http :80/`: as a comparison names a port. */
const PORT = /^\w+ :(\d+)\/?$/

/** `writes /etc/hosts`: what gives a container the same from outside. */
const FROM_OUTSIDE: Readonly<Record<string, string>> = table({
  'writes /etc/hosts': '--add-host, extra_hosts or hostAliases gives it the names',
  'writes /etc/resolv.conf': '--dns, dns or dnsConfig gives it the name servers',
  'writes /etc/hostname': '--hostname gives it the name',
})

const FOREGROUND =
  "let CMD start the server itself, in the foreground: nginx -g 'daemon off;', apachectl -D FOREGROUND, redis-server --daemonize no; service NAME start always comes back"

/** `This server won't run as root`, `You should not run it as root`. */
const REFUSES_ROOT = /\b(\w+n't|cannot|not|never|refus(es|ing))\b.{0,40}\b(root|superuser|uid 0)\b/i

/** A name that means nothing where nothing else runs, or a server that is not there. */
const LACKS_SERVICE =
  /getaddrinfo|name or service not known|could not translate host name|\bE(NOTFOUND|AI_AGAIN|CONNREFUSED)\b|name resolution|no such host|unknown ?host|connection refused|can't connect to/i

/** `starts /usr/bin/ping`: what the kernel or its mode refuses to start. */
const STARTS = 'starts '

/** `what takes NET_RAW` */
const TAKES = /^what takes ([A-Z_]+)$/

/** `refused (/usr/lib/squid/pinger: socket(…)); …` */
const BY = /^refused \((\/[^\s:]+): /

/** What is said where the proof's own network leads nowhere. */
const LACKS_NETWORK =
  /network is unreachable|\bE(NETUNREACH|HOSTUNREACH)\b|no route to host|could not resolve|temporary failure/i
const CLOSED =
  'a proof runs without a way out of its own network: --network lets the original and the result reach what they look for'

/** `POSTGRES_PASSWORD` */
const VARIABLE = /\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b/g

/**
 * What to do about a proof that did not pass, by what failed. `said`: why it did not, with the last words of what ended.
 * Null where nothing was run beside the original and the message says what to do.
 */
export function proofHint(
  report: Pick<ReportProof, 'result' | 'reason' | 'checks' | 'sandbox'> | null,
  said: string,
): string | null {
  if (report?.result != null) return report.reason === undefined ? resultHint(report.checks, said) : ASK
  if (/^the original goes to the background/.test(said)) return FOREGROUND
  const isClosed = report?.sandbox?.network === 'closed'
  if (isClosed && LACKS_NETWORK.test(said)) return CLOSED
  if (isClosed && /^the original never answers/.test(said)) return `if it waits for the network: ${CLOSED}`
  if (!/^the original( itself)? ends/.test(said)) return null
  // A missing folder, of which the message says how it is made.
  if (said.includes('(mkdir -p makes it)')) return null
  if (REFUSES_ROOT.test(said))
    return 'give it a USER with which it runs, and the paths that it asks for then: it refuses root'
  const names = [...new Set(said.match(VARIABLE) ?? [])].slice(0, 4)
  const asked = names.length === 0 ? '' : `; its last words name ${names.join(', ')}`
  if (LACKS_SERVICE.test(said))
    return `${isClosed ? `${CLOSED}; where that is a service of yours, ` : ''}it looks for another service, which a proof does not have: -e NAME=VALUE gives it settings with which it comes up without${asked}`
  const given = `-e NAME=VALUE gives it what you start it with${asked}`
  // It ended by itself, and nothing shows why.
  return said.startsWith('the original ends by itself')
    ? `a proof needs an original that runs: ${given}; where it goes to the background, ${FOREGROUND}`
    : `a proof needs an original that runs: ${given}`
}

const ASK = 'a check of yours (--smoke) that passes shows that it works as it is'

/** A process that is not root has a capability only by its own file, and only where nothing takes that from it: capabilities(7). */
function capabilityWays({ name, result }: ReportProof['checks'][number]): string {
  const capability = TAKES.exec(name)?.[1] ?? ''
  const program = BY.exec(result)?.[1] ?? 'the program'
  return `two ways: where it does without, a check of yours that passes (--smoke) says so; else RUN setcap cap_${capability.toLowerCase()}+ep ${program}, and run it with --cap-add=${capability} and without no-new-privileges`
}

function resultHint(checks: ReportProof['checks'], said: string): string {
  const told = checks.find(({ name, passed }) => !passed && said.startsWith(`${name}: `))
  if (told !== undefined && told.name in FROM_OUTSIDE)
    return `${FROM_OUTSIDE[told.name]}; a check of yours that passes (--smoke) says that it does without`
  if (told !== undefined && TAKES.test(told.name)) return capabilityWays(told)
  if (told?.name.startsWith(STARTS) === true) {
    const program = told.name.slice(STARTS.length)
    return `where ${program} has capabilities of its own (getcap), RUN setcap -r ${program} lets it start without them`
  }
  const words = said.replace(QUOTE, '')
  const path = refusedPath(words)
  if (path !== null && NOT_OWN.test(words))
    return `let ${path} belong to its new user: RUN chown, or COPY --chown, above USER`
  if (path !== null && REFUSED.test(words))
    return INSTALLED.test(path)
      ? `open ${path} to its new user with chown or chmod above USER`
      : `--writable ${path} gives it to its new user`
  const low = checks.flatMap(({ name, result, passed }) => {
    const port = Number(PORT.exec(name)?.[1] ?? Number.NaN)
    return !passed && result === 'closed' && port < 1024 ? [port] : []
  })
  if (low.length > 0)
    return `what sets port ${low.join(', ')} was not found: let it be one above 1023 in the configuration, ENV or CMD`
  if (SWITCH.test(words))
    return 'an option or a setting tells it to become another user, or to change its root folder, which takes root: leave it out'
  if (told !== undefined && LACKS_FILES.test(told.result))
    return `--writable ${told.result.replace(LACKS_FILES, '').split(', ').join(' --writable ')} gives it what its new user may not write`
  if (told?.result.includes('(--smoke)') === true)
    return 'a check of yours that passes (--smoke) says that it does without'
  if (told !== undefined && /^5\d\d\b/.test(told.result))
    return 'a server that comes up and answers with an error mostly lacks a path that it writes at a request: name it with --writable'
  return 'build it (--build -t NAME) and run it by hand: its whole log may say more'
}

/** `not /var/lib/x, /srv/y`: the files that it has not made. */
const LACKS_FILES = /^not (?=\/)/

/** The last path of a line: before it stand the program that says so, and its script. */
function refusedPath(line: string): string | null {
  const text = line.replace(/ in \/\S+( on line \d+)?$/, '')
  const paths = [...text.matchAll(/(?<![\w.:/~-])\/[\w.@%+~:,-]+(?:\/[\w.@%+~:,-]*)*/g)].map(([path]) =>
    path.replace(/(?<![:,.])[:,.]+$/, ''),
  )
  return paths.at(-1) ?? null
}
