import type { Enforced, RunSpec } from '../engine.ts'
import { sessionLabels } from '../labels.ts'
import { limitsOf, logLimits, noCoreDumps } from '../limits.ts'
import { networkArgument } from '../run-arguments.ts'
import { imageArgument, nameArgument } from '../safe-arguments.ts'

/** Body of `POST /containers/create` for a spec: what `runArguments` says in flags. */
export function containerBody(spec: RunSpec, session: string, enforces: Enforced): object {
  const { memoryBytes, pids, cpus } = limitsOf(spec, enforces)
  const mounted = (spec.mounts ?? []).filter(({ type }) => type !== 'tmpfs')
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
      ...(memoryBytes !== null && { Memory: memoryBytes, MemorySwap: memoryBytes }),
      ...(pids !== null && { PidsLimit: pids }),
      ...(cpus !== null && { NanoCpus: Math.round(cpus * 1e9) }),
      Ulimits: [{ Name: noCoreDumps, Soft: 0, Hard: 0 }],
      LogConfig: { Type: logLimits.driver, Config: logLimits.options },
      GroupAdd: (spec.groups ?? []).map(String),
      CapDrop: spec.capDrop ?? [],
      CapAdd: spec.capAdd ?? [],
      SecurityOpt: [
        ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
        ...(spec.unlabelled ? ['label=disable'] : []),
      ],
      ReadonlyRootfs: spec.readOnly ?? false,
      Sysctls: spec.sysctls ?? {},
      Mounts: mounted.map(({ type, source, target, writable = false }) => ({
        Type: type,
        Target: target,
        ...(source !== undefined && { Source: type === 'bind' ? source : nameArgument(source) }),
        ...(type === 'bind' && { ReadOnly: !writable }),
      })),
      Tmpfs: Object.fromEntries(tmpfs.map(({ target, options }) => [target, options ?? ''])),
      VolumesFrom: (spec.volumesFrom ?? []).map(nameArgument),
      ...(spec.network !== undefined && { NetworkMode: networkArgument(spec.network) }),
      ...(spec.dns !== undefined && { Dns: spec.dns }),
    },
  }
}
