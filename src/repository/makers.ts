import { basename, dirname, relative } from 'node:path'
import { finalStage } from '../dockerfile/index.ts'
import { isInside } from '../files-in.ts'
import { waitsForInput } from '../shell/index.ts'
import {
  endsWithWord,
  isListed,
  isOpenImage,
  isSameName,
  lastPart,
  nameIn,
  namesAfter,
  namesOfWhole,
  namespaceOf,
  originOf,
  ownerIn,
  tagOf,
  VARIANT_OF,
} from './image-names.ts'
import { type ProjectTree, parsed, type TreeDockerfile } from './project-tree.ts'
import type { Run } from './readers/run.ts'

/** How a Dockerfile of a repository makes an image. Paths are absolute. */
export interface MadeImage {
  readonly path: string
  /** Null where nothing says it. */
  readonly context: string | null
  readonly target: string | null
}

/** A Dockerfile of the tree, and how it is built under a name. */
export interface ImageMaker extends MadeImage {
  /** Without its tag. */
  readonly name: string
  /** With its tag, as written. */
  readonly reference: string
}

/** A project's Dockerfiles, with what tells which of them makes an image. */
export interface Makers extends ProjectTree {
  /** The Dockerfiles that make a base image. */
  readonly makersOf: (reference: string) => readonly ImageMaker[]
  /** What images of the whole repository are called. */
  readonly names: readonly string[]
  /** Dockerfiles that no folder gives a name to, else the only one there is. */
  readonly unnamed: readonly string[]
  /** Dockerfiles that a file says a name for. */
  readonly built: ReadonlySet<string>
  /** An image of that name which somebody else makes. */
  readonly isOthers: (name: string) => boolean
}

