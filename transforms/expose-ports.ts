import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import { exposedPort, exposeOf } from '../src/dockerfile/stages.ts'
import type { Edit } from '../src/edit.ts'
import { decided, type PortDecision, type StagePlan } from '../src/plan/plan.ts'
import { healthcheckText, moveHealthcheckPort } from '../src/plan/ports/healthcheck.ts'
import type { Transform } from '../src/transform.ts'
import { argumentOf, keyword } from './edits/lines.ts'
import { insertLines, placeOf } from './edits/placement.ts'

export const exposePorts: Transform = {
  name: 'expose-ports',
  summary: 'Let EXPOSE and HEALTHCHECK follow a port that moved.',
  needs: ['raise-ports', 'set-environment', 'set-command'],
  *run(dockerfile, { stage, plan }) {
    const moved = decided(plan, 'port').filter((decision) => decision.to !== null)
    const [first] = moved
    if (first === undefined) return
    const changed = [
      { word: 'EXPOSE', edits: exposeEdits(dockerfile, stage, plan, moved) },
      { word: 'HEALTHCHECK', edits: healthcheckEdits(dockerfile, stage, plan, moved) },
    ].filter(({ edits }) => edits.length > 0)
    if (changed.length === 0) return
    const words = changed.map(({ word }) => word).join(' and ')
    const [before, after] = [list(moved.map(({ from }) => from)), list(moved.map(({ to }) => to))]
    const place = exposeOf(stage, first.from) ?? stage.from
    yield {
      outcome: 'fixed',
      line: place.line,
      column: place.column,
      message: `${words}: ${before} → ${after}`,
      problem: `${words} ${changed.length === 1 ? 'names' : 'name'} ${before}, and it would listen on ${after}`,
      evidence: moved.flatMap((decision) => decision.evidence),
      edits: changed.flatMap(({ edits }) => edits),
    }
  },
}

/** A port of two protocols is one port. */
function list(ports: readonly (number | null)[]): string {
  return [...new Set(ports)].join(', ')
}

/** The stage's own EXPOSE words are changed where they stand; what the base exposes gets a line of its own. */
function exposeEdits(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  moved: readonly PortDecision[],
): readonly Edit[] {
  const edits: Edit[] = []
  const added: string[] = []
  const follow = followingVariables(dockerfile, stage, plan, moved)
  for (const decision of moved) {
    const suffix = decision.protocol === 'udp' ? '/udp' : ''
    let inPlace = false
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'EXPOSE') continue
      for (const word of instruction.words) {
        const variable = /^\$(?:\{(\w+)\}|(\w+))(?:\/(?:tcp|udp))?$/.exec(word.value)
        if (variable !== null && follow.get(variable[1] ?? variable[2] ?? '') === decision.to) inPlace = true
        const exposed = exposedPort(word.value)
        if (exposed?.port !== decision.from || exposed.protocol !== decision.protocol) continue
        edits.push({
          start: word.span.start,
          end: word.span.start + String(decision.from).length,
          text: String(decision.to),
        })
        inPlace = true
      }
    }
    if (!inPlace && decision.exposed) added.push(`${decision.to}${suffix}`)
  }
  if (added.length > 0)
    edits.push(
      insertLines(dockerfile, placeOf(dockerfile, stage, null, 'port'), [
        `${keyword(dockerfile, 'EXPOSE')} ${[...new Set(added)].join(' ')}`,
      ]),
    )
  return edits
}

/** Variables that say a new port by now, by themselves or by the argument that they take it from. */
function followingVariables(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  moved: readonly PortDecision[],
): ReadonlyMap<string, number | null> {
  const from = new Set(moved.map((decision) => String(decision.from)))
  const found = new Map<string, number | null>()
  for (const setting of decided(plan, 'set-env')) {
    const port = moved.find(({ to }) => String(to) === setting.value)
    if (port === undefined) continue
    found.set(setting.name, port.to)
    const argument = argumentOf(dockerfile, stage, setting, from)
    if (argument !== null) found.set(argument.name, port.to)
  }
  return found
}

function healthcheckEdits(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  moved: readonly PortDecision[],
): readonly Edit[] {
  const edits: Edit[] = []
  let own = false
  for (const instruction of stage.instructions) {
    if (instruction.keyword !== 'HEALTHCHECK') continue
    own = true
    const before = dockerfile.source.slice(instruction.rest.start, instruction.rest.end)
    const after = moved.reduce(moveHealthcheckPort, before)
    if (after !== before) edits.push({ ...instruction.rest, text: after })
  }
  // The plan's is the one in force: the stage's own, which was changed where it stands, or that of what it builds on.
  for (const healthcheck of own ? [] : decided(plan, 'set-healthcheck'))
    edits.push(
      insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'set-healthcheck'), [
        `${keyword(dockerfile, 'HEALTHCHECK')} ${healthcheckText(healthcheck)}`,
      ]),
    )
  return edits
}
