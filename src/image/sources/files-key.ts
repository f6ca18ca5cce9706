import type { EngineImage } from '../../engine/engine.ts'
import { digestOf } from './digest.ts'

/**
 * What names the files of an image that an engine has: its layers, with what its config makes of them. The id would not
 * do, since a label makes another image of the same files, and each build of a proof has one of its own.
 */
export function filesKey({ id, layers, config }: Pick<EngineImage, 'id' | 'layers' | 'config'>): string {
  if (layers.length === 0) return id
  const { labels, ...rest } = config
  return digestOf(JSON.stringify([layers, { ...rest, env: [...rest.env] }]))
}
