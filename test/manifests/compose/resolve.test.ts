// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose.
// Small projects, resolved as Compose resolves them: what is expected stands here, and where there is a Docker Compose it is asked too.
import { readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { HardenError } from '../../../src/errors.ts'
import { inStartOrder } from '../../../src/manifests/compose/check-project.ts'
import { resolveProject } from '../../../src/manifests/compose/resolve.ts'
import type { Project, ProjectRequest } from '../../../src/manifests/project.ts'
import { plant, tree } from '../../repository/tree.ts'
import { composeSays, hasCompose, inItsWords, sorted } from './compose-config.ts'

type Files = Readonly<Record<string, string>>

interface Case {
  readonly files: Files
  /** `-f`; default compose.yaml. */
  readonly named?: readonly string[]
  readonly profiles?: readonly string[]
  readonly envFiles?: readonly string[]
  readonly name?: string
  readonly env?: Readonly<Record<string, string>>
}

function resolved(
  { files, named = ['compose.yaml'], profiles, envFiles, name, env = {} }: Case,
  folder = '/p',
): Project {
  const at = (path: string) => posix.resolve(folder, path)
  const request: ProjectRequest = {
    files: named.map(at),
    cwd: folder,
    profiles: profiles ?? null,
    envFiles: envFiles?.map(at) ?? null,
    name: name ?? null,
    env: { HOME: '/home/me', ...env },
    withheld: new Set(['SECRET']),
    home: '/home/me',
  }
  const texts = new Map(Object.entries(files).map(([path, text]) => [at(path), text]))
  return resolveProject(request, (path) => {
    if (!path.startsWith(folder)) return path === '/etc/passwd' ? { refused: 'it lies outside of /p' } : null
    const text = texts.get(path)
    return text === undefined ? null : { text, isOwn: !path.includes('/vendor/') }
  })
}

const failure = (one: Case): string => {
  try {
    resolved(one)
    return 'resolved'
  } catch (error) {
    if (error instanceof HardenError) return error.message
    throw error
  }
}

/** Of the only service, or of the one of this name. */
function service(project: Project, name = project.services[0]?.name) {
  const found = project.services.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}

/** Each is also given to `docker compose config`. */
const cases: Readonly<Record<string, Case>> = {
  'an image alone': { files: { 'compose.yaml': 'services:\n  a:\n    image: nginx:1\n' } },
  'an override file named after it': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    command: [one]\n    ports: ["80:80"]\n    environment: {A: 1, B: 2}\n    cap_add: [CHOWN]\n',
      'over.yaml':
        'services:\n  a:\n    command: [two]\n    ports: ["81:81", "80:80"]\n    environment: [B=3, C=4]\n    cap_add: [CHOWN, KILL]\n  b:\n    image: y\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  },
  'volumes by their target': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    volumes: ["data:/data", "./c:/c:ro", "/anon"]\nvolumes: {data: {}, other: {}}\n',
      'over.yaml':
        'services:\n  a:\n    volumes:\n      - {type: volume, source: other, target: /data}\n      - {type: bind, source: ./other, target: /c}\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  },
  'nothing leaves what there is, and takes a command away': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: x\n    user: "5"\n    command: [one]\n    entrypoint: [e]\n',
      'over.yaml': 'services:\n  a:\n    user:\n    command:\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  },
  '!reset and !override': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    user: "5"\n    ports: ["80:80"]\n    environment: {A: 1, B: 2}\n    volumes: ["data:/d"]\nvolumes: {data: {}}\n',
      'over.yaml':
        'services:\n  a:\n    user: !reset null\n    ports: !override ["90:90"]\n    environment:\n      A: !reset null\n    volumes: !reset []\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  },
  'several documents of one file': {
    files: { 'compose.yaml': 'services:\n  a:\n    image: x\n    user: "1"\n---\nservices:\n  a:\n    user: "2"\n' },
  },
  'extends in one file': {
    files: {
      'compose.yaml':
        'services:\n  base:\n    image: x\n    user: "1"\n    command: [b]\n    environment: {A: 1}\n    ports: ["80:80"]\n  mid:\n    extends: base\n    environment: {B: 2}\n  a:\n    extends: {service: mid}\n    user: "2"\n    ports: ["81:81"]\n',
    },
  },
  'extends of another folder': {
    files: {
      'compose.yaml': 'services:\n  a:\n    extends: {file: common/base.yaml, service: web}\n    image: y\n',
      'common/base.yaml':
        'services:\n  web:\n    build: {context: ./app, dockerfile: ../D, target: t, args: {V: 1}}\n    env_file: web.env\n    volumes: ["./conf:/conf:ro", "/abs:/abs"]\n    extends: {file: ../more/root.yaml, service: root}\n',
      'common/web.env': 'FROM_FILE=yes\n',
      'more/root.yaml': 'services:\n  root:\n    user: "7"\n    volumes: ["./more:/more"]\n    command: sleep 1\n',
    },
  },
  'extends with a reset': {
    files: {
      'compose.yaml':
        'services:\n  base:\n    image: x\n    ports: ["80:80"]\n    user: "1"\n  a:\n    extends: base\n    ports: !reset []\n',
    },
  },
  'an include, and one of a folder with variables of its own': {
    files: {
      'compose.yaml':
        'include:\n  - db/compose.yaml\nservices:\n  a:\n    image: "x:${TAG:-none}"\n    depends_on: [db]\n',
      'db/compose.yaml':
        'services:\n  db:\n    image: "pg:${TAG}"\n    volumes: ["./data:/data", "kept:/v"]\n    env_file: [db.env]\nvolumes: {kept: {}}\n',
      'db/.env': 'TAG=7\n',
      'db/db.env': 'X=1\n',
    },
  },
  'an include in its long form': {
    files: {
      'compose.yaml':
        'include:\n  - path: [sub/a.yaml, sub/b.yaml]\n    project_directory: other\n    env_file: my.env\nservices:\n  z:\n    image: z\n',
      'sub/a.yaml': 'services:\n  a:\n    image: "a:${T}"\n    user: "1"\n',
      'sub/b.yaml': 'services:\n  a:\n    user: "2"\n',
      'my.env': 'T=9\n',
    },
  },
  'profiles that nobody asks for': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n  b:\n    image: y\n    profiles: [dev, test]\n  c:\n    image: z\n    profiles: [prod]\n',
    },
  },
  'a profile that is asked for': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n  b:\n    image: y\n    profiles: [dev, test]\n  c:\n    image: z\n    profiles: [prod]\n',
    },
    profiles: ['test'],
  },
  'profiles that .env asks for': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: x\n  b:\n    image: y\n    profiles: [dev]\n',
      '.env': 'COMPOSE_PROFILES=dev,other\n',
    },
  },
  'a dependency that may be missing': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    depends_on:\n      b: {condition: service_healthy, required: false}\n  b:\n    image: y\n    profiles: [dev]\n',
    },
  },
  'variables in all their forms': {
    files: {
      'compose.yaml': `services:
  a:
    image: "\${IMG:-nginx}:\${TAG-1}"
    user: "\${U:-\${V:-5}}"
    environment:
      SET: "\${A}"
      PLAIN: "$A-$B"
      EMPTY_DASH: "\${E-no}"
      EMPTY_COLON: "\${E:-yes}"
      PLUS: "\${A:+plus}"
      PLUS_EMPTY: "\${E:+plus}"
      PLUS_SET: "\${E+plus}"
      PLUS_NONE: "\${NONE:+plus}"
      NEED: "\${A:?why}"
      COST: "$$5 $\${X}"
      NESTED: "\${NONE:-a\${A:-b}c}"
      BRACES: "\${NONE:-{}}"
      LONE: "a$ b$) $1"
`,
      '.env': 'A=a\nB=b\nE=\n',
    },
  },
  'a .env in all its forms': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    environment: {A: "${A}", B: "${B}", C: "${C}", D: "${D}", E: "${E}", F: "${F}", G: "${G}", H: "${H}", I: "${I}", J: "${J}"}\n',
      '.env': `# a comment
A=plain # behind
export B='single $A # kept'
C="double $A \\"quoted\\" \\$A"
D=$A-\${A}
E=with=sign
F: yaml
G="two
lines"
H=#none
I=
  J  = spaced
`,
    },
  },
  'an env file that is named': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: "x:$T"\n',
      '.env': 'T=1\n',
      'one.env': 'T=2\n',
      'two.env': 'T=3$T\n',
    },
    envFiles: ['one.env', 'two.env'],
  },
  'the environment before .env': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: "x:$T"\n    environment: [T, U, V=]\n',
      '.env': 'T=1\nU=2\n',
    },
    env: { T: 'mine' },
  },
  'env_file below environment': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    env_file: [one.env, {path: two.env, required: false}, {path: none.env, required: false}]\n    environment: {B: over}\n',
      'one.env': 'A=1\nB=1\nC=$A\n',
      'two.env': 'A=2\n',
    },
  },
  'anchors, merge keys and x- fields': {
    files: {
      'compose.yaml':
        'x-common: &common\n  user: "5"\n  environment: &env\n    A: 1\nservices:\n  a:\n    <<: *common\n    image: x\n    environment:\n      <<: *env\n      B: 2\n  b:\n    <<: [*common]\n    image: y\n    x-note: {a: 1}\n',
    },
  },
  'ports in all their forms': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    ports: ["80", 81, "82:8082", "127.0.0.1:83:8083", "84:8084/udp", "3000-3002:4000-4002", "5000-5001", "[::1]:85:8085", {target: 86, published: "8086", protocol: udp}, {target: 87}, {target: 88, published: 8088, host_ip: 127.0.0.1, mode: host}]\n    expose: [90, "91"]\n',
    },
  },
  'volumes in all their forms': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    tmpfs: [/t1, "/t2:size=1m"]\n    volumes: ["vol:/v", "v2:/v2:ro", "./rel:/rel", "../up:/up:ro,z", "~/home:/home", "/abs:/abs/", "/anon", {type: tmpfs, target: /t3}, {type: volume, source: vol, target: /nocopy, volume: {nocopy: true}}, {type: bind, source: ., target: /src, read_only: true}, "bound:/bound"]\nvolumes:\n  vol:\n  v2: {external: true}\n  bound: {driver: local, driver_opts: {type: none, o: bind, device: /srv/data}}\n',
    },
  },
  'tmpfs as a text': { files: { 'compose.yaml': 'services:\n  a:\n    image: x\n    tmpfs: /run\n' } },
  'secrets and configs': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    secrets: [one, {source: two, target: second, mode: 0400}, {source: two, target: /abs}]\n    configs: [c, {source: c, target: /etc/c.conf}]\nsecrets: {one: {file: ./one.txt}, two: {environment: TWO}}\nconfigs: {c: {file: c.conf}}\n',
    },
    env: { TWO: '2' },
  },
  'builds in all their forms': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    build: ./a\n  b:\n    build: {context: b, dockerfile: docker/D, target: prod, args: [V=1, W]}\n    image: named\n  c:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM x\n        USER 1\n  d:\n    build: {context: ., additional_contexts: {other: ../o}, args: {V: 2}}\n  e:\n    build: https://example.org/r.git\n  f:\n    build: {dockerfile: ../F}\n',
    },
  },
  'a build that is put together': {
    files: {
      'compose.yaml': 'services:\n  a:\n    build: ./a\n    image: x\n',
      'over.yaml': 'services:\n  a:\n    build: {target: dev, args: {V: 1}}\n',
      'more.yaml': 'services:\n  a:\n    build: {args: [V=2, W=3]}\n',
    },
    named: ['compose.yaml', 'over.yaml', 'more.yaml'],
  },
  'commands as texts': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    command: run "two words" \'and $$HOME\' plain\\ one --x="y z"\n    entrypoint: sh -c "echo $$A | cat"\n  b:\n    image: x\n    command: npm i && npm start\n    entrypoint: []\n  c:\n    image: x\n    command: node x.js 1 2>&1\n    entrypoint: ""\n  d:\n    image: x\n    command: ""\n  e:\n    image: x\n    command: >\n      bash -c "\n      one\n      two"\n  f:\n    image: x\n    command: echo $$(id -u) `date +%s` "a\\nb"\n',
    },
  },
  'what services wait for': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    depends_on: [b, c]\n  b:\n    image: x\n    depends_on: {c: {condition: service_healthy}, d: {condition: service_completed_successfully}}\n  c:\n    image: x\n    links: ["d:alias"]\n  d:\n    image: x\n  e:\n    image: x\n    network_mode: service:d\n  f:\n    image: x\n    volumes_from: ["d:ro"]\n',
    },
  },
  'a dependency in both forms': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n',
      'over.yaml': 'services:\n  a:\n    depends_on: {b: {condition: service_healthy}}\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  },
  'a user with a variable': {
    files: {
      'compose.yaml':
        'services:\n  a:\n    image: x\n    user: "${UID:-0}:${GID:-0}"\n  b:\n    image: x\n    user: "1:1"\n    working_dir: /w\n',
    },
  },
  'its name in a variable': {
    files: { 'compose.yaml': 'name: My.Shop\nservices:\n  a:\n    image: "${COMPOSE_PROJECT_NAME}:1"\n' },
  },
  'a name that is given': {
    files: { 'compose.yaml': 'name: shop\nservices:\n  a:\n    image: "${COMPOSE_PROJECT_NAME}:1"\n' },
    name: 'other',
  },
  'an entry that is there twice': {
    files: {
      'compose.yaml': 'services:\n  a:\n    image: x\n    environment: [A=1, B=1, A=2]\n    cap_add: [KILL, KILL]\n',
    },
  },
  'names of what every object has': {
    files: { 'compose.yaml': 'services:\n  constructor:\n    image: x\n    environment: {toString: a, valueOf: b}\n' },
  },
}

