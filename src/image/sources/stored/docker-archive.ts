import type { ArchiveBlobs } from './archive-blobs.ts'
import type { Candidate } from './candidate.ts'
import { kindText, parseJson, storedImage } from './stored-image.ts'

interface Saved {
  readonly Config: string
  readonly RepoTags: readonly string[] | null
  readonly Layers: readonly string[]
}

/** The images of a `docker save`: https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Image/operation/ImageGet */
export async function imagesOfDockerArchive(blobs: ArchiveBlobs): Promise<readonly Candidate[]> {
  const text = await kindText(blobs, {
    file: 'manifest.json',
    kind: 'archive of docker save',
    twin: {
      file: 'index.json',
      hint: 'it is an OCI archive: write oci-archive:',
      otherwise: 'make it with docker save --output FILE IMAGE',
    },
  })
  return (parseJson(blobs, 'manifest.json', text) as readonly Saved[]).map(({ Config, RepoTags, Layers }) => ({
    names: RepoTags ?? [],
    open: () =>
      storedImage(blobs, {
        digest: null,
        configBlob: blobs.real(Config),
        layers: Layers.map((name) => blobs.real(name)),
      }),
  }))
}
