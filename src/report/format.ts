import type { ChangeSet } from './changes.ts'
import type { FileTexts } from './diff.ts'
import type { Inspection } from './inspection.ts'
import type { TargetResult } from './report.ts'

/** One target, ready to be shown. */
export interface Rendering {
  readonly result: TargetResult
  /** The text before; for images the one line `FROM …`. */
  readonly source: string
  /** Name in the headers of a diff, with forward slashes. */
  readonly path: string
  /** The same from the root of the repository, wherever it was run; absent outside of one. */
  readonly fromRoot?: string
  /** Of a project, with the names that headers of a diff have. */
  readonly files?: readonly FileTexts[]
  /** From the root of the repository, by what findings and services call their files; absent where there are none. */
  readonly placesFromRoot?: Readonly<Record<string, string>>
  readonly inspection?: readonly Inspection[]
  /** Its files have been changed, or written; absent: a dry run. */
  readonly isWritten?: boolean
  /** How it is built, from where it was run; absent for a project. */
  readonly build?: {
    readonly context: string
    readonly args?: Readonly<Record<string, string>>
    readonly target?: string
  }
  /** The changes that make the result; absent where there is only the whole text. */
  readonly changes?: ChangeSet
}

export interface RenderOptions {
  readonly colour: boolean
  /** Columns of the terminal that it is for; absent or null: lines are as long as they are. */
  readonly width?: number | null
  /** What the transforms do, by name. */
  readonly rules?: ReadonlyMap<string, string>
  /** A baseline has it: it is nothing to look at; absent: there is none. */
  readonly isKnown?: (fingerprint: string) => boolean
  /** The changes are in the files already, but for those whose proof failed; absent: no. */
  readonly isWritten?: boolean
}

/** One way to show results. Pure: the same results give the same text. */
export interface Format {
  /** As `--format` takes it. */
  readonly name: string
  /** What stderr need not repeat: `all`; `data` (failures are still told, for people); the `names` of many targets; or only what changes. */
  readonly tells: 'all' | 'data' | 'names' | 'changes'
  /** With a baseline it shows new findings only. Absent: it shows all of them, and may mark those that are known. */
  readonly onlyNew?: true
  /** Whole lines, or '' when there is nothing to show. */
  render(renderings: readonly Rendering[], options: RenderOptions): string
}

/** What `--format` offers, in the order of the help. A run loads the one that it prints. */
const formats: ReadonlyMap<string, () => Promise<Format>> = new Map([
  ['diff', async () => (await import('./diff.ts')).diff],
  ['dockerfile', async () => (await import('./dockerfile.ts')).dockerfile],
  ['concise', async () => (await import('./concise.ts')).concise],
  ['text', async () => (await import('./text.ts')).text],
  ['json', async () => (await import('./json.ts')).json],
  ['sarif', async () => (await import('./sarif.ts')).sarif],
  ['github', async () => (await import('./github.ts')).github],
  ['gitlab', async () => (await import('./gitlab.ts')).gitlab],
  ['junit', async () => (await import('./junit.ts')).junit],
  ['markdown', async () => (await import('./markdown.ts')).markdown],
  ['bake', async () => (await import('./bake.ts')).bake],
  ['html', async () => (await import('./html.ts')).html],
])

export const formatNames: readonly string[] = [...formats.keys()]

/** Null where there is none of this name. */
export async function formatOf(name: string): Promise<Format | null> {
  return (await formats.get(name)?.()) ?? null
}
