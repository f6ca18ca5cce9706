import { lineOf } from '../edit.ts'
import { nameOf, normalisePath } from '../path.ts'
import { sureConditions, testedWords } from '../shell/conditions.ts'
import {
  type Action,
  actionsBy,
  actionsOf,
  foldersIn,
  IN_PLACE,
  loopList,
  type ShellCommand,
  staticValue,
  toolOf,
  type Variables,
  type Word,
  type Writes,
  wordValues,
  writtenBy,
} from '../shell/index.ts'
import { type Functions, type GivenStart, type ReachedCommand, stepsOf, withUnset } from './first-start.ts'
import type { ReadScript, ScriptCommand } from './scripts.ts'

/** A file that a start script writes by itself, before what it starts does anything. */
export interface ScriptWrite {
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  /** 1-based. */
  readonly line: number
  readonly path: string
  /** `sed -i` writes a new file beside the old one and puts it in its place. */
  readonly replaces: boolean
  /** Only where something is not there yet, which the base does not have: a build step may still bring it. */
  readonly ifMissing: boolean
  /** Nothing of what was in it before is left. */
  readonly anew?: true
  /** It changes a file that is there already. */
  readonly edits?: true
  /** `path` is a folder, and which files of it, or of those below it, only the run tells. */
  readonly any?: 'inside' | 'below'
  /** A tool of the server's own configuration writes there, and nothing else. */
  readonly known?: 'folder' | 'tree'
}

/** What a start script writes in some cases only: a question stands before it that nobody can answer before it runs. */
export interface PossibleWrite extends ScriptWrite {
  /** The question, as the script asks it; '' where another script does. */
  readonly onlyIf: string
}

/**
 * What redirects, `tee`, `sed -i` and their like write: for certain, and in some cases only. Neither is what no start comes to, nor
 * what a variable says the path of.
 */
export function scriptWrites(
  script: ReadScript,
  start: GivenStart,
  sourced: Functions,
  /** What every start comes to. */
  certain: ReadonlySet<ShellCommand>,
): { readonly writes: readonly ScriptWrite[]; readonly possible: readonly PossibleWrite[] } {
  const { workdir } = start
  const moves = script.commands.some(({ command }) => command.name === 'cd' || command.name === 'pushd')
  const asked = askedFor(script)
  const isSure = !script.conditional || (script.by !== null && certain.has(script.by))
  const outside = !isSure ? (script.conditions.length > 0 ? script.conditions : ['']) : []
  const questions = ({ command, guarded }: ScriptCommand): readonly string[] | null =>
    guarded ? null : asked !== null && command.span.start > asked.at ? [...outside, asked.question] : outside
  const same = ({ command, variables }: ReachedCommand): string =>
    writesOf(command)
      .map(({ path }) => staticValue(path.text, variables))
      .join(' ')
  const found = [
    ...stepsOf(script, questions, start, same, sourced).flatMap((step) =>
      singleWrites(step).map((write) => ({ ...step, write })),
    ),
    ...folderWrites(),
  ]
  // Of a place that it asks whether it may write there it does without where it may not.
  const asksFor = new Set(
    testedWords(script.text, 'w').flatMap((word) => {
      const path = staticValue(word, script.variables)
      return path === null || path === '' ? [] : [normalisePath(path, workdir)]
    }),
  )
  const possible = found.flatMap(({ write, undecided, fixed }) =>
    undecided.length === 0 || asksFor.has(write.path) || undecided.some((one) => ASKS_ITSELF.test(one))
      ? []
      : [{ ...write, onlyIf: questionOf(undecided, fixed) }],
  )
  return { writes: found.flatMap(({ write, undecided }) => (undecided.length === 0 ? [write] : [])), possible }

  function singleWrites({ command, script: of, variables, ifMissing }: ReachedCommand): readonly ScriptWrite[] {
    const line = lineOf(of.text, command.span.start)
    const all = writesOf(command).flatMap(({ path: { text }, ...write }) => {
      const isOpen = staticValue(text, variables) === null
      const values = isOpen ? wordValues(text, command, { ...of, variables }) : null
      return (values ?? [text]).map((each) => ({ ...write, text: each }))
    })
    return all.flatMap(({ text, replaces, into, anew, edits, known }): readonly ScriptWrite[] => {
      const path = staticValue(text, variables)
      const folder = path === null ? folderOf(text) : null
      if (folder !== null) return [{ script: of.path, line, path: folder, replaces, ifMissing, any: 'inside' }]
      if (path === null || path === '') return []
      const from = moves && !path.startsWith('/') ? (foldersIn(script).get(command) ?? null) : workdir
      if (from === null) return []
      const at = normalisePath(path, from)
      const isFolder = into === true || start.files?.entry(at)?.type === 'directory'
      const more = { ...(anew === true ? { anew } : {}), ...(edits === true ? { edits } : {}) }
      const write = { script: of.path, line, path: at, replaces, ifMissing, ...more }
      return [isFolder ? { ...write, any: 'inside', ...(known === undefined ? {} : { known }) } : write]
    })
  }

  /** A loop goes over what is there: its files are what the script is about. */
  function folderWrites(): readonly (Pick<ReachedCommand, 'undecided' | 'fixed'> & { readonly write: ScriptWrite })[] {
    const open = new Map<ShellCommand, readonly string[]>()
    for (const each of script.commands) {
      const before = questions(each)
      if (before !== null) open.set(each.command, before)
    }
    return folderEdits([...open.keys()], script.variables)
      .filter(({ folder }) => !moves || folder.startsWith('/'))
      .map(({ command, folder, deep }) => ({
        undecided: [...(open.get(command) ?? []), ...unansweredIn(command, script, start)],
        fixed: new Map<string, string>(),
        write: {
          script: script.path,
          line: lineOf(script.text, command.span.start),
          path: normalisePath(folder, workdir),
          replaces: true,
          ifMissing: false,
          any: deep ? 'below' : 'inside',
        },
      }))
  }
}

