import { lineStart } from '../edit.ts'

/** What the text of a source says by itself, without a grammar. */

const NOT_THE_PROGRAM =
  /(^|\/)(tests?|__tests__|spec|examples?|docs?|scripts|bench|fixtures|migrations|_demos?)\/|(?<!ecosystem)\.(test|spec|config|d)\.[a-z]+$|_test\.(?:go|py|rb)$|_spec\.rb$|(^|\/)(?:tests?|test_\w{1,80})\.py$|Tests?\.(?:cs|java|kt)$|(^|\/)(setup\.(?:py|cfg)|(?:conftest|gulpfile|webpack[^/]*|vite[^/]*)\.[a-z]+)$/

/** Interpreters by what a script of theirs ends with; a number may follow. */
const INTERPRETERS = /^#![^\n]{0,80}?\b(?:(python|pypy)|(node|nodejs)|(php)|(perl)|(ruby)|(lua))[\d.]{0,9}\b/
const ENDS = ['.py', '.js', '.php', '.pl', '.rb', '.lua']

/** Its path, ending as its language does: a program that is called by its name alone says that in its first line. */
export function sourceName(path: string, text: string): string {
  if (!text.startsWith('#!') || /\.\w{1,4}$/.test(path)) return path
  const found =
    INTERPRETERS.exec(text)
      ?.slice(1)
      .findIndex((name) => name !== undefined) ?? -1
  return `${path}${ENDS[found] ?? ''}`
}

/** A file that is there for those who build the program, by its name: of what is not known to be started nothing else tells. */
export function isTest(path: string): boolean {
  return NOT_THE_PROGRAM.test(path)
}

/** Folders of a repository with what builds, tests or delivers the program. */
const FOR_BUILDERS = /(?:^|\/)(?:script|tools?|hack|e2e|integration|benchmarks?|contrib|testutils?|\.[\w-]{1,40})\//

/** It is of a folder that holds what builds, tests or delivers the program. */
export function isForBuilders(path: string): boolean {
  return FOR_BUILDERS.test(path)
}

/** A line of a comment, or what stands behind code: `handler = Stream()  # or File("app.log")`. */
export function isComment(text: string, at: number): boolean {
  const start = lineStart(text, at)
  const line = text.slice(start, Math.min(at, start + LONGEST_LINE))
  if (/^\s*(#|\/\/|\*|\/\*)/.test(line)) return true
  // No person writes longer ones, and a program that is packed has one line.
  return at - start <= LONGEST_LINE && /\s(?:#\s|\/\/)/.test(line.replace(QUOTED, ''))
}

const LONGEST_LINE = 400
const QUOTED = /"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g

/**
 * Some source asks whether a folder is there before it makes it, and may do more where it is not; or nobody knows. Else what is looked
 * for before it is made is the way of a library: `mkdir_p` of Ruby.
 */
export function asksBeforeMaking(texts: ReadonlyMap<string, string>): boolean {
  const sources = [...texts].filter(([path]) => IS_SOURCE.test(path) && !isTest(path))
  return (
    sources.length === 0 ||
    sources.some(([, text]) => {
      const lines = text.replaceAll(/\bexist_ok\b|\bErrExist\b|\bIsExist\b/g, '').split('\n')
      return lines.some(
        (line, at) => MAKES_FOLDER.test(line) && ASKS_BEFORE.test(lines.slice(Math.max(0, at - 3), at + 1).join('\n')),
      )
    })
  )
}

const IS_SOURCE = /\.(?:py|[cm]?[jt]sx?|go|php|rb|rs|java|kt|cs|exs?|pl|lua|c|cc|cpp)$/
const MAKES_FOLDER = /\b(?:mkdir|makedirs|make_path|create_dir|ensureDir|createDirector)/i

/** The source asks first whether it is there, or goes on where it is. */
export const ASKS_BEFORE =
  /exist|\bis_?(?:dir|file)\b|\b(?:access|l?stat)(?:Sync)?\(|\bos\.L?Stat\(|\btry\s*\{|\bsuppress\(/i
