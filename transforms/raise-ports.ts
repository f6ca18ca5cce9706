import { insertLines, rootPlace, userPlace } from '../src/dockerfile/placement.ts'
import { changeFiles } from '../src/dockerfile/change-file.ts'
import { keyword } from '../src/dockerfile/write.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import type { Edit } from '../src/edit.ts'
import type { PortDecision, StagePlan } from '../src/plan/plan.ts'
import { healthcheckText, moveHealthcheckPort } from '../src/plan/healthcheck.ts'
import type { Finding, Transform } from '../src/transform.ts'

export const raisePorts: Transform = {
  name: 'raise-ports',
  summary: 'Move ports below 1024, which a non-root process may not bind everywhere, where the place that sets them is known.',
  *run(dockerfile, { plan }) {
    for (const stagePlan of plan.stages) {
      const stage = dockerfile.stages[stagePlan.stage]
      if (stagePlan.outcome !== 'harden' || stage === undefined) continue
      for (const decision of stagePlan.ports) if (decision.to === null) yield kept(stage, decision)
      const moved = stagePlan.ports.filter((decision) => decision.to !== null)
      if (moved.length > 0) yield move(dockerfile, stage, stagePlan, moved)
    }
  },
}

function kept(stage: Stage, decision: PortDecision): Finding {
  const place = exposeOf(stage, decision.from) ?? stage.from
  return {
    outcome: 'note',
    line: place.line,
    column: place.column,
    message: `port ${decision.from} stays: ${decision.reason}`,
    hint: `Docker, Podman and containerd 2 let a non-root user bind it; on CRI-O, older containerd or host networking set net.ipv4.ip_unprivileged_port_start=${decision.from} or move the port in the program's own configuration`,
    evidence: decision.evidence,
    edits: [],
  }
}

function move(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, moved: readonly PortDecision[]): Finding {
  const files = plan.fileEdits.filter((edit) => edit.purpose === 'port')
  const lines = changeFiles(dockerfile, files, plan.tools, plan.text)
  const text = moved.map((decision) => `${decision.from} becomes ${decision.to}`).join(', ')
  const place = moved.map((decision) => exposeOf(stage, decision.from)).find((found) => found !== null) ?? stage.from
  return {
    outcome: 'fixed',
    line: place?.line ?? stage.from.line,
    column: place?.column ?? 1,
    message: `port ${text}: a non-root process may not bind below 1024 everywhere`,
    hint: `publish the new port, as with -p ${moved[0]?.from}:${moved[0]?.to}`,
    evidence: moved.flatMap((decision) => decision.evidence),
    edits: [
      ...(lines === null || lines.length === 0 ? [] : [insertLines(dockerfile, rootPlace(dockerfile, stage), lines)]),
      ...exposeEdits(dockerfile, stage, moved),
      ...healthcheckEdits(dockerfile, stage, plan, moved),
    ],
  }
}

function exposeOf(stage: Stage, port: number): Instruction | null {
  return stage.instructions.find((instruction) => instruction.keyword === 'EXPOSE' && instruction.words.some((word) => portOf(word.value) === port)) ?? null
}

function portOf(word: string): number | null {
  const match = /^(\d+)(?:\/(?:tcp|udp|sctp))?$/i.exec(word)
  return match === null ? null : Number(match[1])
}

/** The stage's own EXPOSE words are changed where they stand; what the base exposes gets a line of its own. */
function exposeEdits(dockerfile: Dockerfile, stage: Stage, moved: readonly PortDecision[]): readonly Edit[] {
  const edits: Edit[] = []
  const added: string[] = []
  for (const decision of moved) {
    const suffix = decision.protocol === 'udp' ? '/udp' : ''
    let inPlace = false
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'EXPOSE') continue
      for (const word of instruction.words) {
        const protocol = /\/udp$/i.test(word.value) ? 'udp' : 'tcp'
        if (portOf(word.value) !== decision.from || protocol !== decision.protocol) continue
        edits.push({ start: word.span.start, end: word.span.start + String(decision.from).length, text: String(decision.to) })
        inPlace = true
      }
    }
    if (!inPlace && decision.exposed) added.push(`${decision.to}${suffix}`)
  }
  if (added.length > 0) edits.push(insertLines(dockerfile, userPlace(dockerfile, stage), [`${keyword(dockerfile, 'EXPOSE')} ${[...new Set(added)].join(' ')}`]))
  return edits
}

function healthcheckEdits(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, moved: readonly PortDecision[]): readonly Edit[] {
  const edits: Edit[] = []
  for (const instruction of stage.instructions) {
    if (instruction.keyword !== 'HEALTHCHECK') continue
    const before = dockerfile.source.slice(instruction.rest.start, instruction.rest.end)
    const after = moved.reduce((text, decision) => moveHealthcheckPort(text, decision.from, decision.to ?? decision.from), before)
    if (after !== before) edits.push({ ...instruction.rest, text: after })
  }
  if (plan.healthcheck !== null) {
    edits.push(insertLines(dockerfile, userPlace(dockerfile, stage), [`${keyword(dockerfile, 'HEALTHCHECK')} ${healthcheckText(plan.healthcheck)}`]))
  }
  return edits
}
