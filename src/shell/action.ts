import type { Invocation } from './invocation.ts'
import type { Word } from './starters.ts'
import type { SwitchCommand } from './switches.ts'

/**
 * One thing that a command does, as far as its words say so. Where it stands, and the conditions before it, are those of its command. A
 * word whose value is null is decided by a variable, a substitution or a pattern: whoever asks fills in what it knows of those.
 */
export type Action =
  | Starts
  | SwitchesUser
  | Makes
  | Writes
  | Puts
  | Unpacks
  | Removes
  | HandsOver
  | SetsMode
  | SetsCapabilities
  | ChangesAccounts
  | Mounts
  | ChangesFolder
  | Sources
  | Sets

/** Every command with a program does this, whatever else it does: `words` begin behind wrappers and switches of user. */
export interface Starts extends Invocation {
  readonly kind: 'starts'
}

/** `gosu app server`, also to root; `found` counts the words of the whole command. */
interface SwitchesUser {
  readonly kind: 'switches-user'
  readonly found: SwitchCommand
}

/** Folders: `mkdir`, `install -d`. */
interface Makes {
  readonly kind: 'makes'
  readonly tool: 'mkdir' | 'install'
  readonly folders: readonly Word[]
  readonly mode: Word | null
  readonly owner: Word | null
}

/** A redirect, `tee`, `touch`, `sed -i`, and all else that makes or changes a file which its words name. */
export interface Writes {
  readonly kind: 'writes'
  /** The operator of a redirect. */
  readonly tool: string
  readonly path: Word
  /** A new file is put in the place of the old one, as `sed -i` does it. */
  readonly replaces: boolean
  /** `path` is a folder that something is put into. */
  readonly into?: true
  /** What the tool writes is known, and nothing else in that folder is in its way; `tree`: in those below too. */
  readonly known?: 'folder' | 'tree'
  /** Nothing of what was in it before is left. */
  readonly anew?: true
  /** It changes a file that is there already. */
  readonly edits?: true
  /** For its owner alone (mode 0600): a private key. */
  readonly isPrivate?: true
}

/** `cp`, `mv`, `ln`, `install` and `rsync`: what they name comes to another place. */
export interface Puts {
  readonly kind: 'puts'
  readonly tool: 'cp' | 'mv' | 'ln' | 'install' | 'rsync'
  readonly options: readonly string[]
  /** At least one. */
  readonly sources: readonly Word[]
  readonly to: Word
  readonly recursive: boolean
  readonly mode: Word | null
  readonly owner: Word | null
}

/** A folder is filled with files that no text shows. */
export interface Unpacks {
  readonly kind: 'unpacks'
  readonly tool: string
  /** Null: where it starts. */
  readonly into: Word | null
}

interface Removes {
  readonly kind: 'removes'
  readonly tool: string
  readonly paths: readonly Word[]
  readonly recursive: boolean
}

export interface HandsOver {
  readonly kind: 'hands-over'
  readonly tool: 'chown' | 'chgrp'
  /** By `find -exec`: only some of what is there. */
  readonly found?: true
  /** `user`, `user:group`, or the group of a chgrp; null: that of another file (`--reference`). */
  readonly owner: Word | null
  readonly paths: readonly Word[]
  readonly recursive: boolean
}

export interface SetsMode {
  readonly kind: 'sets-mode'
  readonly tool: 'chmod'
  readonly found?: true
  /** Null: that of another file. */
  readonly mode: Word | null
  readonly paths: readonly Word[]
  readonly recursive: boolean
}

export interface SetsCapabilities {
  readonly kind: 'sets-capabilities'
  readonly tool: 'setcap'
  /** Null: none is left. */
  readonly capabilities: Word | null
  readonly paths: readonly Word[]
}

/** What it does to them `readAccountCommand` tells of the words. */
interface ChangesAccounts {
  readonly kind: 'changes-accounts'
  readonly tool: string
  readonly words: readonly Word[]
}

interface Mounts {
  readonly kind: 'mounts'
  readonly tool: 'mount' | 'umount'
  readonly paths: readonly Word[]
}

/** `cd`, `pushd`, `popd`. */
export interface ChangesFolder {
  readonly kind: 'changes-folder'
  readonly tool: 'cd' | 'pushd' | 'popd'
  /** Null: none is named. */
  readonly to: Word | null
}

/** `. FILE`: its functions and variables are this script's from there on. */
interface Sources {
  readonly kind: 'sources'
  readonly file: Word | null
}

/** A variable for what follows: `A=1`, `export A=1`, `local a="$2"`; that of `A=1 server` is for the server alone, and none. */
export interface Sets {
  readonly kind: 'sets'
  readonly name: string
  /** The value as it stands there. */
  readonly text: string
  readonly isLocal: boolean
}
