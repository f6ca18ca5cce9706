import { inPlaceOf } from '../../evidence/file-edit.ts'
import type { FileEdit } from '../plan.ts'
import { moveInArguments } from './port-arguments.ts'
import { type PortLine, portEdit } from './port-lines.ts'

/** Lines of a start script that set a port: `httpd -f -p 80`, `serve --port=80`, `PORT=80 node x`. */
export function scriptPortLines(path: string, text: string, from: number, to: number): readonly PortLine[] {
  return text.split('\n').flatMap((whole) => {
    const line = whole.trim()
    if (line.startsWith('#') || !new RegExp(String.raw`\b${from}\b`).test(line)) return []
    const [moved = line] = moveInArguments([line], from, to) ?? []
    const changed = moved.replace(new RegExp(String.raw`\bPORT=(["']?)${from}\1(?=\s|$)`), `PORT=$1${to}$1`)
    if (changed === line || !/\s/.test(line)) return []
    return [{ path, port: from, text: line, substitution: inPlaceOf(line, changed) }]
  })
}

/** The same as one edit, as a plan without a run has it. */
export function scriptPortEdits(path: string, text: string, from: number): readonly FileEdit[] {
  const lines = scriptPortLines(path, text, from, from + 8000)
  return lines.length === 0 ? [] : [portEdit(path, from, lines)]
}

/** A port of somebody else: `http://$BACKEND:${BACKEND_PORT:-80}`. */
const ELSEWHERE = /(BACKEND|UPSTREAM|PROXY_PASS|TARGET|REMOTE|DB|DATABASE|MYSQL|POSTGRES|REDIS|SMTP|API)_/i

/** The one variable by which a script is told the port, with `from` where it is not set: `-a :${HTTP_PORT:-80}`. Else null. */
export function scriptPortVariable(texts: readonly string[], from: number): string | null {
  const named = new RegExp(String.raw`(^|.)\$\{(\w*(?:PORT|LISTEN)\w*):?[-=]${from}\}`, 'gi')
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => !/^\s*#/.test(line)))
  const found = lines.flatMap((line) =>
    [...line.matchAll(named)].map(({ index, 1: before = '', 2: name = '' }) => {
      const host =
        before === ':' ? /(?<![\w.\]*}"-])([\w.\]*}"-]*)$/.exec(line.slice(Math.max(0, index - 256), index))?.[1] : ''
      return { name, isOwn: /^(|0\.0\.0\.0|\*|.*::\])$/.test(host ?? '') && !ELSEWHERE.test(name) }
    }),
  )
  const own = new Set(found.flatMap(({ name, isOwn }) => (isOwn ? [name] : [])))
  const [only] = own
  return own.size === 1 && only !== undefined && found.every(({ isOwn, name }) => isOwn || name !== only) ? only : null
}
