import { basename, dirname, join, resolve } from 'node:path'
import { bounds } from '../bounds.ts'
import { isInside, textIn } from '../files-in.ts'
import { asList, asObject, type Json } from '../manifests/yaml/file.ts'
import type { ImageUser } from '../plan/exemptions.ts'
import { assignmentsOf } from './assignments.ts'
import { namedBuilds, valuesOf } from './build-files.ts'
import {
  MAY_BE_POD,
  MAY_BE_VALUES,
  MAY_RUN,
  MAY_SAY_HOW,
  MAY_SHOW,
  projectFolders,
  type RunOfImage,
  runsOfCommands,
  runsOfCompose,
  runsOfDevcontainer,
  runsOfDocument,
  runsOfManifests,
  runsOfValues,
  snippetsIn,
} from './image-runs.ts'
import { isDocumentName } from './walk.ts'

/** A Dockerfile that is built under a name, or is the base of a build by another one. Paths are absolute. */
export interface NamedImage {
  /** As written, variables too. */
  readonly name: string
  /** The Dockerfiles that may be meant, the likeliest first. */
  readonly dockerfiles: readonly string[]
  readonly context: string | null
  readonly target: string | null
}

/** With what says which image is meant: the Dockerfiles that may be, or its name. */
export interface UserOfImage extends ImageUser {
  readonly dockerfiles: readonly string[]
  readonly image: string | null
}

/** A stage that a workflow builds and pushes, under whatever name. */
export interface PushedStage {
  /** The Dockerfiles that may be meant, the likeliest first. */
  readonly dockerfiles: readonly string[]
  readonly stage: string
  /** For people. */
  readonly by: string
}

export interface SaidOfImages {
  readonly named: readonly NamedImage[]
  readonly users: readonly UserOfImage[]
  readonly stages?: readonly PushedStage[]
}

/** A kind of file that says something of the images of its repository. */
export interface FileKind {
  readonly read: (text: string, at: At) => SaidOfImages
  /** It only gives names: of no use where nobody says one of them, and where it runs none. */
  readonly onlyNames: boolean
  /** A text that may say how images are run. */
  readonly mayRun: RegExp
  readonly runs?: (
    text: string,
    at: At & { readonly env: Readonly<Record<string, string | undefined>> },
  ) => readonly RunOfImage[]
}

interface At {
  /** Absolute. */
  readonly path: string
  /** Absolute: what a command is run in, where it does not say so. */
  readonly root: string
  /** Of the file, for people. */
  readonly name: string
  /** What its repository is called. */
  readonly repository: string
}

const nothing: SaidOfImages = { named: [], users: [] }

const users = (read: FileKind['read']): FileKind => ({ read, onlyNames: false, mayRun: NEVER })
const names = (read: FileKind['read']): FileKind => ({ read, onlyNames: true, mayRun: NEVER })
const compose: FileKind = { read: ofCompose, onlyNames: true, mayRun: MAY_SAY_HOW, runs: runsOfCompose }
const commands: FileKind = { read: ofCommands, onlyNames: true, mayRun: MAY_RUN, runs: runsOfCommands }
const documents: FileKind = { read: ofDocument, onlyNames: true, mayRun: MAY_SHOW, runs: runsOfDocument }
const NEVER = /(?!)/

