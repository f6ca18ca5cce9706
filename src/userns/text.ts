import { fileDiff } from '../report/diff.ts'
import type { Assessment } from './assess.ts'
import type { ContainerReport } from './containers.ts'
import type { HostFacts } from './facts.ts'
import type { FileChange, RemapPlan } from './plan.ts'

/** `userns check`, for people. */
export function checkText(host: HostFacts, assessment: Assessment): string {
  const { summary, mapping, blockers, containers, effects, remarks } = assessment
  const lines = [
    `userns-remap is ${summary}`,
    `  config   ${host.config.name}${host.config.text === null ? ' (does not exist)' : ''}`,
  ]
  if (mapping !== null) lines.push(`  account  ${mapping.name}, ${mapping.mapped} ids`)
  const { engine, kernel } = host
  if (engine.answers)
    lines.push(`  engine   docker ${engine.version}, ${engine.storageDriver}, data in ${engine.dataRoot}`)
  if (kernel.maximum !== null) lines.push(`  kernel   at most ${kernel.maximum} user namespaces`)
  for (const { message, hint } of blockers) lines.push('', `in the way: ${message}`, `  ${hint}`)
  lines.push(...containerLines(containers))
  if (effects.length > 0) lines.push('', 'if it is put on:', ...effects.map((effect) => `  - ${effect}`))
  if (remarks.length > 0) lines.push('', ...remarks.map((remark) => `note: ${remark}`))
  return `${lines.join('\n')}\n`
}

/** The host's containers that cannot run remapped, and those that meet something else. */
function containerLines(containers: readonly ContainerReport[]): readonly string[] {
  const needy = containers.filter(({ needsHost }) => needsHost.length > 0)
  const changed = containers.filter(({ needsHost, changes }) => needsHost.length === 0 && changes.length > 0)
  const exempt = containers.filter((container) => container.exempt)
  return [
    ...(needy.length > 0 ? ['', 'need --userns=host (or to do without what is named):'] : []),
    ...needy.flatMap((container) => described(container, container.needsHost)),
    ...(changed.length > 0 ? ['', 'to be looked at:'] : []),
    ...changed.flatMap((container) => described(container, container.changes)),
    ...(exempt.length > 0 ? ['', `run with --userns=host already: ${exempt.map(({ name }) => name).join(', ')}`] : []),
  ]
}

function described({ name, running }: ContainerReport, reasons: readonly string[]): readonly string[] {
  return [`  ${name}${running ? '' : ' (stopped)'}`, ...reasons.map((reason) => `    ${reason}`)]
}

/** A diff that `patch -p1 -d ROOT` accepts. */
export function planDiff(changes: readonly FileChange[], colour: boolean): string {
  return changes.map(({ name, before, after }) => fileDiff({ name, before, after }, colour)).join('')
}

/** What a person has to know and do besides the diff, for stderr. */
export function planNotes(host: HostFacts, plan: RemapPlan, assessment: Assessment): readonly string[] {
  const { user } = plan
  return [
    `root in a container will be uid ${plan.uid}, gid ${plan.gid} on the host (${user.name}, ${plan.mapped} ids)`,
    ...(user.uid === null ? [`dockerd itself makes the account ${user.name} when it starts`] : []),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    ...containerLines(assessment.containers).filter((line) => line !== ''),
    ...assessment.effects.map((effect) => `- ${effect}`),
    ...(host.engine.answers ? [] : [`no engine was asked (${host.engine.reason}): its containers are unknown`]),
  ]
}

export const restartCommand = 'systemctl restart docker'

export function restartNotes(root: string): readonly string[] {
  const where = root === '/' ? '' : ` on the machine that has ${root} as its root`
  return [`nothing changes until dockerd is restarted${where}: ${restartCommand}`]
}
