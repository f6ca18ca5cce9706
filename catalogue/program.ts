/** What is known of one program: a file of programs/. */
export interface ProgramRule {
  /** That of its file; what people read. */
  readonly name: string
  /** Base names of the executable, in a folder of the system: `/app/cron` is another program. */
  readonly programs: readonly string[]
  /** Absolute paths, where the base name alone would say too little. */
  readonly paths?: readonly string[]
  /** How it is told to switch to another user. */
  readonly stepDown?: DaemonSwitch
  /** Words by which it starts without root, where it would end otherwise. */
  readonly withoutRoot?: readonly string[]
  /** What it does that only root can do. Absent: nothing. */
  readonly needsRoot?: RootNeed
  /** Manual pages, documents of its vendor, and what was measured. */
  readonly source: string
}

/** How a daemon is told to switch to another user, in its configuration and on its command line. */
export interface DaemonSwitch {
  // Globs of the files that configure it: `**/name`, `**/folder/name` or `**/folder/**/name`. Absent: none does.
  readonly files?: readonly string[]
  /** Regular expression for a line that its configuration alone has, in a file of another name. */
  readonly says?: string
  /** The line that names the user, and with a group `group` of a pattern the group. */
  readonly user?: ConfigLine
  /** The line that names the group alone. */
  readonly group?: ConfigLine
  /** Keys of `key = value` that say whom what it makes is given to, over which it stops; without them that is who runs it. */
  readonly owner?: readonly string[]
  /** Options of the program that take the user: `-u x`, `-ux`, `--user=x`, `--user x`. */
  readonly options?: readonly string[]
  readonly groupOptions?: readonly string[]
  /**
   * What keeps the rest of what such an option decides, without the switch; `{user}` is who it runs as. It goes into its
   * place where the command does not say it already.
   */
  readonly instead?: string
  /** It stops, or starts nothing, where it may not become that user, told in either way; most only warn. */
  readonly insists?: true
}

/** `key = value`, `key value`, or a regular expression with groups `user` or `group`. */
export type ConfigLine =
  | { readonly setting: readonly string[] }
  | { readonly directive: readonly string[] }
  | { readonly pattern: string }

export interface RootNeed {
  /** What it does that only root can do; follows the name: `cron switches to …`. */
  readonly reason: string
  /** Without `CAP_`; `ALL` for `--privileged`. */
  readonly capabilities: readonly string[]
  /** Regular expression that one argument must match for the rule to apply. */
  readonly onlyWith?: string
  /** A path that must be in the image for the rule to apply; where the files are not known, it is taken to be there. */
  readonly onlyWithFile?: string
  readonly unless?: readonly RootExemption[]
  /** It is started beside another program too, which does its work without it: a mail server, scheduled jobs, logins. */
  readonly aside?: true
  /** What does the same without root. */
  readonly rootlessTwin?: string
  readonly advice: string
}

/** A case in which the program does not need root after all. */
interface RootExemption {
  /** Regular expression that one argument of the command matches. */
  readonly argument?: string
  /** A path that is in the image. */
  readonly file?: string
  /** What its configuration says, all of it. */
  readonly config?: RootlessConfiguration
  /** What that means; with none of them only a person can tell. */
  readonly when: string
}

/** A configuration with which there is nobody else to become. All are regular expressions on its lines, without comments. */
export interface RootlessConfiguration {
  /** Where its files ending in `.conf` are. */
  readonly folder: string
  readonly says: readonly string[]
  readonly lacks: readonly string[]
  /** Its only group is a file like /etc/passwd, whose accounts all have the one uid of whom the group of `user` names. */
  readonly accounts?: { readonly list: string; readonly user: string }
}

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
    /** What a distribution's package brings, and tells all places. Empty: without one of its own it does as if that said nothing. */
    readonly stock: readonly string[]
  }
  readonly writes: readonly {
    /** Relative; absent: only where it is `said`. */
    readonly path?: string
    /** Regular expression on a line of its configuration, or on an option without dashes: its group is the path in place of that. */
    readonly said?: string
    /** The variable that says another place. */
    readonly variable?: string
    readonly kind: 'directory' | 'file'
    /** What the same program has left there in the build must be the user's too. */
    readonly tree?: boolean
    /** It removes the folder and makes it anew: room in the folder above is needed too. */
    readonly remade?: boolean
    /** Regular expressions on a line of its configuration, or on an option of its command without dashes. */
    readonly unless?: string
    readonly only?: string
    /** Regular expression on a RUN that does the same at build, after which nothing is left to write. */
    readonly unlessBuilt?: string
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
