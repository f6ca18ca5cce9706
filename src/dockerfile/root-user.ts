/** Whether a USER value runs as uid 0: by name or number, whatever its group; no user at all is root. */
export function isRootUser(text: string): boolean {
  const user = text.split(':', 1)[0]?.trim() ?? ''
  // Go's Atoi, which reads the number, takes a sign and leading zeros.
  return user === '' || user === 'root' || /^[+-]?0+$/.test(user)
}
