import { bounds } from '../bounds.ts'

/** The variables that an instruction sees. */
export interface Environment {
  readonly values: ReadonlyMap<string, string>
  /** Declared, with a value that only the build knows: an ARG without a default, TARGETARCH and the like. */
  readonly undecided: ReadonlySet<string>
  /** Why further variables may be set: the base image's environment is not known. Null when all are known. */
  readonly open: string | null
  /** The same, where a stage made it; `heldBy` reads it. */
  readonly layer?: Layer
}

/** A value, or that it is not decided; `why` where that is not for an ARG without a default. */
export type HeldValue = { readonly value: string } | { readonly value: null; readonly why: string | null }

/** An environment that is carried through a stage. */
export interface GrowingEnvironment extends Environment {
  /** What is too long, or too much, is not decided from then on. */
  set(name: string, held: HeldValue): void
  /** As it is now, whatever is set later. Costs nothing. */
  now(): Environment
}

/** Newer variables over older ones; never changed, so that each instruction can keep the one that it sees. */
interface Layer {
  readonly own: ReadonlyMap<string, HeldValue>
  readonly below: Layer | null
  /** Characters of all values. */
  readonly size: number
}

const nothing: Layer = { own: new Map(), below: null, size: 0 }

/** Goes on from another environment, which stays as it is. */
export function growing(from: Environment | null = null): GrowingEnvironment {
  let layer = from?.layer ?? nothing
  const open = from?.open ?? null
  return {
    get values() {
      return valuesIn(layer)
    },
    get undecided() {
      return undecidedIn(layer)
    },
    open,
    get layer() {
      return layer
    },
    set: (name, held) => {
      layer = laidOver(layer, name, held)
    },
    now: () => environmentOf(layer, open),
  }
}

/** That of a base image, all of it known but for what `open` says. */
export function environmentWith(values: ReadonlyMap<string, string>, open: string | null): Environment {
  const own = new Map<string, HeldValue>()
  let size = 0
  for (const [name, value] of values) {
    own.set(name, { value })
    size += value.length
  }
  return environmentOf({ own, below: null, size }, open)
}

export function heldBy(environment: Environment, name: string): HeldValue | undefined {
  if (environment.layer !== undefined) return find(environment.layer, name)
  const value = environment.values.get(name)
  if (value !== undefined) return { value }
  return environment.undecided.has(name) ? { value: null, why: null } : undefined
}

/** What its variables hold, one at a time: `values` is put together from all that was set. */
export function knownIn(environment: Environment): { readonly get: (name: string) => string | undefined } {
  return { get: (name) => heldBy(environment, name)?.value ?? undefined }
}

function environmentOf(layer: Layer, open: string | null): Environment {
  return {
    get values() {
      return valuesIn(layer)
    },
    get undecided() {
      return undecidedIn(layer)
    },
    open,
    layer,
  }
}

function find(layer: Layer, name: string): HeldValue | undefined {
  for (let at: Layer | null = layer; at !== null; at = at.below) {
    const held = at.own.get(name)
    if (held !== undefined) return held
  }
  return undefined
}

/** A layer is merged with one below that is no larger, so that there are few of them, and each is copied seldom. */
function laidOver(layer: Layer, name: string, held: HeldValue): Layer {
  const size = layer.size - (find(layer, name)?.value?.length ?? 0)
  const taken = taking(held, size)
  let own: ReadonlyMap<string, HeldValue> = new Map([[name, taken]])
  let below: Layer | null = layer
  while (below !== null && below.own.size <= own.size) {
    own = new Map([...below.own, ...own])
    below = below.below
  }
  return { own, below, size: size + (taken.value?.length ?? 0) }
}

function taking(held: HeldValue, size: number): HeldValue {
  if (held.value === null || size + held.value.length <= bounds.environmentLength) return held
  const why = `the variables up to here hold more than ${bounds.environmentLength} characters`
  return { value: null, why }
}

function valuesIn(layer: Layer): ReadonlyMap<string, string> {
  return new Map([...allIn(layer)].flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const])))
}

function undecidedIn(layer: Layer): ReadonlySet<string> {
  return new Set([...allIn(layer)].flatMap(([name, { value }]) => (value === null ? [name] : [])))
}

function allIn(layer: Layer): ReadonlyMap<string, HeldValue> {
  const newest = new Map<string, HeldValue>()
  for (let at: Layer | null = layer; at !== null; at = at.below)
    for (const [name, held] of at.own) if (!newest.has(name)) newest.set(name, held)
  return newest
}
