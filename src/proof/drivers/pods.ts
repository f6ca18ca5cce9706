import { plainCapability } from '../../image/capabilities.ts'
import { SAFE_SYSCTLS } from '../../manifests/kubernetes/restricted.ts'
import {
  containerOf,
  dataNamed,
  itemsIn,
  leadsTo,
  type Manifests,
  namespaceIn,
  type ObjectAt,
  type PodVolume,
  usesOf,
  type Workload,
} from '../../manifests/kubernetes/workloads.ts'
import { asList, asObject, isObject, type Json, textOf } from '../../manifests/yaml/file.ts'
import { HARMLESS_CAPABILITIES, type PodSide, type StackSide, type TracedStart } from './run-file.ts'

/** One pod for each workload. */
export interface PlannedPod {
  readonly workload: Workload
  /** Its host name: a DNS label made of the name of its workload. */
  readonly host: string
  /** Why Kubernetes would not start it, as half a sentence; null where it would. */
  readonly missing: string | null
}

/** A volume as Kubernetes gives it to pods. */
interface PlannedVolume {
  readonly key: string
  /** `claim`: outlives its pods; `empty`: ends with them; `config`: what ConfigMaps and Secrets hold. */
  readonly kind: 'claim' | 'empty' | 'config'
  readonly mode: number
  /** Its group. */
  readonly gid: number
  /** Relative paths that mounts name and that are no file. */
  readonly folders: readonly string[]
  readonly files: readonly VolumeFile[]
}

interface VolumeFile {
  /** Relative. */
  readonly path: string
  readonly mode: number
  readonly base64: string
}

/** What stands before pods. */
export interface ServiceWay {
  /** `service/web` */
  readonly name: string
  readonly namespace: string
  /** The names that pods call it by; in its own namespace the first part alone works too. */
  readonly names: readonly string[]
  /** Its pods, at least one. */
  readonly pods: readonly Workload[]
  readonly ports: readonly { readonly port: number; readonly to: number; readonly protocol: string }[]
  /** Its name resolves to the address of its pod, with nothing in between. */
  readonly isDirect: boolean
}

/** What Kubernetes asks of a container. */
interface PlannedProbe {
  /** `deployment/web readinessProbe` */
  readonly name: string
  readonly workload: Workload
  readonly port: number
  /** Null where a connection is enough. */
  readonly path: string | null
  readonly tls: boolean
}

export interface PlannedPods {
  readonly pods: readonly PlannedPod[]
  readonly volumes: readonly PlannedVolume[]
  readonly services: readonly ServiceWay[]
  readonly probes: readonly PlannedProbe[]
  /** What podman cannot show: a noun and the reason. */
  readonly unshown: readonly string[]
}

/** Plans the pods of all workloads for one machine. Pure. */
export function plannedPods({ manifests }: Pick<PodSide, 'manifests'>): PlannedPods {
  const unshown: string[] = []
  const volumes = new Map<string, PlannedVolume>()
  const pods = manifests.workloads.map((workload): PlannedPod => {
    for (const what of unshownOf(workload)) unshown.push(`${workload.name}: ${what}`)
    const missing: string[] = []
    for (const volume of workload.volumes.values())
      addVolume(volumes, workload, volume, manifests, missing, (what) => unshown.push(`${workload.name}: ${what}`))
    for (const container of containersOf(workload))
      environmentOf(container, { workload, manifests, address: '', say: () => undefined }, missing)
    return { workload, host: hostOf(workload), missing: missing.length === 0 ? null : [...new Set(missing)].join(', ') }
  })
  const services = manifests.objects.flatMap((object) => serviceOf(object, manifests.workloads))
  for (const { value } of manifests.objects) {
    const name = textOf(asObject(value.metadata).name)
    if (value.kind === 'NetworkPolicy') unshown.push(`networkpolicy/${name}: podman lets every pod reach every other`)
    if (value.kind === 'Ingress' || value.kind === 'HTTPRoute')
      unshown.push(
        `${textOf(value.kind).toLowerCase()}/${name}: there is no controller that would lead anybody in by it`,
      )
  }
  unshown.push('admission, scheduling and storage classes: there is no cluster')
  return { pods, volumes: [...volumes.values()], services, probes: manifests.workloads.flatMap(probesOf), unshown }
}

