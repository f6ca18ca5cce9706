import { type Shipped, type ShippedSources, shippedBy } from '../contents/stage-contents.ts'
import type { Stage } from '../dockerfile/model.ts'
import { findStage, sourcesOf } from '../dockerfile/stages.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { InTurn } from '../in-turn.ts'
import type { Need } from '../plan/grants/need.ts'
import { sourceNeeds } from './sources.ts'

/** No program is ever there: what a source says of its own folder is not true of what it was compiled to. */
const NOWHERE = '/proc/source'

/** What the source in a build stage says of the program that the last stage takes from there: Go, TypeScript, bundled JavaScript. */
export function compiledNeeds(builders: readonly Shipped[], shipped: Shipped, config: ImageConfig): readonly Need[] {
  const taken = new Set(shipped.origins.values())
  const sources = builders.flatMap(({ texts, origins }) =>
    [...texts].flatMap(([path, text]) => {
      const origin = origins.get(path) ?? path
      const at = transpiled(path, texts, config.workdir) ?? `${NOWHERE}${path}`
      return COMPILED.test(path) && !taken.has(origin) ? [{ path: at, text, origin }] : []
    }),
  )
  if (sources.length === 0) return []
  return sourceNeeds(
    {
      texts: new Map(sources.map(({ path, text }) => [path, text])),
      origins: new Map(sources.map(({ path, origin }) => [path, origin])),
      entries: shipped.entries,
    },
    config,
  )
}

/** TypeScript keeps its folders: `src` beside package.json becomes `dist` where the program starts, and `..` is the same. */
function transpiled(path: string, texts: Shipped['texts'], workdir: string): string | null {
  const [, project, below] = /^(?=.*\.[cm]?[jt]s$)(.*)\/src\/(.+\.[cm]?[jt]s)$/.exec(path) ?? []
  if (project === undefined || workdir === '/' || !texts.has(`${project}/package.json`)) return null
  return `${workdir}/dist/${below}`
}

const COMPILED = /\.([cm]?[jt]sx?|go|rs|java|kt|cs)$(?<!\/node_modules\/.*)/

/** The stages that the stage copies from. */
export function* buildersOf(stage: Stage, shipping: ShippedSources): InTurn<readonly Shipped[]> {
  const froms = stage.instructions.filter(({ keyword }) => keyword === 'COPY').flatMap(sourcesOf)
  const used = froms.flatMap((from) => findStage(shipping.dockerfile, from, stage.index)?.index ?? [])
  const builders: Shipped[] = []
  for (const index of new Set(used)) builders.push(yield* shippedBy({ ...shipping, base: null }, index))
  return builders
}
