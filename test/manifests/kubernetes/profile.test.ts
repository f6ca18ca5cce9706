import { describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { Rendered } from '../../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../../src/manifests/kubernetes/edit-files.ts'
import { helmValues, isHelmTemplate, kubernetesManifest } from '../../../src/manifests/kubernetes/new-files.ts'
import type { Profile } from '../../../src/manifests/profile.ts'
import { rootProfile, sampleProfile } from '../sample.ts'
import { expectKubernetes, expectRestricted } from '../schemas.ts'

const profile = sampleProfile()

function editManifest(text: string, name: string, one: Profile, container: string | null): Rendered {
  const [only] = editManifests([{ text, name }], one, container)
  return only ?? { text: '', notes: [] }
}
const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS())

test('the environment that an image used as it is needs, but for what is said already', () => {
  const text = 'kind: Pod\nspec: {containers: [{name: a, image: nginx, env: [{name: A, value: own}]}]}\n'
  const { text: after } = editManifest(text, 'a.yaml', sampleProfile({ env: { A: '1', HOME: '/tmp' } }), null)
  expect(parse(after).spec.containers[0].env).toEqual([
    { name: 'A', value: 'own' },
    { name: 'HOME', value: '/tmp' },
  ])
})

describe('a new manifest', () => {
  test.each([
    ['hardened', profile],
    ['with data', sampleProfile({ volumes: [{ path: '/var/lib/x', uid: 1, gid: 1, prepared: true }] })],
    [
      'with low ports',
      sampleProfile({
        ports: [{ from: 53, to: 53, protocol: 'udp' }],
        sysctls: { 'net.ipv4.ip_unprivileged_port_start': '53' },
      }),
    ],
    ['with an environment', sampleProfile({ env: { A: '1' } })],
  ])('%s: fits the schema and is restricted', (_, one) => {
    const manifest = parse(kubernetesManifest(one).text)
    expectKubernetes(manifest)
    expectRestricted(manifest.spec.template.spec)
  })

  test('what the image has in a VOLUME is in the emptyDir too, and is never put over what is kept there', () => {
    const volumes = [{ path: '/srv/my data', uid: 1, gid: 1, prepared: true, filled: true }]
    const { text, notes } = kubernetesManifest(sampleProfile({ volumes, writable: [] }))
    const manifest = parse(text)
    expectKubernetes(manifest)
    const { spec } = manifest.spec.template
    expectRestricted(spec)
    expect(spec.containers[0].volumeMounts).toEqual([{ name: 'srv-my-data', mountPath: '/srv/my data' }])
    expect(spec.initContainers[0].command[2]).toBe(
      `{ [ -n "$(ls /writable/srv-my-data/ | grep -vx lost+found)" ] || cp -R '/srv/my data/.' /writable/srv-my-data/; }`,
    )
    expect(notes).toContainEqual(expect.stringMatching(/^\/srv\/my data is an emptyDir, gone with the pod/))
  })

  test('names of long paths are labels and differ', () => {
    const long = (end: string) => `/srv/a-long-name/of-an-application-of-2025/-/${end}`
    const volumes = ['one', 'two'].map((end) => ({ path: long(end), uid: 1, gid: 1, prepared: true }))
    const { spec } = parse(kubernetesManifest(sampleProfile({ volumes, writable: [] })).text).spec.template
    const names = spec.volumes.map(({ name }: { name: string }) => name)
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  })

  test('for a platform that assigns uids: no uid, no group and no fsGroup', () => {
    const volumes = [{ path: '/data', uid: 10001, gid: 0, prepared: true }]
    const manifest = parse(kubernetesManifest(sampleProfile({ anyUid: true, volumes })).text)
    expectKubernetes(manifest)
    const text = JSON.stringify(manifest)
    expect(text).toContain('"runAsNonRoot":true')
    expect(text).not.toMatch(/runAsUser|runAsGroup|fsGroup/)
  })

  test('keeps root: fits the schema, with the least that it needs', () => {
    const manifest = parse(kubernetesManifest(rootProfile).text)
    expectKubernetes(manifest)
    expect(manifest.spec.template.spec).toMatchObject({
      hostUsers: false,
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { add: ['SETGID', 'SETUID'], drop: ['ALL'] },
          },
        },
      ],
    })
    expect(JSON.stringify(manifest)).not.toContain('runAsNonRoot')
  })
})

