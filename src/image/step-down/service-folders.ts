import { joinPath, nameOf, normalisePath } from '../../path.ts'
import type { FileModel } from '../file-model.ts'
import type { StartScript } from './start.ts'

/** Supervisors that start `run` in each folder below the one they are given. */
const SUPERVISORS = new Set(['s6-svscan', 'runsvdir'])

/** What such a supervisor starts; a file `down` keeps a service from it. */
export function serviceScripts(argv: readonly string[], files: FileModel | null): readonly StartScript[] {
  const [program = '', ...rest] = argv
  if (files === null || !SUPERVISORS.has(nameOf(program))) return []
  const named = rest.find((word) => word.startsWith('/'))
  if (named === undefined) return []
  const folder = normalisePath(named)
  return files.list(folder).flatMap((name) => {
    const service = joinPath(folder, name)
    const path = joinPath(service, 'run')
    const text = files.text(path)
    return text === null || files.entry(joinPath(service, 'down')) !== null ? [] : [{ path, text }]
  })
}
