import { emptyConfig } from '../image/config.ts'
import type { ExposedPort, ImageConfig, Known } from '../image/facts.ts'
import type { Dockerfile, Instruction, StageBase } from './model.ts'
import { pairsOf } from './pairs.ts'
import { parseDockerfile } from './parse.ts'
import { applySettings, initialSettings, type Setting, type Settings } from './settings.ts'
import {
  advance,
  baseEnvironment,
  defaultPath,
  type Environment,
  effectiveInstructions,
  expand,
  globalEnvironment,
  lineage,
} from './variables.ts'

export type BaseConfig = (reference: string) => Known<ImageConfig>

/** How a container of the stage starts, as its image config would say it, each with the instruction it comes from. */
export interface StageState extends Readonly<Settings> {
  /** ENV in force (ARG does not stay), as far as it is known: without the base image's where that is unknown. */
  readonly env: ReadonlyMap<string, string>
  /** Why the base image's config is not known; null when it is. */
  readonly unknownBase: string | null
}

/** The state at the end of a stage, through its parents and its base image, ONBUILD triggers included. */
export function stageState(dockerfile: Dockerfile, stageIndex: number, baseConfig: BaseConfig): StageState {
  const { escape: escapeChar } = dockerfile
  const stages = lineage(dockerfile, stageIndex)
  const first = stages[0] ?? stageIndex
  const base = configOf(dockerfile.stages[first]?.base, baseConfig)
  const settings = initialSettings(base)
  const env = new Map(base.known ? base.value.env : [])
  const globals = globalEnvironment(dockerfile.metaArgs, escapeChar)
  const environment = baseEnvironment(dockerfile, first, () => {
    return base.known ? { known: true, value: base.value.env } : base
  })
  const expandHere = (text: string): Known<string> => {
    const expanded = expand(text, environment, escapeChar)
    return expanded.kind === 'value'
      ? { known: true, value: expanded.value }
      : { known: false, reason: expanded.reason }
  }
  for (const index of stages) {
    const triggers = index === first && base.known ? triggersOf(base.value) : []
    const instructions = [...triggers, ...effectiveInstructions(dockerfile, index)]
    // The CMD of the base image or of a parent stage falls with a new ENTRYPOINT; one of the same stage does not.
    let ownCmd = false
    // Triggers are not handed on to a stage's children.
    settings.onbuild = []
    for (const [position, instruction] of instructions.entries()) {
      const cite = position < triggers.length ? null : instruction
      applySettings(settings, instruction, { expand: expandHere, cite, escapeChar, ownCmd })
      ownCmd ||= instruction.keyword === 'CMD'
      advance(environment, instruction, globals, escapeChar)
      if (instruction.keyword === 'ENV') keepEnv(instruction, environment, env, escapeChar)
    }
  }
  return { ...settings, env, unknownBase: base.known ? null : base.reason }
}

function keepEnv(
  instruction: Instruction,
  environment: Environment,
  env: Map<string, string>,
  escapeChar: string,
): void {
  for (const { name } of pairsOf(instruction, escapeChar)) {
    const value = environment.values.get(name)
    env.delete(name)
    if (value !== undefined) env.set(name, value)
  }
}

/** `scratch` with the PATH that BuildKit gives it. */
const scratchConfig: ImageConfig = { ...emptyConfig, env: new Map([['PATH', defaultPath]]) }

function configOf(base: StageBase | undefined, baseConfig: BaseConfig): Known<ImageConfig> {
  if (base?.kind === 'image') return baseConfig(base.reference)
  if (base?.kind === 'unresolved') return { known: false, reason: base.reason }
  return { known: true, value: scratchConfig }
}

/** The triggers of a base image run first. One that cannot be read fails the build, so there is nothing to follow. */
function triggersOf(config: ImageConfig): readonly Instruction[] {
  return config.onbuild.flatMap((trigger) => {
    try {
      return parseDockerfile(`FROM scratch\n${trigger}\n`).stages[0]?.instructions ?? []
    } catch {
      return []
    }
  })
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
