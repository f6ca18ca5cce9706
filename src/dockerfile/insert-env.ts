import { quotedWord } from '../borders/dockerfile.ts'
import type { Edit } from '../edit.ts'
import type { EnvSetting } from '../plan/plan.ts'
import type { Dockerfile, Stage } from './model.ts'
import { insertLines, placeOf } from './placement.ts'
import { keyword, reason } from './write.ts'

/** An ENV line of its own, with its reason, where USER goes. */
export function insertEnv(dockerfile: Dockerfile, stage: Stage, setting: EnvSetting): Edit {
  return insertLines(dockerfile, placeOf(dockerfile, stage, null, 'set-env'), [
    ...reason(setting.reason),
    `${keyword(dockerfile, 'ENV')} ${setting.name}=${quotedWord(setting.value, dockerfile.escape)}`,
  ])
}
