import rules from './frameworks.json' with { type: 'json' }
import tools from './home-tools.json' with { type: 'json' }
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

/** `serviceManagers` are told what they start by a file whose path has `toldBy`. */
export interface KnownPrograms {
  readonly pidInPlace: ProgramGroup
  readonly plainInit: ProgramGroup
  readonly systemTools: ProgramGroup
  readonly writers: readonly WriterTool[]
  readonly rootCalls: readonly RootCall[]
  readonly distribution: ProgramGroup
  readonly builders: ProgramGroup
  readonly noServers: ProgramGroup
  readonly openEnded: ProgramGroup
  readonly buildAndStart: ProgramGroup
  readonly clients: ProgramGroup
  readonly serviceManagers: readonly { readonly program: string; readonly toldBy: string; readonly source: string }[]
  /** Settings in root's home of tools that builds use as well as programs; `readBy`: what a text says that uses them. */
  readonly readFromHome: readonly { readonly path: string; readonly readBy: string; readonly source: string }[]
}

export const knownPrograms: KnownPrograms = groups

/** A tool that installs below the home of whoever runs it: as root, below /root. Patterns are regular expressions. */
export interface HomeTool {
  /** As a person calls it. */
  readonly name: string
  /** The RUN line that uses it so, or the script that it runs. */
  readonly run: string
  /** What in that line sends it elsewhere. */
  readonly unless?: string
  /** Settings of any line by which it keeps its environments in the project or does without. */
  readonly unlessAnywhere?: string
  /** Below root's home. */
  readonly folder: string
  /** By which it is found from another home; null where PATH is enough. */
  readonly variable: string | null
  /** Folders of it that the program goes on filling. */
  readonly fills?: readonly string[]
  /** Neither PATH nor a variable leads there: whoever looks for it asks for its home. */
  readonly byHome?: boolean
  /** Commands that look there; absent: whatever runs. */
  readonly usedBy?: string
  readonly source: string
}

export const homeTools: readonly HomeTool[] = tools

/** A framework by a file that only its projects have, and the folders below that it writes at run time. */
export interface FrameworkRule {
  /** As people call it. */
  readonly name: string
  /** Base name of the file that tells. */
  readonly file: string
  /** Regular expression on its text, in which `^` is the start of a line. */
  readonly says: string
  readonly folders: readonly {
    /** Below the folder of that file. */
    readonly path: string
    readonly why: string
    /** Only where another file of the project, by its path, has this regular expression in it. */
    readonly onlyWith?: { readonly file: string; readonly says: string }
  }[]
  /** Where its makers say so. */
  readonly source: string
}

export const frameworks: readonly FrameworkRule[] = rules
