import type { Dockerfile, Instruction, Stage } from './model.ts'
import { csvFields } from './rules.ts'

/** The stage that is built by default. */
export function finalStage(dockerfile: Dockerfile): Stage {
  const stage = dockerfile.stages.at(-1)
  if (stage === undefined) throw new Error('a parsed Dockerfile has at least one stage')
  return stage
}

/** The stages that no other stage uses, by FROM, COPY --from or RUN --mount from=. The final stage is always one. */
export function leafStages(dockerfile: Dockerfile): readonly Stage[] {
  if (dockerfile.stages.length === 1) return dockerfile.stages
  const used = new Set(dockerfile.stages.flatMap((stage) => usedStages(dockerfile, stage)))
  const final = dockerfile.stages.length - 1
  return dockerfile.stages.filter((stage) => stage.index === final || !used.has(stage.index))
}

/** The stages that a stage is built from, its parent first, the outermost last. */
export function ancestors(dockerfile: Dockerfile, stage: Stage): readonly Stage[] {
  const found: Stage[] = []
  for (let base = stage.base; base.kind === 'stage'; ) {
    const parent = dockerfile.stages[base.index]
    if (parent === undefined) break
    found.push(parent)
    base = parent.base
  }
  return found
}

/** The stages that are built from this one and begin as it ends. */
export function childrenOf({ stages }: Dockerfile, index: number): readonly Stage[] {
  return stages.filter(({ base }) => base.kind === 'stage' && base.index === index)
}

/** It, or a stage that is built upon it, runs something before it says a user. */
export function runsAsParent(dockerfile: Dockerfile, { instructions, index }: Stage): boolean {
  const first = instructions.find(({ keyword }) => keyword === 'RUN' || keyword === 'USER')
  if (first !== undefined) return first.keyword === 'RUN'
  return childrenOf(dockerfile, index).some((child) => runsAsParent(dockerfile, child))
}

/** A stage by its name or number, as `--target` and `--from` take it. */
export function findStage(
  dockerfile: Dockerfile,
  nameOrIndex: string,
  before = dockerfile.stages.length,
): Stage | null {
  const earlier = dockerfile.stages.slice(0, before)
  const name = nameOrIndex.toLowerCase()
  const named = earlier.findLast((stage) => stage.name === name)
  if (named !== undefined) return named
  return /^\d+$/.test(name) ? (earlier[Number(name)] ?? null) : null
}

/** Indexes of the stages that a stage uses directly. */
function usedStages(dockerfile: Dockerfile, stage: Stage): readonly number[] {
  const used: number[] = stage.base.kind === 'stage' ? [stage.base.index] : []
  for (const instruction of stage.instructions) {
    for (const source of sourcesOf(instruction)) {
      const other = findStage(dockerfile, source, stage.index)
      if (other !== null) used.push(other.index)
    }
  }
  return used
}

/**
 * The stages that a stage takes from, directly and through others, by the ones that each takes from; earliest first, so that
 * who goes through them has all of one's before it.
 */
export function reachedFrom(index: number, takenFrom: (index: number) => Iterable<number>): readonly number[] {
  const reached = new Set<number>()
  const open = [index]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const other of takenFrom(next)) {
      if (reached.has(other)) continue
      reached.add(other)
      open.push(other)
    }
  }
  return [...reached].sort((a, b) => a - b)
}

/** The index of a stage, and those of all stages that it builds on or copies from. */
export function madeOf(dockerfile: Dockerfile, index: number): ReadonlySet<number> {
  const takenFrom = (one: number): readonly number[] => {
    const stage = dockerfile.stages[one]
    return stage === undefined ? [] : usedStages(dockerfile, stage)
  }
  return new Set([index, ...reachedFrom(index, takenFrom)])
}

/** The stages or images that an instruction reads files from. */
export function sourcesOf(instruction: Instruction): readonly string[] {
  return instruction.flags.flatMap((flag) => {
    if (flag.name === 'from') return [flag.value ?? '']
    return flag.name === 'mount' ? mountSources(flag.value ?? '') : []
  })
}

function mountSources(mount: string): readonly string[] {
  const fields = csvFields(mount) ?? []
  return fields.filter((field) => /^from=/i.test(field)).map((field) => field.slice('from='.length))
}

/** The stage's own EXPOSE that names a port; null where none does. */
export function exposeOf(stage: Stage, port: number): Instruction | null {
  return (
    stage.instructions.find(
      (instruction) =>
        instruction.keyword === 'EXPOSE' && instruction.words.some((word) => exposedPort(word.value)?.port === port),
    ) ?? null
  )
}

/** `80`, `53/udp`; null for a range or a variable. */
export function exposedPort(word: string): { readonly port: number; readonly protocol: 'tcp' | 'udp' } | null {
  const match = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(word)
  return match === null ? null : { port: Number(match[1]), protocol: match[2]?.toLowerCase() === 'udp' ? 'udp' : 'tcp' }
}
