import { removals } from '../contents/removed.ts'
import type { RunAction } from '../contents/run-actions.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { isOwnPlace, isStatePlace, looksLikeFile } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'
import type { Remark } from '../plan/plan.ts'

/** Folders that RUN lines make for the program to fill, or hand to somebody: who wrote that wanted them written. */
export function runLineNeeds({ actions }: Pick<Shipped, 'actions'>): readonly Need[] {
  // Taken away again: it was for the build. From the last on, so that what is removed later is known.
  const gone = removals()
  const needs: (readonly Need[])[] = []
  for (const action of actions.toReversed()) {
    needs.push(action.paths.filter((path) => !gone.has(path)).flatMap((path) => needOf(action, path)))
    gone.add(action)
  }
  return needs.reverse().flat()
}

function needOf(action: RunAction, path: string): readonly Need[] {
  const why = reasonFor(action, path)
  if (why === null) return []
  const detail = `${why} by RUN in line ${action.line}`
  if (action.tool === 'touch' || looksLikeFile(path))
    return [{ access: 'create-file', path, evidence: { source: 'declared', subject: path, detail } }]
  const owner = action.tool === 'chown' && action.certain ? action.value?.split(/[:.]/)[0] : undefined
  return [{ ...stateNeed(path, 'declared', detail), ...(owner === undefined ? {} : { owner }) }]
}

function reasonFor(action: RunAction, path: string): string | null {
  switch (action.tool) {
    case 'mkdir':
      return isStatePlace(path) ? 'made' : null
    case 'touch':
      return isStatePlace(path) ? 'made' : null
    case 'chown': {
      const user = action.value?.split(/[:.]/)[0]
      // A file alone is handed over to be read as often as to be written.
      return user === undefined ||
        user === '' ||
        user === 'root' ||
        user === '0' ||
        !isOwnPlace(path) ||
        looksLikeFile(path)
        ? null
        : `handed to ${user}`
    }
    case 'chmod':
      return opensToAll(action.value) && isOwnPlace(path) && !looksLikeFile(path) ? 'opened to everybody' : null
    default:
      return null
  }
}

function opensToAll(mode: string | null): boolean {
  if (mode === null) return false
  return /^[0-7]?[0-7][0-7][2367]$/.test(mode) || /(^|,)[ug]*(?:o[ugo]*(?:a[ugo]*)?|a[ugo]*)\+[rxX]*w/.test(mode)
}

/** `chmod 777` is a weakness of its own: whoever gets in can change what is there. */
export function openRemarks({ actions }: Pick<Shipped, 'actions'>): readonly Remark[] {
  return actions
    .filter((action) => action.tool === 'chmod' && opensToAll(action.value) && !/^1/.test(action.value ?? ''))
    .map((action) => ({
      outcome: 'note',
      transform: 'own-writable-paths',
      message: `line ${action.line} lets every user write ${action.paths.join(', ')} (chmod ${action.value})`,
      hint: 'hand it to the one user that needs it instead, with chown and mode 755',
      about: 'RUN',
      evidence: action.paths.map((path) => ({
        source: 'declared',
        subject: path,
        detail: `opened to everybody by RUN in line ${action.line}`,
      })),
    }))
}
