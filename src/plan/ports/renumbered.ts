import type { VendorMove } from '../../evidence/claim.ts'

/** A move that somebody has written down, to another port than it says. */
export function renumbered(move: VendorMove, to: number): VendorMove {
  if (to === move.to) return move
  // `\18080`: the first group, then the port.
  const number = new RegExp(String.raw`(\\\d|(?<!\d))${move.to}(?!\d)`, 'g')
  const told = (text: string): string => text.replaceAll(number, (_, before: string) => `${before}${to}`)
  return {
    ...move,
    to,
    fileEdits: move.fileEdits.map((edit) => ({
      ...edit,
      substitutions: edit.substitutions.map((one) => ({ ...one, replacement: told(one.replacement) })),
    })),
    env: move.env.map((setting) => ({ ...setting, value: told(setting.value) })),
    append: move.append.map(told),
  }
}
