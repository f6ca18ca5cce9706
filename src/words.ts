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

/** The name that was probably meant: at most two slips away, and less than half of the word. Null for none. */
export function nearestName(given: string, names: readonly string[]): string | null {
  let best: string | null = null
  if (given.length > LONGEST) return null
  let least = Math.min(3, Math.ceil(given.length / 2))
  for (const name of names) {
    const slips = distance(given, name)
    if (slips < least) [best, least] = [name, slips]
  }
  return best
}

/** No name is that long. */
const LONGEST = 64

/** Letters to add, drop, change or swap with the neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? beforeLast[j - 2] : undefined
      const ways = [last[j], row[j - 1], swap].map((way) => (way ?? Number.POSITIVE_INFINITY) + 1)
      row.push(Math.min(...ways, (last[j - 1] ?? 0) + change))
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** What a person may choose from, of whom a todo asks it: `a: do it in a RUN; b: leave it out`. */
export function choices(...all: readonly string[]): string {
  return all.map((one, at) => `${'abcdef'[at]}: ${one}`).join('; ')
}
