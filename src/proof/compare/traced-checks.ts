import type { ImageFacts } from '../../image/facts.ts'
import { parentOf } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { rootHome } from '../learn/observation.ts'
import { filledFiles } from '../run/filled-files.ts'
import type { RunRecord } from '../run/run-record.ts'
import { volumePaths } from '../run/volumes.ts'
import { NOT_BELIEVED } from '../trace/trace.ts'
import { engineFiles } from './engine-files.ts'
import { homeFiles } from './home-files.ts'
import { keptData } from './kept-data.ts'
import { type Folders, leftFiles } from './left-files.ts'
import { lostCapability } from './lost-capability.ts'
import { lostPrograms } from './lost-programs.ts'
import { lostSwitches } from './lost-switches.ts'
import { boundSockets } from './sockets.ts'
import { workAsOthers } from './work-as-others.ts'

/** What only traces show of whether a run does what the original does; empty where one of them was not traced. */
export function tracedChecks(original: RunRecord, traced: RunRecord | null, facts: ImageFacts): readonly ReportCheck[] {
  return [
    ...believed(traced),
    ...keptData(original, traced),
    ...leftFiles(original, traced, foldersOf(facts)),
    ...filledFiles(original, traced),
    ...boundSockets(original, traced),
    ...engineFiles(original, traced),
    ...homeFiles(original, traced, facts),
    ...lostCapability(original, traced),
    ...lostPrograms(original, traced),
    ...lostSwitches(original, traced),
    ...workAsOthers(original, traced),
  ]
}

/** A result that laid hands on its trace has not shown what it does. */
function believed(traced: RunRecord | null): readonly ReportCheck[] {
  const why = traced?.traceRefused
  if (why?.startsWith(NOT_BELIEVED) !== true) return []
  return [{ name: 'trace', baseline: 'as strace wrote it', result: why, passed: false }]
}

export function foldersOf(facts: ImageFacts): Folders {
  const files = facts.files.known ? facts.files.value : null
  return {
    home: rootHome(facts),
    volumes: volumePaths(facts.config),
    inImage(path) {
      let folder = files === null ? '/' : parentOf(path)
      while (folder !== '/' && files?.entry(folder)?.type !== 'directory') folder = parentOf(folder)
      return folder
    },
  }
}
