/** The bits of an octal mode; null for another one. */
export function octal(value: string | null): number | null {
  return value !== null && /^[0-7]{3,4}$/.test(value) ? Number.parseInt(value, 8) : null
}

/** chmod(1): octal, or clauses such as `+x`, `a+rX`, `u=rwx,go=rx`. What is not understood changes nothing. */
export function changedMode(mode: number, value: string): number {
  const absolute = octal(value)
  if (absolute !== null) return absolute
  let result = mode
  for (const clause of value.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxX]*)$/.exec(clause)
    if (match === null) return mode
    const who = match[1] === '' || match[1]?.includes('a') === true ? 'ugo' : (match[1] ?? '')
    let bits = 0
    for (const letter of match[3] ?? '') bits |= letter === 'r' ? 4 : letter === 'w' ? 2 : 1
    const mask = (who.includes('u') ? 0o100 : 0) | (who.includes('g') ? 0o010 : 0) | (who.includes('o') ? 0o001 : 0)
    if (match[2] === '+') result |= mask * bits
    else if (match[2] === '-') result &= ~(mask * bits)
    else result = (result & ~(mask * 7)) | (mask * bits)
  }
  return result
}
