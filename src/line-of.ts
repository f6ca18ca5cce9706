/** The line of a text that an offset is in, 1-based. */
export function lineOf(text: string, offset: number): number {
  const starts = startsOf(text)
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Where the lines of the text that was asked of last start: of one text many lines are asked in turn. */
let last: { readonly text: string; readonly starts: readonly number[] } = { text: '', starts: [0] }

function startsOf(text: string): readonly number[] {
  if (text === last.text) return last.starts
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  last = { text, starts }
  return starts
}