export function makersIn(tree: ProjectTree): Makers {
  const { root, members, runs } = tree
  const all = [...members.keys()].filter((path) => !FOR_PEOPLE.test(relative(root, path)))
  const unnamed = all.filter((path) => namesAfter(path, root).length === 0)
  const origin = originOf(root)
  // Owners in the names that files build it under, by their last part.
  const owners = new Map<string, string[]>()
  for (const name of runs.flatMap(({ names }) => names))
    if (!name.includes('github.repository_owner'))
      put(owners, lastPart(nameIn(name)).toLowerCase(), ownerIn(nameIn(name)))
  return {
    ...tree,
    makersOf: makersByName(tree, unnamed, origin),
    names: namesOfWhole(root),
    unnamed: unnamed.length === 0 && all.length === 1 ? all : unnamed,
    built: new Set(
      runs.flatMap(({ names, dockerfiles }) =>
        names.length === 0 ? [] : (dockerfiles.find((path) => members.has(path)) ?? []),
      ),
    ),
    isOthers: (name) => {
      const owner = ownerIn(name)
      const known = (owners.get(lastPart(name).toLowerCase()) ?? []).filter((one) => one !== '')
      const isOpen = owner === '' || known.length === 0 || [owner, ...known].some((one) => /[${]/.test(one))
      return !isOpen && owner !== origin?.owner && !known.includes(owner)
    },
  }
}

/** The Dockerfiles that make an image of this name, the nearest first. */
function makersByName(
  { root, members, runs }: ProjectTree,
  unnamed: readonly string[],
  origin: ReturnType<typeof originOf>,
): (reference: string) => readonly ImageMaker[] {
  const told = new Map<string, ImageMaker[]>()
  for (const { names, dockerfiles, context, stage: target } of runs) {
    const path = names.length === 0 ? undefined : dockerfiles.find((file) => members.has(file))
    for (const reference of path === undefined ? [] : names) {
      const name = nameIn(reference)
      put(told, lastPart(name), { name, reference, path: path ?? '', context, target })
    }
  }
  const called = new Map<string, ImageMaker[]>()
  for (const [path, { froms }] of members)
    for (const name of namesAfter(path, root)) {
      // `ubi9/Dockerfile` that is built FROM redhat/ubi9 is called after what it is built from.
      const isOfBase = froms.some(({ reference }) => lastPart(nameIn(reference)) === name)
      if (!isOfBase) put(called, name, { name, reference: name, path, context: null, target: null })
    }
  const namespaces = namespacesOf(members, told, called)
  const whole = new Set(namesOfWhole(root))
  // `ghcr.io/acme/depot/gpu-base` of the repository `depot`: `Dockerfile.gpu`, but for those that are built upon such an image.
  const basesOf = (name: string): readonly ImageMaker[] => {
    const namespace = namespaceOf(name)
    const [, stem] = /^(.+)-base$/.exec(lastPart(name)) ?? []
    if (stem === undefined || !whole.has(lastPart(namespace).toLowerCase())) return []
    return (called.get(stem) ?? []).filter(
      ({ path }) =>
        members.get(path)?.froms.every((from) => namespaceOf(nameIn(from.reference)) !== namespace) === true,
    )
  }
  // `ghcr.io/acme/depot` of the repository acme/depot, where one Dockerfile is called after nothing else.
  const ofWhole = (name: string): readonly ImageMaker[] => {
    const [path, ...more] = unnamed
    const isIts = origin !== null && ownerIn(name) === origin.owner && lastPart(name).toLowerCase() === origin.name
    if (!isIts || path === undefined || more.length > 0) return []
    return [{ name, reference: name, path, context: null, target: null }]
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
    return found.length > 0 ? found : [...basesOf(name), ...ofWhole(name)]
  }
}

/**
 * `ghcr.io/acme` of which a tree makes the images: a file gives such a name to one, or one that others are built FROM is built FROM
 * another itself. That a folder is called like an image says nothing of whose that is.
 */
function namespacesOf(
  members: ReadonlyMap<string, TreeDockerfile>,
  told: ReadonlyMap<string, readonly ImageMaker[]>,
  called: ReadonlyMap<string, readonly ImageMaker[]>,
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

/** Who makes an image that is run: what is called after its folder, or after the whole repository, too. */
export function makersOfRun(image: string, tree: Makers): readonly MadeImage[] {
  const { root, members, unnamed, makersOf } = tree
  const made = makersOf(image)
  const name = nameIn(image)
  const last = lastPart(name).toLowerCase()
  const isWhole = isCalledAs(last, tree)
  // `acme:1.2-web` is what `Dockerfile.web` of the repository `acme` makes, whatever else is built as `acme`.
  const words = image
    .slice(image.lastIndexOf('/') + 1)
    .toLowerCase()
    .split(/[:._-]/)
    .slice(last.split(/[._-]/).length)
  const isKnown = isSomeOther(name, tree)
  const variants =
    isKnown || !(isWhole || made.length > 0)
      ? []
      : [...members.keys()].filter(
          (path) => VARIANT_OF.test(basename(path)) && namesAfter(path, root).some((one) => words.includes(one)),
        )
  if (variants.length > 0 && !made.some(({ path }) => variants.includes(path)))
    return variants.map((path) => ({ path, context: null, target: null }))
  // Where a name is only used to build a variant by hand, the repository's Dockerfile makes it for its users.
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

/** An image for developers, with a tag of its own, is not what people run under another tag. */
function withoutWork(makers: readonly ImageMaker[], image: string): readonly ImageMaker[] {
  const tag = tagOf(image)
  const others = makers.filter(({ path, reference }) => {
    const own = tagOf(reference)
    return !OF_WORK.test(basename(path)) || own === '' || own === tag || own.includes('$')
  })
  return others.length === 0 ? makers : others
}

/** Whether this is the image of the whole repository. */
export function isOfWhole(image: string, tree: Makers): boolean {
  const name = nameIn(image)
  return isCalledAs(lastPart(name).toLowerCase(), tree) && !isSomeOther(name, tree)
}

function isCalledAs(last: string, { names }: Makers): boolean {
  return names.some(
    (one) => endsWithWord(one, last) || endsWithWord(one.replace(/[-_.](docker|container|image)$/, ''), last),
  )
}

function isSomeOther(name: string, { isOthers }: Makers): boolean {
  const last = lastPart(name)
  return last === '' || last.includes('$') || isListed(name) || isOthers(name)
}

/** Some file says that it makes that image, or it is called after the whole repository. */
export function isSaidToBe(image: string, tree: Makers): boolean {
  return tree.makersOf(image).length > 0 || isOfWhole(image, tree)
}

/**
 * The Dockerfile that lies beside a Compose file and is called like its service, whose image is whatever a variable says, or ends in the
 * service's name: `acme/suite_mailer` of the service `mailer`.
 */
export function besides({ kind, image, service, file }: Run, tree: Makers): readonly MadeImage[] {
  const { members, root } = tree
  if (kind !== 'service' || service === null || image === null) return []
  const name = nameIn(image)
  const last = lastPart(name).toLowerCase()
  const isCalled = endsWithWord(last, service.toLowerCase()) && !isSomeOther(name, tree)
  if (!isOpenImage(image) && !isCalled) return []
  return [...members.keys()]
    .filter((path) => dirname(path) === dirname(file) && namesAfter(path, root).includes(service.toLowerCase()))
    .map((path) => ({ path, context: null, target: null }))
}

/**
 * Dockerfiles that make the image of the whole repository for another architecture or channel, whatever only one of them is built as by
 * hand: they start what that one starts, or what the image is called after. One that is called after something else does so where it
 * lies beside that one, starts the very same, and nobody builds it under a name.
 */
export function startingAlike(image: string, made: readonly MadeImage[], tree: Makers): readonly MadeImage[] {
  const { root, members, unnamed, built } = tree
  if (!isOfWhole(image, tree) || made.some(({ path }) => namesAfter(path, root).length > 0)) return []
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
export function isSiblingOf(path: string, other: string): boolean {
  const isOne = (file: string): boolean =>
    /^(?:docker|container)file$/i.test(basename(file)) || VARIANT_OF.test(basename(file))
  return path !== other && dirname(path) === dirname(other) && isOne(path) && isOne(other)
}

/** Stages and tags that are built for developers. */
export const OF_WORK = /(?:^|[._-])(?:dev(?:elop(?:ment)?)?|tests?|ci|local|debug|lint|docs?)(?:[._-]|$)/i

/** Files that only developers of the repository run. */
export const FOR_PEOPLE = /(^|\/)(\.?devcontainer|\.github|\.gitlab|\.circleci|tests?|ci|examples?)\//i

/** In the comments of a Dockerfile another image is run as well, whose name tells nothing of this one: `tonistiigi/binfmt`. */
export function isOfOthers({ kind, image, file }: Run, path: string, tree: Makers): boolean {
  if (kind !== 'command' || image === null || file !== path || !image.includes('/') || image.includes('$')) return false
  const words = new Set(path.toLowerCase().split(/[^a-z\d]+/))
  const isLike = lastPart(nameIn(image))
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => words.has(word))
  return !isLike && !isSaidToBe(image, tree)
}

/** Of several ways to build a file one with a context that it lies in goes first: a document elsewhere says `.` for a folder that it is not in. */
export function onePerFile(makers: readonly ImageMaker[]): readonly ImageMaker[] {
  const holds = ({ path, context }: ImageMaker): boolean => context === null || isInside(path, context)
  return [
    ...new Map(
      [...makers.filter((one) => !holds(one)), ...makers.filter(holds)].map((one) => [one.path, one]),
    ).values(),
  ]
}

/** Those that are built under the very tag, where any is. */
export function tagged(makers: readonly ImageMaker[], image: string): readonly ImageMaker[] {
  const exact = makers.filter(({ reference }) => reference === image)
  return exact.length > 0 ? exact : makers
}

/** Nothing says that it runs by itself: it starts a shell, or nothing of its own. */
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

export function put<Value>(into: Map<string, Value[]>, key: string, value: Value): void {
  const before = into.get(key)
  if (before === undefined) into.set(key, [value])
  else before.push(value)
}
