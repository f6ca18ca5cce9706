import type { StageContents } from '../contents/stage-contents.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'
import { scriptFile } from './source-modules.ts'

const SCRIPT = /\.[cm]?[jt]sx?$(?<!\/node_modules\/.*)/
const IMPORTS = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,9}["'`](\.{1,2}\/[\w./@-]{0,200})["'`]/g
/** Texts that may name a file or a folder. */
const QUOTED = /["'`]([\w./@-]{2,200})["'`]/g

/**
 * Sources of JavaScript beside the started one that it never comes to: neither by imports, nor by a text that says the name of the file or
 * of a folder that it lies in, by which modules are found in a run. What a release, a build or a developer starts is among them. None
 * where no file of the stage is started.
 */
export function unreachedScripts(
  stages: readonly Pick<StageContents, 'texts'>[],
  words: readonly string[],
  workdir: string,
): ReadonlySet<string> {
  const texts = new Map(stages.flatMap((stage) => [...stage.texts].filter(([path]) => SCRIPT.test(path))))
  const starts = new Set(words.flatMap((word) => startOf(word, workdir, texts) ?? []))
  const [first] = starts
  if (first === undefined) return new Set()
  const root = isInside(first, workdir) && workdir !== '' ? workdir : parentOf(first)
  const beside = [...texts.keys()].filter((path) => isInside(path, root))
  const named = byNames(beside, root)
  const reached = new Set(starts)
  for (const path of reached) {
    const text = texts.get(path) ?? ''
    for (const [, module = ''] of text.matchAll(IMPORTS)) {
      const file = scriptFile(module, path, texts)
      if (file !== null) reached.add(file)
    }
    // What is imported is that file, whatever its folder holds beside it.
    for (const [, said = ''] of text.matchAll(QUOTED))
      if (!said.startsWith('.') || scriptFile(said, path, texts) === null)
        for (const word of said.split(/[/.]/)) {
          for (const file of named.get(word) ?? []) reached.add(file)
          named.delete(word)
        }
  }
  return new Set(beside.filter((path) => !reached.has(path)))
}

/** `server.js`, `./backend/index.ts`, and `server` for what node finds by that. */
function startOf(word: string, workdir: string, texts: ReadonlyMap<string, string>): string | null {
  const path =
    /^[\w./@-]+$/.test(word) && !word.startsWith('-') ? normalisePath(word, workdir === '' ? '/' : workdir) : null
  return path !== null && texts.has(path) ? path : null
}

/** Files by what they are called, and by the folders that they lie in below the program's. */
function byNames(paths: readonly string[], root: string): Map<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const path of paths) {
    const folders = parentOf(path).slice(root.length).split('/')
    for (const name of new Set([baseName(path).replace(SCRIPT, ''), folders.at(-1) ?? '', folders[1] ?? '']))
      if (name !== '' && name !== 'index') found.set(name, [...(found.get(name) ?? []), path])
  }
  return found
}
