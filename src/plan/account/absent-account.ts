import { packages } from '../../../catalogue/index.ts'
import { knownPrograms } from '../../../catalogue/known-programs.ts'
import { type Instruction, says, shellCommands, wholeText } from '../../dockerfile/index.ts'
import { escapeEre } from '../../evidence/file-edit.ts'
import type { StageView } from '../../evidence/provider.ts'
import { isOneOf } from '../../evidence/servers.ts'
import { groupNamed, userNamed } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { looksLikeFile } from '../../places.ts'
import { isInterpreter } from '../../shell/index.ts'
import { choices } from '../../words.ts'
import { MENTIONS_ACCOUNTS } from './account-steps.ts'
import { withoutDigest } from './choose-account.ts'
import type { Created } from './created-accounts.ts'

/** Packages named like the program: only the build shows whether they bring an account for it. */
export function mayBringAccount(view: StageView): readonly string[] {
  if (view.built || view.asBuilt) return []
  const programs = view.start.programs
    .filter((name) => !isKnown(name))
    .map(stem)
    .filter((name) => name.length > 2)
  const isRuntime = (name: string): boolean => isKnown(name) || isInterpreter(name.split(/\d/, 1)[0] ?? '')
  return [
    ...new Set(
      view.installed
        .map(({ name }) => name)
        .filter((name) => programs.some((program) => isLike(name, program)) && !isRuntime(name)),
    ),
  ]
}

function isLike(name: string, program: string): boolean {
  return (
    stem(name) === program ||
    (program.length > 3 && stem(name).startsWith(program)) ||
    (stem(name).length > 3 && program.startsWith(stem(name)))
  )
}

function stem(name: string): string {
  return name.toLowerCase().replace(/[-_]?(?:server|daemon)$|(?<=\w{3})d$/, '')
}

/** Programs that serve nothing by themselves, and whose packages bring no account. */
const { distribution, builders, noServers, buildAndStart, clients } = knownPrograms
const WITHOUT_ACCOUNT = [distribution, builders, noServers, buildAndStart, clients]

function isKnown(name: string): boolean {
  return WITHOUT_ACCOUNT.some((group) => isOneOf(group, name))
}

/**
 * Where the account of this name is missing: in a base image whose accounts are known, and no step makes it or hides what it makes.
 * `image`: the base, for people. Null where the account may exist.
 */
export function absentFrom(
  name: string,
  { accounts, madeAccounts, reference }: Pick<ImageFacts, 'accounts' | 'madeAccounts' | 'reference'>,
  created: Created,
  { built, contents: { steps }, installed }: Pick<StageView, 'built' | 'contents' | 'installed'>,
  kind: 'user' | 'group' = 'user',
): { readonly image: string } | null {
  if (built || !accounts.known || !/^[a-z_]/i.test(name)) return null
  if (madeAccounts?.includes(name) === true) return null
  const isThere = kind === 'user' ? userNamed(accounts.value, name) : groupNamed(accounts.value, name)
  if (isThere !== null) return null
  // Deleted and renamed accounts are followed elsewhere, by name.
  if (created.users.some((user) => user.name === name || (kind === 'group' && user.group === name))) return null
  if (kind === 'group' && created.groups.some((group) => group.name === name)) return null
  if (created.deleted?.includes(name) === true || (created.changes ?? []).length > 0) return null
  if (packages.some(({ account }) => account?.name === name)) return null
  if (!installed.every((one) => bringsNone(one.name))) return null
  if (steps.some(({ instruction }) => mayMake(instruction, name))) return null
  return { image: reference }
}

/** For people. `image`: where it is missing. */
export function noAccount(
  name: string,
  image: string,
  kind: 'account' | 'group' = 'account',
): { readonly message: string; readonly hint: string } {
  return {
    message: `nothing makes the ${kind} ${name}, and ${withoutDigest(image)} has none of that name: no container starts as it`,
    hint: choices(
      'make it in a RUN with a fixed uid, above what is given to it, and write USER uid:gid',
      'write an account that is there',
    ),
  }
}

/** Tools, libraries and runtimes. */
function bringsNone(name: string): boolean {
  return isKnown(name) || PLAIN_PACKAGE.test(name) || isInterpreter(name.split(/[\d-]/, 1)[0] ?? '')
}

const PLAIN_PACKAGE =
  /^(?:lib[a-z\d]|python3?-|perl-|ruby-|php\d*-|fonts?-|ttf-|gcc|g\+\+|build-(?:essential|base)$|ca-certificates|tzdata|bash|zsh|zip|xz|bzip2|less|nano|vim|file$|procps|htop|gnupg|apt-transport-https|software-properties-common|locales$|openssh-client|pkg-?config|gettext|imagemagick|graphicsmagick|ghostscript|poppler-utils|sqlite3?$|jemalloc)|-(?:dev|devel|libs|common|doc|client|clients)$/

/** A step that may make accounts without saying so, that brings a whole system, or that would fail if the account were missing. */
function mayMake(instruction: Instruction, name: string): boolean {
  const { keyword } = instruction
  if (keyword === 'COPY' || keyword === 'ADD') {
    const words = instruction.json?.map(({ value }) => value) ?? instruction.words.map(({ value }) => value)
    const to = words.at(-1) ?? ''
    const isFiles = keyword === 'COPY' && words.slice(0, -1).every((word) => looksLikeFile(word ?? ''))
    return /^\/(?:etc\/?(?:passwd)?)?$/.test(to) && !(to === '/' && isFiles)
  }
  if (keyword !== 'RUN') return false
  const script = shellCommands(instruction)
  if (script.kind !== 'parsed') return true
  if (says(instruction, MENTIONS_ACCOUNTS) && wholeText(instruction).includes('$')) return true
  const named = new RegExp(`(?<![\\w./-])${escapeEre(name)}(?![\\w./-])`)
  return script.commands.some(({ name: program, words }) => {
    return isForeign(program ?? '', words[0]?.text ?? '') || words.some(({ text }) => named.test(text))
  })
}

/** A script, a shell that reads one, or a package from a file. */
function isForeign(program: string, word: string): boolean {
  return (
    /^(?:sh|bash|ash|dash|zsh|source|\.|dpkg|rpm|ansible(?:-playbook)?|puppet|chef-\w+|eval)$/.test(program) ||
    /[/$]|\.sh$/.test(word)
  )
}
