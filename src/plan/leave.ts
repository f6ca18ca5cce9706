import type { Instruction, Stage } from '../dockerfile/index.ts'
import type { Remark } from '../evidence/claim.ts'
import { joinTruncated } from '../words.ts'
import type { Dependents, Exemption } from './exemptions.ts'
import type { StageOutcome, StagePlan } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { toolsOf } from './tools.ts'

/** Respected, and said: the stage is left as it is. */
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

/** Others of the tree are built upon it, and what they run in their build needs root. */
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

/** What was made for one uid is not looked into: whether its group may the same shows a run only. */
export function notForAnybody(user: string): Remark {
  return {
    outcome: 'todo',
    transform: 'set-user',
    message: `already runs as ${user}: cannot tell whether any other uid can run it`,
    hint: 'harden-image prove IMAGE --arbitrary-uid shows it; chgrp -R 0 and chmod -R g=u of what it writes make it so',
    about: 'USER',
    evidence: [{ source: 'given', subject: user, detail: 'asked for with --arbitrary-uid' }],
  }
}

/** Nothing is to be done, for the reason that is given. */
export function leave(input: StageInput, outcome: StageOutcome, reason: string): StagePlan {
  const remarks: Remark[] =
    outcome === 'unknown'
      ? [
          {
            outcome: 'todo',
            transform: 'set-user',
            message: reason,
            hint: 'give the build argument a default, or name the user with --user',
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
