import { unmountable } from '../borders/mount.ts'
import { visibleLine } from '../borders/terminal.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import type { Vendor } from '../evidence/vendor.ts'
import { resolveUser } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { isInside, normalisePath } from '../places.ts'
import { grantedFolders } from '../plan/grants/ladder.ts'
import { decided, type StagePlan } from '../plan/plan.ts'
import type { ReportProof, TargetResult } from '../report/report.ts'
import { isInterpreter, programsOf } from '../shell/index.ts'
import { RAISED } from './overridden.ts'
import {
  derivedName,
  type ImageChange,
  type Profile,
  type ProfileImage,
  type ProfilePart,
  type ProfilePort,
  type ProfileUser,
  type ProfileVolume,
  slug,
  sysctlsFor,
} from './profile.ts'
import { notesOf, runningNotes } from './profile-notes.ts'
import { asIs, grantedPlaces, writablePlaces } from './writable-places.ts'

export interface ProfileSource {
  /** The stage that is built. */
  readonly plan: StagePlan
  readonly facts: ImageFacts
  readonly vendor: Vendor
  readonly result: TargetResult
  /** The image that was asked about; null for a Dockerfile. */
  readonly reference: string | null
  readonly folder: string
  /** NAME=VALUE, as somebody has said that it is run with. */
  readonly given?: readonly string[]
  /** What somebody calls the image that is run; null or absent where nobody has said so. */
  readonly name?: string | null
  /** Its Dockerfile is at hand and built, also where the image would do as it is. */
  readonly built?: boolean
}

/** The run-time half of a plan; null where nobody can say who runs, or where there are no such users (Windows). */
export function profileOf(source: ProfileSource): Profile | null {
  const { plan, facts, result, reference } = source
  if (plan.outcome === 'unknown' || plan.outcome === 'not-applicable') return null
  const root = plan.outcome === 'needs-root' || plan.outcome === 'exempt'
  const proof = result.proof?.passed === true ? result.proof : null
  const known = proof === null ? 'planned' : 'measured'
  const part = <T>(value: T, measured = proof !== null): ProfilePart<T> => ({
    value,
    known: measured ? 'measured' : 'planned',
  })
  const user = root ? null : userOf(plan, facts)
  const hardened = reference !== null && plan.outcome === 'harden'
  const asked = hardened && source.built !== true ? asIs(plan, facts) : null
  const derived = hardened && asked?.enough !== true
  // A program with file capabilities starts only where the container may have them; without no-new-privileges it then has them.
  const own = root || proof !== null ? [] : plan.remarks.flatMap((remark) => remark.capabilities ?? [])
  const capabilities = root ? leastRoot(plan, proof) : part<readonly string[]>([...new Set(own)].sort())
  const shown = proof?.result ?? null
  // A set-user-id program of its own: with no-new-privileges it was shown not to do its work.
  const gains = root && shown !== null && shown.uids.length > 0 && !shown.noNewPrivileges
  const readOnly = root ? part(false, false) : readOnlyOf(source, proof)
  const ports = portsOf(source)
  const writable = readOnly.value
    ? writablePlaces(source, user, proof)
    : asked?.enough
      ? grantedPlaces(source, user)
      : []
  const volumes = volumesOf(plan, facts, user ?? { uid: 0, gid: 0 }, asked?.enough === true)
  const profile: Omit<Profile, 'notes' | 'running'> = {
    target: result.target,
    kind: result.kind === 'image' ? 'image' : 'dockerfile',
    image: imageOf(source, derived),
    root,
    user: user === null ? null : { value: user, known },
    anyUid: plan.anyUid,
    capabilities,
    // Where nothing is known of its needs, it keeps what it has today.
    noNewPrivileges: part(
      capabilities !== null && own.length === 0 && !gains,
      gains || proof?.result?.noNewPrivileges === true,
    ),
    readOnly,
    writable: writable.filter(isMountable),
    owned: root ? [] : [...new Set([...grantedFolders(decided(plan, 'grant')), ...plan.handed])],
    volumes: volumes.filter(isMountable),
    ports,
    sysctls: sysctlsFor(plan.outcome === 'already' ? ports.filter((one) => !isLeftOpen(one, ports)) : ports, root),
    env:
      asked?.enough === true
        ? Object.fromEntries(decided(plan, 'set-env').map(({ name, value }) => [name, value]))
        : {},
    given: source.given ?? [],
    programs: programsOf(facts.config),
    changes: reference === null || derived ? imageChanges(plan) : [],
    asIs: asked,
  }
  return {
    ...profile,
    running: runningNotes(profile, source),
    notes: [...notesOf(profile, source), ...notMounted([...writable, ...volumes])],
  }
}

