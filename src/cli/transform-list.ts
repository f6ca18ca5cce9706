import type { Transform } from '../transform.ts'

type Entry = Pick<Transform, 'name' | 'summary'>

/** The verb `transforms`. */
export function transformList(transforms: readonly Entry[], format: 'text' | 'json'): string {
  const entries = transforms.map(({ name, summary }) => ({ name, summary }))
  if (format === 'json') return `${JSON.stringify(entries, null, 2)}\n`
  const width = Math.max(0, ...entries.map(({ name }) => name.length))
  return entries.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('')
}
