import { lstatSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import { bounds } from '../bounds.ts'
import { waitsForInput } from '../command/index.ts'
import { type Dockerfile, finalStage, parseDockerfile } from '../dockerfile/index.ts'
import { entriesIn, isInside, textIn } from '../files-in.ts'
import { type ImageRun, plainRun, type RunMount } from '../image/image-run.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import type { ImageUser } from '../plan/exemptions.ts'
import type { RunOfImage, WrittenMount } from './image-runs.ts'
import type { FileKind, NamedImage, PushedStage, SaidOfImages, UserOfImage } from './image-users.ts'
import { projectRoot } from './project-root.ts'
import { type GitOrigin, isOfOwnHand, originIn, repositoryOf, upwards } from './repository.ts'
import { allowedRootOf, holdsHome } from './trust.ts'
import { isDockerfile, isDocumentName, neverEntered } from './walk.ts'
import type { NeighbourImage, Surroundings } from './work-item.ts'

/** What the other files of its project say of the image of a Dockerfile. Both are absolute; `root` is its projectRoot. */
export type SurroundingsOf = (path: string, root: string) => Promise<Surroundings>

/**
 * Who builds on whom in a project: by the names that files give to what they build, and where none does by the folder that an image
 * is called after. Each tree is read once, as far as the bounds go. `cwd`: what paths are said from.
 */
export function surroundings(cwd: string): SurroundingsOf {
  const trees = new Map<string, Promise<Tree>>()
  return async (path, root) => {
    if (holdsHome(root)) return nothing
    const tree = trees.get(root) ?? readTree(root, dirname(path), cwd)
    trees.set(root, tree)
    return surroundingsIn(await tree, path)
  }
}

/** How a Dockerfile of a repository makes an image. Paths are absolute. */
export interface MadeImage {
  readonly path: string
  /** Null where nothing says it. */
  readonly context: string | null
  readonly target: string | null
}

/** Of images that a file in `folder` names those that one Dockerfile of its project makes, by reference. */
export async function madeImages(
  images: readonly string[],
  folder: string,
  cwd: string,
): Promise<ReadonlyMap<string, MadeImage>> {
  const root = projectRoot(folder, folder)
  if (holdsHome(root) || images.length === 0) return new Map()
  const { dockerfiles, others } = walkOver(root, folder)
  const members = membersIn(root, dockerfiles)
  const said = await saidIn(others, { root, cwd, members }, images)
  const whole = wholeOf(root, members, said, makersIn(root, members, said))
  return new Map(
    images.flatMap((image) => {
      const makers = makersOfRun(image, whole)
      const [only, ...more] = [...new Map(makers.map((maker) => [`${maker.path} ${maker.target}`, maker])).values()]
      if (only === undefined || more.length > 0) return []
      return [[image, only]]
    }),
  )
}

const nothing: Surroundings = { children: [], bases: new Map(), users: [], runs: [], stages: [] }

interface Tree {
  readonly cwd: string
  readonly members: ReadonlyMap<string, Member>
  /** By the Dockerfile that makes what they are built FROM. */
  readonly builtUpon: ReadonlyMap<string, readonly BuiltUpon[]>
  readonly users: ReadonlyMap<string, Surroundings['users']>
  readonly runs: ReadonlyMap<string, Surroundings['runs']>
  readonly stages: ReadonlyMap<string, Surroundings['stages']>
}

interface Member {
  readonly text: string
  readonly froms: readonly From[]
  /** Of its FROM lines those whose image the tree makes, by reference. */
  readonly bases: Map<string, Maker>
}

/** A FROM line of a member, and the stage that it means. */
interface BuiltUpon {
  readonly path: string
  readonly from: From
  readonly stage: string | null
}

interface From {
  /** Its variables filled in as far as the file says them. */
  readonly reference: string
  readonly line: number
}

/** A Dockerfile of the tree, and how it is built under a name. */
interface Maker extends Pick<NamedImage, 'name' | 'context' | 'target'> {
  readonly path: string
  /** With its tag, as written. */
  readonly reference: string
}

async function readTree(root: string, own: string, cwd: string): Promise<Tree> {
  const { dockerfiles, others } = walkOver(root, own)
  const members = membersIn(root, dockerfiles)
  const said = await saidIn(others, { root, cwd, members })
  const makersOf = makersIn(root, members, said)
  const builtUpon = new Map<string, BuiltUpon[]>()
  for (const [path, member] of members)
    for (const from of member.froms) {
      const others = makersOf(from.reference).filter((maker) => maker.path !== path)
      const makers = onePerFile(tagged(others, from.reference))
      const [only, ...more] = makers
      if (only !== undefined && more.length === 0) member.bases.set(from.reference, only)
      for (const maker of makers) put(builtUpon, maker.path, { path, from, stage: maker.target })
    }
  const whole = wholeOf(root, members, said, makersOf)
  const users = new Map<string, ImageUser[]>()
  for (const user of said.users) {
    const named = user.dockerfiles.find((path) => members.has(path))
    const paths = user.image === null ? [named] : new Set(makersOfRun(user.image, whole).map(({ path }) => path))
    for (const path of paths) if (path !== undefined) put(users, path, user)
  }
  const stages = new Map<string, { readonly stage: string; readonly by: string }[]>()
  for (const { dockerfiles: files, stage, by } of said.stages) {
    const path = files.find((file) => members.has(file))
    if (path !== undefined) put(stages, path, { stage, by })
  }
  const runs = runsIn(said.runs, whole)
  return { cwd, members, builtUpon, users, runs, stages }
}

/** Of several ways to build a file one with a context that it lies in goes first: a document elsewhere says `.` for a folder that it is not in. */
function onePerFile(makers: readonly Maker[]): readonly Maker[] {
  const holds = ({ path, context }: Maker): boolean => context === null || isInside(path, context)
  return [
    ...new Map(
      [...makers.filter((one) => !holds(one)), ...makers.filter(holds)].map((one) => [one.path, one]),
    ).values(),
  ]
}

/** Those that are built under the very tag, where any is. */
function tagged(makers: readonly Maker[], image: string): readonly Maker[] {
  const exact = makers.filter(({ reference }) => reference === image)
  return exact.length > 0 ? exact : makers
}

function membersIn(root: string, dockerfiles: readonly string[]): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>()
  for (const path of dockerfiles) {
    const text = textIn(root, path)
    if (text !== null) members.set(path, { text, froms: fromsOf(text), bases: new Map() })
  }
  return members
}

