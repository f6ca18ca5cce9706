import { composeValue } from '../../borders/mount.ts'
import { shellQuoted } from '../../borders/shell.ts'
import { visibleLine } from '../../borders/terminal.ts'
import { isInside, isSharedFolder, isSystemFolder, outermost } from '../../places.ts'
import { joinAnd } from '../../words.ts'
import { slug, writtenPlaces } from '../profile.ts'
import type { Migration, PlannedService, Project, Service, ServiceMount, StackFile } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { blockText, flowText } from '../yaml/style.ts'
import type { HostEntry } from './host-files.ts'
import { migrationScript } from './migration-script.ts'

interface ComposeChoice {
  /** As for `-f`, from the project's folder: those that were named or found, none that they include or extend. */
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly envFiles: readonly string[]
  /** Null where the folder or a file says it. */
  readonly projectName: string | null
}

export interface MigrationFacts {
  readonly choice: ComposeChoice
  /** Services whose image is known to have a shell, `find`, `stat`, `xargs`, `chown` and `chmod`. */
  readonly equipped: ReadonlySet<string>
  readonly entries: ReadonlyMap<string, HostEntry>
  /** What stands in MIGRATION_FILE of the project's folder; null where nothing does. */
  readonly existing: string | null
}

/** What happens to a volume or folder whose services run as other users. */
export interface VolumeNeed {
  /** Its name in the project; for a folder of the machine its absolute path. */
  readonly volume: string
  readonly kind: 'volume' | 'host'
  readonly services: readonly string[]
  /** `nothing`: nobody who writes there changes; `unknown`: a person has to see to it. */
  readonly need: 'nothing' | 'migration' | 'unknown'
  /** A sentence's second half, for people. */
  readonly reason: string
  /** The new owner; null where it stays, or nobody can say. */
  readonly owner: VolumeOwner | null
}

interface VolumeOwner {
  readonly uid: number
  readonly gid: number
  /** The users before, whose files change their owner. */
  readonly from: readonly number[]
  /** Users that share it as members of the group; empty where there is one. */
  readonly members: readonly number[]
  /** Folders and files in it that are written, `''` for all of it. */
  readonly paths: readonly string[]
}

export interface PlannedMigration {
  readonly migration: Migration | null
  /** The Compose file of the service, also where it is there already; null where nothing needs it. */
  readonly text: string | null
  readonly files: readonly StackFile[]
  readonly volumes: readonly VolumeNeed[]
}

export const MIGRATION_FILE = 'migrate-volumes.yaml'
export const MIGRATION_SERVICE = 'migrate-volumes'
export const MIGRATION_OWNERS = 'migrate-volumes-owners'
const MARK = '# harden-image:'
/** A small image with everything that the script calls, as in the `docker run` of a profile's notes. */
const FALLBACK_IMAGE = 'busybox:musl'

/**
 * How files that root left in volumes and data folders come to the planned users: a Compose file beside the others, with one
 * service that is run once, by name.
 */
export function migrationOf(
  project: Project,
  planned: readonly PlannedService[],
  facts: MigrationFacts,
): PlannedMigration {
  const volumes = needsOf(project, planned, facts)
  const rows = volumes.filter(({ need }) => need === 'migration')
  if (rows.length === 0) return { migration: null, text: null, files: [], volumes }
  const isFree = facts.existing === null || facts.existing.startsWith(MARK)
  const name = isFree ? MIGRATION_FILE : `${MIGRATION_SERVICE}.harden-image.yaml`
  const after = migrationFile(project, planned, rows, facts, name)
  const before = isFree ? facts.existing : null
  const compose = composeCommand(facts.choice, [...facts.choice.files, name])
  const stopped = `${composeCommand(facts.choice, facts.choice.files)} stop && ${compose} run --rm ${MIGRATION_SERVICE}`
  return {
    migration: {
      command: stopped,
      undo: `${stopped} undo`,
      steps: rows.map(({ volume, owner, reason }) => visibleLine(`${volume}: ${ownerText(owner)}, since ${reason}`)),
    },
    text: after,
    files: before === after ? [] : [{ path: `${project.folder}/${name}`, name, before, after }],
    volumes,
  }
}

function ownerText(owner: VolumeOwner | null): string {
  if (owner === null) return ''
  const { uid, gid, from, members } = owner
  const whose = from.map((one) => (one === 0 ? 'root' : `uid ${one}`)).join(' and ')
  return members.length > 0
    ? `what ${whose} has left there goes to group ${gid}`
    : `what ${whose} has left there goes to ${uid}:${gid}`
}

