// What a person has written survives a change of the file: comments, anchors, quotes, order, unknown keys.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { HardenError } from '../../src/errors.ts'
import { editCompose } from '../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../src/manifests/kubernetes/edit-files.ts'
import { parseYaml } from '../../src/manifests/yaml/file.ts'
import { rewriteYaml } from '../../src/manifests/yaml/rewrite.ts'
import { sampleProfile } from './sample.ts'
import { expectCompose, expectKubernetes, expectRestricted } from './schemas.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 300) }

const key = fc.constantFrom('user', 'image', 'ports', 'x-y', 'tmpfs', 'on', 'a b', '80')
const scalar = fc.oneof(
  fc.constantFrom('101:101', '80:80', 'yes', '', ' a ', '# no', 'multi\nline\n', "it's", '1.5'),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
)
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3, depthIdentifier: 'd' }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 3, depthIdentifier: 'd' }),
  map: fc.dictionary(key, tie('any'), { maxKeys: 4, depthIdentifier: 'd' }),
})).any
const map = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 })
const written = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any' as const, 'flow' as const),
  singleQuote: fc.boolean(),
})

test('whatever is asked for is what the text then means, and asking again changes nothing', () => {
  fc.assert(
    fc.property(map, map, written, fc.boolean(), (before, after, style, crlf) => {
      const plain = stringify(before, style)
      const text = crlf && !/[^\n]\n.*[|>]/.test(plain) ? plain.replaceAll('\n', '\r\n') : plain
      const file = parseYaml(text, 'a')
      const result = rewriteYaml(file, [after])
      const again = parseYaml(result, 'a')
      expect(again.values).toEqual([after])
      expect(rewriteYaml(again, [after])).toBe(result)
      expect(rewriteYaml(file, file.values)).toBe(text)
    }),
    RUNS,
  )
})

/** Pieces of a service as people write them; `I` is one level of indentation, `S` where the dash of a list stands. */
const PIECES = [
  'ports:\nS- "80:80"\nS- 127.0.0.1:8443:443/tcp',
  "ports: ['80:80', 443]",
  'ports:\nS- target: 80\nS  published: 8000\nS- 9000-9010:9000-9010',
  'ports: *ports',
  'ports: !override\nS- 80:80',
  'expose: ["80"]',
  'user: root',
  "user: '0:0'",
  `user: "\${UID:-0}"`,
  'privileged: true',
  'read_only: false',
  'cap_add: [NET_ADMIN, SYS_TIME]',
  'cap_drop:\nS- NET_RAW',
  'cap_drop: *caps',
  'security_opt:\nS- no-new-privileges:false\nS- label:disable',
  'tmpfs: /run',
  'tmpfs:\nS- /tmp:size=1g\nS- /run',
  'volumes:\nS- data:/var/lib/x\nS- ./conf:/etc/nginx/conf.d:ro',
  'volumes:\nS- type: bind\nS  source: .\nS  target: /srv',
  'environment:\nI A: "1"\nI B: on',
  'environment:\nS- A=1\nS- B',
  "environment: {A: \"x # y\", B: 'it''s'}",
  'env_file: .env',
  'profiles: [prod, "test"]',
  'command: >\nI nginx -g\nI "daemon off;"',
  'healthcheck:\nI test: ["CMD", "curl", "-f", "http://localhost:80"]\nI interval: 1m',
  'labels:\nI a.b/c: |\nI   x: y\nI   # text, not a comment\n',
  'deploy: {resources: {limits: {cpus: "0.5"}}}',
  'depends_on: [other]',
  'x-unknown: &own {keep: [me, ~, yes]}',
  'network_mode: host',
  'restart: always',
] as const

interface Layout {
  readonly indent: string
  readonly seq: boolean
  readonly crlf: boolean
}

