import { dirname, join, resolve } from 'node:path'
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { lineOf } from '../edit.ts'
import { HardenError } from '../errors.ts'
import { staysIn } from '../files-in.ts'
import { repeatedKey, yamlExcess } from '../manifests/yaml/file.ts'
import { nearestName } from '../words.ts'
import { readFound, readText } from './files.ts'
import { messageOf, onTop, type SettingName, type Settings, settingNames, settings as table } from './settings.ts'
import { type SmokeSetting, shortened } from './smoke.ts'
import { allowedRootOf } from './trust.ts'
import type { LeftOut } from './work-item.ts'

/** What a configuration file sets, and what of it only the caller may say. */
export interface Config {
  readonly settings: Partial<Settings>
  /** For files that any of these patterns (as in .gitignore, from the folder of the configuration) names, the last one first of all. */
  readonly overrides: readonly Override[]
  /** Nothing of the folders above holds below it. */
  readonly isRoot: boolean
  readonly leftOut: readonly LeftOut[]
}

interface Override {
  readonly files: readonly string[]
  readonly settings: Partial<Settings>
}

/** Configurations that build on each other, one on the next. */
const MOST_EXTENDED = 10

/**
 * Reads and checks a configuration file. `isTrusted`: it may say what is done on this machine; else it may not be a link that leads
 * out of its repository either. Throws HardenError `bad-config` with the line, `unreadable` without a file.
 */
export async function readConfig(
  path: string,
  name: string,
  transforms: readonly string[],
  isTrusted: boolean,
): Promise<Config> {
  return read({ path, name, transforms, isTrusted, allowedRoot: allowedRootOf(path), chain: [path] })
}

interface Reading {
  readonly path: string
  readonly name: string
  readonly transforms: readonly string[]
  readonly isTrusted: boolean
  /** What a file that nobody trusts may build on lies in there, whichever file names it. */
  readonly allowedRoot: string
  /** The files that have led here, this one last. */
  readonly chain: readonly string[]
}

async function read(reading: Reading): Promise<Config> {
  const { path, name, transforms, isTrusted, allowedRoot } = reading
  const text = isTrusted ? await readText(path, name) : readFound(path, name, allowedRoot)
  const { settings: said, overrides: over, bases, isRoot, lineOf } = parse(text, name, transforms)
  const folder = dirname(path)
  const leftOut: LeftOut[] = []
  const held = (settings: Partial<Settings>, at: readonly (string | number)[]): Partial<Settings> => {
    if (isTrusted) return settings
    const placeOf = (below: readonly (string | number)[]) => `${name}:${lineOf([...at, ...below])}`
    const kept = withoutHostSettings(settings, { folder, allowedRoot, placeOf })
    leftOut.push(...kept.leftOut)
    return kept.settings
  }
  const own = held(said, [])
  const overrides = over.map(({ files, settings }, index) => ({
    files,
    settings: held(settings, ['overrides', index]),
  }))
  const under = await Promise.all(bases.map((base, index) => readBase(reading, base, lineOf(['extends', index]))))
  return {
    settings: [...under.map(({ settings }) => settings), own].reduce(onTop, {}),
    overrides,
    isRoot,
    leftOut: [...under.flatMap((base) => base.leftOut), ...leftOut],
  }
}

/** What a file builds on: its settings, but for what is said of places below its own folder. */
async function readBase({ path, name, chain, ...reading }: Reading, base: string, line: number): Promise<Config> {
  const file = resolve(dirname(path), base)
  const fail = (message: string, hint: string): never => {
    throw new HardenError('bad-config', `${name}:${line}: extends ${shortened(base)}${message}`, { line, hint })
  }
  if (base.includes('://')) fail(': nothing is fetched', 'name a file of the repository')
  if (chain.includes(file)) fail(', which builds on this file', 'take one of both out')
  if (chain.length >= MOST_EXTENDED) fail(`: more than ${MOST_EXTENDED} files build on each other`, 'build on fewer')
  if (!reading.isTrusted && !staysIn(reading.allowedRoot, file))
    fail(`, which lies outside of ${reading.allowedRoot}`, 'name a file of the repository')
  const config = await read({ ...reading, path: file, name: join(dirname(name), base), chain: [...chain, file] })
  const { exclude: _, context, ...settings } = config.settings
  const placed = context == null ? {} : { context: resolve(dirname(file), context) }
  return { ...config, settings: { ...settings, ...placed } }
}

/** Of YAML or JSON text. Pure. `transforms`: the names that `ignore` may list. */
export function parseConfig(text: string, name: string, transforms: readonly string[]): Partial<Settings> {
  return parse(text, name, transforms).settings
}

