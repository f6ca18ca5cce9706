// Any bytes give a result or an error that says why: never another error, and never a false rewritten.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import { engineId, engineNumber, parseAccounts, resolveUser } from '../../src/image/accounts.ts'
import { editCompose } from '../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../src/manifests/kubernetes/edit-files.ts'
import { isHelmTemplate, isKustomization } from '../../src/manifests/kubernetes/new-files.ts'
import { parseYaml } from '../../src/manifests/yaml/file.ts'
import { linesBeside, refusalsIn } from '../../src/proof/log-refusals.ts'
import { parseDockerIgnore } from '../../src/repository/ignore-rules.ts'
import { bakeRuns } from '../../src/repository/readers/bake.ts'
import { composeRuns } from '../../src/repository/readers/compose.ts'
import { assess } from '../../src/userns/assess.ts'
import type { HostFacts, HostFile } from '../../src/userns/facts.ts'
import { checkJson } from '../../src/userns/host/perform.ts'
import { makePlan } from '../../src/userns/plan.ts'
import { checkText } from '../../src/userns/text.ts'
import { sampleProfile } from '../manifests/sample.ts'
import { expectSound, throughAll } from './pipeline.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 250) }

/** Names that every JavaScript object answers to, and those that end a word or a line. */
const name = fc.constantFrom(
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__'],
  ...['root', 'app', 'www-data', 'toor', '0', '+0', '4294967296', '-1', '-', '--', '', ' ', '.', '..', '*', '$x'],
  ...['$(id)', '`id`', "it's", '"', '\\', 'a\nUSER root', 'a\r\nRUN id', '\0', '\u001b[2J', '\u202e', '\ud800', 'ä'],
  ...['HARDEN_IMAGE', 'EOF', 'x'.repeat(300), '<!--', '</script>', '#', ';', '&&', '{', '[', 'null', 'true', '1e400'],
)
const word = fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) })
const path = fc.oneof(
  word.map((one) => `/${one}`),
  fc.tuple(word, word).map((parts) => `/${parts.join('/')}`),
  fc.constantFrom('/', '//', '/..', '/etc', '/etc/passwd', '/tmp', 'relative', '/a/../b', '/proc/self', '/dev/null'),
  word,
)

const id = fc.oneof(
  fc.constantFrom('', '0', '+0', '-0', '00', '-1', '4294967295', '4294967296', '9'.repeat(40), ' 0 ', '0x0', 'abc'),
  fc.nat(70_000).map(String),
)
const line = fc.oneof(
  fc.tuple(word, word, id, id, word, path, path).map((fields) => fields.join(':')),
  fc.array(word, { maxLength: 9 }).map((fields) => fields.join(':')),
  fc.constantFrom('#c:x:0:0::/:', '+', '-', '+nis::::::', '', 'lone', 'root:x:0:0::/root:/bin/sh'),
)
const end = fc.constantFrom('\n', '\r\n', '\n\n', '\r', '\0\n')
const accountFile = fc.tuple(fc.array(line, { maxLength: 12 }), end).map(([lines, how]) => lines.join(how))

test('passwd and group: whatever they say, who is root is known for it', () => {
  const user = fc.oneof(
    word,
    id,
    fc.tuple(word, id).map((both) => both.join(':')),
  )
  const asked = fc.constantFrom('__proto__', 'constructor', 'toString', 'toor', 'app', 'www-data', '5', '10001:0')
  fc.assert(
    fc.property(accountFile, accountFile, user, fc.option(asked), (passwd, group, user, asked) => {
      const accounts = parseAccounts(passwd, group)
      const resolved = resolveUser(user, accounts)
      const number = engineNumber(user.trim().split(':')[0] ?? '')
      if (number !== null && engineId(number) === 0 && resolved.known) expect(resolved.value.uid).toBe(0)
      const image = { passwd, group, config: { User: user, Cmd: ['/x'] } }
      const result = throughAll('FROM web\n', image, asked === null ? {} : { user: asked })
      if (result !== null) expectSound(result)
      if (resolved.known && resolved.value.uid === 0 && result !== null) expect(result.verdict).not.toBe('unchanged')
    }),
    RUNS,
  )
})