const LISTS = ['initContainers', 'containers'] as const

function containersOf({ pod }: Workload): readonly Json[] {
  return LISTS.flatMap((list) => asList(pod.spec[list]).map(asObject))
}

function hostOf({ name, kind }: Workload): string {
  const own = name.slice(name.indexOf('/') + 1).replace(/[^a-z\d-]+/gi, '-')
  return (kind === 'StatefulSet' ? `${own}-0` : own).slice(0, 63)
}

/** What the pod lacks here, or what Kubernetes does with it that kube play cannot. */
function unshownOf({ kind, pod, ...workload }: Workload): readonly string[] {
  const { spec } = pod
  const said: string[] = []
  const object = asObject(pod.spec)
  if (asObject(spec.securityContext).fsGroup !== undefined)
    said.push('fsGroup, which podman ignores: the proof has given new volumes to the group itself')
  if (kind === 'CronJob') said.push('its schedule: it is run once, at once')
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (object[key] === true) said.push(`${key}, which a proof does not give`)
  if (asObject(spec.securityContext).sysctls !== undefined && unsafeSysctls(spec).length > 0)
    said.push(`the sysctls ${unsafeSysctls(spec).join(', ')}, which a proof does not give`)
  for (const container of containersOf({ kind, pod, ...workload })) {
    const name = textOf(container.name)
    const security = asObject(container.securityContext)
    if (security.privileged === true) said.push(`${name}: privileged, which a proof does not give`)
    if (container.lifecycle !== undefined) said.push(`${name}: lifecycle hooks, which podman does not run`)
    if (asList(container.ports).some((port) => asObject(port).hostPort !== undefined))
      said.push(`${name}: hostPort, which a proof does not give`)
    for (const probe of PROBES)
      if (asObject(container[probe]).grpc !== undefined) said.push(`${name}: its ${probe} over gRPC`)
    for (const probe of PROBES)
      if (probe !== 'livenessProbe' && asObject(container[probe]).exec !== undefined)
        said.push(`${name}: its ${probe}, which podman does not run`)
    if (container.restartPolicy === 'Always') said.push(`${name}: that it starts before the others do`)
  }
  return said
}

