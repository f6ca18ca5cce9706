import { type Start, tellPort } from './append-in-script.ts'
import { portOption } from './help-option.ts'
import type { VendorMove } from './port-sources.ts'

/** What a program of the image says of itself. */
export interface HelpText {
  /** Its base name. */
  readonly program: string
  readonly text: string
}

/** Moves a port that the program binds by itself with the option that its own help names; the next round shows whether it does. */
export function helpMove(help: HelpText | null, start: Start, from: number, to: number): VendorMove | null {
  const option = help === null ? null : portOption(help.text)
  if (help === null || option === null) return null
  const words = option.words.map((word) => word.replace('{port}', String(to)))
  const detail = `the help of ${help.program} names the option: ${option.line}`
  return tellPort(
    help.program,
    words,
    { from, to, evidence: { source: 'config', subject: String(from), detail } },
    start,
  )
}
