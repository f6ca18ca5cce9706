import { dirname, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml'
import { lineOf } from '../edit.ts'
import { HardenError } from '../errors.ts'
import { repeatedKey, yamlExcess } from '../profile/yaml-file.ts'
import { nearestName } from '../words.ts'
import { readFound, readText } from './files.ts'
import { checks, messageOf, type SettingName, type Settings, settingNames } from './settings.ts'
import { type SmokeSetting, shortened } from './smoke.ts'
import { allowedRootOf, staysIn } from './trust.ts'
import type { LeftOut } from './work-item.ts'

/** What a configuration file sets, and what of it only the caller may say. */
export interface Config {
  readonly settings: Partial<Settings>
  readonly leftOut: readonly LeftOut[]
}

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
  if (isTrusted) return { settings: parseConfig(await readText(path, name), name, transforms), leftOut: [] }
  const allowedRoot = allowedRootOf(path)
  const { settings, lineOf } = parse(await readFound(path, name, allowedRoot), name, transforms)
  return withoutHostSettings(settings, { folder: dirname(path), allowedRoot, placeOf: (at) => `${name}:${lineOf(at)}` })
}

/** Of YAML or JSON text. Pure. `transforms`: the names that `ignore` may list. */
export function parseConfig(text: string, name: string, transforms: readonly string[]): Partial<Settings> {
  return parse(text, name, transforms).settings
}

interface ParsedConfig {
  readonly settings: Partial<Settings>
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
  const [error] = document.errors
  if (error) fail(firstLine(error.message), error.pos[0])
  const twice = repeatedKey(document)
  if (twice !== null) fail(firstLine(twice.reason), twice.offset)
  const root = document.contents
  // An empty file or one of comments only sets nothing.
  if (root === null || (isScalar(root) && root.value === null)) return { settings: {}, lineOf: () => 1 }
  if (!isMap(root)) return fail('the configuration must be a map of settings', root.range?.[0])

  const settings: Partial<Record<SettingName, unknown>> = {}
  for (const pair of root.items) {
    const { key, value, offset } = entryOf(pair)
    // For editors: where the schema is.
    if (key === '$schema') continue
    if (!isSettingName(key)) {
      const meant = nearestName(key, settingNames)
      return fail(
        `unknown setting "${shortened(key)}"`,
        offset,
        meant ? `did you mean ${meant}?` : `there are ${settingNames.join(', ')}`,
      )
    }
    const wrong = checks[key](value)
    if (wrong !== null) {
      const at = typeof wrong === 'string' ? [] : wrong.at
      fail(`${key} ${messageOf(wrong)}`, at.length === 0 ? offset : offsetOf(document, [key, ...at]))
    }
    if (key === 'ignore') {
      const unknown = (value as readonly string[]).find((entry) => !transforms.includes(entry))
      if (unknown !== undefined)
        fail(
          `ignore names "${shortened(unknown)}", which is not a transform`,
          offset,
          'list them with harden-image transforms',
        )
    }
    settings[key] = value
  }
  // Each value has passed the check of its name.
  return {
    settings: settings as Partial<Settings>,
    lineOf: (path) => lines.linePos(offsetOf(document, path) ?? 0).line,
  }
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
  return Object.hasOwn(checks, key)
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
function withoutHostSettings(
  settings: Partial<Settings>,
  place: ConfigPlace,
): { readonly settings: Partial<Settings>; readonly leftOut: readonly LeftOut[] } {
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
