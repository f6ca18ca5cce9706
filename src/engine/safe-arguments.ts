import { HardenError } from '../errors.ts'
import { parseImageReference } from '../image/reference.ts'

const identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
const imageId = /^(?:sha256:)?[a-f0-9]{12,64}$/

/** An image for the command line: an id that an engine gave, or a parsed reference. No text of a user becomes a flag. */
export function imageArgument(reference: string): string {
  if (imageId.test(reference)) return reference
  return parseImageReference(reference).text
}

/** With registry and tag, for engines that resolve short names another way than Docker. */
export function fullName(reference: string): string {
  const { repository, tag, digest } = parseImageReference(reference)
  if (digest !== null) return `${repository}@${digest}`
  return `${repository}:${tag ?? 'latest'}`
}

/** Id or name of a container, volume or network. */
export function nameArgument(name: string): string {
  if (identifier.test(name)) return name
  throw new HardenError('engine-failed', `${JSON.stringify(name)} is no name of a container, volume or network`)
}
