import type { Shipped } from '../contents/stage-contents.ts'
import { wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { baseName, isAuthority, isInside, isRuntimePlace, isSharedFolder, isSystemFolder, parentOf } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'

/** What a start script writes by itself: without it the script ends, or goes on with what it did not write. */
export function scriptWriteNeeds(
  { writes, actions }: Pick<StepDownReport, 'writes' | 'actions'>,
  { entries, steps, copies }: Pick<Shipped, 'entries' | 'steps' | 'copies'>,
  { volumes }: Pick<ImageConfig, 'volumes'>,
): readonly Need[] {
  const made = actions.filter(({ action }) => action === 'mkdir').flatMap(({ paths }) => paths)
  return writes.flatMap(({ script, line, path, replaces, ifMissing, any }): readonly Need[] => {
    // In a folder that the script itself makes all is the user's.
    if (isRuntimePlace(path) || isAuthority(path) || made.some((folder) => isInside(path, folder))) return []
    // A build step that names the file may have made it, as root.
    const isBuilt = !entries.has(path) && steps.some((step) => makes(step, baseName(path)))
    if (ifMissing && (isBuilt || entries.has(path))) return []
    if (!isBuilt && volumes.some((folder) => isInside(path, folder))) return []
    const where = script === null ? 'the command' : `${script} line ${line}`
    const evidence = { source: 'declared', subject: path, detail: `written by ${where}` } as const
    if (any !== undefined) {
      if (isSharedFolder(path)) return []
      // Which folders lie below is known only where all that is put there was seen.
      const isSeen = !copies.some(({ seen, destination }) => !seen && isInside(destination, path))
      const need: Need = {
        access: 'keep-state',
        path,
        evidence: { ...evidence, detail: `files in it are ${evidence.detail}` },
      }
      return [any === 'below' && !isSeen ? { ...need, tree: true } : need]
    }
    const parent = parentOf(path)
    // What a package or a build step may have put there is not known: the file is the user's from the start.
    if (!replaces && isBuilt) return [{ access: 'create-file', path, tree: true, evidence }]
    // Where the script asks whether it is there, it must not be made beforehand.
    if (!replaces && !ifMissing && !entries.has(path)) return [{ access: 'create-file', path, alone: 'any', evidence }]
    if (!replaces && ifMissing) return [{ access: 'create-file', path, beside: true, evidence }]
    if (!replaces) return [{ access: 'write', path, evidence }]
    // A folder of many is given to nobody for that: it is said.
    if (isSystemFolder(parent)) return [{ access: 'create-file', path, beside: true, evidence }]
    if (isSharedFolder(parent))
      return [
        { access: 'create-file', path, beside: true, evidence },
        { access: 'rename', path, evidence },
      ]
    return [
      // Of a file that a package brings not even its folder is known: that one is meant, not the first that is missing.
      entries.has(path) || entries.has(parent)
        ? { access: 'create-file', path: `${parent}/sed`, beside: true, evidence: { ...evidence, subject: parent } }
        : { access: 'keep-state', path: parent, evidence: { ...evidence, subject: parent } },
      { access: 'rename', path, evidence },
    ]
  })
}

/** Files in whose place a start script puts a text of its own, each time or at the first start. */
export function writtenAnew({ writes }: Pick<StepDownReport, 'writes'>): readonly string[] {
  return writes.flatMap(({ path, anew, ifMissing, any }) =>
    anew === true && !ifMissing && any === undefined ? [path] : [],
  )
}

function makes({ instruction }: Shipped['steps'][number], name: string): boolean {
  return instruction.keyword === 'RUN' && wholeText(instruction).includes(name)
}
