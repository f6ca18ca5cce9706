/** What a registry wants of whom it does not know: https://distribution.github.io/distribution/spec/auth/token/ */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer'
  readonly parameters: ReadonlyMap<string, string>
}

/** A `WWW-Authenticate` header (RFC 9110, 11.6.1), which may have several challenges; null for none that can be met. */
export function parseChallenge(header: string): Challenge | null {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  // A word, and either `=value` or nothing, which makes it a scheme.
  for (const [, name = '', isParameter, quoted, bare] of header.matchAll(
    /([\w-]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g,
  )) {
    if (isParameter === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
  }
  for (const wanted of ['bearer', 'basic'] as const) {
    const found = challenges.find(({ scheme }) => scheme === wanted)
    if (found !== undefined) return { scheme: wanted, parameters: found.parameters }
  }
  return null
}
