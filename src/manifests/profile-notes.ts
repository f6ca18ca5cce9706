import { shellQuoted } from '../borders/shell.ts'
import { isInside, normalisePath } from '../places.ts'
import { grantedFolders, madeHome, outermostOwn } from '../plan/grants/ladder.ts'
import { decided } from '../plan/plan.ts'
import { hasFailed, isComplete, type TargetResult } from '../report/report.ts'
import { joinAnd } from '../words.ts'
import type { ProfileSource } from './make-profile.ts'
import {
  giveVolume,
  movesOf,
  type Profile,
  type ProfilePart,
  type ProfileVolume,
  type RunningNote,
  userText,
} from './profile.ts'
import { isInWorkdir, isPassing } from './writable-places.ts'

type UnnotedProfile = Omit<Profile, 'notes' | 'running'>

export function notesOf(profile: UnnotedProfile, source: ProfileSource): readonly string[] {
  return profile.root ? rootNotes(profile, source) : unproved(profile, source)
}

function unproved(profile: UnnotedProfile, source: ProfileSource): readonly string[] {
  const { user, readOnly, writable, asIs } = profile
  const { result, plan, vendor } = source
  const notes: string[] = []
  const { proof } = result
  if (hasFailed(result)) notes.push('the proof failed: this profile is a plan that does not work yet')
  if (proof?.reason !== undefined) notes.push(`this profile is a plan, not shown to work: ${proof.reason}`)
  if (plan.outcome === 'already' && proof === null)
    notes.push(
      'the image is not root already; that it also works with no capabilities is not shown (harden-image prove IMAGE does)',
    )
  else if (proof === null)
    notes.push('nothing of this was run: --prove shows what holds and what a read-only root needs')
  if (decided(plan, 'switch-base').length > 0)
    notes.push(`it is the vendor's own image: ${(vendor.variant?.differences ?? []).join(', ')}`)
  if (plan.offered !== null) notes.push(`it is not started as it is: ${plan.offered}`)
  if (user === null)
    notes.push('the user of the image has no number that is known here: Kubernetes cannot check it (runAsNonRoot)')
  if (!readOnly.value) notes.push(`the root stays writable: ${readOnlyReason(proof)}`)
  const closed = closedFolders(profile, source)
  if (closed.length > 0)
    notes.push(
      `${closed.join(', ')} ${closed.length === 1 ? 'belongs' : 'belong'} to the user and ${closed.length === 1 ? 'is' : 'are'} closed by the read-only root, since no run wrote there: what has to be filled later needs a mount (--writable)`,
    )
  const granted = grantedFolders(decided(plan, 'grant'))
  const mixed = writable.filter(
    ({ kind, filled, path }) => kind === 'copy' && filled && granted.includes(path) && isInWorkdir(path, source.facts),
  )
  for (const { path } of mixed)
    notes.push(
      `what it keeps in ${path} is gone with the container: the image's own files are there too, and a named volume would keep them as they are after an update; give its data a folder of its own`,
    )
  const pod = proof?.cells.find(({ name, outcome }) => name === 'volume of a pod (fsGroup)' && outcome === 'fail')
  if (pod !== undefined)
    notes.push(
      `on a volume of Kubernetes, which is root's and open to its group (fsGroup), it does not work: ${pod.reason}`,
    )
  if (asIs?.enough === true)
    notes.push('no image has to be built: --user and the mounts are enough, as far as is known')
  return notes
}

/** Folders of the user's with something in them, code most often, that no mount keeps writable. */
function closedFolders(
  { user, readOnly, writable }: UnnotedProfile,
  { plan, facts }: ProfileSource,
): readonly string[] {
  if (user === null || !readOnly.value || !facts.files.known) return []
  const volumes = facts.config.volumes.flatMap((volume) => normalisePath(volume, facts.config.workdir) ?? [])
  const open = [...writable.map(({ path }) => path), ...volumes]
  const own = outermostOwn(facts.files.value, { uid: user.value.uid, home: plan.account?.home ?? '' })
  return own.filter((path) => !open.some((place) => isInside(path, place)))
}

function readOnlyReason(proof: ProfileSource['result']['proof']): string {
  const cell = proof?.cells.find(({ name, outcome }) => name === 'read-only root' && outcome === 'fail')
  return cell === undefined ? 'which folders it writes was not shown' : `it does not work read-only (${cell.reason})`
}

