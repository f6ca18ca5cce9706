import type { FileModel } from '../image/file-model.ts'
import type { StepDownReport } from '../image/step-down.ts'
import type { Remark } from '../plan/plan.ts'
import { table } from '../table.ts'

/** Supervisors, and a file that each is told by; the last ones have a folder of scripts. */
const TOLD_BY: Readonly<Record<string, RegExp>> = table({
  supervisord: /supervisor/,
  's6-svscan': /\/run$/,
  runsvdir: /\/run$/,
  svscan: /\/run$/,
})

/** A supervisor of which no configuration can be read: what it starts, and as whom, nobody knows. */
export function supervisorCautions({ programs }: StepDownReport, files: FileModel): readonly Remark[] {
  const unknown = programs.filter((name) => {
    const told = Object.hasOwn(TOLD_BY, name) ? TOLD_BY[name] : undefined
    return told !== undefined && !files.texts().some((path) => told.test(path))
  })
  return unknown.map(
    (name): Remark => ({
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${name} is started, and its configuration is not known: neither is what it starts, nor as whom`,
      hint: `run with --prove to see it; what ${name} starts as another user takes root`,
      evidence: [{ source: 'declared', subject: name, detail: 'started by the command or a script of it' }],
    }),
  )
}
