import { HardenError } from '../../errors.ts'
import { readTarEntries, readTarTexts } from '../../image/sources/tar-text.ts'
import type { FileCheck, LogCheck } from '../../smoke-check.ts'
import { firstMatch } from './first-match.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

export async function checkLog({ match, not }: LogCheck, { engine, container }: SmokeTarget): Promise<Outcome> {
  const lines = (await engine.logs(container)).split('\n')
  const found = firstMatch(match ?? not ?? '', lines)
  if (typeof found === 'string') return { passed: false, value: found }
  const line = lines[found]
  if (match !== null)
    return line === undefined
      ? { passed: false, value: 'not logged', output: lines.slice(-4).join('\n') }
      : { passed: true, value: 'logged' }
  return line === undefined ? { passed: true, value: 'not logged' } : { passed: false, value: 'logged', output: line }
}

/**
 * Read through the engine, so that no program of the image is needed and a stopped container can be looked at; but a
 * copy does not show what a tmpfs holds, so there the image's own programs are asked.
 */
export async function checkFile(check: FileCheck, target: SmokeTarget): Promise<Outcome> {
  const copied = await checkCopy(check, target)
  if (copied.passed || !target.state.running) return copied
  const { path, match } = check
  const argv = match === null ? ['ls', '-d', path] : ['cat', path]
  const told = await target.engine.exec(target.container, argv).catch((error: unknown) => {
    if (error instanceof HardenError) return null // it has ended meanwhile
    throw error
  })
  return told?.exitCode === 0 ? outcomeOf(match, told.stdout) : copied
}

async function checkCopy({ path, match }: FileCheck, { engine, container }: SmokeTarget): Promise<Outcome> {
  if (match === null) {
    const entries = await engine.copyOut(container, path, readTarEntries)
    return entries === null ? { passed: false, value: 'missing' } : outcomeOf(match, '')
  }
  const texts = await engine.copyOut(container, path, readTarTexts)
  if (texts === null) return { passed: false, value: 'missing' }
  return outcomeOf(match, [...texts.values()].join('\n'))
}

function outcomeOf(match: FileCheck['match'], text: string): Outcome {
  if (match === null) return { passed: true, value: 'there' }
  const found = firstMatch(match, [text], 'm')
  if (typeof found === 'string') return { passed: false, value: found }
  return found === 0
    ? { passed: true, value: `holds ${match}` }
    : { passed: false, value: `does not hold ${match}`, output: text.slice(0, 500) }
}
