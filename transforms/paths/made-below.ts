import type { Instruction, Stage } from '../../src/dockerfile/model.ts'
import { isInside, normalisePath } from '../../src/places.ts'

const MAKES = new Set(['WORKDIR', 'COPY', 'ADD', 'RUN'])

/**
 * Whether a folder of the image may not be there yet above a line: an instruction below speaks of it, none above does.
 * VOLUME makes no folder, so `VOLUME /data` before `WORKDIR /data` is common. To ask once too often costs a `mkdir -p`.
 */
export function madeBelow({ instructions }: Stage, line: Instruction, path: string): boolean {
  const at = instructions.indexOf(line)
  const makers = (list: readonly Instruction[]): readonly Instruction[] =>
    list.filter(({ keyword }) => MAKES.has(keyword))
  const above = makers(instructions.slice(0, at))
  return !above.some(({ text }) => says(text, path)) && makers(instructions.slice(at)).some(mayMake(path))
}

function mayMake(path: string): (maker: Instruction) => boolean {
  return (maker) => {
    const { keyword, text } = maker
    if (says(text, path)) return true
    const target = keyword === 'WORKDIR' ? text : keyword === 'RUN' ? null : targetOf(maker)
    if (target === null) return false
    // Where a relative folder leads, or a variable, the text does not say.
    if (!target.startsWith('/') || /\$/.test(target)) return true
    return keyword !== 'WORKDIR' && isInside(path, normalisePath(target) ?? target)
  }
}

/** Where a COPY or ADD puts its files; null where it names nothing. */
function targetOf(instruction: Instruction): string | null {
  return writtenIn(instruction).at(-1) ?? null
}

/** The sources and the target, as they are written. */
function writtenIn({ json, words }: Instruction): readonly (string | null)[] {
  return json?.map((item) => item.value) ?? words.map((word) => word.value)
}

/** `/data` and `/data/x`, not `/database`. */
function says(text: string, path: string): boolean {
  for (let at = text.indexOf(path); at !== -1; at = text.indexOf(path, at + 1)) {
    if (!/[\w.-]/.test(text[at + path.length] ?? '') && !/[\w.-]/.test(text[at - 1] ?? '')) return true
  }
  return false
}
