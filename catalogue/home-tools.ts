import tools from './home-tools.json' with { type: 'json' }

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
