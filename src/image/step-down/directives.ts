import { lineOf } from '../../line-of.ts'
import type { FileModel } from '../file-model.ts'
import { configures, type Daemon, daemonOfFile } from './daemons.ts'

/** A line of a daemon's configuration that makes it switch user. */
export interface Directive {
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
export function directives(files: FileModel): readonly Directive[] {
  return [...files.texts()].sort().flatMap((path) => {
    const daemon = daemonOfFile(path)
    const text = daemon === null ? null : files.text(path)
    return daemon === null || text === null ? [] : directivesIn(path, text, daemon, files)
  })
}

function directivesIn(path: string, text: string, daemon: Daemon, files: FileModel): readonly Directive[] {
  const group = daemon.group?.exec(text) ?? null
  const found: Directive[] = []
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

export interface Place {
  readonly line: number
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The whole line in which something was found. */
export function place(text: string, index: number): Place {
  const start = index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1
  const newline = text.indexOf('\n', index)
  const end = newline < 0 ? text.length : newline
  return { line: lineOf(text, start), text: text.slice(start, end), start, end }
}

/** Apache's `User ${APACHE_RUN_USER}` is set in envvars, beside it. */
function resolved(value: string, daemon: Daemon, files: FileModel): string | null {
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
