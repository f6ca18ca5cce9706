import { isSpace } from './keywords.ts'

export type JsonForm =
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  /** A JSON array of something else, which BuildKit refuses instead of taking it for the shell form. */
  | { readonly kind: 'not-strings' }
  | { readonly kind: 'shell' }

/** Whether the arguments are a JSON array of strings. What is no valid JSON is the shell form. */
export function jsonForm(text: string): JsonForm {
  let start = 0
  while (isSpace(text[start] ?? '')) start += 1
  if (text[start] !== '[') return { kind: 'shell' }
  let values: unknown
  try {
    values = JSON.parse(text.slice(start))
  } catch {
    return { kind: 'shell' }
  }
  if (!Array.isArray(values)) return { kind: 'shell' }
  if (!values.every((value) => typeof value === 'string')) return { kind: 'not-strings' }
  return { kind: 'strings', values }
}