const layout: fc.Arbitrary<Layout> = fc.record({
  indent: fc.constantFrom('  ', '    '),
  seq: fc.boolean(),
  crlf: fc.boolean(),
})
const keyOf = (piece: string) => piece.replace(/:[\s\S]*/, '')
const pieces = fc.uniqueArray(fc.constantFrom(...PIECES), { selector: keyOf, maxLength: 7 })

/** The lines of a piece at a depth, `trail` may add a comment to the first one. */
function laidOut(piece: string, depth: number, { indent, seq }: Layout, trail: () => string): string {
  const base = indent.repeat(depth)
  const [first = '', ...rest] = piece.split('\n')
  const inText = /[|>]$/.test(first) || piece.includes('|\n')
  const lines = rest.map((line) => base + line.replace(/^S/, seq ? indent : '').replace(/^I /, indent))
  const own = inText ? '' : trail()
  return [`${base}${first}${own}`, ...lines].join('\n')
}

const decorations = fc.infiniteStream(fc.nat(5))

/** A Compose file, and the comments in it. */
function composeText(
  lines: readonly string[],
  other: readonly string[],
  { merge, at, ...style }: Layout & { readonly merge: number; readonly at: number },
  stream: Iterator<number>,
): { readonly text: string; readonly comments: readonly string[] } {
  const comments: string[] = []
  const comment = () => {
    comments.push(`# c${comments.length}.`)
    return comments.at(-1) ?? ''
  }
  const trail = () => (stream.next().value === 0 ? ` ${comment()}` : '')
  const above = (depth: number) => {
    const drawn = stream.next().value
    if (drawn === 1) return `${style.indent.repeat(depth)}${comment()}\n`
    return drawn === 2 ? '\n' : ''
  }
  const block = (depth: number, all: readonly string[]) =>
    all.map((piece) => above(depth) + laidOut(piece, depth, style, trail)).join('\n')
  const image = `image: ${at % 2 === 0 ? 'nginx' : "'nginx:latest'"}`
  const own = [...lines]
  own.splice(at % (lines.length + 1), 0, image)
  if (merge > 0) own.unshift(merge === 1 ? '<<: *common' : '<<: [*common, *more]')
  const i = style.indent
  const text = [
    `${above(0)}x-common: &common`,
    `${i}restart: always${trail()}`,
    `${i}x-caps: &caps [NET_RAW]`,
    `x-more: &more {stop_signal: SIGQUIT, x-ports: &ports ["80:80"]}`,
    `${above(0)}services:${trail()}`,
    `${above(1)}${i}web:${trail()}`,
    block(2, own),
    `${above(1)}${i}other:`,
    block(2, ['image: "redis:7"', ...other.filter((piece) => !piece.includes('&own'))]),
    `${above(0)}volumes:`,
    `${i}data: {}`,
    above(0),
  ].join('\n')
  return { text: style.crlf ? text.replaceAll('\n', '\r\n') : text, comments }
}

