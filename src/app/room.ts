import { availableParallelism, freemem } from 'node:os'
import { limitsOf } from '../engine/arguments.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Idle } from '../proof/container/limiter.ts'
import { hasFailed } from '../report/report.ts'
import type { TargetOutcome } from './task.ts'

/** The room that there is. */
interface RoomSize {
  /** The number of targets that build, start or ask at a time. */
  readonly atWork: number
  /** The weight of all that have begun and not ended, whether they work or wait; one is let in whatever its weight. */
  readonly inside: number
  /** Whether another one may begin beside others now. */
  readonly mayBegin: () => boolean
}

/** Shares a machine between proofs, which mostly wait: a core for those at work, memory for those that only watch. */
export interface Room {
  /** Begins it as soon as there is room; `isBeside` then tells whether others were there at any time. */
  enter<T>(weight: number, work: (idle: Idle, isBeside: () => boolean) => Promise<T>): Promise<T>
  /** Begins it once all others are done, and nothing else while it goes on. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

interface Guest {
  readonly weight: number
  isBeside: boolean
}

export function openRoom({ atWork, inside, mayBegin }: RoomSize): Room {
  const guests = new Set<Guest>()
  let working = 0
  let isTaken = false
  // A target that returns from a wait finishes sooner than one that begins.
  const returning: (() => void)[] = []
  const waiting: { readonly guest: Guest; readonly begin: () => void }[] = []
  const apart: (() => void)[] = []
  const hasRoom = ({ weight }: Guest): boolean => {
    if (guests.size === 0) return true
    const held = [...guests].reduce((sum, one) => sum + one.weight, 0)
    return held + weight <= inside && mayBegin()
  }
  const next = (): void => {
    while (working < atWork && returning.length > 0) {
      working++
      returning.shift()?.()
    }
    for (let [first] = waiting; first !== undefined && !isTaken; [first] = waiting) {
      if (working >= atWork || !hasRoom(first.guest)) return
      waiting.shift()
      working++
      first.guest.isBeside = guests.size > 0
      for (const guest of guests) guest.isBeside = true
      guests.add(first.guest)
      first.begin()
    }
    if (isTaken || guests.size > 0 || waiting.length > 0) return
    const only = apart.shift()
    isTaken = only !== undefined
    only?.()
  }
  const idle: Idle = async (wait) => {
    working--
    next()
    try {
      return await wait()
    } finally {
      await new Promise<void>((come) => {
        returning.push(come)
        next()
      })
    }
  }
  return {
    async enter(weight, work) {
      const guest: Guest = { weight, isBeside: false }
      await new Promise<void>((begin) => {
        waiting.push({ guest, begin })
        next()
      })
      try {
        return await work(idle, () => guest.isBeside)
      } finally {
        guests.delete(guest)
        working--
        next()
      }
    },
    async alone(work) {
      await new Promise<void>((begin) => {
        apart.push(begin)
        next()
      })
      try {
        return await work()
      } finally {
        isTaken = false
        next()
      }
    },
  }
}

/** The memory of a waiting proof: the original, the result and its traced run, each with a quarter of its limit. */
const CONTAINERS = 3
const SHARE = 4
/** Targets at work for each core: they also wait for the engine. */
const AT_WORK = 2
const INSIDE = 4

/** The room on the machine of an engine. `jobs`: at most so many targets at a time; null for what it is good for. */
export function roomOn(engine: Engine | null, jobs: number | null): Room {
  const cores = engine?.enforces.cpus ?? availableParallelism()
  const { memoryBytes } = limitsOf({}, { cpus: null, memory: true, pids: false })
  const each = memoryBytes ?? 0
  const byMemory = Math.floor((engine?.memoryBytes ?? Number.POSITIVE_INFINITY) / ((each / SHARE) * CONTAINERS))
  const inside = Math.max(1, Math.min(jobs ?? INSIDE * cores, byMemory))
  // A target that uses its whole limit must not end the others.
  return openRoom({ atWork: AT_WORK * cores, inside, mayBegin: () => engine?.local !== true || freemem() > each })
}

/**
 * What may be otherwise for one that has the machine to itself: a proof that does not pass, an engine or a build that fails.
 * Watches and patience are in seconds, and beside others all takes longer.
 */
function dependsOnOthers({ result }: Pick<TargetOutcome, 'result'>): boolean {
  const { proof, error } = result
  const isPerhapsSlow = hasFailed({ proof }) || (proof?.passed === false && proof.result === null)
  return isPerhapsSlow || (error !== undefined && isPerhapsLate(error.code))
}

function isPerhapsLate(code: string): boolean {
  return code === 'timeout' || code === 'engine-failed' || code === 'build-failed'
}

/** Works on it beside others, and again alone where that may be why it failed. */
export async function besideOthers(
  room: Room,
  weight: number,
  work: (idle: Idle) => Promise<TargetOutcome>,
  again: () => void,
): Promise<TargetOutcome> {
  const first = await room.enter(weight, async (idle, isBeside) => {
    const outcome = await work(idle).catch((error: unknown) => {
      if (!(error instanceof HardenError) || !isPerhapsLate(error.code) || !isBeside()) throw error
      return null
    })
    return outcome !== null && !(isBeside() && dependsOnOthers(outcome)) ? outcome : null
  })
  if (first !== null) return first
  return room.alone(() => {
    again()
    return work((wait) => wait())
  })
}
