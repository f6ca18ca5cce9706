import { resolve } from 'node:path'
import { fileDiff } from '../../report/diff.ts'
import { tool } from '../../report/report.ts'
import { type Assessment, assess } from '../assess.ts'
import { readDaemonConfig } from '../daemon-config.ts'
import type { HostFacts, UsernsAnswer, UsernsRequest } from '../facts.ts'
import { type FileChange, makePlan, type RemapPlan } from '../plan.ts'
import { checkText, planDiff, planNotes, restartCommand, restartNotes } from '../text.ts'
import { applyChanges, backupPath, revert } from './apply.ts'
import { readHost } from './read-host.ts'

export interface Terminal {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** For the diff on stdout. */
  readonly colour: boolean
}

/** One `userns` call. Throws HardenError where it cannot work; then nothing was written. */
export async function performUserns(request: UsernsRequest, { cwd, env, colour }: Terminal): Promise<UsernsAnswer> {
  const host = await readHost({
    root: resolve(cwd, request.root ?? '/'),
    config: request.config === null ? null : resolve(cwd, request.config),
    user: request.user,
    engine: request.engine,
    env,
  })
  switch (request.action) {
    case 'check':
      return check(host, request)
    case 'revert':
      return takeBack(host, request)
    default:
      return plan(host, request, colour)
  }
}

function check(host: HostFacts, { format }: UsernsRequest): UsernsAnswer {
  const assessment = assess(host)
  const done = assessment.state === 'on' || assessment.state === 'rootless'
  const stdout = format === 'json' ? checkJson(host, assessment) : checkText(host, assessment)
  return { stdout, stderr: '', code: done ? 0 : 1 }
}

async function plan(host: HostFacts, request: UsernsRequest, colour: boolean): Promise<UsernsAnswer> {
  const user = request.user ?? readDaemonConfig(host.config.text, host.config.name).remap ?? 'default'
  const made = makePlan(host, user)
  const assessment = assess(host)
  const writes = request.action === 'apply'
  if (writes) await applyChanges(host.config.path, made.changes)
  if (request.format === 'json') return { stdout: planJson(host, made, assessment, writes), stderr: '', code: 0 }
  if (made.changes.length === 0) {
    return { stdout: '', stderr: 'nothing to write: daemon.json and the sub ids say so already\n', code: 0 }
  }
  const notes = planNotes(host, made, assessment)
  if (!writes) {
    const next = ['nothing was written: userns apply writes it, as root']
    return { stdout: planDiff(made.changes, colour), stderr: lines([...notes, ...next]), code: 0 }
  }
  const wrote = made.changes.map(({ path }) => `wrote ${path}`)
  const after = [
    `userns revert brings back every byte, from ${backupPath(host.config.path)}`,
    ...restartNotes(host.root),
  ]
  return { stdout: lines([...wrote, ...notes, ...after]), stderr: '', code: 0 }
}

async function takeBack(host: HostFacts, { format }: UsernsRequest): Promise<UsernsAnswer> {
  const changes = await revert(host.config.path)
  if (format === 'json') return { stdout: revertJson(host.root, host.config.path, changes ?? []), stderr: '', code: 0 }
  if (changes === null) {
    return { stdout: '', stderr: `nothing to revert: there is no ${backupPath(host.config.path)}\n`, code: 0 }
  }
  const said = changes.map(({ path, before }) => `${before === null ? 'removed' : 'restored'} ${path}`)
  return { stdout: lines([...said, ...restartNotes(host.root)]), stderr: '', code: 0 }
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

export function checkJson(host: HostFacts, assessment: Assessment): string {
  const { engine } = host
  return printed('check', host.root, host.config.path, {
    ...assessment,
    engine: engine.answers ? { ...engine, containers: engine.containers.length } : engine,
    kernel: host.kernel,
  })
}

/** `written` false is a plan. */
function planJson(host: HostFacts, plan: RemapPlan, assessment: Assessment, written: boolean): string {
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

function revertJson(root: string, config: string, changes: readonly FileChange[]): string {
  const files = changes.map(({ before, after, ...rest }) => file({ ...rest, before: after, after: before ?? '' }))
  return printed('revert', root, config, { changed: files.length > 0, files, restart: restartCommand })
}

function file({ path, name, before, after }: FileChange) {
  return { path, before, after, diff: fileDiff({ name, before, after }, false) }
}

function printed(action: string, root: string, config: string, rest: object): string {
  return `${JSON.stringify({ version: 1, tool, action, root, config, ...rest }, null, 2)}\n`
}
