import type { Need } from '../../evidence/claim.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { type FileModel, realPath } from '../../image/file-model.ts'
import type { StepDownReport } from '../../image/step-down.ts'
import { type ClosedPlace, closedPlaceIn, closedPlaceOf, isInside, normalisePath, parentOf } from '../../places.ts'
import type { Grant } from '../plan.ts'

/** Code of this very image that its start runs, and that root runs again (`docker exec -u 0`, a RUN of an image built from it). */
export interface ImageCode {
  /** Programs and scripts of the start, by their own paths and by those that they lead to. */
  readonly programs: ReadonlySet<string>
  /** Folders of its PATH. */
  readonly folders: ReadonlySet<string>
}

export const noCode: ImageCode = { programs: new Set(), folders: new Set() }

/** Why a path is not given, and what to do instead. */
export interface Closed {
  /** `/etc/cron.d stays root's, since …`. */
  readonly reason: string
  readonly cure: string
  /** `--writable` gives it; nothing else does. */
  readonly byOption: boolean
}

/**
 * Whether a grant must not be made, whatever it is learned from: the one place where the list of closed places is asked. `path` is
 * a real one as far as the files are known.
 */
export function closedTo({ path, kind, tree }: Pick<Grant, 'path' | 'kind' | 'tree'>, code: ImageCode): Closed | null {
  // It reads, or goes through: whoever may do that replaces nothing.
  if (kind === 'traverse' || kind === 'group-read') return null
  const place = closedPlaceOf(path)
  if (place !== null && !isMountPlace(place, kind)) return closedBy(place)
  if (code.programs.has(path)) return { ...CODE, reason: stays(path, 'the start runs it') }
  const onPath = [...code.folders].find((folder) => isInside(path, folder))
  if (onPath !== undefined) return { ...CODE, reason: stays(onPath, 'it is in PATH') }
  // Its owner may replace what is in it, whoever that is of; in a sticky folder nobody may.
  if (!/directory$/.test(kind) && tree !== true) return null
  const inside = closedPlaceIn(path)
  if (inside !== null) return closedBy(inside)
  const own = codeIn(path, code)
  return own === null ? null : { ...CODE, reason: stays(path, `${own} in it is run by root too`) }
}

/** Code of the image in a folder, which its owner could replace; null for none. */
export function codeIn(folder: string, { programs, folders }: ImageCode): string | null {
  for (const path of [...programs, ...folders]) if (path !== folder && isInside(path, folder)) return path
  return null
}

/** Whoever calls has named it: no file of a repository, and no image. */
export function isAskedFor({ givenBy }: Need): boolean {
  return givenBy === 'user'
}

const CODE = {
  cure: 'do in a RUN what the start does to it, or let the program write into a folder of its own',
  byOption: true,
} as const

/** No distribution puts anything there (FHS 3.11, 3.12, 3.17): it may be given whole. */
function isMountPlace({ path }: ClosedPlace, kind: Grant['kind']): boolean {
  return /^\/(media|mnt|srv)$/.test(path) && /directory$/.test(kind)
}

function closedBy({ path, rule }: ClosedPlace): Closed {
  return { reason: stays(path, rule.reason), cure: rule.cure, byOption: rule.given === 'option' }
}

function stays(path: string, reason: string): string {
  return `${path} stays root's, since ${reason}`
}

/** `files`: null where nothing is known of them. */
export function imageCode(
  { config }: Pick<ImageFacts, 'config'>,
  report: Pick<StepDownReport, 'scripts' | 'unread' | 'launches'>,
  files: FileModel | null,
  /** Whose code is nobody else's to keep: it could replace that already. */
  uid: number,
): ImageCode {
  const folders = (config.env.get('PATH') ?? '').split(':').filter((folder) => /^\/./.test(folder))
  const find = (name: string): string | null => {
    if (name.includes('/')) return normalisePath(name, config.workdir)
    return folders.map((folder) => `${folder}/${name}`).find((path) => files?.exists(path) === true) ?? null
  }
  const started = [config.entrypoint?.[0], config.cmd?.[0], ...report.launches.map(({ words }) => words[0])]
  const named = [
    ...started.flatMap((name) => (name === undefined || name === '' ? [] : (find(name) ?? []))),
    ...report.scripts,
    ...report.unread.map(({ path }) => path),
  ]
  const isRoots = (path: string): boolean => {
    const entry = files?.entry(path) ?? null
    return entry !== null && entry.type !== 'directory' && entry.uid !== uid
  }
  const both = (path: string): readonly string[] => {
    if (files === null) return [path]
    const parent = realPath(files, parentOf(path))
    return [`${parent === '/' ? '' : parent}/${path.slice(path.lastIndexOf('/') + 1)}`, realPath(files, path)]
  }
  const isFolder = (path: string): boolean => files?.entry(path)?.type === 'directory' && files.entry(path)?.uid !== uid
  return {
    programs: new Set(named.flatMap(both).filter(isRoots)),
    folders: new Set(folders.map((path) => (files === null ? path : realPath(files, path))).filter(isFolder)),
  }
}
