import groups from './known-programs.json' with { type: 'json' }

/** Programs of which one thing is known, by regular expressions on their whole base names. */
export interface ProgramGroup {
  /** What is known of them. */
  readonly why: string
  readonly programs: readonly string[]
  readonly source: string
}

/** What a start script calls and only root may do, whatever it is done for. */
interface RootCall {
  /** Regular expression for the whole base name. */
  readonly program: string
  /** Regular expression that one argument matches where it takes root. Absent: always. */
  readonly with?: string
  /** Follows the name: `setcap gives a file capabilities`. */
  readonly does: string
  readonly hint: string
  readonly source: string
}

/** Where a tool of a server's configuration writes, wherever it is called. */
interface WriterTool {
  /** Regular expression for the whole base name. */
  readonly program: string
  /** It makes and removes files in these. */
  readonly folders: readonly string[]
  /** And anywhere below these. */
  readonly trees?: readonly string[]
  readonly source: string
}

/** `serviceManagers` are told what they start by a file whose path has `toldBy`; `packages` by whom a server is brought. */
export interface KnownPrograms {
  readonly pidInPlace: ProgramGroup
  readonly plainInit: ProgramGroup
  readonly testRunners: ProgramGroup
  readonly systemTools: ProgramGroup
  readonly writers: readonly WriterTool[]
  readonly rootCalls: readonly RootCall[]
  readonly distribution: ProgramGroup
  readonly builders: ProgramGroup
  readonly noServers: ProgramGroup
  readonly buildAndStart: ProgramGroup
  readonly clients: ProgramGroup
  readonly serviceManagers: readonly { readonly program: string; readonly toldBy: string; readonly source: string }[]
  /** Settings in root's home of tools that builds use as well as programs; `readBy`: what a text says that uses them. */
  readonly readFromHome: readonly { readonly path: string; readonly readBy: string; readonly source: string }[]
  readonly packages: readonly { readonly program: string; readonly package: string; readonly source: string }[]
}

export const knownPrograms: KnownPrograms = groups
