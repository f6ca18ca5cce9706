import { memoizeByText, memoizeSearch } from '../../memoize.ts'
import { sourceName } from '../source-text.ts'
import type { Grammar } from '../syntax.ts'
import go from './go.json' with { type: 'json' }
import php from './php.json' with { type: 'json' }
import python from './python.json' with { type: 'json' }
import script from './script.json' with { type: 'json' }

/**
 * One line of a language's table: a call, a key or a name, and what a source says with it. Names are matched from their end, `mkdirSync`
 * is `fs.mkdirSync` too; a name that was imported counts by what it is called where it comes from.
 */
export interface SourceRule {
  readonly call?: readonly string[]
  readonly new?: readonly string[]
  /** Of an object, a dictionary or a struct. */
  readonly key?: readonly string[]
  /** What is given a value; where `means` follows, what is read. */
  readonly name?: readonly string[]
  /** An argument by name, of any call. */
  readonly keyword?: readonly string[]
  /** The name is all of it: `open`, and not `x.open`. */
  readonly whole?: boolean
  /** The argument with the path, by number or name; `self`: what the method is called of; `any`: the first that `like` fits. Default: 0. */
  readonly path?: number | string
  /** Which argument has to be like what: a mode. */
  readonly when?: { readonly arg: number; readonly or?: string; readonly is: string }
  /** What the path, or what stands in its place, has to be like. */
  readonly like?: string
  readonly writes?: 'file' | 'directory' | 'database'
  /** It makes new files beside it, or puts others in its place: old logs, a lock. */
  readonly beside?: boolean
  /**
   * Only a write whose path ends in an unknown name, in a known folder, shows that the folder is filled; a file that is removed by
   * its full name need not exist.
   */
  readonly within?: boolean
  /** Where the path is left to the run another rule has told of it. */
  readonly known?: boolean
  /** It fails where the place is there already, unless the option of this name is given. */
  readonly fresh?: string
  /** The path that is taken where none is given, in the working folder. */
  readonly usual?: string
  /** What the file must say besides, as an expression: the module that the name comes from. */
  readonly of?: string
  /** The value may be a function that calls back with the path. */
  readonly called?: boolean
  /** What it names is removed, or given to another program. */
  readonly uses?: 'removes' | 'runs'
  /** What its value is; see source-values.ts. */
  readonly means?: string
}

type By = 'call' | 'new' | 'key' | 'name' | 'keyword'

/** Rules by what they are about and the last word of its name: most of a source's calls have none. */
export interface Language {
  readonly rules: Readonly<Record<By, ReadonlyMap<string, readonly NamedRule[]>>>
  readonly means: Readonly<Record<'call' | 'new' | 'name', ReadonlyMap<string, readonly NamedRule[]>>>
  /** Such a text may name something that is written. */
  readonly mayWrite: (text: string) => boolean
}

interface NamedRule {
  readonly name: string
  readonly rule: SourceRule
}

const TABLES: Readonly<Record<'go' | 'php' | 'python' | 'script', readonly object[]>> = { go, php, python, script }

/** Made when the first source in the language is read: most runs have none. */
const languageOf = memoizeByText((name): Language => {
  const rules: readonly SourceRule[] = TABLES[name as keyof typeof TABLES]
  const written = rules.filter(({ means }) => means === undefined)
  // Rules that ask the same of the file are looked for together.
  const groups = [...new Set(written.map(({ of = '' }) => of))].map((asked) => {
    const all = written.filter(({ of = '' }) => of === asked)
    return { isAsked: saysWord(asked), words: new RegExp(wordsOf(all).join('|')) }
  })
  return {
    rules: {
      call: byLastWord(written, 'call'),
      new: byLastWord(written, 'new'),
      key: byLastWord(written, 'key'),
      name: byLastWord(written, 'name'),
      keyword: byLastWord(written, 'keyword'),
    },
    means: {
      call: byLastWord(rules.filter(isMeaning), 'call'),
      new: byLastWord(rules.filter(isMeaning), 'new'),
      name: byLastWord(rules.filter(isMeaning), 'name'),
    },
    mayWrite: memoizeSearch(
      (text) =>
        !(name === 'script' && isPacked(text)) &&
        (DATABASE.test(text) || groups.some(({ isAsked, words }) => isAsked(text) && words.test(text))),
    ),
  }
})

