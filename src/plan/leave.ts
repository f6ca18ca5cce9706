import type { Instruction, Stage } from '../dockerfile/index.ts'
import type { Remark } from '../evidence/claim.ts'
import { raisedPrograms } from '../evidence/set-capabilities.ts'
import { becomesRoot } from '../image/access.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { nameOf } from '../path.ts'
import { argvOf, programsOf, setuidTools } from '../shell/index.ts'
import { findProgram } from '../start/start.ts'
import type { StepDownReport, SwitchTool } from '../start/step-down.ts'
import { choices, joinTruncated } from '../words.ts'
import type { Dependents, Exemption } from './exemptions.ts'
import type { StageOutcome, StagePlan } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { isFatal } from './step-down/step-down-plan.ts'
import { toolsOf } from './tools.ts'

/** The exemption is respected and reported: the stage stays as it is. */
export function exempt(input: StageInput, { line, text, reason }: Exemption): StagePlan {
  const why = reason === '' ? 'without a reason' : reason
  const remark: Remark = {
    outcome: 'note',
    transform: 'set-user',
    message: `stays root: exempted by "${text}" in line ${line} (${why})`,
    hint: 'remove the comment to harden it',
    about: 'USER',
    evidence: [{ source: 'given', subject: 'root', detail: `exempted in line ${line}` }],
  }
  return { ...leave(input, 'exempt', remark.message), remarks: [remark] }
}

/** Other Dockerfiles of the repository are built on it, and their build steps need root. */
export function keptForChildren(input: StageInput, children: Dependents['children']): StagePlan {
  const [first] = children
  const who = joinTruncated([...new Set(children.map(({ by }) => by))])
  const message = `stays root: ${who} ${children.length === 1 ? 'builds' : 'build'} on it and ${
    children.length === 1 ? 'counts' : 'count'
  } on root`
  const remark: Remark = {
    outcome: 'note',
    transform: 'set-user',
    message,
    hint: 'a USER belongs into what is built on it, and harden-image puts it there; a container of this image itself runs as root',
    about: 'FROM',
    evidence: [
      { source: 'declared', subject: 'root', detail: `FROM in line ${first?.line ?? 1} of ${first?.by ?? who}` },
    ],
  }
  return { ...leave(input, 'exempt', message), remarks: [remark] }
}

/** An image made for one uid is not inspected for others: only a run shows whether its group may do the same. */
export function notForAnybody(user: string): Remark {
  return {
    outcome: 'todo',
    transform: 'set-user',
    message: `already runs as ${user}: cannot tell whether any other uid can run it`,
    hint: choices(
      'let a run show it: harden-image prove IMAGE --arbitrary-uid',
      'make it so: chgrp -R 0 and chmod -R g=u of what it writes',
    ),
    about: 'USER',
    evidence: [{ source: 'given', subject: user, detail: 'asked for with --arbitrary-uid' }],
  }
}

/** The plan that changes nothing, with its reason. */
export function leave(input: StageInput, outcome: StageOutcome, reason: string): StagePlan {
  const remarks: Remark[] =
    outcome === 'unknown'
      ? [
          {
            outcome: 'todo',
            transform: 'set-user',
            message: reason,
            hint: choices('give the build argument a default', 'name the user with --user'),
            evidence: [],
          },
        ]
      : []
  return {
    stage: input.stage,
    outcome,
    reason,
    userBefore: input.userBefore,
    account: null,
    decisions: [],
    parts: [],
    unshown: [],
    handed: [],
    tools: toolsOf(input.facts),
    remarks,
    end: null,
    users: null,
    anyUid: false,
    offered: null,
  }
}

/** By the name of its image, its platform, or what only Windows has: its shells and its accounts. */
export function isWindowsStage({ base, platform, instructions }: Stage, escapeChar: string): boolean {
  if (/^windows\b/i.test(platform ?? '')) return true
  if (base.kind === 'image' && isWindowsReference(base.reference)) return true
  if (base.kind === 'unresolved' && isWindowsReference(base.text)) return true
  return instructions.some((instruction) => isWindowsStep(instruction, escapeChar))
}

