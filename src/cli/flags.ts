import type { Options as Flag } from 'yargs'
import { formatNames } from '../report/format.ts'
import { flagOf, groups, type SettingName, settings } from '../repository/settings.ts'

const text = { type: 'string', requiresArg: true } as const satisfies Flag
const list = { type: 'array', requiresArg: true, string: true } as const satisfies Flag

type Dashed<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Dashed<Rest>}`
  : ''

/** Flags of these settings, as the table of settings has them. */
function flagsOf<const Name extends SettingName>(...names: readonly Name[]): Readonly<Record<Dashed<Name>, Flag>> {
  return Object.fromEntries(
    names.map((name): [string, Flag] => {
      const { form, group, help, alias } = settings[name]
      const takes: Flag = form.flag === 'array' ? list : form.flag === 'boolean' ? {} : { requiresArg: true }
      const flag: Flag = { ...takes, type: form.flag, group: groups[group], describe: help }
      return [flagOf(name), alias === undefined ? flag : { ...flag, alias }]
    }),
  ) as Record<Dashed<Name>, Flag>
}

/** How facts are found and what decides the plan: the same for every verb that looks at targets. */
const engineFlags = {
  ...flagsOf('engine', 'offline', 'platform'),
  config: {
    ...text,
    group: groups.target,
    describe: 'FILE with these settings (default .harden-image.{yaml,yml,json} of the folder and those above)',
  },
  'trust-config': {
    type: 'boolean',
    group: groups.target,
    describe:
      'let configuration and Compose files also say what is run, taken and given on this machine: host commands, variables by name, capabilities, folders outside (default only those in folders that ~/.config/harden-image/trusted lists)',
  },
} as const satisfies Record<string, Flag>

const policyFlags = flagsOf(
  'user',
  'own',
  'ports',
  'comments',
  'writable',
  'unsafe',
  'target',
  'context',
  'buildArg',
  'preferVendor',
)

const arbitraryFlag = flagsOf('arbitraryUid')

const proofFlags = {
  ...flagsOf('env', 'trace', 'jobs'),
  network: {
    type: 'boolean',
    group: groups.proof,
    describe: "run the containers of a proof on the engine's network (default: one of their own, without a way out)",
  },
  ...flagsOf('smoke'),
} as const satisfies Record<string, Flag>

const capabilityFlag = flagsOf('capAdd')

const attestFlag = {
  attest: {
    ...text,
    group: groups.proof,
    describe:
      'DIR: write what the proof shows of the image there, as in-toto statements for cosign attest (docs/how-to/attest.md)',
  },
} as const satisfies Record<string, Flag>

const excludeFlag = flagsOf('exclude')
const minimizeFlag = flagsOf('minimize')

const builderFlag = {
  builder: {
    ...text,
    group: groups.proof,
    describe: "NAME: build with this builder of docker buildx, and load what it builds (default the engine's own)",
  },
} as const satisfies Record<string, Flag>

const textOrJson = {
  format: { ...text, group: groups.output, describe: 'text | json (default text)' },
} as const satisfies Record<string, Flag>

/** Flags of `docker compose`. */
const projectFlags = {
  file: {
    ...list,
    alias: 'f',
    group: groups.target,
    describe: 'FILE: a Compose file, one on top of the other, in place of a target (repeatable)',
  },
  profile: {
    ...list,
    group: groups.target,
    describe: 'NAME: of a Compose project, run the services of this profile too (repeatable)',
  },
  'env-file': {
    ...list,
    group: groups.target,
    describe: 'FILE with the variables of a Compose project (repeatable; default the .env beside it)',
  },
  'project-name': {
    ...text,
    group: groups.target,
    describe: 'NAME of a Compose project (default what it says, or its folder)',
  },
} as const satisfies Record<string, Flag>

const verboseFlag = {
  verbose: {
    type: 'boolean',
    alias: 'v',
    group: groups.output,
    describe: 'on stderr, say of each target what --format text does, with the evidence, and show what builds print',
  },
} as const satisfies Record<string, Flag>

export const hardenFlags = {
  write: {
    type: 'boolean',
    alias: 'w',
    group: groups.output,
    describe: 'change files in place (each, and those of a project together, all or nothing; atomic, mode kept)',
  },
  'with-manifests': {
    type: 'boolean',
    group: groups.output,
    describe:
      'change the Compose files and manifests of the repository that run an image with its Dockerfile, all of them or none',
  },
  interactive: {
    type: 'boolean',
    alias: 'i',
    group: groups.output,
    describe: 'ask for each change, as git add -p does, and write what is accepted',
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
  emit: {
    ...text,
    group: groups.output,
    describe:
      'bake: print a file for docker buildx bake, which builds all results, with --builder NAME on any builder (as --format bake)',
  },
  resume: {
    type: 'boolean',
    group: groups.output,
    describe: 'with -w --prove: go on where the same command was ended, and do nothing twice',
  },
  since: {
    ...text,
    group: groups.target,
    describe:
      'REF: only targets whose Dockerfile, build context or surroundings have changed since HEAD parted from it, as git tells',
  },
  'changed-only': {
    type: 'boolean',
    group: groups.target,
    describe: 'the same for what is not committed yet (--since HEAD)',
  },
  baseline: {
    ...text,
    group: groups.output,
    describe: 'FILE with findings that are known: only others end with exit code 1',
  },
  'update-baseline': {
    type: 'boolean',
    group: groups.output,
    describe: 'write FILE of --baseline: what is found now is known, what is gone is taken out',
  },
  'pr-title': {
    type: 'boolean',
    group: groups.output,
    describe: 'print the title of a pull request with the changes, and nothing where there are none',
  },
  'pr-body': {
    ...text,
    group: groups.output,
    describe: 'FILE: write the text of the pull request there too, which is what --format markdown prints',
  },
  'sarif-file': {
    ...text,
    group: groups.output,
    describe: 'FILE: write the findings for code scanning there too, which is what --format sarif prints',
  },
  ...flagsOf('failOn', 'onlyDockerfile'),
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: groups.output,
    describe: 'print only failures and the summary to stderr',
  },
  ...verboseFlag,
  ...projectFlags,
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
  ...attestFlag,
  build: { type: 'boolean', group: groups.proof, describe: 'build the result' },
  ...builderFlag,
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
  ...attestFlag,
  ...textOrJson,
  ...verboseFlag,
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
  ...verboseFlag,
  build: {
    type: 'boolean',
    group: groups.proof,
    describe: 'build the image that the profile runs, where one has to be built',
  },
  ...builderFlag,
  ...engineFlags,
} as const satisfies Record<string, Flag>

const { engine: _engine, offline: _offline, ...lookFlags } = engineFlags

export const lspFlags = {
  stdio: {
    type: 'boolean',
    group: groups.target,
    describe: 'as some editors add it: there is no other way to speak with it',
  },
  ...flagsOf('onlyDockerfile'),
  ...policyFlags,
  ...arbitraryFlag,
  ...lookFlags,
} as const satisfies Record<string, Flag>

export const transformsFlags = textOrJson

export const verifyFlags = {
  image: { ...text, describe: 'IMAGE that they are to be about, as the engine or a registry has it now' },
  ...flagsOf('engine', 'platform'),
  offline: {
    type: 'boolean',
    group: groups.images,
    describe: 'ask no registry where the engine does not have the image',
  },
  ...textOrJson,
} as const satisfies Record<string, Flag>

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

const {
  write: _,
  interactive: __,
  output: ___,
  check: ____,
  format: _____,
  build: ______,
  tag: _______,
  attest: ________,
  ...runFlags
} = hardenFlags

/** Flags of a run, without those about its output. */
export const reviewFlags = {
  port: {
    type: 'number',
    requiresArg: true,
    group: groups.output,
    describe: 'N: of the page, on 127.0.0.1 (default any that is free)',
  },
  ...runFlags,
} as const satisfies Record<string, Flag>
