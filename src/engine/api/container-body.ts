import type { RunSpec } from '../engine.ts'
import { sessionLabels } from '../labels.ts'
import { limitsOf, logLimits } from '../limits.ts'
import { networkArgument } from '../run-arguments.ts'
import { imageArgument, nameArgument } from '../safe-arguments.ts'

/** Body of `POST /containers/create` for a spec: what `runArguments` says in flags. */
export function containerBody(spec: RunSpec, session: string): object {
  const { memoryBytes, pids } = limitsOf(spec)
  const volumes = (spec.mounts ?? []).filter(({ type }) => type === 'volume')
  const tmpfs = (spec.mounts ?? []).filter(({ type }) => type === 'tmpfs')
  return {
    Image: imageArgument(spec.image),
    User: spec.user ?? '',
    Env: Object.entries(spec.env ?? {}).map(([name, text]) => `${name}=${text}`),
    ...(spec.entrypoint !== undefined && { Entrypoint: [spec.entrypoint] }),
    ...(spec.command !== undefined && { Cmd: spec.command }),
    Labels: { ...spec.labels, ...sessionLabels(session) },
    Tty: spec.tty ?? false,
    HostConfig: {
      Memory: memoryBytes,
      PidsLimit: pids,
      LogConfig: { Type: logLimits.driver, Config: logLimits.options },
      GroupAdd: (spec.groups ?? []).map(String),
      CapDrop: spec.capDrop ?? [],
      CapAdd: spec.capAdd ?? [],
      SecurityOpt: spec.noNewPrivileges ? ['no-new-privileges'] : [],
      ReadonlyRootfs: spec.readOnly ?? false,
      Sysctls: spec.sysctls ?? {},
      Mounts: volumes.map(({ source, target }) => ({
        Type: 'volume',
        Target: target,
        ...(source !== undefined && { Source: nameArgument(source) }),
      })),
      Tmpfs: Object.fromEntries(tmpfs.map(({ target, options }) => [target, options ?? ''])),
      VolumesFrom: (spec.volumesFrom ?? []).map(nameArgument),
      ...(spec.network !== undefined && { NetworkMode: networkArgument(spec.network) }),
    },
  }
}
