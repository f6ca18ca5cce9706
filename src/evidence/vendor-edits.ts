import type { ConfigEdit, VariantFacts } from '../../catalogue/entry.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { parentOf } from '../places.ts'
import type { FileEdit, Substitution } from '../plan/plan.ts'
import { matches } from './file-edit.ts'
import { mainConfigOf, speaksOf } from './main-config.ts'

/** What a stage makes of its vendor's files. */
export interface StageFiles {
  readonly facts: ImageFacts
  /** The image's files with what the stage puts in; where the base is not known, only that. */
  readonly own: FileModel
  /** A RUN of the stage removes it. */
  readonly isRemoved: (path: string) => boolean
  /** The stage copies to this path, or to a folder above it: what the vendor shipped there may be replaced. */
  readonly replaces: (path: string) => boolean
  /** A start script puts a text of its own in the place of what is there. */
  readonly isWrittenAtStart?: (path: string) => boolean
  /** Texts of its RUN lines. */
  readonly runs: readonly string[]
}

/** Which of the vendor's configuration still counts. */
export interface VendorFiles {
  /** The edits that hold for the files as they are by now. */
  edits(edits: readonly ConfigEdit[], purpose: FileEdit['purpose']): readonly FileEdit[]
  /** Nothing reads this file any more: a RUN removes it, or the main configuration in force does not include its folder. */
  isUnread(path: string): boolean
  /** The main configuration in force may include what is in this folder. */
  includes(folder: string): boolean
  /** The main configuration, as far as it is known, has a line that matches this regular expression. */
  says(line: string): boolean
  /** The main configuration is the user's own, and has no line that matches this regular expression. */
  lacks(line: string): boolean
}

export function vendorFiles({ mainConfig }: Pick<VariantFacts, 'mainConfig'>, stage: StageFiles): VendorFiles {
  const { own, facts, isRemoved, replaces } = stage
  const main = mainConfig === null ? null : mainConfigOf(mainConfig, facts.config)
  const isOwn = main !== null && (main !== mainConfig?.file || replaces(main))
  const text = main === null ? null : own.text(main)
  const includes = (folder: string): boolean => !isOwn || text === null || speaksOf(text, folder)
  const isUnread = (path: string): boolean => isRemoved(path) || (path !== main && !includes(parentOf(path)))
  const holds = (path: string, edit: ConfigEdit, substitution: Substitution): boolean => {
    if (
      isUnread(path) ||
      stage.isWrittenAtStart?.(path) === true ||
      (edit.stockOnly === true && (replaces(path) || path !== edit.file))
    )
      return false
    const now = own.text(path)
    if (now !== null) return matches(now, substitution)
    // Of files that nobody has seen, only the vendor's own are known to be there.
    return !facts.files.known && path === edit.file
  }
  return {
    isUnread,
    includes,
    says: (line) => text !== null && new RegExp(line, 'm').test(text),
    lacks: (line) => isOwn && (text === null || !new RegExp(line, 'm').test(text)),
    edits(edits, purpose) {
      const byFile = new Map<string, FileEdit>()
      for (const edit of edits) {
        const path = main !== null && edit.file === mainConfig?.file ? main : edit.file
        const substitution = {
          pattern: edit.pattern,
          replacement: edit.replacement ?? '',
          global: edit.global ?? false,
          ...(edit.remove === true ? { remove: true } : {}),
        }
        if (!holds(path, edit, substitution)) continue
        const before = byFile.get(path)
        byFile.set(path, {
          path,
          substitutions: [...(before?.substitutions ?? []), substitution],
          reason: [...new Set([...(before?.reason.split('; ') ?? []), edit.why])].join('; '),
          purpose,
          evidence: [...(before?.evidence ?? []), { source: 'catalogue', subject: path, detail: edit.why }],
        })
      }
      return [...byFile.values()]
    },
  }
}
