import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import type { StageContents } from '../../src/contents/stage-contents.ts'
import type { Claim } from '../../src/evidence/claim.ts'
import type { Provider, StageView } from '../../src/evidence/provider.ts'
import { emptyConfig, unknownFacts } from '../../src/image/config.ts'
import type { ImageConfig, ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'

export const catalogue = { daemonPorts, packages, programs, workingFolder }

const nothing: StageContents = {
  entries: new Map(),
  texts: new Map(),
  origins: new Map(),
  copies: [],
  actions: [],
  tooLong: [],
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
    chain: [],
    servers: [],
    installed: [],
    entry: null,
    runs: [],
    built: false,
    asBuilt: false,
  }
  return { contents, facts, files, own: files, started: whole, start, ...rest, ...known } as unknown as StageView
}

export function claimsOf(provider: Provider, view: StageView, earlier: readonly Claim[] = []): readonly Claim[] {
  return [...provider.claims(view, catalogue, earlier)]
}

/** Paths that are claimed, in their order. */
export function pathsOf(provider: Provider, view: StageView): readonly string[] {
  return claimsOf(provider, view).flatMap((claim) => (claim.kind === 'path' ? [claim.path] : []))
}