function unsafeSysctls(spec: Json): readonly string[] {
  return asList(asObject(spec.securityContext).sysctls)
    .map((one) => textOf(asObject(one).name))
    .filter((name) => !SAFE_SYSCTLS.includes(name))
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const

function probesOf(workload: Workload): readonly PlannedProbe[] {
  const several = asList(workload.pod.spec.containers).length > 1
  return asList(workload.pod.spec.containers).flatMap((one) => {
    const container = asObject(one)
    return PROBES.flatMap((key): readonly PlannedProbe[] => {
      const probe = asObject(container[key])
      const http = isObject(probe.httpGet) ? probe.httpGet : null
      const asked = http ?? (isObject(probe.tcpSocket) ? probe.tcpSocket : null)
      // A probe of another host says nothing about this pod.
      if (asked === null || textOf(asked.host ?? '') !== '') return []
      const port = portNumber(asked.port, [container])
      if (port === null) return []
      const path = http === null ? null : textOf(http.path ?? '/')
      const name = `${workload.name}${several ? `:${textOf(container.name)}` : ''} ${key}`
      return [{ name, workload, port, path, tls: http?.scheme === 'HTTPS' }]
    })
  })
}

/** A named port is the container's port of that name. */
function portNumber(port: unknown, containers: readonly Json[]): number | null {
  if (typeof port === 'number') return port
  const found = containers
    .flatMap((container) => asList(container.ports).map(asObject))
    .find(({ name }) => name === port && name !== undefined)?.containerPort
  return typeof found === 'number' ? found : /^\d+$/.test(textOf(port)) ? Number(port) : null
}

function serviceOf({ value }: Pick<ObjectAt, 'value'>, workloads: readonly Workload[]): readonly ServiceWay[] {
  if (value.kind !== 'Service') return []
  const spec = asObject(value.spec)
  const namespace = namespaceIn(value) || 'default'
  const pods = workloads.filter(
    (workload) => leadsTo({ value }, workload) && !['Job', 'CronJob'].includes(workload.kind),
  )
  const [first] = pods
  if (first === undefined) return []
  const own = textOf(asObject(value.metadata).name)
  const containers = asList(first.pod.spec.containers).map(asObject)
  const ports = asList(spec.ports)
    .map(asObject)
    .flatMap(({ port, targetPort = port, protocol = 'TCP' }) => {
      const to = portNumber(targetPort, containers)
      return typeof port === 'number' && to !== null ? [{ port, to, protocol: textOf(protocol) }] : []
    })
  const isHeadless = spec.clusterIP === 'None'
  const names = [`${own}.${namespace}`, `${own}.${namespace}.svc`, `${own}.${namespace}.svc.cluster.local`]
  const ofPods = isHeadless ? pods.flatMap((pod) => names.map((name) => `${hostOf(pod)}.${name}`)) : []
  return [
    {
      name: `service/${own}`,
      namespace,
      names: [...names, ...ofPods],
      pods,
      ports,
      isDirect: isHeadless || (pods.length === 1 && ports.every(({ port, to }) => port === to)),
    },
  ]
}

/** Adds a volume with the files of its ConfigMaps and Secrets. `missing` receives those that the manifests do not hold. */
function addVolume(
  volumes: Map<string, PlannedVolume>,
  workload: Workload,
  volume: PodVolume,
  manifests: Manifests,
  missing: string[],
  say: (unshown: string) => void,
): void {
  const { spec } = workload.pod
  const folders = subPaths(workload, volume)
  const known = volumes.get(volume.key)
  if (known !== undefined) {
    volumes.set(volume.key, { ...known, folders: [...new Set([...known.folders, ...folders])] })
    return
  }
  const { fsGroup } = asObject(spec.securityContext)
  const group = typeof fsGroup === 'number' ? fsGroup : null
  // Kubernetes gives a volume to the group, open to it, and lets what is made in it inherit that (SetVolumeOwnership).
  const shared = { gid: group ?? 0, mode: group === null ? 0o755 : 0o2775 }
  const written = asObject(asList(spec.volumes).find((one) => asObject(one).name === volume.name))
  if (volume.kind === 'config') {
    const files = configFiles(written, workload, manifests, missing, say)
    const open = group === null ? files : files.map((file) => ({ ...file, mode: file.mode | 0o440 }))
    const paths = new Set(files.map(({ path }) => path))
    const others = folders.filter((path) => !paths.has(path))
    volumes.set(volume.key, { key: volume.key, kind: 'config', ...shared, mode: 0o755, folders: others, files: open })
    return
  }
  if (volume.kind === 'host' || volume.kind === 'remote' || volume.kind === 'other')
    say(`what is in the volume ${volume.name}, which no proof is given: it begins empty here`)
  const isOpen = volume.kind === 'empty'
  const reached = volume.kind === 'claim' || volume.kind === 'empty'
  volumes.set(volume.key, {
    key: volume.key,
    kind: volume.kind === 'empty' ? 'empty' : 'claim',
    gid: reached ? shared.gid : 0,
    mode: isOpen ? (group === null ? 0o777 : 0o2777) : reached ? shared.mode : 0o755,
    folders,
    files: [],
  })
}

function subPaths(workload: Workload, volume: PodVolume): readonly string[] {
  return workload.containers
    .flatMap((container) => usesOf(workload, container))
    .filter((use) => use.volume === volume && use.subPath !== '' && !use.subPath.split('/').includes('..'))
    .map(({ subPath }) => subPath)
}

function configFiles(
  volume: Json,
  workload: Workload,
  manifests: Manifests,
  missing: string[],
  say: (unshown: string) => void,
): readonly VolumeFile[] {
  const one = (kind: 'ConfigMap' | 'Secret', source: Json, name: unknown, mode: unknown): readonly VolumeFile[] => {
    const data = dataOf(kind, textOf(name), workload, manifests)
    if (data === null) {
      if (source.optional !== true) missing.push(`${kind} ${textOf(name)} is not in the manifests`)
      return []
    }
    const usual = typeof mode === 'number' ? mode : 0o644
    return itemsIn(source, data.keys()).flatMap(({ key, path, mode: own }) => {
      const base64 = data.get(key)
      if (base64 === undefined) missing.push(`${kind} ${textOf(name)} has no ${key}`)
      return base64 === undefined || path.split('/').includes('..')
        ? []
        : [{ path, mode: typeof own === 'number' ? own : usual, base64 }]
    })
  }
  if (isObject(volume.configMap))
    return one('ConfigMap', volume.configMap, volume.configMap.name, volume.configMap.defaultMode)
  if (isObject(volume.secret)) return one('Secret', volume.secret, volume.secret.secretName, volume.secret.defaultMode)
  const projected = asObject(volume.projected)
  const files = asList(projected.sources).flatMap((source) => {
    const { configMap, secret } = asObject(source)
    if (isObject(configMap)) return one('ConfigMap', configMap, configMap.name, projected.defaultMode)
    if (isObject(secret)) return one('Secret', secret, secret.name, projected.defaultMode)
    say(`${Object.keys(asObject(source)).join(', ')} of the volume ${textOf(volume.name)}: only a cluster has it`)
    return []
  })
  if (!isObject(volume.projected)) say(`the volume ${textOf(volume.name)}: only a cluster has it`)
  return files
}

/** The bytes by key; null where the manifests do not hold it. */
function dataOf(
  kind: 'ConfigMap' | 'Secret',
  name: string,
  workload: Workload,
  { objects }: Manifests,
): ReadonlyMap<string, string> | null {
  const found = dataNamed(objects, kind, name, workload)?.value
  if (found === undefined) return null
  const base64 = (text: unknown): string => Buffer.from(textOf(text)).toString('base64')
  const plain = Object.entries(asObject(kind === 'Secret' ? found.stringData : found.data))
  const encoded = Object.entries(asObject(kind === 'Secret' ? found.data : found.binaryData))
  return new Map([
    ...encoded.map(([key, value]) => [key, textOf(value).replace(/\s+/g, '')] as const),
    ...plain.map(([key, value]) => [key, base64(value)] as const),
  ])
}

interface Surrounding {
  readonly workload: Workload
  readonly manifests: Manifests
  readonly address: string
  readonly say: (unshown: string) => void
}

/** All variables that the manifest gives a container. */
function environmentOf(container: Json, about: Surrounding, missing: string[]): ReadonlyMap<string, string> {
  const { workload, manifests } = about
  const env = new Map<string, string>()
  const refer = (kind: 'ConfigMap' | 'Secret', reference: Json): ReadonlyMap<string, string> | null => {
    const data = dataOf(kind, textOf(reference.name), workload, manifests)
    if (data === null && reference.optional !== true)
      missing.push(`${kind} ${textOf(reference.name)} is not in the manifests`)
    return data
  }
  const plain = (base64: string): string => Buffer.from(base64, 'base64').toString()
  for (const one of asList(container.envFrom).map(asObject))
    for (const [kind, reference] of [
      ['ConfigMap', one.configMapRef],
      ['Secret', one.secretRef],
    ] as const)
      if (isObject(reference))
        for (const [key, value] of refer(kind, reference) ?? [])
          env.set(`${textOf(one.prefix ?? '')}${key}`, plain(value))
  for (const { name, value, valueFrom } of asList(container.env).map(asObject)) {
    const from = asObject(valueFrom)
    const reference = from.configMapKeyRef ?? from.secretKeyRef
    const kind = from.configMapKeyRef === undefined ? 'Secret' : 'ConfigMap'
    if (isObject(reference)) {
      const found = refer(kind, reference)
      const own = found?.get(textOf(reference.key))
      if (own !== undefined) env.set(textOf(name), plain(own))
      else if (found != null && reference.optional !== true)
        missing.push(`${kind} ${textOf(reference.name)} has no ${textOf(reference.key)}`)
    } else if (isObject(from.fieldRef)) {
      const own = fieldOf(textOf(from.fieldRef.fieldPath), about)
      if (own === null) about.say(`the variable ${textOf(name)}: only a cluster knows it`)
      else env.set(textOf(name), own)
    } else if (valueFrom !== undefined) about.say(`the variable ${textOf(name)}: only a cluster knows it`)
    else env.set(textOf(name), expanded(textOf(value ?? ''), env))
  }
  return env
}

/** Expands `$(NAME)` of variables above, and `$$` to `$`. Source: Kubernetes, dependent environment variables. */
function expanded(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env.get(name) ?? whole),
  )
}

