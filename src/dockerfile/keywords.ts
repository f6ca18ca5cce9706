/** The instructions that BuildKit knows, upper case. */
const keywords: ReadonlySet<string> = new Set([
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
])

export function isKeyword(keyword: string): boolean {
  return keywords.has(keyword)
}

/** As BuildKit compares keywords: folded to lower case first, then shown in upper case. */
export function normalKeyword(word: string): string {
  return word.toLowerCase().toUpperCase()
}

/** What Go's `unicode.IsSpace` takes for a space, as the inside of a character class. */
const unicodeSpaces = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const spacePattern = new RegExp(`[${unicodeSpaces}]`)

export function isSpace(char: string): boolean {
  if (char === ' ' || char === '\t') return true
  // What stands between them in ASCII are letters, digits and signs.
  return (char < ' ' || char > '~') && spacePattern.test(char)
}
