import type { ReportUser, TargetResult } from './report.ts'

const origins = {
  created: 'a new account',
  image: "the image's own account",
  option: 'as asked for',
} as const satisfies Record<ReportUser['from'], string>

/** `app (10001:10001), a new account`; empty where nobody was chosen. */
export function runsAs({ user }: TargetResult): string {
  if (!user) return ''
  const ids = `${user.uid}:${user.gid}`
  if (user.name === '') return `${ids}, ${user.from === 'created' ? 'which needs no account' : origins[user.from]}`
  return `${user.name} (${ids}), ${origins[user.from]}`
}