const DRIVE = /^["']?[A-Z]:[\\/]/i

function isWindowsStep({ keyword, text, json }: Instruction, escapeChar: string): boolean {
  const first = json?.[0]?.value ?? ''
  switch (keyword) {
    case 'SHELL':
      // pwsh runs on Linux as well.
      return /^(cmd|powershell)(\.exe)?$/i.test(first) || (escapeChar === '`' && /^pwsh(\.exe)?$/i.test(first))
    case 'USER':
      return /^"?Container(Administrator|User)"?$/i.test(text)
    case 'CMD':
    case 'ENTRYPOINT':
      // With a slash it is what OCaml's dune builds, on Linux too.
      return /^[^/]+\.exe$|\.(cmd|bat)$/i.test(first) || DRIVE.test(first)
    case 'RUN':
      return /^(powershell|choco)(\.exe)?\s/i.test(text)
    case 'VOLUME':
    case 'WORKDIR':
      return DRIVE.test(json === null ? text : first)
    default:
      return false
  }
}

/** Image names that only Windows has. Source: the repositories of mcr.microsoft.com and the tags of Docker Official Images. */
const WINDOWS =
  /(^|\/)mcr\.microsoft\.com\/windows(\/|:|@|$)|mcr\.microsoft\.com\/(dotnet\/framework|businesscentral)\/?|mcr\.microsoft\.com\/windows-|\w-windows(:|@|$)|(^|[/:_-])(windowsservercore|nanoserver|servercore)\b|^microsoft\/(iis|aspnet|windows\w*|nanoserver|dotnet-framework|mssql-server-windows\w*)(-|:|\/|$)/i

function isWindowsReference(reference: string): boolean {
  return WINDOWS.test(reference)
}

/** What a container does at its start that it cannot, or should not, do without root, although it starts as another user. */
export function rootBehindUser(input: StageInput, user: string): readonly Remark[] {
  const { vendor, stated } = input
  const { view } = stated
  const said = `already runs as ${user}`
  const remarks: Remark[] = [...raisedPrograms(view)]
  // A step has edited this script of the base image, and nobody has read the result.
  const isEdited = (script: string | null): boolean =>
    script !== null &&
    !view.built &&
    view.contents.steps.some(({ instruction }) => instruction.keyword === 'RUN' && instruction.text.includes(script))
  const todo = (message: string, hint: string, detail: string): void => {
    remarks.push({
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${said}, and ${message}`,
      hint,
      about: 'USER',
      evidence: [{ source: 'step-down', subject: user, detail }],
    })
  }
  if (vendor.needsRoot !== null) todo(vendor.needsRoot.reason, vendor.needsRoot.hint || START_WITHOUT, 'needs root')
  const { start, own, started } = view
  for (const { tool, place, text, bySetuid } of [...start.switchTools, ...helpersAtStart(start, own, started)]) {
    if (isEdited(place?.path ?? null)) continue
    const where = place === null ? 'its command' : `${place.path} line ${place.line}`
    if (bySetuid)
      todo(
        `${where} starts ${tool}, by whose set-user-id bit what comes behind it runs as root`,
        choices(
          START_WITHOUT,
          `run it with no-new-privileges (allowPrivilegeEscalation: false), where it does without: ${tool} does nothing then`,
        ),
        text,
      )
    else todo(`${where} switches user with ${tool}, which only root can do`, ONLY_AS_ROOT, text)
  }
  for (const action of start.actions)
    if (isFatal(action) && !isOwnAlready(action.value, user) && !isEdited(action.script))
      todo(
        `${action.script === null ? 'its command' : `${action.script} line ${action.line}`} ends where ${action.tool} is refused, which only root may`,
        ONLY_AS_ROOT,
        action.text,
      )
  for (const { path, line, text } of start.refusals.filter((one) => !isEdited(one.path)))
    todo(`${path} line ${line} ends unless it is root`, START_WITHOUT, text)
  return remarks
}

const START_WITHOUT = 'take it out of the start, and do in a RUN what it is there for'
const ONLY_AS_ROOT = choices('let it run only when id -u is 0', 'take it out')

/** `chown app:app` by app itself changes nothing, and is allowed. */
function isOwnAlready(owner: string | null, user: string): boolean {
  return owner !== null && owner.split(/[:.]/)[0] === user.split(':')[0]
}

/** Setuid-root programs that the command, or an unconditional line of a start script, starts. */
function helpersAtStart(start: StepDownReport, files: FileModel, started: ImageConfig): readonly SwitchTool[] {
  const helper = (word: string, place: SwitchTool['place'], text: string): readonly SwitchTool[] => {
    const path = findProgram(word, started, files)
    const tool = nameOf(word)
    return path === null || setuidTools.includes(tool) || !becomesRoot(files, path)
      ? []
      : [{ tool, place, text, bySetuid: true }]
  }
  const argv = argvOf(started)
  return [
    ...programsOf(started).flatMap((name) =>
      helper(argv.find((word) => nameOf(word) === name) ?? name, null, argv.join(' ')),
    ),
    ...start.launches.flatMap(({ path, line, words, conditional, guarded }) =>
      conditional || guarded === true || path === null ? [] : helper(words[0] ?? '', { path, line }, words.join(' ')),
    ),
  ]
}
