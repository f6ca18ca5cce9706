import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limitsOf } from '../../engine/arguments.ts'
import { labelFlags, sessionLabels } from '../../engine/clean-up.ts'
import { networkSightOf } from '../../engine/connections.ts'
import type { Engine } from '../../engine/engine.ts'
import { type KubePlay, kubePlay } from '../../engine/kube-play.ts'
import { HardenError } from '../../errors.ts'
import type { ServiceSight } from '../checks/connections.ts'
import type { MadeStack, StackDriver, StackMaking } from '../container/stack-run.ts'
import { closePlace, makePlace, NO_SERVER, type Place } from '../sandbox/open-sandbox.ts'
import { nodeSpec, openRelay } from '../sandbox/relay.ts'
import { runChecks, type SmokeResult } from '../smoke/run-checks.ts'
import { type PlannedPod, type PlannedPods, plannedPods, podText, type ServiceWay } from './pods.ts'
import type { PodSide } from './run-file.ts'

/** Manifests as pods of `podman kube play`. Throws `no-engine` where the engine has none. */
export function openKubeDriver(engine: Engine): StackDriver {
  const play = kubePlay(engine)
  return { engine, make: (making) => makePods({ engine, play, making }) }
}

interface Making {
  readonly engine: Engine
  readonly play: KubePlay
  readonly making: StackMaking
}

/** Pods get addresses from the end of their network, since podman hands out its own from the beginning. */
const LAST_ADDRESS = 250
const MOST_PODS = 150
/** The time for the checks of probes and Services, in milliseconds. */
const PATIENCE = 10_000

async function makePods(all: Making): Promise<MadeStack> {
  const { engine, play, making } = all
  const { side, name } = making
  const { pods } = side
  if (pods === undefined) throw new Error('a stack of pods has no manifests')
  const planned = plannedPods(pods)
  if (planned.pods.length > MOST_PODS)
    throw new HardenError('engine-failed', `more than ${MOST_PODS} pods are not run at a time`)
  const made: Made = { volumes: new Map(), forwarders: [] }
  const place = await placeOf(all)
  const close: MadeStack['close'] = async ({ keepsVolumes }) => {
    await play.remove(planned.pods.map((_, index) => podName(name, index)))
    await Promise.all(made.forwarders.map(({ container }) => engine.remove(container)))
    const gone = keepsVolumes ? [] : [...made.volumes.values()]
    await Promise.all(gone.map((volume) => engine.removeVolume(volume.name)))
    await closePlace(engine, place)
  }
  try {
    const prefix = await play.prefixOf(place.network)
    const addresses = new Map(
      planned.pods.map(({ workload }, index) => [workload.name, `${prefix}${LAST_ADDRESS - index}`] as const),
    )
    const traced = await making.traced
    const services = await openServices(all, planned, addresses, place, made)
    const stack = { ...all, side: { ...side, pods }, planned, addresses, services, place, made, traced }
    const texts = planned.pods.map((pod, index) => textOf(stack, pod, index))
    return {
      volumes: new Map(planned.volumes.flatMap(({ key, kind }) => (kind === 'claim' ? [[key, key] as const] : []))),
      unshown: [...new Set([...planned.unshown, ...texts.flatMap(({ unshown }) => unshown)])],
      places: [place],
      sights: () => sightsOf(stack),
      async up(timeoutMs) {
        await prepareVolumes(stack)
        return firstOf(
          planned.pods.map(async (pod, index) => {
            const { workload, missing } = pod
            if (missing !== null) return `${workload.name}: ${missing}`
            const address = addresses.get(workload.name) ?? ''
            const { text } = textOf(stack, pod, index)
            const wrong = await play.play(text, { network: place.network, address, timeoutMs })
            return wrong === null ? null : `${workload.name}: ${wrong}`
          }),
        )
      },
      containers: async () => {
        const found = await play.containers(`${STACK_LABEL}=${name}`)
        const names = namesOf(stack)
        return found.flatMap(({ id, service }) => {
          const own = names.get(service)
          return own === undefined ? [] : [{ id, service: own }]
        })
      },
      stop: (grace) => firstOf(planned.pods.map((_, index) => play.stop(podName(name, index), grace))),
      start: (timeoutMs) => firstOf(planned.pods.map((_, index) => play.start(podName(name, index), timeoutMs))),
      async removeContainers() {
        await play.remove(planned.pods.map((_, index) => podName(name, index)))
        // An emptyDir ends with its pod.
        const ended = planned.volumes.filter(({ kind }) => kind === 'empty')
        for (const { key } of ended) {
          const volume = made.volumes.get(key)
          made.volumes.delete(key)
          if (volume !== undefined) await engine.removeVolume(volume.name)
        }
      },
      ask: (reached, signal) => asked(stack, reached, signal),
      close,
    }
  } catch (error) {
    await close({ keepsVolumes: false }).catch(() => undefined)
    throw error
  }
}

