// The published table of the Pod Security Standards, baseline and restricted: each field that it names, with values that it allows and others.
// Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
import { describe, expect, test } from '@jest/globals'
import { refusals } from '../../../src/manifests/kubernetes/restricted.ts'

type Any = Readonly<Record<string, unknown>>

const locked = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
const accepted = { containers: [{ name: 'app', image: 'x', securityContext: locked }] }

interface Row {
  readonly control: string
  /** With `*` for each list of containers that the standard names, or the pod's own field. */
  readonly field: string
  readonly allowed: readonly unknown[]
  readonly refused: readonly unknown[]
}

const LISTS = ['containers', 'initContainers', 'ephemeralContainers']
const own = (control: string, field: string, allowed: readonly unknown[], refused: readonly unknown[]): Row => ({
  control,
  field: `*.securityContext.${field}`,
  allowed: [undefined, ...allowed],
  refused,
})
const ofPod = (control: string, field: string, allowed: readonly unknown[], refused: readonly unknown[]): Row => ({
  control,
  field,
  allowed: [undefined, ...allowed],
  refused,
})
const both = (control: string, field: string, allowed: readonly unknown[], refused: readonly unknown[]) => [
  own(control, field, allowed, refused),
  ofPod(control, `securityContext.${field}`, allowed, refused),
]
const handlers = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop']
const volume = (kind: string) => [{ name: 'data', [kind]: {} }]
const sysctl = (name: string) => [{ name, value: '1' }]
const selinux = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']

const table: readonly Row[] = [
  ...both('HostProcess', 'windowsOptions.hostProcess', [false], [true]),
  ...['hostNetwork', 'hostPID', 'hostIPC'].map((field) => ofPod('Host Namespaces', field, [false], [true])),
  own('Privileged Containers', 'privileged', [false], [true]),
  own(
    'Capabilities',
    'capabilities.add',
    [[], ['NET_BIND_SERVICE']],
    // Docker's default ones, which baseline lets pass, too.
    [['SYS_ADMIN'], ['CHOWN'], ['NET_BIND_SERVICE', 'KILL'], ['ALL']],
  ),
  {
    control: 'Capabilities',
    field: '*.securityContext.capabilities.drop',
    allowed: [['ALL'], ['CHOWN', 'ALL']],
    refused: [undefined, [], ['CHOWN', 'KILL']],
  },
  ofPod('HostPath Volumes', 'volumes', [], [volume('hostPath')]),
  {
    control: 'Host Ports',
    field: '*.ports',
    allowed: [undefined, [], [{ containerPort: 80 }], [{ containerPort: 80, hostPort: 0 }]],
    refused: [[{ containerPort: 80, hostPort: 80 }]],
  },
  ...handlers.flatMap((handler) =>
    ['httpGet', 'tcpSocket'].map(
      (kind): Row => ({
        control: 'Host Probes / Lifecycle Hooks',
        field: `*.${handler}.${kind}.host`,
        allowed: [undefined, ''],
        refused: ['10.0.0.1', '127.0.0.1'],
      }),
    ),
  ),
  ...both('AppArmor', 'appArmorProfile.type', ['RuntimeDefault', 'Localhost'], ['Unconfined']),
  ...both('SELinux', 'seLinuxOptions.type', ['', ...selinux], ['spc_t', 'unconfined_t']),
  ...both('SELinux', 'seLinuxOptions.user', [''], ['system_u']),
  ...both('SELinux', 'seLinuxOptions.role', [''], ['system_r']),
  own('/proc Mount Type', 'procMount', ['', 'Default'], ['Unmasked']),
  ...both('Seccomp', 'seccompProfile.type', ['RuntimeDefault', 'Localhost'], ['Unconfined']).map((row) => ({
    ...row,
    allowed: row.allowed.slice(row.field.startsWith('*') ? 1 : 0),
    refused: [...row.refused, ...(row.field.startsWith('*') ? [undefined] : [])],
  })),
  ofPod(
    'Sysctls',
    'securityContext.sysctls',
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.ip_unprivileged_port_start',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_local_reserved_ports',
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
      'net.ipv4.tcp_rmem',
      'net.ipv4.tcp_wmem',
    ].map(sysctl),
    ['net.core.somaxconn', 'kernel.msgmax', 'vm.max_map_count'].map(sysctl),
  ),
  ofPod(
    'Volume Types',
    'volumes',
    ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'].map(
      volume,
    ),
    ['nfs', 'iscsi', 'glusterfs', 'cephfs', 'gitRepo', 'awsElasticBlockStore', 'azureFile', 'flexVolume'].map(volume),
  ),
  {
    control: 'Privilege Escalation',
    field: '*.securityContext.allowPrivilegeEscalation',
    allowed: [false],
    refused: [undefined, true],
  },
  {
    control: 'Running as Non-root',
    field: '*.securityContext.runAsNonRoot',
    allowed: [true],
    refused: [undefined, false],
  },
  ofPod('Running as Non-root', 'securityContext.runAsNonRoot', [true], [false]),
  ...both('Running as Non-root user', 'runAsUser', [1, 65534], [0]),
]

