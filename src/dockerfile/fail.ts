import { HardenError } from '../errors.ts'

/** The one way in which text is refused: with the line and the reason, and with what to do where that is known. */
export function notADockerfile(reason: string, line: number, hint?: string): HardenError {
  return new HardenError('not-a-dockerfile', `line ${line}: ${reason}`, hint === undefined ? { line } : { line, hint })
}
