import type { Options as Flag } from 'yargs'
import { ENGINE_NAMES } from '../engine/kinds.ts'

export const text = { type: 'string', requiresArg: true } as const satisfies Flag
export const list = { type: 'array', requiresArg: true, string: true } as const satisfies Flag

/** How they stand together in the help. */
export const groups = {
  output: 'What comes out:',
  target: 'What is worked on:',
  policy: 'What it becomes:',
  proof: 'Build and proof:',
  images: 'Where images are looked into:',
} as const

/** How facts are found and what decides the plan: the same for every verb that looks at targets. */
export const engineFlags = {
  engine: { ...text, group: groups.images, describe: `auto | ${ENGINE_NAMES.join(' | ')} | none (default auto)` },
  offline: {
    type: 'boolean',
    group: groups.images,
    describe: 'no engine pull, no registry: local facts and the built-in catalogue only',
  },
  platform: { ...text, group: groups.images, describe: "OS/ARCH of the images (default the engine's own)" },
  config: {
    ...text,
    group: groups.target,
    describe: 'FILE with these settings (default the nearest .harden-image.{yaml,yml,json})',
  },
  'trust-config': {
    type: 'boolean',
    group: groups.target,
    describe:
      'let configuration and Compose files also say what is run, taken and given on this machine: host commands, variables by name, capabilities, folders outside (default only those in folders that ~/.config/harden-image/trusted lists)',
  },
} as const satisfies Record<string, Flag>

export const policyFlags = {
  user: {
    ...text,
    group: groups.policy,
    describe: "NAME or UID[:GID] to run as (default the image's own service account, else app 10001:10001)",
  },
  own: {
    ...text,
    group: groups.policy,
    describe: 'minimal | workdir | copied: what the user may write (default minimal: only paths with evidence)',
  },
  ports: {
    ...text,
    group: groups.policy,
    describe: 'keep | raise: ports below 1024 (default raise where the config is known, else keep and say so)',
  },
  writable: { ...list, group: groups.policy, describe: 'PATH: one more that the user must write (repeatable)' },
  unsafe: { type: 'boolean', group: groups.policy, describe: 'apply the offered fixes too' },
  target: {
    ...text,
    group: groups.target,
    describe: 'STAGE: the stage that is built, as for docker build (default the last one)',
  },
  context: {
    ...text,
    group: groups.target,
    describe:
      'DIR: the build context, as for docker build (default what a Compose file says, else the folder of the Dockerfile, or the one above it that has what it copies)',
  },
  'build-arg': {
    ...list,
    group: groups.target,
    describe: 'NAME[=VALUE] for an ARG of the Dockerfile, as for docker build (repeatable)',
  },
  'prefer-vendor': {
    type: 'boolean',
    group: groups.policy,
    describe: 'build from the image that its vendor ships without root, where there is one',
  },
} as const satisfies Record<string, Flag>

export const arbitraryFlag = {
  'arbitrary-uid': {
    type: 'boolean',
    group: groups.policy,
    describe: 'it has to work with any uid and group 0, as on OpenShift; a proof runs it so',
  },
} as const satisfies Record<string, Flag>

export const proofFlags = {
  env: {
    ...list,
    alias: 'e',
    group: groups.proof,
    describe: 'NAME[=VALUE] for every container of a proof, as for docker run (repeatable)',
  },
  trace: {
    type: 'boolean',
    group: groups.proof,
    describe: '--no-trace: learn from docker diff and logs alone, and grant more',
  },
  jobs: {
    type: 'number',
    requiresArg: true,
    group: groups.proof,
    describe: 'N: containers of a proof that run at a time, of those that are independent (default twice the cores)',
  },
  network: {
    type: 'boolean',
    group: groups.proof,
    describe: "run the containers of a proof on the engine's network (default: one of their own, without a way out)",
  },
  smoke: {
    ...text,
    group: groups.proof,
    describe:
      "CMD: the user's own check, run against both (env HOST, PORT_<n>, CONTAINER); more of them: smoke: in the configuration",
  },
} as const satisfies Record<string, Flag>

export const capabilityFlag = {
  'cap-add': {
    ...list,
    group: groups.proof,
    describe: 'with --prove: a capability that the original is run with, such as SYS_ADMIN (repeatable)',
  },
} as const satisfies Record<string, Flag>

export const excludeFlag = {
  exclude: {
    ...list,
    group: groups.target,
    describe: 'PATTERN of what folders are searched without, as in .gitignore (repeatable)',
  },
} as const satisfies Record<string, Flag>

export const minimizeFlag = {
  minimize: {
    type: 'boolean',
    group: groups.proof,
    describe: 'with --prove: leave out every grant and change without which it still works, one by one',
  },
} as const satisfies Record<string, Flag>

export const textOrJson = {
  format: { ...text, group: groups.output, describe: 'text | json (default text)' },
} as const satisfies Record<string, Flag>
