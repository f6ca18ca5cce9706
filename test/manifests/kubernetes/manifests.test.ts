// Manifests as text in, and what comes out: planned from the catalogue, without an engine.
import { describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { withDefaults } from '../../../src/app/api.ts'
import { targetProcessor } from '../../../src/app/pipeline.ts'
import { refusals } from '../../../src/manifests/kubernetes/restricted.ts'
import { manifestsOfText } from '../../../src/repository/manifests.ts'

interface Any {
  // biome-ignore lint/suspicious/noExplicitAny: whatever a manifest has
  readonly [key: string]: any
}

const hooks = { progress: () => undefined, onCleanUp: () => undefined, signal: new AbortController().signal }

async function once(text: string) {
  const cluster = manifestsOfText(text, '/nowhere')
  if (cluster === null) throw new Error('these are no manifests')
  const about = { target: '-', kind: 'kubernetes', path: null, reference: null, from: null, text: null } as const
  const { result } = await targetProcessor()(
    { ...about, cluster },
    withDefaults({ engine: 'none', offline: true }),
    hooks,
  )
  return result
}

/** Twice is the same as once. */
async function hardened(text: string) {
  const result = await once(text)
  expect((await once(result.output)).output).toBe(result.output)
  const objects = parseAllDocuments(result.output).map((document) => document.toJS() as Any)
  const all = [...result.findings, ...(result.services ?? []).flatMap(({ findings }) => findings)]
  return {
    result,
    objects,
    pod: podOf(objects[0] ?? {}),
    todos: all.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message),
    said: all.map(({ message, hint = '' }) => `${message} ${hint}`).join('\n'),
  }
}

function podOf({ kind, spec }: Any): Any {
  if (kind === 'Pod') return spec
  return (spec.jobTemplate?.spec ?? spec).template.spec
}

const deployment = (pod: string, name = 'web') => `# kept
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
${pod.replace(/^(?=.)/gm, '      ')}`

const nginx = `containers:
  - name: web  # the server
    image: nginx:1.27
    ports:
      - containerPort: 80
    readinessProbe:
      httpGet: {path: /, port: 80}
`

const service = (more = '') => `---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}${more}
  ports:
    - port: 80
`

const locked = `{runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}`

describe('a server', () => {
  test('is accepted by restricted, and what is not its own stays as it was', async () => {
    const { result, pod, todos } = await hardened(deployment(nginx) + service())
    expect(refusals({ spec: pod })).toEqual([])
    expect(todos).toEqual([])
    expect(result).toMatchObject({ kind: 'kubernetes', verdict: 'rewritten', migration: null })
    expect(result.output).toContain('# kept\n')
    expect(result.output).toContain('- name: web  # the server\n')
    expect(result.services?.map(({ target, verdict }) => [target, verdict])).toEqual([['deployment/web', 'rewritten']])
  })

  test('has another port behind the same one of its Service', async () => {
    const { pod, objects } = await hardened(deployment(nginx) + service())
    expect(pod.containers[0].ports).toEqual([{ containerPort: 8080 }])
    expect(pod.containers[0].readinessProbe.httpGet.port).toBe(8080)
    expect(objects[1]?.spec.ports).toEqual([{ port: 80, targetPort: 8080 }])
  })

  test('keeps its port behind a headless Service, which leads to the pod itself', async () => {
    const { pod, objects, todos } = await hardened(deployment(nginx) + service('\n  clusterIP: None'))
    expect(pod.containers[0].ports).toEqual([{ containerPort: 80 }])
    expect(pod.securityContext.sysctls).toEqual([{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }])
    expect(objects[1]?.spec.ports).toEqual([{ port: 80 }])
    expect([todos, refusals({ spec: pod })]).toEqual([[], []])
  })

  test('keeps its port where another container of the pod has the new one', async () => {
    const app = `  - name: app\n    image: registry.example/app:1\n    securityContext: ${locked}\n    ports:\n      - containerPort: 8080\n`
    const { pod } = await hardened(deployment(nginx + app))
    expect(pod.containers[0].ports).toEqual([{ containerPort: 80 }])
  })

  test('is asked at its new port by the containers of its pod', async () => {
    const side = `  - name: exporter\n    image: registry.example/exporter:1\n    securityContext: ${locked}\n    args: [--uri=http://127.0.0.1:80/status]\n`
    const { pod } = await hardened(deployment(nginx + side))
    expect(pod.containers[1].args).toEqual(['--uri=http://127.0.0.1:8080/status'])
  })
})

