import { visibleLine } from '../borders/terminal.ts'
import { platformText } from '../image/facts.ts'
import type { InspectedImage, InspectedPlan, Inspection, Unknown } from './inspection.ts'
import { listedPorts, withFewPortTexts } from './many-ports.ts'

/** Facts, then decisions, one a line. */
export function inspectionLines({ stage, image, plan }: Inspection): string[] {
  return [`  stage ${stage}`, ...imageLines(image), ...planLines(plan)]
}

function imageLines(image: InspectedImage | Unknown): string[] {
  if ('unknown' in image) return [line('image', unknown(image))]
  return [
    line('image', `${image.reference}${image.digest ? ` ${image.digest}` : ''}`),
    line('facts from', image.source),
    line('platform', platformText(image.platform)),
    line('system', orUnknown(image.os)),
    line('user', image.user === '' ? 'root (the image names none)' : image.user),
    line('entrypoint', command(image.entrypoint)),
    line('cmd', command(image.cmd)),
    line('workdir', image.workdir),
    ...(image.exposedPorts.length > 0 ? [line('ports', listedPorts(image.exposedPorts, ' '))] : []),
    ...(image.volumes.length > 0 ? [line('volumes', image.volumes.join(' '))] : []),
    line(
      'accounts',
      typeof image.accounts === 'object' && 'unknown' in image.accounts
        ? unknown(image.accounts)
        : accounts(image.accounts),
    ),
    line('files', orUnknown(image.files)),
  ]
}

function planLines(plan: InspectedPlan): string[] {
  const { account } = plan
  return [
    line('plan', plan.reason === '' ? plan.outcome : `${plan.outcome}: ${plan.reason}`),
    line('runs as now', orUnknown(plan.userBefore)),
    ...(account ? [line('shall run as', `${account.name || 'uid'} ${account.uid}:${account.gid}`)] : []),
    ...plan.grants.map(({ path, kind, evidence }) => line('grant', `${kind} ${path}${because(evidence)}`)),
    ...withFewPortTexts(plan.ports.map(portText)).map((text) => line('port', text)),
    ...plan.fileEdits.map(({ path, reason }) => line('edit', `${path}: ${reason}`)),
    ...plan.env.map(({ name, value, reason }) => line('env', `${name}=${value}: ${reason}`)),
    ...(plan.command ? [line('command', plan.command.reason)] : []),
    ...plan.remarks.map(({ outcome, message }) => line(outcome, message)),
  ]
}

function portText({ from, protocol, to, reason }: InspectedPlan['ports'][number]): string {
  return `${from}/${protocol} -> ${to ?? 'kept'}${reason === '' ? '' : `: ${reason}`}`
}

function line(label: string, value: string): string {
  return `    ${label.padEnd(13)} ${visibleLine(value)}`
}

function because(evidence: readonly { readonly source: string; readonly detail: string }[]): string {
  const [first] = evidence
  return first ? ` (${first.source}: ${first.detail})` : ''
}

function command(words: readonly string[] | null): string {
  return words === null ? 'none' : JSON.stringify(words)
}

/** Service accounts are what matters; the full list is in the JSON. */
function accounts(entries: readonly string[]): string {
  const shown = entries.slice(-3).join(', ')
  return entries.length > 3 ? `${entries.length}, the last: ${shown}` : shown
}

function orUnknown(value: string | Unknown): string {
  return typeof value === 'string' ? value : unknown(value)
}

function unknown({ unknown: reason }: Unknown): string {
  return `not known: ${reason}`
}
