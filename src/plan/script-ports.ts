import type { FileEdit } from './plan.ts'
import { moveInArguments } from './port-arguments.ts'
import { escapeEre, escapeReplacement, type PortLine } from './port-lines.ts'

/** Lines of a start script that set a port: `httpd -f -p 80`, `serve --port=80`, `PORT=80 node x`. */
export function scriptPortLines(path: string, text: string, from: number, to: number): readonly PortLine[] {
  return text.split('\n').flatMap((whole) => {
    const line = whole.trim()
    if (line.startsWith('#') || !new RegExp(String.raw`\b${from}\b`).test(line)) return []
    const [moved = line] = moveInArguments([line], from, to) ?? []
    const changed = moved.replace(new RegExp(String.raw`\bPORT=(["']?)${from}\1(?=\s|$)`), `PORT=$1${to}$1`)
    if (changed === line || !/\s/.test(line)) return []
    const substitution = { pattern: escapeEre(line), replacement: escapeReplacement(changed), global: false }
    return [{ path, port: from, text: line, substitution }]
  })
}

/** The same as one edit, as a plan without a run has it. */
export function scriptPortEdits(path: string, text: string, from: number): readonly FileEdit[] {
  const lines = scriptPortLines(path, text, from, from + 8000)
  if (lines.length === 0) return []
  const name = path.slice(path.lastIndexOf('/') + 1)
  return [
    {
      path,
      substitutions: lines.map(({ substitution }) => substitution),
      reason: `listen above 1024 (${name} said ${from})`,
      purpose: 'port',
      evidence: lines.map(({ text: line }) => ({
        source: 'config',
        subject: String(from),
        detail: `set by "${line}" in ${path}`,
      })),
    },
  ]
}