/** What Docker Compose 2.26 says of them: `UPDATE_CASES=1` asks it again. */
const SAID = 'test/manifests/compose/resolved.json'

const flagsOf = ({ named = ['compose.yaml'], profiles = [], envFiles = [], name }: Case): readonly string[] => [
  ...named.flatMap((file) => ['-f', file]),
  ...profiles.flatMap((profile) => ['--profile', profile]),
  ...envFiles.flatMap((file) => ['--env-file', file]),
  ...(name === undefined ? [] : ['-p', name]),
]

function asked(one: Case): unknown {
  const folder = tree({ 'p/.keep': '' })
  plant(`${folder}/p`, one.files)
  const { services, error } = composeSays(`${folder}/p`, flagsOf(one), { HOME: '/home/me', ...one.env })
  // Where it was asked is nobody's business.
  const anywhere = JSON.parse(JSON.stringify(services ?? error).replaceAll(folder, ''))
  for (const service of Object.values<{ mounts: unknown[] }>(anywhere)) service.mounts = sorted(service.mounts)
  return anywhere
}

if (process.env.UPDATE_CASES === '1' && hasCompose) {
  const said = Object.fromEntries(Object.entries(cases).map(([name, one]) => [name, asked(one)]))
  writeFileSync(SAID, `${JSON.stringify(said, null, 2)}\n`)
}
const said: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(SAID, 'utf8'))

