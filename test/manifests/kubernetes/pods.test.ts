// Pods that are more than one container in a Deployment: lists, sidecars, init containers, what leads to them.
import { describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { editManifests } from '../../../src/manifests/kubernetes/edit-files.ts'
import { isKustomization, kustomization } from '../../../src/manifests/kubernetes/new-files.ts'
import { rootProfile, sampleProfile } from '../sample.ts'
import { expectKubernetes, expectRestricted } from '../schemas.ts'

const profile = sampleProfile()

function edited(objects: readonly object[], container: string | null = null, one = profile) {
  const text = objects.map((object) => stringify(object)).join('---\n')
  const [result] = editManifests([{ name: 'x.yaml', text }], one, container)
  const [again] = editManifests([{ name: 'x.yaml', text: result?.text ?? '' }], one, container)
  expect(again?.text).toBe(result?.text)
  return {
    objects: parseAllDocuments(result?.text ?? '').map((document) => document.toJS()),
    notes: (result?.notes ?? []).join('\n'),
  }
}

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels: { app: 'web' } }, spec })
const web = { name: 'web', image: 'nginx' }

describe('lists', () => {
  const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items })

  test('each item is looked at, the others stay', () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }
    const service = { kind: 'Service', spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }
    const {
      objects: [{ items }],
    } = edited([list(map, list(service), pod({ containers: [web] }))])
    expect(items[0]).toEqual(map)
    expect(items[1].items[0].spec.ports).toEqual([{ port: 80, targetPort: 8080 }])
    expectKubernetes(items[2])
    expectRestricted(items[2].spec)
  })

  test('a workload of another API with the same template', () => {
    const rollout = { kind: 'Rollout', spec: { template: { spec: { containers: [web] } } } }
    expectRestricted(edited([rollout]).objects[0].spec.template.spec)
  })
})

describe('several containers', () => {
  test('both that run the image get scratch space and a copier of their own', () => {
    const { objects, notes } = edited([
      pod({ containers: [web, { ...web, name: 'second' }, { name: 'log', image: 'x' }] }),
    ])
    const { spec } = objects[0]
    expectKubernetes(objects[0])
    const names = spec.initContainers.map(({ name }: { name: string }) => name)
    expect(names).toEqual(['copy-writable', 'copy-writable-second'])
    const mounts = spec.containers.map(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name }: { name: string }) => name),
    )
    expect(new Set(mounts.flat()).size).toBe(4)
    expect(spec.volumes).toHaveLength(4)
    expect(spec.containers[2]).toEqual({ name: 'log', image: 'x' })
    expect(notes).toContain('web, second: not alone in the pod. Restricted asks the same of log (x)')
  })

  test('all of the pod: the pod says it too', () => {
    const { objects } = edited([pod({ containers: [web, { ...web, name: 'second' }] })])
    expectRestricted(objects[0].spec)
    expect(objects[0].spec.securityContext).toMatchObject({ runAsNonRoot: true })
  })

  test('an init container of the same image has a job of its own; a sidecar has not', () => {
    const init = { name: 'own', image: 'nginx', command: ['chown', '-R', '101', '/data'] }
    const side = { name: 'side', image: 'nginx', restartPolicy: 'Always' }
    const { objects, notes } = edited([pod({ containers: [web], initContainers: [init, side] })])
    const [first, second] = objects[0].spec.initContainers
    expect(first).toEqual(init)
    expect(second).toMatchObject({ image: 'nginx-nonroot:latest', securityContext: { runAsUser: 101 } })
    expect(notes).toContain('the init container own changes owners, for which it needs root')
    expect(notes).toContain('side: its root stays writable')
  })

  test('--container names an init container too', () => {
    const init = { name: 'own', image: 'nginx' }
    const { objects } = edited([pod({ containers: [{ name: 'x', image: 'x' }], initContainers: [init] })], 'own')
    expect(objects[0].spec.initContainers).toMatchObject([{ securityContext: { runAsNonRoot: true } }])
    expect(objects[0].spec.containers).toEqual([{ name: 'x', image: 'x' }])
  })
})

