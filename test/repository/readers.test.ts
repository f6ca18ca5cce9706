import { expect, test } from '@jest/globals'
import { readerOf, readers } from '../../src/repository/readers/index.ts'
import type { Run } from '../../src/repository/readers/run.ts'

/** What a file of the repository /r says, without what nobody said. */
function said(path: string, text: string): readonly Partial<Run>[] {
  const file = { path: `/r/${path}`, root: '/r', name: path, text, env: { TAG: '1.2' }, repository: 'acme' }
  const runs = readerOf(file.path)?.runs(file) ?? []
  return runs.map((run) =>
    Object.fromEntries(
      Object.entries(run).flatMap(([key, value]) => {
        const isSaid = Array.isArray(value) ? value.length > 0 : value instanceof Map ? value.size > 0 : Boolean(value)
        return !isSaid || key === 'file' || key === 'start' ? [] : [[key, value]]
      }),
    ),
  )
}

const VARIABLE = '$' + '{TAG}'
const EXPRESSION = '$' + '{{ matrix.stage }}'
const volume = (target: string) => ({
  ...{ kind: 'volume', source: 'data', target, readOnly: false, paths: [], isCallers: false },
})

/** One for each kind of file. */
const cases: readonly { readonly path: string; readonly text: string; readonly runs: readonly object[] }[] = [
  {
    path: 'compose.yaml',
    text: `services:\n  web:\n    build: { context: web, target: app, args: { A: "1" } }\n    image: acme/web:${VARIABLE}\n    user: "7"\n    ports: ["80:80"]\n    volumes: ["data:/data"]\n  db:\n    image: postgres:${VARIABLE}\n`,
    runs: [
      {
        ...{ kind: 'service', by: 'service web of compose.yaml', service: 'web', user: '7', stage: 'app' },
        ...{ names: [`acme/web:${VARIABLE}`], context: '/r/web', args: new Map([['A', '1']]), ports: ['80:80'] },
        ...{ dockerfiles: ['/r/web/Dockerfile', '/r/x/web/Dockerfile'], mounts: [volume('/data')] },
      },
      { kind: 'service', by: 'service db of compose.yaml', service: 'db', image: 'postgres:1.2' },
    ],
  },
  {
    path: 'docker-bake.hcl',
    text: 'target "base" {\n  context = "web"\n}\ntarget "web" {\n  inherits = ["base"]\n  target = "app"\n  tags = ["acme/web"]\n  contexts = {\n    core = "target:base"\n  }\n}\n',
    runs: [
      {
        ...{ kind: 'build', by: 'target base of docker-bake.hcl', service: 'base', names: ['core'], context: '/r/web' },
        dockerfiles: ['/r/web/Dockerfile'],
      },
      {
        ...{ kind: 'build', by: 'target web of docker-bake.hcl', service: 'web', names: ['acme/web'] },
        ...{ context: '/r/web', dockerfiles: ['/r/web/Dockerfile'], stage: 'app' },
      },
    ],
  },
  {
    path: 'action.yml',
    text: 'runs:\n  using: docker\n  image: Dockerfile\n',
    runs: [{ kind: 'action', by: 'action.yml (using: docker)', dockerfiles: ['/r/Dockerfile'] }],
  },
  {
    path: 'skaffold.yaml',
    text: 'build:\n  artifacts:\n    - image: acme/web\n      context: web\n',
    runs: [
      {
        ...{ kind: 'build', by: 'skaffold.yaml', names: ['acme/web'], context: '/r/web' },
        dockerfiles: ['/r/web/Dockerfile'],
      },
    ],
  },
  {
    path: '.goreleaser.yml',
    text: 'project_name: web\ndockers:\n  - image_templates: ["acme/{{ .ProjectName }}:{{ .Tag }}-arm"]\ndocker_manifests:\n  - name_template: acme/web\n    image_templates: ["acme/web:{{ .Tag }}-arm"]\n',
    runs: [
      {
        ...{ kind: 'build', by: '.goreleaser.yml', dockerfiles: ['/r/Dockerfile'] },
        names: ['acme/web:$' + '{RELEASE}-arm', 'acme/web'],
      },
    ],
  },
  {
    path: '.github/workflows/ci.yml',
    text: `jobs:\n  a:\n    container: acme/ci\n    strategy: { matrix: { stage: [app] } }\n    steps:\n      - uses: docker/build-push-action@v6\n        with: { tags: acme/web, push: true, target: "${EXPRESSION}" }\n      - run: docker run --user 7 acme/web\n`,
    runs: [
      { kind: 'job', by: 'job a of .github/workflows/ci.yml', image: 'acme/ci' },
      {
        ...{ kind: 'build', by: '.github/workflows/ci.yml', names: ['acme/web'], context: '/r', stage: 'app' },
        dockerfiles: ['/r/Dockerfile'],
      },
      { kind: 'push', by: '.github/workflows/ci.yml', dockerfiles: ['/r/Dockerfile'], stage: 'app' },
      { kind: 'command', by: '.github/workflows/ci.yml line 8', line: 8, image: 'acme/web', user: '7' },
    ],
  },
  {
    path: '.gitlab-ci.yml',
    text: 'test:\n  image: acme/ci\n  script: docker build -t acme/web web\n',
    runs: [
      { kind: 'job', by: 'job test of .gitlab-ci.yml', image: 'acme/ci' },
      {
        ...{ kind: 'build', by: '.gitlab-ci.yml line 3', line: 3, names: ['acme/web'], context: '/r/web' },
        dockerfiles: ['/r/web/Dockerfile'],
      },
    ],
  },
  {
    path: '.devcontainer/devcontainer.json',
    text: '{ // for people\n "build": { "dockerfile": "Dockerfile" }, "remoteUser": "dev", "runArgs": ["--cap-add=SYS_PTRACE"] }',
    runs: [
      {
        ...{ kind: 'devcontainer', by: '.devcontainer/devcontainer.json', user: 'dev' },
        dockerfiles: ['/r/.devcontainer/Dockerfile'],
      },
      {
        ...{ kind: 'command', by: '.devcontainer/devcontainer.json', user: 'dev', capabilities: ['SYS_PTRACE'] },
        dockerfiles: ['/r/.devcontainer/Dockerfile'],
      },
    ],
  },
  {
    path: 'Makefile',
    text: 'IMAGE = acme/web\nrun:\n\tdocker build -t $(IMAGE) \\\n\t  -f web.Dockerfile .\n\tdocker run -v data:/data $(IMAGE)\n',
    runs: [
      {
        ...{ kind: 'build', by: 'Makefile line 3', line: 3, names: ['acme/web'], context: '/r' },
        dockerfiles: ['/r/web.Dockerfile', '/r/web.Dockerfile'],
      },
      { kind: 'command', by: 'Makefile line 5', line: 5, image: 'acme/web', mounts: [volume('/data')] },
    ],
  },
  {
    path: 'README.md',
    text: 'Run `docker run acme/web`, or\n\n```yaml\nservices:\n  web:\n    image: acme/web\n    user: "7"\n```\n\n```dockerfile\nFROM acme/web\nRUN apk add git\n```\n',
    runs: [
      { kind: 'command', by: 'README.md line 1', line: 1, image: 'acme/web' },
      { kind: 'command', by: 'service web of README.md line 4', image: 'acme/web', user: '7' },
      { kind: 'command', by: 'README.md line 12', image: 'acme/web', builds: 'apk add git' },
    ],
  },
  {
    path: 'docs/install.md',
    text: 'Keep it:\n\n```yaml\nvolumes:\n  - data:/data\n```\n\n```yaml\nweb:\n  image: acme/web\n  volumes: ["data:/srv"]\njob:\n  image: acme/web\n  volumes: ["data:/x"]\n  script: [make]\n```\n\n```yaml\nvolumes:\n  data:\n```\n',
    runs: [
      {
        kind: 'command',
        by: 'service acme of docs/install.md line 4',
        image: 'acme',
        mounts: [volume('/data')],
      },
      { kind: 'command', by: 'service web of docs/install.md line 9', image: 'acme/web', mounts: [volume('/srv')] },
    ],
  },
  {
    path: 'tests/build.hcl',
    text: 'target "base" {\n  context = "web"\n}\n',
    runs: [
      {
        ...{ kind: 'build', by: 'target base of tests/build.hcl', service: 'base', context: '/r/web' },
        dockerfiles: ['/r/web/Dockerfile'],
      },
    ],
  },
  {
    path: 'chart/values.yaml',
    text: 'image: { registry: ghcr.io, repository: acme/web }\nsecurityContext: { runAsUser: 7 }\n',
    runs: [{ kind: 'pod', by: 'chart/values.yaml', image: 'ghcr.io/acme/web', user: '7' }],
  },
  {
    path: 'k8s/web.yaml',
    text: 'kind: Deployment\nmetadata: { name: web }\nspec: { template: { spec: { containers: [{ image: acme/web, securityContext: { privileged: true } }] } } }\n',
    runs: [{ kind: 'pod', by: 'deployment web of k8s/web.yaml', image: 'acme/web', privileged: true }],
  },
]

test.each(cases)('$path says who builds and runs which image', ({ path, text, runs }) => {
  expect(said(path, text)).toEqual(runs)
})

test('every reader has a case of its own, and reads what it is for', () => {
  const chosen = cases.map(({ path }) => readerOf(`/r/${path}`))
  expect(new Set(chosen)).toEqual(new Set(readers))
  expect(readerOf('/r/src/main.ts')).toBeNull()
})

test('what no reader understands says nothing', () => {
  for (const { path } of cases) for (const text of ['', ': [', '- - -\n  a: b']) expect(said(path, text)).toEqual([])
})