const any: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown; map: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    fc.oneof(word, path, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('any'), { maxLength: 3 }),
    tie('map'),
  ),
  map: fc.dictionary(word, tie('any'), { maxKeys: 3, noNullPrototype: true }),
})).any
const orAny = (usual: fc.Arbitrary<unknown>) => fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: any })
const keys = (one: fc.Arbitrary<string>) => fc.dictionary(one, fc.constant({}), { maxKeys: 4, noNullPrototype: true })
const port = fc.constantFrom('80/tcp', '0', '0/tcp', '99999', '1-70', '70-1', '65535', '80/x', '-1', '1/udp', 'a-b/tcp')
const config = fc.record(
  {
    User: orAny(fc.oneof(word, id)),
    Entrypoint: orAny(fc.array(fc.oneof(word, path), { maxLength: 4 })),
    Cmd: orAny(fc.array(fc.oneof(word, path, fc.constantFrom('nginx', 'sh', '-c', 'gosu', 'su')), { maxLength: 5 })),
    Env: orAny(
      fc.array(
        fc.tuple(word, word).map((both) => both.join('=')),
        { maxLength: 4 },
      ),
    ),
    ExposedPorts: orAny(keys(fc.oneof(port, word))),
    Volumes: orAny(keys(path)),
    WorkingDir: orAny(path),
    Healthcheck: orAny(fc.record({ Test: fc.array(word, { maxLength: 3 }), Interval: fc.double(), Retries: any })),
    OnBuild: orAny(fc.array(word, { maxLength: 3 })),
    Shell: orAny(fc.array(path, { maxLength: 3 })),
    StopSignal: orAny(word),
    Labels: orAny(fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true })),
  },
  { requiredKeys: [] },
)

test('image configs: each is worked on or refused, and who ends as root is not rewritten', () => {
  fc.assert(
    fc.property(
      fc.oneof({ weight: 9, arbitrary: config }, { weight: 1, arbitrary: any }),
      accountFile,
      (raw, passwd) => {
        const result = throughAll('FROM web\n', { config: raw, passwd })
        if (result === null) return
        expectSound(result)
        // What the image says is no instruction of ours.
        for (const { keyword, text } of parseDockerfile(result.output).stages.at(-1)?.instructions ?? [])
          expect(`${keyword} ${text}`).not.toMatch(/^(USER root|RUN id)$/)
      },
    ),
    RUNS,
  )
})

const token = fc.oneof(
  fc.constantFrom(
    ...[
      'if',
      'then',
      'else',
      'elif',
      'fi',
      'for',
      'in',
      'do',
      'done',
      'while',
      'case',
      'esac',
      ';;',
      '{',
      '}',
      '(',
      ')',
    ],
    ...[
      'exec',
      'gosu',
      'su-exec',
      'su',
      '-c',
      'setpriv',
      '--reuid',
      'chroot',
      'sudo',
      '-u',
      'runuser',
      '--',
      'start-stop-daemon',
    ],
    ...[
      'chown',
      '-R',
      'mkdir',
      '-p',
      'cd',
      'eval',
      'set',
      '-e',
      'trap',
      'source',
      '.',
      'find',
      '-exec',
      'id',
      '-u',
      'test',
      '[',
    ],
    ...[
      '"$@"',
      '$1',
      `$\{1#-}`,
      `$\{X:-y}`,
      '$(id -u)',
      '`id`',
      '$((1+1))',
      '<<EOF',
      'EOF',
      '<<<',
      '>',
      '>>',
      '2>&1',
      '|',
      '&',
    ],
    ...[
      '&&',
      '||',
      ';',
      '\n',
      '\\\n',
      '"',
      "'",
      '$',
      '#',
      '/data',
      '/etc/passwd',
      'nginx',
      '-g',
      "'daemon off;'",
      '=',
      'X=',
    ],
  ),
  word,
)
const script = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.array(token, { maxLength: 80 }).map((tokens) => tokens.join(' ')),
  // The same thing again and again, as deep as it goes.
  fc.tuple(token, fc.integer({ min: 1, max: 400 })).map(([one, times]) => `${one} `.repeat(times)),
)

