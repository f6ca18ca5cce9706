import type { Options as Flag } from 'yargs'
import { formatNames } from '../report/index.ts'
import {
  arbitraryFlag,
  capabilityFlag,
  engineFlags,
  excludeFlag,
  groups,
  list,
  minimizeFlag,
  policyFlags,
  proofFlags,
  text,
  textOrJson,
} from './shared-flags.ts'

export const hardenFlags = {
  write: {
    type: 'boolean',
    alias: 'w',
    group: groups.output,
    describe: 'change Dockerfiles in place (all or nothing per file, atomic, mode kept)',
  },
  output: {
    ...text,
    alias: 'o',
    group: groups.output,
    describe: 'DIR: for an image target, write DIR/Dockerfile and DIR/compose.yaml',
  },
  check: {
    type: 'boolean',
    group: groups.output,
    describe: 'write nothing; exit 1 when something would change or is left to do',
  },
  format: {
    ...text,
    group: groups.output,
    describe: `${formatNames.join(' | ')} (default diff; dockerfile for an image)`,
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: groups.output,
    describe: 'on stderr only what failed and the sum',
  },
  ...excludeFlag,
  ...policyFlags,
  ...arbitraryFlag,
  prove: {
    type: 'boolean',
    group: groups.proof,
    describe: 'build, run beside the baseline, repair until it works or say why not',
  },
  ...minimizeFlag,
  ...capabilityFlag,
  ...proofFlags,
  build: { type: 'boolean', group: groups.proof, describe: 'build the result' },
  tag: { ...text, alias: 't', group: groups.proof, describe: 'NAME of the built image, with --build' },
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const inspectFlags = {
  ...textOrJson,
  ...excludeFlag,
  ...policyFlags,
  ...arbitraryFlag,
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const proveFlags = {
  baseline: {
    ...text,
    group: groups.proof,
    describe: 'IMAGE to compare with (default the image itself, run as root)',
  },
  ...arbitraryFlag,
  ...proofFlags,
  ...textOrJson,
  ...engineFlags,
} as const satisfies Record<string, Flag>

export const profileFlags = {
  for: { ...text, group: groups.output, describe: 'docker | compose | kubernetes' },
  file: {
    ...list,
    group: groups.output,
    describe: 'FILE: a Compose file or manifests to change: a diff, or with -w in place (repeatable)',
  },
  write: {
    type: 'boolean',
    alias: 'w',
    group: groups.output,
    describe: 'change the files of --file (all or nothing, atomic, mode kept)',
  },
  service: {
    ...text,
    group: groups.output,
    describe: 'NAME in the Compose file (default the one that runs the image)',
  },
  container: { ...text, group: groups.output, describe: 'NAME in the manifests (default those that run the image)' },
  image: {
    ...text,
    group: groups.output,
    describe: 'NAME of the hardened image (default NAME-nonroot:TAG where one has to be built)',
  },
  ...policyFlags,
  ...arbitraryFlag,
  prove: hardenFlags.prove,
  ...minimizeFlag,
  ...capabilityFlag,
  ...proofFlags,
  build: {
    type: 'boolean',
    group: groups.proof,
    describe: 'build the image that the profile runs, where one has to be built',
  },
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