describe('is resolved as by Compose', () => {
  test.each(Object.entries(cases))('%s', (name, one) => {
    expect(inItsWords(resolved(one))).toEqual(said[name])
  })
})

const whereComposeIs = hasCompose ? test : test.skip
whereComposeIs(
  'Compose says what is written down of it',
  () => {
    for (const [name, one] of Object.entries(cases)) expect([name, asked(one)]).toEqual([name, said[name]])
  },
  60_000,
)

test('says where each service is written, what it gets first coming first', () => {
  const { files, services } = resolved({
    files: {
      'compose.yaml':
        'include: [inc/compose.yaml]\nservices:\n  a:\n    extends: {file: base.yaml, service: web}\n  inc:\n    user: "2"\n',
      'over.yaml': 'services:\n  a:\n    user: "1"\n',
      'base.yaml': 'services:\n  web:\n    extends: root\n  root:\n    image: x\n',
      'inc/compose.yaml': 'services:\n  inc:\n    image: y\n',
    },
    named: ['compose.yaml', 'over.yaml'],
  })
  expect(files.map(({ name }) => name)).toEqual(['compose.yaml', 'over.yaml', 'inc/compose.yaml', 'base.yaml'])
  const origins = services.map(({ name, origins }) => [
    name,
    ...origins.map(({ file, service }) => `${files[file]?.name} ${service}`),
  ])
  expect(origins).toEqual([
    ['inc', 'inc/compose.yaml inc', 'compose.yaml inc'],
    ['a', 'base.yaml root', 'base.yaml web', 'compose.yaml a', 'over.yaml a'],
  ])
})

