import type { Account } from './facts.ts'

/**
 * Whether USER text runs as uid 0 in every image: no user at all, `root`, or a number that is 0 to the engine, whatever the
 * group. Numbers count as the engine counts them: with a sign, leading zeros, and cut to 32 bits (an older containerd cuts
 * without asking for the range, CVE-2024-40635).
 */
export function isRootUser(text: string): boolean {
  const user = text.split(':', 1)[0]?.trim() ?? ''
  if (user === '' || user === 'root') return true
  const number = engineNumber(user)
  return number !== null && engineId(number) === 0
}

/** What Go's Atoi makes of a whole text; null where that is an error, and the text a name. */
export function engineNumber(text: string): bigint | null {
  if (!/^[+-]?\d+$/.test(text)) return null
  const number = clamped(text)
  return number === MOST || number === -MOST - 1n ? null : number
}

/** The id of the process, which has 32 bits. */
export function engineId(number: bigint): number {
  return Number(BigInt.asUintN(32, number))
}

/**
 * passwd(5) as the engine reads it (moby/sys/user): each line is an entry, also one that the C library skips (comments, NIS
 * lines, too few fields), and an id that is no number is 0. So a name in a broken line is root.
 */
export function engineEntries(passwd: string): readonly Account[] {
  return passwd.split('\n').flatMap((line): readonly Account[] => {
    const text = line.trim()
    if (text === '') return []
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = text.split(':')
    return [{ name, uid: fieldId(uid), gid: fieldId(gid), home: home || '/', shell }]
  })
}

function fieldId(text: string): number {
  return /^[+-]?\d+$/.test(text) ? engineId(clamped(text)) : 0
}

const MOST = 2n ** 63n - 1n

/** Beyond 64 bits the number stays at their end. Never reads on: the digits may be a whole file. */
function clamped(text: string): bigint {
  const isNegative = text.startsWith('-')
  const digits = text.replace(/^[+-]?0*/, '')
  const number = digits === '' ? 0n : digits.length > 19 ? MOST + 1n : BigInt(digits)
  if (isNegative) return number > MOST ? -MOST - 1n : -number
  return number > MOST ? MOST : number
}
