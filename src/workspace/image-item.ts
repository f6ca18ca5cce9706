import { resolve } from 'node:path'
import { parseReference } from '../image/reference.ts'
import type { ImageSource, WorkItem } from './work-item.ts'

/** A target that names an image. Throws HardenError `bad-reference`; paths are meant from `cwd`. */
export function imageItem(target: string, cwd: string): Omit<WorkItem, 'text'> {
  const reference = parseReference(target)
  const item = { target, kind: 'image', path: null } as const
  if (reference.kind === 'archive')
    return { ...item, reference: null, from: { reference, path: resolve(cwd, reference.file) } }
  return {
    ...item,
    reference: reference.text,
    from: reference.transport === null ? null : sources[reference.transport],
  }
}

const sources: Readonly<Record<'docker' | 'docker-daemon', ImageSource>> = {
  docker: 'registry',
  'docker-daemon': 'engine',
}
