import type { ProgramGroup } from '../../catalogue/known-programs.ts'
import type { PackageFamily, PackageRule } from '../../catalogue/package-rule.ts'
import { type Step, says, shellCommands } from '../dockerfile/index.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { memoizeByObject } from '../memoize.ts'
import type { ShellWord } from '../shell/index.ts'
import { table } from '../table.ts'

export interface InstalledPackage {
  readonly name: string
  readonly family: PackageFamily
  /** Line of the RUN; null where the image itself tells that it is there. */
  readonly line: number | null
}

const TOOLS: Readonly<Record<string, { readonly family: PackageFamily; readonly verb: RegExp }>> = table({
  'apt-get': { family: 'debian', verb: /^install$/ },
  apt: { family: 'debian', verb: /^install$/ },
  aptitude: { family: 'debian', verb: /^install$/ },
  install_packages: { family: 'debian', verb: /^/ },
  apk: { family: 'alpine', verb: /^add$/ },
  dnf: { family: 'fedora', verb: /^(install|reinstall)$/ },
  dnf5: { family: 'fedora', verb: /^install$/ },
  yum: { family: 'fedora', verb: /^(install|localinstall)$/ },
  microdnf: { family: 'fedora', verb: /^install$/ },
})

function textOf(word: ShellWord | undefined): string {
  return word?.value ?? word?.text.replace(/["']/g, '') ?? ''
}

function toolOf(text: string): (typeof TOOLS)[string] | undefined {
  return TOOLS[text.replace(/^\/usr\/bin\//, '')]
}

/** Packages that RUN lines install by name; without version, architecture and release. */
export function installedPackages(steps: readonly Step[]): readonly InstalledPackage[] {
  return steps.flatMap(({ instruction, shell }) => {
    if (instruction.keyword !== 'RUN' || !says(instruction, /\b(install|add|install_packages)\b/)) return []
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') return []
    return script.commands.flatMap((command): readonly InstalledPackage[] => {
      // `DEBIAN_FRONTEND=noninteractive apt-get`, `sudo apt-get`, `env X=1 apt-get`: the first word that is a tool counts.
      const at = command.words.slice(0, 3).findIndex((word) => toolOf(textOf(word)) !== undefined)
      const tool = toolOf(textOf(command.words[at]))
      if (tool === undefined) return []
      const texts = command.words.map(textOf)
      const operands = texts.slice(at + 1).filter((text) => !text.startsWith('-'))
      const verb = texts[at]?.endsWith('install_packages') ? -1 : operands.findIndex((text) => tool.verb.test(text))
      if (verb < 0 && !texts[at]?.endsWith('install_packages')) return []
      return operands.slice(verb + 1).flatMap((text) => {
        const name = /^[a-z0-9][a-z0-9+.-]*/i.exec(text)?.[0]
        return name === undefined || text.includes('/') ? [] : [{ name, family: tool.family, line: instruction.line }]
      })
    })
  })
}

/** Packages that an image's own package database names: dpkg's or apk's; nothing where there is none. */
function imagePackages(files: FileModel): readonly InstalledPackage[] {
  const debian = files
    .list('/var/lib/dpkg/info')
    .flatMap((name) => /^([a-z0-9][a-z0-9+.-]*)(?::\w+)?\.list$/.exec(name)?.[1] ?? [])
  const alpine = [
    ...(files.text('/lib/apk/db/installed') ?? files.text('/usr/lib/apk/db/installed') ?? '').matchAll(/^P:(\S+)$/gm),
  ].flatMap(([, name]) => name ?? [])
  return [
    ...debian.map((name): InstalledPackage => ({ name, family: 'debian', line: null })),
    ...alpine.map((name): InstalledPackage => ({ name, family: 'alpine', line: null })),
  ]
}

/** An entry from a line like that of `ls -l`: `drwxr-x--- 33:33 /path`, `lrwxrwxrwx 0:0 /path -> target`; `-1` is an unknown owner. */
function entryOf(line: string): readonly [string, FileEntry] {
  const [, type = '-', bits = '', uid = '0', gid = '0', path = '', link] =
    /^([-dl])(\S{9}) (-?\d+):(-?\d+) (\S+?)(?: -> (\S+))?$/.exec(line) ?? []
  const special =
    (/[st]/i.test(bits[2] ?? '') ? 0o4000 : 0) |
    (/[s]/i.test(bits[5] ?? '') ? 0o2000 : 0) |
    (/[t]/i.test(bits[8] ?? '') ? 0o1000 : 0)
  const mode =
    [...bits].reduce((sum, bit) => (sum << 1) | (bit === '-' || bit === 'S' || bit === 'T' ? 0 : 1), 0) | special
  return [
    path,
    {
      type: type === 'd' ? 'directory' : type === 'l' ? 'symlink' : 'file',
      uid: Number(uid),
      gid: Number(gid),
      mode,
      size: 0,
      link: link ?? null,
    },
  ]
}

/** A package's server that the stage starts, and the rule that knows it. */
export interface ListedServer {
  readonly rule: PackageRule
  readonly found: InstalledPackage
  /** The version in the package's or the program's name; '' for none. */
  readonly version: string
}

export interface ServerSources {
  readonly rules: readonly PackageRule[]
  /** By RUN lines. */
  readonly installed: readonly InstalledPackage[]
  readonly files: FileModel
  /** Base names of what is started. */
  readonly programs: readonly string[]
  /** A start script could not be read and may start any of them. */
  readonly opaque: boolean
  /** The catalogue says what the base image's server writes: that it came as a package adds nothing. */
  readonly listed: boolean
}

/** The servers of packages that are there, as far as they are started. */
export function listedServers({
  rules,
  installed: byRuns,
  files,
  programs,
  opaque,
  listed,
}: ServerSources): readonly ListedServer[] {
  const any = anyOf(rules)
  // Most commands start none of the list: then nobody has to read what is installed.
  if (!opaque && !programs.some((name) => any.starts.test(name))) return []
  const installed = [...byRuns, ...(listed ? [] : imagePackages(files))].filter(({ name }) => any.packages.test(name))
  if (installed.length === 0) return []
  return rules.flatMap((rule) => {
    const { packages, starts } = patternsOf(rule)
    const found = installed.find(
      (each) => each.family === rule.family && packages.some((pattern) => pattern.test(each.name)),
    )
    if (found === undefined) return []
    const program = programs.map((name) => starts.exec(name)).find((match) => match !== null)
    // That it is in an image, for its libraries perhaps, does not yet say that a script which nobody could read starts it.
    if (program == null && (!opaque || found.line === null)) return []
    const ofName = packages.map((pattern) => pattern.exec(found.name)?.[1]).find(Boolean)
    return [{ rule, found, version: ofName ?? program?.[1] ?? '' }]
  })
}

/** Base names of the programs that rules speak of. */
export function startedByRules(programs: readonly string[], servers: readonly ListedServer[]): readonly string[] {
  return programs.filter((name) => servers.some(({ rule }) => patternsOf(rule).starts.test(name)))
}

/** Of a package that is in the image already, the image tells the rest better: its files, accounts and ports. */
export function isInstalledHere({ found }: ListedServer): boolean {
  return found.line !== null
}

/** What is in the image after the install. */
export function broughtFiles(servers: readonly ListedServer[]): ReadonlyMap<string, FileEntry> {
  const stock = servers.filter(isInstalledHere)
  return new Map(stock.flatMap(({ rule, version }) => (rule.files ?? []).map((line) => entryOf(filled(line, version)))))
}

interface Patterns {
  readonly packages: readonly RegExp[]
  readonly starts: RegExp
}

/** Rules are data that every file is asked about: their patterns are compiled once. */
const patternsOf = memoizeByObject(
  (rule: PackageRule): Patterns => ({ packages: rule.packages.map(whole), starts: whole(rule.starts) }),
)

/** Whether a name is in any of the rules at all. */
const anyOf = memoizeByObject((rules: readonly PackageRule[]) => ({
  packages: whole(rules.flatMap((rule) => rule.packages).join('|')),
  starts: whole(rules.map((rule) => rule.starts).join('|')),
}))

export function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

export function filled(text: string, version: string): string {
  return text.replaceAll('\\1', version)
}

const patternOf = memoizeByObject(({ programs }: ProgramGroup): RegExp => whole(programs.join('|')))

/** The base name of a program is in a group of the catalogue. */
export function isOneOf(group: ProgramGroup, program: string): boolean {
  return patternOf(group).test(program)
}
