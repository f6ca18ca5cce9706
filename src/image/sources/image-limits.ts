import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import type { Known } from '../facts.ts'

/** How much of one image is read and held. What passes a bound makes its files unknown, with the reason; nothing is guessed. */
export interface ImageLimits {
  /** Bytes of memory that are kept from now on. */
  hold(bytes: number): void
  /** Bytes that came out of a layer that is compressed, and went into that. */
  unpack(out: number, input: number): void
  /** Entries of layers that are laid upon each other. */
  lay(entries: number): void
  giveUp(reason: string): never
  /** What `read` gives; unknown where it ended at a bound of these. Other errors pass. */
  within<T>(read: () => Promise<T>): Promise<Known<T>>
}

/** In memory, of an entry of a map of files with its own parts, beside the texts. Measured with Node 20. */
const ENTRY = 220

export function entryBytes(path: string, link: string | null): number {
  return ENTRY + path.length + (link?.length ?? 0)
}

export function imageLimits(most = bounds): ImageLimits {
  let held = 0
  let unpacked = 0
  let packed = 0
  let laid = 0
  let reason: string | null = null
  const giveUp = (why: string): never => {
    reason ??= why
    throw new HardenError('unreadable', why)
  }
  return {
    giveUp,
    hold(bytes) {
      held += bytes
      if (held > most.fileListBytes)
        giveUp(`the list of its files takes more than ${mebibytes(most.fileListBytes)} of memory`)
    },
    unpack(out, input) {
      unpacked += out
      packed += input
      if (unpacked > most.unpackedBytes) giveUp(`its layers unpack to more than ${mebibytes(most.unpackedBytes)}`)
      const { from, most: ratio } = most.unpackedRatio
      if (unpacked > from && unpacked > packed * ratio)
        giveUp(`its layers unpack to ${ratio} times their size, and more than ${mebibytes(from)}`)
    },
    lay(entries) {
      laid += entries
      if (laid > most.layerEntries) giveUp(`its layers have more than ${most.layerEntries} entries`)
    },
    async within(read) {
      try {
        return { known: true, value: await read() }
      } catch (error) {
        if (reason === null) throw error
        return { known: false, reason: `its files were not read to the end: ${reason}` }
      }
    },
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}
