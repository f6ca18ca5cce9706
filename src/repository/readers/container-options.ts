import { dirname, resolve } from 'node:path'
import { bounds } from '../../bounds.ts'
import { plainCapability } from '../../image/capabilities.ts'
import { interpolated } from '../../manifests/compose/variables.ts'
import { volumeOf } from '../../manifests/compose/written.ts'
import { asObject, isObject, type Json } from '../../manifests/yaml/file.ts'
import type { RepositoryFile, WrittenMount } from './run.ts'

/** A mount, as a Compose service has it by its fields, or in one text; null for what is none. */
export function mountOfService(volume: unknown, volumes: Json, file: RepositoryFile): WrittenMount | null {
  if (isObject(volume)) {
    const { type, source, target, read_only: isReadOnly } = volume
    if (typeof target !== 'string' || (type !== 'bind' && type !== 'volume')) return null
    return mount(typeof source === 'string' ? source : '', target, isReadOnly === true, volumes, file)
  }
  return typeof volume === 'string' ? mountOf(volume, volumes, file) : null
}

/** `SOURCE:TARGET[:OPTIONS]`, or the path of a volume without a name. */
export function mountOf(written: string, volumes: Json, file: RepositoryFile): WrittenMount | null {
  const { source, target, readOnly } = volumeOf(written.slice(0, bounds.lineLength))
  return mount(source, target, readOnly, volumes, file)
}

/** `type=bind,source=X,target=Y,readonly` */
export function mountOfFields(written: string, file: RepositoryFile): WrittenMount | null {
  const fields = new Map(
    written.split(',').map((field) => {
      const [, key = '', value = 'true'] = /^([\w-]+)(?:=(.*))?$/s.exec(field.trim()) ?? []
      return [key.toLowerCase(), value] as const
    }),
  )
  if (fields.get('type') === 'tmpfs') return null
  const readOnly = ['readonly', 'ro'].some((key) => fields.has(key) && fields.get(key) !== 'false')
  const target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst') ?? ''
  return mount(fields.get('source') ?? fields.get('src') ?? '', target, readOnly, {}, file)
}

/** `volumes`: what the file says of volumes by their names. */
function mount(
  source: string,
  target: string,
  readOnly: boolean,
  volumes: Json,
  file: RepositoryFile,
): WrittenMount | null {
  const filled = interpolated(target, file.env)
  // `${PATH}${FLAG}`, where the flag is `:ro`.
  const [path = '', options = ''] = (filled ?? '').split(':')
  if (!path.startsWith('/') || path.includes('$') || path.length > bounds.pathLength) return null
  const from = source.trim()
  const { o, device } = asObject(asObject(volumes[from]).driver_opts)
  const isBound = typeof o === 'string' && /(^|,)r?bind(,|$)/.test(o) && typeof device === 'string'
  const place = isBound ? device : from
  return {
    kind: isBound || (place !== '' && !VOLUME_NAME.test(place)) ? 'host' : 'volume',
    source: place,
    target: resolve('/', path),
    readOnly: readOnly || options.split(',').includes('ro'),
    ...placesOf(place, file),
  }
}

/** What is none is a path, a variable of whoever runs it, or stands for one: `[DIR]`, `<dir>`. */
const VOLUME_NAME = /^[A-Za-z0-9][\w.-]*$/
/** The folder that somebody is in who runs it. */
const CALLERS =
  /^(?:\$\{?(?:PWD|CURDIR)\}?|\$\(\s*(?:(?:shell\s+)?pwd|realpath \.|CURDIR)\s*\)|`pwd`|%cd%|\$PSScriptRoot|\.)(?=[/\\]|$)[/\\]?/i

function placesOf(source: string, { path, root, env }: RepositoryFile): Pick<WrittenMount, 'paths' | 'isCallers'> {
  const callers = CALLERS.exec(source)
  const rest = callers === null ? source : source.slice(callers[0].length)
  const filled = interpolated(rest, env)
  if (filled === null || /^[~`%$]|[$`]/.test(filled)) return { paths: [], isCallers: false }
  const isRelative = callers !== null || filled.startsWith('.')
  if (!isRelative) return { paths: [], isCallers: false }
  return {
    paths: [...new Set([dirname(path), root])].map((from) => resolve(from, filled === '' ? '.' : filled)),
    isCallers: callers !== null && /^[./\\]*$/.test(filled),
  }
}

export function capability(written: unknown): string {
  return typeof written === 'string' ? plainCapability(written) : ''
}

export function deviceOf(written: unknown): readonly string[] {
  const [path = ''] = typeof written === 'string' ? written.split(':') : []
  return path.startsWith('/dev/') ? [path] : []
}
