import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Maker, tokenOf } from '../../src/made-by.ts'
import type { ListEntry } from '../../src/run-list.ts'

/** The list of a run that was killed after it had noted that. */
export function listOf(maker: Maker, ...notes: readonly ListEntry[]) {
  const state = process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state')
  const folder = join(state, 'harden-image', 'runs')
  const path = join(folder, tokenOf(maker))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(path, notes.map(({ kind, name }) => `${kind} ${JSON.stringify(name)}\n`).join(''))
  return { path, remove: () => rmSync(path, { force: true }) }
}
