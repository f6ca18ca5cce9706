import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import { exposeOf } from '../src/dockerfile/stages.ts'
import type { FileEdit } from '../src/evidence/file-edit.ts'
import { decided, type PortDecision, type StagePlan } from '../src/plan/plan.ts'
import type { Finding, Transform } from '../src/transform.ts'
import { choices, joinAnd, joinTruncated } from '../src/words.ts'
import { changeFiles, plannedEdits } from './edits/file-edits.ts'
import { insertLines, placeOf } from './edits/placement.ts'

export const raisePorts: Transform = {
  name: 'raise-ports',
  summary:
    'Move ports below 1024, which a non-root process may not bind everywhere, where the place that sets them is known.',
  needs: ['prefer-vendor', 'build-as-root', 'adjust-config', 'set-environment', 'expose-ports', 'set-command'],
  *run(dockerfile, { stage, plan }) {
    const ports = decided(plan, 'port')
    const stay = ports.filter((decision) => decision.to === null)
    // A port of two protocols is said once.
    yield* stay
      .filter(({ from }, at) => stay.findIndex((one) => one.from === from) === at)
      .map((one) => kept(stage, one))
    const moved = ports.filter((decision) => decision.to !== null)
    if (moved.length > 0) yield move(dockerfile, stage, plan, moved)
    yield* moved
      .filter(({ from, users = [] }, at) => users.length > 0 && moved.findIndex((one) => one.from === from) === at)
      .map((one) => leftBehind(stage, one))
  },
}

function kept(stage: Stage, decision: PortDecision): Finding {
  const place = exposeOf(stage, decision.from) ?? stage.from
  return {
    outcome: 'note',
    line: place.line,
    column: place.column,
    message: `port ${decision.from} stays: ${decision.reason}`,
    hint: `Docker, Podman and containerd 2 let a non-root user bind it; on CRI-O, older containerd or host networking set net.ipv4.ip_unprivileged_port_start=${decision.from} or ${decision.way ?? "move the port in the program's own configuration"}`,
    evidence: decision.evidence,
    edits: [],
  }
}

function leftBehind(stage: Stage, { from, to, users = [] }: PortDecision): Finding {
  const place = exposeOf(stage, from) ?? stage.from
  return {
    outcome: 'todo',
    line: place.line,
    column: place.column,
    message: `port ${from} is ${to} now: change it in ${joinTruncated(users)} too`,
    hint: choices('change it there', 'leave --ports raise out, and it stays'),
    evidence: [],
    edits: [],
  }
}

function move(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, moved: readonly PortDecision[]): Finding {
  const { inContext, edits: files } = plannedEdits(plan, 'port')
  const lines = changeFiles(dockerfile, files, plan.tools, whereItWas(files, moved))
  const text = distinct(moved.map((decision) => `${decision.from} becomes ${decision.to}`))
  const place = moved.map((decision) => exposeOf(stage, decision.from)).find((found) => found !== null) ?? stage.from
  return {
    outcome: 'fixed',
    line: place?.line ?? stage.from.line,
    column: place?.column ?? 1,
    message: `port ${text}: some runtimes forbid ports below 1024`,
    problem: `listens on ${numbers(moved.map(({ from }) => from))}, which some runtimes forbid to a user; would listen on ${numbers(moved.map(({ to }) => to))}`,
    hint: `publish the new port, as with ${published(moved)}`,
    evidence: moved.flatMap((decision) => decision.evidence),
    edits: [
      ...(lines === null || lines.length === 0
        ? []
        : [insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'edit-file'), lines)]),
    ],
    ...(inContext.length === 0 ? {} : { contextEdits: inContext }),
  }
}

/** A program that binds a port by itself was told nothing by the file where it is told another one now. */
function whereItWas(files: readonly FileEdit[], moved: readonly PortDecision[]): string {
  const said = moved.filter(({ from }) =>
    files.some(({ substitutions }) => substitutions.some(({ pattern }) => new RegExp(`\\b${from}\\b`).test(pattern))),
  )
  // Others are set in the command or by a variable.
  const ports = distinct((said.length === 0 ? moved : said).map((decision) => String(decision.from)))
  const [file, more] = files
  if (file !== undefined && more === undefined && / by itself\b/.test(file.reason)) return file.reason
  const names = files.map((edit) => edit.path.slice(edit.path.lastIndexOf('/') + 1)).join(' and ')
  return `listen above 1024 (${names} said ${ports})`
}

/** The first of them, in each of its protocols. */
function published(moved: readonly PortDecision[]): string {
  return moved
    .filter(({ from }) => from === moved[0]?.from)
    .map(({ from, to, protocol }) => `-p ${from}:${to}${protocol === 'udp' ? '/udp' : ''}`)
    .filter((option, index, all) => all.indexOf(option) === index)
    .join(' ')
}

/** A port of two protocols is said once. */
function distinct(words: readonly string[]): string {
  return [...new Set(words)].join(', ')
}

/** A port of two protocols is one. */
function numbers(ports: readonly (number | null)[]): string {
  return joinAnd([...new Set(ports.map(String))])
}
