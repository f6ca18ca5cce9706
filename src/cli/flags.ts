import type { Options as Flag } from 'yargs'
import { formats } from '../report/index.ts'

const text = { type: 'string', requiresArg: true } as const satisfies Flag
const formatNames = (names: readonly string[]) => names.join(' | ')

/** How facts are found and what decides the plan: the same for every verb that looks at targets. */
const engineFlags = {
  engine: { ...text, describe: 'auto | docker | podman | nerdctl | none (default auto)' },
  offline: { type: 'boolean', describe: 'no engine pull, no registry: local facts and the built-in catalogue only' },
  platform: { ...text, describe: 'OS/ARCH of the images' },
  config: { ...text, describe: 'default: nearest .harden-image.{yaml,yml,json}' },
} as const satisfies Record<string, Flag>

const policyFlags = {
  user: {
    ...text,
    describe: "NAME or UID[:GID] to run as; default: the image's own service account, else app 10001:10001",
  },
  own: {
    ...text,
    describe: 'minimal | workdir | copied: what the user may write (default minimal: only paths with evidence)',
  },
  ports: {
    ...text,
    describe: 'keep | raise: ports below 1024 (default raise where the config is known, else keep and say so)',
  },
  writable: {
    type: 'array',
    requiresArg: true,
    string: true,
    describe: 'one more path the user must write (repeatable)',
  },
  unsafe: { type: 'boolean', describe: 'apply the offered fixes too' },
  target: { ...text, describe: 'STAGE: the stage that is built, as for docker build (default the last one)' },
  context: {
    ...text,
    describe:
      'DIR: the build context, as for docker build (default the folder of the Dockerfile, or the one above it that has what it copies)',
  },
  'build-arg': {
    type: 'array',
    requiresArg: true,
    string: true,
    describe: 'NAME=VALUE for an ARG of the Dockerfile, as for docker build (repeatable)',
  },
  'prefer-vendor': {
    type: 'boolean',
    describe: 'build from the image that its vendor ships without root, where there is one',
  },
} as const satisfies Record<string, Flag>

const arbitraryFlag = {
  'arbitrary-uid': {
    type: 'boolean',
    describe: 'it has to work with any uid and group 0, as on OpenShift; a proof runs it so',
  },
} as const satisfies Record<string, Flag>

const proofFlags = {
  env: {
    type: 'array',
    alias: 'e',
    requiresArg: true,
    string: true,
    describe: 'NAME=VALUE for every container of a proof (repeatable)',
  },
  trace: { type: 'boolean', describe: '--no-trace: learn from docker diff and logs alone, and grant more' },
  jobs: {
    type: 'number',
    requiresArg: true,
    describe: 'N: containers of a proof that run at a time, of those that are independent (default twice the cores)',
  },
  smoke: {
    ...text,
    describe:
      "CMD: the user's own check, run against both (env HOST, PORT_<n>, CONTAINER); more of them: smoke: in the configuration",
  },
} as const satisfies Record<string, Flag>

const capabilityFlag = {
  'cap-add': {
    type: 'array',
    requiresArg: true,
    string: true,
    describe: 'with --prove: a capability that the original is run with, such as SYS_ADMIN (repeatable)',
  },
} as const satisfies Record<string, Flag>

const excludeFlag = {
  exclude: {
    type: 'array',
    requiresArg: true,
    string: true,
    describe: 'PATTERN of what folders are searched without, as in .gitignore (repeatable)',
  },
} as const satisfies Record<string, Flag>

const minimizeFlag = {
  minimize: {
    type: 'boolean',
    describe: 'with --prove: leave out every grant and change without which it still works, one by one',
  },
} as const satisfies Record<string, Flag>

export const hardenFlags = {
  write: {
    type: 'boolean',
    alias: 'w',
    describe: 'change Dockerfiles in place (all or nothing per file, atomic, mode kept)',
  },
  output: { ...text, alias: 'o', describe: 'DIR: for an image target, write DIR/Dockerfile and DIR/compose.yaml' },
  check: { type: 'boolean', describe: 'write nothing; exit 1 when something would change or is left to do' },
  format: { ...text, describe: formatNames(formats.map(({ name }) => name)) },
  ...excludeFlag,
  ...policyFlags,
  ...arbitraryFlag,
  build: { type: 'boolean', describe: 'build the result' },
  tag: { ...text, alias: 't', describe: 'with --build: name of the built image' },
  prove: { type: 'boolean', describe: 'build, run beside the baseline, repair until it works or say why not' },
  ...minimizeFlag,
  ...capabilityFlag,
  ...proofFlags,
  ...engineFlags,
} as const satisfies Record<string, Flag>

const textOrJson = { format: { ...text, describe: 'text | json (default text)' } } as const satisfies Record<
  string,
  Flag
>

export const inspectFlags = {
  ...textOrJson,
  ...excludeFlag,
  ...policyFlags,
  ...arbitraryFlag,
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const proveFlags = {
  baseline: { ...text, describe: 'IMAGE to compare with; default: the image itself, run as root' },
  ...arbitraryFlag,
  ...proofFlags,
  ...textOrJson,
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const profileFlags = {
  for: { ...text, describe: 'docker | compose | kubernetes' },
  file: {
    type: 'array',
    requiresArg: true,
    string: true,
    describe: 'FILE: a Compose file or manifests to change: a diff, or with -w in place (repeatable)',
  },
  write: { type: 'boolean', alias: 'w', describe: 'change the files of --file (all or nothing, atomic, mode kept)' },
  service: { ...text, describe: 'NAME in the Compose file; default: the one that runs the image' },
  container: { ...text, describe: 'NAME in the manifests; default: those that run the image' },
  image: { ...text, describe: 'NAME of the hardened image; default NAME-nonroot:TAG where one has to be built' },
  build: { type: 'boolean', describe: 'build the image that the profile runs, where one has to be built' },
  ...policyFlags,
  ...arbitraryFlag,
  prove: hardenFlags.prove,
  ...minimizeFlag,
  ...capabilityFlag,
  ...proofFlags,
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const transformsFlags = textOrJson

export const usernsFlags = {
  user: {
    ...text,
    describe: 'default | NAME[:GROUP] | UID[:GID]: whose sub ids are used (default: what is set, else default)',
  },
  root: { ...text, describe: 'DIR: work on another system that is mounted there' },
  config: { ...text, describe: "FILE: default: the daemon's own, else /etc/docker/daemon.json below the root" },
  engine: { ...text, describe: 'auto | docker | none: whether to ask the engine for its containers (default auto)' },
  ...textOrJson,
} as const satisfies Record<string, Flag>
