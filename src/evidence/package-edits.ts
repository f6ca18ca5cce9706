import type { ConfigEdit } from '../../catalogue/entry.ts'
import { isRemoved, type StageContents } from '../contents/stage-contents.ts'
import { shellCommands, wholeText } from '../dockerfile/index.ts'
import type { FileModel } from '../image/file-model.ts'
import { baseName, isInside, parentOf } from '../places.ts'
import { type FileEdit, matches, type Substitution } from './file-edit.ts'

export interface EditSources {
  readonly contents: StageContents
  readonly files: FileModel
  /** Files that a start script replaces with a text of its own; absent: none. */
  readonly atStart?: readonly string[]
}

/** The edit of a package's stock configuration, unless the stage itself writes the file: then its text is unknown, or read instead. */
export function stockEdit(edit: ConfigEdit, evidence: FileEdit['evidence'], sources: EditSources): readonly FileEdit[] {
  const { contents } = sources
  const text = contents.texts.get(edit.file)
  if (text !== undefined && (edit.stockOnly === true || !matches(text, substitutionOf(edit)))) return []
  return text === undefined && isWritten(edit.file, sources) ? [] : [fileEdit(edit, 'config', evidence)]
}

/** The same edit in a configuration of the stage that is read instead, where one of its lines calls for it. */
export function ownEdit(
  edit: ConfigEdit,
  file: string,
  evidence: FileEdit['evidence'][number],
  { contents }: Pick<EditSources, 'contents'>,
): readonly FileEdit[] {
  const text = contents.texts.get(file)
  if (text === undefined || edit.stockOnly === true || !matches(text, substitutionOf(edit))) return []
  return [fileEdit({ ...edit, file }, 'config', [evidence])]
}

/** An instruction or a start script writes it, and no text says what it then holds. */
function isWritten(file: string, { contents, atStart = [] }: Pick<EditSources, 'contents' | 'atStart'>): boolean {
  if ([file, file.replace(AVAILABLE, '-enabled/')].some((path) => atStart.includes(path))) return true
  return contents.entries.has(file) || isMentioned(file, contents) || mayBeCopied(file, contents)
}

/**
 * The edits of a file that move a port: that of the stock configuration; none where the file is not read, or is the stage's own,
 * which is searched by itself; null where its text is unknown. `brought`: the files of the package.
 */
export function portEdits(
  edit: ConfigEdit,
  brought: readonly string[],
  evidence: FileEdit['evidence'],
  sources: Pick<EditSources, 'contents' | 'atStart'>,
): readonly FileEdit[] | null {
  const { contents } = sources
  if (!isEnabled(edit.file, brought, contents) || contents.texts.has(edit.file)) return []
  return isWritten(edit.file, sources) && !isChangedElsewhere(edit.file, sources)
    ? null
    : [fileEdit(edit, 'port', evidence)]
}

/** All that RUN lines do to it is `sed -i` on lines that say nothing of ports: `sed -i '/LoadModule rewrite/s/^#//' httpd.conf`. */
function isChangedElsewhere(
  file: string,
  { contents, atStart = [] }: Pick<EditSources, 'contents' | 'atStart'>,
): boolean {
  const enabled = file.replace(AVAILABLE, '-enabled/')
  const folders = [file, enabled].map(parentOf)
  if ([file, enabled].some((path) => atStart.includes(path) || contents.entries.has(path))) return false
  if (mayBeCopied(file, contents)) return false
  const isMeant = (text: string): boolean =>
    text.includes(`/${baseName(file)}`) || folders.some((folder) => text.includes(folder))
  return contents.steps.every(({ instruction, shell }) => {
    if (instruction.keyword !== 'RUN' || !isMeant(wholeText(instruction))) return true
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed' || script.commands.some(({ name }) => name === 'cd')) return false
    return script.commands.every(({ name, words, redirects }) => {
      const texts = [...words.map(({ text }) => text), ...redirects.map(({ target }) => target?.text ?? '')]
      const isHarmless = name === 'sed' && redirects.length === 0 && !texts.some((text) => OF_PORTS.test(text))
      return isHarmless || !texts.some(isMeant)
    })
  })
}

const OF_PORTS = /listen|virtualhost|\d{2}/i

/** Debian's servers read those files of `…-available` that a link in `…-enabled` names. */
function isEnabled(file: string, brought: readonly string[], contents: StageContents): boolean {
  const link = file.replace(AVAILABLE, '-enabled/')
  if (link === file) return true
  const own = contents.entries.get(link)
  if (own !== undefined) return own.type === 'symlink'
  return !isRemoved(contents, link) && brought.some((line) => line.includes(` ${link} -> `))
}

const AVAILABLE = /-available\//

/** The edit of a configuration that can be read: where it says what the edit is for. */
export function readEdit(
  edit: ConfigEdit,
  evidence: FileEdit['evidence'],
  { files }: EditSources,
): readonly FileEdit[] {
  const text = files.text(edit.file)
  if (edit.otherAccount === true) return []
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
export function mayBeCopied(file: string, { copies }: StageContents): boolean {
  return copies.some(({ source, destination, seen }) => {
    if (seen || !isInside(file, destination)) return false
    const name = baseName(source)
    return destination === file || name === baseName(file) || !/[^.]\.\w+$/.test(name)
  })
}

/** A RUN names the file, its folder, or the folder's kind (`rm /etc/nginx/sites-enabled/default`). */
function isMentioned(file: string, { steps }: StageContents): boolean {
  const parts = file.split('/')
  const name = parts.at(-1) ?? ''
  const folder = parts.slice(0, -1).join('/')
  const enabled = file.replace(AVAILABLE, '-enabled/')
  const texts = [file, `${folder}/*`, `/${name}`, ...(enabled === file ? [] : [enabled.slice(0, -name.length - 1)])]
  return steps.some(({ instruction }) => {
    if (instruction.keyword !== 'RUN') return false
    const text = wholeText(instruction)
    return texts.some((part) => text.includes(part)) || /^\/?(?:$|[\s;&|)"'])/.test(text.split(folder)[1] ?? '-')
  })
}
