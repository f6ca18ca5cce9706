import type { Hardened } from '../harden.ts'
import type { RunRecord } from '../proof/run/run-record.ts'

/** Builds of texts, each once. */
export interface Builds {
  /** Gives the image's tag. */
  of(text: string): Promise<string>
  /** Once none is under way. */
  settled(): Promise<void>
}

/** `build`: its name tells it from the others. */
export function buildsOnce(build: (text: string, name: string) => Promise<string>): Builds {
  const begun = new Map<string, Promise<string>>()
  return {
    of(text) {
      const image = begun.get(text) ?? build(text, String(begun.size + 1))
      begun.set(text, image)
      return image
    },
    async settled() {
      await Promise.allSettled(begun.values())
    },
  }
}

/**
 * Begins to build what the first sight of the original asks for, while it is still asked everything: in most cases it
 * is the first round's text. `early`: that sight; null where the first round is as early.
 */
export function buildEarly(
  builds: Builds,
  early: Promise<RunRecord | null>,
  harden: (record: RunRecord) => Hardened,
): void {
  early
    .then((record) => {
      if (record === null) return null
      const { result } = harden(record)
      return result.changed ? builds.of(result.output) : null
    })
    // The round that needs it is told what is wrong.
    .catch(() => null)
}
