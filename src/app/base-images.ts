import { copiedTo } from '../contents/build-context.ts'
import type { Dockerfile, Stage } from '../dockerfile/model.ts'
import { HardenError } from '../errors.ts'
import { emptyConfig, unknownFacts } from '../image/config.ts'
import type { ImageConfig, ImageFacts, Known } from '../image/facts.ts'
import { createFileModel } from '../image/file-index.ts'
import { parseReference } from '../image/reference.ts'

/** Facts of each base image that could be looked at, by reference; the others have the reason why not. */
export type Bases = ReadonlyMap<string, Known<ImageFacts>>

/** References of all base images, each once. Throws HardenError `bad-reference`, with the line, for what can name no image. */
export function baseReferences(dockerfile: Dockerfile): readonly string[] {
  const references = new Set<string>()
  for (const { base, from } of dockerfile.stages) {
    if (base.kind === 'unresolved' && !base.text.includes('$'))
      throw new HardenError('bad-reference', `line ${from.line}: FROM ${base.text} names no image`, {
        line: from.line,
        hint: 'write an image, scratch or a stage',
      })
    if (base.kind !== 'image' || references.has(base.reference)) continue
    checkReference(base.reference, from.line)
    references.add(base.reference)
  }
  return [...references]
}

/** BuildKit reads the file and then fails on it; most often it is a template. */
function checkReference(reference: string, line: number): void {
  try {
    parseReference(reference)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    const hint = error.hint ?? 'if this is a template, render it first'
    throw new HardenError('bad-reference', `line ${line}: FROM ${error.message}`, { line, hint, cause: error })
  }
}

export function configOf(reference: string, bases: Bases): Known<ImageConfig> {
  const known = bases.get(reference)
  if (known === undefined) return { known: false, reason: `${reference} was not inspected` }
  return known.known ? { known: true, value: known.value.config } : known
}

/** Facts of the image that `root` begins with; `chain`: its stage and those built on it. */
export function baseFacts(root: Stage, chain: readonly Stage[], bases: Bases): ImageFacts {
  if (root.base.kind === 'scratch') return scratchFacts(chain)
  if (root.base.kind === 'unresolved') return unknownFacts(root.base.text, root.base.reason)
  if (root.base.kind !== 'image') return unknownFacts('', 'the stage has no base')
  const known = bases.get(root.base.reference)
  if (known?.known === true) return known.value
  return unknownFacts(root.base.reference, known?.reason ?? 'it was not inspected')
}

/** `scratch` holds nothing, unless a whole root file system is copied into it. */
function scratchFacts(chain: readonly Stage[]): ImageFacts {
  const filled = chain.some((stage) =>
    stage.instructions.some((instruction) => /^(COPY|ADD)$/.test(instruction.keyword) && copiedTo(instruction) === '/'),
  )
  if (filled) return unknownFacts('scratch', 'a whole file system is copied into it')
  return {
    reference: 'scratch',
    source: 'derived',
    digest: null,
    platform: { os: 'linux', architecture: '' },
    config: emptyConfig,
    accounts: { known: true, value: { users: [], groups: [] } },
    files: { known: true, value: createFileModel(new Map(), new Map()) },
    os: { known: true, value: { id: 'scratch', idLike: [], versionId: '' } },
  }
}
