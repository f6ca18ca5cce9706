import { bounds } from '../bounds.ts'
import { isAffordable } from './gitignore.ts'

/** Whether .dockerignore leaves a path of the build context out. The last pattern that matches the path or a folder above it decides. */
type LeavesOut = (path: string) => boolean

interface Rule {
  readonly pattern: RegExp
  readonly keeps: boolean
}

export interface DockerIgnore {
  readonly leavesOut: LeavesOut
  /** Some pattern takes paths back in, so that a folder that is left out must be looked into all the same. */
  readonly hasExceptions: boolean
  /** Some pattern would be tried in too many ways, and leaves nothing out: what is sent to a build is not known. */
  readonly isPartial: boolean
}

/** Reads .dockerignore as moby/patternmatcher does: patterns are relative to the root of the context, `**` is any number of folders. */
export function parseDockerIgnore(text: string): DockerIgnore {
  let isPartial = false
  const rules = text.split(/\r?\n/).flatMap((line): readonly Rule[] => {
    const trimmed = line.replace(/^\ufeff/, '').trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const keeps = trimmed.startsWith('!')
    const glob = (keeps ? trimmed.slice(1) : trimmed)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
    const isTaken =
      glob.length < bounds.pathLength &&
      isAffordable(glob) &&
      glob.split('/').every((name) => name.split('*').length <= bounds.patternStars + 1)
    isPartial ||= !isTaken
    const pattern = glob === '' || !isTaken ? null : expressionOf(glob)
    return pattern === null ? [] : [{ pattern, keeps }]
  })
  return {
    isPartial,
    hasExceptions: rules.some((rule) => rule.keeps),
    leavesOut: (path) => {
      const parts = path.split('/')
      const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
      const last = rules.findLast((rule) => prefixes.some((prefix) => rule.pattern.test(prefix)))
      return last !== undefined && !last.keeps
    },
  }
}

function expressionOf(glob: string): RegExp | null {
  const source = glob.replace(/\*\*\/?|\*|\?|\\.|[.+^${}()|\\]/g, (token) => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return token.length === 2 ? `\\${token[1]}` : `\\${token}`
  })
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return null
  }
}
