import type { Io, Output } from './io.ts'

/** FORCE_COLOR, then NO_COLOR (no-color.org, force-color.org: set and not empty), then whether it is a terminal. */
export function wantsColour(output: Output, env: Io['env']): boolean {
  const { FORCE_COLOR: force = '', NO_COLOR: no = '', TERM: term } = env
  if (force !== '') return force !== '0' && force !== 'false'
  if (no !== '') return false
  return output.isTTY === true && term !== 'dumb'
}
