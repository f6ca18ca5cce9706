import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { editCompose, type NamedText, type Rendered } from '../profile/compose.ts'
import { editManifests } from '../profile/kubernetes.ts'
import { helmValues, isHelmTemplate, isKustomization, kustomization } from '../profile/kubernetes-files.ts'
import type { Profile } from '../profile/profile.ts'
import { isObject, parseYaml, textOf } from '../profile/yaml-file.ts'
import { fileDiff } from '../report/diff.ts'
import { readText, replaceText } from '../workspace/files.ts'
import { allowedRootOf, staysIn } from '../workspace/trust.ts'
import { type Io, wantsColour } from './io.ts'
import type { ProfileRequest, Work } from './request.ts'
import { fromHere } from './show.ts'

/** Notes on the files, and which of the profile's own they take the place of. */
export type Said = Required<Pick<Rendered, 'notes' | 'covers'>>

/**
 * The files of `--file` with the profile in them: a diff on stdout, or written, no other one when the signal is aborted. Gives
 * what is to be said of them. Throws HardenError, with nothing written, where one of them cannot be changed.
 */
export async function editFiles(
  profile: Profile,
  asked: ProfileRequest,
  { write }: Work,
  { result, path: dockerfile, target: stage }: TargetOutcome,
  io: Io,
  signal: AbortSignal,
): Promise<Said> {
  const { files, platform, service, container } = asked
  const isProved = result.proof?.passed !== false
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
    else if (write && !isProved) io.stderr.write(`${visibleLine(name)} was not written: the proof failed\n`)
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

/** What has no containers of its own gets what is to be put into it on stdout. */
function refuse({ name, text }: NamedText, profile: Profile, container: string | null, io: Io): void {
  if (isHelmTemplate(text)) {
    io.stdout.write(helmValues(profile))
    throw new HardenError(
      'bad-usage',
      `${name} is a Helm template: what it says is only known once its values are filled in`,
      {
        hint: 'the values to set are above, under the names that helm create gives them; or run it on the output of helm template',
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

/** `docker compose` without `-f` reads a second file, which nobody has named. */
async function overrideNotes(files: readonly string[], cwd: string): Promise<readonly string[]> {
  const [only = '', ...more] = files
  const [, base, ending] = /(?:^|\/)((?:docker-)?compose)(\.ya?ml)$/.exec(only) ?? []
  if (more.length > 0 || base === undefined) return []
  const name = join(dirname(only), `${base}.override${ending}`)
  const isThere = await access(resolve(cwd, name)).then(
    () => true,
    () => false,
  )
  return isThere ? [`${name} is read on top of it, and was not looked at: add --file ${name}`] : []
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
      if (stats.isDirectory()) paths.push(...readdirSync(path).map((name) => join(path, name)))
      else if (stats.isFile() && stats.size <= bounds.textBytes) texts.push(readFileSync(path, 'utf8'))
      if (paths.length > MOST) return null
    }
    return texts
  } catch {
    return null
  }
}
