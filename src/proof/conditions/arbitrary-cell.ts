import { ARBITRARY_UID, ROOT_GROUP } from '../../plan/account/arbitrary-uid.ts'
import type { ReportCell } from '../../report/report.ts'
import { arbitrarySpec } from '../run/specs.ts'
import { type Beside, notAsked, runCell } from './cell.ts'
import { groupVolumes } from './pod-cell.ts'

export const ARBITRARY = 'arbitrary uid, group 0'
/** As OpenShift's: the namespace's own, beside group 0. */
const FS_GROUP = ARBITRARY_UID
const UNMAPPED =
  /setgroups|setuid|setgid|\bmapp(ed|ing)|invalid argument|cannot find (?:(?!cannot find (?!in)).)* in|set user/i

export interface ArbitraryRequest extends Beside {
  readonly image: string
  /** It was asked for; then the run that was compared was one of these already. */
  readonly asked: boolean
}

/** As OpenShift runs it: any uid, group 0, and volumes that come empty and belong to a group that the pod is in. */
export async function arbitraryCell(request: ArbitraryRequest): Promise<ReportCell> {
  const { asked, image, facts } = request
  const mounts = groupVolumes(facts, FS_GROUP)
  if (asked && mounts.length === 0)
    return { name: ARBITRARY, required: true, outcome: 'pass', reason: 'the run that was compared' }
  const spec = { ...arbitrarySpec(image), mounts, groups: [FS_GROUP] }
  const { cell, record } = await runCell(request, spec, ARBITRARY, asked)
  const error = record?.state.error ?? ''
  if (UNMAPPED.test(error)) return notAsked(ARBITRARY, `this engine has no uid ${ARBITRARY_UID}: ${error}`, asked)
  if (cell.outcome === 'fail')
    return asked ? cell : { ...cell, reason: `${cell.reason} (--arbitrary-uid makes it hold, for OpenShift)` }
  const volumes = mounts.length === 0 ? '' : `, ${mounts.map(({ target }) => target).join(', ')} by its group alone`
  return { ...cell, reason: cell.outcome === 'pass' ? `ran as ${ARBITRARY_UID}:${ROOT_GROUP}${volumes}` : cell.reason }
}
