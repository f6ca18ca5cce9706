import { relative } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { ENGINE_NAMES, type EngineName } from '../engine/kinds.ts'
import type { Rendered } from '../profile/compose.ts'
import { composeFile } from '../profile/compose-file.ts'
import { renewNotes } from '../profile/compose-service.ts'
import { dockerRun } from '../profile/docker.ts'
import { kubernetesManifest } from '../profile/kubernetes-manifest.ts'
import { type Profile, withImage } from '../profile/profile.ts'
import { profileNotes } from '../profile/said.ts'
import type { Json } from '../profile/yaml-file.ts'
import { renderTargets } from '../report/text.ts'
import { editFiles } from './edit-files.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { givenFlags } from './given-flags.ts'
import { type Io, wantsColour } from './io.ts'
import type { ProfileRequest, Work } from './request.ts'
import { rendering } from './show.ts'

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
    io.stderr.write(renderTargets([rendering(outcome, io.cwd)], { colour: wantsColour(io.stderr, io.env) }))
    return exitCode([result], request)
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
  // What keeps root is answered: the profile is how to run it.
  const open = result.verdict === 'incomplete' || result.proof?.passed === false
  return open ? 1 : 0
}

/** A file is no place for what may be a secret. */
function givenNotes({ given }: Profile, { platform }: ProfileRequest): readonly string[] {
  const names = given.map((one) => one.replace(/=.*$/s, ''))
  return platform === 'docker' || names.length === 0
    ? []
    : [`it is run with ${names.join(', ')} set (--env), which is not written here: say it where your secrets are`]
}

function print(
  profile: Profile,
  { platform }: ProfileRequest,
  request: Work,
  io: Io,
  outcome: TargetOutcome,
): readonly string[] {
  const { text, notes } = rendered(profile, platform, request, buildOf(outcome, io.cwd))
  io.stdout.write(text)
  return notes
}

function rendered(
  profile: Profile,
  platform: ProfileRequest['platform'],
  { settings }: Work,
  build: ReturnType<typeof buildOf>,
): Rendered {
  if (platform === 'kubernetes') return kubernetesManifest(profile)
  if (platform === 'compose')
    return {
      text: composeFile(profile, profile.kind === 'image' ? null : build),
      notes: renewNotes(profile.writable),
    }
  const { engine } = settings
  return { text: dockerRun(profile, isOther(engine) ? engine : 'docker'), notes: [] }
}

/** Asked for by name, and with commands of its own. */
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
