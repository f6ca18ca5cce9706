import type { StageContents } from '../../contents/stage-contents.ts'
import { wholeText } from '../../dockerfile/index.ts'
import type { Need } from '../../evidence/claim.ts'
import { baseName, isInside, normalisePath } from '../../places.ts'
import type { AccountChoice } from '../plan.ts'
import { unpackedIn } from '../plan-context.ts'
import type { StageInput } from '../stage-input.ts'

/** Folders that the Dockerfile already hands to this account: nothing is left to do there. */
export function handedTo(
  { name, uid }: Pick<AccountChoice, 'name' | 'uid'>,
  needs: readonly Need[],
): ReadonlySet<string> {
  const own = needs.filter(({ owner }) => owner !== undefined && (owner === name || owner === String(uid)))
  return new Set(own.map((need) => need.path))
}

/** What a run has shown counts more than an instruction that hands a folder over. */
export function notHandedOver(
  needs: readonly Need[],
  input: StageInput,
  account: AccountChoice,
  handedOver: ReadonlySet<string>,
): readonly Need[] {
  const handed = input.observation === null ? handedOver : new Set<string>()
  const isHanded = input.observation === null ? inHandedTree(input, account) : () => false
  const isOwn = ({ path, opens, told }: Need): boolean =>
    opens === undefined && told === undefined && isHanded(path) && !isUnmadeVolume(path, input)
  const isFilledSince = ({ path, recursive }: Need): boolean =>
    recursive === true && holdsRoots(path, input.stated.view.contents)
  return needs.filter(
    (need) =>
      !isPrepared(need, input, account.name) &&
      !(need.access === 'keep-state' && handed.has(need.path) && !isFilledSince(need)) &&
      !isOwn(need),
  )
}

/** The vendor's image already lets its own account write there; what the stage has added as root stays root's. */
function isPrepared(need: Need, { facts, vendor, stated }: StageInput, account: string): boolean {
  const { path, access } = need
  if (need.recursive === true && holdsRoots(path, stated.view.contents)) return false
  const isIn = (folder: string): boolean => folder === path || (access === 'create-file' && isInside(path, folder))
  return !facts.files.known && vendor.account?.name === account && vendor.prepared.some(isIn)
}

/** The stage puts something of root's into the folder, or may do so. */
function holdsRoots(folder: string, contents: StageContents): boolean {
  const isIn = (path: string): boolean => path !== folder && isInside(path, folder)
  return (
    unpackedIn(contents).some((path) => isInside(path, folder)) ||
    [...contents.entries].some(([path, { uid }]) => uid === 0 && isIn(path))
  )
}

/** The last thing that a RUN does to this folder is to give it to the account. */
export function isHandedFolder(folder: string, { stated }: StageInput, account: AccountChoice): boolean {
  const last = stated.view.contents.actions.findLast(
    ({ tool, paths, recursive }) =>
      tool !== 'mkdir' &&
      tool !== 'unpack' &&
      paths.some((path) => path === folder || (recursive && isInside(folder, path))),
  )
  return last?.tool === 'chown' && last.certain && isOwner(last.value, account)
}

/** Of chown: `app`, `app:app`, `10001`. */
function isOwner(owner: string | null, { name, uid }: Pick<AccountChoice, 'name' | 'uid'>): boolean {
  const who = owner?.split(/[:.]/)[0] ?? ''
  return who !== '' && (who === name || who === String(uid))
}

const LEAVES_OWNER = new Set(['chmod', 'rm'])

/**
 * Whether a path lies in a tree that a RUN gives to this account with nothing put there afterwards: all of it then belongs to the
 * account, whatever the build has unpacked.
 */
function inHandedTree({ stated }: StageInput, account: AccountChoice): (path: string) => boolean {
  const { actions, copies, steps } = stated.view.contents
  const isOwn = (owner: string | null): boolean => isOwner(owner, account)
  const trees = actions.flatMap(({ tool, paths, recursive, certain, value, line }, index) =>
    tool === 'chown' && recursive && certain && isOwn(value) ? paths.map((tree) => ({ tree, line, index })) : [],
  )
  return (path) =>
    trees.some(({ tree, line, index }) => {
      if (path === tree || !isInside(path, tree)) return false
      const reaches = (other: string): boolean => isInside(path, other) || isInside(other, path)
      return (
        !copies.some((copy) => copy.line > line && reaches(copy.destination)) &&
        !actions
          .slice(index + 1)
          .some((after) => !LEAVES_OWNER.has(after.tool) && after.paths.some(reaches) && !isOwn(after.value)) &&
        !steps.some(
          ({ instruction, workdir }) =>
            instruction.keyword === 'RUN' &&
            instruction.line > line &&
            (workdir === null || isInside(workdir, tree) || wholeText(instruction).includes(tree)),
        )
      )
    })
}

/** A VOLUME whose folder no step makes: the engine makes it as root, whoever owns the folder above. */
function isUnmadeVolume(path: string, { facts, stated }: StageInput): boolean {
  const { entries, steps, copies } = stated.view.contents
  return (
    facts.config.volumes.some((volume) => normalisePath(volume, facts.config.workdir) === path) &&
    !entries.has(path) &&
    !copies.some(({ destination }) => isInside(path, destination)) &&
    !steps.some(({ instruction }) => instruction.keyword === 'RUN' && wholeText(instruction).includes(baseName(path)))
  )
}
