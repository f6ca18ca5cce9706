import type { Format } from './format.ts'

/** What `--format` offers, in the order of the help. A run loads the one that it prints. */
const formats: ReadonlyMap<string, () => Promise<Format>> = new Map([
  ['diff', async () => (await import('./diff.ts')).diff],
  ['dockerfile', async () => (await import('./dockerfile.ts')).dockerfile],
  ['text', async () => (await import('./text.ts')).text],
  ['json', async () => (await import('./json.ts')).json],
  ['sarif', async () => (await import('./sarif.ts')).sarif],
  ['markdown', async () => (await import('./markdown.ts')).markdown],
  ['html', async () => (await import('./html.ts')).html],
])

export const formatNames: readonly string[] = [...formats.keys()]

/** Null where there is none of this name. */
export async function formatOf(name: string): Promise<Format | null> {
  return (await formats.get(name)?.()) ?? null
}
