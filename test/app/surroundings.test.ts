// Whole trees: what other files of a repository say of who builds on an image, and of who it is to run as.
import { expect, test } from '@jest/globals'
import { type Files, worked } from './worked.ts'

const core = 'FROM debian:trixie-slim\nCOPY entrypoint.sh /\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["bash"]\n'
const entrypoint = '#!/bin/sh\nset -e\nmkdir -p /var/lib/acme\nexec "$@"\n'
const onCore = 'FROM acme/core\nRUN apt-get update && apt-get install -y curl\n'
const server = 'FROM node:22\nCOPY server.js /srv/\nEXPOSE 3000\nCMD ["node", "/srv/server.js"]\n'
const onServer = (name: string) => `FROM ${name}\nRUN npm install --global helper\nCMD ["node", "/srv/server.js"]\n`

const BASE = 'debian:trixie-slim'
/** A Dockerfile that nothing else tells to be a base: it starts a program of its own. */
const program = `FROM ${BASE}\nCOPY tool /usr/local/bin/tool\nENTRYPOINT ["tool"]\n`

test.each<{ readonly says: string; readonly files: Files; readonly verdicts: Readonly<Record<string, string>> }>([
  {
    says: 'an image that is called after its folder, and starts a shell',
    files: { 'core/Dockerfile': core, 'core/entrypoint.sh': entrypoint, 'app/Dockerfile': onCore },
    verdicts: { 'core/Dockerfile': 'exempt', 'app/Dockerfile': 'rewritten' },
  },
  {
    says: 'the same a folder deeper, with a registry and a tag',
    files: {
      'images/core/docker/Dockerfile': core,
      'images/core/docker/entrypoint.sh': entrypoint,
      'app/Dockerfile': onCore.replace('acme/core', 'ghcr.io/acme/core:1.2'),
    },
    verdicts: { 'images/core/docker/Dockerfile': 'exempt', 'app/Dockerfile': 'rewritten' },
  },
  {
    says: 'a Dockerfile beside others, called after what it makes',
    files: {
      'docker/core.Dockerfile': core,
      'docker/entrypoint.sh': entrypoint,
      'docker/Dockerfile.app': `ARG REGISTRY=ghcr.io/acme\n${onCore.replace('acme/core', `\${REGISTRY}/core`)}`,
    },
    verdicts: { 'docker/core.Dockerfile': 'exempt', 'docker/Dockerfile.app': 'rewritten' },
  },
  {
    says: 'a flavour that the registry calls a base of this repository',
    files: {
      '.git/config': '[remote "origin"]\n\turl = https://example.org/acme/depot.git\n',
      'runtime/Dockerfile.gpu': program,
      'runtime/tool': '',
      'apps/one/Dockerfile.gpu': `ARG BASE=ghcr.io/acme/depot/gpu-base:latest\nFROM $BASE\nRUN apt-get install -y one\n`,
    },
    verdicts: { 'runtime/Dockerfile.gpu': 'rewritten', 'apps/one/Dockerfile.gpu': 'rewritten' },
  },
  {
    says: 'not that of another repository',
    files: {
      '.git/config': '[remote "origin"]\n\turl = https://example.org/acme/depot.git\n',
      'runtime/Dockerfile.gpu': program,
      'runtime/tool': '',
      'apps/one/Dockerfile.gpu': 'FROM ghcr.io/acme/other/gpu-base:latest\nRUN apt-get install -y one\n',
    },
    verdicts: { 'runtime/Dockerfile.gpu': 'rewritten', 'apps/one/Dockerfile.gpu': 'incomplete' },
  },
  {
    says: 'the name that a Compose service gives',
    files: {
      'base/Dockerfile': program,
      'base/tool': '',
      'app/Dockerfile': onServer('registry.acme/tools:dev'),
      'compose.yaml': 'services:\n  tools:\n    build: base\n    image: registry.acme/tools\n',
    },
    verdicts: { 'base/Dockerfile': 'rewritten', 'app/Dockerfile': 'rewritten' },
  },
  {
    says: 'additional_contexts of a Compose service',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': 'FROM parent\nRUN true\nCMD ["sleep", "1"]\n',
      'compose.yaml':
        'services:\n  one:\n    build: one\n  two:\n    build: { context: two, additional_contexts: { parent: "service:one" } }\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'a target of a bake file in JSON',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('acme/parent'),
      'docker-bake.json': '{"target": {"one": {"context": "one", "tags": ["acme/parent:1"]}}}',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'targets of a bake file in HCL, one by its tag and one by a context',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('acme/parent'),
      'three/Dockerfile': onServer('mother'),
      'docker-bake.hcl':
        'variable "TAG" { default = "1" }\ntarget "one" {\n  context = "one"\n  tags = ["acme/parent:$' +
        '{TAG}"]\n}\ntarget "three" {\n  context = "three"\n  contexts = { mother = "target:one" }\n}\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten', 'three/Dockerfile': 'rewritten' },
  },
  {
    says: 'a step of a workflow',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('ghcr.io/acme/parent:main'),
      '.github/workflows/build.yml':
        'jobs:\n  build:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: { context: one, tags: "ghcr.io/acme/parent:main" }\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'one that a workflow builds by its plain name, and the other takes from a registry of the machine',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('localhost:5000/parent:$TARGETARCH'),
      '.github/workflows/build.yml':
        'jobs:\n  build:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: { context: one, tags: "parent:amd64" }\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'a step that docker/metadata-action gives its names, once for each value of a matrix',
    files: {
      'one/Dockerfile.a': core,
      'one/Dockerfile.b': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('localhost:5000/acme/parent:a-base'),
      '.github/workflows/build.yml':
        'jobs:\n  build:\n    strategy: { matrix: { kind: [a, c], arch: [x, y] } }\n    steps:\n' +
        '      - { id: meta, uses: docker/metadata-action@v5, with: { images: "localhost:5000/acme/parent", tags: "$' +
        '{{ matrix.kind }}-base" } }\n      - uses: docker/build-push-action@v6\n        with: { context: one, file: "one/Dockerfile.$' +
        '{{ matrix.kind }}", tags: "$' +
        '{{ steps.meta.outputs.tags }}" }\n',
    },
    verdicts: { 'one/Dockerfile.a': 'exempt', 'one/Dockerfile.b': 'rewritten', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'a command in a Makefile',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('acme/parent'),
      Makefile: 'base:\n\tdocker build --pull -t acme/parent:latest \\\n\t  -f one/Dockerfile one\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'an artifact of skaffold',
    files: {
      'one/Dockerfile': core,
      'one/entrypoint.sh': entrypoint,
      'two/Dockerfile': onServer('acme/parent'),
      'skaffold.yaml': 'build:\n  artifacts:\n    - image: acme/parent\n      context: one\n',
    },
    verdicts: { 'one/Dockerfile': 'exempt', 'two/Dockerfile': 'rewritten' },
  },
  {
    says: 'a base that is a server too: root goes on in what is built upon it',
    files: {
      'server/Dockerfile': server,
      'server/server.js': '',
      'worker/Dockerfile': onServer('acme/server'),
      Makefile: 'all:\n\tdocker build -t acme/server server\n',
    },
    verdicts: { 'server/Dockerfile': 'rewritten', 'worker/Dockerfile': 'rewritten' },
  },
  {
    says: 'one of a namespace of which a file tags another that is made here',
    files: {
      'services/server/Dockerfile': server,
      'services/server/server.js': '',
      'worker/Dockerfile': onServer('ghcr.io/acme/server'),
      'tool/Dockerfile': program,
      'tool/tool': '',
      'compose.yaml': 'services:\n  tool:\n    build: tool\n    image: ghcr.io/acme/tool:1\n',
    },
    verdicts: {
      'services/server/Dockerfile': 'rewritten',
      'tool/Dockerfile': 'rewritten',
      'worker/Dockerfile': 'rewritten',
    },
  },
  {
    says: 'a chain of images of one namespace',
    files: {
      'images/one/Dockerfile': program,
      'images/one/tool': '',
      'images/two/Dockerfile': 'FROM quay.io/acme/one\nRUN apt-get update\n',
      'images/three/Dockerfile': 'FROM quay.io/acme/two\nRUN apt-get update\n',
    },
    verdicts: {
      'images/one/Dockerfile': 'rewritten',
      'images/three/Dockerfile': 'rewritten',
      'images/two/Dockerfile': 'exempt',
    },
  },
  {
    says: 'a child that says USER root before it runs anything counts on nothing',
    files: {
      'server/Dockerfile': server,
      'server/server.js': '',
      'worker/Dockerfile': onServer('acme/server').replace('\n', '\nUSER root\n'),
      Makefile: 'all:\n\tdocker build -t acme/server server\n',
    },
    verdicts: { 'server/Dockerfile': 'rewritten', 'worker/Dockerfile': 'rewritten' },
  },
  {
    says: 'a base that is not root already: its child goes on as that user',
    files: {
      'core/Dockerfile': `${core}RUN useradd --uid 1234 core\nUSER 1234:1234\n`,
      'core/entrypoint.sh': entrypoint,
      'app/Dockerfile': 'FROM acme/core\nCOPY x /srv/\n',
      'app/x': '',
    },
    verdicts: { 'core/Dockerfile': 'unchanged', 'app/Dockerfile': 'unchanged' },
  },
])('$says', async ({ files, verdicts }) => {
  const results = await worked(files)
  expect(Object.fromEntries([...results].map(([name, { verdict }]) => [name, verdict]))).toEqual(verdicts)
})

