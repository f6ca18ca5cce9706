import { type Dirent, existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { bounds } from '../bounds.ts'
import { ANYWHERE, entriesIn, isInside } from '../files-in.ts'
import { memoizeByText } from '../memoize.ts'
import { ANYBODY, isOfOwnHand, isWritableByOthers, repositoryOf, upwards } from './repository.ts'
import { holdsHome } from './trust.ts'

/**
 * The folder whose files say how what lies in `folder` is built and run: its repository; without one the folder that the caller has
 * named (`given`) and that it lies in, or the topmost folder above it that is a project by what it holds. Never the home folder, one
 * that anybody writes into, nor one that holds several projects. All absolute; the same from wherever it is called.
 */
export function projectRoot(folder: string, given: string | null = null, home: string = homedir()): string {
  return projectRoots(given, home)(folder)
}

/** The same of many folders at one time: what stands beside them is looked at once, not by each of them anew. */
export function projectRoots(given: string | null, home: string = homedir()): (folder: string) => string {
  const entriesOf = memoizeByText((folder) => entriesIn(ANYWHERE, folder))
  const isOpen = memoizeByText((folder) => isOfNobody(folder, home))
  const several = new Map<string, boolean>()
  const holds = (at: string, isProject: boolean): boolean => {
    const key = `${isProject} ${at}`
    const known = several.get(key) ?? holdsSeveral(at, entriesOf(at), isProject)
    several.set(key, known)
    return known
  }
  return (folder) => {
    const repository = repositoryOf(folder)
    if (repository !== null && !holdsHome(repository, home)) return repository
    let root = folder
    for (const at of upwards(folder)) {
      const isProject = entriesOf(at).some(({ name }) => SIGN.test(name) && isOfOwnHand(join(at, name), folder))
      if (at !== folder && (isOpen(at) || holds(at, isProject))) return root
      if (isProject || (given !== null && isInside(at, given))) root = at
    }
    return root
  }
}

/** Of a Dockerfile, where nobody has looked yet. */
export function rootOf({ path, root }: { readonly path: string; readonly root?: string }): string {
  return root ?? projectRoot(dirname(path))
}

/** Names of what stands at the top of a project: read by people and hosts of code, or by what builds the whole of it. */
const SIGN =
  /^(?:\.(?:git(?:ignore|attributes|modules|hub|lab-ci\.yml)|hg|svn|jj|editorconfig|dockerignore|travis\.yml|circleci)|(?:README|LICEN[CS]E|COPYING|CONTRIBUTING|CHANGELOG)(?:[._-].*)?|(?:GNU)?makefile|justfile|taskfile\.ya?ml|(?:docker-)?compose[\w.-]*\.ya?ml|docker-bake\.\w+|package\.json|go\.(?:mod|work)|Cargo\.toml|pyproject\.toml|requirements\.txt|pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|composer\.json|Gemfile|mix\.exs|[\w.-]+\.sln)$/i

/** What is not of one hand. */
function isOfNobody(folder: string, home: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  return stats === undefined || isWritableByOthers(stats, ANYBODY) || holdsHome(folder, home)
}

/** Repositories side by side; or, in a folder that is no project itself, what looks like the tops of some without their history. */
function holdsSeveral(folder: string, entries: readonly Dirent[], isProject: boolean): boolean {
  const below = entries.filter((entry) => entry.isDirectory()).slice(0, bounds.surveyedFiles)
  const of = (isOne: (path: string) => boolean): boolean =>
    below.filter(({ name }) => isOne(join(folder, name))).length > 1
  return of((path) => existsSync(join(path, '.git'))) || (!isProject && of(isTop))
}

/** Of each kind a repository has one file, and a part of a project has one or the other. */
const OF_A_TOP: readonly RegExp[] = [
  /^README(?:[._-].*)?$/i,
  /^(?:LICEN[CS]E|COPYING)(?:[._-].*)?$/i,
  /^\.(?:git(?:ignore|attributes|hub|lab-ci\.yml)|editorconfig|travis\.yml|circleci)$/,
]

function isTop(folder: string): boolean {
  const entries = entriesIn(ANYWHERE, folder)
  return OF_A_TOP.filter((kind) => entries.some(({ name }) => kind.test(name))).length > 1
}
