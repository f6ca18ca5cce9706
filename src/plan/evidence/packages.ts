import type { ConfigEdit } from '../../../catalogue/entry.ts'
import type { PackagePath, PackageRule } from '../../../catalogue/package-rule.ts'
import type { FileEntry } from '../../image/file-model.ts'
import { onceFor } from '../../once-for.ts'
import type { Candidate } from '../account-request.ts'
import { matches } from '../file-edit.ts'
import type { Need } from '../need.ts'
import { baseName, isInside } from '../places.ts'
import type { FileEdit, Remark, Substitution } from '../plan.ts'
import type { VendorMove } from '../ports.ts'
import type { Shipped } from '../shipped.ts'
import { type InstalledPackage, installedPackages } from './installed.ts'

export interface PackageSources {
  readonly rules: readonly PackageRule[]
  readonly shipped: Pick<Shipped, 'steps' | 'texts' | 'entries' | 'copies'>
  /** Base names of what is started. */
  readonly programs: readonly string[]
  /** A start script could not be read: it may start any of them. */
  readonly opaque: boolean
}

/** What the installed servers need, as far as the stage starts them. */
export interface PackageEvidence {
  readonly needs: readonly Need[]
  /** What is in the image after the install. */
  readonly files: ReadonlyMap<string, FileEntry>
  readonly accounts: readonly Candidate[]
  /** How the stock configuration is moved to another port. */
  readonly moves: ReadonlyMap<number, VendorMove>
  readonly fileEdits: readonly FileEdit[]
  readonly remarks: readonly Remark[]
}

interface Started {
  readonly rule: PackageRule
  readonly found: InstalledPackage
  /** The version in the package's or the program's name; '' for none. */
  readonly version: string
}

export function packageEvidence(sources: PackageSources): PackageEvidence {
  const started = startedServers(sources)
  const files = started.flatMap(({ rule, version }) => (rule.files ?? []).map((line) => entryOf(filled(line, version))))
  return {
    needs: started.flatMap(needsOf),
    files: new Map(files),
    accounts: started.flatMap(({ rule, found }) =>
      rule.account === null
        ? []
        : [
            {
              name: rule.account.name,
              uid: rule.account.uid,
              evidence: evidenceOf(rule, found, rule.account.name, `the account of ${rule.program}`).evidence,
            },
          ],
    ),
    moves: new Map(
      started.flatMap(({ rule, found }) =>
        (rule.ports ?? []).flatMap((move): readonly (readonly [number, VendorMove])[] => {
          const fileEdits = (move.edits ?? []).flatMap((edit) => editOf(edit, 'port', rule, found, sources))
          // One file of several that is not as it was shipped: the port is then set by who changed it.
          if (fileEdits.length < (move.edits ?? []).length) return []
          return [[move.from, { to: move.to, fileEdits, env: [], append: [] }]]
        }),
      ),
    ),
    fileEdits: started.flatMap(({ rule, found }) =>
      (rule.edits ?? []).flatMap((edit) => editOf(edit, 'config', rule, found, sources)),
    ),
    remarks: started.flatMap(({ rule, found }) =>
      rule.caution === undefined
        ? []
        : [
            {
              outcome: 'todo',
              transform: 'set-command',
              message: `${rule.program}: ${rule.caution}`,
              about: 'CMD',
              evidence: [evidenceOf(rule, found, rule.program).evidence],
            },
          ],
    ),
  }
}

function startedServers({ rules, shipped, programs, opaque }: PackageSources): readonly Started[] {
  const any = anyOf(rules)
  // Most commands start none of the list: then nobody has to read what is installed.
  if (!opaque && !programs.some((name) => any.starts.test(name))) return []
  const installed = installedPackages(shipped.steps).filter(({ name }) => any.packages.test(name))
  if (installed.length === 0) return []
  return rules.flatMap((rule) => {
    const { packages, starts } = patternsOf(rule)
    const found = installed.find(
      (each) => each.family === rule.family && packages.some((pattern) => pattern.test(each.name)),
    )
    if (found === undefined) return []
    const program = programs.map((name) => starts.exec(name)).find((match) => match !== null)
    if (program == null && !opaque) return []
    const ofName = packages.map((pattern) => pattern.exec(found.name)?.[1]).find(Boolean)
    return [{ rule, found, version: ofName ?? program?.[1] ?? '' }]
  })
}