interface Made {
  /** By key. */
  readonly volumes: Map<string, { readonly name: string; readonly folder: string }>
  readonly forwarders: { readonly container: string; readonly service: ServiceWay }[]
}

interface Pods extends Making {
  readonly side: StackMaking['side'] & { readonly pods: PodSide }
  readonly planned: PlannedPods
  readonly addresses: ReadonlyMap<string, string>
  readonly services: OpenServices
  readonly place: Place
  readonly made: Made
  readonly traced: Awaited<StackMaking['traced']>
}

const STACK_LABEL = 'harden-image.stack'

function podName(run: string, index: number): string {
  return `${run}-${index}`
}

/** The first error of calls that run at the same time, since pods wait for each other. */
async function firstOf(calls: readonly Promise<string | null>[]): Promise<string | null> {
  return (await Promise.all(calls)).find((wrong) => wrong !== null) ?? null
}

function labelsOf({ engine, making }: Making): Readonly<Record<string, string>> {
  return { ...sessionLabels(engine.session), [STACK_LABEL]: making.name }
}

/** The service of each container, by the name that podman gives it. */
function namesOf({ making, planned, side }: Pods): ReadonlyMap<string, string> {
  return new Map(
    planned.pods.flatMap(({ workload }, index) =>
      workload.containers.flatMap(({ name }) => {
        const service = side.pods.services.get(`${workload.name}:${name}`)
        return service === undefined ? [] : [[`${podName(making.name, index)}-${name}`, service] as const]
      }),
    ),
  )
}

function textOf(stack: Pods, pod: PlannedPod, index: number): ReturnType<typeof podText> {
  const { making, engine, addresses, planned, services, side, traced, made } = stack
  return podText(pod, side, {
    name: podName(making.name, index),
    labels: labelsOf(stack),
    limits: limitsOf({}, engine.enforces),
    address: addresses.get(pod.workload.name) ?? '',
    hosts: hostsOf(planned.services, services, pod.workload.namespace || 'default'),
    dns: making.network ? null : [NO_SERVER],
    traced,
    folders: new Map([...made.volumes].map(([key, { folder }]) => [key, folder])),
    files: new Map(planned.volumes.map(({ key, files }) => [key, new Set(files.map(({ path }) => path))])),
    isTrusted: making.isTrusted,
  })
}

function hostsOf(
  planned: readonly ServiceWay[],
  { addresses }: OpenServices,
  namespace: string,
): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, readonly string[]>()
  for (const service of planned) {
    const address = addresses.get(service)
    const short = service.namespace === namespace ? [service.name.slice('service/'.length)] : []
    if (address !== undefined) hosts.set(address, [...(hosts.get(address) ?? []), ...short, ...service.names])
  }
  return hosts
}

/**
 * Makes the network of the run: one that leads nowhere, or one like the engine's own. The run is looked at from inside, since from
 * this machine somebody else may answer in the name of a pod (a proxy of everything on port 80).
 */
async function placeOf({ engine, play, making }: Making): Promise<Place> {
  const { network, name } = making
  if (network) await play.createNetwork(name, labelFlags(sessionLabels(engine.session)))
  const place = network ? { network: name, relay: null, hostReachable: true } : await makePlace(engine)
  if (!engine.reachable) return place
  try {
    return { ...place, relay: await openRelay(engine, place.network) }
  } catch (error) {
    await closePlace(engine, place)
    throw error
  }
}