test.each<{ readonly says: string; readonly files: Files }>([
  {
    says: 'a folder that is called after a well-known image is not what others mean by it',
    files: { 'redis/Dockerfile': core, 'redis/entrypoint.sh': entrypoint, 'app/Dockerfile': onServer('bitnami/redis') },
  },
  {
    says: 'nor is an official image built here, whatever Compose calls it',
    files: {
      'web/Dockerfile': core,
      'web/entrypoint.sh': entrypoint,
      'compose.yaml': 'services:\n  web:\n    build: web\n    image: nginx\n',
      'app/Dockerfile': 'FROM nginx\nRUN true\n',
    },
  },
  {
    says: 'a program in a folder of its own is no base because some image ends in its name',
    files: { 'agent/Dockerfile': program, 'agent/tool': '', 'app/Dockerfile': onServer('jenkins/agent') },
  },
  {
    says: 'a folder that is called after what its own Dockerfile is built from',
    files: { 'ubi9/Dockerfile': core.replace(BASE, 'acme/ubi9'), 'app/Dockerfile': onServer('acme/ubi9') },
  },
  {
    says: 'a service is not what others mean by its name, whatever another folder is called',
    files: {
      'services/web/Dockerfile': server,
      'services/web/server.js': '',
      'app/Dockerfile': program,
      'app/tool': '',
      'edge/one/Dockerfile': onServer('example.org/web'),
      'edge/two/Dockerfile': onServer('example.org/app'),
    },
  },
  {
    says: 'what another repository would build',
    files: { 'core/Dockerfile': core, 'core/entrypoint.sh': entrypoint, 'app/Dockerfile': onServer('acme/other') },
  },
  {
    says: 'a copy from it takes files alone',
    files: {
      'core/Dockerfile': core,
      'core/entrypoint.sh': entrypoint,
      'app/Dockerfile': `FROM ${BASE}\nCOPY --from=acme/core /a /b\nCMD ["/b"]\n`,
    },
  },
])('no neighbour: $says', async ({ files }) => {
  const [first = ''] = Object.keys(files)
  const result = (await worked(files)).get(first)
  expect(result?.verdict).not.toBe('exempt')
  for (const { message, hint } of result?.findings ?? []) expect(`${message} ${hint}`).not.toContain('on it')
})