describe('network policies', () => {
  const policy = (spec: string) => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: ${spec}
`
  test.each([
    [
      'into the pod',
      '{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}',
      { ingress: [{ ports: [{ port: 8080 }] }] },
    ],
    [
      'into all pods, of which another has port 80',
      '{podSelector: {}, ingress: [{ports: [{port: 80, protocol: TCP}]}]}',
      {
        ingress: [
          {
            ports: [
              { port: 80, protocol: 'TCP' },
              { port: 8080, protocol: 'TCP' },
            ],
          },
        ],
      },
    ],
    [
      'out to the pod',
      '{podSelector: {matchLabels: {app: db}}, egress: [{to: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}], ports: [{port: 80}]}]}',
      { egress: [{ ports: [{ port: 8080 }] }] },
    ],
    [
      'out to somewhere else',
      '{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}]}',
      { egress: [{ ports: [{ port: 80 }] }] },
    ],
    [
      'by a name',
      '{podSelector: {}, ingress: [{ports: [{port: http}]}]}',
      { ingress: [{ ports: [{ port: 'http' }] }] },
    ],
  ])('%s', async (_, spec, expected) => {
    const db = `---\n${deployment(`containers:\n  - name: db\n    image: registry.example/db:1\n    securityContext: ${locked}\n`, 'db')}`
    const { objects } = await hardened(`${deployment(nginx)}${policy(spec)}${db}`)
    expect(objects[1]?.spec).toMatchObject(expected)
  })
})

describe('volumes', () => {
  const claimed = `volumes:\n  - name: data\n    persistentVolumeClaim: {claimName: data}\n`
  const mount = `    volumeMounts:\n      - {name: data, mountPath: /data}\n`
  const init = (script: string) =>
    `initContainers:\n  # the volume is root's\n  - name: fix\n    image: busybox:1.36\n    command: [sh, -c, '${script}']\n${mount}`

  test('fsGroup takes the place of an init container that changes owners', async () => {
    const { pod, result, todos } = await hardened(
      deployment(`${init('chown -R 101:101 /data')}${nginx}${mount}${claimed}`),
    )
    expect(pod.securityContext).toMatchObject({ fsGroup: 101, fsGroupChangePolicy: 'OnRootMismatch' })
    expect(JSON.stringify(pod)).not.toContain('chown')
    expect(result.output).not.toContain("# the volume is root's")
    expect(todos).toEqual([])
    expect(result.findings.map(({ message }) => message)).toEqual([
      'deployment/web: fix: the init container is taken out: fsGroup gives /data to the pod',
    ])
  })

  test('what else it does stays, and needs no root', async () => {
    const { pod, todos } = await hardened(
      deployment(`${init('mkdir -p /data/x && chown -R 101 /data')}${nginx}${mount}${claimed}`),
    )
    expect(pod.initContainers[0]).toMatchObject({ name: 'fix', command: ['sh', '-c', 'mkdir -p /data/x'] })
    expect([todos, refusals({ spec: pod })]).toEqual([[], []])
  })

  test('what fsGroup does not do keeps root, with nothing else, and is a todo', async () => {
    const { pod, result, todos } = await hardened(
      deployment(`${init('chown 101 /data && chmod 700 /data')}${nginx}${mount}${claimed}`),
    )
    expect(pod.initContainers[0].securityContext.capabilities).toEqual({
      add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      drop: ['ALL'],
    })
    expect(result.verdict).toBe('incomplete')
    expect(todos.join('\n')).toMatch(/chmod 700[\s\S]*Pod Security restricted refuses the pod: fix adds CHOWN/)
  })

  test('one group for pods that have a claim in common', async () => {
    const own = `containers:\n  - name: job\n    image: registry.example/job:1\n    securityContext: {runAsUser: 1000}\n${mount}${claimed}`
    const { objects } = await hardened(`${deployment(`${nginx}${mount}${claimed}`)}---\n${deployment(own, 'other')}`)
    const groups = objects.map((object) => podOf(object).securityContext.fsGroup)
    expect(new Set(groups).size).toBe(1)
  })

  test('a secret that is closed to others is opened to the group', async () => {
    const secret = `    volumeMounts:\n      - {name: key, mountPath: /key}\nvolumes:\n  - name: key\n    secret: {secretName: key, defaultMode: 0400}\n`
    const { pod } = await hardened(deployment(`${nginx}${secret}`))
    expect(pod.securityContext.fsGroup).toBe(101)
  })

  test('claim templates of a StatefulSet are given to the group too', async () => {
    const text = deployment(`${nginx}${mount}`)
      .replace('Deployment', 'StatefulSet')
      .replace('  template:', '  volumeClaimTemplates:\n    - metadata: {name: data}\n  template:')
    const { pod, result } = await hardened(text)
    expect(pod.securityContext.fsGroup).toBe(101)
    expect(result.services?.[0]?.target).toBe('statefulset/web')
  })

  test('a folder of the node is a todo for who owns it', async () => {
    const host = `volumes:\n  - name: data\n    hostPath: {path: /srv/data}\n`
    const { result, todos, said } = await hardened(deployment(`${nginx}${mount}${host}`))
    expect(result.verdict).toBe('incomplete')
    expect(todos.join('\n')).toContain('/data: fsGroup does not reach data, a hostPath')
    expect(said).toContain('101:101')
  })
})

