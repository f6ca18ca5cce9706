import type { Options as Flag } from 'yargs'
import { ENGINE_NAMES } from '../engine/kinds.ts'
import { HardenError } from '../errors.ts'
import { checks, messageOf } from '../workspace/settings.ts'
import { type Parsed, text } from './read-flags.ts'
import type { Clean } from './request.ts'

export const cleanFlags = {
  'dry-run': { type: 'boolean', describe: 'list what would be removed, and remove nothing' },
  all: {
    type: 'boolean',
    describe:
      'also what runs on other hosts, in other containers, before the last boot or of other users left, even if they may still be running, and the images that proofs keep for the next ones',
  },
  engine: { type: 'string', requiresArg: true, describe: `auto | ${ENGINE_NAMES.join(' | ')} | none (default auto)` },
} as const satisfies Record<string, Flag>

export const cleanExamples: [string, string][] = [
  ['$0 clean', 'what killed runs have left: on the engine, in the temporary folder, below this folder'],
  ['$0 clean --dry-run', 'the same, only listed'],
  ['$0 clean services/ --engine none', 'half-written files below a folder, without asking an engine'],
  ['$0 clean --all', 'also what other hosts have left on a shared engine'],
]

/** `clean [FOLDER..]`. Throws HardenError `bad-usage`. */
export function cleanRequest(parsed: Parsed, folders: readonly string[]): Clean {
  const engine = text(parsed, 'engine') ?? 'auto'
  const wrong = checks.engine(engine)
  if (wrong !== null) throw new HardenError('bad-usage', `--engine ${messageOf(wrong)}, not ${JSON.stringify(engine)}`)
  return {
    kind: 'clean',
    folders: folders.length === 0 ? ['.'] : folders,
    dryRun: parsed['dry-run'] === true,
    all: parsed.all === true,
    engine: engine as Clean['engine'],
  }
}
