import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

/** What stands at the left, and what goes on below itself where it is wider than the terminal. Both may be painted. */
export interface Line {
  readonly head: string
  readonly text: string
}

export function line(head: string, text: string): Line {
  return { head, text }
}

// With less beside the head there would be nothing to read: the text goes below it.
const LEAST_ROOM = 24
const INDENT = 4

/** Lines of at most `width` columns, of which an East Asian letter takes two; null: as they are. */
export function laidOut(lines: readonly Line[], width: number | null): readonly string[] {
  return lines.flatMap((one) => (width === null ? [one.head + one.text] : wrapped(one, Math.max(width, LEAST_ROOM))))
}

function wrapped({ head, text }: Line, width: number): readonly string[] {
  const indent = columnsOf(head)
  if (indent + columnsOf(text) <= width && !text.includes('\n')) return [head + text]
  if (text === '') return rowsOf(head.trimStart(), width - INDENT).map((row, at) => `${at === 0 ? '' : '  '}  ${row}`)
  if (width - indent < LEAST_ROOM) return [...wrapped({ head: '', text: head.trimEnd() }, width), ...below(text, width)]
  return rowsOf(text, width - indent).map((row, at) => (at === 0 ? head + row : `${' '.repeat(indent)}${row}`))
}

function below(text: string, width: number): readonly string[] {
  return rowsOf(text, width - 2 * INDENT).map((row) => `${' '.repeat(2 * INDENT)}${row}`)
}

function rowsOf(text: string, width: number, hard = true): readonly string[] {
  return wrapAnsi(text, width, { hard }).split('\n')
}

/** How many columns a terminal takes for it; styles take none. */
export function columnsOf(text: string): number {
  return stringWidth(text)
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)))
}

/** At most so many columns of text that is not painted. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text
  const [row = ''] = wrapAnsi(text, Math.max(1, width - 1), { hard: true, wordWrap: false, trim: false }).split('\n')
  return `${row.trimEnd()}…`
}

const GAP = 2
const LEAST_COLUMN = 6

/**
 * A row a line, columns below each other; what does not fit between `indent` and `width`, or into `widest`, goes on below in its
 * own column.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  indent: number,
  width: number | null,
  widest = Number.POSITIVE_INFINITY,
): readonly string[] {
  const count = Math.max(0, ...rows.map((cells) => cells.length))
  const whole = rows.map((cells) =>
    cells.map((cell) => (columnsOf(cell) <= widest ? [cell] : rowsOf(cell, widest, false))),
  )
  // One long word makes no room for itself in all rows.
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(0, ...whole.flatMap((cells) => (cells[at] ?? []).map(columnsOf).filter((columns) => columns <= widest))),
  )
  if (width !== null) shrink(widths, width - indent - GAP * Math.max(0, count - 1))
  return whole.flatMap((cells) => {
    const parts = widths.map((most, at) =>
      // Where there is room for it a word stays whole, to be copied.
      (cells[at] ?? []).flatMap((row) => (columnsOf(row) <= most || width === null ? [row] : rowsOf(row, most))),
    )
    return Array.from({ length: Math.max(1, ...parts.map(({ length }) => length)) }, (_, row) =>
      (
        ' '.repeat(indent) + parts.map((part, at) => padded(part[row] ?? '', widths[at] ?? 0)).join(' '.repeat(GAP))
      ).trimEnd(),
    )
  })
}

/** The widest column gives way first. */
function shrink(widths: number[], room: number): void {
  for (const [at, width] of widths.entries()) widths[at] = Math.min(width, Math.max(room, LEAST_COLUMN))
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum -= 1) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (width <= LEAST_COLUMN) return
    widths[widest] = width - 1
  }
}
