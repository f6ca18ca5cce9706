import type { FileModel } from '../../image/file-model.ts'
import type { StepDownReport } from '../../image/step-down.ts'
import type { Remark } from '../plan.ts'

/** A supervisor of which no configuration can be read: what it starts, and as whom, nobody knows. */
export function supervisorCautions({ programs }: StepDownReport, files: FileModel): readonly Remark[] {
  if (!programs.includes('supervisord') || files.texts().some((path) => /supervisor/.test(path))) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: 'supervisord is started, and its configuration is not known: neither is what it starts, nor as whom',
      hint: 'run with --prove to see it; what supervisord starts as another user takes root',
      evidence: [{ source: 'declared', subject: 'supervisord', detail: 'started by the command or a script of it' }],
    },
  ]
}
