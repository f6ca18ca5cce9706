import { setTimeout as pause } from 'node:timers/promises'
import type { Mount, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import { giveVolume, type ProfileUser } from '../../manifests/profile.ts'
import { normalisePath } from '../../places.ts'
import { ARBITRARY_UID, ROOT_GROUP } from '../../plan/account/account-ids.ts'
import { hasCommand, toolsOf } from '../../plan/tools.ts'
import { tail } from '../container/files.ts'
import { arbitrarySpec, limits, lockedSpec, volumePaths } from '../container/run-specs.ts'
import {
  type ConditionsRequest,
  type FirstCondition,
  type LastCondition,
  notAsked,
  passed,
  runUnder,
} from './condition.ts'

export const plain: FirstCondition = {
  name: 'plain',
  summary: 'what must be root',
  when: 'cause',
  isRequired: () => true,
  isCompared: () => false,
  run: async (request) => (await runUnder(request, limits({ image: request.image }), plain.name, true)).cell,
}

export const dropped: FirstCondition = {
  name: 'capabilities dropped, no new privileges',
  summary: 'a setuid helper',
  when: 'cause',
  isRequired: () => true,
  isCompared: ({ arbitraryUid, keepsLowPort }) => !arbitraryUid && keepsLowPort,
  async run(request) {
    const spec = lockedSpec(request.image, { keepsLowPort: true })
    return (await runUnder(request, spec, dropped.name, true)).cell
  },
}

/** The run that is compared, where that has no uid of its own and no port is left that is low. */
export const lowPorts: FirstCondition = {
  name: 'the same, low ports refused',
  summary: 'a port below 1024 that stays',
  when: 'cause',
  isRequired: ({ keepsLowPort }) => !keepsLowPort,
  isCompared: ({ arbitraryUid, keepsLowPort }) => !arbitraryUid && !keepsLowPort,
  async run(request) {
    const spec = lockedSpec(request.image, { keepsLowPort: false })
    const isRequired = lowPorts.isRequired(request)
    const { cell } = await runUnder(request, spec, lowPorts.name, isRequired)
    if (isRequired || cell.outcome !== 'fail') return cell
    return { ...cell, reason: `${cell.reason} (only CRI-O, older containerd and host networking refuse it)` }
  },
}

export const readOnly: FirstCondition = {
  name: 'read-only root',
  summary: 'writes where no mount can be; the mounts that it takes are named',
  when: 'start',
  usesMounts: true,
  isRequired: () => false,
  isCompared: () => false,
  async run(request) {
    const { image, mounts } = request
    const spec = { ...lockedSpec(image, request), readOnly: true, mounts }
    const { cell } = await runUnder(request, spec, readOnly.name, false)
    return cell.outcome === 'pass' ? { ...cell, reason: described(mounts) } : cell
  },
}

function described(mounts: readonly Mount[]): string {
  if (mounts.length === 0) return 'nothing needs to be writable'
  return mounts.map(({ type, target }) => `${type} on ${target}`).join(', ')
}

/** As OpenShift's: the namespace's own, beside group 0. */
const FS_GROUP = ARBITRARY_UID
const UNMAPPED =
  /setgroups|setuid|setgid|\bmapp(ed|ing)|invalid argument|cannot find (?:(?!cannot find (?!in)).)* in|set user/i

/** As OpenShift runs it: any uid, group 0, and volumes that come empty and belong to a group that the pod is in. */
export const arbitraryUser: FirstCondition = {
  name: 'arbitrary uid, group 0',
  summary: 'files of one uid',
  when: 'start',
  isRequired: ({ arbitraryUid }) => arbitraryUid,
  isCompared: ({ arbitraryUid, facts }) => arbitraryUid && groupVolumes(facts, FS_GROUP).length === 0,
  async run(request) {
    const { arbitraryUid: asked, image, facts } = request
    const { name } = arbitraryUser
    const mounts = groupVolumes(facts, FS_GROUP)
    const spec = { ...arbitrarySpec(image, request), mounts, groups: [FS_GROUP] }
    const { cell, record } = await runUnder(request, spec, name, asked)
    const error = record?.state.error ?? ''
    if (UNMAPPED.test(error)) return notAsked(name, `this engine has no uid ${ARBITRARY_UID}: ${error}`, asked)
    if (cell.outcome === 'fail' && !asked)
      return { ...cell, reason: `${cell.reason} (--arbitrary-uid makes it hold, for OpenShift)` }
    if (cell.outcome !== 'pass') return cell
    const volumes = mounts.length === 0 ? '' : `, ${mounts.map(({ target }) => target).join(', ')} by its group alone`
    return { ...cell, reason: `ran as ${ARBITRARY_UID}:${ROOT_GROUP}${volumes}` }
  },
}

export const freshVolume: LastCondition = {
  name: 'fresh volume',
  summary: 'a `VOLUME` that the image does not prepare',
  when: 'end',
  async run({ facts }) {
    const { name } = freshVolume
    const volumes = volumePaths(facts.config)
    if (volumes.length === 0) return notAsked(name, 'it declares no volume')
    return passed(name, `${volumes.join(', ')}, new in the run that was compared`)
  },
}

const NONE_DECLARED = 'the original declares no volume'

/** What those meet who have the original running and keep its volumes: an existing volume keeps its owners (FACTS 11). */
export const filledVolume: LastCondition = {
  name: 'volume previously written as root',
  summary: 'files of root; the command that gives them to the user is told, and tried',
  when: 'end',
  async run(request) {
    const { filled, user } = request
    if (filled.length === 0) return notAsked(filledVolume.name, NONE_DECLARED)
    const { cell } = await runUnder(request, withFilled(request), filledVolume.name, false)
    if (cell.outcome !== 'fail' || user === null) return cell
    const image = { chown: hasChown(request) ? (request.reference ?? 'IMAGE') : 'busybox:musl' }
    const command = filled
      .map(({ target }) => giveVolume({ image }, 'VOLUME', { path: target, ...user }, request.engine.name))
      .join(' && ')
    return { ...cell, command }
  },
}

/** Where that breaks, the one command that mends it is run, and the result once more. */
export const migratedVolume: LastCondition = {
  name: 'the same volume, given to the user once',
  summary: 'files that the command does not mend',
  when: 'end',
  after: filledVolume.name,
  async run(request, before) {
    const { name } = migratedVolume
    const { filled, user } = request
    if (filled.length === 0) return notAsked(name, NONE_DECLARED)
    if (before?.outcome !== 'fail')
      return notAsked(name, before?.outcome === 'pass' ? 'it works as it is' : 'the cell above was not run')
    if (user === null) return notAsked(name, 'the user has no number that is known here')
    if (!hasChown(request)) return notAsked(name, 'the image has no chown to try the command with')
    const command = before.command === undefined ? {} : { command: before.command }
    const refused = await give(request, request.baseline.image, user)
    if (refused !== null) return { name, required: false, outcome: 'fail', reason: refused, ...command }
    const { cell } = await runUnder(request, withFilled(request), name, false)
    return { ...cell, ...command }
  },
}

/**
 * As Kubernetes mounts volumes with fsGroup: the user may write in them by its group, and does not own them, which a
 * program that sets their mode or owner (initdb) cannot do without. Any uid that passed has shown it already. A Kubernetes
 * profile speaks of it too.
 */
export const podVolume: LastCondition = {
  name: 'volume of a pod (fsGroup)',
  summary: 'what sets mode or owner of its data folder itself (initdb)',
  when: 'end',
  after: arbitraryUser.name,
  isOptional: true,
  async run(request, arbitrary) {
    const { facts, image, user } = request
    const mounts = user === null || arbitrary?.outcome === 'pass' ? [] : groupVolumes(facts, user.gid)
    if (mounts.length === 0) return null
    const spec = { ...lockedSpec(image, request), mounts }
    const { cell } = await runUnder(request, spec, podVolume.name, false)
    if (cell.outcome !== 'fail') return cell
    const env = foldersBelow(facts.config, mounts)
    const names = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    if (names.length === 0) return cell
    const below = await runUnder(request, { ...spec, env }, podVolume.name, false)
    return below.cell.outcome === 'pass'
      ? { ...cell, reason: `with ${names.join(' ')} it works; ${cell.reason}` }
      : cell
  },
}

function hasChown({ facts }: ConditionsRequest): boolean {
  return hasCommand(toolsOf(facts), 'chown')
}

function withFilled(request: ConditionsRequest): RunSpec {
  return { ...lockedSpec(request.image, request), mounts: request.filled }
}

/** Runs the command as it is told; null, or why it did not work. */
async function give(
  { engine, filled, signal }: ConditionsRequest,
  image: string,
  { uid, gid }: Pick<ProfileUser, 'uid' | 'gid'>,
): Promise<string | null> {
  const container = await engine.run(
    limits({
      image,
      user: '0:0',
      entrypoint: 'chown',
      command: ['-R', `${uid}:${gid}`, ...filled.map(({ target }) => target)],
      mounts: filled,
      network: 'none',
    }),
  )
  try {
    for (;;) {
      signal.throwIfAborted()
      const { running, exitCode, error } = await engine.state(container)
      if (!running && exitCode === 0) return null
      if (!running)
        return `chown ended with exit code ${exitCode ?? '?'}: ${error || tail(await engine.logs(container))}`
      await pause(50, undefined, { signal })
    }
  } finally {
    await engine.remove(container)
  }
}

/** What a platform mounts is empty, root's, and writable for the pod's group, which new files inherit. */
export function groupVolumes({ config, files }: ImageFacts, group: number): readonly Mount[] {
  return volumePaths(config)
    .filter((path) => files.known && files.value.list(path).length === 0)
    .map((target) => ({ type: 'tmpfs', target, options: `uid=0,gid=${group},mode=2775,size=256m` }))
}

/** Variables of the image that name a volume, with a folder in it that is the program's own: `PGDATA`. */
export function foldersBelow(
  { env, workdir }: Pick<ImageConfig, 'env' | 'workdir'>,
  mounts: readonly Pick<Mount, 'target'>[],
): Readonly<Record<string, string>> {
  const targets = new Set(mounts.map(({ target }) => target))
  return Object.fromEntries(
    [...env].flatMap(([name, value]) => {
      const path = value.startsWith('/') ? normalisePath(value, workdir) : null
      return path !== null && path !== undefined && targets.has(path) && name !== 'HOME' ? [[name, `${path}/data`]] : []
    }),
  )
}
