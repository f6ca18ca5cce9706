import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import type { BuildContext, ContextEntry } from '../../src/contents/build-context.ts'
import type { StageContents } from '../../src/contents/stage-contents.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import type { Claim } from '../../src/evidence/claim.ts'
import type { Provider, StageView } from '../../src/evidence/provider.ts'
import { emptyConfig, unknownFacts } from '../../src/image/config.ts'
import type { ImageConfig, ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import { defaultPolicy } from '../../src/plan/stage-input.ts'
import { knowledgeOf, parsers } from '../harden/support/facts.ts'
import type { StageCase } from './cases.ts'

export const catalogue = { daemonPorts, packages, programs, workingFolder }

const nothing: StageContents = {
  entries: new Map(),
  texts: new Map(),
  origins: new Map(),
  copies: [],
  actions: [],
  tooLong: [],
  brought: new Map(),
  removedSources: new Map(),
  tooMany: null,
  steps: [],
}

/** A view of which a test knows a part. */
export function partOf({
  contents = nothing,
  config = {},
  ...known
}: Partial<StageView> & { readonly contents?: StageContents; readonly config?: Partial<ImageConfig> }): StageView {
  const whole: ImageConfig = { ...emptyConfig, ...config }
  const facts: ImageFacts = { ...unknownFacts('example.org/test:1', 'nobody looked'), config: whole }
  const files = createFileModel(contents.entries, contents.texts)
  const start = {
    launches: [],
    programs: [],
    scripts: [],
    asked: [],
    writes: [],
    possibleWrites: [],
    actions: [],
    unread: [],
  }
  const rest = {
    builders: [],
    idle: new Set(),
    left: {},
    chain: [],
    servers: [],
    installed: [],
    entry: null,
    runs: [],
    built: false,
    asBuilt: false,
    parsers,
  }
  return { contents, facts, files, own: files, started: whole, start, ...rest, ...known } as unknown as StageView
}

export function claimsOf(provider: Provider, view: StageView, earlier: readonly Claim[] = []): readonly Claim[] {
  return [...provider.claims(view, catalogue, earlier)].filter((claim) => claim !== undefined)
}

/** Paths that are claimed, in their order. */
export function pathsOf(provider: Provider, view: StageView): readonly string[] {
  return claimsOf(provider, view).flatMap((claim) => (claim.kind === 'path' ? [claim.path] : []))
}

function contextOf(files: NonNullable<StageCase['context']>): BuildContext {
  const entries = new Map<string, ContextEntry>()
  for (const [path, file] of Object.entries(files)) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      entries.set(path.slice(0, at), { type: 'directory', mode: 0o755, size: 0, link: null, text: null })
    const { text, mode } = typeof file === 'string' ? { text: file, mode: 0o644 } : file
    entries.set(path, { type: 'file', mode, size: text.length, link: null, text })
  }
  return { entries, partial: false }
}

/** The view of the last stage, as every provider gets it. */
export function viewOf({ dockerfile: text, context, bases = {} }: StageCase): StageView {
  const dockerfile = parseDockerfile(text)
  const knowledge = {
    ...knowledgeOf({ bases }, dockerfile),
    context: context === undefined ? null : contextOf(context),
  }
  const view = stageInputs(dockerfile, defaultPolicy, knowledge).at(-1)?.stated?.view
  if (view == null) throw new Error('the case has no stage that is planned')
  return view
}
