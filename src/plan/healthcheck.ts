import type { Healthcheck, ImageConfig } from '../image/facts.ts'
import type { PortDecision } from './plan.ts'

const LOOPBACK = String.raw`(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|\$\{?HOSTNAME\}?)`

/**
 * Moves a port in the text of a health check: `localhost:80`, `nc -z 127.0.0.1 80`, and `http://localhost/`, which means
 * port 80 (443 for https).
 */
export function moveHealthcheckPort(text: string, from: number, to: number): string {
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
    new RegExp(String.raw`(\b(?:curl|wget)\b[^|;&]*?\s)(${LOOPBACK})(?=[/"'\s]|$)(?!:)`, 'g'),
    `$1$2:${to}`,
  )
}

/** The base image's own health check after the ports moved; null where it stays as it is. */
export function movedHealthcheck(config: ImageConfig, ports: readonly PortDecision[]): Healthcheck | null {
  const { healthcheck } = config
  if (healthcheck === null) return null
  const test = ports.reduce<readonly string[]>(
    (words, port) =>
      words.map((word) =>
        port.to === null
          ? word
          : word === String(port.from)
            ? String(port.to)
            : moveHealthcheckPort(word, port.from, port.to),
      ),
    healthcheck.test,
  )
  return JSON.stringify(test) === JSON.stringify(healthcheck.test) ? null : { ...healthcheck, test }
}

/** What follows the keyword HEALTHCHECK. */
export function healthcheckText(check: Healthcheck): string {
  const [kind, ...words] = check.test
  if (kind === 'NONE') return 'NONE'
  const flags = [
    check.intervalMs === undefined ? '' : `--interval=${check.intervalMs}ms`,
    check.timeoutMs === undefined ? '' : `--timeout=${check.timeoutMs}ms`,
    check.startPeriodMs === undefined ? '' : `--start-period=${check.startPeriodMs}ms`,
    check.retries === undefined ? '' : `--retries=${check.retries}`,
  ].filter((flag) => flag !== '')
  const command = kind === 'CMD-SHELL' ? (words[0] ?? '') : JSON.stringify(words)
  return [...flags, 'CMD', command].join(' ')
}
