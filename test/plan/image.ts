import type { ImageFacts } from '../../src/image/facts.ts'
import type { FileModel } from '../../src/image/file-model.ts'
import { type BaseFile, imageFacts } from '../harden/support/facts.ts'

/** An image of a test, in the words of a case's `facts.json`. */
export function image(base: BaseFile): ImageFacts {
  return imageFacts('example.org/test:1', base)
}

/** The same with nothing known but the config. */
export function unknownImage(base: BaseFile = {}): ImageFacts {
  const unknown = { known: false, reason: 'nobody looked' } as const
  return { ...image(base), accounts: unknown, files: unknown, os: unknown }
}

export function files(...lines: readonly string[]): FileModel {
  const { files: known } = image({ files: lines })
  if (!known.known) throw new Error('a fixture has files')
  return known.value
}
