import { nameOf } from '../../path.ts'
import type { FileModel } from '../file-model.ts'
import type { AccountNames } from './account-options.ts'
import { daemonOfFile } from './daemons.ts'
import { type Directive, place } from './directives.ts'

/** `user x`, `user = x`, `user: x:x`, `"runas": "x"`: the key of a setting that names who a program becomes. */
const USER =
  /^[ \t]*["']?(?:user|user_?name|run[_-]?as(?:[_-]?user)?|setuid|uid|(?:daemon|process|server|service)[_-]?user)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<user>[\w.-]+)(?::(?<group>[\w.-]+))?["']?[ \t]*(?:[;,][ \t]*)?$/gim
const GROUP =
  /^[ \t]*["']?(?:group|group_?name|run[_-]?as[_-]?group|setgid|gid|(?:daemon|process|server|service)[_-]?group)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<group>[\w.-]+)["']?[ \t]*(?:[;,][ \t]*)?$/im
/** `chroot /srv`, `chroot_dir = /srv`, `"chroot": "/srv"`, `chroot yes`. */
export const CHROOT =
  /^[ \t]*["']?chroot(?:[_-]?(?:dir|directory|path|to))?["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?:\/[^\s"';,]*|yes|true|on|1)["']?[ \t]*(?:[;,][ \t]*)?$/im

/**
 * Lines of files that a program has read, and that nobody has told us of, which name an account of the image; and those
 * that only name a folder to be locked into.
 */
export function accountLines(files: FileModel, paths: readonly string[], names: AccountNames): readonly Directive[] {
  return [...new Set(paths)].sort().flatMap((path) => {
    const text = files.text(path)
    // What a script says of accounts, or shows in its manual, is no setting.
    if (text === null || text.startsWith('#!') || daemonOfFile(path) !== null) return []
    const group = GROUP.exec(text)
    const ofGroup = group !== null && names.groups.has(group.groups?.group ?? '') ? group : null
    const found = [...text.matchAll(USER)].flatMap((match): readonly Directive[] => {
      const user = match.groups?.user ?? ''
      if (user === 'root' || !names.users.has(user)) return []
      return [
        {
          daemon: `what reads ${nameOf(path)}`,
          programs: [],
          path,
          user,
          group: match.groups?.group ?? ofGroup?.groups?.group ?? null,
          ...place(text, match.index),
          groupLine: ofGroup === null ? null : place(text, ofGroup.index),
        },
      ]
    })
    const chroot = CHROOT.exec(text)
    if (found.length > 0 || chroot === null) return found
    const nobody = {
      daemon: `what reads ${nameOf(path)}`,
      programs: [],
      path,
      user: null,
      group: null,
      groupLine: null,
    }
    return [{ ...nobody, ...place(text, chroot.index) }]
  })
}
