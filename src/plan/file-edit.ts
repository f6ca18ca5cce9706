import type { FileEdit, Substitution } from './plan.ts'

/** One `sed` command that makes the change. */
export function sedCommand(edit: FileEdit, quote: (word: string) => string): string {
  const scripts = edit.substitutions.map(sedScript)
  const joined =
    scripts.length === 1 ? quote(scripts[0] ?? '') : scripts.map((script) => `-e ${quote(script)}`).join(' ')
  return `sed -i -E ${joined} ${quote(edit.path)}`
}

function sedScript(substitution: Substitution): string {
  const delimiter =
    ['/', '#', '|', '~', ','].find(
      (mark) => !substitution.pattern.includes(mark) && !substitution.replacement.includes(mark),
    ) ?? '/'
  if (substitution.remove === true) {
    const start = delimiter === '/' ? '/' : `\\${delimiter}`
    return `${start}${substitution.pattern}${delimiter}d`
  }
  const escape = (text: string): string => (delimiter === '/' ? text.replaceAll('/', String.raw`\/`) : text)
  return `s${delimiter}${escape(substitution.pattern)}${delimiter}${escape(substitution.replacement)}${delimiter}${substitution.global ? 'g' : ''}`
}

/** The text after the change, as sed would make it; null where a pattern means something else to JavaScript. */
export function applySubstitutions(text: string, substitutions: readonly Substitution[]): string | null {
  const lines = text.split('\n')
  let result: readonly string[] = lines
  for (const substitution of substitutions) {
    const pattern = toRegExp(substitution)
    if (pattern === null) return null
    result =
      substitution.remove === true
        ? result.filter((line) => !pattern.test(line))
        : result.map((line) => line.replace(pattern, toJavaScript(substitution.replacement)))
  }
  return result.join('\n')
}

/** Lines that a substitution would change. */
export function matches(text: string, substitution: Substitution): boolean {
  const pattern = toRegExp({ ...substitution, global: false })
  return pattern !== null && text.split('\n').some((line) => pattern.test(line))
}

function toRegExp(substitution: Substitution): RegExp | null {
  const source = substitution.pattern
    .replaceAll('[[:space:]]', String.raw`\s`)
    .replaceAll('[:space:]', String.raw`\s`)
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:blank:]', String.raw` \t`)
  try {
    return new RegExp(source, substitution.global ? 'g' : '')
  } catch {
    return null
  }
}

function toJavaScript(replacement: string): string {
  return replacement
    .replaceAll('$', '$$$$')
    .replace(/\\(\d)/g, '$$$1')
    .replace(/(^|[^\\])&/g, '$1$$&')
    .replace(/\\([&\\/])/g, '$1')
}

/** One edit a file and purpose, with all substitutions and reasons. */
export function mergeByFile(edits: readonly FileEdit[]): readonly FileEdit[] {
  const merged = new Map<string, FileEdit>()
  for (const edit of edits) {
    const key = `${edit.purpose} ${edit.path}`
    const before = merged.get(key)
    merged.set(key, before === undefined ? edit : join(before, edit))
  }
  return [...merged.values()]
}

function join(a: FileEdit, b: FileEdit): FileEdit {
  const known = new Set(a.substitutions.map((substitution) => JSON.stringify(substitution)))
  return {
    ...a,
    substitutions: [
      ...a.substitutions,
      ...b.substitutions.filter((substitution) => !known.has(JSON.stringify(substitution))),
    ],
    reason: a.reason.split('; ').includes(b.reason) ? a.reason : `${a.reason}; ${b.reason}`,
    evidence: [...a.evidence, ...b.evidence],
  }
}