describe('what contradicts the profile', () => {
  test('of a pod of its own: put right, and said', () => {
    const securityContext = { runAsNonRoot: false, runAsUser: 0, seccompProfile: { type: 'Unconfined' } }
    const { objects, notes } = edited([pod({ containers: [web], securityContext })])
    expectRestricted(objects[0].spec)
    expect(objects[0].spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 101 })
    expect(notes).toContain('runAsUser: 0 of the pod becomes 101')
  })

  test('of a pod that others share: left, and said', () => {
    const securityContext = { runAsNonRoot: false, runAsUser: 0 }
    const { objects, notes } = edited([pod({ containers: [web, { name: 'log', image: 'x' }], securityContext })])
    expect(objects[0].spec.securityContext).toMatchObject(securityContext)
    expect(notes).toContain(
      'runAsNonRoot: false, runAsUser: 0 of the pod: restricted refuses it, and it still holds for log',
    )
  })

  test('of the container', () => {
    const securityContext = { runAsUser: 1000, procMount: 'Unmasked', appArmorProfile: { type: 'Unconfined' } }
    const { objects, notes } = edited([
      pod({ containers: [{ ...web, securityContext, ports: [{ containerPort: 80, hostPort: 80 }] }] }),
    ])
    expect(objects[0].spec.containers[0].securityContext).toMatchObject({
      runAsUser: 101,
      procMount: 'Default',
      appArmorProfile: { type: 'RuntimeDefault' },
    })
    expect(notes).toMatch(
      /runAsUser 1000 becomes 101[\s\S]*procMount: Unmasked becomes Default[\s\S]*hostPort 80 is not allowed/,
    )
  })

  test('what keeps root in a pod that forbids it is said', () => {
    const cron = { name: 'cron', image: 'cron:1' }
    const { notes } = edited([pod({ containers: [cron], securityContext: { runAsNonRoot: true } })], null, rootProfile)
    expect(notes).toContain('this image keeps root: it will not start')
  })
})

test('what leads to the pod follows a moved port, also in another file', () => {
  const service = {
    kind: 'Service',
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }, { port: 81, targetPort: 'http' }] },
  }
  const policy = (port: unknown) => ({
    kind: 'NetworkPolicy',
    spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [], ports: [{ port }] }, {}] },
  })
  const sources = [pod({ containers: [web] }), service, policy(80), policy(443)].map((object, index) => ({
    name: `${index}.yaml`,
    text: stringify(object),
  }))
  const [, served, open, closed] = editManifests(sources, profile, null).map(({ text }) => parse(text))
  expect(served.spec.ports).toEqual([
    { port: 80, targetPort: 8080 },
    { port: 81, targetPort: 'http' },
  ])
  expect(open.spec.ingress).toEqual([{ from: [], ports: [{ port: 8080 }] }, {}])
  expect(closed).toEqual(policy(443))
})

test('a port is followed out of policies too, of the same protocol and namespace alone', () => {
  const near = { ...pod({ containers: [web] }), metadata: { name: 'x', namespace: 'a', labels: { app: 'web' } } }
  const to = [{ podSelector: { matchLabels: { app: 'web' } } }]
  const ports = [{ port: 80 }, { port: 80, protocol: 'UDP' }]
  const policy = { kind: 'NetworkPolicy', spec: { podSelector: {}, egress: [{ to, ports }] } }
  const far = {
    kind: 'Service',
    metadata: { namespace: 'b' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  }
  const { objects } = edited([near, policy, far])
  expect(objects[1].spec.egress[0].ports).toEqual([{ port: 8080 }, { port: 80, protocol: 'UDP' }])
  expect(objects[2]).toEqual(far)
})

test('a Service of pods that do not have one port any more is left, and said', () => {
  const service = {
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  }
  const other = pod({ containers: [{ ...web, command: ['/bin/sh', '-c', 'sleep 60'] }] })
  const [result] = editManifests(
    [{ name: 'x.yaml', text: [pod({ containers: [web] }), other, service].map((one) => stringify(one)).join('---\n') }],
    profile,
    null,
  )
  expect(parseAllDocuments(result?.text ?? '')[2]?.toJS()).toEqual(service)
  expect(result?.notes).toContain(
    'service/web leads to pod/x and pod/x, which do not have the same port any more: 8080 and 80',
  )
})

test.each<[unknown, RegExp]>([
  [[{ op: 'replace', path: '/spec', value: 1 }], /a list of JSON patch operations/],
  [{ kind: 'ConfigMap' }, /it has no Pod.* but ConfigMap/],
  [{ a: 1 }, /but an object without a kind/],
  [{ services: { web: { image: 'nginx' } } }, /a Compose file: use --for compose/],
])('%j is refused', (value, hint) => {
  const edit = () => editManifests([{ name: 'x.yaml', text: stringify(value) }], profile, null)
  expect(edit).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }))
})

describe('Kustomize', () => {
  test.each([
    [{ kind: 'Kustomization' }, 'a.yaml', true],
    [{ resources: [] }, 'k/kustomization.yaml', true],
    [{ resources: [] }, 'a.yaml', false],
    [{ kind: 'Component' }, 'kustomization.yaml', false],
  ])('%j in %s: %s', (value, name, expected) => {
    expect(isKustomization([value], name)).toBe(expected)
  })

  test('the image and a patch to add', () => {
    const { images, patches } = parse(kustomization(profile, 'web'))
    expect(images).toEqual([{ name: 'nginx', newName: 'nginx-nonroot', newTag: 'latest' }])
    const { spec } = parse(patches[0].patch).spec.template
    expect(spec.containers[0].name).toBe('web')
    expectRestricted(spec)
  })
})
