import { parentOf } from '../places.ts'
import type { RunAction } from './run-actions.ts'

/** Paths that RUN lines remove, by themselves, with a folder above them, or by a pattern (`rm /etc/nginx/conf.d/*`). */
export interface Removals {
  add(action: RunAction): void
  readonly has: (path: string) => boolean
}

export function removals(): Removals {
  const plain = new Set<string>()
  const patterns = new Map<string, RegExp>()
  return {
    add: ({ tool, paths }) => {
      if (tool !== 'rm') return
      for (const path of paths) {
        if (!isPattern(path)) plain.add(path)
        else if (!patterns.has(path)) patterns.set(path, patternOf(path))
      }
    },
    has: (path) => {
      if (plain.size > 0)
        for (let at = path; ; at = parentOf(at)) {
          if (plain.has(at)) return true
          if (at === '/') break
        }
      for (const pattern of patterns.values()) if (pattern.test(path)) return true
      return false
    },
  }
}

export function removedBy(actions: readonly RunAction[]): (path: string) => boolean {
  const all = removals()
  for (const action of actions) all.add(action)
  return all.has
}

export function isPattern(path: string): boolean {
  return /[*?]/.test(path)
}

/** What a shell expands it to, and all below; names that begin with a dot are left out. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\/(?=[*?])/g, String.raw`/(?!\.)`)
    .replaceAll('*', '[^/]*')
    .replaceAll(/(?<!\()\?/g, '[^/]')
  return new RegExp(`^${source}(?:/|$)`)
}
