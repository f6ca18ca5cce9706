import { isDeeper, repeatedKey } from '../../../borders/json.ts'
import { bounds } from '../../../bounds.ts'
import type { HardenError } from '../../../errors.ts'
import { parseImageConfig } from '../../config.ts'
import type { ImageConfig, Platform } from '../../facts.ts'
import { type Blobs, broken } from './blobs.ts'

/** Where a document is from, for messages. */
export interface DocumentPlace {
  readonly blobs: Pick<Blobs, 'title'>
  readonly name: string
}

export interface Descriptor {
  /** As it stands there: whoever takes it for a name checks it first. */
  readonly digest: string
  readonly mediaType: string | null
  /** Bytes; null where it does not say. */
  readonly size: number | null
  readonly platform: Partial<Platform> | null
  /** What it is called, by its annotations. */
  readonly names: readonly string[]
}

export type ManifestDocument =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] }

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md; Docker's own formats differ in their media types only. */
export function parseManifest(bytes: Buffer, place: DocumentPlace): ManifestDocument {
  const file = struct(objectIn(bytes, place), MANIFEST, place)
  if (file.schemaVersion === 1 || Array.isArray(file.fsLayers))
    throw broken(
      place.blobs,
      `${place.name} is a manifest of version 1, which registries gave up in 2019`,
      'push the image again',
    )
  if (given(file.manifests)) {
    const manifests = listOf(file.manifests, 'manifests', bounds.imagesOfIndex, place)
    return { kind: 'index', manifests: manifests.map((each, at) => descriptorOf(each, `manifests[${at}]`, place)) }
  }
  if (!given(file.config) || !given(file.layers)) throw broken(place.blobs, `${place.name} is no manifest of an image`)
  const config = descriptorOf(file.config, 'config', place)
  const layers = listOf(file.layers, 'layers', bounds.layersOfImage, place)
  return { kind: 'image', config, layers: layers.map((each, at) => descriptorOf(each, `layers[${at}]`, place)) }
}

export interface ConfigDocument {
  readonly config: ImageConfig
  readonly platform: Platform
  /** Digests of the layers as they are unpacked, the lowest first. */
  readonly diffIds: readonly string[]
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md. What decides nothing may be missing. */
export function parseConfigDocument(bytes: Buffer, place: DocumentPlace): ConfigDocument {
  const file = struct(objectIn(bytes, place), IMAGE, place)
  const rootfs = given(file.rootfs) ? struct(objectOf(file.rootfs, 'rootfs', place), ROOTFS, place) : {}
  const ids = listOf(rootfs.diff_ids ?? [], 'rootfs.diff_ids', bounds.layersOfImage, place)
  const config = given(file.config) ? struct(objectOf(file.config, 'config', place), CONFIG, place) : {}
  const check = config.Healthcheck
  const variant = textAt(file, 'variant', place) ?? ''
  return {
    config: parseImageConfig(isObject(check) ? { ...config, Healthcheck: struct(check, HEALTHCHECK, place) } : config),
    platform: {
      os: textAt(file, 'os', place) ?? 'linux',
      architecture: textAt(file, 'architecture', place) ?? '',
      ...(variant === '' ? {} : { variant }),
    },
    diffIds: ids.map((each, at) => textOf(each, `rootfs.diff_ids[${at}]`, place)),
  }
}

/** One image in the `manifest.json` of a `docker save`. Paths in the archive. */
export interface SavedImage {
  readonly config: string
  readonly names: readonly string[]
  readonly layers: readonly string[]
}

/** https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Image/operation/ImageGet */
export function parseSaved(bytes: Buffer, place: DocumentPlace): readonly SavedImage[] {
  return listOf(jsonIn(bytes, place), 'it', bounds.imagesOfIndex, place).map((each, at) => {
    const image = struct(objectOf(each, `[${at}]`, place), SAVED, place)
    const words = (key: string, most: number): readonly string[] =>
      listOf(image[key] ?? [], `[${at}].${key}`, most, place).map((word) =>
        textOf(word, `an item of [${at}].${key}`, place),
      )
    return {
      config: textOf(image.Config, `[${at}].Config`, place),
      names: words('RepoTags', bounds.imagesOfIndex),
      layers: words('Layers', bounds.layersOfImage),
    }
  })
}

function descriptorOf(value: unknown, key: string, place: DocumentPlace): Descriptor {
  const raw = struct(objectOf(value, key, place), DESCRIPTOR, place)
  const { size = null } = raw
  if (size !== null && !(Number.isSafeInteger(size) && (size as number) >= 0))
    throw unfit(place, `${key}.size`, 'a size')
  const platform = given(raw.platform)
    ? struct(objectOf(raw.platform, `${key}.platform`, place), PLATFORM, place)
    : null
  const annotations = given(raw.annotations) ? objectOf(raw.annotations, `${key}.annotations`, place) : {}
  const names = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']]
  return {
    digest: textOf(raw.digest, `${key}.digest`, place),
    mediaType: textAt(raw, 'mediaType', place, key),
    size: size as number | null,
    platform:
      platform === null
        ? null
        : Object.fromEntries(
            ['os', 'architecture', 'variant'].flatMap((part) => {
              const text = textAt(platform, part, place, `${key}.platform`)
              return text === null ? [] : [[part, text]]
            }),
          ),
    names: names.filter((name) => typeof name === 'string' && name !== '') as string[],
  }
}

type DocumentJson = Readonly<Record<string, unknown>>

function given(value: unknown): boolean {
  return value !== undefined && value !== null
}

function jsonIn(bytes: Buffer, { blobs, name }: DocumentPlace): unknown {
  if (isDeeper(bytes, bounds.documentDepth))
    throw broken(blobs, `${name} is nested more than ${bounds.documentDepth} levels deep`)
  let value: unknown
  // Go's reader takes no mark of the byte order.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  try {
    value = JSON.parse(text)
  } catch {
    throw broken(blobs, `${name} is not JSON`)
  }
  const key = repeatedKey(text)
  if (key !== null) throw broken(blobs, `${name} has the key ${JSON.stringify(key)} twice`)
  return value
}

