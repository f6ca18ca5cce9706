import { EventEmitter } from 'node:events'
import type { Options, TargetOutcome } from '../../src/app/task.ts'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import type { Services } from '../../src/cli/work.ts'
import { HardenError } from '../../src/errors.ts'
import type { WorkItem } from '../../src/repository/work-item.ts'
import { finding, sampleResult } from '../report/sample.ts'

export interface Called {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Every target that the work was asked for, as they began; `options` alike. */
  readonly items: readonly WorkItem[]
  readonly options: readonly Options[]
}

export interface Setting {
  readonly cwd: string
  readonly stdin?: string
  readonly env?: Io['env']
  readonly terminal?: boolean
  /** Of a terminal. */
  readonly columns?: number
  readonly signals?: EventEmitter
  readonly processTarget?: Services['processTarget']
}

const transforms = [
  { name: 'set-user', summary: 'Set the user.' },
  { name: 'raise-ports', summary: 'Move ports above 1024.' },
]

/** Stands in for the work: puts a USER line before CMD; words in the text ask for other outcomes. */
export async function pretend(item: WorkItem): Promise<TargetOutcome> {
  const source = item.text ?? `FROM ${item.reference ?? item.target}\n`
  if (source.includes('BROKEN'))
    throw new HardenError('not-a-dockerfile', 'there is no FROM', { line: 1, hint: 'write one' })
  if (source.includes('BUG')) throw new TypeError('undefined is not a function')
  const { target, kind, path } = item
  const about = { target, kind }
  if (source.includes('USER')) {
    return {
      source,
      path,
      result: sampleResult({ ...about, verdict: 'unchanged', user: null, output: source, changed: false }),
    }
  }
  if (source.includes('CRON')) {
    const todo = { ...finding, outcome: 'todo', message: 'cron needs root' } as const
    const result = sampleResult({
      ...about,
      verdict: 'needs-root',
      user: null,
      output: source,
      changed: false,
      findings: [todo],
    })
    return { source, path, result }
  }
  const output = source.includes('CMD') ? source.replace('CMD', 'USER 10001:10001\nCMD') : `${source}USER 10001:10001\n`
  return { source, path, result: sampleResult({ ...about, output, findings: [finding] }) }
}

/** The command line in this process, with everything around it made up. */
export async function call(argv: readonly string[], setting: Setting): Promise<Called> {
  const items: WorkItem[] = []
  const options: Options[] = []
  const written = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr') => ({
    isTTY: setting.terminal ?? setting.columns !== undefined,
    ...(setting.columns === undefined ? {} : { columns: setting.columns }),
    write: (text: string) => {
      written[name] += text
    },
  })
  const io: Io = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdin: chunks(setting.stdin ?? ''),
    env: setting.env ?? {},
    cwd: setting.cwd,
    signals: signalsOf(setting.signals ?? new EventEmitter()),
  }
  const code = await main(argv, io, async () => ({
    transforms,
    processTarget: async (item, given, ports) => {
      items.push(item)
      options.push(given)
      return (setting.processTarget ?? pretend)(item, given, ports)
    },
  }))
  return { code, ...written, items, options }
}

function signalsOf(emitter: EventEmitter): Io['signals'] {
  return {
    on: (name, handle) => emitter.on(name, handle),
    off: (name, handle) => emitter.off(name, handle),
    raise: (name) => emitter.emit('raised', name),
  }
}

async function* chunks(text: string) {
  yield Buffer.from(text)
}
