import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml'
import { HardenError } from '../errors.ts'
import { readText } from './files.ts'
import { nearestName } from './nearest-name.ts'
import { isRepository, upwards } from './repository.ts'
import { checks, messageOf, type SettingName, type Settings, settingNames } from './settings.ts'

const fileNames = ['.harden-image.yaml', '.harden-image.yml', '.harden-image.json']

/** The nearest configuration file from `folder` (absolute) upwards, up to the root of the repository; null for none. */
export function nearestConfig(folder: string): string | null {
  for (const at of upwards(folder)) {
    const file = configIn(at)
    if (file !== null) return file
    if (isRepository(at)) return null
  }
  return null
}

/** The configuration file in a folder; null for none. */
export function configIn(folder: string): string | null {
  const [first, second] = fileNames.map((name) => join(folder, name)).filter((path) => existsSync(path))
  if (first && second) {
    throw new HardenError('bad-config', `${first} and ${second} are both there`, { hint: 'keep one of them' })
  }
  return first ?? null
}

/** Reads and checks a configuration file. Throws HardenError `bad-config` with the line, `unreadable` without a file. */
export async function readConfig(
  path: string,
  name: string,
  transforms: readonly string[],
): Promise<Partial<Settings>> {
  return parseConfig(await readText(path, name), name, transforms)
}

/** Of YAML or JSON text. Pure. `transforms`: the names that `ignore` may list. */
export function parseConfig(text: string, name: string, transforms: readonly string[]): Partial<Settings> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const fail = (message: string, offset: number | undefined, hint?: string): never => {
    const line = offset === undefined ? undefined : lines.linePos(offset).line
    throw new HardenError('bad-config', `${line === undefined ? name : `${name}:${line}`}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(line === undefined ? {} : { line }),
    })
  }
  const [error] = document.errors
  if (error) fail(firstLine(error.message), error.pos[0])
  const root = document.contents
  // An empty file or one of comments only sets nothing.
  if (root === null || (isScalar(root) && root.value === null)) return {}
  if (!isMap(root)) return fail('the configuration must be a map of settings', root.range?.[0])

  const settings: Partial<Record<SettingName, unknown>> = {}
  for (const pair of root.items) {
    const { key, value, offset } = entryOf(pair)
    // For editors: where the schema is.
    if (key === '$schema') continue
    if (!isSettingName(key)) {
      const meant = nearestName(key, settingNames)
      return fail(
        `unknown setting "${key}"`,
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
        fail(`ignore names "${unknown}", which is no transform`, offset, 'harden-image transforms lists them')
    }
    settings[key] = value
  }
  // Each value has passed the check of its name.
  return settings as Partial<Settings>
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