interface ParsedConfig {
  readonly settings: Partial<Settings>
  readonly overrides: readonly Override[]
  /** Files that it builds on, as written. */
  readonly bases: readonly string[]
  readonly isRoot: boolean
  /** Of a value by its path, 1-based. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

function parse(text: string, name: string, transforms: readonly string[]): ParsedConfig {
  const lines = new LineCounter()
  const fail = (message: string, offset: number | undefined, hint?: string): never => {
    const line = offset === undefined ? undefined : lines.linePos(offset).line
    throw new HardenError('bad-config', `${line === undefined ? name : `${name}:${line}`}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(line === undefined ? {} : { line }),
    })
  }
  const excess = yamlExcess(text)
  if (excess !== null)
    throw new HardenError('bad-config', `${name}:${lineOf(text, excess.offset)}: ${excess.reason}`, {
      hint: 'docs/reference/configuration.md shows what it holds',
    })
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false })
  const problems: Problem[] = document.errors.map(({ message, pos }) => ({
    message: firstLine(message),
    offset: pos[0],
  }))
  const failAll = (): void => {
    const [first, ...others] = problems
    if (first === undefined) return
    const placed = others.map(({ message, offset }) =>
      offset === undefined ? `; ${message}` : `; line ${lines.linePos(offset).line}: ${message}`,
    )
    const hint = others.length === 0 ? first.hint : undefined
    fail([first.message, ...placed].join(''), first.offset, hint)
  }
  failAll()
  const twice = repeatedKey(document)
  if (twice !== null) fail(firstLine(twice.reason), twice.offset)
  const root = document.contents
  // An empty file or one of comments only sets nothing.
  if (root === null || (isScalar(root) && root.value === null))
    return { settings: {}, overrides: [], bases: [], isRoot: false, lineOf: () => 1 }
  if (!isMap(root)) return fail('the configuration must be a map of settings', root.range?.[0])

  const settingsIn = (map: YAMLMap, at: readonly (string | number)[], others: readonly string[]): Partial<Settings> => {
    const settings: Partial<Record<SettingName, unknown>> = {}
    for (const pair of map.items) {
      const { key, value, offset } = entryOf(pair)
      if (others.includes(key)) continue
      if (!isSettingName(key)) {
        const meant = nearestName(key, [...settingNames, ...others])
        const hint = meant ? `did you mean ${meant}?` : `there are ${settingNames.join(', ')}`
        problems.push({ message: `unknown setting "${shortened(key)}"`, offset, hint })
        continue
      }
      const wrong = table[key].form.check(value)
      if (wrong !== null) {
        const below = typeof wrong === 'string' ? [] : wrong.at
        const place = below.length === 0 ? offset : offsetOf(document, [...at, key, ...below])
        problems.push({ message: `${key} ${messageOf(wrong)}`, offset: place })
        continue
      }
      const unknown = key === 'ignore' && (value as readonly string[]).find((entry) => !transforms.includes(entry))
      if (typeof unknown === 'string') {
        const message = `ignore names "${shortened(unknown)}", which is not a transform`
        problems.push({ message, offset, hint: 'list them with harden-image transforms' })
      }
      settings[key] = value
    }
    // Each value has passed the check of its name.
    return settings as Partial<Settings>
  }
  // `$schema` is for editors.
  const settings = settingsIn(root, [], ['$schema', 'root', 'extends', 'overrides'])
  const texts = (name: string, at: readonly (string | number)[]): readonly string[] => {
    const node = document.getIn([...at, name], true)
    const value: unknown = isNode(node) ? node.toJS(document) : node
    const all: readonly unknown[] = value == null ? [] : Array.isArray(value) ? value : [value]
    if (all.every((one) => typeof one === 'string' && one.trim() !== '')) return all as readonly string[]
    problems.push({ message: `${name} must be text, or a list of texts`, offset: offsetOf(document, [...at, name]) })
    return []
  }
  const bases = texts('extends', [])
  const isRoot: unknown = root.get('root') ?? false
  if (typeof isRoot !== 'boolean')
    problems.push({ message: 'root must be true or false', offset: offsetOf(document, ['root']) })
  const listed = root.get('overrides')
  const entries = isSeq(listed) ? listed.items : []
  if (listed != null && !isSeq(listed))
    problems.push({ message: 'overrides must be a list', offset: offsetOf(document, ['overrides']) })
  const overrides = entries.flatMap((entry, index) => {
    const at = ['overrides', index]
    const offset = offsetOf(document, at)
    if (!isMap(entry)) {
      problems.push({ message: 'each of overrides must be a map with files', offset })
      return []
    }
    const files = texts('files', at)
    if (files.length === 0) problems.push({ message: 'each of overrides says which files it is for', offset })
    if (entry.has('exclude'))
      problems.push({ message: 'exclude stands in no overrides', offset: offsetOf(document, [...at, 'exclude']) })
    return [{ files, settings: settingsIn(entry, at, ['files']) }]
  })
  failAll()
  return {
    settings,
    overrides,
    bases,
    isRoot: isRoot === true,
    lineOf: (path) => lines.linePos(offsetOf(document, path) ?? 0).line,
  }
}

interface Problem {
  readonly message: string
  readonly offset: number | undefined
  readonly hint?: string
}

function entryOf({ key, value }: Pair): { key: string; value: unknown; offset: number | undefined } {
  const node = key as { readonly range?: readonly number[] }
  const plain = (value as { toJSON(): unknown } | null)?.toJSON() ?? null
  return { key: isScalar(key) ? String(key.value) : String(key), value: plain, offset: node.range?.[0] }
}

/** Where a value stands, or its key where it has none of its own. */
function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  const node = document.getIn(path, true)
  if (isNode(node) && node.range) return node.range[0]
  return path.length > 1 ? offsetOf(document, path.slice(0, -1)) : undefined
}

