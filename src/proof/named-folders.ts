import { argvOf } from '../command/index.ts'
import { couldCreate } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import { isInside, normalisePath } from '../plan/places.ts'
import type { AccountChoice, Grant } from '../plan/plan.ts'
import { isOwnPlace } from '../plan/state-places.ts'

/** What is served or run from there is read. */
const READ = /\.(html?|css|m?js|ts|py|rb|php|pl|jar|class|go|sh|wasm)$/i

/**
 * Folders with data that the command names (`svnserve -r /srv/svn`), and that no run wrote to: a client may well ask for
 * that. What a report says of them, one sentence each.
 */
export function namedFolders(
  { config, files }: Pick<ImageFacts, 'config' | 'files'>,
  grants: readonly Grant[],
  account: Pick<AccountChoice, 'uid' | 'gid'> | null,
): readonly string[] {
  if (account === null || !files.known) return []
  const model = files.value
  const identity = { uid: account.uid, gids: [account.gid] }
  const paths = argvOf(config)
    .slice(1)
    .flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
  return [...new Set(paths)]
    .filter((path) => {
      if (path === config.workdir || !isOwnPlace(path) || model.entry(path)?.type !== 'directory') return false
      const names = model.list(path)
      const isGiven = grants.some((grant) => isInside(path, grant.path) || isInside(grant.path, path))
      if (isGiven || names.length === 0 || names.some((name) => READ.test(name))) return false
      return !couldCreate(model, identity, `${path}/x`).allowed
    })
    .map(
      (path) =>
        `whether it has to write below ${path}, which its command names: no run did, and its new user may not (--writable gives it)`,
    )
}
