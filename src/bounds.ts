/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** Characters of one text once its variables are filled in: BuildKit takes no longer line either. Each `A=$A$A` doubles it. */
  expandedLength: 64 * 1024,
  /** Characters of all variables of a stage: the kernel starts no program with so many (execve(2): a quarter of the stack, 2 MiB). */
  environmentLength: 1024 * 1024,
  /** Characters of a path: the kernel takes none that is longer (PATH_MAX, path_resolution(7)). */
  pathLength: 4096,
  /** Ports of an image, and of one range: no service listens on so many. */
  ports: 1024,
  /** Low ports of an image that are looked for in its files: each is looked for in all of them. */
  movedPorts: 64,
} as const
