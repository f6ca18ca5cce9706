import { basename, dirname, join, relative } from 'node:path'
import { shellQuoted } from '../borders/shell.ts'
import { HardenError } from '../errors.ts'
import { isInside, namesIn, realOf, textIn } from '../files-in.ts'
import { manifestsOf } from '../manifests/kubernetes/workloads.ts'
import type { Project, Service } from '../manifests/project.ts'
import { asObject, type Json } from '../manifests/yaml/file.ts'
import { composeProject, type Found } from './discover.ts'
import type { MadeImage } from './makers.ts'
import { type ClusterTarget, imageIn, isChart, manifestsIn } from './manifests.ts'
import { isComposeFileName, type ProjectFlags, projectFilesIn, saysServices } from './open-project.ts'
import { isOwnDockerfile } from './own-files.ts'
import { walkOver } from './project-tree.ts'
import { yamlIn } from './readers/run.ts'
import { repositoryOf } from './repository.ts'
import { type Survey, survey } from './surroundings.ts'
import { allowedRootOf, holdsHome, type Trust } from './trust.ts'

/** Something of a repository that runs what Dockerfiles make, and those of them that were asked for (real paths). */
interface Runner {
  /** The target that it is; what cannot be changed has failed. */
  readonly found: Found
  /** What it was found as before, where it was a target already. */
  readonly given?: Found
  readonly dockerfiles: readonly string[]
  /** The files that are read with it, absolute. */
  readonly files: readonly string[]
}

interface Looking {
  readonly cwd: string
  /** Real paths of the Dockerfiles that were asked for. */
  readonly asked: ReadonlySet<string>
  readonly flags: ProjectFlags
  /** A proof builds what the files say. */
  readonly isProved: boolean
  readonly trust: Pick<Trust, 'found'>
  readonly madeImages: Survey['madeImages']
}

/**
 * The targets with the Compose files and manifests of their repositories that run what a Dockerfile among them makes: each a target
 * in the place of the first Dockerfile that it changes, and marked `together` with whatever changes the same. What runs one and
 * cannot be changed has failed beforehand, and takes along what it runs.
 */
export async function withManifests(
  targets: readonly Found[],
  { cwd, flags, trust, isProved }: Omit<Looking, 'asked' | 'madeImages'>,
): Promise<readonly Found[]> {
  const { madeImages } = survey(cwd)
  const found = await Promise.all(targets.map((one) => withMadeImages(one, { madeImages, isProved })))
  const single = found.filter(({ kind, path, error }) => kind === 'dockerfile' && path !== null && error === null)
  const asked = new Set([
    ...single.map(({ path }) => realOf(path ?? '')),
    ...found.flatMap(({ project }) => (project === undefined ? [] : builtBy(project))),
  ])
  const looking = { cwd, asked, flags, trust, isProved, madeImages }
  const known: Runner[] = []
  for (const one of found) {
    const dockerfiles = await runBy(one, looking)
    if (dockerfiles.length > 0)
      known.push(withOverlays({ found: one, given: one, dockerfiles, files: filesOf(one) }, looking))
  }
  const there = new Set(found.filter(({ kind }) => kind !== 'dockerfile').flatMap(filesOf))
  const others: Runner[] = []
  for (const root of rootsOf(asked, cwd)) {
    const { others: names } = walkOver(root, root, /\.ya?ml$|^kustomization$/i)
    const yaml = names.filter((path) => /\.ya?ml$|(^|\/)kustomization$/i.test(path) && !there.has(path))
    others.push(...(await composeRunners(yaml, looking)), ...(await clusterRunners(yaml, looking)))
  }
  const groups = groupsOf([...known, ...others])
  const followed = new Set([...known, ...others].flatMap(({ files }) => files.map((path) => relative(cwd, path))))
  const placed = new Set<Runner>(known)
  return found.flatMap((one) => {
    const own = known.find((runner) => runner.given === one)
    const real = single.includes(one) ? realOf(one.path ?? '') : null
    const dockerfiles = own?.dockerfiles ?? (real === null ? [] : [real])
    const runners = [...known, ...others].filter((runner) =>
      runner.dockerfiles.some((path) => dockerfiles.includes(path)),
    )
    const [first] = runners
    if (first === undefined) return [one]
    const fresh = runners.filter((runner) => !placed.has(runner))
    for (const runner of fresh) placed.add(runner)
    const marked = (found: Found): Found => ({ ...found, together: groups.get(first) ?? 0, followed })
    const more = fresh.map((runner) => marked(runner.found))
    if (own !== undefined) return [marked(own.found), ...more]
    // What is changed by nobody else is changed by itself, and not at all beside what has failed.
    return runners.some((runner) => runner.found.error === null) ? more : [...more, marked(one)]
  })
}

/** The Dockerfiles that a target runs what is made of; of one that cannot be read, those that it may build. */
async function runBy({ kind, path, project, cluster }: Found, looking: Looking): Promise<readonly string[]> {
  if (project !== undefined) return builtBy(project)
  if (cluster !== undefined) return runIn(cluster, looking)
  return kind === 'compose' && path !== null ? near(path, looking) : []
}