/** Who writes to a place, before and after. */
interface Writer {
  readonly service: string
  readonly mount: ServiceMount
  readonly before: readonly number[]
  readonly after: { readonly uid: number; readonly gid: number } | null
  readonly groups: readonly number[]
  /** It runs without any capability, as this tool runs it. */
  readonly isLocked: boolean
  /** Parts of the mount that the image is known to write, `''` for all of it; empty for none. */
  readonly paths: readonly string[]
}

function needsOf(
  project: Project,
  planned: readonly PlannedService[],
  { entries }: MigrationFacts,
): readonly VolumeNeed[] {
  const places = new Map<string, Writer[]>()
  for (const one of planned)
    for (const mount of one.service.mounts) {
      if (mount.readOnly || mount.source === '' || (mount.kind !== 'volume' && mount.kind !== 'host')) continue
      places.set(mount.source, [...(places.get(mount.source) ?? []), writerOf(one, mount)])
    }
  return [...places].map(([volume, all]) => {
    const device = project.volumes.get(volume)?.device ?? null
    const isHost = all.some(({ mount }) => mount.kind === 'host')
    const known = all.filter(({ paths }) => paths.length > 0)
    // A volume is meant to be written. A folder of the machine counts only where the image is known to write there.
    const writers = known.length > 0 || isHost ? known : all.map((one) => ({ ...one, paths: [''] }))
    const kind = isHost || device !== null ? 'host' : 'volume'
    const path = isHost ? volume : device
    const reason = path === null ? null : hostReason(path, project, entries)
    const untouched = reason === null ? null : { reason, entry: entries.get(path ?? '') }
    const need = needOf(writers, rootOf(all), untouched)
    return { volume, kind, services: writers.map(({ service }) => service), ...need }
  })
}

/** Why a place of the machine is not to be touched; null where it may be. */
function hostReason(path: string, project: Project, entries: MigrationFacts['entries']): string | null {
  if (isSharedFolder(path) || isSystemFolder(path)) return 'it is a folder of the system, which keeps its owner'
  const builds = project.services.flatMap(({ build }) => [build?.context, build?.dockerfile])
  const sources = [project.folder, ...project.files.map((file) => file.path), ...builds].filter((one) => one != null)
  if (entries.get(path)?.isCheckout === true || sources.includes(path))
    return 'it is a checkout, which belongs to whoever edits it'
  return sources.some((one) => isInside(one, path)) ? "this project's sources lie in it, so it keeps its owner" : null
}

function rootOf(writers: readonly Writer[]): readonly string[] {
  return writers.filter(({ after }) => after?.uid === 0).map(({ service }) => service)
}

function needOf(
  writers: readonly Writer[],
  stays: readonly string[],
  untouched: { readonly reason: string; readonly entry: HostEntry | undefined } | null,
): Pick<VolumeNeed, 'need' | 'reason' | 'owner'> {
  const nothing = (reason: string) => ({ need: 'nothing', reason, owner: null }) as const
  const unknown = (reason: string) => ({ need: 'unknown', reason, owner: null }) as const
  if (writers.length === 0) return nothing('no image is known to write there')
  const open = writers.find(({ after }) => after === null)
  if (writers.every(({ after }) => after === null))
    return nothing('nobody has looked into the images of those who write there')
  if (open !== undefined) return unknown(`nobody can say who ${open.service} runs as`)
  const users = writers.flatMap(({ after }) => (after === null ? [] : [after]))
  const others = users.filter(({ uid }) => uid !== 0)
  const [first] = others
  if (first === undefined) return nothing('those who write there stay root')
  const from = [...new Set(writers.flatMap(({ before }) => before))].filter(
    (uid) => !others.some((one) => one.uid === uid),
  )
  const isOne = others.every(({ uid }) => uid === first.uid)
  const shared = writers
    .filter(({ after }) => after?.uid !== 0)
    .map(({ after, groups }) => [after?.gid ?? 0, ...groups])
  const group = shared[0]?.find((gid) => gid !== 0 && shared.every((one) => one.includes(gid)))
  // Once the project's files name the new users, nobody was root any more: then the owner of the folder, and how its services run,
  // tell what is left to do.
  const isLeft =
    untouched === null
      ? !isOne && group === undefined && writers.every(({ isLocked }) => isLocked)
      : users.some((user) => isClosed(untouched.entry, user))
  if (from.length === 0 && !isLeft) return nothing('whoever writes there is who it was')
  if (untouched !== null) return unknown(untouched.reason)
  const parts = writers.flatMap((one) => one.paths)
  const paths = parts.includes('') ? [''] : outermost(parts)
  const still = stays.length === 0 ? '' : `; what ${stays.join(', ')} writes there later is root's again`
  const those = joinAnd(writers.flatMap(({ service, after }) => (after?.uid === 0 ? [] : [service])))
  if (isOne)
    return {
      need: 'migration',
      reason: `${those} ${others.length === 1 ? 'runs' : 'run'} as ${first.uid}:${first.gid} now${still}`,
      owner: { ...first, from, members: [], paths },
    }
  if (group === undefined)
    return unknown(
      `${writers.map(({ service, after }) => `${service} (${after?.uid})`).join(' and ')} have no group in common`,
    )
  return {
    need: 'migration',
    reason: `${those} share it as members of group ${group}, which folders hand on to new files${still}`,
    owner: { uid: first.uid, gid: group, from, members: [...new Set(others.map((one) => one.uid))], paths },
  }
}