test('an include is meant from its project_directory', () => {
  const project = resolved({
    files: {
      'compose.yaml': 'include: [{path: sub/a.yaml, project_directory: other}]\n',
      'sub/a.yaml':
        'services:\n  a:\n    image: x\n    volumes: ["./x:/x"]\n    env_file: e.env\n    secrets: [s]\nsecrets: {s: {file: s.txt}}\n',
      'other/e.env': 'A=1\n',
    },
  })
  expect(service(project).mounts.map(({ source }) => source)).toEqual(['/p/other/x', '/p/other/s.txt'])
  expect([...service(project).env]).toEqual([['A', '1']])
})

test('knows a user that whoever starts it may set', () => {
  const open = (user: string) => {
    const {
      userIsOpen,
      user: value,
      settings,
    } = service(resolved({ files: { 'compose.yaml': `services:\n  a:\n    image: x\n    user: ${user}\n` } }))
    return [userIsOpen, value, Object.keys(settings)]
  }
  expect(open('"${UID:-0}"')).toEqual([true, '0', ['image', 'user']])
  expect(open('"1000"')).toEqual([false, '1000', ['image', 'user']])
  expect(open('"$$x"')).toEqual([false, '$x', ['image', 'user']])
  const over = {
    'compose.yaml': 'services:\n  a:\n    image: x\n    user: $U\n',
    'over.yaml': 'services:\n  a:\n    user: "5"\n',
  }
  expect(service(resolved({ files: over, named: ['compose.yaml', 'over.yaml'] })).userIsOpen).toBe(false)
})

