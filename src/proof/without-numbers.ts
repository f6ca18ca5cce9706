/** Numbers, and identifiers of hex digits with one in them, as 0: what a run has another of each time is the same. */
export function withoutNumbers(text: string): string {
  return text.replace(/[0-9a-f]*\d[0-9a-f]*/gi, '0')
}
