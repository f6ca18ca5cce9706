import { fileDiff } from '../report/diff.ts'
import { tool } from '../report/tool.ts'
import type { Assessment } from './assess.ts'
import type { HostFacts } from './facts.ts'
import type { FileChange, RemapPlan } from './plan.ts'
import { restartCommand } from './text.ts'

export function checkJson(host: HostFacts, assessment: Assessment): string {
  const { engine } = host
  return printed('check', host.root, host.config.path, {
    ...assessment,
    engine: engine.answers ? { ...engine, containers: engine.containers.length } : engine,
    kernel: host.kernel,
  })
}

/** `written` false is a plan. */
export function planJson(host: HostFacts, plan: RemapPlan, assessment: Assessment, written: boolean): string {
  return printed(written ? 'apply' : 'plan', host.root, host.config.path, {
    user: plan.user.value,
    mapping: { name: plan.user.name, uid: plan.uid, gid: plan.gid, mapped: plan.mapped },
    changed: plan.changes.length > 0,
    files: plan.changes.map(file),
    warnings: plan.warnings,
    containers: assessment.containers,
    effects: assessment.effects,
    remarks: assessment.remarks,
    restart: restartCommand,
  })
}

export function revertJson(root: string, config: string, changes: readonly FileChange[]): string {
  const files = changes.map(({ before, after, ...rest }) => file({ ...rest, before: after, after: before ?? '' }))
  return printed('revert', root, config, { changed: files.length > 0, files, restart: restartCommand })
}

function file({ path, name, before, after }: FileChange) {
  return { path, before, after, diff: fileDiff({ name, before, after }, false) }
}

function printed(action: string, root: string, config: string, rest: object): string {
  return `${JSON.stringify({ version: 1, tool, action, root, config, ...rest }, null, 2)}\n`
}
