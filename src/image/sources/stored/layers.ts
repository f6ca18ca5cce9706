import type { FileEntry } from '../../file-model.ts'
import { joinPath, nameOf, parentOf } from '../../path.ts'
import type { LayerContent, TarContent } from '../tar.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * The files of layers, the lowest first, as a container sees them: a whiteout hides what lies below it and never what its
 * own layer brings (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
 */
export function mergeLayers(layers: readonly LayerContent[]): TarContent {
  const entries = new Map<string, FileEntry>()
  const texts = new Map<string, string>()
  for (const layer of layers) {
    hide(hiddenBy(layer, entries), entries, texts)
    for (const [path, entry] of layer.entries) {
      if (nameOf(path).startsWith(WHITEOUT)) continue
      entries.set(path, entry)
      const text = layer.texts.get(path)
      if (text === undefined) texts.delete(path)
      else texts.set(path, text)
    }
    for (const [path, target] of layer.links) {
      const entry = entries.get(target)
      const text = texts.get(target)
      if (entry !== undefined) entries.set(path, entry)
      if (text !== undefined) texts.set(path, text)
    }
  }
  return { entries, texts }
}

interface Hidden {
  /** These and all below them. */
  readonly whole: ReadonlySet<string>
  /** Only what is below these. */
  readonly below: ReadonlySet<string>
}

function hiddenBy(layer: LayerContent, lower: ReadonlyMap<string, FileEntry>): Hidden {
  const whole = new Set<string>()
  const below = new Set<string>()
  for (const [path, { type }] of layer.entries) {
    const name = nameOf(path)
    if (name === OPAQUE) below.add(parentOf(path))
    else if (name.startsWith(WHITEOUT)) whole.add(joinPath(parentOf(path), name.slice(WHITEOUT.length)))
    // A file or link in the place of a folder.
    else if (type !== 'directory' && lower.get(path)?.type === 'directory') whole.add(path)
  }
  return { whole, below }
}

function hide({ whole, below }: Hidden, entries: Map<string, FileEntry>, texts: Map<string, string>): void {
  if (whole.size === 0 && below.size === 0) return
  for (const path of [...entries.keys()]) {
    if (!isHidden(path, whole, below)) continue
    entries.delete(path)
    texts.delete(path)
  }
}

function isHidden(path: string, whole: ReadonlySet<string>, below: ReadonlySet<string>): boolean {
  if (whole.has(path)) return true
  for (let at = path; at !== '/'; ) {
    at = parentOf(at)
    if (whole.has(at) || below.has(at)) return true
  }
  return false
}
