// What a proof makes of manifests before podman plays them.
import { describe, expect, test } from '@jest/globals'
import { manifestsOf } from '../../../src/manifests/kubernetes/workloads.ts'
import { plannedPods, podText } from '../../../src/proof/drivers/pods.ts'

const pod = (spec: object, kind = 'Deployment') => {
  const template = { metadata: { labels: { app: 'web' } }, spec }
  const metadata = { name: 'web' }
  return kind === 'Deployment' ? { apiVersion: 'apps/v1', kind, metadata, spec: { template } } : { ...template, kind }
}
const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'one', b: 'two' } }
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { k: 'c2VjcmV0' } }

const read = (...objects: readonly object[]) =>
  manifestsOf(objects.map((one, index) => ({ name: `${index}.yaml`, text: JSON.stringify(one) })))
const planned = (...objects: readonly object[]) => plannedPods({ manifests: read(...objects) })

function played(...objects: readonly object[]) {
  const manifests = read(...objects)
  const { pods, volumes } = plannedPods({ manifests })
  const [first] = pods
  if (first === undefined) throw new Error('there is no pod')
  const side = {
    project: { name: '', folder: '/', files: [], services: [], volumes: new Map(), findings: [] },
    images: new Map([['deployment/web', 'sha256:abc']]),
    pods: { manifests, services: new Map([['deployment/web:app', 'deployment/web']]), images: new Map() },
  }
  const { text, unshown } = podText(first, side, {
    ...{ name: 'run-0', labels: { a: 'b' }, limits: { memoryBytes: 1, pids: 2, cpus: 1 }, address: '10.0.0.9' },
    ...{ hosts: new Map(), dns: ['192.0.2.1'], traced: new Map(), files: new Map(), isTrusted: false },
    folders: new Map(volumes.map(({ key }, index) => [key, `/volumes/${index}`])),
  })
  const { spec } = JSON.parse(text)
  return { spec, container: spec.containers[0], unshown }
}

describe('volumes are what Kubernetes gives a pod', () => {
  const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data' } }
  const containers = [{ name: 'app', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/data' }] }]

  test('a claim is root’s, or its group’s', () => {
    expect(planned(pod({ containers, volumes: [claim] })).volumes).toMatchObject([
      { kind: 'claim', gid: 0, mode: 0o755 },
    ])
    const grouped = planned(pod({ containers, volumes: [claim], securityContext: { fsGroup: 7 } }))
    expect(grouped.volumes).toMatchObject([{ kind: 'claim', gid: 7, mode: 0o2775 }])
    expect(grouped.unshown.join('\n')).toContain('fsGroup, which podman ignores')
  })

  test('an emptyDir is open to all, and ends with its pod', () => {
    const volumes = [{ name: 'data', emptyDir: {} }]
    expect(planned(pod({ containers, volumes })).volumes).toMatchObject([{ kind: 'empty', mode: 0o777 }])
  })

  test('a closed secret is readable by the group of the pod alone', () => {
    const volumes = [{ name: 'data', secret: { secretName: 'key', defaultMode: 0o400 } }]
    const files = (securityContext: object) => planned(pod({ containers, volumes, securityContext }), secret).volumes
    expect(files({})).toMatchObject([{ files: [{ path: 'k', mode: 0o400, base64: 'c2VjcmV0' }] }])
    expect(files({ fsGroup: 7 })).toMatchObject([{ gid: 7, files: [{ mode: 0o440 }] }])
  })

  test('a folder of the node begins empty, which is said', () => {
    const { volumes, unshown } = planned(pod({ containers, volumes: [{ name: 'data', hostPath: { path: '/srv' } }] }))
    expect(volumes).toMatchObject([{ kind: 'claim', files: [] }])
    expect(unshown.join('\n')).toContain('what is in the volume data, which no proof is given')
  })
})

test('a pod whose secret nobody has written down does not start', () => {
  const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }]
  const containers = [{ name: 'app', image: 'x', env }]
  expect(planned(pod({ containers })).pods[0]?.missing).toBe('Secret key is not in the manifests')
  expect(planned(pod({ containers }), secret).pods[0]?.missing).toBeNull()
})

test('variables are those that Kubernetes would set', () => {
  const env = [
    { name: 'A', value: 'x' },
    { name: 'B', value: '$(A)/$$(A)/$(NO)' },
    { name: 'K', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } },
    { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ]
  const envFrom = [{ prefix: 'C_', configMapRef: { name: 'settings' } }]
  const { container } = played(pod({ containers: [{ name: 'app', image: 'x', env, envFrom }] }), config, secret)
  expect(
    Object.fromEntries(container.env.map((one: { name: string; value: string }) => [one.name, one.value])),
  ).toEqual({
    ...{ C_a: 'one', C_b: 'two', A: 'x', B: 'x/$(A)/$(NO)', K: 'secret', IP: '10.0.0.9' },
  })
})

test('what others wrote gets nothing of the machine', () => {
  const securityContext = { privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'], drop: ['ALL'] } }
  const { spec, container, unshown } = played(
    pod({
      ...{ hostNetwork: true, hostPID: true },
      securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
      containers: [
        {
          name: 'app',
          image: 'x',
          securityContext,
          ports: [{ hostPort: 80 }],
          volumeMounts: [{ name: 'h', mountPath: '/h' }],
        },
      ],
      volumes: [{ name: 'h', hostPath: { path: '/etc' } }],
    }),
  )
  expect(container.securityContext).toEqual({ capabilities: { add: ['CHOWN'], drop: ['ALL'] } })
  expect(spec).not.toHaveProperty('hostNetwork')
  expect(spec).not.toHaveProperty('hostPID')
  expect(spec.securityContext.sysctls).toEqual([])
  expect(spec.volumes).toEqual([{ name: 'v0', hostPath: { path: '/volumes/0', type: 'Directory' } }])
  expect(JSON.stringify(spec)).not.toContain('hostPort')
  expect(unshown.join('\n')).toContain('the capability SYS_ADMIN')
})