/** What a Compose file that cannot be read may build: what lies below it, and whose folder it names. */
function near(path: string, { asked }: Looking): readonly string[] {
  const folder = realOf(dirname(path))
  const text = textIn(allowedRootOf(path), path) ?? ''
  return [...asked].filter((one) => isInside(one, folder) || text.includes(relative(folder, dirname(one))))
}

function filesOf({ path, project, cluster }: Found): readonly string[] {
  const files = [...(project?.files ?? []), ...(cluster?.files ?? [])].flatMap((file) => file.path ?? [])
  return files.length === 0 && path !== null ? [path] : files
}

/** But for what an earlier run has made for an image of somebody else: nobody but the project runs that. */
function builtBy({ services }: Project): readonly string[] {
  const paths = services.flatMap(({ build }) => (build?.dockerfile == null ? [] : realOf(build.dockerfile)))
  const isMade = (path: string): boolean =>
    basename(dirname(dirname(path))) === 'harden-image' && isOwnDockerfile(textIn(dirname(path), path) ?? '')
  return [...new Set(paths)].filter((path) => !isMade(path))
}

/** The repositories that the Dockerfiles are of, else the folder that is worked on. */
function rootsOf(asked: ReadonlySet<string>, cwd: string): readonly string[] {
  const roots = [...asked].map(
    (path) => repositoryOf(dirname(path)) ?? (isInside(path, realOf(cwd)) ? cwd : dirname(path)),
  )
  return [...new Set(roots)].filter((root) => !holdsHome(root))
}

/** Runners that have a Dockerfile in common have one number. */
function groupsOf(runners: readonly Runner[]): ReadonlyMap<Runner, number> {
  const groups = new Map<Runner, number>()
  for (const [number, runner] of runners.entries()) {
    const mates = [...groups].filter(([one]) => one.dockerfiles.some((path) => runner.dockerfiles.includes(path)))
    const before = new Set(mates.map(([, group]) => group))
    for (const [one, group] of groups) if (before.has(group)) groups.set(one, number)
    groups.set(runner, number)
  }
  return groups
}

async function composeRunners(yaml: readonly string[], looking: Looking): Promise<readonly Runner[]> {
  const names: string[] = []
  for (const path of yaml)
    if (isComposeFileName(basename(path)) || (await saysServices(path, allowedRootOf(path)))) names.push(path)
  const runners: Runner[] = []
  for (const folder of new Set(names.map((path) => dirname(path)))) {
    const usual = await projectFilesIn(folder)
    const overlays = new Set(overlaysOf(usual, looking))
    const alone = names.filter((path) => dirname(path) === folder && !usual.includes(path) && !overlays.has(path))
    const together = usual.every((path) => names.includes(path)) && usual.length > 0 ? [usual] : []
    for (const files of [...together, ...alone.map((path) => [path])]) {
      const runner = await composeRunner(files, looking)
      if (runner !== null) runners.push(withOverlays(runner, looking))
    }
  }
  return runners
}

/** Null where it runs nothing of what was asked for. */
async function composeRunner(files: readonly string[], looking: Looking): Promise<Runner | null> {
  const { cwd, flags, trust, asked } = looking
  const [path = ''] = files
  const target = relative(cwd, path) || basename(path)
  const own = { ...flags, files: [], name: null }
  const { identity: _, ...found } = await composeProject(target, { files, named: [], place: path }, cwd, {
    projects: own,
    trust,
  })
  if (found.project === undefined) {
    const dockerfiles = near(path, looking)
    return dockerfiles.length === 0 ? null : { found, dockerfiles, files }
  }
  const made = await withMadeImages(found, looking)
  const dockerfiles = made.project === undefined ? [] : builtBy(made.project)
  return dockerfiles.some((one) => asked.has(one)) ? { found: made, dockerfiles, files: filesOf(made) } : null
}

/** A service that only names its image is built from what makes it in the repository. */
async function withMadeImages(
  found: Found,
  { madeImages, isProved }: Pick<Looking, 'madeImages' | 'isProved'>,
): Promise<Found> {
  const { project, target } = found
  if (project === undefined) return found
  const named = project.services.flatMap(({ build, image }) => (build === null && image !== null ? [image] : []))
  const made = await madeImages(named, project.folder)
  if (made.size === 0) return found
  const services = project.services.map((service) => withBuild(service, made))
  const error = new HardenError(
    'bad-usage',
    `${target} runs ${[...made.keys()].join(', ')} by name, which no proof builds`,
    {
      hint: 'give the service a build:, or leave out --prove',
    },
  )
  return { ...found, project: { ...project, services }, ...(isProved ? { error } : {}) }
}

