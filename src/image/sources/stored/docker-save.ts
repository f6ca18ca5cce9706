import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { Blobs } from './blobs.ts'
import type { StoredImage } from './stored-image.ts'

/**
 * One image as `docker load` takes it, called `name`; what is compressed stays so. Where the blobs cannot be read the
 * stream fails.
 */
export function dockerSave(blobs: Blobs, image: StoredImage, name: string): Readable {
  const tar = pack()
  const paths = new Map([image.configBlob, ...image.layers].map((blob, index) => [blob, `${index}`]))
  const manifest = {
    Config: paths.get(image.configBlob),
    RepoTags: [name],
    Layers: image.layers.map((layer) => paths.get(layer)),
  }
  const fill = async (): Promise<void> => {
    tar.entry({ name: 'manifest.json' }, JSON.stringify([manifest]))
    await blobs.each(new Set(paths.keys()), async (blob, stream, size) => {
      await pipeline(stream, tar.entry({ name: paths.get(blob) ?? '', size }))
    })
    tar.finalize()
  }
  fill().catch((error: Error) => tar.destroy(error))
  return Readable.from(tar, { objectMode: false })
}
