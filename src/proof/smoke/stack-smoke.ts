import type { ContainerState, Engine, Listener } from '../../engine/engine.ts'
import type { Service } from '../../manifests/project.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import type { PortAnswer } from '../ask/answers.ts'
import type { Forwarded } from './forward.ts'
import { onThisMachine, runChecks, type SmokeResult, type SmokeTarget } from './run-checks.ts'

/** A service that was asked by itself already. */
export interface AskedService {
  readonly service: Service
  readonly container: string
  readonly state: ContainerState
  readonly listeners: readonly Listener[] | null
  readonly answers: readonly PortAnswer[]
  /** Port of the original → port to use now. */
  readonly moved: ReadonlyMap<number, number>
}

interface Asking {
  readonly engine: Engine
  readonly signal: AbortSignal
  /** Of all checks together, milliseconds. */
  readonly patience: number
}

/** What the user's own checks gave. */
export interface StackSmoke {
  /** Of those that are asked of one service, by its name. */
  readonly services: ReadonlyMap<string, readonly SmokeResult[]>
  readonly whole: readonly SmokeResult[]
}

/**
 * Asks the user's own checks, in their order. One that names no service is asked of the service whose port it names; a
 * command of this machine is told where all of them are.
 */
export async function askStack(
  checks: readonly SmokeCheck[],
  services: readonly AskedService[],
  asking: Asking,
): Promise<StackSmoke> {
  const own = new Map<string, SmokeResult[]>()
  const whole: SmokeResult[] = []
  const end = Date.now() + asking.patience
  for (const check of checks) {
    const asked = serviceFor(check, services)
    const left = { ...asking, patience: Math.max(0, end - Date.now()) }
    const results = await askOne(check, asked, services, left)
    if (asked === null) whole.push(...results)
    else own.set(asked.service.name, [...(own.get(asked.service.name) ?? []), ...results])
  }
  return { services: own, whole }
}

async function askOne(
  check: SmokeCheck,
  asked: AskedService | null,
  services: readonly AskedService[],
  asking: Asking,
): Promise<readonly SmokeResult[]> {
  const isCommand = check.kind === 'exec' && check.in === 'host'
  if (asked === null && !isCommand) {
    const value =
      check.service === undefined ? 'not asked: say which service' : `not asked: no service ${check.service}`
    return [{ name: check.name, passed: false, value, output: '', same: false, counts: 'up' }]
  }
  const one = asked ?? services.find(({ state }) => state.running) ?? services[0]
  if (one === undefined) return []
  if (!isCommand) return runChecks([check], targetOf(one, asking))
  const forwards = await Promise.all(
    services.map(async (service) => ({ service, at: await onThisMachine(targetOf(service, asking)) })),
  )
  try {
    const target = targetOf(one, asking)
    return await runChecks([check], {
      ...target,
      env: baseUrls(forwards),
      ...(asked === null ? { ports: new Map() } : {}),
    })
  } finally {
    for (const { at } of forwards) at.close()
  }
}

function targetOf(
  { service, container, state, moved }: AskedService,
  { engine, signal, patience }: Asking,
): SmokeTarget {
  const now = (port: number): number => moved.get(port) ?? port
  const published = service.ports.filter((one) => one.protocol === 'tcp')
  const ports = new Map<number, number>()
  // As it is in the container first: that may be the number that another one is published as.
  for (const { target } of published) ports.set(originalOf(target, moved), now(originalOf(target, moved)))
  for (const [from, to] of moved) ports.set(from, to)
  for (const { target, published: outside } of published) {
    const port = Number(outside)
    if (Number.isInteger(port) && port > 0 && !ports.has(port)) ports.set(port, now(originalOf(target, moved)))
  }
  return { engine, container, state, ports, signal, patience }
}

/** A project that was edited already names the port that it has become. */
function originalOf(port: number, moved: ReadonlyMap<number, number>): number {
  if (moved.has(port)) return port
  return [...moved].find(([, to]) => to === port)?.[0] ?? port
}

/** Null for nobody's in particular. */
function serviceFor(check: SmokeCheck, services: readonly AskedService[]): AskedService | null {
  if (check.service !== undefined) return services.find(({ service }) => service.name === check.service) ?? null
  if (check.kind !== 'http' && check.kind !== 'tcp') return null
  const publishing = services.filter(({ service }) => service.ports.some(({ published }) => published !== ''))
  const { port } = check
  if (port === null) return publishing[0] ?? services[0] ?? null
  const isOf = ({ service, moved }: AskedService): boolean =>
    service.ports.some(
      ({ published, target }) => published === String(port) || originalOf(target, moved) === port || target === port,
    )
  const isOpen = ({ listeners, moved }: AskedService): boolean =>
    listeners?.some((one) => one.port === (moved.get(port) ?? port)) === true
  return publishing.find(isOf) ?? services.find(isOf) ?? services.find(isOpen) ?? null
}

interface Forwarding {
  readonly service: AskedService
  readonly at: Forwarded
}

/** `BASE_URL_<SERVICE>`: the first port that it publishes, else the first that answers. */
function baseUrls(forwards: readonly Forwarding[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    forwards.flatMap(({ service: { service, answers, moved }, at }) => {
      const open = answers.filter(({ protocol, kind }) => protocol === 'tcp' && kind !== 'closed')
      const [published] = service.ports.filter((one) => one.protocol === 'tcp' && one.published !== '')
      const target = published?.target
      const port = target === undefined ? open[0]?.port : (moved.get(target) ?? target)
      if (port === undefined) return []
      const scheme = answers.find((one) => one.port === port)?.kind === 'https' ? 'https' : 'http'
      const name = service.name.toUpperCase().replace(/[^A-Z\d]/g, '_')
      return [[`BASE_URL_${name}`, `${scheme}://${at.host}:${at.port(port)}`]]
    }),
  )
}
