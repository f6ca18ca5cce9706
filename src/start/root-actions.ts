import { bounds } from '../bounds.ts'
import { lineOf } from '../edit.ts'
import { isWithin, nameOf, normalisePath } from '../path.ts'
import { testedWords } from '../shell/conditions.ts'
import {
  type Action,
  actionsBy,
  actionsOf,
  foldersIn,
  IN_PLACE,
  isRoots,
  programIndex,
  staticValue,
  toolOf,
  type Word,
  wordValues,
} from '../shell/index.ts'
import { onlyAsOther, rootQuestions } from '../shell/root-checks.ts'
import type { ReadScript, ScriptCommand } from './scripts.ts'

/** Something that a start script does and that takes root, or more than the service needs. */
export interface RootAction {
  readonly action: 'chown' | 'chgrp' | 'chmod' | 'mkdir' | 'account' | 'mount' | 'install' | 'setcap'
  readonly tool: string
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  readonly line: number
  readonly text: string
  /** Paths it works on, as far as they are static (the image's ENV filled in). */
  readonly paths: readonly string[]
  /** Some path is decided at run time. */
  readonly dynamic: boolean
  readonly recursive: boolean
  /** `user[:group]` of a chown, the mode of a chmod. */
  readonly value: string | null
  /** Skipped when the container does not start as root. */
  readonly guarded: boolean
  /** Its failure ends the script. */
  readonly fatal: boolean
  /** Nothing before it is joined to it. */
  readonly begins: boolean
}

/** Relative paths are meant from where the script is then. */
export function rootActions(script: ReadScript): readonly RootAction[] {
  const own = ownerVariables(script)
  const moves = script.commands.some(({ command }) =>
    actionsBy(command, 'changes-folder').some(({ tool }) => tool !== 'popd'),
  )
  return script.commands.flatMap((entry) => {
    const action = actionOf(entry, script)
    if (action === null) return []
    const folder = foldersIn(script).get(entry.command) ?? (moves ? null : script.workdir)
    const paths = action.paths.filter((path) => path.startsWith('/') || folder !== null)
    const dynamic = action.dynamic || paths.length < action.paths.length
    const isOwn = own.size > 0 && action.action === 'chown' && own.has(ownerNamed(entry.command))
    return [
      {
        ...action,
        dynamic,
        guarded: action.guarded || isOwn,
        paths: paths.map((path) => normalisePath(path, folder ?? '/')),
      },
    ]
  })
}