function isMountable({ path }: { readonly path: string }): boolean {
  return unmountable(path) === null
}

function notMounted(places: readonly { readonly path: string }[]): readonly string[] {
  const paths = [...new Set(places.filter((place) => !isMountable(place)).map(({ path }) => path))]
  return paths.map((path) => `${visibleLine(path)} is not mounted: ${unmountable(path)}`)
}

/** As numbers: that is all a platform can check (FACTS 2). */
function userOf(plan: StagePlan, facts: ImageFacts): ProfileUser | null {
  const { account, userBefore } = plan
  if (account?.unnumbered === true) return null
  if (account !== null) return { name: account.name, uid: account.uid, gid: account.gid }
  const text = userBefore.known ? userBefore.value : ''
  const numbered = decided(plan, 'number-user').find(({ outcome }) => outcome === 'fixed')?.text ?? text
  const [, uid, gid] = /(?<!\S)(\d+)(?::(\d+))?$/.exec(numbered) ?? []
  const name = numbered === text ? '' : (text.split(':')[0] ?? '')
  if (uid !== undefined && gid !== undefined) return { name, uid: Number(uid), gid: Number(gid) }
  if (!facts.accounts.known) return uid === undefined ? null : { name, uid: Number(uid), gid: 0 }
  const resolved = resolveUser(text, facts.accounts.value)
  if (!resolved.known) return null
  const named = facts.accounts.value.users.find((one) => one.uid === resolved.value.uid)
  return { name: named?.name ?? '', uid: resolved.value.uid, gid: resolved.value.gid }
}

/**
 * Shown by a run, or planned where the vendor's own list of what is written is at hand: a guess would only be noticed
 * when a write fails. No list says what an interpreter will be given to run.
 */
function readOnlyOf({ plan, vendor, facts }: ProfileSource, proof: ReportProof | null): ProfilePart<boolean> {
  if (proof !== null && proof.result !== null) return { value: proof.result.readOnlyRootfs, known: 'measured' }
  const programs = programsOf(facts.config)
  const isOpen = programs.length === 0 || programs.some(isInterpreter)
  const listed = plan.outcome === 'harden' && !isOpen && vendor.listsWrites
  return { value: listed, known: 'planned' }
}

function imageOf(
  { reference, folder, result, plan, vendor, name: given }: ProfileSource,
  derived: boolean,
): ProfileImage {
  const { commands } = plan.tools
  const hasChown = commands === null ? plan.tools.shell !== false : commands.has('chown')
  const lacksFind = commands !== null && !['find', 'stat', 'xargs'].every((one) => commands.has(one))
  const isSame = vendor.stepsDown === true && vendor.account?.uid === plan.account?.uid
  const tools = { ...(lacksFind ? { lacksFind } : {}), ...(isSame ? { stepsDown: true as const } : {}) }
  const [base] = decided(plan, 'switch-base')
  if (reference !== null && base !== undefined)
    return { original: reference, derived, name: given ?? base.image, chown: hasChown ? reference : 'busybox:musl' }
  const name =
    given ??
    (reference === null
      ? slug(folder === '' ? result.target : folder)
      : derived
        ? derivedName(reference, 'nonroot')
        : reference)
  return { ...tools, original: reference, derived, name, chown: hasChown ? (reference ?? name) : 'busybox:musl' }
}

