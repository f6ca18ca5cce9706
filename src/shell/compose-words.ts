const END = /[;&|<>]/

/**
 * The words of a command as Compose splits a text that no shell sees: it ends at the first `&&`, `|` or `>`, and the rest is
 * dropped. Null where a quote or bracket is not closed. Source: mattn/go-shellwords, which compose-go uses.
 */
export function composeWords(text: string): readonly string[] | null {
  const words: string[] = []
  let word = null as string | null
  let within = ''
  let isEscaped = false
  for (const sign of text) {
    if (isEscaped) [word, isEscaped] = [(word ?? '') + sign, false]
    else if (sign === '\\' && within !== "'") isEscaped = true
    else if (/\s/.test(sign) && within === '') {
      if (word !== null) words.push(word)
      word = null
    } else if ((sign === '"' || sign === "'") && (within === '' || within === sign)) {
      within = within === '' ? sign : ''
      word ??= ''
    } else if (within === '' && sign === '(' && word?.endsWith('$') !== true) return null
    else if (within === '' && END.test(sign)) {
      // The number before it is a file descriptor, and no word.
      if (sign === '>' && /^\d/.test(word ?? '')) word = null
      break
    } else {
      if (sign === '`' && (within === '' || within === sign)) within = within === '' ? sign : ''
      else if (sign === '(' && within === '') within = sign
      else if (sign === ')' && within === '(') within = ''
      word = (word ?? '') + sign
    }
  }
  if (isEscaped || within !== '') return null
  return word === null ? words : [...words, word]
}
