import { HardenError } from '../errors.ts'
import { parseReference } from '../image/reference.ts'
import { oneOf } from '../workspace/settings.ts'
import { list, type Parsed, text, workRequest } from './read-flags.ts'
import type { ProfileRequest, Work } from './request.ts'

const platforms = ['docker', 'compose', 'kubernetes'] as const

export const profileExamples: [string, string][] = [
  ['$0 profile nginx:latest --for docker', 'the line that runs it; is --user alone enough?'],
  ['$0 profile nginx:latest --for docker --prove --build', 'shown by runs, and the image that it runs is built'],
  ['$0 profile redis:7 --for compose --file compose.yaml', 'as a diff; -w writes it'],
  ['$0 profile . --for kubernetes --file k8s/app.yaml --image registry.example/app:1', 'a Dockerfile of yours'],
]

/** `profile TARGET --for …`. Throws HardenError `bad-usage`. */
export function profileRequest(parsed: Parsed, positionals: readonly string[]): Work {
  const profile: ProfileRequest = {
    platform: platform(text(parsed, 'for')),
    image: text(parsed, 'image'),
    files: list(parsed, 'file'),
    service: text(parsed, 'service'),
    container: text(parsed, 'container'),
  }
  const request = workRequest('profile', parsed, positionals)
  checkTogether(profile, request)
  return { ...request, profile }
}

function platform(value: string | null): ProfileRequest['platform'] {
  const names = platforms.join(', ')
  if (value === null) throw usage('profile needs to know what for', `add --for and one of ${names}`)
  const wrong = oneOf(platforms)(value)
  if (wrong !== null) throw usage(`--for ${wrong}, not ${JSON.stringify(value)}`)
  return platforms.find((name) => name === value) ?? 'docker'
}

function checkTogether({ platform, files, service, container, image }: ProfileRequest, { write }: Work): void {
  if (files.length > 0 && platform === 'docker')
    throw usage('--file is a Compose file or a manifest', 'say --for compose or --for kubernetes')
  if (files.length === 0 && write)
    throw usage('--write changes the file of --file, and there is none', 'add --file FILE')
  if (service !== null && (platform !== 'compose' || files.length === 0))
    throw usage('--service names a service of a Compose file', 'add --for compose --file FILE')
  if (container !== null && (platform !== 'kubernetes' || files.length === 0))
    throw usage('--container names a container of a manifest', 'add --for kubernetes --file FILE')
  const twice = files.find((file, index) => files.indexOf(file) !== index)
  if (twice !== undefined) throw usage(`--file ${twice} is there twice`)
  if (image === null) return
  try {
    parseReference(image)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    throw usage(`--image: ${error.message}`, error.hint)
  }
}

function usage(message: string, hint?: string): HardenError {
  return new HardenError('bad-usage', message, hint === undefined ? {} : { hint })
}
