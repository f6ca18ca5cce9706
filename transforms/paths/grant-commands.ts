import { shellWord } from '../../src/borders/dockerfile.ts'
import { type Grant, type GrantOwner, groupText, ownerText } from '../../src/plan/plan.ts'
import type { CommandParts } from '../edits/lines.ts'

/** The shell commands that give a user its paths: folders first, then owners, then modes. */
export function grantCommands(grants: readonly Grant[], account: GrantOwner): readonly CommandParts[] {
  const owner = ownerText(account)
  const of = (...kinds: readonly Grant['kind'][]): readonly Grant[] =>
    grants.filter((grant) => kinds.includes(grant.kind))
  const words = (list: readonly Grant[]): readonly string[] => list.map((grant) => shellWord(grant.path))
  const made = of('create-directory')
  const above = grants
    .filter((grant) => grant.makesFolder === true)
    .map(({ path, kind }) => (kind === 'sticky' ? path : path.replace(/\/[^/]*$/, '')))
  const folders = [...new Set([...above, ...made.map(({ path }) => path)])].map(shellWord)
  const touched = of('create-file')
  const owned = of('create-directory', 'own-directory', 'create-file', 'own-file').filter(
    (grant) => grant.tree !== true,
  )
  const alike = grants.filter((grant) => grant.groupAsOwner === true)
  const alikeTrees = alike.filter((grant) => grant.tree === true)
  const alikeAlone = alike.filter((grant) => grant.tree !== true)
  const trees = grants.filter((grant) => grant.tree === true)
  const shared = of('sticky', 'group-read')
  return [
    ...(folders.length > 0 ? [['mkdir -p', ...folders]] : []),
    ...(touched.length > 0 ? [['touch', ...words(touched)]] : []),
    // -h: a link itself is never the thing to own (FACTS 15); paths are resolved, so this is a guard only.
    ...(owned.length > 0 ? [[`chown ${owner}`, ...words(owned)]] : []),
    // -h: what a link in there leads to is none of it (FACTS 15).
    ...(trees.length > 0 ? [[`chown -Rh ${owner}`, ...words(trees)]] : []),
    ...(shared.length > 0 ? [[`chgrp ${groupText(account)}`, ...words(shared)]] : []),
    ...modes(grants),
    ...(alikeAlone.length > 0 ? [['chmod g=u', ...words(alikeAlone)]] : []),
    ...(alikeTrees.length > 0 ? [['chmod -R g=u', ...words(alikeTrees)]] : []),
  ]
}

function modes(grants: readonly Grant[]): readonly CommandParts[] {
  const byMode = new Map<string, string[]>()
  for (const grant of grants) {
    const mode = grant.mode?.toString(8) ?? ADDED[grant.kind]
    if (mode === undefined) continue
    byMode.set(mode, [...(byMode.get(mode) ?? []), shellWord(grant.path)])
  }
  return [...byMode].map(([mode, paths]) => [`chmod ${mode}`, ...paths])
}

/** Where the mode as it is is not known, the bits that are missing are added. */
const ADDED: Partial<Record<Grant['kind'], string>> = { traverse: 'go+x', 'group-read': 'g+rX' }
