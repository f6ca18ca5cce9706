import { lstatSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { ENGINE_NAMES, type EngineName } from '../engine/kinds.ts'
import { HardenError } from '../errors.ts'
import { listIn, readIn, staysIn } from '../files-in.ts'
import { editCompose, type NamedText, type Rendered } from '../manifests/compose/edit-files.ts'
import { editManifests } from '../manifests/kubernetes/edit-files.ts'
import { helmValues, isHelmTemplate, isKustomization, kustomization } from '../manifests/kubernetes/new-files.ts'
import { type Profile, withImage } from '../manifests/profile.ts'
import { profileNotes } from '../manifests/profile-notes.ts'
import { renderProfile } from '../manifests/render-profile.ts'
import { isObject, type Json, parseYaml, textOf } from '../manifests/yaml/file.ts'
import { fileDiff } from '../report/diff.ts'
import { hasFailed } from '../report/report.ts'
import { renderTargets } from '../report/text.ts'
import { readText, replaceText } from '../repository/files.ts'
import { allowedRootOf } from '../repository/trust.ts'
import { type Io, wantsColour } from './io.ts'
import type { ProfileRequest, Work } from './request.ts'
import { type ExitCode, exitCode, fromHere, lookOf, rendering } from './show.ts'
import { givenFlags } from './usage.ts'

/** The verb `profile`: the profile itself on stdout or into the file, all that is to be said of it on stderr. */
export async function showProfile(
  request: Work,
  asked: ProfileRequest,
  outcome: TargetOutcome,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { result } = outcome
  if (outcome.profile === undefined || result.verdict === 'failed') {
    io.stderr.write(
      renderTargets([rendering(outcome, io.cwd)], { ...lookOf(io.stderr, io), evidence: request.verbose }),
    )
    return exitCode([result], 'incomplete')
  }
  const profile = withImage(outcome.profile, asked.image)
  const { notes, covers } =
    asked.files.length === 0
      ? { notes: print(profile, asked, request, io, outcome), covers: [] }
      : await editFiles(profile, asked, request, outcome, io, signal)
  const running = profile.running.filter(({ about }) => !covers.includes(about))
  const leftOut = result.findings.flatMap(({ transform, message }) => (transform === 'read-config' ? [message] : []))
  const more = [...notes, ...givenNotes(profile, asked), ...leftOut]
  const said = profileNotes({ ...profile, running }, result, request.build, more, givenFlags(request))
  const { engine } = request.settings
  io.stderr.write(isOther(engine) ? said.replaceAll(/\bdocker (?=run |exec )/g, `${engine} `) : said)
  // Root that stays is no todo here: the profile says how to run it.
  const open = result.verdict === 'incomplete' || hasFailed(result)
  return open ? 1 : 0
}

/** A value that may be a secret is not written into a file. */
function givenNotes({ given }: Profile, { platform }: ProfileRequest): readonly string[] {
  const names = given.map((one) => one.replace(/=.*$/s, ''))
  return platform === 'docker' || names.length === 0
    ? []
    : [`it is run with ${names.join(', ')} set (--env), which is not written here: say it where your secrets are`]
}

function print(
  profile: Profile,
  { platform }: ProfileRequest,
  { settings: { engine } }: Work,
  io: Io,
  outcome: TargetOutcome,
): readonly string[] {
  const how = { build: buildOf(outcome, io.cwd), ...(isOther(engine) ? { engine } : {}) }
  const { text, notes } = renderProfile(profile, platform, how)
  io.stdout.write(text)
  return notes
}

/** An engine that was asked for by name and has commands of its own. */
function isOther(engine: Work['settings']['engine']): engine is Exclude<EngineName, 'docker'> {
  return ENGINE_NAMES.some((name) => name === engine && name !== 'docker')
}

/** As Compose takes it: `services/api/Dockerfile` is built in `./services/api`, or in the context that was said. */
function buildOf(outcome: BuiltAs, cwd: string): string | Json {
  const place = placeOf(outcome, cwd)
  const { buildArgs: args, target } = outcome
  if (args === undefined && target === undefined) return place
  return {
    ...(typeof place === 'string' ? { context: place } : place),
    ...(args === undefined ? {} : { args }),
    ...(target === undefined ? {} : { target }),
  }
}

type BuiltAs = Pick<TargetOutcome, 'path' | 'context' | 'buildArgs' | 'target' | 'result'>

function placeOf(
  { path, context: said, result: { target } }: BuiltAs,
  cwd: string,
): string | { context: string; dockerfile: string } {
  if (said !== undefined && path !== null) {
    const from = relative(cwd, said)
    return {
      context: from === '' || from.startsWith('.') ? from || '.' : `./${from}`,
      dockerfile: relative(said, path),
    }
  }
  const [, folder = '.', file = target] = /^(.*)\/([^/]+)$/.exec(target) ?? []
  const context = folder.startsWith('/') || folder.startsWith('.') ? folder : `./${folder}`
  return file === 'Dockerfile' || target === '-' ? context : { context, dockerfile: file }
}

/** Notes on the files, and the notes of the profile that they replace. */
type Said = Required<Pick<Rendered, 'notes' | 'covers'>>

/**
 * The files of `--file` with the profile in them: a diff on stdout, or written, no other one when the signal is aborted. Gives
 * what is to be said of them. Throws HardenError, with nothing written, where one of them cannot be changed.
 */
async function editFiles(
  profile: Profile,
  asked: ProfileRequest,
  { write }: Work,
  { result, path: dockerfile, target: stage }: TargetOutcome,
  io: Io,
  signal: AbortSignal,
): Promise<Said> {
  const { files, platform, service, container } = asked
  const paths = files.map((name) => resolve(io.cwd, name))
  const sources = await Promise.all(
    files.map(async (name, index) => ({ name, text: await readText(paths[index] ?? '', name) })),
  )
  for (const source of platform === 'kubernetes' ? sources : []) refuse(source, profile, container, io)
  const edited =
    platform === 'compose'
      ? editCompose(
          sources,
          profile,
          service,
          (source) => mountedTexts(source, dirname(paths[0] ?? io.cwd)),
          (build) => dockerfile !== null && builtFrom(build, dirname(paths[0] ?? io.cwd)) === dockerfile,
          dockerfile === null ? null : (stage ?? result.stages.at(-1)?.name ?? null),
        )
      : editManifests(sources, profile, container)
  for (const [index, { name, text: before }] of sources.entries()) {
    const text = edited[index]?.text ?? before
    const path = paths[index] ?? ''
    if (text === before) io.stderr.write(`${visibleLine(name)}: nothing to change\n`)
    else if (write && hasFailed(result)) io.stderr.write(`${visibleLine(name)} was not written: the proof failed\n`)
    else if (write && signal.aborted) io.stderr.write(`${visibleLine(name)} was not written: interrupted\n`)
    else if (write) {
      await replaceText(path, name, before, text)
      io.stderr.write(`wrote ${visibleLine(name)}\n`)
    } else
      io.stdout.write(fileDiff({ name: fromHere(path, io.cwd), before, after: text }, wantsColour(io.stdout, io.env)))
  }
  const more = platform === 'compose' ? await overrideNotes(files, io.cwd) : []
  return {
    notes: [...new Set([...edited.flatMap(({ notes }) => notes), ...more])],
    covers: edited.flatMap(({ covers = [] }) => covers),
  }
}

/** The Dockerfile, absolute, that `build` of a service names. */
function builtFrom(build: unknown, folder: string): string | null {
  if (typeof build === 'string') return resolve(folder, build, 'Dockerfile')
  if (!isObject(build)) return null
  return resolve(folder, textOf(build.context ?? '.'), textOf(build.dockerfile ?? 'Dockerfile'))
}

/** A file without containers cannot be edited: stdout has what to put into it. */
function refuse({ name, text }: NamedText, profile: Profile, container: string | null, io: Io): void {
  if (isHelmTemplate(text)) {
    io.stdout.write(helmValues(profile))
    throw new HardenError(
      'bad-usage',
      `${name} is a Helm template: what it says is only known once its values are filled in`,
      {
        hint: 'the values to set are above, by the names that helm create gives them; or work on what it makes: helm template CHART | harden-image -',
      },
    )
  }
  if (!isKustomization(parseYaml(text, name).values, name)) return
  io.stdout.write(kustomization(profile, container))
  throw new HardenError('bad-usage', `${name} is a Kustomization: it has no containers of its own`, {
    hint: `what to add to it is above, for a Deployment${movesOf(profile)}; or name the manifest that it puts together with --file`,
  })
}

/** A patch knows nothing of the ports and Services that are there. */
function movesOf({ ports }: Profile): string {
  const moved = ports.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} is ${to} now`)
  return moved.length === 0 ? '' : ` (its ports, probes and Services are yours to move: ${moved.join(', ')})`
}

/** `docker compose` without `-f` also reads an override file, which nobody has named. */
async function overrideNotes(files: readonly string[], cwd: string): Promise<readonly string[]> {
  const [only = '', ...more] = files
  const [, base, ending] = /(?:^|\/)((?:docker-)?compose)(\.ya?ml)$/.exec(only) ?? []
  if (more.length > 0 || base === undefined) return []
  const name = join(dirname(only), `${base}.override${ending}`)
  const isThere = await access(resolve(cwd, name)).then(
    () => true,
    () => false,
  )
  return isThere ? [`${name} is read on top of it, and was not inspected: add --file ${name}`] : []
}

/** A folder of configuration has no more entries than that; one of data is not read. */
const MOST = 100

/**
 * The texts of a file, or of the files of a folder, that a service mounts: `./conf.d`. Null for what is no path of this
 * machine, or lies outside of the repository of `folder`, or cannot be read.
 */
function mountedTexts(source: string, folder: string): readonly string[] | null {
  if (!/^\.{0,2}\//.test(source) && source !== '.') return null
  const texts: string[] = []
  const paths = [resolve(folder, source)]
  const allowedRoot = allowedRootOf(join(folder, 'compose.yaml'))
  if (!paths.every((path) => staysIn(allowedRoot, path))) return null
  try {
    for (const path of paths) {
      const stats = lstatSync(path)
      if (stats.isDirectory()) paths.push(...listIn(allowedRoot, path).map(({ name }) => join(path, name)))
      else if (stats.isFile() && stats.size <= bounds.textBytes)
        texts.push(readIn(allowedRoot, path, bounds.textBytes).toString('utf8'))
      if (paths.length > MOST) return null
    }
    return texts
  } catch {
    return null
  }
}
