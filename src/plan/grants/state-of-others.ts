import { type Need, stateNeed } from '../../evidence/claim.ts'
import type { FileModel } from '../../image/file-model.ts'
import { isRuntimePlace, isStatePlace } from '../../places.ts'
import { listed } from '../listed.ts'
import type { AccountChoice } from '../plan.ts'
import type { Service } from '../services.ts'

/** Of the files of one account; one with more of them has not only its state there. */
const MOST_FILES = 100

/**
 * Where several service users of the original become one, it needs what was the others' by its owner: a run that asks for
 * a first page sees little of what such a program writes (the pictures of a CGI script, in a cache that is the web server's).
 */
export function stateOfOthers(
  services: readonly Service[],
  account: Pick<AccountChoice, 'uid'>,
  files: FileModel,
): readonly Need[] {
  const others = services.filter(({ uid }) => uid !== account.uid)
  if (services.length < 2 || others.length === 0) return []
  const paths = [...files.paths()].filter((path) => isStatePlace(path) && !isRuntimePlace(path))
  return others.flatMap(({ uid, name, programs }) => {
    const detail = `it is ${name}'s, as whom ${listed(programs)} ran`
    const own = paths.filter((path) => files.entry(path)?.uid === uid)
    const folders = own.filter((path) => files.entry(path)?.type === 'directory')
    const within = own.filter((path) => files.entry(path)?.type === 'file')
    return [
      ...folders.map((path) => stateNeed(path, 'observed', { source: 'account', detail })),
      ...(within.length > MOST_FILES ? [] : within).map(
        (path): Need => ({ ...stateNeed(path, 'observed', { source: 'account', detail }), access: 'write' }),
      ),
    ]
  })
}
