import { HardenError } from '../../../errors.ts'
import { parseImageConfig } from '../../config.ts'
import type { ImageConfig, Platform } from '../../facts.ts'
import { digestOf } from '../digest.ts'
import type { Blobs } from './blobs.ts'

/** An image that lies in blobs. */
export interface StoredImage {
  /** Digest of its config: the id that an engine gives it, `sha256:…`. */
  readonly id: string
  /** Digest of its manifest; null where it has none of its own. */
  readonly digest: string | null
  readonly config: ImageConfig
  readonly platform: Platform
  /** Name of the blob of its config. */
  readonly configBlob: string
  /** Names of the blobs of its layers, the lowest first; one may be there twice. */
  readonly layers: readonly string[]
}

interface ConfigFile {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly config?: unknown
  readonly rootfs?: { readonly diff_ids?: readonly string[] }
}

/**
 * Image specification, config.md: https://github.com/opencontainers/image-spec/blob/main/config.md. Throws HardenError
 * `unreadable` where it is no config of an image, or of one with other layers.
 */
export async function storedImage(
  blobs: Blobs,
  { digest, configBlob, layers }: Pick<StoredImage, 'digest' | 'configBlob' | 'layers'>,
): Promise<StoredImage> {
  const text = await blobs.text(configBlob)
  if (text === null) throw broken(blobs, `the config ${configBlob} is missing in it`)
  const file = parseJson(blobs, configBlob, text) as ConfigFile
  if (file.rootfs?.diff_ids?.length !== layers.length)
    throw broken(blobs, `${configBlob} is no config of an image with ${layers.length} layers`)
  return {
    digest,
    configBlob,
    layers,
    id: digestOf(text),
    config: parseImageConfig(file.config),
    platform: {
      os: file.os ?? 'linux',
      architecture: file.architecture ?? '',
      ...(file.variant ? { variant: file.variant } : {}),
    },
  }
}

/**
 * The text of the file that makes an archive or folder one of its kind. Throws HardenError `unreadable` where it is
 * missing; `twin`: the file of the other kind, and what to do where that is there, or neither.
 */
export async function kindText(
  blobs: Blobs,
  { file, kind, twin }: { readonly file: string; readonly kind: string; readonly twin: Twin },
): Promise<string> {
  const text = await blobs.text(file)
  if (text !== null) return text
  const isTwin = (await blobs.text(twin.file)) !== null
  throw broken(blobs, `it has no ${file}, so it is no ${kind}`, isTwin ? twin.hint : twin.otherwise)
}

interface Twin {
  readonly file: string
  readonly hint: string
  readonly otherwise?: string
}

export function parseJson(blobs: Blobs, name: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw broken(blobs, `${name} is not JSON`)
}

export function broken({ title }: Pick<Blobs, 'title'>, what: string, hint?: string): HardenError {
  return new HardenError('unreadable', `${title} cannot be read: ${what}`, hint === undefined ? {} : { hint })
}
