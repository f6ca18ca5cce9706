import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { findProgram } from '../image/step-down/start.ts'
import type { Need } from '../plan/grants/need.ts'
import type { Remark } from '../plan/plan.ts'

type ClosedSources = Pick<Shipped, 'entries' | 'origins'>

/** More than these and it is no single secret: the whole checkout is closed. */
const MOST_FILES = 8

export interface ClosedFiles {
  readonly needs: readonly Need[]
  readonly remarks: readonly Remark[]
}

/** Files of the application that another user than root cannot read or execute, since COPY keeps their modes. */
export function closedNeeds(shipped: ClosedSources, config: ImageConfig, files: FileModel): ClosedFiles {
  if (shipped.origins.size === 0) return { needs: [], remarks: [] }
  const closed = [...shipped.origins.keys()].filter((path) => isClosed(shipped.entries.get(path)))
  const started = startedFiles(config, files).filter((path) => shipped.origins.has(path))
  const needs = [
    ...started.flatMap((path) => [
      ...(isProgram(shipped.entries.get(path)) ? [need('execute', path, shipped, 'started by the command')] : []),
      need('read', path, shipped, 'started by the command'),
    ]),
    ...(closed.length > MOST_FILES
      ? []
      : closed.map((path) =>
          need('read', path, shipped, shipped.origins.get(path) === path ? 'of the application' : 'copied'),
        )),
  ]
  return { needs, remarks: tooMany(closed.length, closed[0], shipped) }
}

/** Root's, and nobody else may read it. */
export function isClosed(entry: FileEntry | null | undefined): boolean {
  return entry?.type === 'file' && entry.uid === 0 && (entry.mode & 0o004) === 0
}

function need(access: 'execute' | 'read', path: string, { origins, entries }: ClosedSources, what: string): Need {
  const mode = inOctal(entries.get(path))
  const origin = origins.get(path) ?? path
  const detail =
    origin === path
      ? `${what}, with mode ${mode}`
      : `${what} from ${origin}, which has mode ${mode} there, and COPY keeps it`
  return { access, path, evidence: { source: 'framework', subject: path, detail } }
}

/** `0600` */
export function inOctal(entry: FileEntry | null | undefined): string {
  return (entry?.mode ?? 0).toString(8).padStart(4, '0')
}

/** Without any execute bit not even root can start it: the word is an argument, such as a configuration. */
function isProgram(entry: FileEntry | null | undefined): boolean {
  return entry != null && (entry.mode & 0o111) !== 0
}

function startedFiles(config: ImageConfig, files: FileModel): readonly string[] {
  return [config.entrypoint?.[0], config.cmd?.[0]].flatMap((word) => {
    const path = word === undefined ? null : findProgram(word, config, files)
    return path === null ? [] : [path]
  })
}

function tooMany(count: number, first: string | undefined, { origins }: ClosedSources): readonly Remark[] {
  if (count <= MOST_FILES || first === undefined) return []
  return [
    {
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `${count} files of the build context are closed to everybody but their owner (such as ${origins.get(first) ?? first}), and COPY keeps their modes: the user could not read them`,
      hint: 'open them in the checkout with chmod -R go+rX (a checkout under umask 077 does this), or copy them with --chown',
      about: 'COPY',
      evidence: [{ source: 'framework', subject: first, detail: 'closed to others in the build context' }],
    },
  ]
}
