import { bounds } from '../bounds.ts'

/** One of the texts that an expression may be. */
export interface Value {
  readonly text: string
  /** More follows that only the run tells. */
  readonly open: boolean
  /** Whoever calls the function may give another. */
  readonly given?: true
}

export const NOTHING: readonly Value[] = []
const MOST_VALUES = 20

/** Of two that are alike one; what is longer than a path is none. */
export function distinct(values: readonly Value[]): readonly Value[] {
  const found = new Map<string, Value>()
  for (const value of values)
    if (value.text.length <= bounds.pathLength && (value.text !== '' || !value.open))
      found.set(`${value.open} ${value.text}`, value)
  return [...found.values()].slice(0, MOST_VALUES)
}

/** Nothing at all is chosen where there is something else, which only the run may tell. */
export function either(values: readonly Value[]): readonly Value[] {
  return values.filter(({ text }) => text !== '')
}

export function concat(left: readonly Value[], right: readonly Value[]): readonly Value[] {
  const found = left.flatMap((one): readonly Value[] => {
    if (one.open) return [one]
    if (right.length === 0) return [{ ...one, open: true }]
    return right.map((other) => ({ ...one, ...other, text: one.text + other.text }))
  })
  return found.slice(0, MOST_VALUES)
}

/** `resolve`: what begins at the top leaves out what stands before it. */
export function joined(parts: readonly (readonly Value[])[], how: 'join' | 'resolve'): readonly Value[] {
  let found: readonly Value[] = [{ text: '', open: false }]
  for (const part of parts) {
    const isFirst = found.every(({ text, open }) => text === '' && !open)
    if (isFirst && part.length === 0) return NOTHING
    found = found
      .flatMap((one): readonly Value[] => {
        if (one.open) return [one]
        const before = one.text === '' || one.text.endsWith('/') ? one.text : `${one.text}/`
        if (part.length === 0) return [{ ...one, text: before, open: true }]
        return part.map((other) => {
          const isWhole = (how === 'resolve' || one.text === '') && other.text.startsWith('/')
          return { ...one, ...other, text: isWhole ? other.text : before + other.text.replace(/^\/+/, '') }
        })
      })
      .slice(0, MOST_VALUES)
  }
  return found
}

/** Up to the first place that is filled in. */
export function formatted(values: readonly Value[]): readonly Value[] {
  return values.map((value) => {
    const text = /^[^{%]*/.exec(value.text)?.[0] ?? ''
    return text === value.text ? value : { ...value, text, open: true }
  })
}

export function parents(values: readonly Value[]): readonly Value[] {
  return values.flatMap((value) => {
    const text = value.text.replace(/\/+$/, '')
    if (value.open || !text.includes('/')) return []
    return [{ ...value, text: text.slice(0, text.lastIndexOf('/')) || '/' }]
  })
}

export function whole(text: string | undefined): readonly Value[] {
  return text === undefined ? NOTHING : [{ text, open: false }]
}
