// What a service has over its image decides where its ports are, not what was changed in the image.
import { expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { editCompose } from '../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../src/manifests/kubernetes/edit-files.ts'
import type { Profile } from '../../src/manifests/profile.ts'
import { sampleProfile } from './sample.ts'

const CONF = '/etc/nginx/conf.d'
const listens = (port: number) => [`server {\n  listen ${port} default_server;\n}\n`]

function service(lines: readonly string[], profile: Profile, read: (source: string) => readonly string[] | null) {
  const text = [
    'services:',
    '  web:',
    '    image: nginx',
    '    ports: ["80:80"]',
    ...lines.map((line) => `    ${line}`),
  ]
  const [once] = editCompose([{ name: 'c.yaml', text: text.join('\n') }], profile, null, read)
  const [twice] = editCompose([{ name: 'c.yaml', text: once?.text ?? '' }], profile, null, read)
  expect(twice?.text).toBe(once?.text)
  return { ...parse(once?.text ?? '').services.web, notes: once?.notes ?? [], covers: once?.covers ?? [] }
}

test.each<[string, string, readonly string[] | null, string]>([
  [
    'a file over the one that was changed',
    `volumes: ["./a.conf:${CONF}/default.conf:ro"]`,
    null,
    './a.conf is mounted over',
  ],
  ['a folder over it', `volumes: ["./a:${CONF}/"]`, null, './a is mounted over'],
  ['in the long form', `volumes: [{type: bind, source: ./a, target: ${CONF}}]`, null, './a is mounted over'],
  ['a config', `configs: [{source: site, target: ${CONF}/default.conf}]`, null, 'config site is mounted over'],
  ['one beside it, which sets the port', `volumes: ["./a.conf:${CONF}/a.conf"]`, listens(80), './a.conf sets it'],
  ['a template of it', 'volumes: ["./t:/etc/nginx/templates"]', listens(80), './t sets it'],
])('the port stays: %s', (_, line, texts, why) => {
  const { ports, sysctls, notes, covers } = service([line], sampleProfile(), () => texts)
  expect(ports).toEqual(['80:80'])
  expect(sysctls).toEqual({ 'net.ipv4.ip_unprivileged_port_start': '80' })
  expect(notes).toContainEqual(expect.stringContaining(`port 80 stays 80, since ${why}`))
  expect(covers).toContain('ports')
})

test.each<[string, string, readonly string[] | null]>([
  ['nothing of its own', 'restart: always', listens(80)],
  ['one beside it that sets another', `volumes: ["./a.conf:${CONF}/a.conf"]`, listens(8443)],
  ['one beside it that nobody can read', `volumes: ["./a.conf:${CONF}/a.conf"]`, null],
  ['content', 'volumes: ["./html:/usr/share/nginx/html"]', listens(80)],
  ['a volume that starts as the image', `volumes: [${CONF}]`, listens(80)],
  ['variables and a command, where a file sets it', 'environment: {PORT: "80"}\n    command: nginx', listens(80)],
])('the port moves: %s', (_, line, texts) => {
  const { ports, sysctls, notes } = service([line], sampleProfile(), () => texts)
  expect(ports).toEqual(['80:8080'])
  expect(sysctls).toBeUndefined()
  expect(notes.join()).not.toContain('stays')
})

test('another change that is hidden is said', () => {
  const { ports, notes } = service(['volumes: ["./n.conf:/etc/nginx/nginx.conf"]'], sampleProfile(), () => [])
  expect(ports).toEqual(['80:8080'])
  expect(notes).toContainEqual(
    './n.conf is mounted over /etc/nginx/nginx.conf, so this change of the image does not hold: its pid file; make it there too',
  )
})

test.each([
  ['working_dir: /srv', ['it starts in /srv, so this change of the image does not hold: its data; make it there too']],
  ['working_dir: /data', []],
  ['restart: always', []],
])('the folder that the image starts in, with %s', (line, said) => {
  const change = { kind: 'workdir', name: '/data', reason: 'its data', ports: [] } as const
  const { notes } = service([line], sampleProfile({ changes: [change] }), () => null)
  expect(notes.filter((note: string) => note.includes('does not hold'))).toEqual(said)
})

test.each([
  ['env', 'environment: [PORT=80]', 'it sets PORT itself'],
  ['command', 'command: nginx -p 80', 'it has a command of its own'],
  ['command', 'entrypoint: nginx', 'it has a command of its own'],
] as const)('a port that the %s of the image sets: %s', (kind, line, why) => {
  const profile = sampleProfile({ changes: [{ kind, name: 'PORT', reason: 'listen above 1024', ports: [80] }] })
  expect(service([line], profile, () => null)).toMatchObject({ ports: ['80:80'] })
  expect(service([line], profile, () => null).notes).toContain(`port 80 stays 80, since ${why}`)
  expect(service(['restart: always'], profile, () => null)).toMatchObject({ ports: ['80:8080'] })
})

test('the vendor‘s own image, whose files are not known', () => {
  const profile = sampleProfile({ changes: [] })
  const line = `volumes: ["./a.conf:${CONF}/a.conf"]`
  expect(service([line], profile, () => listens(80)).ports).toEqual(['80:80'])
  expect(service([line], profile, () => listens(8080)).ports).toEqual(['80:8080'])
})

test('a mount with a slash at its end is the same place', () => {
  expect(service([`volumes: ["./a:${CONF}/"]`], sampleProfile(), () => null).volumes).toEqual([`./a:${CONF}/`])
})

test.each([
  ['entrypoint: sh -c "while true; do sleep 1; done"', 'sh'],
  ['entrypoint: [/app/serve, -x]', 'serve'],
  ['command: ["sh", "-c", "sleep 60"]', 'sh'],
  ['command: php-fpm', 'php-fpm'],
])('another program is not what was looked at: %s', (line, name) => {
  const web = service([line], sampleProfile(), () => null)
  expect(web).toMatchObject({ ports: ['80:80'], user: '101:101', cap_drop: ['ALL'] })
  expect(web).not.toHaveProperty('read_only')
  expect(web).not.toHaveProperty('tmpfs')
  expect(web.notes).toContainEqual(expect.stringContaining(`it starts ${name}, not what the image starts`))
})

test.each([
  'command: [nginx, -g, "daemon off;"]',
  `command: sh -c "envsubst < a > b && exec nginx -g 'daemon off;'"`,
  'command: -g x',
  'command: ~',
])('the same program: %s', (line) => {
  expect(service([line], sampleProfile(), () => null)).toMatchObject({ ports: ['80:8080'], read_only: true })
})

test('what a program gets as its arguments is no program', () => {
  const profile = sampleProfile({ programs: ['traefik'] })
  expect(service(['command: healthcheck'], profile, () => null)).toMatchObject({ read_only: true })
  expect(service(['entrypoint: healthcheck'], profile, () => null)).not.toHaveProperty('read_only')
})

test('each service has volumes of its own', () => {
  const state = { kind: 'state', path: '/data', uid: 101, gid: 101, mode: 0o755, filled: false } as const
  const profile = sampleProfile({ writable: [state] })
  const edit = (text: string, name: string) => editCompose([{ name: 'c.yaml', text }], profile, name)[0]?.text ?? ''
  const text =
    'services:\n  a: {image: nginx}\n  b: {image: nginx}\n  c: {image: x, volumes: ["b-data:/x"]}\nvolumes: {b-data: }\n'
  const { services, volumes } = parse(edit(edit(text, 'a'), 'b'))
  expect(services.a.volumes).toEqual(['a-data:/data'])
  expect(services.b.volumes).toEqual(['b-data-writable:/data'])
  expect(Object.keys(volumes)).toEqual(['b-data', 'a-data', 'b-data-writable'])
})

test('what lies in a mount of yours is not hidden by another mount below it', () => {
  const place = { path: '/data/app', uid: 101, gid: 101, mode: 0o755 } as const
  const kinds = [
    { ...place, kind: 'copy', filled: true },
    { ...place, kind: 'tmpfs', filled: false },
    { ...place, kind: 'state', filled: false },
  ] as const
  for (const one of kinds) {
    const profile = sampleProfile({ writable: [one] })
    const web = service(['volumes: ["data:/data/"]'], profile, () => null)
    expect(web.volumes).toEqual(['data:/data/'])
    expect(web).not.toHaveProperty('tmpfs')
    const [rendered] = editManifests([{ name: 'a.yaml', text: pod('a', '/data') }], profile, null)
    expect(parseAllDocuments(rendered?.text ?? '')[0]?.toJS().spec.volumes).toHaveLength(1)
  }
})

test('the same user by its name stays', () => {
  expect(service(['user: nginx'], sampleProfile(), () => null).user).toBe('nginx')
  expect(service(['user: www-data'], sampleProfile(), () => null).user).toBe('101:101')
})

test('a configuration that nobody can read is named', () => {
  const said = (line: string) => service([line], sampleProfile(), () => null).notes.join()
  const note = './a.conf on /etc/nginx/a.conf was not read: if it sets port 80, that has to be 8080'
  expect(said('volumes: ["./a.conf:/etc/nginx/a.conf"]')).toContain(note)
  expect(said('volumes: ["./a.conf:/srv/a.conf"]')).not.toContain('was not read')
})

test('files of the host that are read keep their owner', () => {
  const read = () => null
  const said = (source: string) => service([`volumes: ["${source}:${CONF}"]`], sampleProfile(), read).notes.join()
  expect(said('./conf')).not.toContain('chown')
  expect(said('conf')).toContain(`--entrypoint chown web -R 101:101 ${CONF}`)
})

const pod = (name: string, mount: string, more = '') => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  ${more}
  containers:
  - name: web
    image: nginx
    ports: [{containerPort: 80}]
    volumeMounts: [{name: v, mountPath: ${mount}}]
  volumes: [{name: v, configMap: {name: site}}]
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
---
`
const site = (port: number) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata:\n  site.conf: |\n    listen ${port};\n---\n`

function pods(text: string) {
  const edit = (before: string) => editManifests([{ name: 'a.yaml', text: before }], sampleProfile(), null)[0]
  const once = edit(text)
  expect(edit(once?.text ?? '')?.text).toBe(once?.text)
  const all = parseAllDocuments(once?.text ?? '').map((one) => one.toJS())
  const of = (kind: string, name: string) => all.find((one) => one?.kind === kind && one.metadata.name === name)?.spec
  return { notes: once?.notes ?? [], of }
}

test('each pod by what is mounted in it, and its Service with it', () => {
  const { notes, of } = pods(site(80) + pod('a', `${CONF}/site.conf`) + pod('b', '/srv'))
  expect(of('Pod', 'a').containers[0].ports).toEqual([{ containerPort: 80 }])
  expect(of('Pod', 'a').securityContext.sysctls).toEqual([{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }])
  expect(of('Service', 'a').ports).toEqual([{ port: 80 }])
  expect(of('Pod', 'b').containers[0].ports).toEqual([{ containerPort: 8080 }])
  expect(of('Pod', 'b').securityContext.sysctls).toBeUndefined()
  expect(of('Service', 'b').ports).toEqual([{ port: 80, targetPort: 8080 }])
  expect(notes).toContain('port 80 stays 80, since the ConfigMap site sets it')
})

test('another program in a pod', () => {
  const { notes, of } = pods(pod('a', '/srv').replace('    ports', '    command: [/bin/sh, -c, sleep 60]\n    ports'))
  expect(of('Pod', 'a').containers[0]).toMatchObject({ ports: [{ containerPort: 80 }] })
  expect(of('Pod', 'a').containers[0].securityContext).not.toHaveProperty('readOnlyRootFilesystem')
  expect(of('Pod', 'a')).not.toHaveProperty('initContainers')
  expect(notes).toContainEqual(expect.stringContaining('it starts sh, not what the image starts'))
})

test('a Service of another file', () => {
  const note = 'a Service of another file that leads to port 80 leads to 8080 (targetPort)'
  const [alone = ''] = pod('a', '/srv').split('---\n')
  expect(pods(alone).notes).toContain(note)
  expect(pods(pod('a', '/srv')).notes).not.toContain(note)
  expect(pods(site(80) + alone.replace('/srv', CONF)).notes).not.toContain(note)
})

test('a ConfigMap that sets another port, or is elsewhere', () => {
  expect(pods(site(8000) + pod('a', `${CONF}/site.conf`)).of('Pod', 'a').containers[0].ports).toEqual([
    { containerPort: 8080 },
  ])
  expect(pods(pod('a', CONF)).of('Pod', 'a').containers[0].ports).toEqual([{ containerPort: 80 }])
})

test('the network of the node takes no sysctl', () => {
  const { of } = pods(pod('a', CONF, 'hostNetwork: true'))
  expect(of('Pod', 'a').securityContext).not.toHaveProperty('sysctls')
})
