import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Substitution, sedCommand } from '../../src/evidence/file-edit.ts'

/** A word of a script for sh, whatever is in it. */
export const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

/** What the command of the Dockerfile makes of a text, with the real `sed`. */
export function sed(text: string, substitutions: readonly Substitution[]): string {
  if (substitutions.length === 0) return text
  const folder = mkdtempSync(join(tmpdir(), 'harden-sed-'))
  try {
    const path = join(folder, 'file')
    writeFileSync(path, text)
    const command = sedCommand({ path, substitutions, reason: '', purpose: 'config', evidence: [] }, quote).join(' ')
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command}: ${stderr}`)
    return readFileSync(path, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
