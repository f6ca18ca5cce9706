import type { StageState } from '../dockerfile/stage-state.ts'
import { emptyConfig } from './config.ts'
import type { Accounts, ImageFacts, Known } from './facts.ts'

/** What a base image that nobody could look at is known to be: nothing, for this reason. */
export function unknownFacts(reference: string, reason: string): ImageFacts {
  const unknown = { known: false, reason } as const
  return {
    reference,
    source: 'derived',
    digest: null,
    platform: { os: 'linux', architecture: '' },
    config: emptyConfig,
    accounts: unknown,
    files: unknown,
    os: unknown,
  }
}

export interface Derivation {
  readonly base: ImageFacts
  readonly state: StageState
  /** Accounts that the stage's RUN lines create, as far as their ids are known. */
  readonly created: Accounts
}

/** The image as a stage leaves it, as far as its instructions tell without building it. */
export function deriveFacts({ base, state, created }: Derivation): ImageFacts {
  return {
    reference: base.reference,
    source: 'derived',
    digest: null,
    platform: base.platform,
    config: {
      user: valueOr(state.user.value, base.config.user),
      entrypoint: valueOr(state.entrypoint.value, null),
      cmd: valueOr(state.cmd.value, null),
      env: state.env,
      exposedPorts: state.exposedPorts.flatMap((port) => (port.value.known ? [port.value.value] : [])),
      ...(state.portsLeftOut === null ? {} : { portsLeftOut: state.portsLeftOut }),
      ...(state.volumesLeftOut ? { volumesLeftOut: true } : {}),
      volumes: state.volumes.flatMap((volume) => (volume.value.known ? [volume.value.value] : [])),
      workdir: valueOr(state.workdir.value, '/'),
      healthcheck: valueOr(state.healthcheck.value, null),
      onbuild: state.onbuild,
      shell: valueOr(state.shell.value, null),
      stopSignal: valueOr(state.stopSignal.value, null),
      labels: base.config.labels,
    },
    accounts: base.accounts.known ? { known: true, value: withAccounts(base.accounts.value, created) } : base.accounts,
    files: base.files,
    os: base.os,
  }
}

function withAccounts(accounts: Accounts, created: Accounts): Accounts {
  if (created.users.length + created.groups.length === 0) return accounts
  const { users, groups, asEngine } = accounts
  return {
    users: [...users, ...created.users],
    groups: [...groups, ...created.groups],
    ...(asEngine === undefined ? {} : { asEngine: [...asEngine, ...created.users] }),
  }
}

function valueOr<T>(known: Known<T>, otherwise: T): T {
  return known.known ? known.value : otherwise
}