/** By its name, and its path; null for a file that says nothing of them. */
export function kindOf(path: string): FileKind | null {
  const name = basename(path)
  if (COMPOSE.test(name)) return compose
  if (/^docker-bake([.-][\w.-]+)?\.(json|hcl)$/.test(name)) return names(ofBake)
  if (/^action\.ya?ml$/.test(name)) return users(ofAction)
  if (/^skaffold([.-][\w.-]+)?\.ya?ml$/.test(name)) return names(ofSkaffold)
  if (/^\.?goreleaser([.-][\w.-]+)?\.ya?ml$/.test(name)) return names(ofGoReleaser)
  if (/(^|\/)\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/.test(path))
    return { ...users(ofWorkflow), runs: runsOfCommands }
  if (/^\.gitlab-ci([.-][\w.-]+)?\.ya?ml$/.test(name)) return users(ofGitLab)
  if (/^\.?devcontainer\.json$/.test(name)) return { ...users(ofDevcontainer), runs: runsIn }
  if (/^(GNUm|M|m)akefile$|^justfile$|\.(mk|mak|sh|bash)$|^(Taskfile|cloudbuild)\.ya?ml$/.test(name)) return commands
  if (isDocumentName(name)) return documents
  if (/^values([.-][\w.-]+)?\.ya?ml$/.test(name))
    return { read: () => nothing, onlyNames: true, mayRun: MAY_BE_VALUES, runs: runsOfValues }
  if (/\.ya?ml$/.test(name) && (MANIFEST.test(path) || MANIFEST_NAME.test(name)))
    return { read: () => nothing, onlyNames: true, mayRun: MAY_BE_POD, runs: runsOfManifests }
  return null
}

/** `compose.prod.yaml`, `web.compose.yaml`, and those that people are given to copy: `docker-compose.yml.sample`. */
const COMPOSE =
  /^(?:(?:docker-)?compose(?:[.-][\w.-]+)?|docker-stack(?:[.-][\w.-]+)?|[\w-]+[.-](?:docker-)?compose)\.ya?ml(?:[.-](?:sample|example|dist|template|default))?$/

/** Where people keep them, or what they call them. */
const MANIFEST = /\/(?:k8s|kube|manifest|deploy|kustomiz|overlay|openshift|gitops|argocd|chart|helm)[^/]*\//i
const MANIFEST_NAME = /deployment|statefulset|daemonset|cronjob|\bpod|k8s|kube/i

function ofCompose(text: string, { path, name, root }: At): SaidOfImages {
  const services = asObject(asObject(valuesOf(text, name)[0]).services)
  const builds = namedBuilds(text, path, name)
  const elsewhere = projectFolders({ path, root }).map((folder) =>
    namedBuilds(text, join(folder, basename(path)), name),
  )
  const builtAs = (service: string): Omit<NamedImage, 'name'> | null => {
    const build = builds.find((one) => one.name === service)
    const others = elsewhere.flatMap((all) => all.find((one) => one.name === service)?.dockerfile ?? [])
    return build === undefined
      ? null
      : { dockerfiles: [build.dockerfile, ...others], context: build.context, target: build.target }
  }
  const named = builds.flatMap(({ name: service }): readonly NamedImage[] => {
    const { image, build } = asObject(services[service])
    const own = builtAs(service)
    // A name that FROM lines use: `additional_contexts: { base: service:core }`.
    const contexts = Object.entries(asObject(asObject(build).additional_contexts)).flatMap(([key, source]) => {
      const other = typeof source === 'string' ? /^service:(.+)$/.exec(source)?.[1] : undefined
      const base = other === undefined ? null : builtAs(other)
      return base === null ? [] : [{ ...base, name: key }]
    })
    return [...(typeof image === 'string' && own !== null ? [{ ...own, name: image }] : []), ...contexts]
  })
  return { named, users: [] }
}

