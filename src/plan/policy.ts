/** What the user asked for. */
export interface Policy {
  /** `--user NAME|UID[:GID]`, as given; null for the default choice. */
  readonly user: string | null
  readonly own: 'minimal' | 'workdir' | 'copied'
  readonly ports: 'keep' | 'raise'
  /** `--writable`, absolute paths. */
  readonly writable: readonly string[]
  /** Those of them that only a file of the repository asks for: that is nobody's word for a closed place. Absent: none. */
  readonly writableByRepository?: readonly string[]
  /** Apply the offered fixes too. */
  readonly unsafe: boolean
  /** Names of transforms that must not run. */
  readonly ignore: readonly string[]
  /** `--target`: the stage that is built; null for the last one. */
  readonly target: string | null
  /** Take the vendor's own unprivileged image where there is one. Absent: no. */
  readonly preferVendor?: boolean
  /** It has to work with any uid and group 0, as on OpenShift. Absent: no. */
  readonly arbitraryUid?: boolean
}

export const defaultPolicy: Policy = {
  user: null,
  own: 'minimal',
  ports: 'raise',
  writable: [],
  unsafe: false,
  ignore: [],
  target: null,
}
