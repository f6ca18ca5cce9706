import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

export function painter(colour: boolean): Paint {
  // The stream was asked already; styleText must not ask stdout again.
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
}

// Control characters and those that change the direction of text, line breaks and tabs excepted.
const hidden = /[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * A copy in which every string shows its control characters. Paths, logs and names come from images that nobody has
 * read yet; an escape sequence in one of them must not reach a terminal.
 */
export function visible<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, item) => (typeof item === 'string' ? shown(item) : item))
}

function shown(text: string): string {
  return text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
