/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,

  /** A manifest or an index of images: what a registry takes at least, and containerd at most, is 4 MiB (distribution specification, "Pushing Manifests"). */
  manifestBytes: 4 * 1024 * 1024,
  /** The config of an image, which has a line for each step of its build. */
  imageConfigBytes: 8 * 1024 * 1024,
  /** Images of one index or archive. */
  imagesOfIndex: 10_000,
  /** All documents of one archive together. */
  archiveDocumentBytes: 64 * 1024 * 1024,
  /** Layers of one image: overlayfs takes 500, and Docker 128. */
  layersOfImage: 512,
  /** What a registry answers with a token: https://distribution.github.io/distribution/spec/auth/token/ has 2 kB as a common limit of headers. */
  tokenAnswerBytes: 1024 * 1024,
  /** What a credential helper prints, and a file that a login has kept. */
  loginBytes: 1024 * 1024,
  /** Until a credential helper has answered: it may ask a person. */
  loginHelperMs: 20_000,
  /** Until the first bytes of a registry's answer. */
  registryAnswerMs: 15_000,
  /** For a whole document of a registry: a manifest, a config, a token. */
  registryDocumentMs: 60_000,
  /** A layer comes as long as it comes: this many bytes at least within each so many milliseconds of waiting for it. */
  registryStall: { bytes: 64 * 1024, ms: 30_000 },
  /** Redirects of one request. */
  registryRedirects: 5,
  /** Of one layer whose manifest does not say its size, as it comes. */
  layerBytes: 64 * 1024 * 1024 * 1024,
  /** Of all layers of an image together, unpacked. */
  unpackedBytes: 128 * 1024 * 1024 * 1024,
  /** From `from` bytes on, layers unpack to at most this many times their size: gzip comes to 1,030, zstd to 30,000, and images to 10. */
  unpackedRatio: { from: 4 * 1024 * 1024 * 1024, most: 100 },
  /** The window of zstd, which is held in memory: its levels up to 19 have 8 MiB, BuildKit's strongest 32. */
  zstdWindowBytes: 64 * 1024 * 1024,
  /** Of a pax header or a GNU long name: the bound of Go's archive/tar. */
  tarHeaderBytes: 1024 * 1024,
  /** The list of an image's files in memory, each counted with its path and 220 bytes: some 600,000 files. */
  fileListBytes: 192 * 1024 * 1024,
  /** Entries of all layers of an image together, those of a layer that is there twice counted twice. */
  layerEntries: 4_000_000,
  /** An image's files that are kept from one run to the next, as one file, unpacked. */
  keptFilesBytes: 64 * 1024 * 1024,
} as const
