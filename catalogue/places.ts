import list from './places.json' with { type: 'json' }

/** Places that the user of a service is not given, for one reason. What its fields mean: schema/places.schema.json. */
export interface PlaceRule {
  readonly group: string
  readonly given: 'never' | 'option'
  /** Read after `stays root's, since`. */
  readonly reason: string
  readonly cure: string
  readonly itself?: boolean
  readonly alone?: boolean
  readonly unless?: readonly string[]
  readonly paths: readonly string[]
}

// JSON has wide types only; the schema holds the narrow ones.
export const places = list.places as readonly unknown[] as readonly PlaceRule[]