test('services keep the order in which they are written, and start after what they wait for', () => {
  const { services } = resolved({
    files: {
      'compose.yaml':
        'services:\n  web:\n    image: x\n    depends_on: [api]\n  api:\n    image: x\n    depends_on: [db]\n  job:\n    image: x\n  db:\n    image: x\n',
    },
  })
  expect(services.map(({ name }) => name)).toEqual(['web', 'api', 'job', 'db'])
  expect(inStartOrder(services).map(({ name }) => name)).toEqual(['db', 'api', 'web', 'job'])
})

test('volumes say what they are kept in', () => {
  const { volumes } = resolved({
    files: {
      'compose.yaml':
        'services: {a: {image: x}}\nvolumes:\n  one:\n  two: {external: true}\n  three: {driver_opts: {type: none, o: bind, device: ./d}}\n  four: {driver_opts: {type: nfs, o: addr=10.0.0.1, device: ":/x"}}\n',
    },
  })
  expect(Object.fromEntries(volumes)).toEqual({
    one: { external: false, device: null },
    two: { external: true, device: null },
    three: { external: false, device: '/p/d' },
    four: { external: false, device: null },
  })
})

describe('what is left open is a finding', () => {
  const findings = (one: Case) =>
    resolved(one).findings.map(({ outcome, line, file, message }) => [outcome, file ?? '', line, message])
  const web = (rest: string) => ({ 'compose.yaml': `services:\n  a:\n    image: x\n${rest}` })

  test.each<readonly [string, Case, readonly (readonly unknown[])[]]>([
    ['nothing', { files: web('    command: echo $$HOME\n') }, []],
    ['a variable with a default', { files: web('    environment: {A: "${A:-1}", B: "${B+x}"}\n') }, []],
    [
      'one without a value',
      { files: web('    environment: {A: "$A"}\n') },
      [['note', '', 4, 'A is not set: Compose puts nothing in its place']],
    ],
    [
      'one that says what is run',
      { files: { 'compose.yaml': 'services:\n  a:\n    image: "x:${TAG}"\n' } },
      [['todo', '', 3, 'TAG is not set: Compose puts nothing in its place']],
    ],
    [
      'one that is required',
      { files: web('    environment: {A: "${A:?set it}"}\n') },
      [['note', '', 4, 'A is not set: Compose does not start without it (set it)']],
    ],
    ['one of a service that does not run', { files: web('  b:\n    image: "$B"\n    profiles: [p]\n') }, []],
    [
      'one of an override file',
      {
        files: { ...web(''), 'over.yaml': 'services:\n  a:\n    labels: {l: "$L"}\n' },
        named: ['compose.yaml', 'over.yaml'],
      },
      [['note', 'over.yaml', 3, 'L is not set: Compose puts nothing in its place']],
    ],
    [
      'one that the caller has and the project does not get',
      { files: web('    environment: {A: "$SECRET"}\n') },
      [
        [
          'note',
          '',
          4,
          'SECRET is set here, and was not given to a project that nobody trusts: nothing is in its place',
        ],
      ],
    ],
    [
      'one that the caller gives',
      { files: web('    environment: {A: "$A"}\n'), env: { A: '1' } },
      [['note', '', 1, 'A: taken from your environment, as Compose does']],
    ],
    [
      'an env file that is not there',
      { files: web('    env_file: app.env\n') },
      [['note', '', 1, 'app.env is not there: what it sets is not known']],
    ],
    [
      'an env file of somebody else',
      { files: web('    env_file: /etc/passwd\n') },
      [['note', '', 1, '../etc/passwd was not read: it lies outside of /p']],
    ],
    [
      'an include from elsewhere',
      { files: { 'compose.yaml': 'include: ["oci://example.org/x:1"]\nservices: {a: {image: x}}\n' } },
      [
        [
          'todo',
          '',
          1,
          'include: oci://example.org/x:1 is not of this machine, and was not fetched: its services are not known',
        ],
      ],
    ],
    [
      'an include of a repository',
      { files: { 'compose.yaml': 'include: [{path: "https://example.org/r.git"}]\nservices: {a: {image: x}}\n' } },
      [
        [
          'todo',
          '',
          1,
          'include: https://example.org/r.git is not of this machine, and was not fetched: its services are not known',
        ],
      ],
    ],
    [
      'an include outside',
      { files: { 'compose.yaml': 'include: [/etc/passwd]\nservices: {a: {image: x}}\n' } },
      [['todo', '', 1, 'include: ../etc/passwd was not read: it lies outside of /p: its services are not known']],
    ],
    [
      'a service of elsewhere',
      { files: web('    extends: {file: "https://example.org/x.yaml", service: b}\n') },
      [
        [
          'todo',
          '',
          1,
          'the service a extends b of https://example.org/x.yaml, which is not of this machine and was not fetched',
        ],
      ],
    ],
  ])('%s', (_name, one, expected) => {
    expect(findings(one)).toEqual(expected)
  })
})

