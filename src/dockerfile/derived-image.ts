import type { Accounts, ImageFacts, Known } from '../image/facts.ts'
import type { StageState } from './stage-walk.ts'

interface Derivation {
  readonly base: ImageFacts
  readonly state: StageState
  /** Accounts that the stage's RUN lines create, as far as their ids are known. */
  readonly created: Accounts
  /** Names of those that they delete. Absent: none. */
  readonly deleted?: readonly string[]
}

/** The image as a stage leaves it, as far as its instructions tell without building it. */
export function deriveFacts({ base, state, created, deleted = [] }: Derivation): ImageFacts {
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
      exposedPorts: distinct(state.exposedPorts, ({ port, protocol }) => `${port}/${protocol}`),
      ...(state.portsLeftOut === null ? {} : { portsLeftOut: state.portsLeftOut }),
      ...(state.volumesLeftOut ? { volumesLeftOut: true } : {}),
      volumes: distinct(state.volumes, (path) => path),
      workdir: valueOr(state.workdir.value, '/'),
      healthcheck: valueOr(state.healthcheck.value, null),
      onbuild: state.onbuild,
      shell: valueOr(state.shell.value, null),
      stopSignal: valueOr(state.stopSignal.value, null),
      labels: base.config.labels,
    },
    accounts: base.accounts.known
      ? { known: true, value: withAccounts(without(base.accounts.value, deleted), created) }
      : base.accounts,
    files: base.files,
    ...(base.someFiles === undefined ? {} : { someFiles: base.someFiles }),
    ...(base.madeAccounts === undefined
      ? {}
      : { madeAccounts: base.madeAccounts.filter((name) => !deleted.includes(name)) }),
    os: base.os,
  }
}

/** With an account goes the group of its own that has its name. */
function without(accounts: Accounts, deleted: readonly string[]): Accounts {
  if (deleted.length === 0) return accounts
  const isLeft = ({ name }: { readonly name: string }): boolean => !deleted.includes(name)
  const { users, groups, asEngine } = accounts
  return {
    users: users.filter(isLeft),
    groups: groups.filter(isLeft),
    ...(asEngine === undefined ? {} : { asEngine: asEngine.filter(isLeft) }),
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

/** What is known of them, each once: an image config has sets. */
function distinct<T>(settings: readonly { readonly value: Known<T> }[], key: (value: T) => string): readonly T[] {
  const found = new Map<string, T>()
  for (const { value } of settings) if (value.known) found.set(key(value.value), value.value)
  return [...found.values()]
}
