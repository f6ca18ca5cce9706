import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'

/** Something for which Pod Security *restricted* refuses a pod. */
export interface Refusal {
  /** As the standard calls it. */
  readonly control: string
  /** Where, from the pod: `spec.containers[0].securityContext.privileged`. */
  readonly field: string
  /** The container that it is about; null for the pod. */
  readonly container: string | null
  readonly reason: string
}

/** Metadata and spec of a pod, or of the template of one. */
export interface PodTemplate {
  readonly metadata?: unknown
  readonly spec: Json
}

interface Rule {
  readonly control: string
  readonly refused: (pod: Looked) => Iterable<Found>
}

type Found = Pick<Refusal, 'field' | 'reason'> & { readonly container?: string }

interface Looked {
  readonly spec: Json
  readonly annotations: Json
  /** Init containers and ephemeral ones too. */
  readonly containers: readonly ContainerAt[]
  readonly security: Json
  readonly isWindows: boolean
}

interface ContainerAt {
  readonly at: string
  readonly name: string
  readonly value: Json
  readonly security: Json
}

/**
 * Empty where it is accepted. Source: Pod Security Standards, *baseline* and *restricted*, control by control as the admission
 * plugin has them (kubernetes/pod-security-admission, `policy/check_*.go`, 1.37). What only its newest versions let pass (root in a
 * pod with `hostUsers: false`, from 1.35; two more sysctls, from 1.37) is refused here, as older clusters refuse it.
 */
export function refusals({ metadata, spec }: PodTemplate): readonly Refusal[] {
  const looked: Looked = {
    spec,
    annotations: asObject(asObject(metadata).annotations),
    containers: ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
      asList(spec[list]).map((one, index) => {
        const value = asObject(one)
        const name = textOf(value.name ?? '')
        return { at: `spec.${list}[${index}]`, name, value, security: asObject(value.securityContext) }
      }),
    ),
    security: asObject(spec.securityContext),
    isWindows: asObject(spec.os).name === 'windows',
  }
  return RULES.flatMap(({ control, refused }) =>
    [...refused(looked)].map(({ container = null, ...found }) => ({ control, container, ...found })),
  )
}