const before = `# the site
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80   # outside
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: "nginx:latest"   # pinned later
        ports:
        - name: http
          containerPort: 80
        livenessProbe:
          httpGet: {path: /, port: 80}
        readinessProbe:
          httpGet: {path: /, port: http}
`

test('only what has to change does, in each document', () => {
  expect(editManifest(before, 'web.yaml', profile, null).text).toBe(`# the site
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80   # outside
    targetPort: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: "nginx-nonroot:latest"   # pinned later
        ports:
        - name: http
          containerPort: 8080
        livenessProbe:
          httpGet: {path: /, port: 8080}
        readinessProbe:
          httpGet: {path: /, port: http}
        securityContext:
          runAsNonRoot: true
          runAsUser: 101
          runAsGroup: 101
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          readOnlyRootFilesystem: true
          seccompProfile:
            type: RuntimeDefault
        volumeMounts:
        - name: etc-nginx-conf-d
          mountPath: /etc/nginx/conf.d
        - name: tmp
          mountPath: /tmp
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
        fsGroup: 101
        fsGroupChangePolicy: OnRootMismatch
      volumes:
      - name: etc-nginx-conf-d
        emptyDir: {}
      - name: tmp
        emptyDir:
          medium: Memory
          sizeLimit: 64Mi
      initContainers:
      - name: copy-writable
        image: nginx-nonroot:latest
        command:
        - sh
        - -c
        - cp -R /etc/nginx/conf.d/. /writable/etc-nginx-conf-d/
        securityContext:
          runAsNonRoot: true
          runAsUser: 101
          runAsGroup: 101
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          readOnlyRootFilesystem: true
          seccompProfile:
            type: RuntimeDefault
        volumeMounts:
        - name: etc-nginx-conf-d
          mountPath: /writable/etc-nginx-conf-d
`)
})

const wrap: Readonly<Record<string, (pod: object) => object>> = {
  Pod: (spec) => ({ apiVersion: 'v1', spec }),
  Deployment: (spec) => ({ apiVersion: 'apps/v1', spec: { selector: {}, template: { spec } } }),
  StatefulSet: (spec) => ({ apiVersion: 'apps/v1', spec: { selector: {}, serviceName: 'x', template: { spec } } }),
  DaemonSet: (spec) => ({ apiVersion: 'apps/v1', spec: { selector: {}, template: { spec } } }),
  Job: (spec) => ({ apiVersion: 'batch/v1', spec: { template: { spec } } }),
  CronJob: (spec) => ({
    apiVersion: 'batch/v1',
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec } } } },
  }),
}

function manifest(kind: string, container: object = {}, pod: object = {}): string {
  const spec = { containers: [{ name: 'web', image: 'nginx', ...container }], ...pod }
  return stringify({ kind, metadata: { name: 'x' }, ...(wrap[kind] ?? wrap.Pod)?.(spec) })
}

function podOf(value: Record<string, never>): Record<string, never> {
  const { spec } = value as unknown as { spec: Record<string, Record<string, never>> }
  const template = spec.jobTemplate?.spec ?? spec
  return ((template as Record<string, Record<string, never>>).template?.spec ?? spec) as Record<string, never>
}

test.each(Object.keys(wrap))('%s: fits the schema and is restricted afterwards', (kind) => {
  const { text } = editManifest(manifest(kind), 'x.yaml', profile, null)
  const [value] = documents(text)
  expectKubernetes(value)
  expectRestricted(podOf(value))
  expect(editManifest(text, 'x.yaml', profile, null).text).toBe(text)
})

