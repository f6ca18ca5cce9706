import { emptyConfig } from '../image/config.ts'
import type { ImageConfig, Known } from '../image/facts.ts'
import { type Environment, environmentWith, growing, heldBy } from './environment.ts'
import type { Dockerfile, Instruction, Stage, StageBase } from './model.ts'
import { parseDockerfile } from './parse.ts'
import { applySettings, initialSettings, type Settings, type StageList } from './settings.ts'
import {
  type ArgSources,
  applyArg,
  applyEnv,
  defaultPath,
  type Expanded,
  expand,
  globalEnvironment,
  lineage,
  nothingGiven,
} from './variables.ts'

export type BaseConfig = (reference: string) => Known<ImageConfig>

/** The stages of one Dockerfile, instruction by instruction. */
export interface StageWalks {
  /** All that runs to make a stage, through the stages it is built from. The base image's own triggers are not among it. */
  readonly steps: (stageIndex: number) => readonly Step[]
  /** The step of each of the stage's own instructions. */
  readonly own: (stageIndex: number) => readonly Step[]
  readonly end: (stageIndex: number) => StageState
}

/** Each stage is walked once, however many are built from it or copy from it. */
export function stageWalks(dockerfile: Dockerfile, baseConfig: BaseConfig): StageWalks {
  const { args } = dockerfile
  const globals = globalEnvironment(dockerfile.metaArgs, dockerfile.escape, { ...nothingGiven, args })
  const walked = new Map<number, Walk>()
  const walkOf = (index: number): Walk => {
    let walk = walked.get(index)
    if (walk !== undefined) return walk
    let parent: Walk | null = null
    for (const at of lineage(dockerfile, index)) {
      const stage = dockerfile.stages[at]
      if (stage === undefined) break
      walk =
        walked.get(at) ??
        walkStage(stage, parent ?? baseOf(stage.base, baseConfig), { args, globals }, dockerfile.escape)
      walked.set(at, walk)
      parent = walk
    }
    if (walk === undefined) throw new Error(`there is no stage ${index}`)
    return walk
  }
  return {
    steps: (index) => {
      const { triggered, own } = walkOf(index)
      const above = lineage(dockerfile, index).slice(0, -1).map(walkOf)
      if (above.length + triggered.length === 0) return own
      return [...above.flatMap((walk) => [...walk.triggered, ...walk.own]), ...triggered, ...own]
    },
    own: (index) => walkOf(index).own,
    end: (index) => walkOf(index).end,
  }
}

/** How a stage or a base image ends, so that another stage can start there. */
interface Ground {
  readonly end: StageState
  readonly environment: Environment
  /** What runs first in whatever is built from it; those of an image are not the Dockerfile's own instructions. */
  readonly triggers: readonly Instruction[]
  readonly isImage: boolean
}

interface Walk extends Ground {
  readonly triggered: readonly Step[]
  readonly own: readonly Step[]
}

/** Triggers are not handed on to what is built from it. Written out, since this is made for every stage. */
function stateOf(
  settings: Readonly<Settings>,
  env: ReadonlyMap<string, string>,
  unknownBase: string | null,
): Settings & { env: ReadonlyMap<string, string>; readonly unknownBase: string | null } {
  return {
    user: settings.user,
    workdir: settings.workdir,
    entrypoint: settings.entrypoint,
    cmd: settings.cmd,
    shell: settings.shell,
    healthcheck: settings.healthcheck,
    stopSignal: settings.stopSignal,
    exposedPorts: settings.exposedPorts,
    portsLeftOut: settings.portsLeftOut,
    volumes: settings.volumes,
    volumesLeftOut: settings.volumesLeftOut,
    onbuild: [],
    env,
    unknownBase,
  }
}

function baseOf(base: StageBase, baseConfig: BaseConfig): Ground {
  const config = configOf(base, baseConfig)
  const env = config.known ? config.value.env : new Map<string, string>()
  return {
    end: stateOf(initialSettings(config), env, config.known ? null : config.reason),
    environment: environmentWith(env, config.known ? null : config.reason),
    triggers: config.known ? triggersOf(config.value) : [],
    isImage: true,
  }
}

