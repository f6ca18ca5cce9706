/**
 * What a terminal, an editor or a browser acts upon instead of showing it: controls (C0, C1, DEL), marks that turn the
 * direction of text, whatever has no width, other line separators, halves of surrogate pairs. Source: Unicode 16, general
 * categories Cc, Cf, Cs, Zl and Zp, and fillers.
 */
const hidden = /[^\P{C}\p{Co}\p{Cn}\n\t]|[\u115f\u1160\u2028\u2029\u2060-\u206f\u3164\uffa0]/gu

/** What nearly every text is, with the signs that messages have, and shows as it is: V8 takes 30 milliseconds to compile the pattern above. */
export function isPlainText(text: string): boolean {
  return /^[\t\n\x20-\x7e\xa1-\xac\xae-\xff–—‘’“”…→✓✗]*$/.test(text)
}

/** Text as a person may see it: line breaks and tabs stay, what is hidden is written as its number, `\u001b`. */
export function visible(text: string): string {
  return replaceHidden(text, escapeOf)
}

/** Text with something else in the place of each character that is not seen. */
export function replaceHidden(text: string, by: (character: string) => string): string {
  return isPlainText(text) ? text : text.replace(hidden, by)
}

/** The same in one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/**
 * A copy in which every string is visible. Paths, logs and names come from images that nobody has read yet; an escape
 * sequence in one of them must not reach a terminal.
 */
export function allVisible<T>(value: T): T {
  const json = JSON.stringify(value)
  // What JSON itself escapes is not seen, but for line breaks and tabs.
  if (isPlainText(json) && !/\\[bfru]/.test(json)) return JSON.parse(json)
  return JSON.parse(json, (_key, item) => (typeof item === 'string' ? visible(item) : item))
}

/** The first character of a text that would not be seen, as `U+202E`; null where all of it is. */
export function hiddenIn(text: string): string | null {
  if (isPlainText(text)) return null
  const [found] = text.match(hidden) ?? []
  return found === undefined ? null : `U+${numberOf(found).toUpperCase()}`
}

/** The styles that this program writes; any other sequence is somebody else's. */
const STYLE = new RegExp(`(${'\u001b'}\\[(?:1|2|22|3[1236]|39)m)`)

/** For a terminal, text that is painted already: its styles stay, and nothing else that a terminal acts upon. */
export function visiblePainted(text: string): string {
  return text
    .split(STYLE)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('')
}

/** JSON knows the same escape; what lies above takes the form of JavaScript and CSS. */
function escapeOf(character: string): string {
  const number = numberOf(character)
  return number.length > 4 ? `\\u{${number}}` : `\\u${number}`
}

function numberOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
}
