import type { Remark } from '../plan.ts'
import type { StageInput } from '../stage-input.ts'

/** Why this stage cannot do its job without root; null where nothing says so. What a run has shown comes first. */
export function mustKeepRoot(input: StageInput): Remark | null {
  if (input.observation?.needsRoot != null) {
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `must keep root: ${input.observation.needsRoot}`,
      hint: WAY_OUT,
      capabilities: input.vendor.needsRoot?.capabilities.filter((name) => name !== 'ALL') ?? [],
      evidence: [{ source: 'traced', subject: 'root', detail: input.observation.needsRoot }],
    }
  }
  const { needsRoot } = input.vendor
  if (needsRoot === null) return null
  return {
    outcome: 'todo',
    transform: 'report-remarks',
    message: `must keep root: ${needsRoot.reason}`,
    hint: needsRoot.hint === '' ? WAY_OUT : `${needsRoot.hint}; ${WAY_OUT}`,
    capabilities: needsRoot.capabilities.filter((name) => name !== 'ALL'),
    evidence: [{ source: 'catalogue', subject: 'root', detail: needsRoot.reason }],
  }
}

const WAY_OUT =
  'run it with --cap-drop=ALL and only the capabilities it needs, and turn on userns-remap, so that its root is nobody on the host'
