import type { ReportCheck } from './report.ts'

const REFUSED_PATH = /permission denied|read-only file system|\bE(ACCES|ROFS)\b/i
/** `tcp :953`, `http :80/`: as a comparison names a port. */
const PORT = /^\w+ :(\d+)\/?$/

/** What to do about a proof that did not pass, by what failed. `said`: why it did not, with the result's last words. */
export function proofHint(checks: readonly ReportCheck[], said: string): string {
  const low = checks.flatMap(({ name, result, passed }) => {
    const port = Number(PORT.exec(name)?.[1] ?? Number.NaN)
    return !passed && result === 'closed' && port < 1024 ? [port] : []
  })
  if (low.length > 0)
    return `what sets port ${low.join(', ')} was not found: let it be one above 1023 in the configuration, ENV or CMD`
  if (REFUSED_PATH.test(said)) return 'name the missing paths with --writable'
  return 'look what it was refused (docker logs of both); --smoke CMD gives the proof a check of your own'
}