const onAccount = (command: string, from = 'alpine:3.21'): Files => ({
  'parent/Dockerfile': `FROM ${from}\nRUN ${command}\nCMD ["sh"]\n`,
  'child/Dockerfile': 'FROM acme/parent:1\nVOLUME /data\nCMD ["/start"]\n',
  'compose.yaml': 'services:\n  parent:\n    build: parent\n    image: acme/parent:1\n',
})

test.each<[says: string, files: Files, user: string]>([
  ['without a number', onAccount('adduser -S post'), 'USER post\n'],
  ['with one', onAccount('addgroup -g 990 post && adduser -S -u 990 -G post post'), 'USER 990:990\n'],
  ['on a base that nobody knows', onAccount('adduser -S post', 'registry.acme/alpine:1'), 'USER post\n'],
  ['but not one that may be missing', onAccount('[ -z "$X" ] || adduser -S post'), 'USER 10001:10001\n'],
])('an account that the Dockerfile of its base makes: %s', async (_, files, user) => {
  const result = (await worked(files, ['child/Dockerfile'])).get('child/Dockerfile')
  expect(result?.output).toContain(user)
  expect(result?.verdict).toBe('rewritten')
})

test('a Dockerfile that is named alone knows its neighbours', async () => {
  const files = { 'core/Dockerfile': core, 'core/entrypoint.sh': entrypoint, 'app/Dockerfile': onCore }
  expect((await worked(files, ['core/Dockerfile'])).get('core/Dockerfile')?.findings).toMatchObject([
    { outcome: 'note', message: 'stays root: app/Dockerfile builds on it and counts on root' },
  ])
  const leaf = (await worked(files, ['app'])).get('app/Dockerfile')
  // Its start script lies with the neighbour.
  expect(leaf?.output).toContain('chown 10001:10001 /var/lib/acme')
})