interface Patterns {
  readonly packages: readonly RegExp[]
  readonly starts: RegExp
}

/** Rules are data that every file is asked about: their patterns are compiled once. */
const patternsOf = onceFor(
  (rule: PackageRule): Patterns => ({ packages: rule.packages.map(whole), starts: whole(rule.starts) }),
)

/** Whether a name is in any of the rules at all. */
const anyOf = onceFor((rules: readonly PackageRule[]) => ({
  packages: whole(rules.flatMap((rule) => rule.packages).join('|')),
  starts: whole(rules.map((rule) => rule.starts).join('|')),
}))

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

function filled(text: string, version: string): string {
  return text.replaceAll('\\1', version)
}

function needsOf({ rule, found, version }: Started): readonly Need[] {
  const of = (list: readonly PackagePath[] = []): readonly PackagePath[] =>
    list.filter((item) => version !== '' || !item.path.includes('\\1'))
  // A file that the package brings is changed; any other one has to be made.
  const isThere = (path: string): boolean => (rule.files ?? []).some((line) => line.endsWith(` ${path}`))
  return [
    ...of(rule.writes).map(
      (item): Need => ({
        access: item.kind === 'directory' ? 'keep-state' : isThere(item.path) ? 'write' : 'create-file',
        path: filled(item.path, version),
        ...(item.tree === true ? { tree: true } : {}),
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why).evidence,
      }),
    ),
    ...of(rule.reads).map(
      (item): Need => ({
        access: 'read',
        path: filled(item.path, version),
        evidence: evidenceOf(rule, found, filled(item.path, version), item.why).evidence,
      }),
    ),
  ]
}

function evidenceOf(
  rule: PackageRule,
  found: InstalledPackage,
  subject: string,
  why?: string,
): { readonly evidence: Need['evidence'] } {
  const known = rule.confidence === 'measured' ? '' : ', from general knowledge'
  const what = why === undefined ? '' : `: ${why}`
  return {
    evidence: { source: 'packages', subject, detail: `package ${found.name} (line ${found.line})${what}${known}` },
  }
}

/** The edit, unless an instruction of the stage itself writes the file: then what it says is not known, or read instead. */
function editOf(
  edit: ConfigEdit,
  purpose: FileEdit['purpose'],
  rule: PackageRule,
  found: InstalledPackage,
  { shipped }: PackageSources,
): readonly FileEdit[] {
  const substitution: Substitution = {
    pattern: edit.pattern,
    replacement: edit.replacement ?? '',
    global: edit.global ?? false,
    ...(edit.remove === true ? { remove: true } : {}),
  }
  const text = shipped.texts.get(edit.file)
  if (text !== undefined && (purpose === 'port' || !matches(text, substitution))) return []
  const isOwn = shipped.entries.has(edit.file) || isMentioned(edit.file, shipped) || mayBeCopied(edit.file, shipped)
  if (text === undefined && isOwn) return []
  return [
    {
      path: edit.file,
      substitutions: [substitution],
      reason: edit.why,
      purpose,
      evidence: [evidenceOf(rule, found, edit.file, edit.why).evidence],
    },
  ]
}

/** A COPY whose files nobody could see brings it: by its name, or as part of a folder. */
function mayBeCopied(file: string, { copies }: PackageSources['shipped']): boolean {
  return copies.some(({ source, destination, seen }) => {
    if (seen || !isInside(file, destination)) return false
    const name = baseName(source)
    return destination === file || name === baseName(file) || !/[^.]\.\w+$/.test(name)
  })
}

/** A RUN names the file, its folder, or the folder's kind (`rm /etc/nginx/sites-enabled/default`). */
function isMentioned(file: string, { steps }: PackageSources['shipped']): boolean {
  const parts = file.split('/')
  const name = parts.at(-1) ?? ''
  const folder = parts.slice(0, -1).join('/')
  return steps.some(
    ({ instruction }) =>
      instruction.keyword === 'RUN' &&
      [file, `${folder}/*`, `${folder} `, folder.replace('-available', '-enabled'), `/${name}`].some((text) =>
        `${instruction.text} `.includes(text),
      ),
  )
}

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
