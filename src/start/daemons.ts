import type { ConfigLine, DaemonSwitch, ProgramRule } from '../../catalogue/program.ts'
import { programs } from '../../catalogue/programs/index.ts'
import type { FileModel } from '../image/file-model.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { nameOf } from '../path.ts'

/** A program that switches user where its configuration says so, with the expressions that find the line. */
export interface SwitchingDaemon extends Omit<DaemonSwitch, 'files' | 'says' | 'user' | 'group' | 'owner'> {
  readonly name: string
  readonly programs: readonly string[]
  /** Which files configure it. */
  readonly files: readonly FileGlob[]
  /** A line that only its configuration has, whatever the file is named. */
  readonly says: RegExp | null
  /** A line that names the user; groups `user` and, where it is in the same line, `group`. */
  readonly user: RegExp
  /** A line that names the group alone. */
  readonly group: RegExp | null
  /** Whole lines that name the owner of the files that it makes. */
  readonly owner: RegExp | null
}

/** Whether the daemon of this name, or of this program, stops over its `user` when it is not root. */
export function insistsOnUser(name: string): boolean {
  return daemonCalled(name)?.insists === true
}

/** Finds a daemon by its own name, as its configuration lines have it, or by that of its program. */
export function daemonCalled(name: string): SwitchingDaemon | null {
  return daemons.find((daemon) => daemon.name === name) ?? daemonOf(name)
}

/**
 * The daemons that may read a file as their configuration, likeliest first: one with that file name, one whose folder it is in
 * (/etc/supervisor/conf.d), one that it is named after. Its lines show which one it is. Where no name tells, a line that only one
 * of them understands does.
 */
export function daemonsOfFile(path: string, text: string | null): readonly SwitchingDaemon[] {
  const reads = readersOf(path)
  if (reads.length > 0 || text === null || !SETTINGS.test(path)) return reads
  return daemons.filter(({ says }) => says?.test(text) === true)
}

/** The files of an image that a daemon may read, in the order of their paths; several rules ask. */
export const daemonFiles = memoizeByObject((files: FileModel) =>
  [...files.texts()].sort().flatMap((path) => {
    if (!anyFile.test(nameOf(path)) && !SETTINGS.test(path)) return []
    const text = files.text(path)
    const readers = text === null ? [] : daemonsOfFile(path, text)
    return text === null || readers.length === 0 ? [] : [{ path, text, daemons: readers }]
  }),
)

const readersOf = memoizeByText((path): readonly SwitchingDaemon[] => {
  // No daemon has a file of this name: so it is with most files of an image.
  if (!anyFile.test(nameOf(path))) return []
  return daemons
    .flatMap((daemon) => {
      const fitting = daemon.files.filter((glob) => fits(glob, path))
      return fitting.length === 0 ? [] : [{ daemon, rank: Math.min(...fitting.map(({ rank }) => rank)) }]
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ daemon }) => daemon)
})

/** Endings of settings files: only these are searched. */
const SETTINGS = /\.(conf|cfg|ini)$/

export function configures({ files }: SwitchingDaemon, path: string): boolean {
  return files.some((glob) => fits(glob, path))
}

/** A glob in two halves, each of which takes linear time: a path may be a megabyte long. */
interface FileGlob {
  readonly folder: RegExp | null
  readonly name: RegExp
  /** The lower, the more specific. */
  readonly rank: 0 | 1 | 2
}

function fits({ folder, name }: FileGlob, path: string): boolean {
  return name.test(nameOf(path)) && folder?.test(path) !== false
}

/** By the name of its program; versions at the end do not count (php-fpm8.4). */
export function daemonOf(program: string): SwitchingDaemon | null {
  return byProgram.get(program) ?? byProgram.get(program.replace(/(?<![\d.])[\d.]+$/, '')) ?? null
}

const NOTHING = /(?!)/

const daemons: readonly SwitchingDaemon[] = programs.flatMap((rule) =>
  rule.stepDown === undefined ? [] : [daemonBy(rule, rule.stepDown)],
)
const anyFile = new RegExp(daemons.flatMap(({ files }) => files.map(({ name }) => name.source)).join('|'))
const byProgram = new Map(daemons.flatMap((daemon) => daemon.programs.map((name) => [name, daemon])))

function daemonBy(
  { name, programs }: ProgramRule,
  { files = [], says, user, group, owner, ...rest }: DaemonSwitch,
): SwitchingDaemon {
  return {
    ...rest,
    name,
    programs,
    files: files.map(halvesOf),
    says: says === undefined ? null : new RegExp(says, 'm'),
    user: user === undefined ? NOTHING : expressionOf(user, 'user'),
    group: group === undefined ? null : expressionOf(group, 'group'),
    owner: owner === undefined ? null : new RegExp(`^[ \\t]*(?:${owner.join('|')})[ \\t]*=`, 'gm'),
  }
}

// `**/name`, `**/folder/name`, and `**/folder/**/name`; `*` stays within one name.
function halvesOf(glob: string): FileGlob {
  const parts = glob.split('/').map((part) => part.replaceAll('.', '\\.').replaceAll('*', '[^/]*'))
  const below = parts.length === 4 ? '' : '[^/]*$'
  const folder = parts.length === 2 ? null : new RegExp(`/${parts[1]}/${below}`)
  const rank = folder !== null ? 1 : glob.includes('*', 2) ? 2 : 0
  return { folder, name: new RegExp(`^${parts.at(-1)}$`), rank }
}

function expressionOf(line: ConfigLine, named: 'user' | 'group'): RegExp {
  if ('pattern' in line) return new RegExp(line.pattern, 'm')
  const keys = ('setting' in line ? line.setting : line.directive).map((key) => key.replace(/[.$]/g, '\\$&')).join('|')
  const between = 'setting' in line ? '[ \\t]*=[ \\t]*' : '[ \\t]+'
  return new RegExp(`^[ \\t]*(?:${keys})${between}["']?(?<${named}>[\\w.$\\{\\}-]+)["']?[ \\t]*(?:[;#][^\\n]*)?$`, 'm')
}
