// SGR codes, on and off. Report modules are pure, so no node:util, which looks at the process.
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

export type Style = keyof typeof codes
export type Paint = (style: Style, text: string) => string

export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text
  return (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`
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
