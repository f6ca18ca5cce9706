import type { Mount } from '../../engine/engine.ts'
import { CHANGES, type Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { type FileModel, realPath } from '../../image/file-model.ts'
import { isInside, normalisePath, outermost, parentOf } from '../../places.ts'
import { grantedFolders, madeHome, readyTrees, withMoved, writableFolder } from '../../plan/grants/ladder.ts'
import { type AccountChoice, decided, type Grant, type HomeMove, type StagePlan } from '../../plan/plan.ts'

/** Of the machine's memory, for what is only passing. */
const SIZE = '64m'

interface OwnPlaces {
  readonly grants: readonly Grant[]
  readonly handed?: readonly string[]
  readonly moves?: readonly HomeMove[]
}

export function ownPlaces(plan: Pick<StagePlan, 'decisions' | 'handed'>): OwnPlaces {
  return { grants: decided(plan, 'grant'), handed: plan.handed, moves: decided(plan, 'move-home') }
}

/**
 * What a read-only root needs so that the program can still write where it did: a tmpfs where the image has nothing
 * that the mount would hide, else an anonymous volume, which starts with what the image has there (FACTS 32). None where
 * nobody can say who the program runs as.
 */
export function writableMounts(
  operations: readonly Operation[],
  { grants, handed = [], moves = [] }: OwnPlaces,
  facts: ImageFacts,
  account: (Pick<AccountChoice, 'uid' | 'gid' | 'home'> & Partial<Pick<AccountChoice, 'createHome'>>) | null,
): readonly Mount[] {
  if (account === null || !facts.files.known) return []
  const files = withMoved(facts.files.value, moves, account)
  const volumes = facts.config.volumes.flatMap((volume) => normalisePath(volume, facts.config.workdir) ?? [])
  const written = writtenFolders(operations, files, new Set([...grants.map((grant) => grant.path), account.home]))
  // What was granted, handed over by the Dockerfile or is the user's and empty, and not seen to be written (uploads that
  // nobody sent) is to be writable all the same.
  const home = madeHome({ createHome: false, ...account })
  const writable = new Set([...written, ...grantedFolders(grants), ...handed, ...home, ...readyTrees(files, account)])
  // `/run` and `/run/x` are one mount: what lies in a mounted folder is in the mount.
  const folders = outermost([...writable].filter((folder) => !volumes.some((volume) => isInside(folder, volume))))
  return folders.map((target): Mount => {
    const { uid, gid, mode, filled } = writableFolder(target, grants, files, account)
    if (filled) return { type: 'volume', target }
    return { type: 'tmpfs', target, options: `uid=${uid},gid=${gid},mode=${mode.toString(8)},size=${SIZE}` }
  })
}

/** Existing folders that the writes went into; what a run made itself is inside one of them. */
function writtenFolders(
  operations: readonly Operation[],
  files: FileModel,
  made: ReadonlySet<string>,
): readonly string[] {
  const folders = new Set<string>()
  for (const { access, outcome, path, to } of operations) {
    if (outcome !== 'done' || !CHANGES.has(access)) continue
    for (const written of [path, to]) {
      if (written == null) continue
      let folder = parentOf(realPath(files, written))
      while (folder !== '/' && files.entry(folder)?.type !== 'directory' && !made.has(folder)) folder = parentOf(folder)
      if (!made.has(folder) && isRoots(folder, files)) folder = parentOf(folder)
      if (!isRuntimeFolder(folder) && folder !== '/') folders.add(folder)
    }
  }
  return [...folders].sort()
}

/** Of root's own in a folder that is open to all (`/tmp/hsperfdata_root`): who is not root makes another beside it. */
function isRoots(folder: string, files: FileModel): boolean {
  const [entry, above] = [files.entry(folder), files.entry(parentOf(folder))]
  return entry?.uid === 0 && (entry.mode & 0o002) === 0 && ((above?.mode ?? 0) & 0o1002) === 0o1002
}

/** The runtime's own, also in a container whose root is read-only. */
function isRuntimeFolder(folder: string): boolean {
  return /^\/(dev|proc|sys)(\/|$)/.test(folder)
}