const app = 'FROM node:22\nWORKDIR /app\nCOPY . .\nVOLUME /data\nCMD ["node", "server.js"]\n'

test.each<{
  readonly says: string
  readonly files: Files
  readonly verdict: string
  readonly user: string | null
  readonly messages: readonly string[]
}>([
  {
    says: 'a GitHub action is run as root',
    files: { 'action.yml': 'runs:\n  using: docker\n  image: Dockerfile\n', Dockerfile: app },
    verdict: 'needs-root',
    user: null,
    messages: [
      'must keep root: action.yml (using: docker) runs it as an action, and GitHub gives it a workspace that belongs to root',
    ],
  },
  {
    says: 'an action of another kind says nothing',
    files: { 'action.yml': 'runs:\n  using: node20\n  main: index.js\n', Dockerfile: app },
    verdict: 'rewritten',
    user: '1000:1000',
    messages: [],
  },
  {
    says: 'a job of a workflow runs its steps in it',
    files: {
      '.github/workflows/test.yml':
        'jobs:\n  build:\n    steps:\n      - run: docker build -t ghcr.io/acme/ci:1 .\n  test:\n    container: ghcr.io/acme/ci:1\n',
      Dockerfile: app,
    },
    verdict: 'incomplete',
    user: '1000:1000',
    messages: ['job test of .github/workflows/test.yml runs its steps in it: whether they need root is not known'],
  },
  {
    says: 'a job of a workflow that a document shows runs its steps in the image of the repository',
    files: {
      'README.md':
        '```yaml\njobs:\n  train:\n    container:\n      image: docker://ghcr.io/acme/ci:1\n    steps:\n      - run: make\n```\n',
      Makefile: 'image:\n\tdocker build -t ghcr.io/acme/ci .\n',
      Dockerfile: app,
    },
    verdict: 'incomplete',
    user: '1000:1000',
    messages: ['job train of README.md line 2 runs its steps in it: whether they need root is not known'],
  },
  {
    says: 'a document that shows a job in an image of others',
    files: {
      'README.md': '```yaml\njobs:\n  train:\n    container: ghcr.io/other/ci:1\n```\n',
      Makefile: 'image:\n\tdocker build -t ghcr.io/acme/web .\n',
      Dockerfile: app,
    },
    verdict: 'rewritten',
    user: '1000:1000',
    messages: [],
  },
  {
    says: 'a job that says its user itself',
    files: {
      '.github/workflows/test.yml':
        'jobs:\n  build:\n    steps:\n      - run: docker build -t ghcr.io/acme/ci:1 .\n  test:\n    container: { image: "ghcr.io/acme/ci:1", options: --user 0 }\n',
      Dockerfile: app,
    },
    verdict: 'rewritten',
    user: '1000:1000',
    messages: [],
  },
  {
    says: 'a job of GitLab runs in it',
    files: {
      '.gitlab-ci.yml': 'image: registry.acme/ci\nbuild:\n  script:\n    - docker build -t registry.acme/ci .\n',
      Dockerfile: app,
    },
    verdict: 'incomplete',
    user: '1000:1000',
    messages: ['.gitlab-ci.yml runs its steps in it: whether they need root is not known'],
  },
  {
    says: 'a development container, with comments in its JSON',
    files: {
      '.devcontainer/devcontainer.json':
        '// For all of us.\n{ "build": { "dockerfile": "../Dockerfile" }, "remoteUser": "node", /* later */ }\n',
      Dockerfile: app,
    },
    verdict: 'incomplete',
    user: '1000:1000',
    messages: ['.devcontainer/devcontainer.json develops in it as node: what is done there may need root'],
  },
  {
    says: 'a Compose service that runs it as the same user by name',
    files: { 'compose.yaml': 'services:\n  app:\n    build: .\n    user: node\n', Dockerfile: app },
    verdict: 'rewritten',
    user: '1000:1000',
    messages: [],
  },
  {
    says: 'the user of a Compose service is whom it is prepared for',
    files: { 'compose.yaml': 'services:\n  app:\n    build: .\n    user: "1234:2345"\n', Dockerfile: app },
    verdict: 'rewritten',
    user: '1234:2345',
    messages: ['runs as 1234:2345: taken from service app of compose.yaml'],
  },
  {
    says: 'two services that do not agree',
    files: {
      'compose.yaml':
        'services:\n  app:\n    build: .\n    user: "1234:2345"\n  job:\n    build: .\n    user: "$' + '{UID}"\n',
      Dockerfile: app,
    },
    verdict: 'rewritten',
    user: '1000:1000',
    messages: [
      'service app of compose.yaml runs it as 1234:2345, and not as USER says: what is given to the user of the image may be closed to it',
      'service job of compose.yaml runs it as $' +
        '{UID}, and not as USER says: what is given to the user of the image may be closed to it',
    ],
  },
  {
    says: 'a service that runs it as root',
    files: { 'compose.yaml': 'services:\n  app:\n    build: .\n    user: root\n', Dockerfile: app },
    verdict: 'incomplete',
    user: '1000:1000',
    messages: ['service app of compose.yaml runs it as root (user: root), whatever USER says'],
  },
])('$says', async ({ files, verdict, user, messages }) => {
  const result = (await worked({ 'server.js': '', ...files })).get('Dockerfile')
  const said = (result?.findings ?? []).flatMap(({ message, hint = '' }) => [message, hint])
  expect(result?.verdict).toBe(verdict)
  expect(result?.user && `${result.user.uid}:${result.user.gid}`).toBe(user)
  for (const message of messages) expect(said.some((one) => one.startsWith(message))).toBe(true)
  if (messages.length === 0) expect(said.join('\n')).not.toMatch(/runs (it|its steps)|develops/)
})

