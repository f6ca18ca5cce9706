import type { ImageConfig } from '../../image/facts.ts'
import type { StepDownReport } from '../../image/step-down.ts'
import type { Need } from '../need.ts'
import { baseName, isAuthority, isInside, isRuntimePlace, isSharedFolder, isSystemFolder, parentOf } from '../places.ts'
import type { Shipped } from '../shipped.ts'

/** What a start script writes by itself: without it the script ends, or goes on with what it did not write. */
export function scriptWriteNeeds(
  { writes, actions }: Pick<StepDownReport, 'writes' | 'actions'>,
  { entries, steps }: Pick<Shipped, 'entries' | 'steps'>,
  { volumes }: Pick<ImageConfig, 'volumes'>,
): readonly Need[] {
  const made = actions.filter(({ action }) => action === 'mkdir').flatMap(({ paths }) => paths)
  return writes.flatMap(({ script, line, path, replaces, ifMissing }): readonly Need[] => {
    // In a folder that the script itself makes all is the user's.
    if (isRuntimePlace(path) || isAuthority(path) || made.some((folder) => isInside(path, folder))) return []
    // A build step that names the file may have made it, as root.
    const isBuilt = !entries.has(path) && steps.some((step) => makes(step, baseName(path)))
    if (ifMissing && (isBuilt || entries.has(path))) return []
    if (!isBuilt && volumes.some((folder) => isInside(path, folder))) return []
    const where = script === null ? 'the command' : `${script} line ${line}`
    const evidence = { source: 'declared', subject: path, detail: `written by ${where}` } as const
    const parent = parentOf(path)
    if (!replaces)
      return [isBuilt ? { access: 'create-file', path, tree: true, evidence } : { access: 'write', path, evidence }]
    // A folder of many is given to nobody for that.
    if (isSharedFolder(parent) || isSystemFolder(parent)) return []
    return [
      { access: 'create-file', path: `${parent}/sed`, evidence: { ...evidence, subject: parent } },
      { access: 'rename', path, evidence },
    ]
  })
}

function makes({ instruction }: Shipped['steps'][number], name: string): boolean {
  return instruction.keyword === 'RUN' && instruction.text.includes(name)
}