/** Files that the branch for root alone makes: what it hands over by that name is no folder. */
export function rootWrites({ commands, variables }: ReadScript, { workdir }: GivenStart): readonly string[] {
  const written = commands.flatMap(({ command, guarded }) => (guarded ? writesOf(command) : []))
  return written.flatMap(({ path: { text }, into }) => {
    const path = into === true ? null : staticValue(text, variables)
    return path === null || path === '' ? [] : [normalisePath(path, workdir)]
  })
}

/** Of `"/srv/app-$VERSION"` the folder: what is made in it has a name that only the run tells. */
function folderOf(text: string): string | null {
  const folder = /^["']?(\/[\w./-]*[\w-])\/[\w.-]*\$[^/]*$/.exec(text.replace(/["']/g, ''))?.[1]
  return folder === undefined ? null : normalisePath(folder)
}

/** The questions on which a command depends that changes all files of a folder; a function may not be called at all. */
function unansweredIn(
  { conditions, functionName }: ShellCommand,
  script: ReadScript,
  start: GivenStart,
): readonly string[] {
  const asked = conditions.filter((one) => !/^for\s/.test(one))
  const known = { ...start, variables: withUnset(asked, script, script.variables) }
  const open = asked.filter((one) => !sureConditions([one], known).holds)
  return functionName === null ? open : [...open, '']
}

/** Of several that which a variable answers, in a line; what the script itself says is no question. */
function questionOf(undecided: readonly string[], fixed: Variables): string {
  const said = undecided.map((one) =>
    one.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (all, braced?: string, bare?: string) => {
      return fixed.get(braced ?? bare ?? '') ?? all
    }),
  )
  const asked = said.find((one) => /\$\{?[A-Za-z_]/.test(one)) ?? said.find((one) => one !== '') ?? ''
  const text = asked
    .replace(/^! (.*(?:&&|\|\|).*)$/s, '! ($1)')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^case (\S+) in (.*)$/, '$1 is $2')
    .replace(/(?:;| ) ?do$/, '')
    .replace(/^for /, 'there is something to do for ')
  return text.length > LONGEST_QUESTION ? `${text.slice(0, LONGEST_QUESTION)}…` : text
}