const RULES: readonly Rule[] = [
  {
    control: 'HostProcess',
    *refused(pod) {
      for (const one of settings(pod))
        if (asObject(one.security.windowsOptions).hostProcess === true)
          yield told(one, 'windowsOptions.hostProcess', 'hostProcess is true')
    },
  },
  {
    control: 'Host Namespaces',
    *refused({ spec }) {
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
        if (spec[key] === true) yield { field: `spec.${key}`, reason: `${key} is true` }
    },
  },
  {
    control: 'Privileged Containers',
    *refused({ containers }) {
      for (const one of containers)
        if (one.security.privileged === true) yield told(one, 'privileged', `${one.name} is privileged`)
    },
  },
  {
    control: 'Capabilities',
    *refused({ containers, isWindows }) {
      for (const one of containers) {
        const { add, drop } = asObject(one.security.capabilities)
        const more = asList(add).filter((name) => name !== 'NET_BIND_SERVICE')
        if (more.length > 0) yield told(one, 'capabilities.add', `${one.name} adds ${more.map(textOf).join(', ')}`)
        if (!isWindows && !asList(drop).includes('ALL'))
          yield told(one, 'capabilities.drop', `${one.name} does not drop ALL`)
      }
    },
  },
  {
    control: 'HostPath Volumes',
    *refused({ spec }) {
      for (const { at, name, kinds } of volumesOf(spec))
        if (kinds.includes('hostPath')) yield { field: `${at}.hostPath`, reason: `the volume ${name} is a hostPath` }
    },
  },
  {
    control: 'Host Ports',
    *refused({ containers }) {
      for (const { at, name, value } of containers)
        for (const [index, port] of asList(value.ports).map(asObject).entries())
          if (isSaid(port.hostPort) && port.hostPort !== 0)
            yield {
              field: `${at}.ports[${index}].hostPort`,
              container: name,
              reason: `${name} takes port ${textOf(port.hostPort)} of the node`,
            }
    },
  },
  {
    control: 'Host Probes / Lifecycle Hooks',
    *refused({ containers }) {
      for (const { at, name, value } of containers)
        for (const [key, handler] of handlersOf(value))
          for (const kind of ['httpGet', 'tcpSocket']) {
            const { host } = asObject(handler[kind])
            if (isSaid(host))
              yield {
                field: `${at}.${key}.${kind}.host`,
                container: name,
                reason: `${key} of ${name} asks the host ${textOf(host)}`,
              }
          }
    },
  },
  {
    control: 'AppArmor',
    *refused(pod) {
      for (const one of settings(pod)) {
        const { type } = asObject(one.security.appArmorProfile)
        if (type !== undefined && !LOCKED.includes(type))
          yield told(one, 'appArmorProfile.type', `${one.name} has the AppArmor profile ${textOf(type)}`)
      }
      for (const [name, value] of Object.entries(pod.annotations))
        if (name.startsWith(APPARMOR) && isSaid(value) && !/^(runtime\/default|localhost\/.*)$/s.test(textOf(value)))
          yield {
            field: `metadata.annotations['${name}']`,
            reason: `an annotation sets the AppArmor profile ${textOf(value)}`,
          }
    },
  },
  {
    control: 'SELinux',
    *refused(pod) {
      for (const one of settings(pod)) {
        const { type, user, role } = asObject(one.security.seLinuxOptions)
        if (isSaid(type) && !SELINUX_TYPES.includes(textOf(type)))
          yield told(one, 'seLinuxOptions.type', `${one.name} has the SELinux type ${textOf(type)}`)
        if (isSaid(user)) yield told(one, 'seLinuxOptions.user', `${one.name} sets a SELinux user`)
        if (isSaid(role)) yield told(one, 'seLinuxOptions.role', `${one.name} sets a SELinux role`)
      }
    },
  },
  {
    control: '/proc Mount Type',
    *refused({ containers }) {
      for (const one of containers) {
        const { procMount } = one.security
        if (isSaid(procMount) && procMount !== 'Default')
          yield told(one, 'procMount', `${one.name} mounts /proc ${textOf(procMount)}`)
      }
    },
  },
  {
    control: 'Seccomp',
    *refused(pod) {
      const ofPod = asObject(pod.security.seccompProfile).type
      for (const one of settings(pod)) {
        const { type } = asObject(one.security.seccompProfile)
        if (type !== undefined && !LOCKED.includes(type))
          yield told(one, 'seccompProfile.type', `${one.name} has the seccomp profile ${textOf(type)}`)
        else if (one.at !== 'spec' && !pod.isWindows && (type ?? ofPod) === undefined)
          yield told(one, 'seccompProfile.type', `${one.name} has no seccomp profile`)
      }
    },
  },
  {
    control: 'Sysctls',
    *refused({ security }) {
      for (const [index, { name }] of asList(security.sysctls).map(asObject).entries())
        if (!SAFE_SYSCTLS.includes(textOf(name)))
          yield { field: `spec.securityContext.sysctls[${index}].name`, reason: `the pod sets ${textOf(name)}` }
    },
  },
  {
    control: 'Volume Types',
    *refused({ spec }) {
      for (const { at, name, kinds } of volumesOf(spec))
        for (const kind of kinds)
          if (kind !== 'hostPath' && !VOLUME_TYPES.includes(kind))
            yield { field: `${at}.${kind}`, reason: `the volume ${name} is of the type ${kind}` }
    },
  },
  {
    control: 'Privilege Escalation',
    *refused({ containers, isWindows }) {
      for (const one of isWindows ? [] : containers)
        if (one.security.allowPrivilegeEscalation !== false)
          yield told(one, 'allowPrivilegeEscalation', `${one.name} may gain privileges`)
    },
  },
  {
    control: 'Running as Non-root',
    *refused(pod) {
      const ofPod = pod.security.runAsNonRoot
      for (const one of settings(pod)) {
        const own = one.security.runAsNonRoot
        if (own === false) yield told(one, 'runAsNonRoot', `${one.name} may run as root`)
        else if (one.at !== 'spec' && own !== true && ofPod === undefined)
          yield told(one, 'runAsNonRoot', `${one.name} does not say that it is not root`)
      }
    },
  },
  {
    control: 'Running as Non-root user',
    *refused(pod) {
      for (const one of settings(pod))
        if (one.security.runAsUser === 0) yield told(one, 'runAsUser', `${one.name} runs as root`)
    },
  },
]

const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const LOCKED: readonly unknown[] = ['RuntimeDefault', 'Localhost']
const SELINUX_TYPES = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']

export const SAFE_SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]

const VOLUME_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

type Settings = Pick<ContainerAt, 'at' | 'name' | 'security'>

/** The pod's own, then each container's. */
function settings({ security, containers }: Looked): readonly Settings[] {
  return [{ at: 'spec', name: 'the pod', security }, ...containers]
}

function told({ at, name }: Settings, field: string, reason: string): Found {
  return { field: `${at}.securityContext.${field}`, reason, ...(at === 'spec' ? {} : { container: name }) }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function volumesOf(spec: Json): readonly { at: string; name: string; kinds: readonly string[] }[] {
  return asList(spec.volumes).map((one, index) => {
    const { name, ...kinds } = asObject(one)
    return { at: `spec.volumes[${index}]`, name: textOf(name), kinds: Object.keys(kinds) }
  })
}

function handlersOf(container: Json): readonly (readonly [string, Json])[] {
  const lifecycle = asObject(container.lifecycle)
  return [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((key) => [key, container[key]] as const),
    ...['postStart', 'preStop'].map((key) => [`lifecycle.${key}`, lifecycle[key]] as const),
  ].flatMap(([key, value]) => (isObject(value) ? [[key, value] as const] : []))
}