function fieldOf(path: string, { workload, address }: Surrounding): string | null {
  const { pod, namespace } = workload
  const [, kind = '', key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (kind !== '') return textOf((kind === 'labels' ? pod.labels : asObject(pod.annotations))[key] ?? '')
  const known: Readonly<Record<string, string>> = {
    'metadata.name': hostOf(workload),
    'metadata.namespace': namespace || 'default',
    'spec.nodeName': 'node',
    'spec.serviceAccountName': textOf(pod.spec.serviceAccountName ?? 'default'),
    'status.podIP': address,
    'status.podIPs': address,
    'status.hostIP': address,
  }
  return known[path] ?? null
}

export interface PodOptions {
  readonly name: string
  readonly labels: Json
  readonly limits: { readonly memoryBytes: number | null; readonly pids: number | null; readonly cpus: number | null }
  readonly address: string
  /** The addresses of each name that it may call. */
  readonly hosts: ReadonlyMap<string, readonly string[]>
  /** Name servers that replace the engine's; null keeps those. */
  readonly dns: readonly string[] | null
  readonly traced: ReadonlyMap<string, TracedStart>
  /** The folder of each volume on the engine's machine, by key. */
  readonly folders: ReadonlyMap<string, string>
  /** Paths in each volume that are files, by key. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>
  readonly isTrusted: boolean
}

/** Writes a pod for `podman kube play`, and says what it lacks. All names in it are resolved. Pure. */
export function podText(
  { workload, host }: PlannedPod,
  { pods, images }: StackSide & { readonly pods: PodSide },
  options: PodOptions,
): { readonly text: string; readonly unshown: readonly string[] } {
  const { spec } = workload.pod
  const unshown: string[] = []
  const say = (what: string): void => void unshown.push(`${workload.name}: ${what}`)
  const annotations: Record<string, string> = {
    // Without this, podman removes them together with what they did.
    'io.podman.annotations.init.container.type': 'always',
    'io.podman.annotations.ulimit': 'core=0:0',
  }
  const volumes = new Map<string, Json>()
  const made = (list: (typeof LISTS)[number]): readonly Json[] =>
    workload.containers
      .filter((one) => one.list === list)
      .map((chosen) => {
        const container = containerOf(spec, chosen)
        const service = pods.services.get(`${workload.name}:${chosen.name}`)
        const image =
          (service === undefined ? undefined : images.get(service)) ?? pods.images.get(textOf(container.image))
        const traced = service === undefined ? undefined : options.traced.get(service)
        if (options.limits.pids !== null)
          annotations[`io.podman.annotations.pids-limit/${chosen.name}`] = String(options.limits.pids)
        if (traced !== undefined) annotations[`io.podman.annotations.volumes-from/${chosen.name}`] = traced.from
        const env = environmentOf(container, { workload, manifests: pods.manifests, address: options.address, say }, [])
        const mounts = mountsOf(workload, chosen, options, volumes)
        return {
          ...startOf(container, env, traced),
          name: chosen.name,
          image: (image ?? textOf(container.image)).replace(/^sha256:/, ''),
          imagePullPolicy: 'Never',
          ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
          resources: { limits: limitsOfContainer(options.limits) },
          securityContext: securityOf(container, traced, options.isTrusted, (what) => say(`${chosen.name}: ${what}`)),
          volumeMounts: mounts,
          ...(isObject(asObject(container.livenessProbe).exec) ? { livenessProbe: container.livenessProbe } : {}),
        }
      })
  const init = made('initContainers')
  const containers = made('containers')
  const isSidecar = (container: Json): boolean =>
    asList(spec.initContainers).some((one) => {
      const { name, restartPolicy } = asObject(one)
      return name === container.name && restartPolicy === 'Always'
    })
  const own = asList(spec.hostAliases).map(asObject)
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: options.name, labels: options.labels, annotations },
    spec: {
      hostname: textOf(spec.hostname ?? host),
      restartPolicy: textOf(spec.restartPolicy ?? 'Always'),
      ...(spec.shareProcessNamespace === true ? { shareProcessNamespace: true } : {}),
      ...(spec.terminationGracePeriodSeconds === undefined
        ? {}
        : { terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds }),
      hostAliases: [...[...options.hosts].map(([ip, hostnames]) => ({ ip, hostnames })), ...own],
      ...(options.dns === null ? {} : { dnsConfig: { nameservers: options.dns } }),
      securityContext: podSecurity(spec),
      initContainers: init.filter((one) => !isSidecar(one)),
      containers: [...containers, ...init.filter(isSidecar)],
      volumes: [...volumes.values()],
    },
  }
  return { text: JSON.stringify(pod), unshown }
}

