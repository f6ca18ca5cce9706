import type { ImageConfig } from '../../image/facts.ts'
import type { VendorMove } from '../ports.ts'
import { programsOf } from '../program.ts'
import { portOption } from './help-option.ts'

/** What a program of the image says of itself. */
export interface HelpText {
  /** Its name, as the image's own command starts it. */
  readonly program: string
  readonly text: string
}

/** Moves a port that the program binds by itself with the option that its own help names; the next round shows whether it does. */
export function helpMove(help: HelpText | null, config: ImageConfig, from: number, to: number): VendorMove | null {
  if (help === null || !programsOf(config).includes(help.program)) return null
  const option = portOption(help.text)
  if (option === null) return null
  return {
    to,
    fileEdits: [],
    env: [],
    append: option.words.map((word) => word.replace('{port}', String(to))),
    evidence: [
      {
        source: 'config',
        subject: String(from),
        detail: `the help of ${help.program} names the option: ${option.line}`,
      },
    ],
  }
}
