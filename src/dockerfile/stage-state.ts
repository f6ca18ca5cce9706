import type { ExposedPort, ImageConfig, Known } from '../image/facts.ts'
import type { Setting, Settings } from './settings.ts'

/** How a container of the stage starts, as its image config would say it, each with the instruction it comes from. */
export interface StageState extends Readonly<Settings> {
  /** ENV in force (ARG does not stay), as far as it is known: without the base image's where that is unknown. */
  readonly env: ReadonlyMap<string, string>
  /** Why the base image's config is not known; null when it is. */
  readonly unknownBase: string | null
}

/** The state as an image config; unknown where any part that decides how a container starts is. */
export function stageConfig(state: StageState): Known<ImageConfig> {
  const { user, workdir, entrypoint, cmd, shell, healthcheck, stopSignal } = state
  for (const { value } of [user, workdir, entrypoint, cmd, shell, healthcheck, stopSignal])
    if (!value.known) return value
  if (state.unknownBase !== null) return { known: false, reason: state.unknownBase }
  return {
    known: true,
    value: {
      user: valueIn(user, ''),
      workdir: valueIn(workdir, '/'),
      entrypoint: valueIn(entrypoint, null),
      cmd: valueIn(cmd, null),
      shell: valueIn(shell, null),
      healthcheck: valueIn(healthcheck, null),
      stopSignal: valueIn(stopSignal, null),
      env: state.env,
      exposedPorts: distinct(state.exposedPorts, (port: ExposedPort) => `${port.port}/${port.protocol}`),
      ...(state.portsLeftOut === null ? {} : { portsLeftOut: state.portsLeftOut }),
      ...(state.volumesLeftOut ? { volumesLeftOut: true } : {}),
      volumes: distinct(state.volumes, (path) => path),
      onbuild: state.onbuild,
      labels: state.labels,
    },
  }
}

function valueIn<T>(setting: Setting<T>, otherwise: T): T {
  return setting.value.known ? setting.value.value : otherwise
}

function distinct<T>(settings: readonly Setting<T>[], key: (value: T) => string): readonly T[] {
  const found = new Map<string, T>()
  for (const { value } of settings) if (value.known) found.set(key(value.value), value.value)
  return [...found.values()]
}
