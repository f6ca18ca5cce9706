import { isInside } from '../places.ts'
import type { RunAction } from './run-actions.ts'

/** Whether a RUN removes a path, by itself, with a folder above it, or by a pattern (`rm /etc/nginx/conf.d/*`). */
export function removedBy(actions: readonly RunAction[]): (path: string) => boolean {
  const all = actions.filter(({ tool }) => tool === 'rm').flatMap(({ paths }) => paths)
  const plain = all.filter((path) => !isPattern(path))
  const patterns = all.filter(isPattern).map(patternOf)
  return (path) => plain.some((gone) => isInside(path, gone)) || patterns.some((pattern) => pattern.test(path))
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
