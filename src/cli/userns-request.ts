import { HardenError } from '../errors.ts'
import type { UsernsRequest } from '../userns/request.ts'
import { nearestName } from '../workspace/nearest-name.ts'
import { oneOf } from '../workspace/settings.ts'
import type { Parsed } from './read-flags.ts'

const actions = ['check', 'plan', 'apply', 'revert'] as const

export const usernsExamples: [string, string][] = [
  ['$0 userns check', 'is root in a container root on this host? what would break?'],
  ['$0 userns plan | sudo patch -p1 -d /', 'the same as apply, without its backup'],
  ['sudo $0 userns apply', 'daemon.json, subuid and subgid; dockerd is not restarted'],
  ['sudo $0 userns apply --user build:build', "with the sub ids of the host's account build"],
  ['sudo $0 userns revert', 'every byte as it was'],
  ['$0 userns plan --root /mnt/image', 'for a system that is mounted there'],
]

/** `userns ACTION`. Throws HardenError `bad-usage`. */
export function usernsRequest(parsed: Parsed, positionals: readonly string[]): UsernsRequest {
  const [word, extra] = positionals
  const action = actions.find((name) => name === word)
  if (action === undefined) {
    const meant = word === undefined ? null : nearestName(word, actions)
    throw usage(
      word === undefined ? 'userns needs an action' : `userns cannot ${word}`,
      meant === null ? `there are ${actions.join(', ')}` : `did you mean ${meant}?`,
    )
  }
  if (extra !== undefined) throw usage(`userns ${action} takes no target, ${extra} is one`)
  const user = text(parsed, 'user')
  if (user !== null && action !== 'plan' && action !== 'apply') {
    throw usage(`--user is for plan and apply, not for ${action}`, 'leave it out')
  }
  return {
    kind: 'userns',
    action,
    user,
    root: text(parsed, 'root'),
    config: text(parsed, 'config'),
    engine: choice(parsed, 'engine', ['auto', 'docker', 'none']) === 'none' ? 'none' : 'auto',
    format: choice(parsed, 'format', ['text', 'json']) === 'json' ? 'json' : 'text',
  }
}

function choice(parsed: Parsed, name: string, names: readonly string[]): string | null {
  const value = text(parsed, name)
  const wrong = value === null ? null : oneOf(names)(value)
  if (wrong !== null) throw usage(`--${name} ${wrong}, not ${JSON.stringify(value)}`)
  return value
}

function text(parsed: Parsed, name: string): string | null {
  const value = parsed[name]
  if (value === undefined) return null
  if (Array.isArray(value)) throw usage(`--${name} is given twice`, 'keep one of them')
  if (typeof value !== 'string' || value === '') throw usage(`--${name} needs a value`)
  return value
}

function usage(message: string, hint?: string): HardenError {
  return new HardenError('bad-usage', message, hint === undefined ? {} : { hint })
}