test('start scripts: no text ends the reading of it, or takes it where it does not end', () => {
  fc.assert(
    fc.property(script, fc.constantFrom('', '#!/bin/sh\n', '#!/bin/bash -e\n', '#!'), word, (body, first, argument) => {
      const texts = new Map([['/start.sh', `${first}${body}`]])
      const result = throughAll('FROM web\n', { config: { Entrypoint: ['/start.sh', argument] }, texts })
      if (result !== null) expectSound(result)
      const written = throughAll(`FROM web\nCOPY <<'E_O_F' /start.sh\n${body}\nE_O_F\nENTRYPOINT ["/start.sh"]\n`, {
        texts,
      })
      if (written !== null) expectSound(written)
    }),
    RUNS,
  )
}, 900_000)

const inherited = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf')
/** One bad line makes the whole file one that is refused, so most names are of those that can stand anywhere. */
const told = fc.oneof({ weight: 9, arbitrary: inherited }, { weight: 1, arbitrary: name })
const before = fc.constantFrom(
  ...['', 'apt-get install -y ', 'apk add ', 'useradd ', 'useradd --', 'usermod -u 0 ', 'service ', '/etc/init.d/'],
  ...['chown ', 'pip install ', 'npm run ', 'wget -O ', 'openssl -out ', 'exec gosu ', 'su - ', 'python -m '],
)
const dockerfileLine = fc.oneof(
  fc
    .tuple(before, told, fc.constantFrom(' x', ' start', '', ' install constructor', ' --constructor=1'))
    .map((words) => `RUN ${words.join('')}`),
  fc.tuple(told, told).map(([key, value]) => `ENV ${key}=${JSON.stringify(value)}`),
  fc.tuple(told, told).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`),
  told.map((one) => `USER ${one}`),
  told.map((one) => `ARG ${one}\nUSER \${${one}}`),
  told.map((one) => `COPY --from=${one} /a /b`),
  told.map((one) => `FROM ${one.toLowerCase()} AS ${one}`),
  told.map((one) => `FROM a@${one}:00 AS b`),
  told.map((one) => `CMD ${JSON.stringify([one, one])}`),
  fc.tuple(told, told, told).map((both) => `ENTRYPOINT ${JSON.stringify(both)}`),
  fc.tuple(before, told).map((words) => `CMD ${words.join('')} start`),
  told.map((one) => `ENTRYPOINT ["service", ${JSON.stringify(one)}, "start"]`),
  told.map((one) => `# ${one}=${one}`),
  told.map((one) => `EXPOSE ${one}`),
  path.map((one) => `VOLUME ${JSON.stringify([one])}`),
  path.map((one) => `WORKDIR ${one}`),
  told.map((one) => `# harden-image ignore=${one} reason=${one}`),
  fc.constantFrom(
    'COPY --constructor=x /a /b',
    'HEALTHCHECK --toString=1 CMD x',
    'constructor x',
    'RUN --__proto__=x y',
  ),
)

test('names that every object has, and names that end a line, are names in a Dockerfile', () => {
  fc.assert(
    fc.property(fc.array(dockerfileLine, { maxLength: 8 }), fc.boolean(), (lines, known) => {
      const image = { passwd: '__proto__:x:0:0::/:/bin/sh\nconstructor:x:5:5::/:/bin/sh\n' }
      const result = throughAll(`FROM web\n${lines.join('\n')}\n`, known ? image : null)
      if (result !== null) expectSound(result)
    }),
    RUNS,
  )
})

