import type { Need, Remark } from '../evidence/claim.ts'
import { CHANGES } from '../evidence/operation.ts'
import { HOST_SOCKET, type ImageRun, type Mount, mountsHost } from '../image/image-run.ts'
import { isInside, isOwnPlace, isStatePlace, looksLikeFile, normalisePath } from '../places.ts'
import type { AccountChoice } from './plan.ts'
import type { PlanContext } from './plan-context.ts'

interface Found {
  readonly run: ImageRun
  readonly mount: Mount
  /** What is written there; null where its name alone says so. */
  readonly need: Need | null
}

/**
 * What is mounted over places that the program writes and does not take its owner from the image: files of the host, and claims of a
 * cluster. One remark for all, of the first that is not just somebody's sources.
 */
export function mountRemarks(
  { input, needs, stepDown, report }: PlanContext,
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
): readonly Remark[] {
  const runs = (input.dependents?.runs ?? []).filter(({ user }) => user === null)
  const written = [...needs, ...stepDown.needs].filter(
    ({ access }) => access === 'keep-state' || CHANGES.has(access),
  )
  const all = runs.flatMap((run) =>
    run.mounts.flatMap((mount): readonly Found[] => {
      if (mount.kind === 'volume' || mount.readOnly || HOST_SOCKET.test(mount.source) || mountsHost(mount)) return []
      const need = written.find((one) => isAt(one, mount)) ?? null
      return need !== null || isFilledThere(mount, input) ? [{ run, mount, need }] : []
    }),
  )
  const found = [...new Map(all.map((one) => [one.mount.target, one])).values()]
  const hosts = found.filter(({ mount: { kind, from } }) => kind === 'host' && from !== 'checkout')
  const claims = found.filter(({ mount: { kind } }) => kind === 'claim')
  const sources = found.filter(({ mount: { from } }) => from === 'checkout')
  const [first] = [hosts, claims, sources].filter(({ length }) => length > 0)
  const [one, ...more] = first ?? []
  if (one === undefined) return []
  const { run, mount, need } = one
  const { by } = run
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  const evidence: Remark['evidence'] = [
    { source: 'declared', subject: mount.target, detail: `mounted by ${by}` },
    ...(need === null ? [] : [need.evidence]),
  ]
  const todo = (message: string, hint: string): readonly Remark[] => [
    { outcome: 'todo', transform: 'report-remarks', message, hint, evidence },
  ]
  const at = `${by} mounts ${mount.source === '' ? 'a folder' : mount.source} over ${mount.target}${others}`
  if (mount.kind === 'claim')
    return todo(
      `${at}, which is root's where the pod does not say fsGroup: the user may not write there`,
      `say fsGroup: ${gid} in the securityContext of the pod`,
    )
  if (mount.from === 'checkout')
    return todo(
      `${at}, which keeps its owner: the user may not write there${need === null ? '' : ` (${need.path})`}`,
      'run it as the owner of that folder: user: "UID:GID" in the service, --user "$(id -u):$(id -g)" in docker run',
    )
  const isLost = report.actions.some(
    ({ action, paths, guarded }) =>
      action === 'chown' &&
      !guarded &&
      paths.some((path) => isInside(mount.target, path) || isInside(path, mount.target)),
  )
  return todo(
    `${at}, which keeps its owner: cannot tell whether the user may write there${isLost ? ', and the start script cannot hand it over any more' : ''}`,
    `give it to the user once (chown -R ${uid}:${gid} on the host), or run it as its owner (user: in the service, --user here)`,
  )
}

function isAt({ path, access, tree }: Need, { target, from }: Mount): boolean {
  if (path === target) return true
  if (from === 'file' || looksLikeFile(target) || !isOwnPlace(target)) return false
  return isInside(path, target) || ((access === 'keep-state' || tree === true) && isInside(target, path))
}

/** Its name says that it is for what is written, or the program starts in it, and the image has nothing there. */
function isFilledThere({ target, from }: Mount, { facts: { config }, stated }: PlanContext['input']): boolean {
  if (from === 'file' || looksLikeFile(target) || !isOwnPlace(target)) return false
  const { own, contents } = stated.view
  const isEmpty =
    own.list(target).every((name) => own.entry(`${target}/${name}`)?.type === 'directory') &&
    !contents.copies.some(({ destination }) => isInside(destination, target))
  if (!isEmpty) return false
  const workdir = normalisePath(config.workdir, '/')
  return isStatePlace(target) ? from !== 'checkout' : workdir !== null && workdir !== '/' && isInside(workdir, target)
}
