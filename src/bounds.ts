/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** What strace writes of one run: a JVM that starts an application writes some 50 MB. */
  traceBytes: 128 * 1024 * 1024,
  /** Different accesses of one run, each kept with its line: the largest application that was seen has some 20,000. */
  traceRows: 200_000,
} as const
