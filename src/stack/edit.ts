import { parseYaml } from '../profile/yaml-file.ts'
import { editEntries } from './edit-entries.ts'
import { type EditedService, imageNames } from './edit-service.ts'
import { type StackFinding, stackFinding } from './finding.ts'
import { followPorts, movedPorts, portsAround } from './follow-ports.ts'
import { type HostFiles, mountAdvice } from './host-files.ts'
import { type SettledService, settleMounted } from './mounted-configuration.ts'
import type { PlannedService, StackFile } from './planned.ts'
import type { Project } from './project.ts'

export interface StackSource {
  readonly project: Project
  readonly planned: readonly PlannedService[]
  readonly host: HostFiles
}

/** Files to write, those of images (Dockerfiles) not among them, and what is to be said. */
export interface StackEdit {
  readonly files: readonly StackFile[]
  readonly findings: readonly StackFinding[]
  /** Services whose image would move a port that what they mount or start holds where it is. */
  readonly held: readonly string[]
}

/**
 * The files of a project with what is planned for its services in them: each Compose file where it stands, and each port that moves
 * followed in all that services mount or are built of. A second time it changes nothing.
 */
export function editStack({ project, planned, host }: StackSource): StackEdit {
  const settled = settleMounted(planned, host)
  const names = imageNames(settled.services)
  const called = movedPorts(project, settled.services)
  const services = settled.services.map(
    (one): EditedService => ({
      ...one,
      ports: portsAround(one.planned.service, settled.services),
      called,
      advice: mountAdvice(one.planned.service, one.profile, host, project),
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
  const findings: readonly StackFinding[] = [...ofMounts, ...followed.findings, ...entries.findings]
  return {
    files: [...files, ...followed.files].filter(({ before, after }) => before !== after),
    held: settled.services.filter(isHeld).map(({ planned: { service } }) => service.name),
    findings: [...new Map(findings.map((one) => [`${one.service} ${one.message}`, one])).values()],
  }
}

function isHeld({ planned, profile }: SettledService): boolean {
  const moved = planned.profile?.ports.filter(({ from, to }) => from !== to) ?? []
  return moved.some(({ from, protocol }) =>
    profile.ports.some((port) => port.from === from && port.to === from && port.protocol === protocol),
  )
}
