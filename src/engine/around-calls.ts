// What a call takes beside the call itself, whichever way it goes: by the CLI or by the API.
import type { Engine, RunSpec } from './engine.ts'
import { failureOf, startFailure } from './failure.ts'
import type { EngineName } from './kinds.ts'

/** Names of the volumes of a spec, which have to be made first: mounting one by its name would make it without a label. */
export function volumesToMake({ mounts = [] }: RunSpec): readonly string[] {
  return mounts.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : []))
}

/** What the engine said where it could not start a container: the state alone does not tell it. */
export interface StartErrors {
  /** Throws where it is a fault of the engine and not of the container. */
  add(container: string, text: string): void
  of(container: string): string | undefined
}

export function startErrors(name: EngineName): StartErrors {
  const errors = new Map<string, string>()
  return {
    add(container, text) {
      const failure = failureOf(name, `start container ${container}`, text)
      if (!startFailure.test(text)) throw failure
      errors.set(container, failure.message)
    },
    of: (container) => errors.get(container),
  }
}

/** Gives a container of an image that is there to be read, and removes it again. */
export async function withUnstarted<T>(
  { create, remove }: Pick<Engine, 'create' | 'remove'>,
  image: string,
  use: (container: string) => Promise<T>,
): Promise<T> {
  // Never started; the command is only there because an image may have none.
  const container = await create({ image, network: 'none', command: ['/never-started'] })
  try {
    return await use(container)
  } finally {
    await remove(container)
  }
}

/** Milliseconds that a stop took. `call` gets whole seconds of grace, and how long it may take itself. */
export async function timedStop(
  graceSeconds: number,
  call: (seconds: number, options: { readonly timeoutMs: number }) => Promise<void>,
): Promise<number> {
  const begun = Date.now()
  const seconds = Math.max(0, Math.ceil(graceSeconds))
  await call(seconds, { timeoutMs: seconds * 1000 + 60_000 })
  return Date.now() - begun
}
