import type { OsRelease } from './facts.ts'

/** Reads os-release(5): shell-like assignments, quoted or not. Unknown lines are skipped. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined) values.set(match[1], unquote((match[2] ?? '').trim()))
  }
  return {
    id: (values.get('ID') ?? '').toLowerCase(),
    idLike: (values.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    versionId: values.get('VERSION_ID') ?? '',
  }
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value)
  return quoted?.[2] === undefined ? value : quoted[2].replace(/\\(["'$`\\])/g, '$1')
}
