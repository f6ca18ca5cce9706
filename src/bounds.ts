/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** One answer of an engine: `inspect` and lists give little, more is a fault. */
  engineAnswerBytes: 64 * 1024 * 1024,
  /** Until the first part of what an engine streams, and between two of its parts. */
  engineSilenceMs: 120_000,
  /** Folders that `clean` looks into for half-written files. */
  cleanedFolders: 100_000,
} as const
