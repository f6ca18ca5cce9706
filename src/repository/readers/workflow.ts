import { resolve } from 'node:path'
import { bounds } from '../../bounds.ts'
import { asList, asObject, type Json } from '../../manifests/yaml/file.ts'
import { assignmentsOf } from './assignments.ts'
import { commandRuns } from './commands.ts'
import { nothingSaid, plain, type Reader, type RepositoryFile, type Run, yamlIn } from './run.ts'

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax */
export const workflow: Reader = {
  reads: (_, path) => /(^|\/)\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/.test(path),
  runs: workflowRuns,
}

/** Builds by docker/build-push-action and by commands; the containers that jobs run in. */
function workflowRuns(source: RepositoryFile): readonly Run[] {
  const runs: Run[] = []
  if (/\bcontainer:|build-push-action|\bimage(?:[-_]?name)?:/i.test(source.text)) {
    const file = asObject(yamlIn(source.text)[0])
    for (const [job, written] of Object.entries(asObject(file.jobs))) {
      const { steps } = asObject(written)
      runs.push(...jobRuns(job, asObject(written), source))
      const read = asList(steps)
        .map(asObject)
        .map((step) => withInputs(step, [file.env, asObject(written).env, step.env].map(asObject), source.repository))
      const all = withWritten(read)
      const madeNames = namesMade(all)
      for (const step of all)
        if (uses(step, 'build-push-action')) {
          for (const build of ofMatrix({ ...asObject(step.with), ...madeNames(step) }, asObject(written)))
            runs.push(pushed(build, source))
          runs.push(...stagesPushed(asObject(step.with), asObject(written), source))
        } else runs.push(...builtByOther(step, source))
    }
  }
  return [...runs, ...commandRuns(source)]
}

/** The container that a job runs in. */
export function jobRuns(job: string, { container }: Json, { name, path }: RepositoryFile): readonly Run[] {
  const image = typeof container === 'string' ? container : asObject(container).image
  const { options } = asObject(container)
  // `--user 0` says itself who it runs as.
  if (typeof image !== 'string' || (typeof options === 'string' && /(^|\s)(--user|-u)\b/.test(options))) return []
  const by = `job ${job} of ${name}`
  return [{ ...nothingSaid, kind: 'job', by, file: path, image: image.replace(/^docker:\/\//, '') }]
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
function stagesPushed(build: Json, job: Json, { root, name, path }: RepositoryFile): readonly Run[] {
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
  const about = { ...nothingSaid, kind: 'push', by: name, file: path, dockerfiles } as const
  return [...stages].slice(0, bounds.matrixBuilds).map((stage) => ({ ...about, stage }))
}

/** Another action that is given the name of an image and the folder or the Dockerfile that it builds it from. Its registry is its own. */
function builtByOther(step: Json, source: RepositoryFile): readonly Run[] {
  const { context, dockerfile, ...given } = asObject(step.with)
  const name = NAME_INPUTS.map((input) => plain(given[input])).find((value) => value !== null)
  const [folder, file] = [plain(context), plain(dockerfile)]
  if (typeof step.uses !== 'string' || name == null || (folder === null && file === null)) return []
  const run = pushed({ context: folder, tags: [`\${registry}/${name}`, name], target: given.target }, source)
  if (file === null) return [run]
  // Some take it from the context, others from the root.
  return [{ ...run, dockerfiles: [resolve(source.root, folder ?? '.', file), resolve(source.root, file)] }]
}

const NAME_INPUTS = ['image-name', 'image_name', 'imageName', 'image'] as const

function pushed(
  { context: written, file, tags, target, outputs }: Json,
  { root, name: by, path }: RepositoryFile,
): Run {
  const context = resolve(root, plain(written) ?? '.')
  const dockerfiles = [plain(file) === null ? resolve(context, 'Dockerfile') : resolve(root, plain(file) ?? '')]
  // One that is pushed by its digest has its name there: `type=image,name=acme/web,push-by-digest=true`.
  const exported = linesOf(outputs).flatMap((line) =>
    /(?:^|,)type=(?:image|registry)(?:,|$)/.test(line) ? (/(?:^|,)"?name=([^,"]+)/.exec(line)?.[1] ?? []) : [],
  )
  const names = [...wordsOf(tags), ...exported]
  return { ...nothingSaid, kind: 'build', by, file: path, dockerfiles, context, stage: plain(target), names }
}

function wordsOf(written: unknown): readonly string[] {
  const words = typeof written === 'string' ? written.split(/[\s,]+/) : asList(written)
  return words.filter((word): word is string => typeof word === 'string' && word !== '')
}
