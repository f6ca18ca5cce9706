import { lineOf } from '../edit.ts'
import type { FileModel } from '../image/file-model.ts'
import { nameOf } from '../path.ts'
import { configures, daemonFiles, daemonsOfFile, type SwitchingDaemon } from './daemons.ts'
import type { AccountNames } from './options.ts'

/** A line of a daemon's configuration that makes it switch user. */
export interface AccountLine {
  readonly daemon: string
  readonly programs: readonly string[]
  readonly path: string
  /** Null where a variable decides it. */
  readonly user: string | null
  readonly group: string | null
  readonly line: number
  readonly text: string
  /** Of the whole line, without its end. */
  readonly start: number
  readonly end: number
  /** The line that names the group alone, where there is one. */
  readonly groupLine: { readonly line: number; readonly start: number; readonly end: number } | null
}

/** Directives in the configuration files that the model kept, in the order of their paths. */
export function directives(files: FileModel): readonly AccountLine[] {
  return daemonFiles(files).flatMap(({ path, text, daemons }) => {
    const daemon = daemons.find(({ user }) => user.test(text))
    return daemon === undefined ? [] : directivesIn(path, text, daemon, files)
  })
}

function directivesIn(path: string, text: string, daemon: SwitchingDaemon, files: FileModel): readonly AccountLine[] {
  const group = daemon.group?.exec(text) ?? null
  const found: AccountLine[] = []
  for (const match of text.matchAll(new RegExp(daemon.user, 'gm'))) {
    const user = match.groups?.user
    if (user === undefined) continue
    const name = match.groups?.group ?? group?.groups?.group
    found.push({
      daemon: daemon.name,
      programs: daemon.programs,
      path,
      user: resolved(user, daemon, files),
      group: name === undefined ? null : resolved(name, daemon, files),
      ...place(text, match.index),
      groupLine: group === null ? null : place(text, group.index),
    })
  }
  return found
}

interface TextLine {
  readonly line: number
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The whole line in which something was found. */
function place(text: string, index: number): TextLine {
  const start = index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1
  const newline = text.indexOf('\n', index)
  const end = newline < 0 ? text.length : newline
  return { line: lineOf(text, start), text: text.slice(start, end), start, end }
}

/** Apache's `User ${APACHE_RUN_USER}` is set in envvars, beside it. */
function resolved(value: string, daemon: SwitchingDaemon, files: FileModel): string | null {
  if (!value.includes('$')) return value.replace(/\}$/, '')
  const name = /^\$\{?(\w+)\}?$/.exec(value)?.[1]
  if (name === undefined) return null
  for (const path of files.texts()) {
    if (!configures(daemon, path)) continue
    const set = new RegExp(`^[ \\t]*(?:export[ \\t]+)?(?:: \\$\\{)?${name}:?=["']?([\\w.-]+)`, 'm').exec(
      files.text(path) ?? '',
    )
    if (set?.[1] !== undefined) return set[1]
  }
  return null
}

/** `user x`, `user = x`, `user: x:x`, `"runas": "x"`: the key of a setting that names who a program becomes. */
const USER =
  /^[ \t]*["']?(?:user|user_?name|run[_-]?as(?:[_-]?user)?|setuid|uid|(?:daemon|process|server|service)[_-]?user)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<user>[\w.-]+)(?::(?<group>[\w.-]+))?["']?[ \t]*(?:[;,][ \t]*)?$/gim
const GROUP =
  /^[ \t]*["']?(?:group|group_?name|run[_-]?as[_-]?group|setgid|gid|(?:daemon|process|server|service)[_-]?group)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<group>[\w.-]+)["']?[ \t]*(?:[;,][ \t]*)?$/gim
/** `chroot /srv`, `chroot_dir = /srv`, `"chroot": "/srv"`, `chroot yes`. */
export const CHROOT =
  /^[ \t]*["']?chroot(?:[_-]?(?:dir|directory|path|to))?["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?:\/[^\s"';,]*|yes|true|on|1)["']?[ \t]*(?:[;,][ \t]*)?$/im

/** Lines of unknown files that a program has read and that name an account of the image, and lines that only name a folder for chroot. */
export function accountLines(files: FileModel, paths: readonly string[], names: AccountNames): readonly AccountLine[] {
  return [...new Set(paths)].sort().flatMap((path) => {
    const text = files.text(path)
    // Accounts that a script names, or shows in its help, are no settings.
    if (text === null || text.startsWith('#!') || daemonsOfFile(path, text).length > 0) return []
    const [group = null] = text.matchAll(GROUP)
    const ofGroup = group !== null && names.groups.has(group.groups?.group ?? '') ? group : null
    const found = [...text.matchAll(USER)].flatMap((match): readonly AccountLine[] => {
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

/**
 * Lines of unknown files that a program has read and that tell it to be root: another user would try to become root, or to give
 * root its files.
 */
export function rootLines(files: FileModel, paths: readonly string[]): readonly OwnerLine[] {
  return [...new Set(paths)].sort().flatMap((path) => {
    const text = files.text(path)
    if (text === null || text.startsWith('#!') || daemonsOfFile(path, text).length > 0) return []
    const groups = [...text.matchAll(GROUP)].filter(({ groups }) => isRoot(groups?.group))
    return [...text.matchAll(USER)]
      .filter(({ groups }) => isRoot(groups?.user))
      .concat(groups)
      .map(({ index }) => ({ path, ...place(text, index) }))
  })
}

function isRoot(name: string | undefined): boolean {
  return name === 'root' || name === '0'
}

/** `$FileOwner root`, `log_group = adm`, `"socketUser": "x"`: the key of a setting that names whom a program gives its files to. */
const OWNER =
  /^[ \t]*\$?["']?(?:file|dir|directory|log|output|socket|sock|unix|pid|db|data|create|default)[_-]?(?:owner|user|group|uid|gid)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<name>[\w.-]+)["']?[ \t]*(?:[;,][ \t]*)?$/gim

/** Owner lines of the started daemons: without such a line a daemon owns its files itself. */
export function daemonOwnerLines(files: FileModel, programs: ReadonlySet<string>): readonly OwnerLine[] {
  return daemonFiles(files).flatMap(({ path, text, daemons }) =>
    daemons
      .filter((daemon) => daemon.programs.some((program) => programs.has(program)))
      .flatMap(({ owner }) => (owner === null ? [] : [...text.matchAll(owner)]))
      .map(({ index }) => ({ path, ...place(text, index) })),
  )
}

export interface OwnerLine extends TextLine {
  readonly path: string
}

/** Lines of files that a program has read which name an account of the image as the owner of what it writes. */
export function ownerLines(files: FileModel, paths: readonly string[], names: AccountNames): readonly OwnerLine[] {
  return [...new Set(paths)].sort().flatMap((path) => {
    const text = files.text(path) ?? ''
    return [...text.matchAll(OWNER)].flatMap((match): readonly OwnerLine[] => {
      const name = match.groups?.name ?? ''
      return names.users.has(name) || names.groups.has(name) ? [{ path, ...place(text, match.index) }] : []
    })
  })
}
