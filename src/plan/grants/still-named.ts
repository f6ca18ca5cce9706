import type { ImageFacts } from '../../image/facts.ts'
import { applySubstitutions } from '../file-edit.ts'
import type { FileEdit } from '../plan.ts'
import type { Need } from './need.ts'

/** Without what a configuration names that an edit sends elsewhere. */
export function stillNamed(needs: readonly Need[], edits: readonly FileEdit[], { files }: ImageFacts): readonly Need[] {
  return needs.filter(({ namedIn, path }) => {
    const text = namedIn === undefined || !files.known ? null : files.value.text(namedIn)
    const substitutions = edits.filter((edit) => edit.path === namedIn).flatMap((edit) => edit.substitutions)
    if (text === null || substitutions.length === 0) return true
    return applySubstitutions(text, substitutions)?.includes(path) !== false
  })
}
