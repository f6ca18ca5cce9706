import { dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import { bounds } from '../bounds.ts'
import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts'
import { entriesIn, isInside, textIn } from '../files-in.ts'
import { memoizeByText } from '../memoize.ts'
import { isListed, nameIn, namesOfWhole } from './image-names.ts'
import type { RepositoryFile, Run } from './readers/run.ts'
import { isOfOwnHand, repositoryOf } from './repository.ts'
import { allowedRootOf } from './trust.ts'
import { isDockerfile, isDocumentName, neverEntered } from './walk.ts'

/** A Dockerfile of a tree. */
export interface TreeDockerfile {
  readonly text: string
  readonly froms: readonly From[]
}

export interface From {
  /** Its variables filled in as far as the file says them. */
  readonly reference: string
  readonly line: number
}

function membersIn(root: string, dockerfiles: readonly string[]): ReadonlyMap<string, TreeDockerfile> {
  const members = new Map<string, TreeDockerfile>()
  for (const path of dockerfiles) {
    const text = textIn(root, path)
    if (text !== null) members.set(path, { text, froms: fromsOf(text) })
  }
  return members
}

/** Of a folder that no repository holds only what is of one hand with `own`. */
export function walkOver(
  root: string,
  own: string,
  isOther: RegExp = MAY_NAME_IMAGES,
): { readonly dockerfiles: readonly string[]; readonly others: readonly string[] } {
  const isRepository = repositoryOf(root) !== null
  const dockerfiles: string[] = []
  const others: string[] = []
  // Those of a folder come before those below it: the ones that people read first.
  const documents: string[] = []
  let level = [root]
  let entered = 0
  while (level.length > 0) {
    const next: string[] = []
    for (const folder of level) {
      if (++entered > bounds.surveyedFolders) return { dockerfiles, others: [...others, ...documents] }
      for (const entry of entriesIn(root, folder)) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) {
          if (!neverEntered.has(entry.name)) next.push(path)
        } else if (entry.isFile() && (isRepository || isOfOwnHand(path, own))) {
          if (isDockerfile(root, path, entry.name)) dockerfiles.push(path)
          else if (isOther.test(entry.name)) others.push(path)
          else if (isDocumentName(entry.name)) documents.push(path)
        }
      }
    }
    level = next
  }
  return {
    dockerfiles: dockerfiles.slice(0, bounds.surveyedFiles),
    others: [...others.slice(0, bounds.surveyedFiles), ...documents.slice(0, bounds.surveyedDocuments)],
  }
}

/** Only of such files the reader is loaded, which needs YAML. */
const MAY_NAME_IMAGES =
  /\.(ya?ml(?:[.-](?:sample|example|dist|template|default))?|json|hcl|mk|mak|sh|bash)$|^(GNUm|M|m)akefile$|^justfile$/

/** What the files of a project say of the images that its Dockerfiles make. */
export interface ProjectTree {
  /** Absolute. */
  readonly root: string
  /** What paths are said from. */
  readonly cwd: string
  /** Its Dockerfiles, by absolute path. */
  readonly members: ReadonlyMap<string, TreeDockerfile>
  readonly runs: readonly Run[]
}

/** Every file once, as far as the bounds go. `own`: a folder of it. */
export async function readTree(root: string, own: string, cwd: string): Promise<ProjectTree> {
  const { dockerfiles, others } = walkOver(root, own)
  const members = membersIn(root, dockerfiles)
  const { readerOf } = await import('./readers/index.ts')
  const { commentRuns } = await import('./readers/commands.ts')
  const envOf = envFilesAbove(root)
  const repository = namesOfWhole(root).at(-1) ?? ''
  const fileAt = (path: string, text: string, env: RepositoryFile['env']): RepositoryFile => ({
    ...{ path, root, name: relative(cwd, path), text, env, repository },
  })
  const inComments = [...members].flatMap(([path, { text }]) => commentRuns(fileAt(path, text, {})))
  const inFiles = others.flatMap((path) => {
    const reader = readerOf(path)
    const text = reader === null ? null : textIn(root, path)
    return reader === null || text === null ? [] : reader.runs(fileAt(path, text, envOf(dirname(path))))
  })
  const runs = [...inComments.filter(({ image }) => image !== null && !isListed(nameIn(image))), ...inFiles]
  return { root, cwd, members, runs }
}

/** What Compose fills variables in from: the nearest `.env`, else the one that people make it of. */
function envFilesAbove(root: string): (folder: string) => Readonly<Record<string, string | undefined>> {
  const known = new Map<string, Readonly<Record<string, string | undefined>>>()
  const envOf = (folder: string): Readonly<Record<string, string | undefined>> => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const reach = allowedRootOf(join(folder, '.env'))
    const text = ENV_FILES.map((name) => textIn(reach, join(folder, name))).find((found) => found !== null) ?? null
    const env =
      text !== null ? parseEnv(text) : folder === root || !isInside(folder, root) ? {} : envOf(dirname(folder))
    known.set(folder, env)
    return env
  }
  return envOf
}

const ENV_FILES = ['.env', '.env.example', '.env.sample', '.env.dist', '.env.template', 'env.example', 'example.env']

/** Quick, since a tree has many: what it takes for a FROM in a heredoc does no harm. */
function fromsOf(text: string): readonly From[] {
  const args = new Map<string, string>()
  const stages = new Set(['scratch'])
  const found: From[] = []
  for (const [index, written] of text.split('\n').entries()) {
    const arg = found.length > 0 ? null : /^\s*ARG\s+(\w+)=(["']?)([^\s"']*)\2\s*$/i.exec(written)
    if (arg !== null) args.set(arg[1] ?? '', filledIn(arg[3] ?? '', args))
    const from = /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(written)
    if (from === null) continue
    const reference = filledIn((from[1] ?? '').replace(/["']/g, ''), args)
    if (!stages.has(reference.toLowerCase())) found.push({ reference, line: index + 1 })
    if (from[2] !== undefined) stages.add(from[2].toLowerCase())
  }
  return found
}

/** A variable that the file does not set stays as it is written. */
function filledIn(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::?-([^{}$]*))?\}|\$(\w+)/g,
    (written, braced?: string, fallback?: string, bare?: string) => {
      const value = args.get(braced ?? bare ?? '')
      return (value === undefined || value === '' ? fallback : value) ?? written
    },
  )
}

/** Null for what is none. Several questions are asked of each. */
export const parsed: (text: string) => Dockerfile | null = memoizeByText((text) => {
  try {
    return parseDockerfile(text)
  } catch {
    return null
  }
})