function rootNotes({ capabilities }: UnnotedProfile, { plan, vendor, result }: ProfileSource): readonly string[] {
  const hints = plan.remarks.flatMap((remark) => (remark.hint === undefined ? [] : [remark.hint]))
  return [
    plan.reason.startsWith('stays root') || plan.reason.startsWith('must') ? plan.reason : `keeps root: ${plan.reason}`,
    ...(capabilities === null
      ? ['which capabilities it needs is unknown, so none is dropped: --prove finds the least']
      : capabilities.known === 'planned'
        ? ['the capabilities are those that the catalogue names; not each of them was shown to be needed']
        : []),
    ...hints.filter((hint) => !result.findings.some((finding) => finding.outcome === 'note' && finding.hint === hint)),
    ...(vendor.needsRoot?.capabilities.includes('ALL')
      ? ['by the catalogue it needs --privileged, which nothing can lock down: take what does the same without']
      : []),
    'its root is root of the host if it breaks out: userns-remap, a rootless engine or hostUsers: false (Kubernetes) makes it nobody',
  ]
}

/** What whoever has the image running as root today will meet: ports, volumes, `docker exec`, images that build upon it. */
export function runningNotes(profile: UnnotedProfile, source: ProfileSource): readonly RunningNote[] {
  if (profile.root) return []
  const said = (about: RunningNote['about'], texts: readonly string[]): readonly RunningNote[] =>
    texts.map((text) => ({ about, text }))
  return [
    ...said('ports', ports(profile)),
    ...said('data', data(profile, source)),
    ...said('shell', shell(profile, source)),
    ...said('children', children(profile, source)),
  ]
}

function ports(profile: UnnotedProfile): readonly string[] {
  return movesOf(profile).map(({ from, to, protocol }) => {
    const kind = protocol === 'tcp' ? '' : `/${protocol}`
    return `port ${from}${kind} is ${to} now: what published it as -p ${from}:${from}${kind} says -p ${from}:${to}${kind} and is found where it was; other containers call ${to}`
  })
}

function data(
  { image, user, volumes, owned, writable, readOnly }: UnnotedProfile,
  { plan, result }: ProfileSource,
): readonly string[] {
  if (user === null || plan.outcome !== 'harden') return []
  const owner = userText(user.value)
  const kept = owned.filter((path) => !isPassing(path) && !path.startsWith('/etc/'))
  const named = kept.length === 0 ? '' : ` (${joinAnd(kept)})`
  // A run with a read-only root has shown that it writes nothing.
  const isWritten = writable.some(({ path }) => !madeHome(plan.account).includes(path))
  const writesNothing = readOnly.value && readOnly.known === 'measured' && !isWritten && kept.length === 0
  if (volumes.length === 0 && writesNothing) return []
  if (volumes.length === 0)
    return [`folders of the host that it writes to${named} have to be writable for ${owner}: chown -R ${owner} FOLDER`]
  const cells = result.proof?.passed === true ? result.proof.cells : []
  const outcome = (name: string) => cells.find((cell) => cell.name === name)?.outcome
  // Names as in src/proof/volume-cells.ts.
  const [filled, given] = [
    outcome('volume previously written as root'),
    outcome('the same volume, given to the user once'),
  ]
  const said = ({ path, prepared }: ProfileVolume): string => {
    const there = `a volume that is there already at ${path}`
    if (filled === 'pass') return `${there} works as it is (measured). If yours does not`
    // The folder that a new volume starts with is root's where the image is used as it is.
    if (given === 'pass')
      return `${there} has to be given to the user (measured)${prepared ? '' : ', and so has a new one'}`
    return `${there} may belong to root${prepared ? '' : ', and a new one does'}`
  }
  return volumes.map(
    (volume) => `${said(volume)}: once, with no container on it, ${giveVolume({ image }, 'VOLUME', volume)}`,
  )
}

function shell({ user }: UnnotedProfile, { plan }: ProfileSource): readonly string[] {
  if (user === null || plan.outcome !== 'harden') return []
  return [`docker exec is ${userText(user.value)} as well: docker exec --user 0:0 where root is meant`]
}

function children({ image, user }: UnnotedProfile, { facts, plan }: ProfileSource): readonly string[] {
  if (user === null || plan.outcome !== 'harden' || (!image.derived && image.original !== null)) return []
  const triggers = facts.config.onbuild.length > 0 ? ', and its ONBUILD triggers run as the user' : ''
  return [
    `a Dockerfile FROM ${image.name} that installs something says USER 0:0 before and USER ${userText(user.value)} after${triggers}`,
  ]
}

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
