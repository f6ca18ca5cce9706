import { bounds } from '../../bounds.ts'
import { exposeOf } from '../../dockerfile/stages.ts'
import { type EnvSetting, FIRST_UNPRIVILEGED_PORT, type VendorMove } from '../../evidence/claim.ts'
import { renderedAtStart } from '../../evidence/configuration-files.ts'
import { type FileEdit, mergeByFile } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { nameOf } from '../../path.ts'
import type { Command } from '../../shell/index.ts'
import type { Dependents } from '../exemptions.ts'
import type { PortDecision } from '../plan.ts'
import type { PlanContext } from '../plan-context.ts'
import type { StepDownPlan } from '../step-down/step-down-plan.ts'
import { type Before, type Decided, decidePort, type PortSources } from './decide-port.ts'
import { lowPorts, scriptPortEdits } from './low-ports.ts'
import { templatePortVariable } from './port-files.ts'
import { daemonMove, helpMove } from './told-port.ts'

/** The decision for each low port, and the changes that it takes. Entrypoint and command are those after the move; null where they stay. */
export interface PortPlan extends Command {
  readonly decisions: readonly PortDecision[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
}

/** Decides for every low port. */
export function planPorts(sources: PortSources): PortPlan {
  const { entrypoint, cmd } = sources.facts.config
  let before: Before = { decisions: [], command: { entrypoint, cmd } }
  const fileEdits: FileEdit[] = []
  const env: EnvSetting[] = []
  const beyond: PortSources = {
    ...sources,
    policy: 'keep',
    keptBy: `no more than ${bounds.movedPorts} low ports are looked for`,
  }
  for (const [index, port] of lowPorts(sources).entries()) {
    const found = decidePort(port, index < bounds.movedPorts ? sources : beyond, before)
    if (found === null) continue
    const decided = wholeMove(found, sources, before)
    if (decided.decision.to === null && listensElsewhere(port.port, sources)) continue
    if (isRewritten(found, sources)) continue
    before = { decisions: [...before.decisions, decided.decision], command: decided.command }
    fileEdits.push(...decided.fileEdits)
    env.push(...decided.env)
  }
  const { decisions, command } = before
  return {
    decisions,
    fileEdits: mergeByFile(fileEdits),
    env,
    entrypoint: isSame(command.entrypoint, entrypoint) ? null : command.entrypoint,
    cmd: isSame(command.cmd, cmd) ? null : command.cmd,
  }
}

/** A file that the start overwrites names the port, and is not there: the port is the base image's alone. */
function listensElsewhere(port: number, { rendered = [], facts, isOwnExpose = () => true }: PortSources): boolean {
  const files = facts.files.known ? facts.files.value : null
  const texts = rendered.flatMap(({ template, always }) =>
    always && template !== null ? (files?.text(template) ?? []) : [],
  )
  // The value of a variable is unknown.
  if (texts.some((text) => /^[ \t{]{0,99}listen[ \t]{1,99}[^;\n]{0,99}\$/m.test(text))) return false
  const said = texts.flatMap((text) =>
    [...text.matchAll(/^[ \t{]*listen[ \t]+(?:[^\s;]*:)?(\d+)/gm)].map(([, to]) => Number(to)),
  )
  return !isOwnExpose(port) && said.length > 0 && !said.includes(port)
}

/**
 * The start writes another port into a line that the move would change (`sed -i "s/Listen 80/Listen $PORT/" ports.conf`), and the
 * image sets that port above 1024: a moved line would no longer be found.
 */
function isRewritten({ decision: { from }, fileEdits }: Decided, { startTexts = [], facts }: PortSources): boolean {
  return startTexts.some((text) =>
    text.split('\n').some((line) => {
      if (!/\bsed[ \t]/.test(line) || !fileEdits.some(({ path }) => line.includes(path))) return false
      const found = /\bs([/#|,@])/.exec(line)
      const [pattern = '', replacement = ''] = found === null ? [] : line.slice(found.index + 2).split(found[1] ?? '')
      const [, name = ''] = /\$\{?(\w+)/.exec(replacement) ?? []
      return (
        pattern.split(/\D+/).includes(String(from)) && Number(facts.config.env.get(name)) >= FIRST_UNPRIVILEGED_PORT
      )
    }),
  )
}

/**
 * The move; the port stays where moving would be half of it: a file that the start overwrites names the old port again, or a
 * virtual host of Apache has no Listen of its own.
 */
function wholeMove(decided: Decided, { rendered = [], facts }: PortSources, before: Before): Decided {
  const { decision, fileEdits, env } = decided
  const kept = (reason: string): Decided => ({
    decision: { ...decision, to: null, reason },
    fileEdits: [],
    env: [],
    command: before.command,
  })
  const files = facts.files.known ? facts.files.value : null
  const gone = new Set<string>()
  const told: EnvSetting[] = []
  for (const { path } of fileEdits)
    for (const { template, always } of rendered.filter((one) => one.path === path)) {
      const text = template === null ? '' : (files?.text(template) ?? '')
      const variable = templatePortVariable(decision.from, [text])
      const isTold = variable !== null && !facts.config.env.has(variable) && decision.to !== null
      if (isTold && !env.some(({ name }) => name === variable))
        told.push({
          name: variable,
          value: String(decision.to),
          reason: `listen above 1024 (${template} says ${decision.from} without it)`,
          evidence: decision.evidence,
        })
      const isMoved = fileEdits.some((edit) => edit.path === template) || env.some(({ name }) => text.includes(name))
      if (!isMoved && !isTold)
        return kept(`its start writes ${path} anew${template === null ? '' : ` from ${template}`}`)
      if (always) gone.add(path)
    }
  const patterns = fileEdits.flatMap(({ substitutions }) => substitutions.map(({ pattern }) => pattern))
  const isHost = (pattern: string): boolean => /VirtualHost/i.test(pattern)
  if (patterns.some(isHost) && !patterns.some((pattern) => /Listen/i.test(pattern)))
    return kept('the Listen that goes with its virtual host was not found')
  return { ...decided, fileEdits: fileEdits.filter(({ path }) => !gone.has(path)), env: [...env, ...told] }
}

function isSame(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The low ports of a stage: seen by a run, or said by its instructions, files and what its vendor lists. */
export function stagePorts({ input, policy, readable, stepDown, excluded, report, textOf }: PlanContext): PortPlan {
  const { observation, stated, vendor, dependents } = input
  const { started } = report
  const keptBy = input.ignored?.get('raise-ports')
  return planPorts({
    facts: withCommand(readable, stepDown.argv),
    ...(keptBy === undefined ? { policy: policy.ports } : { policy: 'keep', keptBy }),
    ...(policy.portsBecause === undefined ? {} : { keptBecause: policy.portsBecause }),
    users: placesByPort((dependents?.ports ?? []).filter(({ stage }) => policy.raiseUsed !== true || stage === null)),
    raisesUsed: policy.raiseUsed === true,
    bound: observation?.bound ?? null,
    programs: observation?.programs ?? stated.view.start.programs,
    opened: observation?.opened ?? null,
    vendor: (port) => vendor.moves.get(port) ?? null,
    listed: (port) => (observation === null ? (vendor.ports.get(port) ?? null) : null),
    isListed: vendor.listsWrites && input.overlay !== undefined,
    isShipped: (path) => stated.view.contents.origins.has(path),
    started: wordsOf(report),
    scripts: observation === null ? [] : report.scripts,
    excluded,
    daemon: (from, to, command) =>
      daemonMove(
        vendor.daemonPorts,
        { facts: readable, seen: observation?.programs ?? [] },
        { command, started },
        from,
        to,
      ),
    help: (from, to, command) => helpMove(observation?.help ?? null, { command, started }, from, to),
    rendered: renderedAtStart(stated.view),
    startTexts: report.scripts.flatMap((path) => textOf(path) ?? []),
    isOwnExpose: (port) => stated.view.chain.some((stage) => exposeOf(stage, port) !== null),
    stock: observation === null ? withScripts(stated.moves, report.scripts, readable) : new Map(),
  })
}

/** The programs that a script ends in; commands that only prepare (`cp`, `chown`, a filter) are no service. */
function wordsOf({ launches }: PlanContext['report']): readonly string[] {
  return launches.flatMap(({ words: [program = '', ...words], filter }) =>
    filter === true || PREPARES.test(nameOf(program)) ? [] : words,
  )
}

const PREPARES =
  /^(?:\[|test|cp|mv|rm|ln|mkdir|touch|install|chown|chgrp|chmod|sed|awk|grep|cat|echo|printf|tee|envsubst|source|\.|cd|export|set|find|tar|curl|wget|diff|cmp|head|tail|sleep)$/

function placesByPort(users: NonNullable<Dependents['ports']>): ReadonlyMap<number, readonly string[]> {
  const places = new Map<number, readonly string[]>()
  for (const { port, place } of users) places.set(port, [...(places.get(port) ?? []), place])
  return places
}

/** Ports move in the new command, without its switch of user. */
function withCommand(facts: ImageFacts, argv: StepDownPlan['argv']): ImageFacts {
  const { config } = facts
  if (argv.entrypoint === null && argv.cmd === null) return facts
  return {
    ...facts,
    config: { ...config, entrypoint: argv.entrypoint ?? config.entrypoint, cmd: argv.cmd ?? config.cmd },
  }
}

/** Ports that the start scripts of the stage set, beside those that stock configurations bind. */
function withScripts(
  moves: ReadonlyMap<number, VendorMove>,
  scripts: readonly string[],
  { config, files }: ImageFacts,
): ReadonlyMap<number, VendorMove> {
  const all = new Map(moves)
  for (const { port } of config.exposedPorts) {
    if (port >= FIRST_UNPRIVILEGED_PORT || !files.known) continue
    const fileEdits = scripts.flatMap((path) => scriptPortEdits(path, files.value.text(path) ?? '', port))
    if (fileEdits.length === 0) continue
    const before = all.get(port)
    const edits = [...(before?.fileEdits ?? []), ...fileEdits]
    all.set(port, { to: before?.to ?? port + 8000, fileEdits: edits, env: [], append: [] })
  }
  return all
}
