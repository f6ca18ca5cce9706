import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bounds } from '../bounds.ts'
import { allowedRootOf, staysIn } from '../workspace/trust.ts'

/** A folder of configuration has no more entries than that; one of data is not read. */
const MOST = 100

/**
 * The texts of a file, or of the files of a folder, that a service mounts: `./conf.d`. Null for what is no path of this
 * machine, or lies outside of the repository of `folder`, or cannot be read.
 */
export function mountedTexts(source: string, folder: string): readonly string[] | null {
  if (!/^\.{0,2}\//.test(source) && source !== '.') return null
  const texts: string[] = []
  const paths = [resolve(folder, source)]
  const allowedRoot = allowedRootOf(join(folder, 'compose.yaml'))
  if (!paths.every((path) => staysIn(allowedRoot, path))) return null
  try {
    for (const path of paths) {
      const stats = lstatSync(path)
      if (stats.isDirectory()) paths.push(...readdirSync(path).map((name) => join(path, name)))
      else if (stats.isFile() && stats.size <= bounds.textBytes) texts.push(readFileSync(path, 'utf8'))
      if (paths.length > MOST) return null
    }
    return texts
  } catch {
    return null
  }
}