function walkStage(stage: Stage, ground: Ground, sources: ArgSources, escapeChar: string): Walk {
  const environment = growing(ground.environment)
  // ENV stays in the image, ARG does not. Copied once it changes: most stages leave it as it is.
  let env: Map<string, string> | null = null
  const end = stateOf(ground.end, ground.end.env, ground.end.unknownBase)
  const owned = new Set<StageList>()
  const expandHere = (text: string): Known<string> => {
    const expanded = expand(text, environment, escapeChar)
    return expanded.kind === 'value'
      ? { known: true, value: expanded.value }
      : { known: false, reason: expanded.reason }
  }
  // The CMD of the base image or of a parent stage falls with a new ENTRYPOINT; one of the same stage does not.
  let ownCmd = false
  let seen: Environment | null = null
  const run = (instruction: Instruction, cite: Instruction | null): void => {
    const { keyword } = instruction
    if (keyword === 'ARG') applyArg(instruction, environment, sources, escapeChar)
    else if (keyword === 'ENV') {
      env ??= new Map(end.env)
      end.env = env
      for (const name of applyEnv(instruction, environment, escapeChar)) {
        const value = heldBy(environment, name)?.value ?? undefined
        env.delete(name)
        if (value !== undefined) env.set(name, value)
      }
    } else {
      applySettings(end, instruction, { expand: expandHere, cite, escapeChar, ownCmd, owned })
      ownCmd ||= keyword === 'CMD'
      return
    }
    seen = null
  }
  const stepOf = (instruction: Instruction): Step => {
    seen ??= environment.now()
    const { user, workdir, shell } = end
    const step = {
      instruction,
      user: user.value,
      workdir: workdir.value.known ? workdir.value.value : null,
      environment: seen,
      shell: shell.value.known ? shell.value.value : null,
      words: pathWords(instruction, expandHere),
    }
    run(instruction, instruction)
    return step
  }
  if (ground.isImage) for (const trigger of ground.triggers) run(trigger, null)
  const triggered = ground.isImage ? [] : ground.triggers.map(stepOf)
  const own = stage.instructions.map(stepOf)
  const triggers = stage.instructions.flatMap((instruction) => instruction.onbuild ?? [])
  return { end, environment: environment.now(), triggers, isImage: false, triggered, own }
}

/** `scratch` with the PATH that BuildKit gives it. */
const scratchConfig: ImageConfig = { ...emptyConfig, env: new Map([['PATH', defaultPath]]) }

function configOf(base: StageBase, baseConfig: BaseConfig): Known<ImageConfig> {
  if (base.kind === 'image') return baseConfig(base.reference)
  if (base.kind === 'unresolved') return { known: false, reason: base.reason }
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

/** How a container of the stage starts, as its image config would say it, each with the instruction it comes from. */
export interface StageState extends Readonly<Settings> {
  /** ENV in force (ARG does not stay), as far as it is known: without the base image's where that is unknown. */
  readonly env: ReadonlyMap<string, string>
  /** Why the base image's config is not known; null when it is. */
  readonly unknownBase: string | null
}

/** One instruction with what was in force when it ran. */
export interface Step {
  readonly instruction: Instruction
  /** '' is root. */
  readonly user: Known<string>
  /** Absolute; null where a variable or an unknown base decides it. */
  readonly workdir: string | null
  /** ENV and ARG. */
  readonly environment: Environment
  /** SHELL in force; null for the default. */
  readonly shell: readonly string[] | null
  /** Words of COPY, ADD, VOLUME and WORKDIR, variables filled in; null where one is not known. */
  readonly words: readonly (string | null)[]
}

const takesPaths: ReadonlySet<string> = new Set(['COPY', 'ADD', 'VOLUME', 'WORKDIR'])
const none: Step['words'] = []

function pathWords({ keyword, json, words }: Instruction, expandHere: (text: string) => Known<string>): Step['words'] {
  if (!takesPaths.has(keyword)) return none
  const value = (text: string): string | null => {
    const expanded = expandHere(text)
    return expanded.known ? expanded.value : null
  }
  return json === null ? words.map((word) => value(word.text)) : json.map((item) => value(item.value))
}

/** Text of a step's instruction, quotes removed and its variables filled in. */
export function expandIn({ environment }: Step, text: string, escapeChar: string): Expanded {
  return expand(text, environment, escapeChar)
}
