import { setTimeout as pause } from 'node:timers/promises'
import { becomesRoot } from '../image/access.ts'
import { capabilityNumber } from '../image/capabilities.ts'
import type { FileModel } from '../image/file-model.ts'
import { baseName } from '../places.ts'
import { capableName } from '../plan/grants/excluded-parts.ts'
import { decided, type StagePlan } from '../plan/plan.ts'
import type { Hardened, ReportCheck } from '../report/report.ts'
import { isInterpreter } from '../shell/index.ts'
import { joinAnd } from '../words.ts'
import { operationsBy } from './checks/check.ts'
import { compare } from './checks/index.ts'
import { runContainer, runOnce } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { besideOptions, limits } from './container/run-specs.ts'
import type { ProveRequest } from './request.ts'
import { commandOf, type Round, resultSpec } from './round.ts'

/** A helper program that needs a capability, or root, for its work. */
export interface Helper {
  readonly program: string
  readonly capability: string
  /** Its file gives it the capability, or makes it root, where a container may have that. */
  readonly isCapable: boolean
}

/** `what takes NET_RAW` */
const TAKES = /^what takes ([A-Z_]+)$/
/** `refused (/usr/lib/squid/pinger: socket(…)); …` */
const BY = /^refused \((\/[^\s:]+): /
const PATIENCE = 20_000
const LOOK_AGAIN = 500
/** The checks that fail where a helper lacks its capability, and nothing else is wrong. */
const ITS_LACK = /^(what takes [A-Z_]+|starts \/.*|its processes)$/

/**
 * Helpers that miss a capability: those named by a check that failed, and those of which the plan has taken theirs so that they
 * start at all. Empty where something else failed too: that stands in front of it.
 */
export function lackingHelpers(
  checks: readonly ReportCheck[],
  plan: Pick<StagePlan, 'decisions'>,
  files: FileModel | null,
): readonly Helper[] {
  const failed = checks.filter(({ passed }) => !passed)
  if (failed.length === 0 || failed.some(({ name }) => !ITS_LACK.test(name))) return []
  const isCapable = (path: string, capability: string): boolean =>
    files !== null &&
    (files.entry(files.resolve(path) ?? path)?.capabilities?.includes(capability) === true || becomesRoot(files, path))
  const named = failed.flatMap(({ name, result }): readonly Helper[] => {
    const capability = TAKES.exec(name)?.[1]
    const program = BY.exec(result)?.[1]
    if (capability === undefined || program === undefined) return []
    return [{ program, capability, isCapable: isCapable(program, capability) }]
  })
  const disarmed = decided(plan, 'drop-capabilities').flatMap(({ name: program, capabilities }) =>
    capabilities
      .filter((capability) => capability !== 'NET_BIND_SERVICE')
      .map((capability): Helper => ({ program, capability, isCapable: true })),
  )
  const all = [...named, ...disarmed].filter(({ capability }) => capabilityNumber(capability) !== null)
  return [...new Map(all.map((helper) => [`${helper.program} ${helper.capability}`, helper])).values()]
}

/** What a run with the capability has shown, for the person who decides. */
export interface CapabilityWay {
  readonly message: string
  readonly hint: string
}

interface Seen {
  readonly baseline: RunRecord
  readonly round: Round
  /** Plans and writes again without the named parts. */
  readonly hardenWithout: (parts: readonly string[]) => Promise<Hardened>
}

/**
 * Runs the result once more with what its helpers miss, as a container gets it that is not root's: by the file of the program
 * alone, where the container may have it and new privileges are not forbidden (capabilities(7), execve(2)). Null where no helper
 * misses one, or the run says nothing.
 */
export async function grantHelpers(
  request: ProveRequest,
  plan: StagePlan,
  checks: readonly ReportCheck[],
  { baseline, round, hardenWithout }: Seen,
): Promise<CapabilityWay | null> {
  const files = request.facts.files.known ? request.facts.files.value : null
  const helpers = lackingHelpers(checks, plan, files)
  if (helpers.length === 0 || plan.account === null || !request.trace) return null
  const capabilities = [...new Set(helpers.map(({ capability }) => capability))]
  const flags = `--cap-drop=ALL ${capabilities.map((name) => `--cap-add=${name}`).join(' ')}`
  const who = joinAnd([...new Set(helpers.map(({ program }) => program))])
  const takes = `${who} takes ${joinAnd(capabilities)}`
  request.progress(`running it once more with ${capabilities.join(', ')}, for ${who}`)
  const bare = helpers.filter(({ isCapable }) => !isCapable)
  const setcap = bare.map(({ program, capability }) => `setcap cap_${capability.toLowerCase()}+ep ${program}`)
  const image = await imageWith(request, plan, { round, helpers, setcap, hardenWithout })
  if (image === null)
    return {
      message: `${takes}, and its file does not give it: --cap-add alone gives a user other than root nothing`,
      hint: `two ways: ${WITHOUT}; else RUN ${setcap.join(' && ')}, and run it with ${flags} and without no-new-privileges (not tried: the image has no setcap, or did not build with it)`,
    }
  const works = await worksWith(request, plan, { baseline, round, image, capabilities, helpers })
  const isRoot = files !== null && helpers.some(({ program }) => becomesRoot(files, program))
  const tried = `run once more with ${flags}, without no-new-privileges${isRoot ? ' (it is root again by its set-user-ID bit, with no more than that)' : ''}`
  if (!works)
    return {
      message: `${takes}: the result, ${tried}, does not do what the original does either`,
      hint: WITHOUT,
    }
  const drops = decided(plan, 'drop-capabilities').filter(({ name }) => helpers.some(({ program }) => program === name))
  const steps = [
    ...(drops.length === 0 ? [] : ['leave out the RUN that takes the capabilities off it']),
    ...(setcap.length === 0 ? [] : [`RUN ${setcap.join(' && ')}`]),
    `run it with ${flags} and without no-new-privileges`,
  ]
  return {
    message: `${takes}: the result, ${tried}, does what the original does; without it, all but that`,
    hint: `two ways, both tried: grant it: ${steps.join(', and ')}; or go without: ${WITHOUT}`,
  }
}

const WITHOUT = 'a check of yours that passes (--smoke) says that it does without'

/** The result's image with the file capabilities that its helpers need; null where they cannot be set. */
async function imageWith(
  request: ProveRequest,
  plan: StagePlan,
  {
    round,
    helpers,
    setcap,
    hardenWithout,
  }: Pick<Seen, 'round' | 'hardenWithout'> & {
    readonly helpers: readonly Helper[]
    readonly setcap: readonly string[]
  },
): Promise<string | null> {
  const parts = helpers.filter(({ isCapable }) => isCapable).map(({ program }) => capableName(program))
  const kept = parts.length === 0 ? round.image : await request.build((await hardenWithout(parts)).selfContained)
  if (setcap.length === 0) return kept
  // A capability of an interpreter is one of every script that it runs.
  if (helpers.some(({ program, isCapable }) => !isCapable && isInterpreter(baseName(program)))) return null
  if (helpers.some(({ program }) => !/^\/[\w./@+-]+$/.test(program))) return null
  const { uid, gid } = plan.account ?? { uid: 0, gid: 0 }
  const text = `FROM ${kept}\nUSER 0:0\nRUN ${setcap.join(' && ')}\nUSER ${uid}:${gid}\n`
  return request.build(text).catch(() => null)
}

/** Whether the result answers as the original does, and each helper has used what it was given. */
async function worksWith(
  request: ProveRequest,
  plan: StagePlan,
  {
    baseline,
    round: { moved, keepsLowPort, workdir },
    image,
    capabilities,
    helpers,
  }: Pick<Seen, 'baseline' | 'round'> & {
    readonly image: string
    readonly capabilities: readonly string[]
    readonly helpers: readonly Helper[]
  },
): Promise<boolean> {
  const { engine, facts } = request
  const { uid = 0, gid = 0, home = '' } = plan.account ?? {}
  const options = besideOptions(request, baseline, moved)
  const spec = { ...resultSpec({ ...request, keepsLowPort }, image), capAdd: capabilities, noNewPrivileges: false }
  // A tracer that is not root lets nobody gain anything (ptrace(2)), so that one is root, and becomes the user as the engine does.
  const traced = limits({
    image,
    user: '0:0',
    capDrop: ['ALL'],
    capAdd: [...new Set([...capabilities, 'SETGID', 'SETUID', 'SETPCAP'])],
    env: { HOME: facts.config.env.get('HOME') ?? (home === '' ? '/' : home) },
    ...(spec.sysctls === undefined ? {} : { sysctls: spec.sysctls }),
  })
  const trace = { ...facts.config, ...commandOf(plan, facts), workdir }
  const traceMode = { faithful: true, as: { uid, gid, bounding: capabilities } }
  const haveUsed = async (): Promise<boolean> => {
    const container = await runContainer(engine, traced, { ...options, smoke: [], trace, traceMode })
    try {
      // Some programs start their helpers only once they are up.
      for (const end = Date.now() + PATIENCE; ; await pause(LOOK_AGAIN, undefined, { signal: request.signal })) {
        const seen = await container.snapshot('trace')
        const used = operationsBy(seen, 'done', ({ capability = null, by = '' }) => capability && `${by} ${capability}`)
        if (helpers.every(({ program, capability }) => used.has(`${program} ${capability}`))) return true
        if (Date.now() > end || !seen.state.running) return false
      }
    } finally {
      await container.remove()
    }
  }
  const [plain, used] = await Promise.all([
    request.limiter(() => runOnce(engine, spec, options)),
    request.limiter(haveUsed),
  ])
  request.times.lap('capabilities')
  return used && compare(baseline, plain, moved).parity
}