const ASKS_ITSELF = /^(\[\[?|test)\s+-w\s/

const LONGEST_QUESTION = 80

/** The answer to `[ "${AUTOTUNE:-}" ] || exit 0`, `[ -z "$AUTOTUNE" ] && exit`: nothing is done unless somebody asks for it. */
const UNSET = /^(?:! (?:\[\[?|test)\s+(?:-n\s+)?|(?:\[\[?|test)\s+-z\s+)"?\$\{?([A-Z]\w*)(?::-)?\}?"?\s*(?:\]\]?)?;?$/

/** From where on the script goes on only where a variable is set that the image does not set; null where nowhere. */
function askedFor({ commands, variables }: ReadScript): { readonly at: number; readonly question: string } | null {
  for (const { command } of commands) {
    const { name, words, conditions, functionName, span } = command
    if (name !== 'exit' || functionName !== null || conditions.length !== 1 || !/^0?$/.test(words[1]?.text ?? ''))
      continue
    const variable = UNSET.exec(conditions[0] ?? '')?.[1]
    if (variable !== undefined && !variables.has(variable)) return { at: span.start, question: `[ -n "$${variable}" ]` }
  }
  return null
}

/** What a command writes, as its words say it. */
function writesOf(command: ShellCommand): readonly Writes[] {
  return actionsOf(command).flatMap(writtenBy)
}

/** A folder of which a script changes files in place, whatever they are called. */
interface FolderEdit {
  readonly command: ShellCommand
  readonly folder: string
  /** Also files in the folders below. */
  readonly deep: boolean
}

/** `find /srv -exec sed -i …`, `grep -rl x /srv | xargs sed -i …`, `sed -i … /srv/*.js`, and `sed -i … "$f"` in a loop over them. */
function folderEdits(commands: readonly ShellCommand[], variables: Variables): readonly FolderEdit[] {
  return commands.flatMap((command, index): readonly FolderEdit[] => {
    const { tool, args } = toolOf(command)
    const texts = [tool, ...args.map(({ text }) => text)]
    const edits = texts.findIndex((word) => nameOf(word) === 'sed')
    if (edits < 0 || !texts.slice(edits).some((word) => IN_PLACE.test(word))) return []
    const of = (places: readonly EditedPlace[]): readonly FolderEdit[] => places.map((place) => ({ command, ...place }))
    if (tool === 'find') return of(searched(texts, variables))
    if (tool === 'xargs') {
      const before = command.connector === '|' ? commands[index - 1] : undefined
      return before === undefined
        ? []
        : of(
            searched(
              before.words.map(({ text }) => text),
              variables,
            ),
          )
    }
    return tool === 'sed' ? of(texts.slice(1).flatMap((word) => placesOf(word, command, variables))) : []
  })
}

type EditedPlace = Pick<FolderEdit, 'folder' | 'deep'>

/** Where find(1) and `grep -r` look: the operands up to the first test, or the last one. */
function searched([tool, ...rest]: readonly string[], variables: Variables): readonly EditedPlace[] {
  const end = rest.findIndex((word) => /^[-(!\\]/.test(word))
  const found = tool === 'find' ? rest.slice(0, end < 0 ? rest.length : end) : tool === 'grep' ? rest.slice(-1) : []
  return found.flatMap((word) => {
    const folder = staticValue(word, variables)
    return folder === null ? [] : [{ folder, deep: true }]
  })
}

/** A pattern, or the variable of a loop over some. */
function placesOf(word: string, { conditions }: ShellCommand, variables: Variables): readonly EditedPlace[] {
  const name = /^"?\$\{?(\w+)\}?"?$/.exec(word)?.[1]
  if (name === undefined) return ofPattern(word, variables)
  const list = loopList(name, conditions)
  const substituted = /^"?(?:\$\(|\x60)\s*(find|ls)\s+(?:-\w+\s+)*([^\s)\x60]+)/.exec(list)
  const folder = substituted === null ? null : staticValue(substituted[2] ?? '', variables)
  if (folder !== null && substituted?.[1] === 'find') return [{ folder, deep: true }]
  return (substituted === null ? list : (substituted[2] ?? ''))
    .split(/\s+/)
    .flatMap((each) => ofPattern(each, variables))
}

function ofPattern(word: string, variables: Variables): readonly EditedPlace[] {
  const at = word.search(/[*?[]/)
  if (at < 0 || !word.includes('/') || /^['"]?s[|/#,]/.test(word)) return []
  const quote = /^["']/.test(word) ? (word[0] ?? '') : ''
  const before = word.slice(0, at)
  const text = before.slice(0, before.lastIndexOf('/'))
  const isClosed = quote === '' || text.slice(1).includes(quote)
  const folder = staticValue(isClosed ? text : `${text}${quote}`, variables)
  return folder === null || folder === '' ? [] : [{ folder, deep: word.slice(at).includes('/') }]
}

/** What a start script does to a path that only the run decides. */
export interface OpenWrite {
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  readonly line: number
  readonly tool: string
  /** The word that says where, as the script has it. */
  readonly word: string
  /** A question on the same variable stands before it: nothing is done unless somebody sets it. */
  readonly asked: boolean
}

/** Targets of what makes, removes, links, copies, moves and writes that the text of the scripts does not tell. */
export function openWrites(script: ReadScript, start: GivenStart, sourced: Functions): readonly OpenWrite[] {
  const temporary = new Set(
    script.commands.flatMap(({ command }) =>
      actionsBy(command, 'sets').flatMap(({ name, text }) => (MADE_BY_MKTEMP.test(text) ? [name] : [])),
    ),
  )
  const questions = ({ guarded }: ScriptCommand): readonly string[] | null => (guarded ? null : [])
  const found = new Map<string, OpenWrite>()
  for (const { command, script: of, variables, undecided } of stepsOf(script, questions, start, () => '', sourced)) {
    if (command.within !== 'script') continue
    const { tool } = toolOf(command)
    for (const { text: word } of actionsOf(command).flatMap(targetsOf)) {
      if (!word.includes('$') && !word.includes('`')) continue
      const names = [...word.matchAll(/\$\{?[!#]?(\w+)/g)].map(([, name = '']) => name)
      if (HARMLESS_TARGET.test(word) || names.some((name) => temporary.has(name))) continue
      if (
        staticValue(word.replace(/(?<=\/)[^/"'$]{0,255}[*?][^"'$]*/, ''), variables) !== null ||
        folderOf(word) !== null
      )
        continue
      if (wordValues(word, command, { ...of, variables }) !== null) continue
      // The folder whose files it edits one after another is asked for.
      if (tool === 'sed' && placesOf(word, command, variables).length > 0) continue
      const line = lineOf(of.text, command.span.start)
      const asked = undecided.some((one) => names.some((name) => new RegExp(String.raw`\$\{?${name}\b`).test(one)))
      found.set(`${of.path} ${line}`, { script: of.path, line, tool, word, asked })
    }
  }
  return [...found.values()]
}

const MADE_BY_MKTEMP = /^["']?(?:\$\(|`)\s*mktemp\b/

/** `$HOME` is the new user's; what a program is told to make in the place for temporary files is there for everybody. */
const HARMLESS_TARGET =
  /^["']?(?:\$\{?HOME\b|\$\{?(?:TMP|TEMP)(?:DIR)?\b|\/tmp\b|\/dev\/|\/proc\/|\/run\/|\/var\/run\/)|mktemp|^["']?[&\d-]*["']?$/

function targetsOf(action: Action): readonly Word[] {
  if (action.kind === 'removes') return action.paths
  if (action.kind === 'makes') return action.tool === 'mkdir' ? action.folders : []
  return writtenBy(action).flatMap(({ path, known }) => (known === undefined ? [path] : []))
}
