import { bounds } from '../../bounds.ts'
import { type Dockerfile, parseDockerfile } from '../../dockerfile/index.ts'
import { asObject, type Json } from '../../manifests/yaml/file.ts'
import { isDocumentName } from '../walk.ts'
import { commandRuns } from './commands.ts'
import { compose, serviceRuns } from './compose.ts'
import { nothingSaid, type Reader, type RepositoryFile, type Run, yamlIn } from './run.ts'
import { jobRuns } from './workflow.ts'

/** What a document shows: commands, and Compose files, workflows and Dockerfiles between its lines. */
export const document: Reader = {
  reads: isDocumentName,
  runs: (file) => [...commandRuns(file), ...servicesOf(file), ...buildsOfSnippets(file), ...jobsOf(file)],
}

/** Each may be the short form of another, as commands may. */
function servicesOf(file: RepositoryFile): readonly Run[] {
  return snippetsIn(file.text, SERVICES).flatMap(({ snippet, line }) => {
    const source = { ...file, name: `${file.name} line ${line}` }
    const runs = /^[ \t]{0,20}services:/m.test(snippet)
      ? compose.runs({ ...source, text: snippet })
      : serviceRuns(partOfServices(snippet, file), source)
    return runs.flatMap((run) =>
      run.kind === 'service' ? [{ ...run, kind: 'command', service: null, dockerfiles: [], names: [] } as const] : [],
    )
  })
}

const SERVICES = /^[ \t]{0,20}(?:services|volumes):/m

/** Services without the line above them, and the volumes alone of the one that the document is about. */
function partOfServices(snippet: string, { repository }: RepositoryFile): Json {
  const said = asObject(yamlIn(snippet)[0])
  if (Object.keys(said).join() === 'volumes')
    return Array.isArray(said.volumes) ? { [repository]: { ...said, image: repository } } : {}
  const services = Object.entries(said).filter(([, one]) => {
    const { image, volumes, script } = asObject(one)
    return typeof image === 'string' && Array.isArray(volumes) && script === undefined
  })
  return Object.fromEntries(services)
}

/** The jobs of workflows run in an image as well. */
function jobsOf(file: RepositoryFile): readonly Run[] {
  return snippetsIn(file.text, /^[ \t]{0,20}container:/m).flatMap(({ snippet, line }) => {
    const { jobs } = asObject(yamlIn(snippet)[0])
    const source = { ...file, name: `${file.name} line ${line}` }
    return Object.entries(asObject(jobs)).flatMap(([job, written]) => jobRuns(job, asObject(written), source))
  })
}

/** Dockerfiles in a document that run something in an image before they say a user. */
function buildsOfSnippets(file: RepositoryFile): readonly Run[] {
  return snippetsIn(file.text, MAY_BUILD).flatMap(({ snippet, line }) => {
    const stages = dockerfileIn(snippet)?.stages ?? []
    return stages.flatMap(({ base, instructions }): readonly Run[] => {
      const first = instructions.find(({ keyword }) => keyword === 'RUN' || keyword === 'USER')
      if (base.kind !== 'image' || first?.keyword !== 'RUN') return []
      const work = (first.json?.map(({ value }) => value).join(' ') ?? first.text).replace(/\s+/g, ' ').trim()
      const by = `${file.name} line ${line + first.line - 1}`
      const builds = work.length > LONGEST_WORK ? `${work.slice(0, LONGEST_WORK)}…` : work
      return [{ ...nothingSaid, by, kind: 'command', image: base.reference, file: file.path, builds }]
    })
  })
}

const MAY_BUILD = /^[ \t]{0,20}FROM[ \t]/m
const LONGEST_WORK = 40

function dockerfileIn(snippet: string): Dockerfile | null {
  try {
    return parseDockerfile(snippet)
  } catch {
    return null
  }
}

/** What stands between the fences of a document and says something, without its indent; `line`: 1-based, where it begins. */
function snippetsIn(text: string, says: RegExp): readonly { readonly snippet: string; readonly line: number }[] {
  const lines = says.test(text) ? text.split('\n') : []
  const found: { readonly snippet: string; readonly line: number }[] = []
  for (let from = 0; from < lines.length && found.length < bounds.buildCommands; from += 1) {
    const block = blockAt(lines, from)
    if (block === null) continue
    const { length, indent } = block
    if (length < 0) return found
    const written = lines.slice(from + 1, from + 1 + length)
    const snippet = written.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n')
    if (says.test(snippet)) found.push({ snippet, line: from + 2 })
    from += block.isClosed ? length + 1 : length
  }
  return found
}

/** Between fences of Markdown (```) or AsciiDoc (----), or what is indented below a directive of reStructuredText. */
function blockAt(
  lines: readonly string[],
  from: number,
): { readonly length: number; readonly indent: string; readonly isClosed: boolean } | null {
  const line = lines[from] ?? ''
  const [, indent = '', fence] = /^([ \t]{0,20})(```+|~~~+|-{4,}(?=\s*$))/.exec(line) ?? []
  // Below a heading, such a line closes nothing.
  const isHeading =
    fence?.startsWith('-') === true && (lines[from - 1] ?? '').trim() !== '' && !/^\[/.test(lines[from - 1] ?? '')
  if (fence !== undefined && !isHeading)
    return { length: lines.slice(from + 1).findIndex((other) => other.trim() === fence), indent, isClosed: true }
  const directive = /^([ \t]{0,20})(?:\.\. (?:code|code-block|sourcecode)::|(?!\.\. )\S.{0,400}::\s*$)/.exec(line)
  if (directive === null) return null
  const outer = directive[1] ?? ''
  const rest = lines.slice(from + 1)
  const end = rest.findIndex((other) => other.trim() !== '' && !/^[ \t]/.test(other.slice(outer.length)))
  const length = end < 0 ? rest.length : end
  const first = rest.slice(0, length).find((other) => /^[ \t]*[^\s:]/.test(other)) ?? ''
  return { length, indent: /^[ \t]*/.exec(first)?.[0] ?? '', isClosed: false }
}
