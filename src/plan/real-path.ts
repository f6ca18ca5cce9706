import type { FileView } from '../image/file-model.ts'
import { baseName, parentOf } from '../places.ts'

/** A path with every symlink on its way followed as far as the image has it: `/var/run/x/y` is `/run/x/y` before `/run/x` is made. */
export function realPath(files: FileView, path: string): string {
  const resolved = files.resolve(path)
  if (resolved !== null || path === '/') return resolved ?? path
  const parent = realPath(files, parentOf(path))
  return parent === '/' ? `/${baseName(path)}` : `${parent}/${baseName(path)}`
}

/** The nearest folder above a path that is there. */
export function existingFolder(files: FileView, path: string): string {
  let at = parentOf(path)
  while (at !== '/' && files.entry(at) === null) at = parentOf(at)
  return at
}
