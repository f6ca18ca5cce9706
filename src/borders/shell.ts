const plain = /^[\w./@%+=:,-]+$/

/** One word of a command for any POSIX shell, whatever is in the text; only NUL cannot be handed to a program at all. */
export function shellQuoted(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