function volumesOf(
  plan: StagePlan,
  facts: ImageFacts,
  user: Pick<ProfileUser, 'uid' | 'gid'>,
  isBare: boolean,
): readonly ProfileVolume[] {
  return facts.config.volumes.flatMap((volume) => {
    const path = normalisePath(volume, facts.config.workdir)
    if (path === null) return []
    // The grant of the derived image has made it so.
    const granted = decided(plan, 'grant').some((grant) => isInside(grant.path, path))
    const filled = facts.files.known && facts.files.value.list(path).length > 0
    return [{ path, uid: user.uid, gid: user.gid, prepared: !(granted && isBare), ...(filled ? { filled: true } : {}) }]
  })
}

/**
 * The capabilities of what keeps root: those that a run has shown, with those that the catalogue names for work that
 * was not exercised. Null where neither says which: dropping all of them would only stop it from starting (FACTS 20).
 */
function leastRoot(plan: StagePlan, proof: ReportProof | null): ProfilePart<readonly string[]> | null {
  const listed = plan.remarks.flatMap((remark) => remark.capabilities ?? [])
  const shown = proof?.result?.capabilities ?? null
  if (shown === null) return listed.length === 0 ? null : { value: [...new Set(listed)].sort(), known: 'planned' }
  const unseen = listed.some((name) => !shown.includes(name))
  return { value: [...new Set([...shown, ...listed])].sort(), known: unseen ? 'planned' : 'measured' }
}

/** What the plan changes in the image itself, apart from owners: a mount or a setting over it takes it back. */
function imageChanges(plan: StagePlan): readonly ImageChange[] {
  const moved = (text: string): readonly number[] =>
    decided(plan, 'port').flatMap(({ from, to }) =>
      to !== null && new RegExp(String.raw`(?<!\d)${to}(?!\d)`).test(text) ? [from] : [],
    )
  const change = (kind: ImageChange['kind'], name: string, reason: string, text: string): ImageChange => ({
    kind,
    name,
    reason,
    ports: moved(text),
  })
  return [
    ...decided(plan, 'edit-file').map(({ path, reason, substitutions }) => ({
      ...change('file', path, reason, substitutions.map(({ replacement }) => replacement).join('\n')),
      substitutions,
    })),
    ...decided(plan, 'set-env').map(({ name, value, reason }) => change('env', name, reason, value)),
    ...decided(plan, 'set-workdir').map(({ path, reason }) => change('workdir', path, reason, '')),
    ...decided(plan, 'set-command').map(({ reason, entrypoint, cmd }) =>
      change('command', 'command', reason, [...(entrypoint ?? []), ...(cmd ?? [])].join('\n')),
    ),
  ]
}

/** Where 8080 is in use it is 8081, and some vendors have 8000. */
const AROUND_RAISED = 100

/** EXPOSE of the base image still lists a port that has moved, where nobody listens now. */
function isLeftOpen({ to, protocol }: ProfilePort, ports: readonly ProfilePort[]): boolean {
  const isRaised = ({ from }: ProfilePort): boolean => Math.abs(from - to - RAISED) <= AROUND_RAISED
  return to < FIRST_UNPRIVILEGED_PORT && ports.some((one) => isRaised(one) && one.protocol === protocol)
}

/** Ports that are exposed or were seen to be bound, before and after. */
function portsOf({ plan, facts }: ProfileSource): readonly ProfilePort[] {
  const ports = new Map<string, ProfilePort>()
  const moved = decided(plan, 'switch-base').flatMap((base) => base.ports)
  for (const { port, protocol } of facts.config.exposedPorts) {
    ports.set(`${port}/${protocol}`, {
      from: port,
      to: moved.find(({ from }) => from === port)?.to ?? port,
      protocol,
    })
  }
  for (const { from, to, protocol, exposed, checkedAt } of decided(plan, 'port')) {
    const at = checkedAt === undefined ? {} : { checkedAt }
    if (exposed || to !== null) ports.set(`${from}/${protocol}`, { from, to: to ?? from, protocol, ...at })
  }
  return [...ports.values()]
}
