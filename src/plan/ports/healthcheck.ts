import { jsonWord, unwritable } from '../../borders/dockerfile.ts'
import type { Healthcheck, ImageConfig } from '../../image/facts.ts'
import type { PortDecision } from '../plan.ts'

const LOOPBACK = String.raw`(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|\$\{?HOSTNAME\}?)`

/** A port that has moved, and where in the container it is asked for. */
export type AskedPort = Pick<PortDecision, 'from' | 'to' | 'checkedAt'>

/**
 * Moves a port in the text of a health check: `localhost:80`, `nc -z 127.0.0.1 80`, and `http://localhost/`, which means
 * port 80 (443 for https).
 */
export function moveHealthcheckPort(text: string, { from, to, checkedAt }: AskedPort): string {
  if (to === null) return text
  const moved = withPort(text, from, to)
  if (checkedAt === undefined || moved === text) return moved
  return moved.replace(new RegExp(String.raw`\blocalhost(?=:${to}(?!\d))`, 'g'), checkedAt)
}

function withPort(text: string, from: number, to: number): string {
  const explicit = text.replace(
    new RegExp(String.raw`(${LOOPBACK}(?::|["']?,\s*["']?|\s+))${from}(?!\d)`, 'g'),
    `$1${to}`,
  )
  const scheme = from === 80 ? 'http' : from === 443 ? 'https' : null
  const implied =
    scheme === null
      ? explicit
      : explicit.replace(new RegExp(String.raw`(\b${scheme}://${LOOPBACK})(?=[/"'\s]|$)`, 'g'), `$1:${to}`)
  if (from !== 80) return implied
  return implied.replace(
    new RegExp(String.raw`(\b(?:curl|wget)\b[^|;&]{0,500}?\s)(${LOOPBACK})(?=[/"'\s]|$)(?!:)`, 'g'),
    `$1$2:${to}`,
  )
}

/** The words of a health check after the ports moved; a port alone is one too. */
export function movedTest(test: readonly string[], ports: readonly AskedPort[]): readonly string[] {
  return ports.reduce<readonly string[]>(
    (words, port) =>
      port.to === null
        ? words
        : words.map((word) => (word === String(port.from) ? String(port.to) : moveHealthcheckPort(word, port))),
    test,
  )
}

/** The base image's own health check after the ports moved; null where it stays as it is. */
export function movedHealthcheck(config: ImageConfig, ports: readonly PortDecision[]): Healthcheck | null {
  const { healthcheck } = config
  if (healthcheck === null) return null
  const test = movedTest(healthcheck.test, ports)
  return JSON.stringify(test) === JSON.stringify(healthcheck.test) ? null : { ...healthcheck, test }
}

/** What follows the keyword HEALTHCHECK. */
export function healthcheckText(check: Healthcheck): string {
  const [kind, ...words] = check.test
  if (kind === 'NONE') return 'NONE'
  const flags = [
    durationFlag('interval', check.intervalMs),
    durationFlag('timeout', check.timeoutMs),
    durationFlag('start-period', check.startPeriodMs),
    durationFlag('start-interval', check.startIntervalMs),
    check.retries === undefined ? '' : `--retries=${check.retries}`,
  ].filter((flag) => flag !== '')
  return [...flags, 'CMD', commandText(kind, words)].join(' ')
}

/**
 * The words of an instruction end with its line, a list in brackets is no script, and an escape at the end goes on in the
 * next line; a script that an API has put there may have any of them.
 */
function commandText(kind: string | undefined, words: readonly string[]): string {
  const [script = ''] = words
  const isScript = kind === 'CMD-SHELL'
  if (
    isScript &&
    script.trim() === script &&
    /^[^[]/.test(script) &&
    !/[\\`]$/.test(script) &&
    unwritable(script) === null
  )
    return script
  return `[${(isScript ? ['/bin/sh', '-c', script] : words).map(jsonWord).join(',')}]`
}

function durationFlag(name: string, milliseconds: number | undefined): string {
  if (milliseconds === undefined) return ''
  return `--${name}=${milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`}`
}