const service = 'FROM node:22\nCOPY server.js /srv/\nCMD ["node", "/srv/server.js"]\n'

test.each<[string, Files, string, string | null]>([
  [
    'a header that forbids edits',
    { Dockerfile: `# Generated from Dockerfile.tmpl. DO NOT EDIT.\n${service}` },
    '.',
    'line 1 says "Generated from Dockerfile.tmpl. DO NOT EDIT."',
  ],
  [
    'the same, named itself',
    { Dockerfile: `# Generated from Dockerfile.tmpl. DO NOT EDIT.\n${service}` },
    'Dockerfile',
    null,
  ],
  [
    'a copy of another project',
    { 'third_party/x/Dockerfile': service },
    '.',
    'third_party holds copies of other projects',
  ],
  [
    'a file that a tool has only begun',
    { Dockerfile: `# Generated by docker init: see the docs to change it\n${service}` },
    '.',
    null,
  ],
  ['the same words further down', { Dockerfile: `${service}# do not edit below\n` }, '.', null],
])('changes that the next generation would lose are only offered: %s', async (_, files, target, reason) => {
  const [result] = (await worked({ ...files, 'server.js': '' }, [target])).values()
  const changes = result?.findings.filter(({ transform }) => transform === 'set-user') ?? []
  const [change] = changes.filter(({ outcome }) => ['fixed', 'offered'].includes(outcome))
  expect(change?.outcome).toBe(reason === null ? 'fixed' : 'offered')
  expect(change?.hint ?? '').toContain(reason ?? '')
  expect(result?.verdict).toBe(reason === null ? 'rewritten' : 'incomplete')
})
