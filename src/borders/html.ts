import { table } from '../table.ts'

const entities: Readonly<Record<string, string>> = table({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
})

/** Text for the content of an element and for a value in quotes. */
export function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? mark)
}

/** The same for XML 1.0, which has no place for noncharacters, controls and halves of surrogate pairs, however they are written. */
export function xmlText(text: string): string {
  return htmlText(text).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}
