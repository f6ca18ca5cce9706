import type { ConfigEdit } from '../../../catalogue/entry.ts'
import type { FileModel } from '../../image/file-model.ts'
import { matches } from '../file-edit.ts'
import { baseName, isInside } from '../places.ts'
import type { FileEdit, Substitution } from '../plan.ts'
import type { Shipped } from '../shipped.ts'

export interface EditSources {
  readonly shipped: Pick<Shipped, 'steps' | 'texts' | 'entries' | 'copies'>
  readonly files: FileModel
}

/**
 * The edit of a package's stock configuration, unless an instruction of the stage itself writes the file: then what it
 * says is not known, or read instead.
 */
export function stockEdit(
  edit: ConfigEdit,
  purpose: FileEdit['purpose'],
  evidence: FileEdit['evidence'],
  { shipped }: EditSources,
): readonly FileEdit[] {
  const text = shipped.texts.get(edit.file)
  if (text !== undefined && (purpose === 'port' || !matches(text, substitutionOf(edit)))) return []
  const isOwn = shipped.entries.has(edit.file) || isMentioned(edit.file, shipped) || mayBeCopied(edit.file, shipped)
  return text === undefined && isOwn ? [] : [fileEdit(edit, purpose, evidence)]
}

/** The edit of a configuration that can be read: where it says what the edit is for. */
export function readEdit(
  edit: ConfigEdit,
  evidence: FileEdit['evidence'],
  { files }: EditSources,
): readonly FileEdit[] {
  const text = files.text(edit.file)
  return text !== null && matches(text, substitutionOf(edit)) ? [fileEdit(edit, 'config', evidence)] : []
}

function fileEdit(edit: ConfigEdit, purpose: FileEdit['purpose'], evidence: FileEdit['evidence']): FileEdit {
  return { path: edit.file, substitutions: [substitutionOf(edit)], reason: edit.why, purpose, evidence }
}

function substitutionOf(edit: ConfigEdit): Substitution {
  return {
    pattern: edit.pattern,
    replacement: edit.replacement ?? '',
    global: edit.global ?? false,
    ...(edit.remove === true ? { remove: true } : {}),
  }
}

/** A COPY whose files nobody could see brings it: by its name, or as part of a folder. */
function mayBeCopied(file: string, { copies }: EditSources['shipped']): boolean {
  return copies.some(({ source, destination, seen }) => {
    if (seen || !isInside(file, destination)) return false
    const name = baseName(source)
    return destination === file || name === baseName(file) || !/[^.]\.\w+$/.test(name)
  })
}

/** A RUN names the file, its folder, or the folder's kind (`rm /etc/nginx/sites-enabled/default`). */
function isMentioned(file: string, { steps }: EditSources['shipped']): boolean {
  const parts = file.split('/')
  const name = parts.at(-1) ?? ''
  const folder = parts.slice(0, -1).join('/')
  return steps.some(
    ({ instruction }) =>
      instruction.keyword === 'RUN' &&
      [file, `${folder}/*`, `${folder} `, folder.replace('-available', '-enabled'), `/${name}`].some((text) =>
        `${instruction.text} `.includes(text),
      ),
  )
}
