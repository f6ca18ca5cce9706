import { resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { composeFile, editCompose, type Rendered } from '../profile/compose.ts'
import { dockerRun } from '../profile/docker.ts'
import { helmValues, isHelmTemplate } from '../profile/helm.ts'
import { editManifest, kubernetesManifest } from '../profile/kubernetes.ts'
import { type Profile, withImage } from '../profile/profile.ts'
import { profileNotes } from '../profile/said.ts'
import { fileDiff } from '../report/diff.ts'
import { renderTargets } from '../report/text.ts'
import type { TargetOutcome } from '../work.ts'
import { readText, replaceText } from '../workspace/files.ts'
import { wantsColour } from './colour.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import type { ProfileRequest, Work } from './request.ts'
import { fromHere, rendering } from './show.ts'

/** The verb `profile`: the profile itself on stdout or into the file, all that is to be said of it on stderr. */
export async function showProfile(
  request: Work,
  asked: ProfileRequest,
  outcome: TargetOutcome,
  io: Io,
): Promise<ExitCode> {
  const { result } = outcome
  if (outcome.profile === undefined || result.verdict === 'failed') {
    io.stderr.write(renderTargets([rendering(outcome, io.cwd)], { colour: wantsColour(io.stderr, io.env) }))
    return exitCode([result], request)
  }
  const profile = withImage(outcome.profile, asked.image)
  const notes =
    asked.file === null
      ? print(profile, asked, request, io)
      : await editFile(profile, asked, request, result.proof?.passed !== false, io)
  io.stderr.write(profileNotes(profile, result, notes))
  // What keeps root is answered: the profile is how to run it.
  const open = result.verdict === 'incomplete' || result.proof?.passed === false
  return open ? 1 : 0
}

function print(profile: Profile, { platform }: ProfileRequest, request: Work, io: Io): readonly string[] {
  const { text, notes } = rendered(profile, platform, request)
  io.stdout.write(text)
  return notes
}

function rendered(profile: Profile, platform: ProfileRequest['platform'], { settings }: Work): Rendered {
  if (platform === 'kubernetes') return kubernetesManifest(profile)
  if (platform === 'compose')
    return { text: composeFile(profile, profile.kind === 'image' ? null : buildOf(profile.target)), notes: [] }
  const { engine } = settings
  return { text: dockerRun(profile, engine === 'podman' || engine === 'nerdctl' ? engine : 'docker'), notes: [] }
}

/** As Compose takes it: `services/api/Dockerfile` is built in `./services/api`. */
function buildOf(target: string): string | { context: string; dockerfile: string } {
  const [, folder = '.', file = target] = /^(.*)\/([^/]+)$/.exec(target) ?? []
  const context = folder.startsWith('/') || folder.startsWith('.') ? folder : `./${folder}`
  return file === 'Dockerfile' || target === '-' ? context : { context, dockerfile: file }
}

async function editFile(
  profile: Profile,
  asked: ProfileRequest,
  { write }: Work,
  isProved: boolean,
  io: Io,
): Promise<readonly string[]> {
  const name = asked.file ?? ''
  const path = resolve(io.cwd, name)
  const before = await readText(path, name)
  if (asked.platform === 'kubernetes' && isHelmTemplate(before)) {
    io.stdout.write(helmValues(profile))
    throw new HardenError(
      'bad-usage',
      `${name} is a Helm template: what it says is only known once its values are filled in`,
      {
        hint: 'the values to set are above, under the names that helm create gives them; or run it on the output of helm template',
      },
    )
  }
  const { text, notes } =
    asked.platform === 'compose'
      ? editCompose(before, name, profile, asked.service)
      : editManifest(before, name, profile, asked.container)
  if (text === before) io.stderr.write(`${name}: nothing to change\n`)
  else if (write && !isProved) io.stderr.write(`${name} was not written: the proof failed\n`)
  else if (write) {
    await replaceText(path, name, before, text)
    io.stderr.write(`wrote ${name}\n`)
  } else
    io.stdout.write(fileDiff({ name: fromHere(path, io.cwd), before, after: text }, wantsColour(io.stdout, io.env)))
  return notes
}