function put(value: unknown, [key = '', ...rest]: readonly string[], inner: unknown): Any {
  const before = { ...(value as Any) }
  const after = rest.length === 0 ? inner : put(before[key], rest, inner)
  if (after !== undefined) return { ...before, [key]: after }
  const { [key]: _, ...others } = before
  return others
}

function podsWith(field: string, value: unknown): readonly Any[] {
  if (!field.startsWith('*.')) return [put(accepted, field.split('.'), value)]
  return LISTS.map((list) => ({
    ...accepted,
    [list]: [
      ...((accepted as Record<string, readonly unknown[]>)[list] ?? []),
      put({ name: 'more', securityContext: locked }, field.slice(2).split('.'), value),
    ],
  }))
}

const controls = (spec: Any) => [...new Set(refusals({ spec }).map(({ control }) => control))]

test('a pod that says all that restricted asks for is accepted', () => {
  expect(refusals({ spec: accepted })).toEqual([])
})

describe.each(table)('$control: $field', ({ control, field, allowed, refused }) => {
  test.each(allowed.map((value) => [JSON.stringify(value), value]))('%s is accepted', (_, value) => {
    for (const spec of podsWith(field, value)) expect(controls(spec)).toEqual([])
  })

  test.each(refused.map((value) => [JSON.stringify(value), value]))('%s is refused', (_, value) => {
    for (const spec of podsWith(field, value)) expect(controls(spec)).toEqual([control])
  })
})

describe('what a pod says holds for its containers', () => {
  const bare = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const containers = [{ name: 'app', securityContext: bare }]
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }

  test('where it says that they are not root, and their seccomp profile', () => {
    expect(controls({ containers, securityContext })).toEqual([])
    expect(controls({ containers })).toEqual(['Seccomp', 'Running as Non-root'])
  })

  test('but not where one of them says otherwise', () => {
    const other = { ...bare, runAsNonRoot: false, seccompProfile: { type: 'Unconfined' } }
    const spec = { containers: [...containers, { name: 'other', securityContext: other }], securityContext }
    expect(refusals({ spec }).map(({ container }) => container)).toEqual(['other', 'other'])
  })
})

test('annotations of old say the AppArmor profile too', () => {
  const of = (value: string) =>
    refusals({
      metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/app': value } },
      spec: accepted,
    }).length
  expect(['runtime/default', 'localhost/mine', 'unconfined'].map(of)).toEqual([0, 0, 1])
})

test('Windows has neither capabilities nor seccomp, and still no root', () => {
  const windows = { os: { name: 'windows' }, containers: [{ name: 'app' }] }
  expect(controls(windows)).toEqual(['Running as Non-root'])
  expect(controls({ ...windows, securityContext: { runAsNonRoot: true } })).toEqual([])
})
