import type { Operation } from '../../evidence/operation.ts'
import type { Process } from './processes.ts'
import type { Told } from './scene.ts'
import type { Call } from './trace-line.ts'

const LONGEST_DETAIL = 156

export type Who = Pick<Operation, 'by' | 'as'>

/** Before the call, which may change it. */
export function whoOf(process: Process): Who {
  return {
    ...(process.program.path === null ? {} : { by: process.program.path }),
    ...(process.uid === null ? {} : { as: process.uid }),
  }
}

export function operationOf(told: Told, call: Call, who: Who): Operation {
  const { done } = call.result
  const outcome = done
    ? ({ outcome: 'done', source: 'traced' } as const)
    : ({ outcome: 'refused', source: 'refused' } as const)
  return { ...told, ...outcome, detail: detailOf(call), ...who, pid: call.pid, at: call.at }
}

/** The call as a person reads it: without what strace adds to the current directory, and with the error. */
function detailOf({ text, result }: Call): string {
  const call = text.replace(/AT_FDCWD(?:(?<!AT_FDCWD<[^>]*?AT_FDCWD)<[^>]*>(?:\(deleted\))?)?, /, '')
  const error = result.done ? '' : ` = -1 ${result.errno}`
  return call.length + error.length <= LONGEST_DETAIL
    ? call + error
    : `${call.slice(0, LONGEST_DETAIL - 3 - error.length)}...${error}`
}