function isSettingName(key: string): key is SettingName {
  return Object.hasOwn(table, key)
}

/** The parser adds an excerpt below. */
function firstLine(message: string): string {
  const [first = message] = message.split('\n')
  return first.replace(/ at line \d+, column \d+:?$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase())
}

/** Where a configuration file stands. */
interface ConfigPlace {
  /** Its own (absolute), which a build context is meant from. */
  readonly folder: string
  /** How far its word reaches (real). */
  readonly allowedRoot: string
  /** `FILE:LINE` of a value, by its path. */
  readonly placeOf: (path: readonly (string | number)[]) => string
}

/** Without what a stranger's file must not say: what is run, taken or given on this machine. Each is named that goes. */
function withoutHostSettings(settings: Partial<Settings>, place: ConfigPlace): Pick<Config, 'settings' | 'leftOut'> {
  const leftOut: LeftOut[] = []
  const leave = (at: readonly (string | number)[], what: string, instead: string, matters: LeftOut['matters']) =>
    leftOut.push({ place: place.placeOf(at), what, instead, matters })
  const { smoke, context, engine, capAdd, env, buildArg, ...kept } = settings

  const valued = (name: 'env' | 'buildArg', pairs: readonly string[]): readonly string[] =>
    pairs.filter((pair, index) => {
      if (pair.includes('=')) return true
      const flag = name === 'env' ? '--env' : '--build-arg'
      leave(
        [name, index],
        `${name} takes ${pair} from your environment`,
        `${flag} ${pair}`,
        name === 'env' ? 'run' : 'always',
      )
      return false
    })
  const isWithin =
    context === undefined || context === null || staysIn(place.allowedRoot, resolve(place.folder, context))
  if (!isWithin)
    leave(['context'], `context ${context} lies outside of ${place.allowedRoot}`, '--context DIR', 'always')
  const isOwnChoice = engine === undefined || engine === 'auto' || engine === 'none'
  if (!isOwnChoice) leave(['engine'], `engine chooses ${engine}`, `--engine ${engine}`, 'always')
  if (capAdd !== undefined && capAdd.length > 0)
    leave(['capAdd'], `capAdd gives ${capAdd.join(', ')}`, capAdd.map((name) => `--cap-add ${name}`).join(' '), 'run')
  return {
    settings: {
      ...kept,
      ...(smoke == null ? {} : { smoke: withoutHostChecks(smoke, leave) }),
      ...(context === undefined || !isWithin ? {} : { context }),
      ...(engine === undefined || !isOwnChoice ? {} : { engine }),
      ...(env === undefined ? {} : { env: valued('env', env) }),
      ...(buildArg === undefined ? {} : { buildArg: valued('buildArg', buildArg) }),
    },
    leftOut,
  }
}

/** A check in the container is one of the program that is worked on, and stays. */
function withoutHostChecks(
  smoke: SmokeSetting,
  leave: (at: readonly (string | number)[], what: string, instead: string, matters: LeftOut['matters']) => void,
): SmokeSetting {
  const instead = '--smoke CMD'
  if (typeof smoke === 'string') {
    leave(['smoke'], 'smoke runs a command on this machine', instead, 'run')
    return []
  }
  return smoke.filter(({ exec }, index) => {
    if (exec?.in !== 'host') return true
    leave(['smoke', index], 'a smoke check runs a command on this machine (in: host)', instead, 'run')
    return false
  })
}