describe('what is non-root already', () => {
  test('and locked down is left alone', async () => {
    const text = deployment(
      `containers:\n  - name: app\n    image: registry.example/app:1\n    securityContext: ${locked}\n`,
    )
    const { result } = await hardened(text)
    expect(result).toMatchObject({ verdict: 'unchanged', output: text, changed: false })
  })

  test('gets what restricted asks for besides, and no other image', async () => {
    const { pod, todos } = await hardened(
      deployment('securityContext: {runAsUser: 1000}\ncontainers:\n  - name: app\n    image: registry.example/app:1\n'),
    )
    expect(refusals({ spec: pod })).toEqual([])
    expect(pod.containers[0].image).toBe('registry.example/app:1')
    expect(todos).toEqual([])
  })
})

test('what restricted refuses and nobody can decide is a todo', async () => {
  const { result, todos } = await hardened(deployment(`hostNetwork: true\n${nginx}`))
  expect(result.verdict).toBe('incomplete')
  expect(todos).toContain('deployment/web: Pod Security restricted refuses the pod: hostNetwork is true')
})

test('a ConfigMap that sets the port of a proxy follows it, line by line', async () => {
  const map = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: site}
data:
  default.conf: |
    # kept
    server {
        listen 80;
        location / { proxy_pass http://api:80; }
    }
`
  const mounted = `    volumeMounts: [{name: site, mountPath: /etc/nginx/conf.d}]
volumes: [{name: site, configMap: {name: site}}]
`
  const { result, pod, said } = await hardened(deployment(`${nginx}${mounted}`) + service() + map)
  expect(result.output).toContain(
    '    # kept\n    server {\n        listen 8080;\n        location / { proxy_pass http://api:80; }\n',
  )
  expect(result.output).toContain('targetPort: 8080')
  expect(pod.containers[0].ports?.[0]?.containerPort ?? 8080).toBe(8080)
  expect(said).not.toContain('stays 80')
})

test('a single file of a secret that is closed to others is given to the group of the pod', async () => {
  const secret = `    volumeMounts: [{name: key, mountPath: /run/key}]
volumes: [{name: key, secret: {secretName: key, items: [{key: a, path: a, mode: 256}]}}]
`
  const { pod } = await hardened(deployment(`${nginx}${secret}`))
  expect(pod.securityContext.fsGroup).toBe(101)
})

test('a scheduled job and a worker are workloads as well', async () => {
  const text = `apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: backup
              image: busybox:1.36
              args: [sh, -c, 'date > /tmp/x']
`
  const { result, pod } = await hardened(text)
  expect(refusals({ spec: pod })).toEqual([])
  expect(result.services?.[0]?.target).toBe('cronjob/backup')
})

test('it speaks of Kubernetes only', async () => {
  const { said } = await hardened(deployment(nginx) + service())
  expect(said).not.toMatch(/\bdocker (run|exec)\b|(?<!\S)-p \d|--publish\b|Compose/)
})
