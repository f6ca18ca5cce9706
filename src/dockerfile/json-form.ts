import { isSpace } from './keywords.ts'
import type { JsonItem, Span } from './model.ts'

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

/** The value of each string span of a JSON array, by offsets into `text`. */
export function jsonItems(
  values: readonly string[],
  spans: readonly Span[],
  toSource: (span: Span) => Span,
): readonly JsonItem[] {
  return spans.map((span, index) => ({ value: values[index] ?? '', span: toSource(span) }))
}
