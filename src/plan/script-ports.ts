import type { FileEdit } from './plan.ts'
import { escapeEre, escapeReplacement } from './port-lines.ts'
import { moveInArguments } from './ports.ts'

/** Edits that move a port in the lines of a start script: `httpd -f -p 80`, `serve --port=80`, `PORT=80 node x`. */
export function scriptPortEdits(path: string, text: string, from: number): readonly FileEdit[] {
  const to = from + 8000
  const lines = text.split('\n').flatMap((line) => {
    if (/^\s*#/.test(line) || !new RegExp(String.raw`\b${from}\b`).test(line)) return []
    const [moved = line] = moveInArguments([line.trim()], from, to) ?? []
    const changed = moved.replace(new RegExp(String.raw`\bPORT=(["']?)${from}\1(?=\s|$)`), `PORT=$1${to}$1`)
    return changed === line.trim() || !/\s/.test(line.trim()) ? [] : [{ line: line.trim(), changed }]
  })
  if (lines.length === 0) return []
  const name = path.slice(path.lastIndexOf('/') + 1)
  return [
    {
      path,
      substitutions: lines.map(({ line, changed }) => ({
        pattern: escapeEre(line),
        replacement: escapeReplacement(changed),
        global: false,
      })),
      reason: `listen above 1024 (${name} said ${from})`,
      purpose: 'port',
      evidence: lines.map(({ line }) => ({
        source: 'config',
        subject: String(from),
        detail: `set by "${line}" in ${path}`,
      })),
    },
  ]
}