function ofBake(text: string, at: At): SaidOfImages {
  const targets = at.path.endsWith('.json')
    ? new Map(Object.entries(asObject(asObject(valuesOf(text, at.name)[0]).target)))
    : targetsOf(text)
  const folder = dirname(at.path)
  const named: NamedImage[] = []
  const builtAs = (key: string, seen: ReadonlySet<string> = new Set()): Omit<NamedImage, 'name'> | null => {
    const target = asObject(targets.get(key))
    if (seen.has(key)) return null
    const [parent] = asList(target.inherits)
    const above = typeof parent === 'string' ? builtAs(parent, new Set([...seen, key])) : null
    const context = plain(target.context) === null ? null : resolve(folder, plain(target.context) ?? '.')
    const file = plain(target.dockerfile)
    const root = context ?? above?.context ?? folder
    return {
      dockerfiles:
        file === null && above !== null && context === null ? above.dockerfiles : [resolve(root, file ?? 'Dockerfile')],
      context: root,
      target: plain(target.target) ?? above?.target ?? null,
    }
  }
  for (const [key, written] of targets) {
    const built = builtAs(key)
    if (built === null) continue
    for (const tag of asList(asObject(written).tags)) if (typeof tag === 'string') named.push({ ...built, name: tag })
    // A name that FROM lines use: `contexts = { base = "target:core" }`.
    for (const [name, source] of Object.entries(asObject(asObject(written).contexts))) {
      const other = typeof source === 'string' ? /^target:([\w.-]+)$/.exec(source)?.[1] : undefined
      const base = other === undefined ? null : builtAs(other)
      if (base !== null) named.push({ ...base, name })
    }
  }
  return { named, users: [] }
}

/** The targets of a bake file in HCL, as far as they are plain texts, lists and maps of them. */
function targetsOf(text: string): ReadonlyMap<string, unknown> {
  const targets = new Map<string, unknown>()
  for (const { 1: name = '', index, 0: head } of text.matchAll(/^[ \t]*target[ \t]+"?([\w.-]+)"?[ \t]*\{/gm)) {
    const body = untilClosed(text, index + head.length)
    const target: Record<string, unknown> = {}
    for (const key of ['context', 'dockerfile', 'target']) {
      const said = new RegExp(String.raw`^[ \t]*${key}[ \t]*=[ \t]*"([^"\n]*)"`, 'm').exec(body)?.[1]
      if (said !== undefined) target[key] = said
    }
    for (const key of ['tags', 'inherits']) {
      const list = new RegExp(String.raw`^[ \t]*${key}[ \t]*=[ \t]*\[([^\]]*)\]`, 'm').exec(body)?.[1]
      if (list !== undefined) target[key] = [...list.matchAll(/"([^"\n]*)"/g)].map(([, word]) => word)
    }
    const contexts = /^[ \t]*contexts[ \t]*=[ \t]*\{([^{}]{0,4000})\}/m.exec(body)?.[1] ?? ''
    target.contexts = Object.fromEntries(
      [...contexts.matchAll(/(?<![\w./:-])"?([\w./:-]+)"?[ \t]*[=:][ \t]*"([^"\n]*)"/g)].map(([, key = '', value]) => [
        key,
        value,
      ]),
    )
    targets.set(name, target)
  }
  return targets
}

/** What is in a block, up to the bracket that closes it; brackets in texts come in pairs. */
function untilClosed(text: string, from: number): string {
  let depth = 1
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    else if (text[at] === '}') depth -= 1
    if (depth === 0) return text.slice(from, at)
  }
  return text.slice(from)
}

/** https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax: `runs.image` is a Dockerfile, or `docker://IMAGE`. */
function ofAction(text: string, { path, name }: At): SaidOfImages {
  if (!/\bdocker\b/.test(text)) return nothing
  const { using, image } = asObject(asObject(valuesOf(text, name)[0]).runs)
  if (using !== 'docker' || typeof image !== 'string') return nothing
  const other = /^docker:\/\/(.+)$/.exec(image)?.[1] ?? null
  const dockerfiles = other === null ? [resolve(dirname(path), image)] : []
  return {
    named: [],
    users: [{ kind: 'action', dockerfiles, image: other, user: null, what: `${name} (using: docker)` }],
  }
}

function ofSkaffold(text: string, { path, name }: At): SaidOfImages {
  const named: NamedImage[] = []
  for (const file of valuesOf(text, name))
    for (const artifact of asList(asObject(asObject(file).build).artifacts).map(asObject)) {
      if (typeof artifact.image !== 'string') continue
      const context = resolve(dirname(path), plain(artifact.context) ?? '.')
      const docker = asObject(artifact.docker)
      const dockerfile = resolve(context, plain(docker.dockerfile) ?? 'Dockerfile')
      named.push({ name: artifact.image, dockerfiles: [dockerfile], context, target: plain(docker.target) })
    }
  return { named, users: [] }
}