test('Compose: comments, anchors, quotes and unknown keys survive, and twice is once', () => {
  const style = fc.tuple(layout, fc.nat(2), fc.nat(9)).map(([one, merge, at]) => ({ ...one, merge, at }))
  fc.assert(
    fc.property(pieces, pieces, style, decorations, fc.boolean(), (own, other, how, stream, env) => {
      const { text, comments } = composeText(own, other, how, stream)
      const profile = sampleProfile(env ? { env: { A: '1', C: '2' } } : {})
      const edit = (before: string) => editCompose([{ text: before, name: 'c.yaml' }], profile, null)[0]?.text ?? ''
      const once = edit(text)
      expect(edit(once)).toBe(once)
      const [was, is] = [text, once].map((one) => parse(one, { merge: true, logLevel: 'error' }))
      expect(is.services.other).toEqual(was.services.other)
      expect(is['x-more']).toEqual(was['x-more'])
      expect(is.services.web).toMatchObject({ image: 'nginx-nonroot:latest', read_only: true })
      for (const [name, one] of Object.entries(was.services.web))
        if (/^(x-|env_file|profiles|command|labels|deploy|restart|stop_signal|depends_on)/.test(name))
          expect([name, is.services.web[name]]).toEqual([name, one])
      const checked = JSON.stringify(is.services.web.healthcheck ?? null).replace('localhost:8080"', 'localhost:80"')
      expect(JSON.parse(checked)).toEqual(was.services.web.healthcheck ?? null)
      for (const comment of comments) expect([comment, once.split(comment).length]).toEqual([comment, 2])
      const kept = new Set(once.split(/\r?\n/))
      // Only lines about what the profile decides may go.
      for (const line of text.split(/\r?\n/))
        if (!kept.has(line))
          expect(line).toMatch(
            /ports|80|443|user|privileged|read_only|cap_|NET_|security_opt|no-new|label:|tmpfs|\/tmp|\/run|image|volumes|environment|expose|other:|^\s*$/,
          )
      if (how.crlf) expect(once).not.toMatch(/[^\r]\n/)
      expectCompose(is)
    }),
    RUNS,
  )
})

const CONTAINER = [
  'ports:\nS- containerPort: 80\nS  name: http',
  'ports: [{containerPort: 80, hostPort: 80}]',
  'livenessProbe:\nI httpGet: {path: /, port: 80}',
  'readinessProbe: {tcpSocket: {port: http}}',
  'securityContext: {runAsUser: 0, privileged: true}',
  'securityContext:\nI capabilities:\nI   add: [SYS_ADMIN]\nI allowPrivilegeEscalation: true',
  'securityContext: *security',
  'volumeMounts:\nS- {name: own, mountPath: /tmp/}',
  'volumeMounts:\nS- name: own\nS  mountPath: /data',
  'env:\nS- name: A\nS  value: "on"',
  'resources: &limits {limits: {cpu: "1"}}',
  'command:\nS- sh\nS- -c\nS- |\nS  # text, not a comment\nS  exec nginx',
  'args: ["-g", \'daemon off;\']',
  'x-unknown: {a: [b, ~]}',
  'imagePullPolicy: Always',
] as const
const POD = [
  'securityContext: {fsGroup: 7}',
  'securityContext:\nI runAsNonRoot: false\nI runAsUser: 0',
  'securityContext:\nI seccompProfile: {type: Unconfined}',
  'volumes:\nS- name: own\nS  emptyDir: {}',
  'volumes: [{name: own, emptyDir: {}}, {name: tmp, configMap: {name: c}}]',
  'hostNetwork: true',
  'nodeSelector: {disk: "ssd"}',
  'serviceAccountName: web',
  'initContainers:\nS- name: wait\nS  image: busybox\nS  command: [sleep, "1"]',
] as const
const podPieces = fc.uniqueArray(fc.constantFrom(...POD), { selector: keyOf, maxLength: 5 })
const containerPieces = fc.uniqueArray(fc.constantFrom(...CONTAINER), { selector: keyOf, maxLength: 6 })