function withBuild(service: Service, made: ReadonlyMap<string, MadeImage>): Service {
  const by = service.build === null && service.image !== null ? made.get(service.image) : undefined
  if (by === undefined) return service
  const { path, context, target } = by
  return {
    ...service,
    build: { dockerfile: path, inline: null, context: context ?? dirname(path), target, args: new Map() },
  }
}

/** Beside a project, what a person may lay over it says more of its services, which nobody can follow without knowing when. */
function withOverlays(runner: Runner, looking: Looking): Runner {
  const { project, target } = runner.found
  const [overlay] = project === undefined ? [] : overlaysOf(filesOf(runner.found), looking)
  if (overlay === undefined) return runner
  const name = relative(looking.cwd, overlay)
  const error = new HardenError('bad-usage', `${name} says more of services of ${target}, and is not changed with it`, {
    hint: `harden both as one project: harden-image -w -f ${shellQuoted(target)} -f ${shellQuoted(name)}`,
  })
  return { ...runner, found: { ...runner.found, error } }
}

/** What decides who a service runs as, what it may write and which ports it has. */
const MATTERS = [
  'user',
  'ports',
  'expose',
  'volumes',
  'tmpfs',
  'read_only',
  'build',
  'image',
  'command',
  'entrypoint',
  'healthcheck',
  'environment',
  'cap_add',
  'privileged',
  'security_opt',
]

/** The Compose files of its folder that belong to no project by themselves, and say more of services of this one. */
function overlaysOf(files: readonly string[], { asked }: Looking): readonly string[] {
  const [first = ''] = files
  const services = files.flatMap((path) => Object.keys(servicesAt(path)))
  if (services.length === 0 || asked.size === 0) return []
  const beside = namesIn(allowedRootOf(first), dirname(first)).filter((name) => isComposeFileName(name))
  return beside
    .map((name) => join(dirname(first), name))
    .filter((path) => {
      const said = files.includes(path) ? {} : servicesAt(path)
      return services.some((name) => {
        const service = asObject(Object.hasOwn(said, name) ? said[name] : null)
        return MATTERS.some((key) => Object.hasOwn(service, key))
      })
    })
}

function servicesAt(path: string): Json {
  return asObject(asObject(yamlIn(textIn(allowedRootOf(path), path) ?? '')[0]).services)
}

async function clusterRunners(yaml: readonly string[], looking: Looking): Promise<readonly Runner[]> {
  const { cwd } = looking
  const runners: Runner[] = []
  for (const folder of new Set(yaml.map((path) => dirname(path)))) {
    const target = relative(cwd, folder) || '.'
    const about = { target, kind: 'kubernetes', path: folder, reference: null, from: null } as const
    if (isChart(folder)) {
      const dockerfiles = await madeBy(repositoriesIn(join(folder, 'values.yaml')), folder, looking)
      const error = new HardenError('bad-usage', `${target} is a Helm chart, which is not changed with its image`, {
        hint: `what it makes can be: helm template ${target} | harden-image -`,
      })
      if (dockerfiles.length > 0) runners.push({ found: { ...about, error }, dockerfiles, files: [] })
      continue
    }
    const cluster = clusterIn(folder, cwd)
    if (cluster === null) continue
    const dockerfiles = await runIn(cluster, looking)
    const files = cluster.files.flatMap(({ path }) => path ?? [])
    const found: Found = { ...about, path: files[0] ?? folder, cluster, error: null }
    if (dockerfiles.length > 0) runners.push({ found, dockerfiles, files })
  }
  // What an overlay is put together from is changed with it.
  return runners.filter(
    (one) =>
      one.files.length === 0 ||
      !runners.some(
        (other) => other.files.length > one.files.length && one.files.every((path) => other.files.includes(path)),
      ),
  )
}

/** What cannot be read runs nothing that anybody knows of. */
function clusterIn(folder: string, cwd: string): ClusterTarget | null {
  try {
    return manifestsIn(folder, cwd)
  } catch (error) {
    if (error instanceof HardenError) return null
    throw error
  }
}

/** The Dockerfiles that were asked for and make what the manifests run. */
async function runIn({ files, folder, images }: ClusterTarget, looking: Looking): Promise<readonly string[]> {
  try {
    const named = manifestsOf(files).workloads.flatMap(({ containers }) =>
      containers.flatMap(({ image }) => (typeof image === 'string' ? imageIn(image, images) : [])),
    )
    return await madeBy(named, folder, looking)
  } catch (error) {
    if (error instanceof HardenError) return []
    throw error
  }
}

async function madeBy(
  images: readonly string[],
  folder: string,
  { madeImages, asked }: Looking,
): Promise<readonly string[]> {
  const made = await madeImages(images, folder)
  return [...new Set([...made.values()].map(({ path }) => realOf(path)))].filter((path) => asked.has(path))
}

/** As `helm create` has it. */
function repositoriesIn(path: string): readonly string[] {
  return [...(textIn(allowedRootOf(path), path) ?? '').matchAll(/^[ \t]*repository:[ \t]*["']?([^\s"'#]+)/gm)].map(
    ([, name = '']) => name,
  )
}
