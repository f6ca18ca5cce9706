import { lstatSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { bounds } from '../bounds.ts'
import { entriesIn, isInside } from '../files-in.ts'
import { type ImageRun, plainRun, type RunMount } from '../image/image-run.ts'
import { memoizeByText } from '../memoize.ts'
import type { ImageUser } from '../plan/exemptions.ts'
import { escaped } from './image-names.ts'
import {
  besides,
  FOR_PEOPLE,
  type ImageMaker,
  isOfOthers,
  isOfWhole,
  isSaidToBe,
  isSiblingOf,
  type MadeImage,
  type Makers,
  makersIn,
  makersOfRun,
  OF_WORK,
  onePerFile,
  put,
  startingAlike,
  tagged,
} from './makers.ts'
import { projectRoot } from './project-root.ts'
import { type From, parsed, readTree } from './project-tree.ts'
import type { Run, WrittenMount } from './readers/run.ts'
import { holdsHome } from './trust.ts'
import type { NeighbourImage, Surroundings } from './work-item.ts'

/** What the files of whole projects say of images. Each project is read once, as far as the bounds go. Paths are absolute. */
export interface Survey {
  /** What the other files of its project say of the image of a Dockerfile; `root` is its projectRoot. */
  readonly surroundingsOf: (path: string, root: string) => Promise<Surroundings>
  /** Of images that a file in `folder` names those that one Dockerfile of its project makes, by reference. */
  readonly madeImages: (images: readonly string[], folder: string) => Promise<ReadonlyMap<string, MadeImage>>
}

/** `cwd`: what paths are said from. */
export function survey(cwd: string): Survey {
  const known = new Map<string, Promise<Surveyed>>()
  const surveyed = (root: string, own: string): Promise<Surveyed> => {
    const one = known.get(root) ?? readTree(root, own, cwd).then((tree) => joined(makersIn(tree)))
    known.set(root, one)
    return one
  }
  const isHome = memoizeByText((root) => holdsHome(root))
  return {
    surroundingsOf: async (path, root) =>
      isHome(root) ? nothing : surroundingsIn(await surveyed(root, dirname(path)), path),
    madeImages: async (images, folder) => {
      const root = projectRoot(folder, folder)
      if (holdsHome(root) || images.length === 0) return new Map()
      const { makers } = await surveyed(root, folder)
      return new Map(
        images.flatMap((image) => {
          const made = makersOfRun(image, makers)
          const [only, ...more] = [...new Map(made.map((one) => [`${one.path} ${one.target}`, one])).values()]
          return only === undefined || more.length > 0 ? [] : [[image, only]]
        }),
      )
    },
  }
}

const nothing: Surroundings = { children: [], bases: new Map(), users: [], runs: [], stages: [] }

/** All by the Dockerfile that makes the image, but for `bases`, which are by the one that is built FROM them. */
interface Surveyed {
  readonly makers: Makers
  readonly bases: ReadonlyMap<string, readonly (readonly [reference: string, ImageMaker])[]>
  readonly builtUpon: ReadonlyMap<string, readonly BuiltUpon[]>
  readonly users: ReadonlyMap<string, Surroundings['users']>
  readonly runs: ReadonlyMap<string, Surroundings['runs']>
  readonly stages: ReadonlyMap<string, Surroundings['stages']>
}

/** A FROM line of a Dockerfile, and the stage that it means. */
interface BuiltUpon {
  readonly path: string
  readonly from: From
  readonly stage: string | null
}

function joined(makers: Makers): Surveyed {
  const { members } = makers
  const bases = new Map<string, (readonly [string, ImageMaker])[]>()
  const builtUpon = new Map<string, BuiltUpon[]>()
  for (const [path, { froms }] of members)
    for (const from of froms) {
      const others = makers.makersOf(from.reference).filter((maker) => maker.path !== path)
      const each = onePerFile(tagged(others, from.reference))
      const [only, ...more] = each
      if (only !== undefined && more.length === 0) put(bases, path, [from.reference, only])
      for (const maker of each) put(builtUpon, maker.path, { path, from, stage: maker.target })
    }
  const users = new Map<string, ImageUser[]>()
  const stages = new Map<string, { readonly stage: string; readonly by: string }[]>()
  for (const { kind, image, dockerfiles, stage, user, by } of makers.runs) {
    const named = dockerfiles.find((path) => members.has(path))
    if (kind === 'push' && stage !== null && named !== undefined) put(stages, named, { stage, by })
    if (kind !== 'action' && kind !== 'job' && kind !== 'devcontainer') continue
    const paths = image === null ? [named] : new Set(makersOfRun(image, makers).map(({ path }) => path))
    for (const path of paths) if (path !== undefined) put(users, path, { kind, user, what: by })
  }
  return { makers, bases, builtUpon, users, runs: runsByPath(makers), stages }
}

type ContainerRun = Run & Pick<ImageRun, 'kind'>

function isRun(run: Run): run is ContainerRun {
  return run.kind === 'service' || run.kind === 'command' || run.kind === 'pod'
}

/** By the Dockerfile whose image they run. */
function runsByPath(tree: Makers): ReadonlyMap<string, readonly ImageRun[]> {
  const { root, members } = tree
  const runs = tree.runs.filter(isRun)
  const found = new Map<string, ImageRun[]>()
  const ofWhole: { readonly run: ContainerRun; readonly made: readonly MadeImage[] }[] = []
  // Files of one folder say together what a service is: one builds it, another mounts its volumes.
  const built = new Map<string, Map<string, Pick<ImageMaker, 'path' | 'target'>>>()
  const serviceOf = ({ file, kind, service }: ContainerRun): string =>
    kind === 'service' ? `${dirname(file)} ${service}` : ''
  for (const run of runs) {
    const path = run.dockerfiles.find((file) => members.has(file))
    if (path === undefined) continue
    const all = built.get(serviceOf(run)) ?? new Map()
    built.set(serviceOf(run), all.set(`${path} ${run.stage}`, { path, target: run.stage }))
  }
  for (const run of runs) {
    const own = run.dockerfiles
      .filter((path) => members.has(path) && !isOfOthers(run, path, tree))
      .map((path) => ({ path, target: run.stage }))
    const ways = run.kind === 'service' ? [...(built.get(serviceOf(run))?.values() ?? [])] : own
    // One that only names the image is run as it was published too, and the file that builds it may be another variant.
    // A document builds on many an image that is called like a folder of the tree.
    const isLike = run.builds !== undefined && run.image !== null && !isSaidToBe(run.image, tree)
    const named = run.image === null || own.length > 0 || isLike ? [] : makersOfRun(run.image, tree)
    const made = [...ways, ...named, ...(ways.length + named.length === 0 ? besides(run, tree) : [])]
    const alike = run.image === null || named.length === 0 ? [] : startingAlike(run.image, named, tree)
    const each = new Map([...made, ...alike].map(({ path, target }) => [`${path} ${target}`, { path, target }]))
    for (const { path, target } of each.values()) {
      put(found, path, asRun(run, target, root))
    }
    if (run.image !== null && named.length > 0 && isOfWhole(run.image, tree)) ofWhole.push({ run, made: named })
  }
  for (const [path, { text }] of members) {
    if (found.has(path) || FOR_PEOPLE.test(relative(root, path)) || OF_WORK.test(basename(path))) continue
    for (const { run, made } of ofWhole) {
      const sibling = made.find((maker) => isSiblingOf(path, maker.path))
      const mounts = run.mounts.filter(({ target }) => namesPath(text, target))
      if (sibling === undefined || mounts.length === 0) continue
      const by = `${run.by} (${basename(sibling.path)})`
      put(found, path, asRun({ ...run, ...plainRun, user: run.user, by, mounts }, null, root))
    }
  }
  return found
}

/** A Dockerfile that names a folder counts on it. */
function namesPath(text: string, path: string): boolean {
  return path !== '/' && new RegExp(String.raw`(?<![\w./-])${escaped(path)}(?![\w.-])`).test(text)
}

function asRun(
  { dockerfiles, image, names, context, service, args, ports, envFiles, start, line, mounts, ...run }: ContainerRun,
  stage: string | null,
  root: string,
): ImageRun {
  return { ...run, stage, mounts: mounts.map((mount) => asMount(mount, root)) }
}

/** With what the repository has where its source is. */
function asMount({ paths, isCallers, ...written }: WrittenMount, root: string): RunMount {
  if (written.kind !== 'host') return written
  if (isCallers) return { ...written, from: 'checkout' }
  for (const path of paths) {
    const kind = isInside(path, root) ? kindAt(path) : null
    if (kind === 'file') return { ...written, from: 'file' }
    // A folder with nothing but a placeholder is there to be filled.
    if (kind === 'folder')
      return entriesIn(root, path).some(({ name }) => !name.startsWith('.'))
        ? { ...written, from: 'checkout' }
        : written
  }
  return written
}

function surroundingsIn({ makers, bases, builtUpon, users, runs, stages }: Surveyed, path: string): Surroundings {
  const { cwd, members } = makers
  const neighbours = (of: string, above: ReadonlySet<string>): ReadonlyMap<string, NeighbourImage> =>
    new Map(
      (bases.get(of) ?? []).flatMap(([reference, { path: maker, context, target }]) => {
        if (above.has(maker) || above.size > bounds.neighbours) return []
        const own = new Set([...above, maker])
        return [
          [reference, { path: maker, name: relative(cwd, maker), context, target, bases: neighbours(maker, own) }],
        ] as const
      }),
    )
  const children = (builtUpon.get(path) ?? []).map(({ path: child, from, stage }) => {
    const text = members.get(child)?.text ?? ''
    return { path: child, by: relative(cwd, child), line: from.line, stage, countsOnRoot: countsOnRoot(text, from) }
  })
  return {
    children,
    bases: neighbours(path, new Set([path])),
    users: users.get(path) ?? [],
    runs: (runs.get(path) ?? []).slice(0, bounds.runsOfImage),
    stages: stages.get(path) ?? [],
  }
}

/** Null for a link, for nothing, and for what can be no path. */
function kindAt(path: string): 'file' | 'folder' | null {
  try {
    const stats = lstatSync(path)
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : null
  } catch {
    return null
  }
}

/** Not where it says its own USER before anything runs. */
function countsOnRoot(text: string, { line }: From): boolean {
  const stage = parsed(text)?.stages.find(({ from }) => from.line === line)
  return stage?.instructions.find(({ keyword }) => keyword === 'USER' || keyword === 'RUN')?.keyword !== 'USER'
}