/** A repository, as far as it takes to say which of its Dockerfiles makes an image that is run. */
interface Whole {
  readonly root: string
  readonly members: ReadonlyMap<string, Member>
  readonly makersOf: (reference: string) => readonly Maker[]
  /** What images of the whole repository are called. */
  readonly names: readonly string[]
  /** Dockerfiles that no folder gives a name to, else the only one there is. */
  readonly unnamed: readonly string[]
  /** Dockerfiles that a file says a name for. */
  readonly built: ReadonlySet<string>
  /** An image of that name which somebody else makes. */
  readonly isOthers: (name: string) => boolean
}

function wholeOf(
  root: string,
  members: ReadonlyMap<string, Member>,
  { named }: Pick<SaidOfImages, 'named'>,
  makersOf: Whole['makersOf'],
): Whole {
  const all = [...members.keys()].filter((path) => !FOR_PEOPLE.test(relative(root, path)))
  const unnamed = all.filter((path) => namesAfter(path, root).length === 0)
  const origin = originOf(root)
  // Whom the files say that they build it for, by its last part.
  const owners = new Map<string, string[]>()
  for (const { name } of named)
    if (!name.includes('github.repository_owner'))
      put(owners, lastPart(nameIn(name)).toLowerCase(), ownerIn(nameIn(name)))
  return {
    root,
    members,
    makersOf,
    names: namesOfWhole(root),
    unnamed: unnamed.length === 0 && all.length === 1 ? all : unnamed,
    built: new Set(named.flatMap(({ dockerfiles }) => dockerfiles.find((path) => members.has(path)) ?? [])),
    isOthers: (name) => {
      const owner = ownerIn(name)
      const known = (owners.get(lastPart(name).toLowerCase()) ?? []).filter((one) => one !== '')
      const isOpen = owner === '' || known.length === 0 || [owner, ...known].some((one) => /[${]/.test(one))
      return !isOpen && owner !== origin?.owner && !known.includes(owner)
    },
  }
}

/** `acme` of `ghcr.io/acme/web`; '' for none. */
function ownerIn(name: string): string {
  return lastPart(namespaceOf(name)).toLowerCase()
}

/** What the image of a whole repository is called after: its folder, and what it is called where it comes from. In lower case. */
export function namesOfWhole(root: string): readonly string[] {
  const origin = originOf(root)
  const folder = basename(root).toLowerCase()
  // Perhaps with its owner before it: `acme+wiki`, `acme_wiki`.
  const [last = ''] = folder.split(/[+_@~]/).slice(-1)
  return [...new Set([folder, ...(last.length < 3 ? [] : [last]), ...(origin === null ? [] : [origin.name])])]
}

function originOf(root: string): GitOrigin | null {
  return originIn(textIn(root, join(root, '.git', 'config')) ?? '')
}

/** By the Dockerfile whose image they run. */
function runsIn(runs: readonly RunOfImage[], whole: Whole): ReadonlyMap<string, readonly ImageRun[]> {
  const { root, members } = whole
  const found = new Map<string, ImageRun[]>()
  const ofWhole: { readonly run: RunOfImage; readonly made: readonly MadeImage[] }[] = []
  // Files of one folder say together what a service is: one builds it, another mounts its volumes.
  const built = new Map<string, Map<string, Pick<Maker, 'path' | 'target'>>>()
  const serviceOf = ({ file, kind, service }: RunOfImage): string =>
    kind === 'service' ? `${dirname(file)} ${service}` : ''
  for (const run of runs) {
    const path = run.dockerfiles.find((file) => members.has(file))
    if (path === undefined) continue
    const all = built.get(serviceOf(run)) ?? new Map()
    built.set(serviceOf(run), all.set(`${path} ${run.stage}`, { path, target: run.stage }))
  }
  for (const run of runs) {
    const own = run.dockerfiles
      .filter((path) => members.has(path) && !isOfOthers(run, path, whole))
      .map((path) => ({ path, target: run.stage }))
    const ways = run.kind === 'service' ? [...(built.get(serviceOf(run))?.values() ?? [])] : own
    // One that only names the image is run as it was published too, and the file that builds it may be another variant.
    // A document builds on many an image that is called like a folder of the tree.
    const isLike = run.builds !== undefined && run.image !== null && !isSaidToBe(run.image, whole)
    const named = run.image === null || own.length > 0 || isLike ? [] : makersOfRun(run.image, whole)
    const made = [...ways, ...named, ...(ways.length + named.length === 0 ? besides(run, whole) : [])]
    const alike = run.image === null || named.length === 0 ? [] : startingAlike(run.image, named, whole)
    const each = new Map([...made, ...alike].map(({ path, target }) => [`${path} ${target}`, { path, target }]))
    for (const { path, target } of each.values()) {
      put(found, path, asRun(run, target, root))
    }
    if (run.image !== null && named.length > 0 && isOfWhole(run.image, whole)) ofWhole.push({ run, made: named })
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

/**
 * Dockerfiles that make the image of the whole repository for another architecture or channel, whatever only one of them is built as by
 * hand: they start what that one starts, or what the image is called after. One that is called after something else does so where it
 * lies beside that one, starts the very same, and nobody builds it under a name.
 */
function startingAlike(image: string, made: readonly MadeImage[], whole: Whole): readonly MadeImage[] {
  const { root, members, unnamed, built } = whole
  if (!isOfWhole(image, whole) || made.some(({ path }) => namesAfter(path, root).length > 0)) return []
  const startOf = (path: string): readonly string[] => wordsStarted(members.get(path)?.text ?? '')
  const starts = new Set([lastPart(nameIn(image)).toLowerCase(), ...made.flatMap(({ path }) => startOf(path)[0] ?? [])])
  const isTwin = (path: string): boolean => {
    const words = startOf(path).join('\n')
    return (
      words !== '' && made.some((maker) => isSiblingOf(path, maker.path) && startOf(maker.path).join('\n') === words)
    )
  }
  const twins = [...members.keys()].filter((path) => !unnamed.includes(path) && !built.has(path) && isTwin(path))
  return [...unnamed.filter((path) => starts.has(startOf(path)[0] ?? '')), ...twins]
    .filter((path) => !made.some((maker) => maker.path === path) && !OF_WORK.test(basename(path)))
    .filter((path) => !OF_WORK.test(basename(dirname(path))))
    .map((path) => ({ path, context: null, target: null }))
}

/** Of one repository's image they make different tags, of which people are shown one: `acme:1.2`, `acme:1.2-cuda`. */
function isSiblingOf(path: string, other: string): boolean {
  const isOne = (file: string): boolean =>
    /^(?:docker|container)file$/i.test(basename(file)) || VARIANT_OF.test(basename(file))
  return path !== other && dirname(path) === dirname(other) && isOne(path) && isOne(other)
}

/** A Dockerfile that names a folder counts on it. */
function namesPath(text: string, path: string): boolean {
  return path !== '/' && new RegExp(String.raw`(?<![\w./-])${escaped(path)}(?![\w.-])`).test(text)
}

/** What is built for those who work on it. */
const OF_WORK = /(?:^|[._-])(?:dev(?:elop(?:ment)?)?|tests?|ci|local|debug|lint|docs?)(?:[._-]|$)/i

/** In the comments of a Dockerfile another image is run as well, whose name tells nothing of this one: `tonistiigi/binfmt`. */
function isOfOthers({ kind, image, file }: RunOfImage, path: string, whole: Whole): boolean {
  if (kind !== 'command' || image === null || file !== path || !image.includes('/') || image.includes('$')) return false
  const words = new Set(path.toLowerCase().split(/[^a-z\d]+/))
  const isLike = lastPart(nameIn(image))
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => words.has(word))
  return !isLike && !isSaidToBe(image, whole)
}

/**
 * The Dockerfile that lies beside a Compose file and is called like its service, whose image is whatever a variable says, or ends in the
 * service's name: `acme/suite_mailer` of the service `mailer`.
 */
function besides({ kind, image, service, file }: RunOfImage, whole: Whole): readonly MadeImage[] {
  const { members, root } = whole
  if (kind !== 'service' || service === null || image === null) return []
  const name = nameIn(image)
  const last = lastPart(name).toLowerCase()
  const isCalled = endsWithWord(last, service.toLowerCase()) && !isSomeOther(name, whole)
  if (!isOpenImage(image) && !isCalled) return []
  return [...members.keys()]
    .filter((path) => dirname(path) === dirname(file) && namesAfter(path, root).includes(service.toLowerCase()))
    .map((path) => ({ path, context: null, target: null }))
}

/** Nothing but a variable. */
export function isOpenImage(image: string | null): boolean {
  return image !== null && /^(?:\$\w+|\$\{[^{}]*\})(?::[^/]*)?$/.test(image)
}

/** Some file says that it makes that image, or it is called after the whole repository. */
function isSaidToBe(image: string, whole: Whole): boolean {
  return whole.makersOf(image).length > 0 || isOfWhole(image, whole)
}

/** Who makes an image that is run: what is called after its folder, or after the whole repository, too. */
function makersOfRun(image: string, whole: Whole): readonly MadeImage[] {
  const { root, members, unnamed, makersOf } = whole
  const made = makersOf(image)
  const name = nameIn(image)
  const last = lastPart(name).toLowerCase()
  const isWhole = isCalledAs(last, whole)
  // `acme:1.2-web` is what `Dockerfile.web` of the repository `acme` makes, whatever else is built as `acme`.
  const words = image
    .slice(image.lastIndexOf('/') + 1)
    .toLowerCase()
    .split(/[:._-]/)
    .slice(last.split(/[._-]/).length)
  const isKnown = isSomeOther(name, whole)
  const variants =
    isKnown || !(isWhole || made.length > 0)
      ? []
      : [...members.keys()].filter(
          (path) => VARIANT_OF.test(basename(path)) && namesAfter(path, root).some((one) => words.includes(one)),
        )
  if (variants.length > 0 && !made.some(({ path }) => variants.includes(path)))
    return variants.map((path) => ({ path, context: null, target: null }))
  // What only a variant is built as by hand, the Dockerfile of the repository makes for its users.
  const isByHand = isWhole && made.length > 0 && made.every(({ path }) => VARIANT_OF.test(basename(path)))
  const plain = isByHand ? unnamed.filter((path) => /^(?:docker|container)file$/i.test(basename(path))) : []
  if (plain.length > 0) return [...made, ...plain.map((path) => ({ path, context: null, target: null }))]
  // Targets of one file differ in their tags; of several files nobody says that they differ.
  const files = new Set(made.map(({ path }) => path))
  if (made.length > 0 || isKnown) return files.size === 1 ? tagged(made, image) : withoutWork(made, image)
  const called = [...members.keys()].filter((path) => namesAfter(path, root).includes(last))
  if (called.length > 0) return called.map((path) => ({ path, context: null, target: null }))
  return isWhole ? unnamed.map((path) => ({ path, context: null, target: null })) : []
}

/** What is built for those who work on it, under a tag of its own, is not what people run under another. */
function withoutWork(makers: readonly Maker[], image: string): readonly Maker[] {
  const tag = tagOf(image)
  const others = makers.filter(({ path, reference }) => {
    const own = tagOf(reference)
    return !OF_WORK.test(basename(path)) || own === '' || own === tag || own.includes('$')
  })
  return others.length === 0 ? makers : others
}

function tagOf(reference: string): string {
  const [plain = ''] = reference.split('@')
  const last = lastPart(plain)
  return last.includes('$') ? last : last.includes(':') ? last.slice(last.lastIndexOf(':') + 1) : ''
}

/** The image of the whole repository. */
function isOfWhole(image: string, whole: Whole): boolean {
  const name = nameIn(image)
  return isCalledAs(lastPart(name).toLowerCase(), whole) && !isSomeOther(name, whole)
}

function isCalledAs(last: string, { names }: Whole): boolean {
  return names.some(
    (one) => endsWithWord(one, last) || endsWithWord(one.replace(/[-_.](docker|container|image)$/, ''), last),
  )
}

function isSomeOther(name: string, { isOthers }: Whole): boolean {
  const last = lastPart(name)
  return last === '' || last.includes('$') || isListed(name) || isOthers(name)
}

/** `Dockerfile.web`, `web.Dockerfile` */
const VARIANT_OF = /^(?:docker|container)file[._-]|\.(?:docker|container)file$/i

/** What nobody but those who work on the repository runs. */
const FOR_PEOPLE = /(^|\/)(\.?devcontainer|\.github|\.gitlab|\.circleci|tests?|ci|examples?)\//i

/** `docker-acme` is the repository of `acme`, as `acme-docker` is. */
function endsWithWord(text: string, word: string): boolean {
  return text.endsWith(word) && !/[a-z\d]/.test(text.at(-word.length - 1) ?? '')
}

function asRun(
  { dockerfiles, image, service, mounts, ...run }: RunOfImage,
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

function put<Value>(into: Map<string, Value[]>, key: string, value: Value): void {
  const before = into.get(key)
  if (before === undefined) into.set(key, [value])
  else before.push(value)
}

function surroundingsIn({ cwd, members, builtUpon, users, runs, stages }: Tree, path: string): Surroundings {
  const neighbours = (of: string, above: ReadonlySet<string>): ReadonlyMap<string, NeighbourImage> =>
    new Map(
      [...(members.get(of)?.bases ?? [])].flatMap(([reference, { path: maker, context, target }]) => {
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

/** Of a folder that no repository holds only what is of one hand with `own`. */
export function walkOver(
  root: string,
  own: string,
  isOther: RegExp = MAY_NAME_IMAGES,
): { readonly dockerfiles: readonly string[]; readonly others: readonly string[] } {
  const isRepository = repositoryOf(root) !== null
  const dockerfiles: string[] = []
  const others: string[] = []
  // Those of a folder come before those below it: the ones that people read first.
  const documents: string[] = []
  let level = [root]
  let entered = 0
  while (level.length > 0) {
    const next: string[] = []
    for (const folder of level) {
      if (++entered > bounds.surveyedFolders) return { dockerfiles, others: [...others, ...documents] }
      for (const entry of entriesIn(root, folder)) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) {
          if (!neverEntered.has(entry.name)) next.push(path)
        } else if (entry.isFile() && (isRepository || isOfOwnHand(path, own))) {
          if (isDockerfile(root, path, entry.name)) dockerfiles.push(path)
          else if (isOther.test(entry.name)) others.push(path)
          else if (isDocumentName(entry.name)) documents.push(path)
        }
      }
    }
    level = next
  }
  return {
    dockerfiles: dockerfiles.slice(0, bounds.surveyedFiles),
    others: [...others.slice(0, bounds.surveyedFiles), ...documents.slice(0, bounds.surveyedDocuments)],
  }
}

/** Only of such files the reader is loaded, which needs YAML. */
const MAY_NAME_IMAGES =
  /\.(ya?ml(?:[.-](?:sample|example|dist|template|default))?|json|hcl|mk|mak|sh|bash)$|^(GNUm|M|m)akefile$|^justfile$/

interface Said extends Required<SaidOfImages> {
  readonly runs: readonly RunOfImage[]
}

async function saidIn(
  paths: readonly string[],
  { root, cwd, members }: Pick<Tree, 'cwd' | 'members'> & { readonly root: string },
  more: readonly string[] = [],
): Promise<Said> {
  const named: NamedImage[] = []
  const users: UserOfImage[] = []
  const runs: RunOfImage[] = []
  const stages: PushedStage[] = []
  const { kindOf } = await import('./image-users.ts')
  const kinds = paths.flatMap((path) => {
    const kind = kindOf(path)
    return kind === null ? [] : [{ path, kind }]
  })
  const envOf = envFilesAbove(root)
  const called = namesOfWhole(root)
  const read = (path: string, { read, runs: runsOf }: FileKind, text: string): void => {
    const at = { path, root, name: relative(cwd, path), repository: called.at(-1) ?? '' }
    const said = read(text, at)
    named.push(...said.named)
    users.push(...said.users)
    stages.push(...(said.stages ?? []))
    if (runsOf !== undefined) runs.push(...runsOf(text, { ...at, env: envOf(dirname(path)) }))
  }
  const { runsOfComments } = await import('./image-runs.ts')
  for (const [path, { text }] of members)
    runs.push(
      ...runsOfComments(text, { path, root, name: relative(cwd, path), env: {} }).filter(
        ({ image }) => image !== null && !isListed(nameIn(image)),
      ),
    )
  // Those that may only give names are read where somebody asks for one of them.
  const waiting: typeof kinds = []
  for (const { path, kind } of kinds) {
    const text = textIn(root, path)
    if (text === null) continue
    if (kind.onlyNames && !kind.mayRun.test(text)) waiting.push({ path, kind })
    else read(path, kind, text)
  }
  const asked = [
    ...more,
    ...[...members.values()].flatMap(({ froms }) => froms.map(({ reference }) => reference)),
    ...[...users, ...runs].flatMap(({ image }) => image ?? []),
  ]
  const names = new Set(
    asked
      .map(nameIn)
      .filter((name) => !isListed(name))
      .map(lastPart),
  )
  const isAsked = sayingOneOf([...names].filter((name) => name !== '' && !name.includes('$')))
  for (const { path, kind } of waiting) {
    const text = textIn(root, path)
    if (text !== null && isAsked(text)) read(path, kind, text)
  }
  return { named, users, runs, stages }
}

/** What Compose fills variables in from: the nearest `.env`, else the one that people make it of. */
function envFilesAbove(root: string): (folder: string) => Readonly<Record<string, string | undefined>> {
  const known = new Map<string, Readonly<Record<string, string | undefined>>>()
  const envOf = (folder: string): Readonly<Record<string, string | undefined>> => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const reach = allowedRootOf(join(folder, '.env'))
    const text = ENV_FILES.map((name) => textIn(reach, join(folder, name))).find((found) => found !== null) ?? null
    const env =
      text !== null ? parseEnv(text) : folder === root || !isInside(folder, root) ? {} : envOf(dirname(folder))
    known.set(folder, env)
    return env
  }
  return envOf
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

const ENV_FILES = ['.env', '.env.example', '.env.sample', '.env.dist', '.env.template', 'env.example', 'example.env']

/** Reading YAML takes long: only what names an image that somebody asks for. */
function sayingOneOf(names: readonly string[]): (text: string) => boolean {
  if (names.length === 0) return () => false
  const pattern = new RegExp(names.map(escaped).join('|'))
  return (text) => pattern.test(text)
}

/** For a regular expression of JavaScript. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Who makes an image that is named, the nearest first. */
function makersIn(
  root: string,
  members: ReadonlyMap<string, Member>,
  { named }: SaidOfImages,
): (reference: string) => readonly Maker[] {
  const told = new Map<string, Maker[]>()
  for (const { name, dockerfiles, context, target } of named) {
    const path = dockerfiles.find((file) => members.has(file))
    if (path !== undefined)
      put(told, lastPart(nameIn(name)), { name: nameIn(name), reference: name, path, context, target })
  }
  const called = new Map<string, Maker[]>()
  for (const [path, { froms }] of members)
    for (const name of namesAfter(path, root)) {
      // `ubi9/Dockerfile` that is built FROM redhat/ubi9 is called after what it is built from.
      const isOfBase = froms.some(({ reference }) => lastPart(nameIn(reference)) === name)
      if (!isOfBase) put(called, name, { name, reference: name, path, context: null, target: null })
    }
  const namespaces = namespacesOf(members, told, called)
  const whole = new Set(namesOfWhole(root))
  // `ghcr.io/acme/depot/gpu-base` of the repository `depot`: `Dockerfile.gpu`, but for those that are built upon such an image.
  const basesOf = (name: string): readonly Maker[] => {
    const namespace = namespaceOf(name)
    const [, stem] = /^(.+)-base$/.exec(lastPart(name)) ?? []
    if (stem === undefined || !whole.has(lastPart(namespace).toLowerCase())) return []
    return (called.get(stem) ?? []).filter(
      ({ path }) =>
        members.get(path)?.froms.every((from) => namespaceOf(nameIn(from.reference)) !== namespace) === true,
    )
  }
  return (reference) => {
    const name = nameIn(reference)
    const last = lastPart(name)
    if (last === '' || last.includes('$') || isListed(name)) return []
    const declared = (told.get(last) ?? []).filter((maker) => isSameName(maker.name, name))
    if (declared.length > 0) return declared
    const isOurs = namespaces.has(namespaceOf(name))
    if (!isOurs && isListed(last)) return []
    const found = (called.get(last) ?? []).filter(({ path }) => isOurs || startsNothing(members.get(path)?.text ?? ''))
    return found.length > 0 ? found : basesOf(name)
  }
}

/**
 * `ghcr.io/acme` of which a tree makes the images: a file gives such a name to one, or one that others are built FROM is built FROM
 * another itself. That a folder is called like an image says nothing of whose that is.
 */
function namespacesOf(
  members: ReadonlyMap<string, Member>,
  told: ReadonlyMap<string, readonly Maker[]>,
  called: ReadonlyMap<string, readonly Maker[]>,
): ReadonlySet<string> {
  const isOne = (namespace: string): boolean => namespace !== '' && !namespace.endsWith('}')
  const tagged = [...told.values()].flat().map(({ name }) => namespaceOf(name))
  const chained = [...members.values()].flatMap(({ froms }) =>
    froms.flatMap(({ reference }) => {
      const name = nameIn(reference)
      const namespace = namespaceOf(name)
      const makers = isListed(name) || isListed(lastPart(name)) ? [] : (called.get(lastPart(name)) ?? [])
      const isBuiltOnOwn = makers.some(({ path }) =>
        members.get(path)?.froms.some((from) => {
          const base = nameIn(from.reference)
          return namespaceOf(base) === namespace && called.has(lastPart(base))
        }),
      )
      return isBuiltOnOwn ? [namespace] : []
    }),
  )
  return new Set([...tagged, ...chained].filter(isOne))
}

/** Without transport, tag and digest. */
export function nameIn(reference: string): string {
  const plain = reference.replace(/@.*$/s, '').replace(/^(?:docker\.io|index\.docker\.io)\/(?:library\/)?/, '')
  // A colon behind the last slash that is none of a variable begins the tag.
  const slash = plain.lastIndexOf('/')
  return plain.slice(0, slash + 1) + plain.slice(slash + 1).replace(/(?<!\{\w*):(?![-+?]).*$/s, '')
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}

/** Of names that hold variables what follows these; a registry of the machine itself holds what was built there. */
function isSameName(said: string, named: string): boolean {
  const [one, other] = [said.replace(LOCAL, ''), named.replace(LOCAL, '')]
  if (one === other) return true
  if (!one.includes('$') && !other.includes('$')) return false
  const [a, b] = [behindVariables(one), behindVariables(other)]
  return a !== '' && b !== '' && (`/${one}`.endsWith(`/${b}`) || `/${other}`.endsWith(`/${a}`))
}

const LOCAL = /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?\//

function behindVariables(name: string): string {
  const parts = name.split('/')
  return parts.slice(parts.findLastIndex((part) => part.includes('$')) + 1).join('/')
}

/** An image that the catalogue knows is that one, whatever a folder is called. */
export function isListed(name: string): boolean {
  try {
    return !/[${]/.test(name) && lookUp(name) !== null
  } catch {
    return false
  }
}

/** Folders that say how something is built, and not what. */
const NO_NAME =
  /^(\.?docker|dockerfiles?|containers?|images?|build|deploy(ment)?|\.?devcontainer|ci|infra|src|v?\d[\w.-]*|latest|canary|nightly|edge|unstable)$/i
/** For what a Dockerfile is one of several. */
const VARIANT =
  /^(dev(elopment)?|prod(uction)?|test|ci|local|build|alpine|debian|ubuntu|slim|(go)?release(r)?|debug|canary|nightly|edge|unstable|a(md|rm)64\w*|x86_64|aarch64|arm(hf|v\d\w*)?|ppc64(le|el)?|s390x|riscv64|loong(arch)?64|i?386|v?\d[\w.-]*)$/i

/** What an image is called after: `core` of `core/Dockerfile`, `core/docker/Dockerfile`, `Dockerfile.core` and `core.Dockerfile`. */
export function namesAfter(path: string, root: string): readonly string[] {
  const file = basename(path)
  const suffix =
    /^(?:docker|container)file[._-]([\w.-]+)$/i.exec(file)?.[1] ??
    /^([\w.-]+)\.(?:docker|container)file$/i.exec(file)?.[1]
  if (suffix !== undefined && !VARIANT.test(suffix)) return [suffix.toLowerCase()]
  for (const folder of upwards(dirname(path))) {
    if (folder === root || !isInside(folder, root)) return []
    const name = basename(folder).toLowerCase()
    if (!NO_NAME.test(name)) return [name]
  }
  return []
}

/** Nothing in it says that it runs by itself: it starts a shell, or nothing of its own. */
function startsNothing(text: string): boolean {
  const dockerfile = parsed(text)
  if (dockerfile === null) return false
  const { instructions } = finalStage(dockerfile)
  const says = (keyword: string) => instructions.findLast((one) => one.keyword === keyword)
  if (says('EXPOSE') !== undefined || says('HEALTHCHECK') !== undefined) return false
  const cmd = says('CMD')
  if (cmd === undefined) return says('ENTRYPOINT') === undefined
  return waitsForInput(cmd.json?.map(({ value }) => value) ?? cmd.text.trim().split(/\s+/))
}

/** What its last stage starts, without what starts that: the name of the program or script, and its words; none where it says none. */
function wordsStarted(text: string): readonly string[] {
  const dockerfile = parsed(text)
  if (dockerfile === null) return []
  const { instructions } = finalStage(dockerfile)
  const said = ['ENTRYPOINT', 'CMD'].flatMap((name) => {
    const found = instructions.findLast(({ keyword }) => keyword === name)
    return found?.json?.map(({ value }) => value) ?? found?.text.trim().split(/\s+/) ?? []
  })
  const at = said.findIndex((word) => !word.startsWith('-') && !STARTER.test(basename(word)))
  const [program, ...words] = at < 0 ? [] : said.slice(at)
  return program === undefined ? [] : [basename(program).toLowerCase(), ...words]
}

const STARTER = /^(?:tini|dumb-init|exec|env|sh|bash|ash|node|python[\d.]*|java|ruby|php|perl|bun|deno|dotnet)$/

function parsed(text: string): Dockerfile | null {
  try {
    return parseDockerfile(text)
  } catch {
    return null
  }
}

/** Not where it says its own USER before anything runs. */
function countsOnRoot(text: string, { line }: From): boolean {
  const stage = parsed(text)?.stages.find(({ from }) => from.line === line)
  return stage?.instructions.find(({ keyword }) => keyword === 'USER' || keyword === 'RUN')?.keyword !== 'USER'
}

/** Quick, since a tree has many: what it takes for a FROM in a heredoc does no harm. */
function fromsOf(text: string): readonly From[] {
  const args = new Map<string, string>()
  const stages = new Set(['scratch'])
  const found: From[] = []
  for (const [index, written] of text.split('\n').entries()) {
    const arg = found.length > 0 ? null : /^\s*ARG\s+(\w+)=(["']?)([^\s"']*)\2\s*$/i.exec(written)
    if (arg !== null) args.set(arg[1] ?? '', filledIn(arg[3] ?? '', args))
    const from = /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(written)
    if (from === null) continue
    const reference = filledIn((from[1] ?? '').replace(/["']/g, ''), args)
    if (!stages.has(reference.toLowerCase())) found.push({ reference, line: index + 1 })
    if (from[2] !== undefined) stages.add(from[2].toLowerCase())
  }
  return found
}

/** A variable that the file does not set stays as it is written. */
function filledIn(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::?-([^{}$]*))?\}|\$(\w+)/g,
    (written, braced?: string, fallback?: string, bare?: string) => {
      const value = args.get(braced ?? bare ?? '')
      return (value === undefined || value === '' ? fallback : value) ?? written
    },
  )
}
