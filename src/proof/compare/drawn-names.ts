import type { Operation } from '../../evidence/operation.ts'
import { withoutNumbers } from '../without-numbers.ts'

/** Letters that a program draws for a name that nobody has yet: mkstemp takes six, Python eight, an Erlang database twelve. */
const DRAWN = /^\w{3,12}$/
/** A digest or a key's thumbprint in base64url: nobody calls a file so by hand. */
const DIGEST = /^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{20,}$/

/**
 * Those without a file of the other run that is named alike but for parts that were drawn: files that were to be new
 * (O_EXCL) and folders that the run itself made, where neither run has the other's; or that are called by a digest of
 * what is in them. Each stands for one.
 */
export function withoutTwins(
  paths: readonly string[],
  before: readonly Operation[],
  after: readonly Operation[],
): readonly string[] {
  const [own, other] = [namesOf(before), namesOf(after)]
  const unused = new Set(other.files)
  return paths.filter((path) => {
    const twin = [...unused].find((candidate) => areTwins({ path, of: own }, { path: candidate, of: other }))
    if (twin !== undefined) unused.delete(twin)
    return twin === undefined
  })
}

interface Names {
  readonly files: ReadonlySet<string>
  /** Paths whose last part may have been drawn. */
  readonly drawn: ReadonlySet<string>
  /** All that the run made, without numbers. */
  readonly made: ReadonlySet<string>
}

function namesOf(operations: readonly Operation[]): Names {
  const files = new Set<string>()
  const drawn = new Set<string>()
  for (const { access, outcome, path, to, mayCreate, detail } of operations) {
    if (outcome !== 'done' || path === null) continue
    if (access === 'create-file' || (access === 'write' && mayCreate === true)) files.add(path)
    if (access === 'rename' && to !== undefined) files.add(to)
    if (access === 'create-directory' || (access === 'create-file' && /\bO_EXCL\b/.test(detail))) drawn.add(path)
  }
  return { files, drawn, made: new Set([...files, ...drawn].map(withoutNumbers)) }
}

interface Name {
  readonly path: string
  readonly of: Names
}

function areTwins(a: Name, b: Name): boolean {
  const [parts, others] = [a.path.split('/'), b.path.split('/')]
  if (parts.length !== others.length) return false
  return parts.every((part, at) => {
    const other = others[at] ?? ''
    if (withoutNumbers(part) === withoutNumbers(other)) return true
    const [mine, its] = [parts, others].map((all) => all.slice(0, at + 1).join('/')) as [string, string]
    const wasDrawn = a.of.drawn.has(mine) && b.of.drawn.has(its)
    const isNews = !a.of.made.has(withoutNumbers(its)) && !b.of.made.has(withoutNumbers(mine))
    if (isFanOut(parts, at) && isFanOut(others, at)) return true
    return isNews && ((wasDrawn && differsByDrawn(part, other)) || differsByDigest(part, other))
  })
}

/** `objects/cf/cea702819…`: a folder for the files whose digest begins so. */
function isFanOut(parts: readonly string[], at: number): boolean {
  return (
    /^[\da-f]{1,3}$/.test(parts[at] ?? '') && parts.slice(at + 1).some((part) => /^[\da-f]{30,}(\.\w+)?$/.test(part))
  )
}

/** But for its ending: `EpoOALxMlU3gCQLdz6w-SkRaaEFDXxyFSEz3bmRaPqU.jwk`. */
function differsByDigest(a: string, b: string): boolean {
  const [[stem = '', ...end], [other = '', ...otherEnd]] = [a.split('.'), b.split('.')]
  return stem.length === other.length && `${end}` === `${otherEnd}` && DIGEST.test(stem) && DIGEST.test(other)
}

function differsByDrawn(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  const differs = [...a].map((letter, at) => letter !== b[at])
  const [from, to] = [differs.indexOf(true), differs.lastIndexOf(true) + 1]
  return [a, b].every((name) => DRAWN.test(name.slice(from, to)))
}