/** Podman fills in variables as Kubernetes does, except those in variables themselves. */
function startOf(container: Json, env: ReadonlyMap<string, string>, traced: TracedStart | undefined): Json {
  const all = new Map([...env, ...(traced?.env ?? [])])
  const command = traced?.entrypoint ?? container.command
  const args = traced?.command ?? container.args
  return {
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    env: [...all].map(([name, value]) => ({ name, value })),
  }
}

function limitsOfContainer({ memoryBytes, cpus }: PodOptions['limits']): Json {
  return {
    ...(memoryBytes === null ? {} : { memory: String(memoryBytes) }),
    ...(cpus === null ? {} : { cpu: `${Math.round(cpus * 1000)}m` }),
  }
}

function securityOf(
  container: Json,
  traced: TracedStart | undefined,
  isTrusted: boolean,
  say: (unshown: string) => void,
): Json {
  const { runAsUser, runAsGroup, allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = asObject(
    container.securityContext,
  )
  const { add, drop } = asObject(capabilities)
  const given = asList(add)
    .map(textOf)
    .filter((name) => {
      const isHarmless = HARMLESS_CAPABILITIES.has(plainCapability(name))
      if (!isHarmless && !isTrusted) say(`the capability ${name}, which a proof does not give to what others wrote`)
      return isHarmless || isTrusted
    })
  const kept = { runAsUser, runAsGroup, allowPrivilegeEscalation, readOnlyRootFilesystem }
  return {
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
    capabilities: { add: [...given, ...(traced?.capAdd ?? [])], drop: asList(drop) },
  }
}

/** The group of its volumes is also a group of its processes. */
function podSecurity(spec: Json): Json {
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups, sysctls } = asObject(spec.securityContext)
  const groups = [...asList(supplementalGroups), ...(fsGroup === undefined ? [] : [fsGroup])]
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(groups.length === 0 ? {} : { supplementalGroups: [...new Set(groups)] }),
    sysctls: asList(sysctls).filter((one) => SAFE_SYSCTLS.includes(textOf(asObject(one).name))),
  }
}

/** Mounts folders of the engine's machine. A volume would be filled from the image, which Kubernetes never does. */
function mountsOf(
  workload: Workload,
  chosen: Workload['containers'][number],
  { folders, files }: PodOptions,
  volumes: Map<string, Json>,
): readonly Json[] {
  return usesOf(workload, chosen).flatMap(({ volume, path, subPath, readOnly }): readonly Json[] => {
    const folder = folders.get(volume.key)
    if (folder === undefined) return []
    const key = `${volume.key}\n${subPath}`
    const isFile = files.get(volume.key)?.has(subPath) === true
    const name = textOf(volumes.get(key)?.name ?? `v${volumes.size}`)
    volumes.set(key, {
      name,
      hostPath: { path: subPath === '' ? folder : `${folder}/${subPath}`, type: isFile ? 'File' : 'Directory' },
    })
    return [{ name, mountPath: path, readOnly: readOnly || volume.kind === 'config' }]
  })
}
