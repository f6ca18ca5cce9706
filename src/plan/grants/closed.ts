import type { Need } from '../../evidence/claim.ts'
import { baseName, type ClosedPlace, closedPlaceOf, closedPlacesIn, isInside, parentOf } from '../../places.ts'
import type { Grant } from '../plan.ts'
import type { ImageCode, Searched, Stand } from './image-code.ts'

/** Why a path is not granted, and what to do instead. */
export interface Closed {
  /** `/etc/cron.d stays root's, since …`. */
  readonly reason: string
  readonly cure: string
  /** `--writable` with `--unsafe` gives it; nothing else does. */
  readonly byOption: boolean
  /** It is the program's own code and no other program's: `--own` allows it. */
  readonly own?: true
}

/**
 * Why a grant must not be made, whatever asks for it; null where it may. The one place that decides what is code that root runs.
 * `path` is a real path as far as the files are known, as `isThere` is.
 */
export function closedTo(
  { path, kind, tree }: Pick<Grant, 'path' | 'kind' | 'tree'>,
  code: ImageCode,
  isThere: (path: string) => boolean = () => false,
): Closed | null {
  // Reading, or passing through, replaces nothing.
  if (kind === 'traverse' || kind === 'group-read') return null
  const place = closedPlaceOf(path)
  if (place !== null && !isMountPlace(place, kind)) return closedBy(place)
  const meant = closedStand(path, kind, code)
  if (meant !== null) return meant
  if (code.programs.has(path)) return { ...CODE, reason: stays(path, 'the start runs it'), own: true }
  const search = code.searched.find((each) => isSearched(path, each))
  if (search !== undefined) return { ...CODE, reason: stays(search.path, `it is in ${search.name}`) }
  const inside = closedPlacesIn(path)
  // Nobody can replace others' files in a sticky folder, but anybody can add missing ones.
  if (kind === 'sticky') {
    const made = inside.find((each) => isMakeable(each, isThere))
    if (made !== undefined) return closedBy({ ...made, path })
    const missing = code.searched.find((each) => each.missing && isInside(each.path, path))
    return missing === undefined ? null : closedCode(path, { path: missing.path })
  }
  // The owner of a folder can replace everything in it, whoever owns that.
  if (!/directory$/.test(kind) && tree !== true) return null
  const [first] = inside
  if (first !== undefined) return closedBy(first)
  const own = codeIn(path, code)
  return own === null ? null : closedCode(path, own)
}

/** The owner of a missing file can create it; nobody reads the state of a package manager that is not installed. */
function isMakeable({ path, rule }: ClosedPlace, isThere: (path: string) => boolean): boolean {
  return rule.group !== 'packages' && !isThere(path)
}

/** Code in a folder that the folder's owner could replace; null for none. */
export function codeIn(
  folder: string,
  { programs, searched, stands }: ImageCode,
): (Pick<Closed, 'own'> & { readonly path: string }) | null {
  const isIn = (path: string): boolean => path !== folder && isInside(path, folder)
  const found = [...searched, ...stands.filter(isClosed)].find(({ path }) => isIn(path))
  if (found !== undefined) return { path: found.path }
  for (const path of programs) if (isIn(path)) return { path, own: true }
  return null
}

/** The caller insists on it; neither a file of a repository nor an image can. */
export function isInsistedOn(
  { told }: Pick<Need, 'told'>,
  { byOption, own }: Pick<Closed, 'byOption' | 'own'>,
): boolean {
  return byOption && (told === 'all' || (told === 'own' && own === true))
}

const CODE = {
  cure: 'do in a RUN what the start does to it, or let the program write into a folder of its own',
  byOption: true,
} as const

function closedCode(folder: string, { path, own }: Pick<Closed, 'own'> & { readonly path: string }): Closed {
  const reason = stays(folder, `${path} in it is run by root too`)
  return { ...CODE, reason, ...(own === undefined ? {} : { own }) }
}

function isSearched(path: string, { path: folder, all }: Searched): boolean {
  if (all || path === folder) return isInside(path, folder)
  return parentOf(path) === folder && LOADED_UNASKED.test(baseName(path))
}

/** Python and the loader take them from each folder that they search, whatever a program asks for. */
const LOADED_UNASKED = /^(?:site|user)customize\.|\.so(?:\.|$)/

function isClosed({ place }: Stand): boolean {
  return closedPlaceOf(place) !== null || closedPlacesIn(place).length > 0
}

/** A folder that a variable puts in place of a listed one is closed as well. */
function closedStand(path: string, kind: Grant['kind'], { stands }: ImageCode): Closed | null {
  for (const { path: at, place: root, name } of stands) {
    if (!isInside(path, at)) continue
    const meant = `${root}${path.slice(at.length)}`
    const [place = null] = [closedPlaceOf(meant), ...(kind.endsWith('file') ? [] : closedPlacesIn(meant))].filter(
      Boolean,
    )
    if (place === null) continue
    const reason = stays(path, `${name} puts it in the place of ${meant}, and ${place.rule.reason}`)
    return { reason, cure: place.rule.cure, byOption: true }
  }
  return null
}

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