describe('what Compose refuses is refused, and said', () => {
  const only = (text: string): Case => ({ files: { 'compose.yaml': text } })
  test.each<readonly [Case, string]>([
    [only('a: [1\n'), 'compose.yaml is not valid YAML'],
    [only('- a\n'), 'compose.yaml is not a Compose file: its top is no map'],
    [only('services: [a]\n'), 'compose.yaml is not a Compose file: its services are no map'],
    [only('volumes: {}\n'), 'compose.yaml has no services'],
    [only('web:\n  image: x\n'), 'compose.yaml is a file of Compose 1: web stands at its top'],
    [only('services: {a: {user: "1"}}\n'), 'the service a of compose.yaml has neither an image nor a build'],
    [
      only('services: {a: {image: x, depends_on: [b]}}\n'),
      'the service a of compose.yaml depends on b, which is not there',
    ],
    [
      only('services: {a: {image: x, depends_on: [b]}, b: {image: x, profiles: [p]}}\n'),
      'depends on b, which no profile that is asked for runs',
    ],
    [
      only(
        'services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [c]}, c: {image: x, depends_on: [a]}}\n',
      ),
      'services wait for each other: a -> b -> c -> a',
    ],
    [
      only('services: {a: {image: x, volumes: ["data:/d"]}}\n'),
      'uses data, which volumes: of the project does not have',
    ],
    [only('services: {a: {image: x, networks: [back]}}\n'), 'uses back, which networks: of the project does not have'],
    [only('services: {a: {image: x, secrets: [s]}}\n'), 'uses s, which secrets: of the project does not have'],
    [only('services: {a: {image: x, extends: a}}\n'), 'the service a of compose.yaml extends itself'],
    [
      only('services: {a: {image: x, extends: b}}\n'),
      'the service a of compose.yaml extends b, which compose.yaml does not have',
    ],
    [
      only('services: {a: {image: x, extends: {file: no.yaml, service: b}}}\n'),
      'no.yaml cannot be read: it does not exist',
    ],
    [only('include: [compose.yaml]\n'), 'compose.yaml includes itself'],
    [only('include: [no.yaml]\n'), 'no.yaml cannot be read: it does not exist'],
    [
      only('services:\n  a:\n    image: "${}"\n'),
      'compose.yaml:3: "${}" is no text that Compose can fill in: it names no variable',
    ],
    [
      only('services:\n  a:\n    image: "${A"\n'),
      'compose.yaml:3: "${A" is no text that Compose can fill in: a ${ is not closed',
    ],
    [
      only('services:\n  a:\n    image: x\n    command: echo "\n'),
      'the service a has a command that Compose cannot take apart',
    ],
    [{ files: {}, named: ['no.yaml'] }, 'no.yaml cannot be read: it does not exist'],
  ])('%#', (one, message) => {
    expect(failure(one)).toContain(message)
  })

  test('more files than anybody has, and variables that grow without end', () => {
    const many = Object.fromEntries(
      Array.from({ length: 201 }, (_, index) => [`${index}.yaml`, `services: {s${index}: {image: x}}\n`]),
    )
    const all = { ...many, 'compose.yaml': `include: [${Object.keys(many).join(', ')}]\n` }
    expect(failure({ files: all })).toContain('the project has more than 200 files')
    const grown = {
      'compose.yaml': `services: {a: {image: "${'$A'.repeat(2000)}"}}\n`,
      '.env': `A=${'x'.repeat(5000)}\n`,
    }
    expect(failure({ files: grown })).toContain('it grows too long with its variables put in')
    expect(
      failure({ files: { 'compose.yaml': `services: {a: {image: "${'${A:-'.repeat(50)}${'}'.repeat(50)}"}}\n` } }),
    ).toContain('nested more than 20')
  })
})
