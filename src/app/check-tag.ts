import { fullName } from '../engine/arguments.ts'
import { HardenError } from '../errors.ts'
import { derivedName } from '../profile/profile.ts'

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
