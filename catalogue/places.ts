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

/** Variables of an image by which programs that root runs in it find code, and what they read there. */
export interface SearchRule {
  /**
   * `programs`: folders of which all is run; `libraries`: folders in which what is loaded is searched for; `files`: what is named is
   * run; `place`: the folder stands for `place`, which is listed.
   */
  readonly reads: 'programs' | 'libraries' | 'files' | 'place'
  readonly place?: string
  readonly names: readonly string[]
}

// JSON has wide types only; the schema holds the narrow ones.
export const places = list.places as readonly unknown[] as readonly PlaceRule[]
export const searchRules = list.variables as readonly unknown[] as readonly SearchRule[]
