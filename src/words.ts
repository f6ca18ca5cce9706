/** `a`, `a and b`, `a, b and c`; '' for none. */
export function joinAnd(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words.join('')
}

const MOST_NAMED = 3

/** `a, b, c, 2 more`. */
export function joinTruncated(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
