/**
 * How much of what strangers wrote is taken in: the one table. What is larger is refused or left out with a reason that says so,
 * never read on. Sizes in bytes, times in milliseconds.
 */
export const bounds = {
  /** Dockerfiles, configuration, Compose files and manifests. */
  textBytes: 1024 * 1024,
  /** One look at a Dockerfile in an editor, which waits for it. */
  editorMs: 20_000,
  /** One regular file of a repository, whatever lies below it. */
  readMs: 10_000,
  /** Words of a YAML text, white space and signs too: a megabyte of manifests has fewer. */
  yamlWords: 250_000,
  /** Levels of brackets, or of `- - -` on one line: Compose and Kubernetes need ten. */
  yamlDepth: 100,
  /** Spaces that a line of YAML begins with, of which each may be a level. */
  yamlIndent: 400,
  /** Anchors, aliases, tags and directives of a YAML text: each alias is looked for in all that is before it. */
  yamlReferences: 1000,
  /** Aliases of a YAML document times the aliases within each: what would unfold. A stack of 80 services has some 1,500. */
  yamlAliases: 2000,
  /** Builds that the matrix of a job of a workflow makes of one step. */
  matrixBuilds: 64,
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
  /** Folders of a repository that are looked through for who else uses an image: the largest of a dozen corpora has 3,000. */
  surveyedFolders: 10_000,
  /** Dockerfiles, and files that build or use their images, of one repository. */
  surveyedFiles: 5000,
  /** Documents that may say how an image is run, of one repository: those of its upper folders. */
  surveyedDocuments: 400,
  /** Ways in which one image is run that are kept. */
  runsOfImage: 200,
  /** UTF-16 units of all its texts that may say who counts on a port: a repository of 4,000 charts has half of them. */
  surveyedText: 64 * 1024 * 1024,
  /** UTF-16 units of one line of them: a longer one is data. */
  surveyedLine: 2000,
  /** Commands that build or run an image, in one file. */
  buildCommands: 200,
  /** Files of one Compose project, with what they include and extend. */
  projectFiles: 200,
  /** Includes, or services that extend each other, one within the other. */
  projectDepth: 20,
  /** Dockerfiles that are built one upon the other. */
  neighbours: 6,
  /** UTF-16 units of one word of a comment: nobody reads a longer one. */
  commentWord: 256,
  /** UTF-16 units of one line of a text that is written into a Dockerfile: BuildKit reads no line of 65,536 bytes, and a unit is up to three. */
  lineLength: 21_000,
  /** Lines that a diff takes out and puts in, as few as they can be; where there are more, all is another text. Its work is their square. */
  diffLines: 1000,
  /** One answer of an engine: `inspect` and lists give little, more is a fault. */
  engineAnswerBytes: 64 * 1024 * 1024,
  /** Until the first part of what an engine streams, and between two of its parts. */
  engineSilenceMs: 120_000,
  /** One call of git, which is asked what has changed, and what it may print. */
  gitMs: 60_000,
  gitBytes: 64 * 1024 * 1024,
  /** Folders that `clean` looks into for half-written files. */
  cleanedFolders: 100_000,
  /** What a container of a proof writes, in all: databases fill less than 1 GiB before anybody asks them for anything. */
  containerDiskBytes: 4 * 1024 ** 3,
  /** What a proof of a stack copies of the files of this machine that the stack mounts: a checkout with all its packages. */
  mountedBytes: 1024 ** 3,
  mountedFiles: 100_000,
  /** What strace writes of one run: a JVM that starts an application writes some 50 MB. */
  traceBytes: 128 * 1024 * 1024,
  /** Different accesses of one run, each kept with its line: the largest application that was seen has some 20,000. */
  traceRows: 200_000,
  /** Characters of one text once its variables are filled in: BuildKit takes no longer line either. Each `A=$A$A` doubles it. */
  expandedLength: 64 * 1024,
  /** Characters of all variables of a stage: the kernel starts no program with so many (execve(2): a quarter of the stack, 2 MiB). */
  environmentLength: 1024 * 1024,
  /** Files of one build context, and their bytes, that are compared with what they were. */
  keyedFiles: 1_000_000,
  keyedBytes: 64 * 1024 ** 3,
  /** Characters of one line of a plan of a fleet, and its lines. */
  planLine: 64 * 1024,
  planLines: 1_000_000,
  /** Workers of a fleet. */
  shards: 10_000,
  /** One result of a fleet: its Dockerfile, findings and proof. */
  keptResultBytes: 64 * 1024 * 1024,
  /** Characters of a path: the kernel takes none that is longer (PATH_MAX, path_resolution(7)). */
  pathLength: 4096,
  /** Characters of an expression of a source that are looked at, and shown. */
  expressionLength: 1000,
  /** Calls of one source file that write, each of which is looked at with the lines around it: a program's own file has some tens. */
  sourceCalls: 1000,
  /** Characters of one source that is parsed: what is larger was packed by a program. */
  sourceLength: 512 * 1024,
  /** Steps of the parser with one source, of about a hundred tokens each, and with all of one target. */
  parseSteps: 10_000,
  parseStepsOfAll: 100_000,
  /** Named nodes of its tree, and how deep they lie in each other. */
  treeNodes: 300_000,
  treeDepth: 500,
  /** UTF-16 units of sources whose trees stay, of which each takes some twenty times as many bytes. */
  treesKept: 2_000_000,
  /** Places of one source that give one name a value. */
  bindingsOfName: 100,
  /** Expressions that are worked out for one source, with those of others that it brings in. */
  sourceSteps: 50_000,
  /** Texts and names of one command of a source that are joined to one text. */
  expressionParts: 16,
  /** Characters of the call that sets a timer, with the function that it is given. */
  timerCall: 4000,
  /** Characters of what a program's help says of one option. */
  helpEntry: 600,
  /** Requests that a proof makes because the files around an image show or declare them. */
  learnedRequests: 24,
  /** Source files that are read for the routes that they declare. */
  routeFiles: 300,
  /** Instructions of one Dockerfile: the longest of 3,000 that were seen has 109, and overlayfs holds 500 layers. */
  instructions: 10_000,
  /** Stages of one Dockerfile, each of which is planned by itself: nobody's has a hundred. */
  stages: 1024,
  /** Files that one RUN writes with a text that is followed further: each is looked for in every command behind it. */
  writtenTexts: 256,
  /** Patterns of `rm` in one stage, each of which is tried against all that the stage puts in. */
  removedPatterns: 512,
  /** Volumes of an image: each is looked for in its files, and its owner changed. */
  volumes: 512,
  /** Folders of a volume's path, one in another: each is walked through for each of them. */
  pathDepth: 128,
  /** The same of what a program writes, which is asked of the files many times. */
  writtenDepth: 64,
  /** Questions of a script on which one command depends, one in another: each command is kept with all of them. */
  shellConditions: 64,
  /** Commands of start scripts that are changed because only root may run them: each is looked for in all lines of its script. */
  changedCommands: 100,
  /** Commands of one start script: the longest that was seen, catalina.sh, has some 400. */
  scriptCommands: 2000,
  /** Each `<<` of one shell text counts as one: the parser's time grows faster than their number. */
  heredocs: 500,
  /** Start scripts of one image, with those that they run and source: the most that was seen is some 40. */
  scripts: 60,
  /** Ports of an image, and of one range: no service listens on so many. */
  ports: 1024,
  /** Low ports of an image that are looked for in its files: each is looked for in all of them. */
  movedPorts: 64,
  /** A manifest or an index of images: what a registry takes at least, and containerd at most, is 4 MiB (distribution specification, "Pushing Manifests"). */
  manifestBytes: 4 * 1024 * 1024,
  /** The config of an image, which has a line for each step of its build. */
  imageConfigBytes: 8 * 1024 * 1024,
  /** Levels of brackets of a manifest or config: those of images have six. */
  documentDepth: 100,
  /** A statement, a report or what signs it: the report of a Dockerfile with its proof has some 50 kB. */
  statementBytes: 16 * 1024 * 1024,
  /** Statements of one file, and subjects of one statement. */
  statements: 100,
  /** Conditions, checks, tests or paths of one statement. */
  statementRows: 10_000,
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
  /** Characters at the end of what an engine's command prints, in which it is looked for why it failed. */
  failureLength: 1024 * 1024,
  /** Of the log of one container, its end. */
  logBytes: 2 * 1024 * 1024,
  /** Characters of one line of a log in which a refusal is looked for: what is longer is data. */
  logLine: 2000,
  /** Characters of one line of strace: two paths of PATH_MAX and those of two descriptors, each byte written as `\377`, are half of it. */
  traceLine: 128 * 1024,
  /** What an HTTP server answers with one page. */
  pageBytes: 4 * 1024 * 1024,
  /** Ports of one container that are asked what they answer, those that it declares first; no server has more of its own. */
  askedPorts: 64,
  /** Ports that a report for people names one by one, of those that go alike; of the others it says how many. */
  shownPorts: 20,
  /** Of findings of one kind that are told of many targets: the others are counted. */
  shownFindings: 10,
  /** Findings that several targets have, as the HTML page lists them above all; of the others it says how many. */
  shownKinds: 200,
  /** Characters of a patch that the HTML page holds to be pasted into a shell. */
  shownPatch: 256 * 1024,
  /** Characters of a playground's link, and of the JSON that it unpacks to in bytes: deflate makes a thousand of one. */
  sharedLink: 32 * 1024,
  sharedText: 256 * 1024,
  /** Files beside the Dockerfile of a playground, and characters of the path of one. */
  sharedFiles: 20,
  sharedPath: 200,
  /** Until the playground gives up on an answer. */
  playgroundMs: 5000,
  /** What an engine lists of the files that a container has changed: some 200,000. A longer list counts as far as it was read. */
  changesBytes: 8 * 1024 * 1024,
  /** Until it has listed them: it looks at all files of the container first. */
  changesMs: 60_000,
  /** Log files of one run that are read for what went wrong. */
  readLogFiles: 12,
  /** What is copied out of a container at a time: its largest program, or the log files of a folder. */
  copiedBytes: 1024 ** 3,
} as const
