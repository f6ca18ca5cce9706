import type { ArchiveBlobs } from './archive-blobs.ts'
import type { Candidate } from './candidate.ts'
import { parseSaved } from './documents.ts'
import { kindDocument, storedImage } from './stored-image.ts'

/** The images of a `docker save`. */
export async function imagesOfDockerArchive(blobs: ArchiveBlobs): Promise<readonly Candidate[]> {
  const name = 'manifest.json'
  const bytes = await kindDocument(blobs, {
    file: name,
    kind: 'archive of docker save',
    twin: {
      file: 'index.json',
      hint: 'it is an OCI archive: write oci-archive:',
      otherwise: 'make it with docker save --output FILE IMAGE',
    },
  })
  return parseSaved(bytes, { blobs, name }).map(({ config, names, layers }) => ({
    names,
    open: () =>
      storedImage(blobs, {
        digest: null,
        configBlob: blobs.real(config),
        layers: layers.map((layer) => blobs.real(layer)),
      }),
  }))
}
