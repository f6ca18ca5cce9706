// npm run bench:corpus -- DIR: what harden-image makes of a folder of real Dockerfiles, with the catalogue alone.
import { harden } from '../../src/api.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { readCorpus } from './files.ts'
import { measure } from './measure.ts'
import { type Table, tally } from './tally.ts'

export async function main([folder, ...options]: readonly string[]): Promise<number> {
  if (folder === undefined) {
    console.error('usage: npm run bench:corpus -- DIR [--all]')
    return 2
  }
  const files = readCorpus(folder)
  const measured = files.map(({ path, text }) => ({ path, measured: measure(text) }))
  const result = tally(measured)
  const rows = options.includes('--all') ? Number.POSITIVE_INFINITY : 12
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
  const print = (label: string, value: number | string): void => console.log(`${label.padEnd(24)}${value}`)
  const list = (label: string, paths: readonly string[]): void => {
    print(label, paths.length)
    for (const path of paths.slice(0, rows)) console.log(`  ${path}`)
  }
  const show = (label: string, entries: Table): void => {
    print(
      label,
      entries.reduce((sum, [, count]) => sum + count, 0),
    )
    for (const [text, count, example] of entries.slice(0, rows))
      console.log(`  ${String(count).padStart(5)}  ${text}  (${example})`)
  }
  print('read', result.read)
  show('refused', result.refused)
  list('crashed', result.crashed)
  list('newly unparsable', result.unparsable)
  list('changed again', result.changedAgain)
  list('comments lost', result.commentsLost)
  show('verdicts', result.verdicts)
  print('root before', result.rootBefore)
  print('non-root after', `${result.nonRootAfter} (${percent(result.nonRootAfter, result.rootBefore)})`)
  print(
    '  of applications',
    `${result.applicationsNonRoot} of ${result.applications} (${percent(result.applicationsNonRoot, result.applications)})`,
  )
  show('still root', result.stillRoot)
  show('todo', result.todo)
  show('offered', result.offered)
  print(
    'lines touched',
    `median ${result.touched.median}, p95 ${result.touched.p95}, ${result.touched.changed} changed`,
  )
  speed(files.map(({ text }) => text))
  return result.crashed.length + result.unparsable.length + result.changedAgain.length > 0 ? 1 : 0
}

/** Best of three, after a warm-up: parsing alone, then the whole rewrite (which parses too). */
function speed(texts: readonly string[]): void {
  const parse = best(() => each(texts, parseDockerfile))
  const whole = best(() => each(texts, (dockerfile) => harden({ dockerfile })))
  console.log(
    `${'speed'.padEnd(24)}${Math.round(texts.length / whole)} files/s, ${(whole / parse).toFixed(2)} times parsing alone`,
  )
}

function each(texts: readonly string[], work: (text: string) => unknown): void {
  for (const text of texts) {
    try {
      work(text)
    } catch {
      // Refused texts cost time too, and are counted above.
    }
  }
}

/** Seconds. */
function best(work: () => void): number {
  let seconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < 4; round += 1) {
    const start = performance.now()
    work()
    if (round > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000)
  }
  return seconds
}
