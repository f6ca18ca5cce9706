import type { Stage, StageState } from '../dockerfile/index.ts'

/**
 * Why a stage is most likely there to be built upon: it has triggers for its children, or it starts nothing. Whether an
 * image that nobody could look at starts something is not known; ports and checks say that it does.
 */
export function builtUpon(chain: readonly Stage[], state: StageState): string | null {
  const has = (...keywords: readonly string[]): boolean =>
    chain.some((stage) => stage.instructions.some(({ keyword }) => keywords.includes(keyword)))
  if (has('ONBUILD')) return 'it is meant to be built upon: it has ONBUILD triggers'
  // A bare FROM is an image that was asked for by name.
  const isBare = chain.every((stage) => stage.instructions.length === 0)
  if (isBare || has('CMD', 'ENTRYPOINT', 'EXPOSE', 'HEALTHCHECK')) return null
  const { cmd, entrypoint } = state
  if (!cmd.value.known || !entrypoint.value.known)
    return 'it may be meant to be built upon: nothing here says what it starts, and its base image is not known'
  if (cmd.value.value === null && entrypoint.value.value === null)
    return 'it is meant to be built upon: it has no CMD and no ENTRYPOINT'
  const starts = [...(entrypoint.value.value ?? []), ...(cmd.value.value ?? [])]
  if (!waitsForInput(starts)) return null
  return has('COPY', 'ADD')
    ? `what it is run with is not known: it starts ${starts.join(' ')} of its base image, which does nothing by itself`
    : `it is meant to be built upon: it ships nothing of its own and starts ${starts.join(' ')}`
}

/** A shell or an interpreter with nothing to do but what somebody types. */
export function waitsForInput(argv: readonly string[]): boolean {
  return argv.length > 0 && argv.every((word) => SHELL_OR_REPL.test(word))
}

const SHELL_OR_REPL = /(^|\/)((ba|da|a|z)?sh|node|python3?|irb|jshell|php|-a|docker-(php-|node-)?entrypoint(\.sh)?)$/