test('Kubernetes: comments, anchors, other documents and unknown keys survive, and twice is once', () => {
  fc.assert(
    fc.property(
      podPieces,
      containerPieces,
      layout,
      decorations,
      fc.boolean(),
      (pod, container, style, stream, list) => {
        const comments: string[] = []
        const trail = () => {
          if (stream.next().value !== 0) return ''
          comments.push(`# c${comments.length}.`)
          return ` ${comments.at(-1)}`
        }
        const i = style.indent
        const deep = list ? 1 : 0
        const shift = (text: string) => (list ? text.replace(/^(?=.)/gm, '  ') : text)
        const dash = style.seq ? i : ''
        const inner = container.map((piece) =>
          laidOut(piece, 4, style, trail).replace(/^/gm, `${dash}  `).replace(/^\s+$/gm, ''),
        )
        const anchored = container.some((piece) => piece.includes('*security'))
        const object = [
          'apiVersion: apps/v1',
          `kind: Deployment${trail()}`,
          'metadata:',
          `${i}name: web`,
          ...(anchored ? [`${i}annotations: {}`] : []),
          'spec:',
          ...(anchored ? [`${i}x-security: &security {readOnlyRootFilesystem: false}`] : []),
          `${i}selector: {matchLabels: {app: web}}`,
          `${i}template:`,
          `${i}${i}metadata: {labels: {app: web}}${trail()}`,
          `${i}${i}spec:${trail()}`,
          ...pod.filter((piece) => piece.startsWith('initC')).map((piece) => laidOut(piece, 3, style, trail)),
          `${i.repeat(3)}containers:${trail()}`,
          `${i.repeat(3)}${dash}- name: web${trail()}`,
          `${i.repeat(3)}${dash}  image: nginx`,
          ...inner.map((piece) => piece.replace(new RegExp(`^${dash}  ${i}`, 'gm'), `${dash}  `)),
          ...pod.filter((piece) => !piece.startsWith('initC')).map((piece) => laidOut(piece, 3, style, trail)),
        ].join('\n')
        const wrapped = list ? `kind: List\nitems:\n- ${shift(object).slice(2 * deep)}` : object
        const other = 'kind: ConfigMap # as it is\ndata:   {a:   "b"}\n'
        const lf = `# first\n${wrapped}\n# last\n---\n${other}`
        const text = style.crlf ? lf.replaceAll('\n', '\r\n') : lf
        const edit = (before: string) =>
          editManifests([{ text: before, name: 'x.yaml' }], sampleProfile(), null)[0]?.text ?? ''
        const once = edit(text)
        expect(edit(once)).toBe(once)
        expect(once.replaceAll('\r', '').endsWith(`# last\n---\n${other}`)).toBe(true)
        for (const comment of comments) expect([comment, once.split(comment).length]).toEqual([comment, 2])
        const [was, is] = [text, once]
          .map((one) => parseAllDocuments(one)[0]?.toJS())
          .map((one) => (list ? one.items[0] : one))
        const [before, after] = [was, is].map((one) => one.spec.template.spec)
        for (const name of ['nodeSelector', 'serviceAccountName', 'hostNetwork'])
          expect(after[name]).toEqual(before[name])
        for (const name of ['x-unknown', 'env', 'resources', 'command', 'args', 'imagePullPolicy'])
          expect(after.containers[0][name]).toEqual(before.containers[0][name])
        expect(after.containers[0]).toMatchObject({
          image: 'nginx-nonroot:latest',
          securityContext: { runAsUser: 101, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
        })
        const isAlone = !pod.some((piece) => piece.startsWith('initC'))
        if (isAlone && !text.includes('hostPort')) expectRestricted(after)
        if (style.crlf) expect(once).not.toMatch(/[^\r]\n/)
        const { 'x-security': _, ...spec } = is.spec
        expectKubernetes(
          JSON.parse(JSON.stringify({ ...is, spec }, (name, one) => (name === 'x-unknown' ? undefined : one))),
        )
      },
    ),
    RUNS,
  )
})

test('any text is edited or refused, and what is edited is so for good', () => {
  const junk = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom(...PIECES, 'services:', '  web:', '    image: nginx', '- ', '{', '&a', '*a'))
      .map((all) => all.join('\n')),
  )
  fc.assert(
    fc.property(junk, (text) => {
      for (const edit of [editCompose, editManifests]) {
        try {
          const [once] = edit([{ text, name: 'x' }], sampleProfile(), null)
          expect(edit([{ text: once?.text ?? '', name: 'x' }], sampleProfile(), null)[0]?.text).toBe(once?.text)
        } catch (error) {
          expect(error).toBeInstanceOf(HardenError)
        }
      }
    }),
    RUNS,
  )
})
