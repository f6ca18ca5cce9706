import { shellQuoted } from '../borders/shell.ts'
import type { TargetResult } from '../report/report.ts'
import { isComplete } from '../report/report.ts'
import { type Profile, type ProfilePart, userText } from './profile.ts'

/**
 * What goes with a profile, for people: what holds and how that is known, what to do first, what changes. `given`: the
 * flags of the call.
 */
export function profileNotes(
  profile: Profile,
  result: TargetResult,
  isBuilt: boolean,
  more: readonly string[],
  given: readonly string[] = [],
): string {
  const { asIs, image, target } = profile
  const todo = result.findings.filter(({ outcome }) => outcome === 'todo' || outcome === 'offered')
  const sections: (readonly [string, readonly string[]])[] = [
    [`${target}: ${partsOf(profile).join('; ')}`, []],
    ...(asIs === null
      ? []
      : [
          [
            `with --user alone: ${asIs.breaks.length === 0 ? 'works, as far as is known' : asIs.enough ? 'works with the mounts' : 'no, a derived image is needed'}`,
            asIs.breaks,
          ] as const,
        ]),
    ...(image.derived ? [[made(image.name, isBuilt, result), []] as const] : []),
    ...(profile.kind === 'dockerfile' && result.changed && isComplete(result)
      ? [[changed(profile, isBuilt, result, given), []] as const]
      : []),
    ['left to do', profile.root ? [] : todo.map(({ message }) => message)],
    ['what changes for those who have it running today', profile.running.map(({ text }) => text)],
    ['to know', [...profile.notes, ...more]],
  ]
  return sections
    .filter(([title, lines]) => lines.length > 0 || !/^(left to do|what changes|to know)/.test(title))
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n')
    .concat('\n')
}

/** The same call builds what it says, with all its flags and what its proof found. */
function made(name: string, isBuilt: boolean, { verdict }: TargetResult): string {
  if (!isBuilt) return `${name} has to be built first: the same command with --build does it`
  return isComplete({ verdict }) ? `built ${name}` : `${name} was not built: it is ${verdict}`
}

/** The profile is for the Dockerfile as it becomes, which nothing has written yet. */
function changed({ image, target }: Profile, isBuilt: boolean, result: TargetResult, given: readonly string[]): string {
  const words = ['harden-image -w', ...(result.proof === null ? [] : ['--prove']), ...given, shellQuoted(target)]
  const written = target === '-' ? '' : `${words.join(' ')} changes it`
  if (isBuilt)
    return [
      made(image.name, true, result),
      ...(written === '' ? [] : [`${target} itself is as it was: ${written}`]),
    ].join('; ')
  const how = ['the same command with --build does it', ...(written === '' ? [] : [`and ${written}`])].join(', ')
  return `${image.name} has to be built of the changed Dockerfile first: ${how}`
}

function partsOf({ user, root, capabilities, noNewPrivileges, readOnly, writable }: Profile): readonly string[] {
  const said = <T>(part: ProfilePart<T>, text: string): string => `${text} (${part.known})`
  const who = root
    ? 'runs as root'
    : user === null
      ? 'runs as its own user'
      : said(user, `runs as ${[user.value.name, userText(user.value)].filter(Boolean).join(' ')}`)
  return [
    who,
    capabilities === null
      ? 'default capabilities'
      : said(
          capabilities,
          capabilities.value.length === 0 ? 'no capabilities' : `only ${capabilities.value.join(', ')}`,
        ),
    ...(noNewPrivileges.value ? [said(noNewPrivileges, 'no new privileges')] : []),
    ...(readOnly.value
      ? [
          said(
            readOnly,
            `read-only root${writable.length === 0 ? '' : `, ${writable.map(({ path }) => path).join(', ')} writable`}`,
          ),
        ]
      : []),
  ]
}