const serviceKeys = [
  ...[
    'image',
    'build',
    'user',
    'ports',
    'expose',
    'volumes',
    'tmpfs',
    'environment',
    'env_file',
    'cap_add',
    'cap_drop',
  ],
  ...[
    'security_opt',
    'read_only',
    'privileged',
    'command',
    'entrypoint',
    'healthcheck',
    'sysctls',
    'extends',
    'depends_on',
  ],
  ...['network_mode', 'labels', 'group_add', 'userns_mode', 'profiles', '<<', '__proto__', 'constructor'],
]
const usual = fc.constantFrom<unknown>(
  ...[
    'nginx',
    'root',
    '80:80',
    '8000-9000:8000-9000',
    '.',
    '/data',
    'data:/data',
    '../..',
    '$X',
    `$\{X:-y}`,
    '${',
    'host',
  ],
  ...[
    ['80:80'],
    [80],
    [{ target: 80 }],
    [null],
    [[]],
    { a: null },
    { context: '..' },
    { file: 'x', service: 'web' },
    0,
    null,
  ],
)
const service = fc.dictionary(fc.constantFrom(...serviceKeys), fc.oneof({ weight: 3, arbitrary: usual }, any), {
  maxKeys: 8,
  noNullPrototype: true,
})
const composeFile = fc.record(
  {
    services: orAny(
      fc.dictionary(fc.oneof(fc.constant('web'), word), orAny(service), { maxKeys: 3, noNullPrototype: true }),
    ),
    volumes: orAny(fc.dictionary(word, any, { maxKeys: 2, noNullPrototype: true })),
    include: any,
    target: orAny(fc.dictionary(word, orAny(service), { maxKeys: 2, noNullPrototype: true })),
  },
  { requiredKeys: ['services'] },
)
const yamlText = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    // JSON is YAML, and keeps keys that a writer of YAML would not.
    { weight: 4, arbitrary: value.map((one) => JSON.stringify(one) ?? 'null') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    {
      weight: 1,
      arbitrary: fc
        .array(
          fc.constantFrom(
            'services: &s',
            '    x: *s',
            'services:',
            '  web:',
            '    image: x',
            '&a',
            '*a',
            '<<: *a',
            '- ',
            '? ',
            '!!js',
            '---',
            '{',
            '"',
            '|',
          ),
        )
        .map((parts) => parts.join('\n')),
    },
  )

/** Throws nothing but our errors. */
function refusedOr<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof HardenError) || error.code === 'bug') throw error
    return null
  }
}

test('Compose files: put into a profile, and read for how an image is built', () => {
  fc.assert(
    fc.property(yamlText(composeFile), yamlText(composeFile), fc.option(word), (text, other, chosen) => {
      const sources = [text, other].map((one, index) => ({ text: one, name: `c${index}.yaml` }))
      const edited = refusedOr(() => editCompose(sources, sampleProfile(), chosen))
      for (const { text: after } of edited ?? []) parse(after, { merge: true, logLevel: 'error' })
      const file = { root: '/r', name: 'c', text, env: { __proto__: 'x', constructor: 'y' }, repository: 'r' }
      const runs = [
        ...composeRuns({ ...file, path: '/r/compose.yaml' }),
        ...bakeRuns({ ...file, path: '/r/docker-bake.json' }),
      ]
      for (const { args, env } of runs) {
        for (const [key, value] of args) expect([typeof key, typeof value]).toEqual(['string', 'string'])
        for (const value of env.values()) expect(value === null || typeof value === 'string').toBe(true)
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    }),
    RUNS,
  )
})

const podKeys = [
  ...[
    'containers',
    'initContainers',
    'ephemeralContainers',
    'volumes',
    'securityContext',
    'hostNetwork',
    'template',
    'spec',
  ],
  ...['name', 'image', 'ports', 'env', 'volumeMounts', 'livenessProbe', 'command', 'args', '__proto__', 'constructor'],
]
const pod: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; map: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, usual, word, fc.array(tie('map'), { maxLength: 2 }), tie('map')),
  map: fc.dictionary(fc.constantFrom(...podKeys), tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).map
const containers = fc.array(
  fc.oneof(
    pod,
    fc.record({
      name: orAny(word),
      image: orAny(fc.constantFrom('nginx:latest', 'x')),
      ports: any,
      securityContext: any,
    }),
  ),
  { maxLength: 3 },
)
const manifest = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'Deployment',
      'Pod',
      'CronJob',
      'List',
      'Service',
      'NetworkPolicy',
      'Kustomization',
      '__proto__',
    ),
    apiVersion: orAny(fc.constant('apps/v1')),
    metadata: any,
    spec: fc.oneof(
      pod,
      fc.record({ template: fc.record({ spec: fc.record({ containers, volumes: any }), metadata: any }) }),
    ),
    items: any,
  }),
  any,
)

