import type { ConfigEdit, MainConfig, VariantFacts } from '../../catalogue/entry.ts'
import { copiedTo } from '../contents/build-context.ts'
import { isRemoved } from '../contents/stage-contents.ts'
import type { Stage } from '../dockerfile/model.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, isInside, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { type FileEdit, matches, type Substitution } from './file-edit.ts'
import { mayBeCopied } from './package-edits.ts'
import type { StageView } from './provider.ts'
import { writtenAnew } from './script-writes.ts'

/** Which of the vendor's configuration still counts. */
export interface VendorFiles {
  /** The edits that hold for the files as they are by now. */
  edits(edits: readonly ConfigEdit[], purpose: FileEdit['purpose']): readonly FileEdit[]
  /** Nothing reads this file any more: a RUN removes it, or the main configuration in force does not include its folder. */
  isUnread(path: string): boolean
  /** The main configuration in force may include what is in this folder. */
  includes(folder: string): boolean
  /** The stage or a mount of its service puts something into this folder. */
  isFilled(folder: string): boolean
  /** The main configuration, as far as it is known, has a line that matches this regular expression. */
  says(line: string): boolean
  /** The main configuration is the user's own, and has no line that matches this regular expression. */
  lacks(line: string): boolean
}

export function vendorFiles({ mainConfig }: Pick<VariantFacts, 'mainConfig'>, view: StageView): VendorFiles {
  const { files: own, facts, contents, chain, built } = view
  const atStart = new Set(writtenAnew(view.stepDowns))
  // The stage copies to this path, or to a folder above it what nobody could see: what the vendor shipped there may be replaced.
  const replaces = (path: string): boolean =>
    chain.some((stage) => writesInto(stage, path)) && (contents.origins.has(path) || mayBeCopied(path, contents))
  const main = mainConfig === null ? null : mainConfigOf(mainConfig, facts.config)
  const isOwn = main !== null && (main !== mainConfig?.file || replaces(main))
  const text = main === null ? null : own.text(main)
  const includes = (folder: string): boolean => !isOwn || text === null || speaksOf(text, folder)
  const isUnread = (path: string): boolean =>
    (!built && isRemoved(contents, path)) || (path !== main && !includes(parentOf(path)))
  const holds = (path: string, edit: ConfigEdit, substitution: Substitution): boolean => {
    if (isUnread(path) || atStart.has(path)) return false
    const now = own.text(path)
    if (now !== null) return matches(now, substitution)
    // Of files that nobody has seen, only the vendor's own are known to be there.
    return !facts.files.known && path === edit.file
  }
  return {
    isUnread,
    includes,
    isFilled: (folder) =>
      [...contents.origins.keys(), ...own.texts()].some((path) => isInside(path, folder)) ||
      mayBeCopied(`${folder}/template`, contents),
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

/** The main configuration that is in force: the one that the command names, else the usual one. */
export function mainConfigOf(
  { file, program, option }: MainConfig,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): string {
  const named = new RegExp(String.raw`(?:^|[\s/])${program}\s(?:[^;&|]*\s)?${option}\s*["']?(/[^\s"';&|]+)`)
  return named.exec(argvOf(config).join(' '))?.[1] ?? file
}

/**
 * Whether a stock file is still read: not where the main configuration is the stage's own and does not speak of its folder.
 * `texts`: what the stage puts in.
 */
export function isIncluded(
  file: string,
  mainConfig: MainConfig | undefined,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  texts: ReadonlyMap<string, string>,
): boolean {
  if (mainConfig === undefined) return true
  const main = mainConfigOf(mainConfig, config)
  const text = texts.get(main)
  return main === file || text === undefined || speaksOf(text, parentOf(file))
}

/** Of nginx, httpd and supervisord: a `#` behind a blank, and a `;` that begins a line. */
const COMMENT = /^[ \t]*[#;].*$|[ \t]#.*$/gm

/** Whether a main configuration may include what is in a folder: `include conf.d/*.conf`. Debian's read `…-enabled`. */
function speaksOf(text: string, folder: string): boolean {
  return text.replace(COMMENT, '').includes(baseName(folder).replace(/-available$/, '-enabled'))
}

function writesInto(stage: Stage, path: string): boolean {
  return stage.instructions.some((instruction) => {
    if (!/^(COPY|ADD)$/.test(instruction.keyword)) return false
    const destination = copiedTo(instruction)
    return (
      destination !== null && (destination === path || isInside(path, destination) || destination === parentOf(path))
    )
  })
}