interface OpenServices {
  readonly addresses: ReadonlyMap<ServiceWay, string>
}

/** A call to a Service counts as a call to its pod. */
async function sightsOf({ engine, made, side }: Pods): Promise<readonly ServiceSight[]> {
  const found = await Promise.all(
    made.forwarders.map(async ({ container, service: { pods, ports } }): Promise<readonly ServiceSight[]> => {
      const { pid } = await engine.state(container)
      const sight = pid > 0 ? networkSightOf(pid) : null
      const [pod] = pods
      const first = pod?.containers.find(({ list }) => list === 'containers')?.name
      const service = side.pods.services.get(`${pod?.name}:${first}`)
      if (sight === null || service === undefined) return []
      const behind = new Map(ports.map(({ port, to }) => [port, to]))
      const connections = sight.connections.flatMap((one) => {
        const localPort = behind.get(one.localPort)
        return localPort === undefined ? [] : [{ ...one, localPort }]
      })
      return [{ service, sight: { addresses: [], listens: [...behind.values()], connections } }]
    }),
  )
  return found.flat()
}

/** A Service with ports of its own is a program that forwards to its pods; any other is the address of its pod. */
async function openServices(
  { engine }: Making,
  { services }: PlannedPods,
  addresses: ReadonlyMap<string, string>,
  { network }: Place,
  { forwarders }: Made,
): Promise<OpenServices> {
  const own = new Map<ServiceWay, string>()
  for (const service of services) {
    const targets = service.pods.flatMap(({ name }) => addresses.get(name) ?? [])
    const [address] = targets
    if (address === undefined) continue
    if (service.isDirect) {
      own.set(service, address)
      continue
    }
    const ports = service.ports.filter(({ protocol }) => protocol === 'TCP')
    const spec = await nodeSpec(engine, FORWARD, JSON.stringify({ ports, targets }))
    // A Service may have any port, and podman lets only root have those below 1024.
    const sysctls = { 'net.ipv4.ip_unprivileged_port_start': '0' }
    const container = await engine.run({ ...spec, network, sysctls })
    forwarders.push({ container, service })
    own.set(service, (await engine.state(container)).address)
  }
  return { addresses: own }
}

/** Listens once somebody is behind it: whoever waits for a Service waits for that. */
const FORWARD = `
const net = require('node:net')
process.on('uncaughtException', () => {})
const { ports, targets } = JSON.parse(process.argv[1])
let turn = 0
for (const { port, to } of ports) {
  const listen = () => net.createServer({ allowHalfOpen: true }, (guest) => {
    const far = net.connect({ host: targets[turn++ % targets.length], port: to, allowHalfOpen: true })
    guest.on('error', () => far.destroy())
    far.on('error', () => guest.destroy())
    guest.on('close', () => far.destroy())
    far.on('close', () => guest.destroy())
    guest.pipe(far)
    far.pipe(guest)
  }).listen(port)
  const look = () => {
    const probe = net.connect({ host: targets[0], port: to })
    probe.on('connect', () => { probe.destroy(); listen() })
    probe.on('error', () => setTimeout(look, 200))
  }
  look()
}
`

/** Makes the volumes that do not exist yet, empty or with ConfigMaps and Secrets as Kubernetes gives them, never with the image's files. */
async function prepareVolumes(stack: Pods): Promise<void> {
  const { engine, play, planned, made, making } = stack
  const news = planned.volumes.filter(({ key }) => !made.volumes.has(key))
  if (news.length === 0) return
  for (const { key } of news) {
    const name = `${making.name}-v${made.volumes.size}-${planned.volumes.findIndex((one) => one.key === key)}`
    made.volumes.set(key, { name, folder: await play.createVolume(name, labelFlags(sessionLabels(engine.session))) })
  }
  const plan = join(making.folder, 'volumes.json')
  const text = JSON.stringify(news.map((volume, index) => ({ ...volume, at: `/v/${index}` })))
  await writeFile(plan, text, { mode: 0o600 })
  const spec = await nodeSpec(engine, PREPARE)
  const container = await engine.run({
    ...spec,
    user: '0:0',
    // It gives files in anybody's folders to any owner, with any mode.
    capAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'],
    readOnly: false,
    network: 'none',
    mounts: [
      ...(spec.mounts ?? []),
      { type: 'bind', source: plan, target: '/volumes.json' },
      ...news.map(({ key }, index) => {
        const folder = made.volumes.get(key)?.folder ?? ''
        return { type: 'bind', source: folder, target: `/v/${index}`, writable: true } as const
      }),
    ],
  })
  try {
    await untilEnded(engine, container, making.signal)
  } finally {
    await engine.remove(container)
  }
}