test('Kubernetes manifests: put into a profile or refused', () => {
  fc.assert(
    fc.property(
      fc.array(yamlText(manifest), { minLength: 1, maxLength: 3 }),
      fc.option(word),
      (documents, container) => {
        const text = documents.join('\n---\n')
        isHelmTemplate(text)
        refusedOr(() => isKustomization(parseYaml(text, 'm').values, 'kustomization.yaml'))
        const edited = refusedOr(() => editManifests([{ text, name: 'm.yaml' }], sampleProfile(), container))
        for (const { text: after } of edited ?? []) parseYaml(after, 'after')
      },
    ),
    RUNS,
  )
})

test('.dockerignore: any text is rules, and asked of any path they answer', () => {
  const pattern = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('*', '**', '/', '!', '?', '[', ']', '(', '\\', 'a', '..', '{', '\n', '#', '^', '-'))
      .map((all) => all.join('')),
  )
  fc.assert(
    fc.property(pattern, path, (text, asked) => {
      expect(typeof parseDockerIgnore(text).leavesOut(asked)).toBe('boolean')
    }),
    RUNS,
  )
})

test('userns: whatever the files of a host say, there is a plan or the reason why not', () => {
  const subIds = fc.array(fc.tuple(word, id, id).map((fields) => fields.join(':'))).map((lines) => lines.join('\n'))
  const daemon = fc.oneof(
    fc.string({ unit: 'binary' }),
    any.map((one) => JSON.stringify(one) ?? ''),
    fc
      .dictionary(fc.constantFrom('userns-remap', 'data-root', 'features', 'live-restore', '__proto__'), any)
      .map((one) => JSON.stringify(one)),
    fc
      .array(fc.constantFrom('{', '}', '"userns-remap"', ':', '"', ',', '// c\n', '/*', '\ufeff', 'null', '['))
      .map((all) => all.join('')),
  )
  const file = (name: string, text: string | null): HostFile => ({ path: `/${name}`, name, text })
  fc.assert(
    fc.property(
      fc.option(daemon),
      fc.option(subIds),
      accountFile,
      word,
      fc.string(),
      (config, ids, accounts, user, defs) => {
        const host: HostFacts = {
          root: '/',
          config: file('etc/docker/daemon.json', config),
          subuid: file('etc/subuid', ids),
          subgid: file('etc/subgid', ids),
          passwd: file('etc/passwd', accounts),
          group: file('etc/group', accounts),
          loginDefs: defs,
          canAddUsers: true,
          kernel: { supported: true, maximum: 1000 },
          flags: [],
          closedFolder: null,
          engine: { answers: false, reason: 'not asked' },
        }
        refusedOr(() => makePlan(host, user))
        const assessment = refusedOr(() => assess(host))
        if (assessment === null) return
        checkText(host, assessment)
        JSON.parse(checkJson(host, assessment))
      },
    ),
    RUNS,
  )
})

test('log lines: whatever a container says, it is read for what was refused', () => {
  const said = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(
        path,
        word,
        fc.constantFrom('Permission denied', 'Operation not permitted', 'EACCES', 'denied', 'Read-only file system'),
      )
      .map(([where, who, why]) => `${who}: cannot open '${where}': ${why} ${where}:3: ${why} open ${where}: ${why}`),
    fc.tuple(path, word).map(([where, who]) => `${where}: ${who} (13: Permission denied) mkdir("${where}") failed`),
  )
  fc.assert(
    fc.property(fc.array(said, { maxLength: 6 }), (lines) => {
      const log = lines.join('\n')
      for (const { path: refused } of refusalsIn(log, '/srv')) expect(refused ?? '/').toMatch(/^\//)
      expect(linesBeside(log, log).length).toBeLessThanOrEqual(log.split('\n').length)
    }),
    RUNS,
  )
})
