import type { Instruction, Stage } from '../../src/dockerfile/model.ts'

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

function mayMake(path: string): (maker: Pick<Instruction, 'keyword' | 'text'>) => boolean {
  // Where a relative folder leads, or a variable, the text does not say.
  return ({ keyword, text }) =>
    says(text, path) || (keyword === 'WORKDIR' && (!text.startsWith('/') || /\$/.test(text)))
}

/** `/data` and `/data/x`, not `/database`. */
function says(text: string, path: string): boolean {
  for (let at = text.indexOf(path); at !== -1; at = text.indexOf(path, at + 1)) {
    if (!/[\w.-]/.test(text[at + path.length] ?? '') && !/[\w.-]/.test(text[at - 1] ?? '')) return true
  }
  return false
}
