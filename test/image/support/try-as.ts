// Asks the kernel what a user may do.
import { spawnSync } from 'node:child_process'
import type { Identity } from '../../../src/image/file-model.ts'
import { isRoot } from './real-tree.ts'

/** `write /path`. */
export type Question = readonly [kind: string, path: string]

/**
 * Really tries each operation as its user, in one child process, and undoes what it did. Null: it failed for a reason
 * that is no permission. Without root there is nobody else to become.
 */
export function tryAll(asked: readonly (readonly [Identity, Question])[]): readonly (boolean | null)[] {
  const program = `
    const fs = require('fs')
    const asked = JSON.parse(fs.readFileSync(0, 'utf8'))
    let who = null
    // The effective ids decide; the real uid stays, so that root can undo what the user may not (a sticky directory).
    const become = () => {
      if (!${isRoot} || who.uid === 0) return
      process.setgroups(who.gids); process.setegid(who.gids[0]); process.seteuid(who.uid)
    }
    const beRoot = () => { if (${isRoot}) { process.seteuid(0); process.setegid(0) } }
    const asRoot = (undo) => { beRoot(); try { undo() } finally { become() } }
    const refused = (e) => ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP'].includes(e.code)
    // Other errors (a name that exists, a rename into itself) say nothing about permission.
    const tries = {
      write: (p) => {
        let st = null
        try { st = fs.statSync(p) } catch {}
        if (st && st.isDirectory()) { const x = p + '/probe'; fs.writeFileSync(x, ''); fs.unlinkSync(x); return }
        fs.closeSync(fs.openSync(p, fs.constants.O_WRONLY | (st ? 0 : fs.constants.O_CREAT)))
        if (!st) fs.unlinkSync(fs.realpathSync(p))
      },
      read: (p) => { if (fs.statSync(p).isDirectory()) fs.readdirSync(p); else fs.closeSync(fs.openSync(p, 'r')) },
      traverse: (p) => { const old = '/'; process.chdir(p); process.chdir(old) },
      execute: (p) => {
        // Without its text: only whether it starts, and whether its interpreter can read it.
        const { status, error } = require('child_process').spawnSync(p, { stdio: 'ignore' })
        if (error) throw error
        if (status !== 0) throw Object.assign(new Error('unreadable'), { code: 'EACCES' })
      },
      create: (p) => { fs.mkdirSync(p); fs.rmdirSync(p) },
      mode: (p) => fs.chmodSync(p, fs.statSync(p).mode & 0o7777),
      remove: (p) => {
        // Removing is tried by renaming in the same directory: the same permissions, and it can be undone.
        fs.renameSync(p, p + '.away'); asRoot(() => fs.renameSync(p + '.away', p))
      },
    }
    const results = asked.map(([identity, [kind, path]]) => {
      who = identity
      become()
      try { tries[kind](path); return true }
      catch (e) { return refused(e) ? false : null }
      finally { beRoot() }
    })
    process.stdout.write(JSON.stringify(results))
  `
  const child = spawnSync(process.execPath, ['-e', program], { input: JSON.stringify(asked), encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout) as (boolean | null)[]
}
