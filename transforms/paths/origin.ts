import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import { baseName, isInside } from '../../src/places.ts'
import { copiedTo, stepsOf } from './steps.ts'

export interface CopyOrigin {
  /** The COPY that brings this file alone; null where none does. */
  readonly copy: Instruction | null
  /** `--from`; null for the build context. */
  readonly from: string | null
  /** Null where it has no path there that could be said again. */
  readonly source: string | null
}

/** Where a file of the image came from; null where that cannot be told. */
export function originOf(dockerfile: Dockerfile, stage: Stage, path: string): CopyOrigin | null {
  for (const step of stepsOf(dockerfile, stage).toReversed()) {
    const { instruction, words } = step
    if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') continue
    const target = words.at(-1) ?? ''
    const place = copiedTo(step)
    // It may be this one that brings it.
    if (place === null) return null
    if (!isInside(path, place)) continue
    return instruction.keyword === 'COPY' ? copiedBy(instruction, words.slice(0, -1), target, place, path) : null
  }
  const { base, from, platform } = stage
  if (platform !== null || base.kind === 'scratch' || base.kind === 'unresolved') return null
  if (base.kind === 'stage')
    return { copy: null, from: dockerfile.stages[base.index]?.name ?? String(base.index), source: path }
  // COPY --from takes no variables.
  return from.text.includes('$') ? null : { copy: null, from: base.reference, source: path }
}

/** `place`: the target as a path, which is `path` or around it. */
function copiedBy(
  instruction: Instruction,
  sources: readonly (string | null)[],
  target: string,
  place: string,
  path: string,
): CopyOrigin | null {
  const flag = (name: string) => instruction.flags.find((one) => one.name === name)
  if (flag('parents') !== undefined || flag('exclude') !== undefined) return null
  const from = flag('from')?.value ?? null
  const [source = null] = sources
  const isWritten = instruction.heredocs.length > 0
  // A pattern or a variable is another path with other arguments of the build.
  const isLiteral = !['*', '?', '[', '$'].some((sign) => instruction.text.includes(sign))
  const plain = sources.length === 1 && source !== null && isLiteral && !isWritten ? source : null
  if (place === path) {
    const isAlone = sources.length === 1 && !target.endsWith('/')
    return isAlone ? { copy: instruction, from, source: plain } : null
  }
  if (plain === null) return null
  const rest = path.slice(place === '/' ? 1 : place.length + 1)
  const folder = plain.endsWith('/') ? plain.slice(0, -1) : plain
  // A file into a folder, else all that is in one.
  const isFile = target.endsWith('/') && folder === plain && baseName(folder) === rest
  return { copy: null, from, source: isFile ? plain : folder === '.' ? rest : `${folder}/${rest}` }
}
