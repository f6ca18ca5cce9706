import { asList, asObject, isObject, type Json, textOf } from './yaml-file.ts'

/** Where a service gets more from than its own lines. */
export interface Inherited {
  /** What services of the same file give by `extends`, lists added up. */
  readonly settings: Json
  /** The service that is extended; null where there is none. */
  readonly parent: string | null
  /** The first one of another file: nobody has looked at it. */
  readonly elsewhere: { readonly file: string; readonly service: string } | null
}

/** Follows `extends` through the services of one file. */
export function inherited(services: Json, name: string): Inherited {
  const seen = new Set([name])
  let settings: Json = {}
  let parent: string | null = null
  for (let current = asObject(services[name]); current.extends !== undefined; ) {
    const { extends: link } = current
    const service = textOf(isObject(link) ? link.service : link)
    const file = isObject(link) && link.file !== undefined ? textOf(link.file) : null
    parent ??= service
    if (file !== null) return { settings, parent, elsewhere: { file, service } }
    // A circle; Compose refuses it.
    if (seen.has(service)) break
    seen.add(service)
    current = asObject(services[service])
    settings = merged(current, settings)
  }
  return { settings, parent, elsewhere: null }
}

/** As Compose puts two of a kind together: lists add up, the later value holds. Source: Compose specification, *merge*. */
export function merged(first: Json, second: Json): Json {
  const both = { ...first, ...second }
  for (const key of Object.keys(both))
    if (Array.isArray(first[key]) && Array.isArray(second[key]))
      both[key] = [...asList(first[key]), ...asList(second[key])]
  return both
}
