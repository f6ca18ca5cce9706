import type { ImageConfig } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import { findProgram } from '../../image/step-down/start.ts'
import type { Need } from '../need.ts'
import { isInside } from '../places.ts'
import type { Remark } from '../plan.ts'
import { argvOf } from '../program.ts'
import type { Shipped } from '../shipped.ts'

/** More than these and it is no single secret: the whole checkout is closed. */
const MOST_FILES = 8

export interface ClosedFiles {
  readonly needs: readonly Need[]
  readonly remarks: readonly Remark[]
}

/** Files of the build context that another user than root cannot read or execute, since COPY keeps their modes; and what lies below /root. */
export function closedNeeds(shipped: Shipped, config: ImageConfig, files: FileModel): ClosedFiles {
  const closed = [...shipped.entries].filter(
    ([path, entry]) =>
      shipped.origins.has(path) && entry.type === 'file' && entry.uid === 0 && (entry.mode & 0o004) === 0,
  )
  const started = startedFiles(config, files).filter((path) => shipped.origins.has(path))
  const needs = [
    ...started.flatMap((path) => [
      need('execute', path, shipped, 'started by the command'),
      need('read', path, shipped, 'started by the command'),
    ]),
    ...(closed.length > MOST_FILES ? [] : closed.map(([path]) => need('read', path, shipped, 'copied'))),
  ]
  return { needs, remarks: [...tooMany(closed.length, closed[0]?.[0], shipped), ...belowRoot(shipped, config)] }
}

function need(access: 'execute' | 'read', path: string, { origins, entries }: Shipped, what: string): Need {
  const mode = (entries.get(path)?.mode ?? 0).toString(8).padStart(4, '0')
  const detail = `${what} from ${origins.get(path) ?? path}, which has mode ${mode} there, and COPY keeps it`
  return { access, path, evidence: { source: 'framework', subject: path, detail } }
}

function startedFiles(config: ImageConfig, files: FileModel): readonly string[] {
  return [config.entrypoint?.[0], config.cmd?.[0]].flatMap((word) => {
    const path = word === undefined ? null : findProgram(word, config, files)
    return path === null ? [] : [path]
  })
}

function tooMany(count: number, first: string | undefined, { origins }: Shipped): readonly Remark[] {
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

/** /root has mode 0700 in nearly every image: what the program needs there is out of reach (FACTS 16). */
function belowRoot({ steps }: Shipped, config: ImageConfig): readonly Remark[] {
  const found: { readonly what: string; readonly about: string; readonly line: number | null }[] = []
  if (isInside(config.workdir, '/root'))
    found.push({ what: `the working folder ${config.workdir}`, about: 'WORKDIR', line: null })
  for (const word of argvOf(config))
    if (/^\/root\//.test(word)) found.push({ what: `the command's ${word}`, about: 'CMD', line: null })
  for (const folder of (config.env.get('PATH') ?? '').split(':'))
    if (isInside(folder, '/root')) found.push({ what: `${folder} in PATH`, about: 'ENV', line: null })
  for (const { instruction } of steps) {
    const tool = instruction.keyword === 'RUN' ? homeInstall(instruction.text) : null
    if (tool !== null) found.push({ what: `what ${tool} installs`, about: 'RUN', line: instruction.line })
  }
  return found.slice(0, 3).map(({ what, about, line }) => ({
    outcome: 'todo',
    transform: 'report-remarks',
    message: `${what} lies in /root${line === null ? '' : ` (line ${line})`}, root's own home with mode 0700: another user cannot reach it`,
    hint: 'move it to a folder that everybody may read, such as /app or /opt, or install it system-wide',
    about,
    evidence: [{ source: 'declared', subject: '/root', detail: `${what} is below it` }],
  }))
}

function homeInstall(text: string): string | null {
  if (/\bpip3?\s+install\b[^&|;]*\s--user\b/.test(text)) return 'pip install --user'
  if (/nvm-sh\/nvm|\bnvm install\b/.test(text) && !/NVM_DIR=\/(?!root)/.test(text)) return 'nvm'
  if (/rustup\.rs|sh\.rustup/.test(text) && !/CARGO_HOME/.test(text)) return 'rustup'
  if (/bun\.sh\/install/.test(text)) return "bun's install script"
  return null
}
