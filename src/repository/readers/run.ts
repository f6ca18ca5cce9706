import { type ImageRun, plainRun, type RunMount } from '../../image/image-run.ts'
import { parseYaml } from '../../manifests/yaml/file.ts'
import { memoizeByText } from '../../memoize.ts'
import type { ImageUser } from '../../plan/exemptions.ts'
import type { ComposeStart } from '../work-item.ts'

/** What one place of a file says of one image: that it is built, run, or worked in. `dockerfiles` or `image` say which one is meant. */
export interface Run extends Omit<ImageRun, 'kind' | 'mounts'> {
  /** `build`: nothing runs it here; `push`: a stage is built and pushed, under whatever name. */
  readonly kind: ImageRun['kind'] | ImageUser['kind'] | 'build' | 'push'
  /** Absolute. */
  readonly file: string
  /** 1-based, where a command begins; null for all else. */
  readonly line: number | null
  /** Those that may be meant, absolute, the likeliest first. */
  readonly dockerfiles: readonly string[]
  /** The name that it is run by; null where it is built. */
  readonly image: string | null
  /** What it is called once it is built, as written, variables too. */
  readonly names: readonly string[]
  /** Absolute; null where nothing says it. */
  readonly context: string | null
  /** The Compose service, which another file beside it may describe further, or the target of a bake file. */
  readonly service: string | null
  /** Of its build. */
  readonly args: ReadonlyMap<string, string>
  /** What it publishes, as written. */
  readonly ports: readonly unknown[]
  /** Files with more variables, absolute; what `env` says holds. */
  readonly envFiles: readonly string[]
  /** What it starts in place of what the image says; null for what starts nothing. */
  readonly start: Omit<ComposeStart, 'by'> | null
  readonly mounts: readonly WrittenMount[]
}

/** With where its source may be on this machine, absolute: empty for what only who runs it knows, or `caller` for the folder they are in. */
export interface WrittenMount extends RunMount {
  readonly paths: readonly string[]
  readonly isCallers: boolean
}

export const nothingSaid = {
  ...plainRun,
  dockerfiles: [],
  image: null,
  names: [],
  context: null,
  service: null,
  args: new Map<string, string>(),
  ports: [],
  envFiles: [],
  start: null,
  line: null,
} satisfies Partial<Run>

export interface RepositoryFile {
  /** Absolute. */
  readonly path: string
  /** Absolute: the top of its repository, where a command is run that does not say so. */
  readonly root: string
  /** For people. */
  readonly name: string
  readonly text: string
  /** What the `.env` of a Compose file sets. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What its repository is called. */
  readonly repository: string
}

/** A kind of file that says something of the images of its repository. */
export interface Reader {
  readonly reads: (name: string, path: string) => boolean
  readonly runs: (file: RepositoryFile) => readonly Run[]
}

/** Files of others: one that cannot be read says nothing. Several readers ask for the same one. */
export const yamlIn: (text: string) => readonly unknown[] = memoizeByText((text) => {
  try {
    return parseYaml(text, '').values
  } catch {
    return []
  }
})

/** Of a file that is a template (Jinja, Go) what it is with each part that may be left out, and a word for each that is filled in. */
export function withoutTemplates(text: string): string {
  if (!text.includes('{{') && !text.includes('{%')) return text
  const isStep = (line: string): boolean => /^\{[{%#]/.test(line) && /[}%#]\}$/.test(line)
  return text
    .split('\n')
    .map((line) => (isStep(line.trim()) ? '' : line))
    .join('\n')
    .replace(/\{[%#][^\n{}]{0,500}[%#]\}/g, '')
    .replace(/\{\{[^\n{}]{0,500}\}\}/g, 'x')
}

/** A text without variables. */
export function plain(written: unknown): string | null {
  return typeof written === 'string' && !written.includes('$') ? written : null
}
