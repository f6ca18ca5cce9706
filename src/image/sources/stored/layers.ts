import { joinPath, nameOf, parentOf } from '../../../path.ts'
import type { FileEntry } from '../../file-model.ts'
import type { ImageLimits } from '../image-limits.ts'
import type { LayerContent, TarContent } from '../tar.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * The files of layers, the lowest first, as a container sees them: a whiteout hides what lies below it and never what its
 * own layer brings (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts). Nothing is taken away
 * before the end: each entry is of a layer, and what a later one hides is gone, so the work is that of one look at each.
 */
export function mergeLayers(layers: readonly LayerContent[], limits: ImageLimits): TarContent {
  const entries = new Map<string, FileEntry>()
  const texts = new Map<string, string>()
  /** The layer that each is of. */
  const since = new Map<string, number>()
  const hidden = hiddenPaths()
  const isHidden = (path: string): boolean => hidden.by(path) > (since.get(path) ?? -1)
  const set = (path: string, entry: FileEntry, text: string | undefined, layer: number): void => {
    // What is made again comes last.
    if (entries.has(path) && isHidden(path)) entries.delete(path)
    entries.set(path, entry)
    since.set(path, layer)
    if (text === undefined) texts.delete(path)
    else texts.set(path, text)
  }
  layers.forEach((layer, index) => {
    limits.lay(layer.entries.size + layer.links.size)
    hidden.add(layer, entries, index)
    for (const [path, entry] of layer.entries)
      if (!nameOf(path).startsWith(WHITEOUT)) set(path, entry, layer.texts.get(path), index)
    for (const [path, target] of layer.links) {
      const entry = isHidden(target) ? undefined : entries.get(target)
      if (entry !== undefined) set(path, entry, texts.get(target), index)
    }
    checkParents(layer, index)
  })
  if (hidden.some)
    for (const path of [...entries.keys()])
      if (isHidden(path)) {
        entries.delete(path)
        texts.delete(path)
      }
  return { entries, texts }

  /** Engines do not agree on whether what lies behind a link of a lower layer is put there, or in a folder in its place. */
  function checkParents(layer: LayerContent, index: number): void {
    if (index === 0) return
    const fine = new Set(['/'])
    for (const path of layer.entries.keys()) {
      for (let at = parentOf(path); !fine.has(at); at = parentOf(at)) {
        fine.add(at)
        const entry = isHidden(at) ? undefined : entries.get(at)
        if (entry !== undefined && entry.type !== 'directory') limits.giveUp(`${path} is in it, and ${at} is no folder`)
      }
    }
  }
}

/** What layers hide: the last layer that hid a path, with or without itself and always with all below it. */
function hiddenPaths() {
  const whole = new Map<string, number>()
  const below = new Map<string, number>()
  const folders = new Map<string, number>()
  /** Of what lies in that folder. */
  const inFolder = (folder: string): number => {
    const known = folders.get(folder)
    if (known !== undefined) return known
    const own = Math.max(whole.get(folder) ?? -1, below.get(folder) ?? -1)
    const found = folder === '/' ? own : Math.max(own, inFolder(parentOf(folder)))
    folders.set(folder, found)
    return found
  }
  return {
    get some(): boolean {
      return whole.size > 0 || below.size > 0
    },
    add(layer: LayerContent, lower: ReadonlyMap<string, FileEntry>, index: number): void {
      for (const [path, { type }] of layer.entries) {
        const name = nameOf(path)
        if (name === OPAQUE) below.set(parentOf(path), index)
        else if (name.startsWith(WHITEOUT)) whole.set(hiddenBy(path, name), index)
        // A file or link in the place of a folder.
        else if (type !== 'directory' && lower.get(path)?.type === 'directory') whole.set(path, index)
      }
      folders.clear()
    },
    by(path: string): number {
      if (whole.size === 0 && below.size === 0) return -1
      return Math.max(whole.get(path) ?? -1, path === '/' ? -1 : inFolder(parentOf(path)))
    },
  }
}

function hiddenBy(path: string, name: string): string {
  const gone = name.slice(WHITEOUT.length)
  if (gone !== '' && gone !== '.' && gone !== '..') return joinPath(parentOf(path), gone)
  throw new Error(`${path} hides no file`)
}
