import groups from './known-programs.json' with { type: 'json' }

/** Programs of which one thing is known, by regular expressions on their whole base names. */
export interface ProgramGroup {
  /** What is known of them. */
  readonly why: string
  readonly programs: readonly string[]
  readonly source: string
}

/** `serviceManagers` are told what they start by a file whose path has `toldBy`; `packages` by whom a server is brought. */
export interface KnownPrograms {
  readonly pidInPlace: ProgramGroup
  readonly plainInit: ProgramGroup
  readonly systemTools: ProgramGroup
  readonly distribution: ProgramGroup
  readonly builders: ProgramGroup
  readonly noServers: ProgramGroup
  readonly buildAndStart: ProgramGroup
  readonly clients: ProgramGroup
  readonly serviceManagers: readonly { readonly program: string; readonly toldBy: string; readonly source: string }[]
  readonly packages: readonly { readonly program: string; readonly package: string; readonly source: string }[]
}

export const knownPrograms: KnownPrograms = groups
