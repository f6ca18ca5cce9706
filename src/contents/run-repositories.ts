import type { ShellCommand } from '../command/index.ts'
import { normalisePath } from '../places.ts'
import { table } from '../table.ts'

type Word = ShellCommand['words'][number]

/** The first operand behind the verb is the folder; the working folder where there is none. */
interface Maker {
  readonly verb: RegExp
  /** The verb stands behind the folder: `trac-admin DIR initenv`. */
  readonly after?: true
  /** Options that take a word. */
  readonly valued: RegExp
}

/** git-init(1), hg(1), svnadmin(1), trac-admin(1). */
const MAKERS: Readonly<Record<string, Maker>> = table({
  git: { verb: /^init$/, valued: /^(-b|-c|-C|--template|--initial-branch|--separate-git-dir|--object-format)$/ },
  hg: { verb: /^init$/, valued: /^(-R|--cwd|--config)$/ },
  svnadmin: { verb: /^create$/, valued: /^(--fs-type|--config-dir|--compatible-version)$/ },
  'trac-admin': { verb: /^initenv$/, after: true, valued: /^$/ },
})

/** The repository that a command makes: all of it is for its server to change. Null for none, or where its text does not tell. */
export function repositoryOf(
  { name, words }: ShellCommand,
  read: (word: Word) => string | null,
  folder: string | null,
): string | null {
  const maker = MAKERS[name ?? '']
  if (maker === undefined) return null
  const operands = words
    .slice(1)
    .filter(({ text }, index, all) => !text.startsWith('-') && !maker.valued.test(all[index - 1]?.text ?? ''))
  const at = operands.findIndex(({ text }) => maker.verb.test(text))
  if (at < 0 || at > 1 || words.some(({ text }) => /^(-C|--cwd|-R)$/.test(text))) return null
  const word = maker.after === true ? operands[at - 1] : operands[at + 1]
  const path = word === undefined ? (maker.after === true ? null : '.') : read(word)
  return path === null ? null : normalisePath(path, folder ?? '')
}
