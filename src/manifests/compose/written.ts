import { composeWords } from '../../shell/index.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'

// What a service may write in more than one way, read and written in that which it has.

/** `user:` of a service says root. */
export function isRootUser(user: unknown): boolean {
  return user !== undefined && user !== null && /^(?:root|0)(?::|$)/.test(textOf(user))
}

/** A list of words, or a text of them. Null and nothing leave the image's own. */
export function wordsOf(command: unknown): readonly string[] | null {
  if (command == null) return null
  return Array.isArray(command) ? command.map(textOf) : composeWords(textOf(command))
}

/** A map, or a list of NAME=VALUE; null for a name alone, which has its value from whoever starts it. */
export function pairsOf(written: unknown): readonly (readonly [name: string, value: string | null])[] {
  return writtenPairs(written).map(([name, value]) => [name, value == null ? null : textOf(value)])
}

/** The same, with values as a map has them. */
export function writtenPairs(written: unknown): readonly (readonly [name: string, value: unknown])[] {
  if (isObject(written)) return Object.entries(written)
  return asList(written).map((entry) => {
    const [, name = '', value = null] = /^([^=]*)(?:=(.*))?$/s.exec(textOf(entry)) ?? []
    return [name, value]
  })
}

/** The pairs, with the missing ones added. */
export function withPairs(written: unknown, pairs: Iterable<readonly [name: string, value: string]>): unknown {
  const names = pairsOf(written).map(([name]) => name)
  const missing = [...pairs].filter(([name]) => !names.includes(name))
  if (Array.isArray(written)) return [...written, ...missing.map(([name, value]) => `${name}=${value}`)]
  return { ...asObject(written), ...Object.fromEntries(missing) }
}

/** The pairs with other values. One that does not change keeps its form, number or text. */
export function mapPairs(written: unknown, told: (name: string, value: string) => string): unknown {
  const other = (name: string, value: string | null): string | null => {
    const after = value === null ? null : told(name, value)
    return after === value ? null : after
  }
  if (Array.isArray(written)) {
    const pairs = pairsOf(written)
    return written.map((item, index) => {
      const [name = '', value = null] = pairs[index] ?? []
      const after = other(name, value)
      return after === null ? item : `${name}=${after}`
    })
  }
  if (!isObject(written)) return written
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => {
      const after = other(name, value === null ? null : textOf(value))
      return [name, after === null ? value : typeof value === 'number' ? Number(after) : after]
    }),
  )
}

export function listOf(written: unknown): readonly unknown[] {
  return written == null ? [] : [written].flat()
}

/** The file with other services, and with these volumes declared. */
export function withServices(document: Json, services: Json, volumes: readonly string[]): Json {
  const declared = asObject(document.volumes)
  const missing = volumes.filter((name) => !Object.hasOwn(declared, name)).map((name) => [name, {}])
  return {
    ...document,
    services: { ...asObject(document.services), ...services },
    ...(missing.length === 0 ? {} : { volumes: { ...declared, ...Object.fromEntries(missing) } }),
  }
}

/** A mount as a service writes it, in the short form or the long one. */
export interface WrittenVolume {
  /** '' in the short form, which leaves it to its source. */
  readonly type: string
  /** A volume's name, or a path of the host; '' for a volume without a name. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** `nocopy` */
  readonly isEmpty: boolean
}

/** `data:/data:ro`, `/data/`, `{ target: /data }` */
export function volumeOf(written: unknown): WrittenVolume {
  if (isObject(written)) {
    const { type, source, target, read_only: isReadOnly, volume } = written
    return {
      type: textOf(type ?? ''),
      source: textOf(source ?? ''),
      target: trimmed(textOf(target ?? '')),
      readOnly: isReadOnly === true,
      isEmpty: asObject(volume).nocopy === true,
    }
  }
  const [first = '', second, mode = ''] = volumeParts(textOf(written))
  const modes = mode.split(',')
  return {
    type: '',
    source: second === undefined ? '' : first,
    target: trimmed(second ?? first),
    readOnly: modes.includes('ro'),
    isEmpty: modes.includes('nocopy'),
  }
}

export function targetOf(volume: unknown): string {
  return volumeOf(volume).target
}

function trimmed(target: string): string {
  return target.replace(/(.)\/$/, '$1')
}

export function targetsOf({ volumes, tmpfs }: Json): readonly string[] {
  return [...listOf(tmpfs).map((item) => textOf(item).split(':')[0] ?? ''), ...asList(volumes).map(targetOf)]
}

/** Splits at colons, except those of a variable, `${DATA:-./data}:/data`, and of a Windows drive. */
export function volumeParts(written: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < written.length; at += 1) {
    if (written[at] === '{') depth += 1
    else if (written[at] === '}') depth -= 1
    else if (written[at] === ':' && depth <= 0 && written[at + 1] !== '\\') {
      parts.push(written.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, written.slice(from)]
}