// The keys that are read of each object that engines read into a struct; those of labels and annotations are theirs.
const MANIFEST = ['schemaVersion', 'fsLayers', 'manifests', 'config', 'layers']
const DESCRIPTOR = ['digest', 'mediaType', 'size', 'platform', 'annotations']
const PLATFORM = ['os', 'architecture', 'variant']
const IMAGE = [...PLATFORM, 'rootfs', 'config']
const ROOTFS = ['diff_ids']
const SAVED = ['Config', 'RepoTags', 'Layers']
const HEALTHCHECK = ['Test', 'Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries']
const CONFIG = [
  ...['User', 'Entrypoint', 'Cmd', 'Env', 'ExposedPorts', 'Volumes', 'WorkingDir', 'Healthcheck', 'OnBuild', 'Shell'],
  ...['StopSignal', 'Labels'],
]

/**
 * With its keys as they are written here: Go's reader finds a field by its name in any case, by Unicode's simple folding
 * (encoding/json, foldName), so that `user` and `u\u017fer` are User. Two keys for one field are refused.
 */
function struct(object: DocumentJson, keys: readonly string[], { blobs, name }: DocumentPlace): DocumentJson {
  const names = new Map(keys.map((key) => [fold(key), key]))
  const found: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    const field = names.get(fold(key))
    if (field === undefined) continue
    if (field in found) throw broken(blobs, `${name} has ${field} twice, once as ${JSON.stringify(key)}`)
    found[field] = value
  }
  return found
}

function fold(key: string): string {
  return key.toLowerCase().replaceAll('\u017f', 's')
}

function isObject(value: unknown): value is DocumentJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectIn(bytes: Buffer, place: DocumentPlace): DocumentJson {
  const value = jsonIn(bytes, place)
  if (typeof value !== 'object' || value === null) throw broken(place.blobs, `${place.name} is not JSON`)
  if (Array.isArray(value)) throw broken(place.blobs, `${place.name} is a list, no object`)
  return value as DocumentJson
}

function objectOf(value: unknown, key: string, place: DocumentPlace): DocumentJson {
  if (isObject(value)) return value
  throw unfit(place, key, 'an object')
}

function listOf(value: unknown, key: string, most: number, place: DocumentPlace): readonly unknown[] {
  if (!Array.isArray(value)) throw unfit(place, key, 'a list')
  if (value.length > most)
    throw broken(place.blobs, `${key} of ${place.name} has ${value.length} items, more than ${most}`)
  return value
}

function textOf(value: unknown, key: string, place: DocumentPlace): string {
  if (typeof value === 'string') return value
  throw unfit(place, key, 'a text')
}

/** Null where it is not set. */
function textAt(object: DocumentJson, key: string, place: DocumentPlace, parent?: string): string | null {
  const value = object[key]
  return given(value) ? textOf(value, parent === undefined ? key : `${parent}.${key}`, place) : null
}

function unfit({ blobs, name }: DocumentPlace, key: string, wanted: string): HardenError {
  return broken(blobs, `${key} of ${name} is not ${wanted}`)
}