/**
 * `dockers`, `dockers_v2` and `docker_manifests`, whose names are those of the images that they put together; what else fills a template
 * in stays a variable. Source: https://goreleaser.com/customization/docker/
 */
function ofGoReleaser(text: string, { path, name }: At): SaidOfImages {
  if (!/^dockers/m.test(text)) return nothing
  const file = asObject(valuesOf(text, name)[0])
  const nameOf = (template: unknown): string =>
    typeof template !== 'string'
      ? ''
      : template
          .replace(/\{\{\s*\.ProjectName\s*\}\}/g, typeof file.project_name === 'string' ? file.project_name : '$&')
          .replace(/\{\{[^{}]{0,200}\}\}/g, '$${RELEASE}')
  const builds = [...asList(file.dockers), ...asList(file.dockers_v2)].map(asObject)
  const named = builds.flatMap((build): readonly NamedImage[] => {
    const dockerfile = build.dockerfile === undefined ? 'Dockerfile' : plain(build.dockerfile)
    if (dockerfile === null || /[{}]/.test(dockerfile)) return []
    const made = { dockerfiles: [resolve(dirname(path), dockerfile)], context: null, target: null }
    return [...asList(build.image_templates), ...asList(build.images)].map((one) => ({ ...made, name: nameOf(one) }))
  })
  const manifests = asList(file.docker_manifests).flatMap((written): readonly NamedImage[] => {
    const { name_template: together, image_templates: parts } = asObject(written)
    const of = named.find((one) => asList(parts).map(nameOf).includes(one.name))
    return of === undefined ? [] : [{ ...of, name: nameOf(together) }]
  })
  return { named: [...named, ...manifests].filter((one) => one.name !== ''), users: [] }
}

/** Builds by docker/build-push-action and by commands; the containers that jobs run in. */
function ofWorkflow(text: string, at: At): SaidOfImages {
  const users: UserOfImage[] = []
  const named: NamedImage[] = []
  const stages: PushedStage[] = []
  if (/\bcontainer:|build-push-action/.test(text)) {
    const file = asObject(valuesOf(text, at.name)[0])
    for (const [job, written] of Object.entries(asObject(file.jobs))) {
      const { steps } = asObject(written)
      users.push(...ofJob(job, asObject(written), at))
      const read = asList(steps)
        .map(asObject)
        .map((step) => withInputs(step, [file.env, asObject(written).env, step.env].map(asObject), at.repository))
      const all = withWritten(read)
      const madeNames = namesMade(all)
      for (const step of all)
        if (uses(step, 'build-push-action')) {
          for (const build of ofMatrix({ ...asObject(step.with), ...madeNames(step) }, asObject(written)))
            named.push(...pushed(build, at.root))
          stages.push(...stagesPushed(asObject(step.with), asObject(written), at))
        }
    }
  }
  return { named: [...named, ...ofCommands(text, at).named], users, stages }
}