describe('what is there already', () => {
  const edited = (container: object, pod: object = {}) => {
    const { text, notes } = editManifest(manifest('Pod', container, pod), 'x.yaml', profile, null)
    const spec = podOf(parse(text)) as unknown as Record<string, unknown> & { containers: Record<string, unknown>[] }
    return { spec, container: spec.containers[0] ?? {}, notes: notes.join('\n') }
  }

  test('a Localhost profile, mounts and an fsGroup of their own stay', () => {
    const { spec, container } = edited(
      {
        securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x.json' } },
        volumeMounts: [{ name: 'own', mountPath: '/tmp/' }],
      },
      { volumes: [{ name: 'own', emptyDir: {} }], securityContext: { fsGroup: 7 } },
    )
    expect(container).toMatchObject({
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x.json' } },
    })
    expect(spec.securityContext).toMatchObject({ fsGroup: 7 })
    expect(JSON.stringify(container.volumeMounts)).not.toContain('"tmp"')
  })

  test('what restricted refuses goes, and is said', () => {
    const { container, notes } = edited({
      securityContext: { privileged: true, runAsUser: 0, capabilities: { add: ['SYS_ADMIN', 'NET_BIND_SERVICE'] } },
    })
    expect(container.securityContext).toMatchObject({
      runAsUser: 101,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    })
    expect(container.securityContext).toMatchObject({ privileged: false })
    expect(notes).toMatch(/privileged: true becomes false/)
    expect(notes).toMatch(/loses SYS_ADMIN/)
  })

  test('a name that another volume has is not taken', () => {
    const { spec } = edited({}, { volumes: [{ name: 'tmp', configMap: { name: 'c' } }] })
    expect(spec.volumes).toContainEqual({ name: 'tmp-writable', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } })
  })

  test('what the others of the pod do is not decided here', () => {
    const { spec, notes } = edited(
      {},
      {
        containers: [
          { name: 'web', image: 'nginx' },
          { name: 'log', image: 'x' },
        ],
        hostNetwork: true,
      },
    )
    expect(spec.securityContext).toEqual({ fsGroup: 101, fsGroupChangePolicy: 'OnRootMismatch' })
    expect(spec.containers[1]).toEqual({ name: 'log', image: 'x' })
    expect(notes).toMatch(/web: not alone in the pod\. Restricted asks the same of log \(x\)/)
    expect(notes).toMatch(/hostNetwork: true is not allowed/)
  })

  test('a port below 1024 in the network of the node', () => {
    const low = sampleProfile({ ports: [], sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' } })
    const said = (hostNetwork: boolean) =>
      editManifest(manifest('Pod', {}, { hostNetwork }), 'x.yaml', low, null).notes.join('\n')
    expect(said(true)).toContain(
      'hostNetwork has the ports of the machine, where a user other than root may bind port 80',
    )
    expect(said(false)).not.toContain('the machine')
  })
})

test.each([
  [manifest('Pod', { image: 'redis' }), null, /runs redis, not nginx:latest/],
  [manifest('Pod', { image: 'redis' }), 'web', /runs redis, not nginx:latest/],
  [manifest('Pod'), 'other', /has no container other/],
  ['kind: ConfigMap\ndata: {a: b}\n', null, /no container of x.yaml runs nginx:latest/],
])('%#', (text, container, message) => {
  expect(() => editManifest(text, 'x.yaml', profile, container)).toThrow(message)
})

describe('Helm', () => {
  test.each([
    ['image: "{{ .Values.image }}"', true],
    ['{{- if .Values.x }}', true],
    ['{{ include "a.b" . | nindent 4 }}', true],
    ['summary: "{{ $labels.instance }} is down"', false],
    ['a: {b: {c: 1}}', false],
  ])('%s', (text, expected) => {
    expect(isHelmTemplate(text)).toBe(expected)
  })

  test('the values under the names of helm create', () => {
    const values = parse(helmValues(profile))
    expect(values).toMatchObject({
      image: { repository: 'nginx-nonroot', tag: 'latest' },
      podSecurityContext: { runAsNonRoot: true, fsGroup: 101 },
      securityContext: { runAsUser: 101, readOnlyRootFilesystem: true },
      service: { targetPort: 8080 },
    })
    expect(values.volumes).toHaveLength(2)
  })
})
