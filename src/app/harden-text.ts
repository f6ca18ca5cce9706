import { transforms } from '../../transforms/index.ts'
import { contextOfTexts } from '../contents/build-context.ts'
import { nothingGiven, pairs, parseDockerfile } from '../dockerfile/index.ts'
import type { SourceParsers } from '../evidence/syntax.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import { factsFromCatalogue } from '../image/sources/catalogue.ts'
import { defaultPolicy, type Policy } from '../plan/stage-input.ts'
import type { TargetResult } from '../report/report.ts'
import { baseReferences } from './base-images.ts'
import { hardenDockerfile } from './harden.ts'
import type { Planned } from './planner.ts'
import { catalogueKnowledge, stageInputs } from './stage-inputs.ts'

export interface HardenInput {
  /** Text of a Dockerfile; for an image the one line `FROM reference`. */
  readonly dockerfile: string
  /** How the report names it; default `Dockerfile`. */
  readonly target?: string
  readonly kind?: 'dockerfile' | 'image'
  /**
   * Texts of files in the build context, by path below it (`conf/nginx.conf`): start scripts, configuration, sources. Other files may be
   * there as well. Absent: nothing is known of the context.
   */
  readonly files?: ReadonlyMap<string, string>
  /** Facts of base images, by the reference in the FROM line; the built-in catalogue answers for the others. */
  readonly facts?: ReadonlyMap<string, ImageFacts>
  /** `NAME=VALUE`, as the build is given them. */
  readonly buildArg?: readonly string[]
  readonly policy?: Partial<Policy>
  /** Parsers of sources, from `loadGrammars`; without them the writes of sources become questions. */
  readonly parsers?: SourceParsers
}

/**
 * Text, facts and policy in, report out. Pure and synchronous: nothing is read, built or run. The result is one text, so a file of the
 * build context is changed by a RUN of it. Throws HardenError `not-a-dockerfile` for a text that BuildKit refuses.
 */
export function harden(input: HardenInput): TargetResult {
  return planText(input).result
}

/** The same with its plan. `editsFiles`: files of the build context are changed where they are, as `-w` changes those of a repository. */
export function planText(input: HardenInput, { editsFiles = false } = {}): Planned {
  const dockerfile = parseDockerfile(input.dockerfile, { ...nothingGiven, args: pairs(input.buildArg ?? []) })
  const policy = input.policy === undefined ? defaultPolicy : { ...defaultPolicy, ...input.policy }
  const bases = new Map<string, Known<ImageFacts>>()
  for (const reference of baseReferences(dockerfile)) {
    const value = input.facts?.get(reference) ?? factsFromCatalogue(reference)
    if (value !== null) bases.set(reference, { known: true, value })
  }
  const { files } = input
  const inputs = stageInputs(dockerfile, policy, {
    bases,
    built: new Map(),
    observations: new Map(),
    ...catalogueKnowledge,
    ...(files === undefined ? {} : { context: contextOfTexts(files) }),
    ...(files === undefined || !editsFiles ? {} : { editable: new Map([...files.keys()].map((path) => [path, path])) }),
    ...(input.parsers === undefined ? {} : { parsers: input.parsers }),
  })
  const { target = 'Dockerfile', kind = 'dockerfile' } = input
  const hardened = hardenDockerfile({ target, kind, dockerfile, stages: inputs, policy, transforms })
  return { ...hardened, inputs }
}