async function untilEnded(engine: Engine, container: string, signal: AbortSignal): Promise<void> {
  const end = Date.now() + 60_000
  for (;;) {
    signal.throwIfAborted()
    const { running, status, exitCode, error } = await engine.state(container)
    if (!running && status !== 'created' && exitCode === 0) return
    if ((!running && status !== 'created') || Date.now() > end) {
      const said = (await engine.logs(container)).trim().split('\n').at(-1)
      throw new HardenError('engine-failed', `volumes for the pods could not be made: ${error || said || 'no answer'}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const PREPARE = `
const fs = require('node:fs'), { dirname, join } = require('node:path')
for (const { at, mode, gid, folders, files } of JSON.parse(fs.readFileSync('/volumes.json', 'utf8'))) {
  const folder = (path) => {
    if (path === '.' || fs.existsSync(join(at, path))) return
    folder(dirname(path))
    fs.mkdirSync(join(at, path))
    fs.chownSync(join(at, path), 0, gid)
    fs.chmodSync(join(at, path), mode)
  }
  for (const path of folders) folder(path)
  for (const { path, mode: own, base64 } of files) {
    folder(dirname(path))
    fs.writeFileSync(join(at, path), Buffer.from(base64, 'base64'))
    fs.chownSync(join(at, path), 0, gid)
    fs.chmodSync(join(at, path), own)
  }
  fs.chownSync(at, 0, gid)
  fs.chmodSync(at, mode)
}
`

/** Asks Services and probes; what answers for the original has to answer for the result. */
async function asked(stack: Pods, engine: Engine, signal: AbortSignal): Promise<readonly SmokeResult[]> {
  const { play, planned, making, engine: own } = stack
  if (!own.reachable) return []
  const containers = await play.containers(`${STACK_LABEL}=${making.name}`)
  const end = Date.now() + PATIENCE
  const targetOf = async (pod: PlannedPod['workload'], port: number) => {
    const index = planned.pods.findIndex(({ workload }) => workload === pod)
    const found = containers.filter(({ service }) => service.startsWith(`${podName(making.name, index)}-`))
    const states = await Promise.all(found.map(async ({ id }) => ({ container: id, state: await engine.state(id) })))
    const up = states.find(({ state }) => state.running)
    const patience = Math.max(0, end - Date.now())
    return up === undefined ? null : { engine, ...up, ports: new Map([[port, port]]), signal, patience }
  }
  const ways = planned.services.flatMap(({ name, pods, ports }) =>
    ports.flatMap(({ port, to, protocol }) => {
      const [pod] = pods
      const check = { kind: 'tcp', name: `${name} :${port}`, port: to, send: null, expect: null } as const
      return pod === undefined || protocol !== 'TCP' ? [] : [{ pod, port: to, check }]
    }),
  )
  const probes = planned.probes.map(({ name, workload, port, path, tls }) => {
    const http = { kind: 'http', tls, method: 'GET', data: null, status: null, headers: {}, body: null } as const
    const check =
      path === null ? ({ kind: 'tcp', name, port, send: null, expect: null } as const) : { ...http, name, port, path }
    return { pod: workload, port, check }
  })
  const results = await Promise.all(
    [...ways, ...probes].map(async ({ pod, port, check }) => {
      const target = await targetOf(pod, port)
      return target === null ? [] : runChecks([check], target)
    }),
  )
  return results.flat().filter(({ passed }) => passed)
}