/** Variables that hold the script's own user where it is not root: to give such a one its own files is nothing that root alone may. */
function ownerVariables({ text, commands }: ReadScript): ReadonlySet<string> {
  const found = new Set<string>()
  if (!text.includes('id -u') && !/\bE?UID\b/.test(text)) return found
  const questions = rootQuestions(
    text,
    commands.map(({ command }) => command),
  )
  for (const { command } of commands) {
    if (!onlyAsOther(command.conditions, questions)) continue
    for (const { name, text: said } of command.assignments) {
      const [, value = ''] = /=["']?(.*?)["']?$/s.exec(said) ?? []
      const of = /^\$\{?(\w+)\}?$/.exec(value)?.[1] ?? ''
      if (/^(\$\(|\x60)\s*id -un?\s*(\)|\x60)$/.test(value) || questions.variables.has(of)) found.add(name)
    }
  }
  return found
}

/** The variable that stands for whom a chown gives something to; '' for another one. */
function ownerNamed(command: ScriptCommand['command']): string {
  const [owner] = actionsBy(command, 'hands-over').map((action) => action.owner?.text ?? '')
  return /^"?\$\{?(\w+)\}?"?(?=$|[:.])/.exec(owner ?? '')?.[1] ?? ''
}

/** A question of a start script whether something is there, by which it decides what to do. */
export interface AskedPath {
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  readonly path: string
}

/**
 * Places that a start script asks for (`[ -d X ]`, `[ ! -e X ]`) before it does more than to make them and to hand them over:
 * who puts something there beforehand answers the question.
 */
export function askedPaths({ commands, path, text, variables, workdir }: ReadScript): readonly AskedPath[] {
  const found = new Set<string>()
  for (const { command } of commands) {
    if (command.conditions.length === 0 || command.within === 'trap') continue
    const isOpen = !isHarmless(command)
    if (!isOpen && command.assignments.length === 0) continue
    const tests = command.conditions.filter((one) => TESTS.test(one))
    const asked = tests.flatMap((one) => testedWords(one, 'defs'))
    for (const word of asked) {
      const place = staticValue(word, variables)
      const isAbsolute = place?.startsWith('/') === true
      if (!place || !(isAbsolute || !text.includes('cd '))) continue
      const asked = normalisePath(place, workdir)
      // `[ -d /cache ] && base=/cache/x`: where the folder is there all goes into it.
      const isChosen = command.assignments.some(({ value }) => value !== null && isWithin(value, asked))
      if (isOpen || isChosen) found.add(asked)
    }
  }
  return [...found].map((each) => ({ script: path, path: each }))
}

const TESTS = /(?:^|[\s(])(?:\[|test\s)/
/** It does the same to what is there already, says something, or ends the start. */
function isHarmless(command: ScriptCommand['command']): boolean {
  return command.words.length === 0 || HARMLESS.test(toolOf(command).tool)
}

const HARMLESS =
  /^(mkdir|chown|chgrp|chmod|install|exit|return|true|false|:|test|\[\[?|set|cd|ls|printf|stat|id|date|basename|dirname|readlink|realpath)$|(^|_)(echo|log|info|warn|error|debug|print)/i

function actionOf({ command, guarded, fatal }: ScriptCommand, script: ReadScript): RootAction | null {
  if (command.words.length === 0) return null
  const at = programIndex(command.words)
  // An option may stand in a variable, and a loop gives a word several values.
  const words = command.words.slice(at).flatMap((word, index): readonly Word[] => {
    const value = word.value ?? staticValue(word.text, script.variables)
    const all = value === null && index > 0 ? wordValues(word.text, command, script) : null
    return all === null ? [{ text: word.text, value }] : all.map((each) => ({ text: each, value: each }))
  })
  const [found] = actionsOf({ words }).flatMap((action) => workOf(action) ?? [])
  if (found === undefined) return null
  const { start, end } = command.span
  return {
    tool: nameOf(words[0]?.value ?? ''),
    script: script.path,
    line: lineOf(script.text, start),
    text: script.text.slice(start, end),
    guarded,
    fatal,
    begins: /^[;&]?$/.test(command.connector),
    ...found,
  }
}

type ActionParts = Pick<RootAction, 'action' | 'paths' | 'dynamic' | 'value' | 'recursive'>

/** What of an action takes root; null for another one. */
function workOf(action: Action): ActionParts | null {
  switch (action.kind) {
    case 'hands-over':
      return parts(action.tool, action.paths, action)
    case 'sets-mode':
      return parts('chmod', action.paths, { owner: action.mode, recursive: action.recursive })
    case 'makes':
      return parts(action.tool, action.folders)
    case 'puts': {
      const isGiven = action.tool === 'install' && action.options.some((option) => /^-\w*[og]/.test(option))
      return isGiven ? parts('install', [...action.sources, action.to]) : null
    }
    case 'changes-accounts':
      return parts('account', [])
    case 'sets-capabilities':
      return parts('setcap', action.paths)
    case 'mounts':
      return parts('mount', action.paths)
    default:
      return null
  }
}

function parts(
  action: RootAction['action'],
  words: readonly Word[],
  { owner, recursive }: { readonly owner: Word | null; readonly recursive: boolean } = {
    owner: null,
    recursive: false,
  },
): ActionParts {
  const paths = words.flatMap(({ value }) => (value === null || value === '' ? [] : [value]))
  return { action, paths, dynamic: paths.length < words.length, value: owner?.value ?? null, recursive }
}

/** A variable of the environment that tells a start script a uid or gid: whom its program runs as, or whose its files are. */
export interface ToldId {
  readonly variable: string
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  readonly line: number
}

/** Of scripts that share their variables, each variable once. */
export function toldIds(scripts: readonly ReadScript[], environment: ReadonlyMap<string, string>): readonly ToldId[] {
  const values = new Map<string, string[]>()
  for (const { commands } of scripts)
    for (const { command } of commands)
      for (const { name, text } of command.assignments) {
        const value = text.replace(/^\w+=/, '')
        const before = values.get(name)
        if (before === undefined) values.set(name, [value])
        else if (before.length < bounds.shellConditions) before.push(value)
      }
  const found = new Map<string, ToldId>()
  for (const { path, text, commands } of scripts)
    for (const { command } of commands)
      for (const { word, isId } of actionsOf(command).flatMap(idWords))
        for (const variable of variablesIn(word).flatMap((name) => originsOf(name, values))) {
          if (found.has(variable) || !(isId || looksLikeId(variable, word, values, environment))) continue
          found.set(variable, { variable, script: path, line: lineOf(text, command.span.start) })
        }
  return [...found.values()]
}

/** Texts of the words that name an owner, a user or an id; `isId`: it can be nothing but a number. */
function idWords(action: Action): readonly { readonly word: string; readonly isId: boolean }[] {
  if (action.kind === 'changes-accounts') {
    const options = /group/.test(action.tool) ? /^(-\w*g|--gid)$/ : /^(-\w*u|--uid)$/
    return action.words.flatMap(({ text }, index) => {
      const [name = '', ...value] = text.split('=')
      if (value.length > 0 && /^--[ug]id$/.test(name)) return [{ word: value.join('='), isId: true }]
      return options.test(action.words[index - 1]?.text ?? '') ? [{ word: text, isId: true }] : []
    })
  }
  const named =
    action.kind === 'hands-over'
      ? [action.owner]
      : action.kind === 'switches-user' && !isRoots(action.found)
        ? [action.found.user, action.found.group]
        : []
  return named.flatMap((word) => (word === null ? [] : [{ word: word.text, isId: false }]))
}

function variablesIn(text: string): readonly string[] {
  return /\$\(|`/.test(text) ? [] : [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? [])
}

/** The shell's own, and what every session has. */
const NOT_TOLD = /^(UID|EUID|GROUPS|HOME|USER|LOGNAME|PWD|RANDOM|HOSTNAME)$/

/** Whence a variable has its value: `LUID=${LOCAL_UID:-0}`. Nowhere, where a command or the script itself says it. */
function originsOf(
  name: string,
  values: ReadonlyMap<string, readonly string[]>,
  above: readonly string[] = [],
): readonly string[] {
  const texts = values.get(name)
  if (NOT_TOLD.test(name) || above.includes(name)) return []
  if (texts === undefined) return [name]
  return texts.flatMap((text) =>
    variablesIn(text).flatMap((other) => (other === name ? [name] : originsOf(other, values, [...above, name]))),
  )
}

/** Its name, its default or what the image sets says that it is a number. */
function looksLikeId(
  name: string,
  word: string,
  values: ReadonlyMap<string, readonly string[]>,
  environment: ReadonlyMap<string, string>,
): boolean {
  if (/[UG]ID(_|$)/i.test(name) || /^\d+$/.test(environment.get(name) ?? '')) return true
  const texts = [word, ...[...values.values()].flat()]
  return texts.some((text) => text.includes(`{${name}:-`) && /:-\d+\}/.test(text))
}

/** A command of the branch for root that no other user comes to. */
export interface RootOnlyWork {
  /** The script; null for the text of `sh -c`. */
  readonly script: string | null
  readonly line: number
  /** The command as the script has it, in one line. */
  readonly text: string
}

/**
 * What the script does behind its question for root and nobody else does: not the accounts, owners and folders that it prepares, nor
 * the switch itself, nor what the other branch does too.
 */
export function rootOnlyWork(script: ReadScript): readonly RootOnlyWork[] {
  const guarded = script.commands.filter((one) => one.guarded && one.command.within === 'script')
  if (guarded.length === 0) return []
  const open = script.commands.filter((one) => !one.guarded)
  const wordsOf = ({ command }: ScriptCommand): string =>
    command.words
      .slice(programIndex(command.words))
      .map(({ text }) => text)
      .join(' ')
  const nameIn = ({ command }: ScriptCommand): string => nameOf(command.words[programIndex(command.words)]?.text ?? '')
  const others = new Set(open.map(wordsOf))
  const called = new Set(open.filter(({ command }) => command.functionName === null).map(nameIn))
  const bodies = new Map<string, readonly ScriptCommand[]>()
  for (const one of script.commands) {
    const { functionName } = one.command
    if (functionName !== null) bodies.set(functionName, [...(bodies.get(functionName) ?? []), one])
  }
  const prepares = (one: ScriptCommand, depth: number): boolean => {
    const { command } = one
    const name = nameIn(one)
    const body = bodies.get(name)
    if (body !== undefined) return called.has(name) || (depth < 3 && body.every((each) => prepares(each, depth + 1)))
    const words = command.words.slice(programIndex(command.words))
    if (command.words.length === 0 || words.length === 0) return true
    // A word that a variable decides is the program itself, which the other branch starts too.
    if (name === '' || name.includes('$') || words[0]?.text.includes('$') === true) return true
    if (makesFile(one)) return depth === 0 && others.has(wordsOf(one))
    if (PREPARES.test(name) || actionsOf(command).some(isPreparation)) return true
    if (depth === 0 && others.has(wordsOf(one))) return true
    const isInPlace = words.some(({ text }) => IN_PLACE.test(text))
    return (name === 'sed' || name === 'perl') && !isInPlace && command.redirects.length === 0
  }
  return guarded
    .filter(({ command }) => command.functionName === null)
    .filter((one) => !prepares(one, 0))
    .map(({ command }) => ({
      script: script.path,
      line: lineOf(script.text, command.span.start),
      text: script.text.slice(command.span.start, command.span.end).replace(/\s+/g, ' '),
    }))
}

function isPreparation(action: Action): boolean {
  return action.kind === 'changes-accounts' || (action.kind === 'switches-user' && !isRoots(action.found))
}

/** Whatever makes it, a file that only root writes is one that another user does not find. */
function makesFile({ command }: ScriptCommand): boolean {
  return actionsBy(command, 'writes').some(
    ({ tool, path }) => tool.includes('>') && /^["']?(?!\/(?:dev|proc)\/)[$/.\w]/.test(path.text),
  )
}

/** It prepares what another user then finds, says something, or asks. */
const PREPARES =
  /^(chown|chgrp|chmod|mkdir|install|touch|setfacl|mkhomedir_helper|find|xargs|stat|id|getent|groups|whoami|ls|cat|cut|awk|gawk|grep|egrep|head|tail|tr|sort|uniq|wc|test|\[|\[\[|\[\]|:|true|false|exit|return|break|continue|exec|set|shift|local|declare|typeset|export|readonly|unset|cd|pushd|popd|umask|shopt|ulimit|read|command|type|which|hash|trap|wait|sleep|date|env|eval|dirname|basename|readlink|realpath|expr|seq|let|\(\(|deluser|delgroup|gosu|su-exec|su|sudo|runuser|setpriv|s6-setuidgid|setuidgid|chpst|chroot|capsh|tini|dumb-init|\.|source)$|(^|_)(echo|printf|log|info|warn(ing)?|error|err|debug|msg|print|note|die|fatal|usage)(_|$)/i
