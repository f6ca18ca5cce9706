import { type PlaceRule, places } from '../../catalogue/places.ts'
import { isWithin, parentOf } from '../path.ts'

/** A place of catalogue/places.json, as it is asked for a path. */
export interface ClosedPlace {
  /** The place itself, as listed; of a pattern the path that it meets. */
  readonly path: string
  readonly rule: PlaceRule
}

/** The listed place that a path is, or lies in; null for none. Both spellings are listed where one is a link. */
export function closedPlaceOf(path: string): ClosedPlace | null {
  for (let at = path; ; at = parentOf(at)) {
    const rule = plain.get(at) ?? patterns.get(parentOf(at))?.find(({ matches }) => matches.test(at))?.rule
    if (rule !== undefined && (at === path || rule.itself !== true) && !isExcepted(rule, path))
      return { path: at, rule }
    if (at === '/') return null
  }
}

/** A listed place below a folder, which its owner could replace; null for none. */
export function closedPlaceIn(folder: string): ClosedPlace | null {
  const [found] = listed.filter(({ path, rule }) => path !== folder && rule.alone !== true && isWithin(path, folder))
  return found ?? null
}

function isExcepted(rule: PlaceRule, path: string): boolean {
  return rule.unless?.some((place) => isWithin(path, place) || patternOf(place, '(/|$)').test(path)) === true
}

const listed: readonly ClosedPlace[] = places.flatMap((rule) => rule.paths.map((path) => ({ path, rule })))
const plain: ReadonlyMap<string, PlaceRule> = new Map(listed.map(({ path, rule }) => [path, rule]))

/** By the folder that they are of: only their last name is one. */
const patterns = new Map<string, { readonly matches: RegExp; readonly rule: PlaceRule }[]>()
for (const { path, rule } of listed) {
  if (!/[*?[]/.test(path)) continue
  patterns.set(parentOf(path), [...(patterns.get(parentOf(path)) ?? []), { matches: patternOf(path), rule }])
}

/** `*` and `?` stay within one name. */
function patternOf(glob: string, end = '$'): RegExp {
  const text = glob
    .replace(/[.+~^${}()|\\]/g, '\\$&')
    .replace(/\[[^\]]*|[*?]/g, (c) => (c === '*' ? '[^/]*' : c === '?' ? '[^/]' : c))
  return new RegExp(`^${text}${end}`)
}

export function pathsOfGroup(name: string): readonly string[] {
  return places.filter(({ group }) => group === name).flatMap(({ paths }) => paths)
}
