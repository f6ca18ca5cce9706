import { bounds } from '../../bounds.ts'
import { listedPorts } from '../../report/many-ports.ts'
import type { PortAnswer } from '../ask/answers.ts'
import { isWeb } from '../ask/answers.ts'
import { portKey } from '../ask/questions.ts'
import type { RunRecord } from '../container/run-record.ts'
import { refusalLines } from '../learn/refusals.ts'

const YOUR_CHECK = 'a check of yours can ask it (--smoke, or smoke: in the configuration)'
/** Lines of a log that nobody would call silent. */
const TALKATIVE = 5

/** What was not seen, or is not as it was though every check passed. */
export function doubts(baseline: RunRecord, result: RunRecord, passed: boolean): readonly string[] {
  const remarks: string[] = []
  if (result.state.running && result.listeners === null)
    remarks.push('the ports could not be looked at from here, so they were not compared')
  if (result.processes.length === 0) remarks.push('it ended before its processes could be looked at')
  remarks.push(...new Set([...baseline.unread, ...result.unread]))
  if (!passed) return remarks
  const unasked = baseline.answers.filter(({ unasked, kind }) => unasked === true && kind !== 'closed').map(portKey)
  if (unasked.length > 0)
    remarks.push(
      `what it answers on ${listedPorts(unasked)}: open as in the original, and not asked, since ${bounds.askedPorts} ports are; ${YOUR_CHECK}`,
    )
  const silent = baseline.answers.filter(isSilent).map(portKey)
  if (silent.length > 0)
    remarks.push(`${listedPorts(silent)}: open as in the original, and what it answers was not seen; ${YOUR_CHECK}`)
  const unopened = baseline.state.running ? baseline.answers.filter(isUnopened).map(portKey) : []
  if (unopened.length > 0)
    remarks.push(`${listedPorts(unopened)}: the original did not listen there, so nothing was compared; ${YOUR_CHECK}`)
  const closed = baseline.answers.filter(isTurnedAway).map(portKey)
  if (closed.length > 0)
    remarks.push(
      `${listedPorts(closed)}: turns away who is not known, as the original does, and what it does for others was not seen; ${YOUR_CHECK}`,
    )
  for (const [port, page] of baseline.pages) {
    const other = result.pages.get(port)
    if (page != null && other != null && other !== page)
      remarks.push(`whether it answers as well on ${port}: it shows another page than the original, ${quoted(other)}`)
  }
  if (isUnseen(baseline))
    remarks.push(
      `whether it does its work: it goes on as the original does, and has no port, HEALTHCHECK or socket to ask; ${YOUR_CHECK}`,
    )
  const usual = new Set(refusalLines(`${baseline.logs}\n${baseline.logFiles}`))
  const news = refusalLines(`${result.logs}\n${result.logFiles}`).find((line) => !usual.has(line))
  if (news !== undefined) remarks.push(`it works, and logs a refusal that the original did not: ${news}`)
  if (lines(baseline) >= TALKATIVE && lines(result) === 0)
    remarks.push('its log: the original says something, and the result nothing')
  return remarks
}

/** Something is there, and nothing of what it can do was seen. */
function isSilent({ kind, unasked }: PortAnswer): boolean {
  return unasked !== true && (kind === 'open' || kind === 'bound')
}

/** Asked for because the image names it, and nobody was there. */
function isUnopened({ kind, protocol }: PortAnswer): boolean {
  return kind === 'closed' && protocol === 'tcp'
}

/** A page that takes none of the work behind it. Source: RFC 9110, 15.5.2, 15.5.4 and 15.5.8 */
function isTurnedAway({ kind, detail }: PortAnswer): boolean {
  return isWeb(kind) && /^40[137]\b/.test(detail)
}

/** Nothing of it can be asked. */
export function isUnseen({ state, answers, smoke }: RunRecord): boolean {
  return state.running && state.health === null && smoke.length === 0 && answers.every(({ kind }) => kind === 'closed')
}

function lines({ logs }: RunRecord): number {
  return logs.split('\n').filter((line) => line.trim() !== '').length
}

/** A tag that nothing closes is text. */
function withoutTags(page: string): string {
  return page.replace(/<[^>]*(?:>|$)/g, (tag) => (tag.endsWith('>') ? ' ' : tag))
}

/** The title of a page, or its first words. */
function quoted(page: string): string {
  const title = /<title(?:(?!<title)[^>]){0,1000}>([^<]+)/i.exec(page)?.[1] ?? withoutTags(page)
  const text = title.replace(/\s+/g, ' ').trim().slice(0, 60)
  return text === '' ? 'an empty one' : `"${text}"`
}
