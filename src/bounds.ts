/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** What a container of a proof writes, in all: databases fill less than 1 GiB before anybody asks them for anything. */
  containerDiskBytes: 4 * 1024 ** 3,
  /** Ports of one container that are asked what they answer, those that it declares first; no server has more of its own. */
  askedPorts: 64,
  /** What is copied out of a container at a time: its largest program, or the log files of a folder. */
  copiedBytes: 1024 ** 3,
} as const
