import type { Dockerfile, Instruction } from './model.ts'
import { applySettings, initialSettings } from './settings.ts'
import type { BaseConfig } from './stage-state.ts'
import { advance, baseEnvironment, effectiveInstructions, expand, globalEnvironment, lineage } from './variables.ts'

/** One instruction with what was in force when it ran. */
export interface Step {
  readonly instruction: Instruction
  /** Absolute; null where a variable or an unknown base decides it. */
  readonly workdir: string | null
  /** ENV and ARG with their values, as far as they are known. */
  readonly variables: ReadonlyMap<string, string>
  /** SHELL in force; null for the default. */
  readonly shell: readonly string[] | null
  /** Words of COPY, ADD, VOLUME and the like, variables filled in; null where one is not known. */
  readonly words: readonly (string | null)[]
}

/** All that runs to make a stage, through the stages it is built from. The base image's own ONBUILD triggers are not among it. */
export function stageSteps(dockerfile: Dockerfile, stageIndex: number, baseConfig: BaseConfig): readonly Step[] {
  const { escape: escapeChar } = dockerfile
  const stages = lineage(dockerfile, stageIndex)
  const first = stages[0] ?? stageIndex
  const base = dockerfile.stages[first]?.base
  const config =
    base?.kind === 'image' ? baseConfig(base.reference) : { known: false as const, reason: 'there is no base image' }
  const settings = initialSettings(config)
  if (base?.kind === 'scratch') settings.workdir = { value: { known: true, value: '/' }, instruction: null }
  const environment = baseEnvironment(dockerfile, first, () =>
    config.known ? { known: true, value: config.value.env } : config,
  )
  const globals = globalEnvironment(dockerfile.metaArgs, escapeChar)
  const steps: Step[] = []
  let variables: ReadonlyMap<string, string> = new Map(environment.values)
  for (const index of stages) {
    for (const instruction of effectiveInstructions(dockerfile, index)) {
      const value = (text: string): string | null => {
        const expanded = expand(text, environment, escapeChar)
        return expanded.kind === 'value' ? expanded.value : null
      }
      const { workdir, shell } = settings
      steps.push({
        instruction,
        workdir: workdir.value.known ? workdir.value.value : null,
        variables,
        shell: shell.value.known ? shell.value.value : null,
        words: takesPaths.has(instruction.keyword) ? pathsOf(instruction).map(value) : [],
      })
      applySettings(settings, instruction, {
        expand: (text) => {
          const known = value(text)
          return known === null ? { known: false, reason: 'a variable is not known' } : { known: true, value: known }
        },
        cite: instruction,
        escapeChar,
        ownCmd: true,
      })
      if (instruction.keyword !== 'ARG' && instruction.keyword !== 'ENV') continue
      advance(environment, instruction, globals, escapeChar)
      variables = new Map(environment.values)
    }
  }
  return steps
}

const takesPaths: ReadonlySet<string> = new Set(['COPY', 'ADD', 'VOLUME', 'WORKDIR'])

function pathsOf({ json, words }: Instruction): readonly string[] {
  return json?.map((item) => item.value) ?? words.map((word) => word.text)
}
