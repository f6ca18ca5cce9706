import type { CopiedPath, Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'
import type { Remark } from '../plan/plan.ts'

const HINT = "name the context with --context (context: in the configuration) where it is not the Dockerfile's folder"

/** Sources of COPY that the build context has not: the build would fail, and nothing is known of what they are. */
export function missingCopies({ copies }: Pick<Shipped, 'copies'>): readonly Remark[] {
  const missing = copies.filter(isMissing)
  if (missing.length === 0) return []
  const names = [...new Set(missing.map(({ source }) => source))]
  return [
    {
      outcome: 'note',
      transform: 'report-remarks',
      message: `${names.join(', ')}: not in the build context, so that what ${names.length === 1 ? 'it writes' : 'they write'} is not known`,
      hint: HINT,
      about: 'COPY',
      evidence: [],
    },
  ]
}

function isMissing({ missing }: CopiedPath): boolean {
  return missing === true
}

const SCRIPT = /\.(sh|bash|py|rb|pl|php|m?js)$|entrypoint|^(start|run|init|boot)\b/
/** Where a program is looked for that the command names without a folder. */
const ON_PATH = /^(\/usr(\/local)?)?\/s?bin$/

/**
 * A script that the command starts, and that nobody could read: what it does as root is no more than a guess. A program
 * that is no script could not be read either.
 */
export function missingScripts(
  { copies }: Pick<Shipped, 'copies'>,
  { entrypoint, cmd, workdir }: Pick<ImageConfig, 'entrypoint' | 'cmd' | 'workdir'>,
): readonly Remark[] {
  // The shell form is one word.
  const words = [...(entrypoint ?? []), ...(cmd ?? [])]
    .flatMap((word) => word.split(/\s+/))
    .filter((word) => SCRIPT.test(baseName(word)))
  const missing = copies.filter(isMissing)
  return [...new Set(words)].flatMap((word): readonly Remark[] => {
    const path = normalisePath(word, workdir)
    const copy = path === null ? undefined : missing.find((each) => bringsScript(each, word, path))
    if (copy === undefined) return []
    return [
      {
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `${word}, which it starts, could not be read: ${copy.source} is not in the build context`,
        hint: HINT,
        about: 'COPY',
        evidence: [],
      },
    ]
  })
}

/** As that file, into its folder, into one of PATH, or with the folder that it is in. */
function bringsScript({ source, destination }: CopiedPath, word: string, path: string): boolean {
  if (path === destination) return true
  if (baseName(source) !== baseName(word)) return !baseName(source).includes('.') && isInside(path, destination)
  return destination === parentOf(path) || (!word.includes('/') && ON_PATH.test(destination))
}
