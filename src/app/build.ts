import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type BuildGiven, nothingGiven, pairs, parseDockerfile, platformArguments } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { fullName } from '../engine/arguments.ts'
import type { BuildRequest, Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { parsePlatform } from '../image/facts.ts'
import type { ImageRun } from '../image/image-run.ts'
import { ownPlatform } from '../image/sources/own-platform.ts'
import { derivedName, type Profile } from '../manifests/profile.ts'
import { memoizeByObject } from '../memoize.ts'
import { isComplete, type TargetResult } from '../report/report.ts'
import { likelyContext } from '../repository/context.ts'
import { rootOf } from '../repository/project-root.ts'
import type { BuildSettings, WorkItem } from '../repository/work-item.ts'
import type { Session } from './session.ts'
import type { HardenMode, Options, TargetOutcome } from './task.ts'
import { isLeftAsItIs } from './verdict.ts'

/** Builds a text in the context of its target: what was said, the folder of the Dockerfile, or nothing for an image. */
export async function buildText(
  engine: Engine,
  item: WorkItem,
  options: Options,
  request: Pick<BuildRequest, 'dockerfile' | 'tag' | 'keep'>,
): Promise<string> {
  const asked: BuildRequest = {
    ...request,
    dockerfile: uponImages(request.dockerfile, item, options),
    context: contextOf(item, options),
    ...(item.kind === 'image' ? {} : { buildArgs: Object.fromEntries(argsFor(item, options)) }),
    ...(item.path === null ? {} : { dockerfilePath: item.path }),
    ...(options.platform === null ? {} : { platform: options.platform }),
    ...(options.policy.target === null ? {} : { target: options.policy.target }),
  }
  return request.keep === true ? built(engine, asked) : builtOnce(engine, asked)
}

/** Replaces the base images in its FROM lines by those that are built for it. */
function uponImages(text: string, item: WorkItem, options: Options): string {
  const { upon } = item
  if (upon === undefined) return text
  const edits = parseDockerfile(text, givenTo(item, options)).stages.flatMap(({ base, from }) => {
    const image = base.kind === 'image' ? upon.get(base.reference) : undefined
    const [word] = /^\S+/.exec(text.slice(from.rest.start, from.rest.end)) ?? []
    return image === undefined || word === undefined
      ? []
      : [{ start: from.rest.start, end: from.rest.start + word.length, image }]
  })
  return edits.reduceRight((all, { start, end, image }) => all.slice(0, start) + image + all.slice(end), text)
}

/** Builds the result. Its tag, null where it is not kept; undefined where there is none to build. */
export async function buildResult(
  item: WorkItem,
  { engine, options, hooks, number }: Session,
  { result, text }: { readonly result: TargetResult; readonly text: string },
  profile: Profile | null,
  mode: HardenMode,
): Promise<string | null | undefined> {
  if (engine === null) return undefined
  const isProfile = mode.kind === 'profile'
  // An image that is run unchanged keeps its name.
  const isRun = isProfile && profile?.asIs?.enough !== true ? profile : null
  // What runs as it should already is a result too, under the name that was asked for.
  const isResult = isComplete(result) || (isLeftAsItIs(result) && !isProfile)
  if (!isResult || (isProfile && isRun === null)) return undefined
  const tag = mode.tag ?? isRun?.image.name ?? null
  hooks.progress(`${item.target}: building the result`)
  await buildText(engine, item, options, {
    dockerfile: text,
    tag: tag ?? `harden-image/result:${engine.session}-${number}`,
    keep: tag !== null,
  })
  return tag
}

async function built(engine: Engine, request: BuildRequest): Promise<string> {
  await engine.build(request)
  return request.tag
}

const buildsOf = memoizeByObject((_: Engine): Map<string, Promise<string>> => new Map())

/** Builds each text once, although several targets ask for it. A build that failed is tried again for the next one that asks. */
function builtOnce(engine: Engine, request: BuildRequest): Promise<string> {
  const { tag: _, dockerfilePath = '', ...rest } = request
  // Of its path only the folder counts.
  const ignores = existsSync(`${dockerfilePath}.dockerignore`) ? dockerfilePath : ''
  const key = JSON.stringify([rest, ignores])
  const builds = buildsOf(engine)
  const image = builds.get(key) ?? built(engine, request)
  builds.set(key, image)
  image.catch(() => builds.delete(key))
  return image
}

/** The build arguments, for reading its text. */
export function givenTo(item: WorkItem, options: Options): BuildGiven {
  const { platform } = options
  if (item.kind === 'image') return nothingGiven
  const own = ownPlatform()
  return {
    args: argsFor(item, options),
    platformArgs: platformArguments(own, platform === null ? own : parsePlatform(platform)),
  }
}

/** Given arguments override those of Compose and bake files. */
function argsFor({ build }: WorkItem, { buildArg }: Options): ReadonlyMap<string, string> {
  return new Map([...(build?.args ?? []), ...pairs(buildArg)])
}

/** The folder that is sent along; null for none. */
export function contextOf({ kind, path }: WorkItem, { context }: Pick<Options, 'context'>): string | null {
  if (kind === 'image') return null
  return context ?? (path === null ? null : dirname(path))
}

/** The context, arguments and stage of its build, for the report. */
export function howBuilt(item: WorkItem, options: Options): Pick<TargetOutcome, 'context' | 'buildArgs' | 'target'> {
  const args = item.kind === 'image' ? new Map<string, string>() : argsFor(item, options)
  const { context, policy } = options
  return {
    ...(context === null ? {} : { context }),
    ...(args.size === 0 ? {} : { buildArgs: Object.fromEntries(args) }),
    ...(policy.target === null ? {} : { target: policy.target }),
  }
}

/** The user that Compose services run it as, where the caller names none: grants then go to that user. */
export function asServicesRun({ build, surroundings }: WorkItem, session: Session): Session {
  const { options } = session
  const { policy } = options
  const isOpen = policy.user === null && policy.arbitraryUid !== true
  const asked = build === undefined ? null : serviceUser(build)
  const user = isOpen ? (asked ?? podUser(surroundings?.runs ?? [])) : null
  if (user === null) return session
  const userBecause = `as its ${asked === null ? 'pods' : 'services'} run it`
  return { ...session, options: { ...options, policy: { ...policy, user, userBecause } } }
}

/** The user that all services that run it agree on, by number; null where they do not, or it is root. */
export function serviceUser({ users, allSayUser }: BuildSettings): string | null {
  const [first] = users
  const isAlike = allSayUser && users.every(({ user }) => user === first?.user)
  return first !== undefined && isAlike && /^[1-9]\d*(:\d+)?$/.test(first.user) ? first.user : null
}

/** The user that the pods of all manifests run it as, by number; null where they or a Compose service do not agree, or it is root. */
export function podUser(runs: readonly ImageRun[]): string | null {
  const all = runs.filter(({ kind }) => kind !== 'command')
  const [first = null, ...others] = all.map(({ user }) => user)
  const isAlike = first !== null && others.every((user) => user === first) && all.some(({ kind }) => kind === 'pod')
  return isAlike && /^[1-9]\d*(:\d+)?$/.test(first) ? first : null
}

/** The context that a Compose or bake file names, or the folder that holds what the Dockerfile copies. */
function contextFound(item: WorkItem, dockerfile: Dockerfile): string | null {
  if (item.build?.context != null) return item.build.context
  return item.path === null ? null : likelyContext(dockerfile, item.path, rootOf({ ...item, path: item.path }))
}

/** The folder that its build is given. */
export function contextFor(
  item: WorkItem,
  dockerfile: Dockerfile,
  { context }: Pick<Options, 'context'>,
): string | null {
  return contextOf(item, { context: context ?? contextFound(item, dockerfile) })
}

/** With the folder that its build is given, where nobody said it. */
export function inContext(item: WorkItem, dockerfile: Dockerfile, session: Session): Session {
  const { options } = session
  const context = options.context ?? contextFound(item, dockerfile)
  return context === options.context ? session : { ...session, options: { ...options, context } }
}

/**
 * The name of the result must not be that of what it is built from: the original would have no name any more, and the
 * next run would build upon the result. Throws HardenError `bad-usage`.
 */
export function checkTag(tag: string | null, bases: readonly string[]): void {
  if (tag === null) return
  const name = nameOf(tag)
  if (name === null || !bases.some((base) => nameOf(base) === name)) return
  throw new HardenError(
    'bad-usage',
    `the result cannot be called ${tag}, which it is built from: the original would be lost, and the next build would start from the result`,
    {
      hint: `give it another name, such as ${derivedName(tag, 'nonroot')}, or the original one: docker tag ${tag} NAME`,
    },
  )
}

/** Null for what is no name: an id, `scratch`, a variable that nobody has set. */
function nameOf(reference: string): string | null {
  try {
    return fullName(reference)
  } catch {
    return null
  }
}
