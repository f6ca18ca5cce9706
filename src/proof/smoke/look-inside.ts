import { readTarEntries, readTarTexts } from '../../image/sources/tar-text.ts'
import type { FileCheck, LogCheck } from '../../smoke-check.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

export async function checkLog({ match, not }: LogCheck, { engine, container }: SmokeTarget): Promise<Outcome> {
  const lines = (await engine.logs(container)).split('\n')
  const pattern = new RegExp(match ?? not ?? '')
  const line = lines.find((one) => pattern.test(one))
  if (match !== null)
    return line === undefined
      ? { passed: false, value: 'not logged', output: lines.slice(-4).join('\n') }
      : { passed: true, value: 'logged' }
  return line === undefined ? { passed: true, value: 'not logged' } : { passed: false, value: 'logged', output: line }
}

/** Read through the engine, so that no program of the image is needed and a stopped container can be looked at. */
export async function checkFile({ path, match }: FileCheck, { engine, container }: SmokeTarget): Promise<Outcome> {
  if (match === null) {
    const entries = await engine.copyOut(container, path, readTarEntries)
    return entries === null ? { passed: false, value: 'missing' } : { passed: true, value: 'there' }
  }
  const texts = await engine.copyOut(container, path, readTarTexts)
  if (texts === null) return { passed: false, value: 'missing' }
  const text = [...texts.values()].join('\n')
  return new RegExp(match, 'm').test(text)
    ? { passed: true, value: `holds ${match}` }
    : { passed: false, value: `does not hold ${match}`, output: text.slice(0, 500) }
}
