import type { AccountChoice } from '../plan.ts'

/** The account's line of passwd(5). */
export function passwdLine(account: AccountChoice): string {
  return `${account.name}:x:${account.uid}:${account.gid}::${account.home}:/sbin/nologin`
}

/** Its group's line of group(5). */
export function groupLine(account: AccountChoice): string {
  return `${account.name}:x:${account.gid}:`
}
