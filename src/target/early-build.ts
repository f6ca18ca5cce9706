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
 * is the first round's text. `early`: that sight; null where the first round is as early. `begin` is told of the image.
 */
export async function buildEarly(
  builds: Builds,
  early: Promise<RunRecord | null>,
  harden: (record: RunRecord) => Promise<Hardened>,
  begin: (image: string, hardened: Hardened, record: RunRecord) => void,
): Promise<void> {
  try {
    const record = await early
    if (record === null) return
    const hardened = await harden(record)
    if (hardened.result.changed) begin(await builds.of(hardened.result.output), hardened, record)
  } catch {
    // The round that needs it is told what is wrong.
  }
}
