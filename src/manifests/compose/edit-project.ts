import { isInside } from '../../places.ts'
import { choices } from '../../words.ts'
import { type SettledService, settleMounted } from '../mounted-configuration.ts'
import { type PlannedService, type Project, type StackFile, type StackFinding, stackFinding } from '../project.ts'
import { isEqual, parseYaml } from '../yaml/file.ts'
import { changedServices, editEntries } from './edit-entries.ts'
import { type EditedService, imageNames } from './edit-service.ts'
import { followPorts } from './follow-ports.ts'
import { type HostFiles, mountAdvice } from './host-files.ts'
import { movedPorts, networkOf, portsAround } from './ports.ts'
import { isRootUser } from './written.ts'

export interface StackSource {
  readonly project: Project
  readonly planned: readonly PlannedService[]
  readonly host: HostFiles
}

/** Files to write, without Dockerfiles, and what is to be said. */
export interface StackEdit {
  readonly files: readonly StackFile[]
  readonly findings: readonly StackFinding[]
  readonly settled: readonly SettledService[]
  /** Services of which anything that is written changes, by name. */
  readonly changed: ReadonlySet<string>
}

/**
 * The files of a project with what is planned for its services in them: each Compose file where it stands, and each port that moves
 * followed in all that services mount or are built of. A second time it changes nothing.
 */
export function editStack({ project, planned, host }: StackSource): StackEdit {
  const settled = settleMounted(planned, host, project)
  const names = imageNames(settled.services)
  const called = movedPorts(project, settled.services)
  const readers = new Map(settled.services.map((one) => [one, readVolumes(one, settled.services, project)]))
  const services = settled.services.map(
    (one): EditedService => ({
      ...one,
      ports: portsAround(one.planned.service, settled.services),
      called,
      network: networkOf(one.planned.service, project.services),
      advice: mountAdvice(one.planned.service, one.profile, host, project),
      unfilled: new Set((readers.get(one) ?? []).flatMap(({ target, isMeant }) => (isMeant ? [] : [target]))),
      image: names.get(one.planned.service.name) ?? null,
      host,
    }),
  )
  const ofMounts = services.flatMap(({ planned: { service }, notes, open, advice }) => [
    ...notes.map((note) => stackFinding('compose-service', open.includes(note) ? 'todo' : 'note', note, service.name)),
    ...advice.map(({ outcome, message, hint }) => stackFinding('host-file', outcome, message, service.name, hint)),
  ])
  const followed = followPorts(project, called, host, settled.texts)
  const parsed = project.files.map(({ path, name, text }) => parseYaml(followed.texts.get(path) ?? text, name))
  const entries = editEntries(project, services, parsed)
  const files = project.files.map(({ path, name, text }, index) => ({
    path,
    name,
    before: text,
    after: entries.texts[index] ?? text,
  }))
  const ofVolumes = [...readers].flatMap(([{ planned }, volumes]) =>
    volumes.map((volume) => fillFinding(planned.service.name, volume)),
  )
  const findings: readonly StackFinding[] = [...ofMounts, ...ofVolumes, ...followed.findings, ...entries.findings]
  return {
    files: [...files, ...followed.files].filter(({ before, after }) => before !== after),
    findings: [...new Map(findings.map((one) => [`${one.service} ${one.message}`, one])).values()],
    settled: settled.services,
    changed: changedServices(project, entries.texts),
  }
}

/** A volume that one service only reads and another one writes with a user of its own from now on. */
interface ReadVolume {
  readonly volume: string
  readonly target: string
  readonly writer: string
  /** The plan of the reader changes what its image has there, so the volume is meant to get that. */
  readonly isMeant: boolean
}

/**
 * A new volume is filled, with its owner, by the image of the container that is created first, even if its mount is read-only, and
 * again by the next one while it is empty. Root could write there all the same. FACTS 52.
 */
function readVolumes(
  { planned: { service }, profile }: SettledService,
  all: readonly SettledService[],
  { volumes }: Pick<Project, 'volumes'>,
): readonly ReadVolume[] {
  const changed = profile.changes.filter(({ kind }) => kind === 'file').map(({ name }) => name)
  return service.mounts.flatMap(({ kind, source, target, readOnly, isEmpty }): readonly ReadVolume[] => {
    if (kind !== 'volume' || source === '' || !readOnly || isEmpty || volumes.get(source)?.external === true) return []
    const writer = all.find(({ planned: other, profile: { root } }) => {
      const isWriter = other.service.mounts.some(
        (one) => one.kind === 'volume' && one.source === source && !one.readOnly,
      )
      // Both run one image, so they have the same files there; a service that was not root before has it no harder now.
      const isSame = isEqual(
        [other.service.image, other.service.settings.build],
        [service.image, service.settings.build],
      )
      const wasRoot = other.result.verdict !== 'unchanged' || isRootUser(other.service.user)
      return isWriter && !root && !isSame && wasRoot
    })
    if (writer === undefined) return []
    const isMeant = changed.some((path) => isInside(path, target))
    return [{ volume: source, target, writer: writer.planned.service.name, isMeant }]
  })
}

function fillFinding(service: string, { volume, target, writer, isMeant }: ReadVolume): StackFinding {
  const why = `volume ${volume}: what the image of ${service} has in ${target} would fill it as root's, where ${writer} writes`
  if (!isMeant) return stackFinding('compose-service', 'note', `${why}: it is mounted with nocopy`, service)
  const brought = `let the image of ${writer} bring it, and mount it with nocopy in ${service}`
  const ways = choices(brought, `start ${writer} before ${service} (depends_on)`)
  return stackFinding('compose-service', 'todo', why, service, ways)
}
