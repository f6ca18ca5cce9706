// npm run bench:corpus -- DIR: what harden-image makes of a folder of real Dockerfiles, with the catalogue and the
// files beside them alone.
import { join } from 'node:path'
import { readCorpus } from './files.ts'
import { measurer } from './measure.ts'
import { speed } from './speed.ts'
import { type Named, type Table, tally } from './tally.ts'

export async function main([folder, ...options]: readonly string[]): Promise<number> {
  if (folder === undefined) {
    console.error('usage: npm run bench:corpus -- DIR [--all]')
    return 2
  }
  const files = readCorpus(folder)
  const measure = measurer()
  const measured: Named[] = []
  for (const { path, text } of files) measured.push({ path, measured: await measure(join(folder, path), text) })
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
  const spent = speed(files.map(({ text }) => text))
  const rate = (milliseconds: number): string => `${Math.round(files.length / (milliseconds / 1000))} files/s`
  const times = (milliseconds: number): string =>
    `the rewrite takes ${(spent.whole / milliseconds).toFixed(2)} times as long`
  print('the whole rewrite', rate(spent.whole))
  print('  parsing alone', `${rate(spent.library)}: ${times(spent.library)} (by dockerfile-ast)`)
  print('  our model alone', `${rate(spent.model)}: ${times(spent.model)} (shell commands included)`)
  print('  its instructions', `${rate(spent.structure)}: ${times(spent.structure)}`)
  return result.crashed.length + result.unparsable.length + result.changedAgain.length > 0 ? 1 : 0
}