/** Whether a text says what a rule asks for with `of`: each is asked for at every call of a source. */
export const saysWord = memoizeByText((of): ((text: string) => boolean) => {
  const words = new RegExp(`\\b(?:${of})`)
  return memoizeSearch((text) => words.test(text))
})

/**
 * Expressions of a text that one of the rules may apply to, one for all names that begin and end alike. A module's function is called of
 * the module, or by its own name alone where it was imported: `text.replace(` is none of `os.replace`.
 */
function wordsOf(rules: readonly SourceRule[]): readonly string[] {
  const byForm = new Map<string, Set<string>>()
  const add = (before: string, name: string, behind: string): void => {
    const form = `${before}(?:NAMES)${behind}`
    byForm.set(form, (byForm.get(form) ?? new Set()).add(name.replaceAll('.', '\\.')))
  }
  const modules = new Set<string>()
  for (const { call = [], new: made = [], key = [], name = [], keyword = [], whole, path, usual } of rules) {
    const given = path === 'self' || usual !== undefined ? '\\(' : '\\((?!\\))'
    for (const each of [...call, ...made]) {
      const last = lastWord(each)
      if (whole !== true || each !== last) add('\\b', each, given)
      if (whole === true || each !== last) add('(?<![.\\w])', last, given)
      if (each !== last) modules.add(each.slice(0, each.indexOf('.')))
    }
    for (const each of [...key, ...name, ...keyword]) add('\\b', lastWord(each), `["'\\]]{0,2}\\s{0,9}[:=(]`)
  }
  const named = [...modules].join('|')
  const words = [...byForm].map(([form, names]) => form.replace('NAMES', () => [...names].join('|')))
  return named === '' ? words : [...words, `\\bimport (?:${named}) as (?!(?:${named})\\b)`]
}

/** A database may be named anywhere. */
const DATABASE = /\b(?:sqlite3?|dbi:SQLite):/

/** Put together for browsers by a program: no person writes lines that are that long on average. */
function isPacked(text: string): boolean {
  return text.length > LEAST_PACKED && text.length / (text.split('\n').length + 1) > 200
}

const LEAST_PACKED = 2000

function isMeaning({ means }: SourceRule): boolean {
  return means !== undefined
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function byLastWord(rules: readonly SourceRule[], by: By): ReadonlyMap<string, readonly NamedRule[]> {
  const found = new Map<string, NamedRule[]>()
  for (const rule of rules)
    for (const name of rule[by] ?? []) found.set(lastWord(name), [...(found.get(lastWord(name)) ?? []), { name, rule }])
  return found
}

/** The rules that this name means, or that it ends with; a rule with a meaning, or a `whole` one, needs the full name. */
export function rulesNamed(rules: ReadonlyMap<string, readonly NamedRule[]>, name: string): readonly NamedRule[] {
  return (rules.get(lastWord(name)) ?? []).filter(({ rule, name: own }) => {
    const isWhole = rule.whole === true || (rule.means !== undefined && rule.path !== 'self')
    const isMeant = name === own || (!isWhole && name.endsWith(`.${own}`))
    // A method has something that it is called of.
    return isMeant && (rule.path !== 'self' || name !== own)
  })
}

/** The language of a source, and the grammar that reads it; null for those that only a run tells of. */
export function languageOfFile(
  path: string,
  text: string,
): { readonly language: Language; readonly grammar: Grammar } | null {
  const name = sourceName(path, text)
  const end = name.slice(name.lastIndexOf('.') + 1)
  switch (end) {
    case 'py':
      return { language: languageOf('python'), grammar: 'python' }
    case 'go':
      return { language: languageOf('go'), grammar: 'go' }
    case 'php':
      return { language: languageOf('php'), grammar: 'php' }
    case 'ts':
    case 'mts':
    case 'cts':
      return { language: languageOf('script'), grammar: 'typescript' }
    case 'tsx':
      return { language: languageOf('script'), grammar: 'tsx' }
    case 'js':
    case 'mjs':
    case 'cjs':
    case 'jsx':
      return { language: languageOf('script'), grammar: 'javascript' }
    default:
      return null
  }
}

/** The grammars that these sources are read with, where they name anything that is written. */
export function grammarsFor(texts: Iterable<readonly [path: string, text: string]>): ReadonlySet<Grammar> {
  const found = new Set<Grammar>()
  for (const [path, text] of texts) {
    const known = languageOfFile(path, text)
    if (known !== null && !found.has(known.grammar) && known.language.mayWrite(text)) found.add(known.grammar)
  }
  return found
}
