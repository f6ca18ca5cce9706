import { setTimeout as pause } from 'node:timers/promises'
import type { RunRecord } from './run-record.ts'

/** A look at a trace costs about as much, milliseconds. */
const LONG = 150

/** Tells of a run while it is still asked, where that takes long. `record`: as far as it goes; null where it tells nothing. */
export async function tellEarly(
  asked: Promise<void>,
  record: () => Promise<RunRecord | null>,
  early: (record: RunRecord) => void,
): Promise<void> {
  const isLong = await Promise.race([asked.then(() => false), pause(LONG, true)])
  const known = isLong ? await record() : null
  if (known !== null) early(known)
}
