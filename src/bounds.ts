/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** UTF-16 units of one path that is written into a Dockerfile: PATH_MAX (limits.h). */
  pathLength: 4096,
  /** UTF-16 units of one word of a comment: nobody reads a longer one. */
  commentWord: 256,
  /** UTF-16 units of one line of a text that is written into a Dockerfile: BuildKit reads no line of 65,536 bytes, and a unit is up to three. */
  lineLength: 21_000,
  /** One answer of an engine: `inspect` and lists give little, more is a fault. */
  engineAnswerBytes: 64 * 1024 * 1024,
  /** Until the first part of what an engine streams, and between two of its parts. */
  engineSilenceMs: 120_000,
  /** Folders that `clean` looks into for half-written files. */
  cleanedFolders: 100_000,
  /** What a container of a proof writes, in all: databases fill less than 1 GiB before anybody asks them for anything. */
  containerDiskBytes: 4 * 1024 ** 3,
} as const
