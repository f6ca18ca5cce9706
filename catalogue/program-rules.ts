/** What a program writes into the folder that it starts in, where nothing tells it another place. */
export interface WorkingFolderRule {
  /** Base names. */
  readonly programs: readonly string[]
  /** Regular expression on all words of its command: only then. */
  readonly with?: string
  /** Absent where it has no configuration that tells. */
  readonly config?: {
    /** Regular expression on the whole option that names it; absent: the first word that is no option. */
    readonly option?: string
    /** Read where the command names none, the first that is there; a relative path counts from the working folder. */
    readonly usual?: readonly string[]
    /** What a distribution's package brings, and tells all places. */
    readonly stock: readonly string[]
  }
  readonly writes: readonly {
    /** Relative. */
    readonly path: string
    readonly kind: 'directory' | 'file'
    /** What the same program has left there in the build must be the user's too. */
    readonly tree?: boolean
    /** It removes the folder and makes it anew: room in the folder above is needed too. */
    readonly remade?: boolean
    /** Regular expressions on a line of its configuration, or on an option of its command without dashes. */
    readonly unless?: string
    readonly only?: string
    /** Put behind the line of its own configuration that matches `after`, where that folder cannot be given. */
    readonly setting?: { readonly after: string; readonly insert: string }
    readonly why: string
  }[]
  readonly source: string
}

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
    /** POSIX extended regular expression of a line that says it: such a file is left as it is, and every other one is told. */
    readonly unless?: string
  }
  readonly source: string
}