function ofJob(job: string, { container }: Json, { name }: At): readonly UserOfImage[] {
  const image = typeof container === 'string' ? container : asObject(container).image
  const { options } = asObject(container)
  // `--user 0` says itself who it runs as.
  if (typeof image !== 'string' || (typeof options === 'string' && /(^|\s)(--user|-u)\b/.test(options))) return []
  const what = `job ${job} of ${name}`
  return [{ kind: 'job', dockerfiles: [], image: image.replace(/^docker:\/\//, ''), user: null, what }]
}

/** Commands, and the workflows that a document shows: their jobs run in the image as well. */
function ofDocument(text: string, at: At): SaidOfImages {
  const users = /\bcontainer:/.test(text)
    ? snippetsIn(text, /^[ \t]{0,20}container:/m).flatMap(({ snippet, line }) => {
        const name = `${at.name} line ${line}`
        const { jobs } = asObject(valuesOf(snippet, name)[0])
        return Object.entries(asObject(jobs)).flatMap(([job, written]) =>
          ofJob(job, asObject(written), { ...at, name }),
        )
      })
    : []
  return { named: ofCommands(text, at).named, users }
}

function uses(step: Json, action: string): boolean {
  return typeof step.uses === 'string' && step.uses.includes(action)
}

/**
 * A step with what the file says itself put into its inputs: `${{ env.NAME }}`, the nearest last in `envs`, and the name of the
 * repository. An expression that stays has no space in it: it is part of a word.
 */
function withInputs(step: Json, envs: readonly Json[], repository: string): Json {
  const put = (written: string): string =>
    written
      .replace(EXPRESSION, (expression, name: string) => {
        const key = /^env\.(\w+)$/.exec(name)?.[1]
        const value = key === undefined ? undefined : envs.findLast((env) => Object.hasOwn(env, key))?.[key]
        return typeof value === 'string' ? value : expression
      })
      .replace(EXPRESSION, (_, name: string) =>
        name === 'github.repository' ? `\${{github.repository_owner}}/${repository}` : `\${{${name}}}`,
      )
  const inputs = Object.entries(asObject(step.with)).map(([name, value]) => [
    name,
    typeof value === 'string' ? put(value) : value,
  ])
  return {
    ...step,
    with: Object.fromEntries(inputs),
    ...(typeof step.run === 'string' && step.run.includes('GITHUB_') ? { run: put(step.run) } : {}),
  }
}

/**
 * Steps with what those before them write for them: `echo "tags=$REPO:1" >> $GITHUB_ENV` (or `$GITHUB_OUTPUT`), with the variables of the
 * step and of its text filled in. Where it depends on something, all that it may be stands there.
 */
function withWritten(steps: readonly Json[]): readonly Json[] {
  const said = new Map<string, string>()
  return steps.map((step) => {
    const given = Object.entries(asObject(step.with)).map(([name, value]) => [
      name,
      typeof value === 'string' && said.size > 0
        ? value.replace(WRITTEN_NAME, (written, name: string) => said.get(name) ?? written)
        : value,
    ])
    const env = asObject(step.env)
    const text = typeof step.run === 'string' ? step.run : ''
    const filledIn = assignmentsOf(text, 'step.sh')
    for (const { 1: name = '', 2: value = '', 3: where, index } of text.matchAll(WRITES)) {
      const filled = filledIn(value, index).replace(/\$\{?(\w{1,99})\}?/g, (variable, key: string) =>
        typeof env[key] === 'string' ? env[key].replace(EXPRESSION, '$${{$1}}') : variable,
      )
      const key = where === 'ENV' ? `env.${name}` : `steps.${String(step.id)}.outputs.${name}`
      said.set(key, [said.get(key) ?? [], filled].flat().join(',').slice(0, bounds.lineLength))
    }
    return { ...step, with: Object.fromEntries(given) }
  })
}

const WRITES =
  /\becho[ \t]{1,9}["']?(\w{1,99})=([^\n"'>]{1,300})["']?[ \t]{0,9}>>[ \t]{0,9}["']?\$\{?GITHUB_(ENV|OUTPUT)\b/g
const WRITTEN_NAME = /\$\{\{[ \t]{0,9}((?:env|steps)\.[\w.-]{1,99})[ \t]{0,9}\}\}/g

/** Of one name: `${{ env.IMAGE }}`. */
const EXPRESSION = /\$\{\{[ \t]{0,9}([\w.-]{1,99})[ \t]{0,9}\}\}/g

/** The names that steps of docker/metadata-action make, by the step that takes them: `tags: ${{ steps.meta.outputs.tags }}`. */
function namesMade(steps: readonly Json[]): (step: Json) => { readonly tags?: readonly string[] } {
  const made = new Map<string, readonly string[]>()
  for (const step of steps) {
    const { images, tags } = asObject(step.with)
    if (typeof step.id !== 'string' || !uses(step, 'metadata-action')) continue
    const plainTags = linesOf(tags).flatMap(
      (line) => /^type=raw,(?:.*,)?value=([^,]+)|^([^=]+)$/.exec(line)?.slice(1) ?? [],
    )
    // `name=acme/web,enable=true`
    const names = wordsOf(images).flatMap((word) => /^(?:name=)?([^=]+)$/.exec(word)?.[1] ?? [])
    const tagged = names.flatMap((image) => plainTags.map((tag) => (tag ? `${image}:${tag}` : [])))
    // Of a branch, a version or a commit: the name alone is known.
    made.set(step.id, [...tagged.flat(), ...names])
  }
  return ({ with: given }) => {
    const { tags } = asObject(given)
    if (typeof tags !== 'string' || !OUTPUT.test(tags)) return {}
    return { tags: tags.split(OUTPUT).flatMap((part, at) => (at % 2 === 0 ? wordsOf(part) : (made.get(part) ?? []))) }
  }
}

const OUTPUT = /\$\{\{\s*steps\.([\w-]+)\.outputs\.tags\s*\}\}/

function linesOf(written: unknown): readonly string[] {
  return typeof written === 'string' ? written.split('\n').flatMap((line) => line.trim() || []) : []
}

/** A build for each value of the variables of its job's matrix that it names: `file: Dockerfile.${{ matrix.flavor }}`. */
function ofMatrix({ context, file, tags, target, outputs }: Json, job: Json): readonly Json[] {
  const matrix = asObject(asObject(job.strategy).matrix)
  let texts = [JSON.stringify({ context, file, tags, target, outputs })]
  for (const [name, values] of Object.entries(matrix)) {
    const plainValues = name === 'include' ? [] : asList(values).flatMap(plainValue)
    const is = ofVariable(name)
    if (plainValues.length === 0 || !texts.some((text) => text.search(is) >= 0)) continue
    texts = texts.flatMap((text) => plainValues.map((value) => text.replace(is, value))).slice(0, bounds.matrixBuilds)
  }
  // Each of these is a build with all that it says itself.
  const included = asList(matrix.include)
    .slice(0, bounds.matrixBuilds)
    .map((one) => Object.entries(asObject(one)).flatMap(([name, value]) => plainValue(value).map((it) => [name, it])))
  const all = texts.flatMap((text) =>
    (/\bmatrix\./.test(text) && included.length > 0 ? included : [[]]).map((pairs) =>
      pairs
        .reduce((filled, [name = '', value = '']) => filled.replace(ofVariable(name), value), text)
        .replace(/\$\{\{\s*matrix\.[\w-]+\s*\|\|\s*'([\w./:@-]*)'\s*\}\}/g, '$1'),
    ),
  )
  return [...new Set(all)].slice(0, bounds.matrixBuilds).map((text) => asObject(JSON.parse(text)))
}

/** `${{ matrix.NAME }}`, `${{ matrix.NAME || 'else' }}` */
function ofVariable(name: string): RegExp {
  const plainName = name.replace(/[^\w-]/g, '')
  return new RegExp(String.raw`\$\{\{\s*matrix\.${plainName}\s*(?:\|\|\s*'[\w./:@-]*'\s*)?\}\}`, 'g')
}

function plainValue(value: unknown): readonly string[] {
  return /^[\w./:@-]+$/.test(String(value)) ? [String(value)] : []
}

/** The stages of a build that is pushed, by name or as the matrix of the job lists them: `target: ${{ matrix.stage }}`. */
function stagesPushed(build: Json, job: Json, { root, name }: At): readonly PushedStage[] {
  const { target, push, outputs } = build
  if (typeof target !== 'string' || push === false || push === 'false' || (push === undefined && outputs === undefined))
    return []
  const variable = /^\$\{\{\s*matrix\.([\w-]+)\s*\}\}$/.exec(target.trim())?.[1]
  const matrix = asObject(asObject(job.strategy).matrix)
  const values =
    variable === undefined
      ? [target]
      : [...asList(matrix[variable]), ...asList(matrix.include).map((one) => asObject(one)[variable])]
  const stages = new Set(
    values.filter((value): value is string => typeof value === 'string' && /^[\w.-]+$/.test(value)),
  )
  const folder = resolve(root, plain(build.context) ?? '.')
  const file = plain(build.file)
  if (build.file !== undefined && file === null) return []
  const dockerfiles = [file === null ? resolve(folder, 'Dockerfile') : resolve(root, file)]
  return [...stages].slice(0, bounds.matrixBuilds).map((stage) => ({ dockerfiles, stage, by: name }))
}

function pushed({ context, file, tags, target, outputs }: Json, root: string): readonly NamedImage[] {
  const folder = resolve(root, plain(context) ?? '.')
  const dockerfiles = [plain(file) === null ? resolve(folder, 'Dockerfile') : resolve(root, plain(file) ?? '')]
  // One that is pushed by its digest has its name there: `type=image,name=acme/web,push-by-digest=true`.
  const exported = linesOf(outputs).flatMap((line) =>
    /(?:^|,)type=(?:image|registry)(?:,|$)/.test(line) ? (/(?:^|,)"?name=([^,"]+)/.exec(line)?.[1] ?? []) : [],
  )
  return [...wordsOf(tags), ...exported].map((name) => ({ name, dockerfiles, context: folder, target: plain(target) }))
}

function wordsOf(written: unknown): readonly string[] {
  const words = typeof written === 'string' ? written.split(/[\s,]+/) : asList(written)
  return words.filter((word): word is string => typeof word === 'string' && word !== '')
}

function ofGitLab(text: string, at: At): SaidOfImages {
  const jobs = Object.entries(asObject(valuesOf(text, at.name)[0]))
  const users = jobs.flatMap(([job, written]): readonly UserOfImage[] => {
    const said = job === 'image' ? written : asObject(written).image
    const image = typeof said === 'string' ? said : asObject(said).name
    const what = job === 'image' || job === 'default' ? at.name : `job ${job} of ${at.name}`
    return typeof image === 'string' ? [{ kind: 'job', dockerfiles: [], image, user: null, what }] : []
  })
  return { named: ofCommands(text, at).named, users }
}

function ofDevcontainer(text: string, at: At): SaidOfImages {
  const file = asObject(valuesOf(withoutComments(text), at.name)[0])
  const { dockerfiles, image } = builtFor(file, at)
  if (dockerfiles.length === 0) return nothing
  const user = plain(file.containerUser) ?? plain(file.remoteUser)
  return { named: [], users: [{ kind: 'devcontainer', dockerfiles, image, user, what: at.name }] }
}

function runsIn(
  text: string,
  at: At & { readonly env: Readonly<Record<string, string | undefined>> },
): readonly RunOfImage[] {
  const file = asObject(valuesOf(withoutComments(text), at.name)[0])
  const built = builtFor(file, at)
  return built.dockerfiles.length === 0 ? [] : runsOfDevcontainer(file, built, at)
}

/**
 * https://containers.dev/implementors/json_reference: `build.dockerfile`, once `dockerFile`, lies beside it; of Compose files (from which
 * the later ones count) a service says it.
 */
function builtFor(file: Json, { path, root }: At): Pick<RunOfImage, 'dockerfiles' | 'image' | 'stage'> {
  const stage = plain(asObject(file.build).target)
  const dockerfile = plain(asObject(file.build).dockerfile) ?? plain(file.dockerFile)
  if (dockerfile !== null) return { dockerfiles: [resolve(dirname(path), dockerfile)], image: null, stage }
  const key = plain(file.service)
  const files = typeof file.dockerComposeFile === 'string' ? [file.dockerComposeFile] : asList(file.dockerComposeFile)
  const dockerfiles = files.flatMap((name) => {
    const beside = plain(name) === null || key === null ? null : resolve(dirname(path), plain(name) ?? '')
    const said = beside === null || !isInside(beside, root) ? null : textIn(root, beside)
    const build = beside === null || said === null ? [] : namedBuilds(said, beside, beside)
    return build.flatMap((one) => (one.name === key ? [one.dockerfile] : []))
  })
  return { dockerfiles: dockerfiles.slice(-1), image: null, stage: null }
}

/** JSON with comments, of which YAML knows none. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (found) =>
    found.startsWith('"') ? found : '',
  )
}

/** `docker build -t NAME -f FILE DIR`, in whatever it is written. */
function ofCommands(text: string, { path, root }: At): SaidOfImages {
  if (!text.includes('build')) return nothing
  const joined = text.replace(/\\\r?\n/g, ' ')
  const filledIn = assignmentsOf(joined, path)
  const named = [...joined.matchAll(BUILD)].slice(0, bounds.buildCommands).flatMap(({ 1: written = '', index }) => {
    const line = filledIn(written, index)
    const words = [...line.slice(0, bounds.lineLength).matchAll(WORD)].map(([word]) => word.replace(/["']/g, ''))
    const { names, file, target, folder } = toldTo(words)
    // It is run in its own folder, or in the root of the repository.
    const folders = [...new Set([dirname(path), root])].map((at) => resolve(at, folder ?? '.'))
    const dockerfiles = [...new Set([dirname(path), root])].flatMap((at) =>
      file === null
        ? [resolve(at, folder ?? '.', 'Dockerfile')]
        : [resolve(at, file), resolve(at, folder ?? '.', file)],
    )
    return names.map((name) => ({ name, dockerfiles, context: folders[0] ?? null, target }))
  })
  return { named, users: [] }
}

const BUILD = /\b(?:docker|podman|nerdctl|buildah)(?:[ \t]+buildx|[ \t]+image)?[ \t]+(?:build|bud)[ \t]([^\n;&|]*)/g
const WORD = /(?:"[^"\n]*"|'[^'\n]*'|[^\s"'])+/g

interface Told {
  readonly names: readonly string[]
  readonly file: string | null
  readonly target: string | null
  readonly folder: string | null
}

function toldTo(words: readonly string[]): Told {
  const names: string[] = []
  const said: { file: string | null; target: string | null; folder: string | null } = {
    file: null,
    target: null,
    folder: null,
  }
  for (let at = 0; at < words.length; at += 1) {
    const [option = '', value] = /^(--?[\w-]+)=(.*)$/s.exec(words[at] ?? '')?.slice(1) ?? [words[at]]
    if (!option.startsWith('-')) {
      // Of a variable nobody knows whether it is the folder, or more options.
      if (!option.includes('$')) said.folder = option
      continue
    }
    if (!TAKES_VALUE.test(option)) continue
    const next = value ?? words[++at] ?? ''
    if (/^(-t|--tag)$/.test(option)) names.push(next)
    else if (/^(-f|--file)$/.test(option)) said.file = next
    else if (option === '--target') said.target = next
  }
  return { names, ...said }
}

const TAKES_VALUE =
  /^(-t|--tag|-f|--file|--target|--build-arg|--build-context|--platform|--cache-(from|to)|--label|--network|--secret|--ssh|--output|-o|--progress|--builder|--iidfile|--add-host|--ulimit|--shm-size|-m|--memory|-v|--volume|--format|--annotation|--attest|--metadata-file)$/

/** A text without variables. */
function plain(written: unknown): string | null {
  return typeof written === 'string' && !written.includes('$') ? written : null
}
