/** How a daemon is told its port, where neither its command nor its configuration says one for all protocols. */
export interface DaemonPortRule {
  readonly programs: readonly string[]
  /** Ports that it binds by itself. */
  readonly ports: readonly number[]
  /** Regular expression that one word of the command matches for the rule to apply. */
  readonly onlyWith?: string
  /** Put behind the command; `{port}` is the new port. */
  readonly arguments?: readonly string[]
  /** What is found in its configuration moves one protocol only: this is needed beside it where the port is open in both. */
  readonly beside?: boolean
  readonly config?: {
    /** Its text files are looked through. */
    readonly folder: string
    /** POSIX extended regular expression of the line behind which the setting goes. */
    readonly after: string
    readonly insert: string
  }
  readonly source: string
}