/** Whether the user may not write in a folder. A checkout that is not root's differs from machine to machine. */
function isClosed(entry: HostEntry | undefined, { uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
  if (entry?.kind !== 'folder' || uid === 0 || entry.uid === uid || (entry.isCheckout && entry.uid !== 0)) return false
  return (entry.mode & (entry.gid === gid ? 0o020 : 0o002)) === 0
}

function writerOf({ service, profile, result }: PlannedService, mount: ServiceMount): Writer {
  const known = profile?.root === true ? { uid: 0, gid: 0 } : (profile?.user?.value ?? null)
  const after = known === null ? null : { uid: known.uid, gid: known.gid }
  // Whether it starts with the right owner: a new volume has that of the image's folder; a folder of the machine, or one that the
  // image lacks, is root's.
  const isPrepared = mount.kind === 'volume' && profile?.owned.some((path) => isInside(path, mount.target)) === false
  const wasTheirs = isPrepared && service.user === null && profile?.image.stepsDown === true
  const last = result.stages.at(-1)
  const isSame = result.verdict === 'unchanged' || (last !== undefined && last.userBefore === last.userAfter)
  const before = (isSame || wasTheirs) && after !== null ? [after.uid] : usersBefore(service.user, result)
  const written = profile === null ? [] : writtenPlaces(profile)
  const isWhole = written.some((path) => isInside(mount.target, path))
  const parts = written
    .filter((path) => isInside(path, mount.target))
    .map((path) => path.slice(mount.target === '/' ? 0 : mount.target.length))
  return {
    service: service.name,
    mount,
    before,
    after,
    groups: asList(service.settings.group_add).map(Number).filter(Number.isInteger),
    isLocked: asList(service.settings.cap_drop).map(textOf).includes('ALL'),
    paths: isWhole ? [''] : parts,
  }
}

/** An unknown user counts as root, from whom the files move. */
function usersBefore(user: string | null, { proof, stages }: PlannedService['result']): readonly number[] {
  if (proof !== null && proof.baseline.uids.length > 0) return proof.baseline.uids
  const text = user ?? stages.at(-1)?.userBefore ?? ''
  const [, uid] = /^(\d{1,10})(?::|$)/.exec(text) ?? []
  return [uid === undefined ? 0 : Number(uid)]
}

function composeCommand({ profiles, envFiles, projectName }: ComposeChoice, files: readonly string[]): string {
  const words = [
    ...(projectName === null ? [] : ['--project-name', projectName]),
    ...envFiles.flatMap((file) => ['--env-file', file]),
    ...files.flatMap((file) => ['-f', file]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
  ]
  return ['docker compose', ...words.map(shellQuoted)].join(' ')
}

function migrationFile(
  project: Project,
  planned: readonly PlannedService[],
  rows: readonly VolumeNeed[],
  { choice, equipped }: MigrationFacts,
  name: string,
): string {
  const ids = idsOf(rows.map(({ volume, kind }) => (kind === 'host' ? nameFrom(volume, project) : volume)))
  const places = rows.flatMap(({ kind, owner }, index) =>
    owner === null ? [] : [{ kind, owner, id: ids[index] ?? '' }],
  )
  const shared = places.filter(({ owner }) => owner.members.length > 0)
  const service = {
    profiles: [MIGRATION_SERVICE],
    ...imageOf(toolsOf(planned, equipped), project),
    user: '0:0',
    network_mode: 'none',
    read_only: true,
    // An owner is changed by CHOWN alone, in folders that are closed to others with DAC_READ_SEARCH; a mode by FOWNER, and setgid for a group that is not one's own by FSETID.
    cap_drop: ['ALL'],
    cap_add: ['CHOWN', 'DAC_READ_SEARCH', ...(shared.length > 0 ? ['FOWNER', 'FSETID'] : [])],
    security_opt: ['no-new-privileges:true'],
    volumes: [
      `${MIGRATION_OWNERS}:/owners`,
      ...rows.map(({ volume }, index) => mountOf(volume, `/volumes/${ids[index]}`, project)),
    ],
  }
  const alone = places.filter(({ owner }) => owner.members.length === 0)
  const script = migrationScript(alone.flatMap(callsOf), shared.flatMap(callsOf))
  const compose = composeCommand(choice, [...choice.files, name])
  return [
    `${MARK} gives what root has left in volumes to the users that run there now. Stop the services, and run it once; "undo" goes back:`,
    visibleLine(`#   ${compose} run --rm ${MIGRATION_SERVICE} [undo]`),
    'services:',
    `  ${MIGRATION_SERVICE}:`,
    ...Object.entries(service).map(([key, value]) => `    ${key}: ${flowText(value)}`),
    blockText({ entrypoint: ['sh', '-euc', composeValue(script)] }, 4, {
      indent: 2,
      indentSeq: true,
    }).trimEnd(),
    `volumes: ${flowText({ [MIGRATION_OWNERS]: {} })}`,
    '',
  ].join('\n')
}

interface MigratedPlace {
  readonly kind: VolumeNeed['kind']
  readonly owner: VolumeOwner
  /** The name of its folder below `/volumes`. */
  readonly id: string
}

/** The lines of the script that hand a place over: the tests of `find` say what in it changes. */
function callsOf({ kind, owner: { uid, gid, from, members, paths }, id }: MigratedPlace): readonly string[] {
  const roots = paths.map((path) => `/volumes/${id}${path.replace(/[*?[\]\\]/g, String.raw`\$&`)}`)
  const isPath = (pattern: string) => `-path ${shellQuoted(pattern)}`
  const part = paths.includes('') ? [] : [anyOf(roots.flatMap((root) => [isPath(root), isPath(`${root}/*`)]))]
  const theirs = (uids: readonly number[]) => uids.map((one) => `-user ${one}`)
  // What people have made on the machine: the folder itself goes over whoever has it, no file that stands elsewhere too.
  const isHost = kind === 'host'
  const taken = [...theirs(from), ...(isHost ? roots.map((root) => `${isPath(root)} ! -user ${uid}`) : [])]
  const alone = isHost ? [anyOf(['-type d', '-links 1'])] : []
  const call = (to: string, tests: readonly string[]) => ['give', id, to, ...part, ...tests, ...alone].join(' ')
  const calls = taken.length === 0 ? [] : [call(`${uid}:${gid}`, [anyOf(taken)])]
  if (members.length === 0) return calls
  const unshared = anyOf([`! -group ${gid}`, '-type d ! -perm -2070', '-type f ! -perm -060'])
  return [...calls, call(`:${gid}`, [anyOf(theirs(members)), unshared])]
}

/** Tests of `find` of which one has to hold. */
function anyOf(tests: readonly string[]): string {
  const text = tests.join(' -o ')
  return tests.length > 1 ? String.raw`\( ${text} \)` : text
}

function idsOf(volumes: readonly string[]): readonly string[] {
  const ids: string[] = []
  for (const volume of volumes) {
    const id = slug(volume)
    ids.push(ids.includes(id) ? `${id}-${ids.length}` : id)
  }
  return ids
}

function mountOf(volume: string, target: string, project: Project): Json | string {
  if (project.volumes.has(volume) || !volume.startsWith('/')) return `${volume}:${target}:nocopy`
  // On a new machine it runs before the folder exists.
  return { type: 'bind', source: composeValue(nameFrom(volume, project)), target, bind: { create_host_path: true } }
}

/** A service whose image is at hand and has the tools; null where none is known to. */
function toolsOf(planned: readonly PlannedService[], equipped: ReadonlySet<string>): Service | null {
  const able = planned.flatMap(({ service }) => (equipped.has(service.name) ? [service] : []))
  const pulled = able.find(({ build, image }) => build === null && image !== null)
  return pulled ?? able.find(({ build }) => build !== null && build.inline === null && build.context !== null) ?? null
}

function imageOf(tools: Service | null, project: Project): Json {
  const context = tools?.build?.context ?? null
  if (context === null) return { image: composeValue(tools?.image ?? FALLBACK_IMAGE) }
  return { build: { ...asObject(literal(tools?.settings.build)), context: composeValue(nameFrom(context, project)) } }
}

/** These values may hold a `$`, which Compose would take for a variable. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return composeValue(value)
  if (Array.isArray(value)) return value.map(literal)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, literal(one)])) : value
}

/** The path as somebody writes it who has the project in another folder. */
function nameFrom(path: string, { folder }: Project): string {
  return isInside(path, folder) ? `.${path.slice(folder.length)}` : path
}
