/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** Words of a YAML text, white space and signs too: a megabyte of manifests has fewer. */
  yamlWords: 250_000,
  /** Levels of brackets, or of `- - -` on one line: Compose and Kubernetes need ten. */
  yamlDepth: 100,
  /** Spaces that a line of YAML begins with, of which each may be a level. */
  yamlIndent: 400,
  /** Anchors, aliases, tags and directives of a YAML text: each alias is looked for in all that is before it. */
  yamlReferences: 1000,
  /** Documents of one YAML file. */
  yamlDocuments: 1000,
  /** Checks in one `smoke:` section: each may take up to a minute. */
  smokeChecks: 100,
  /** Characters of a pattern of one of them. */
  patternLength: 1000,
  /** Milliseconds that all texts of one answer may take against one pattern. */
  patternMs: 500,
  /** `**` in one pattern of an ignore file: each may be tried against all folders of a path. */
  patternFolders: 3,
  /** Stars in one name of a pattern of a .dockerignore: each may be tried against all of a name. */
  patternStars: 3,
  /** Folders below each other that are searched for Dockerfiles. */
  folderDepth: 40,
  /** UTF-16 units of one word of a comment: nobody reads a longer one. */
  commentWord: 256,
  /** UTF-16 units of one line of a text that is written into a Dockerfile: BuildKit reads no line of 65,536 bytes, and a unit is up to three. */
  lineLength: 21_000,
  /** One answer of an engine: `inspect` and lists give little, more is a fault. */
  engineAnswerBytes: 64 * 1024 * 1024,
  /** Until the first part of what an engine streams, and between two of its parts. */
  engineSilenceMs: 120_000,
  /** What a container of a proof writes, in all: databases fill less than 1 GiB before anybody asks them for anything. */
  containerDiskBytes: 4 * 1024 ** 3,
  /** What strace writes of one run: a JVM that starts an application writes some 50 MB. */
  traceBytes: 128 * 1024 * 1024,
  /** Different accesses of one run, each kept with its line: the largest application that was seen has some 20,000. */
  traceRows: 200_000,
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
