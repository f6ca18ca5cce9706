import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { catalogueKnowledge, stageInputs } from '../../src/app/stage-inputs.ts'
import type { ContextEntry } from '../../src/contents/build-context.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { factsFromCatalogue } from '../../src/image/sources/catalogue.ts'
import { editCompose } from '../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../src/manifests/kubernetes/edit-files.ts'
import { defaultPolicy } from '../../src/plan/stage-input.ts'
import { parseConfig } from '../../src/repository/config.ts'
import { buildContexts } from '../../src/repository/context.ts'
import { discover } from '../../src/repository/discover.ts'
import { parseDockerIgnore } from '../../src/repository/ignore-rules.ts'
import { bakeRuns } from '../../src/repository/readers/bake.ts'
import { composeRuns } from '../../src/repository/readers/compose.ts'
import { transforms } from '../../transforms/index.ts'
import { lines } from './dockerfiles.ts'
import type { Input, Prepared } from './input.ts'
import { largeProfile } from './reports.ts'

/** What a stranger may put into a repository beside its Dockerfiles. */
export const repositories: readonly Input[] = [
  compose('services', (n) => `services:\n${lines(n, (i) => `  s${i}: { build: ., image: x:1 }`)}`),
  compose(
    'services that extend each other',
    (n) => `services:\n${lines(n, (i) => `  s${i}: { build: ., extends: s${i + 1} }`)}`,
  ),
  compose(
    'services that depend on each other',
    (n) => `services:\n${lines(n, (i) => `  s${i}: { image: x:1, depends_on: [s${i + 1}], links: [s0] }`)}`,
  ),
  compose(
    'services that call the first',
    (n) => `services:\n${lines(n, (i) => `  s${i}: { image: "y", environment: { A: "http://s0:80/" } }`)}`,
  ),
  compose(
    'volumes',
    (n) => `services:\n  s0:\n    build: .\n    volumes:\n${lines(n, (i) => `      - v${i}:/srv/v${i}`)}`,
  ),
  compose('ports', (n) => `services:\n  s0:\n    build: .\n    ports:\n${lines(n, (i) => `      - "${i}:${i}"`)}`),
  compose(
    'variables',
    (n) => `services:\n  s0:\n    build: .\n    environment:\n${lines(n, (i) => `      A${i}: "$B${i}"`)}`,
  ),
  compose('tmpfs', (n) => `services:\n  s0:\n    build: .\n    tmpfs:\n${lines(n, (i) => `      - /srv/t${i}`)}`),
  compose('anchors', (n) => `a: &a0 { x: y }\n${lines(n, (i) => `b${i}: &a${i + 1} { <<: *a${i} }`)}`),
  compose('aliases that double', (n) => `a: &a0 [x]\n${lines(n, (i) => `b${i}: &a${i + 1} [*a${i}, *a${i}]`)}`),
  compose('brackets', (n) => `services: ${'['.repeat(n)}${']'.repeat(n)}`),
  compose('braces', (n) => `services: ${'{a: '.repeat(n)}x${'}'.repeat(n)}`),
  compose('items in one another', (n) => `services: \n  ${'- '.repeat(n)}x`),
  compose('depth by indentation', (n) => lines(n, (i) => `${' '.repeat(i)}a:`)),
  compose('comments', (n) => `services:\n  s0:\n    build: .\n${lines(n, () => '# x')}\n    image: x:1`),
  compose('a long command', (n) => `services:\n  s0:\n    build: .\n    command: ${'a '.repeat(n)}`),
  compose('a long text', (n) => `services:\n  s0:\n    build: .\n    command: |\n${lines(n, () => '      x')}`),
  compose('documents', (n) => lines(n, () => '---\na: b')),
  text('bake', 'targets', (n) => JSON.stringify({ target: many(n, (i) => [`t${i}`, { dockerfile: `D${i}` }]) }), bake),
  text('bake', 'brackets', (n) => `{"target": ${'['.repeat(n)}${']'.repeat(n)}}`, bake),
  text('bake', 'objects', (n) => `{"target": ${'{"a":'.repeat(n)}1${'}'.repeat(n)}}`, bake),
  text('bake', 'arguments', (n) => JSON.stringify({ target: { t: { args: many(n, (i) => [`A${i}`, 'b']) } } }), bake),
  text('Kubernetes', 'documents', (n) => lines(n, pod).replaceAll('\n\n', '\n'), manifests),
  text(
    'Kubernetes',
    'containers',
    (n) => `${pod(0)}\n${lines(n, (i) => `    - { name: c${i}, image: "y:${i}" }`)}`,
    manifests,
  ),
  text(
    'Kubernetes',
    'volumes',
    (n) => `${pod(0)}\n  volumes:\n${lines(n, (i) => `    - { name: v${i}, emptyDir: {} }`)}`,
    manifests,
  ),
  text('configuration', 'writable', (n) => `writable:\n${lines(n, (i) => `  - /srv/a${i}`)}`, configuration),
  text('configuration', 'keys', (n) => lines(n, (i) => `k${i}: v`), configuration),
  text('configuration', 'brackets', (n) => `ignore: ${'['.repeat(n)}${']'.repeat(n)}`, configuration),
  text('configuration', 'smoke checks', (n) => `smoke:\n${lines(n, (i) => `  - http: "/a${i}"`)}`, configuration),
  ignored('.dockerignore of names', (i) => `a${i}`),
  ignored('.dockerignore of exceptions', (i) => `${i % 2 ? '!' : ''}a${i}/*.b`),
  ignored('.dockerignore of folders', (i) => `**/a${i}/**`),
  ignored('.dockerignore of stars', (i) => `*a*b*${i}`),
  ignored('one long pattern of .dockerignore', () => 'a*/b?', ''),
  shipped('files of a folder', (i) => `f${i}`),
  shipped('files of folders', (i) => `d${i % 50}/e${i % 500}/f${i}`),
  shipped('folders in one another', (i) => `${'d/'.repeat(i % 100)}f${i}`),
  shipped(
    'sources that say paths',
    (i) => `s${i}.py`,
    () => 'open("/srv/data/x", "w")\n',
  ),
  shipped(
    'start scripts',
    (i) => `s${i}.sh`,
    () => '#!/bin/sh\nmkdir /srv/x; echo > /srv/y\n',
  ),
  shipped(
    'COPY lines of a file each',
    (i) => `f${i}`,
    () => 'x',
    (n) => lines(n, (i) => `COPY f${i} /srv/f${i}`),
    500,
  ),
  shipped(
    'COPY lines of patterns',
    (i) => `f${i}`,
    () => 'x',
    (n) => lines(n, (i) => `COPY f${i}* /srv/`),
    500,
  ),
  shipped(
    'COPY lines of all',
    (i) => `f${i % 32}`,
    () => 'x',
    (n) => lines(n, (i) => `COPY . /srv/d${i}/`),
  ),
  tree('a build context of files', (i) => `f${i}`, contextOf),
  tree('a build context of folders', (i) => `d${i}/f`, contextOf),
  tree('a folder of Dockerfiles', (i) => `d${i}/Dockerfile`, found),
  tree('a folder of Compose files', (i) => (i % 2 ? `d${i}/compose.yaml` : `d${i}/Dockerfile`), found),
  tree('a folder of ignore files', (i) => (i % 2 ? `d${i}/.gitignore` : `d${i}/Dockerfile`), found),
  tree(
    'a .gitignore of names',
    (i) => `d${i % 100}/Dockerfile`,
    found,
    (n) => lines(n, (i) => `a${i}/`),
  ),
]

function many<T>(n: number, pair: (i: number) => readonly [string, T]): Readonly<Record<string, T>> {
  return Object.fromEntries(Array.from({ length: n }, (_, i) => pair(i)))
}

function text(kind: string, name: string, make: (n: number) => string, work: (text: string) => void): Input {
  return {
    name: `${kind}: ${name}`,
    prepare: (n) => {
      const made = `${make(n)}\n`
      return { bytes: made.length, work: () => work(made) }
    },
  }
}

function compose(name: string, make: (n: number) => string): Input {
  return text('Compose', name, make, (made) => {
    composeRuns({ ...file, path: '/r/compose.yaml', name: 'compose.yaml', text: made })
    editCompose([{ name: 'compose.yaml', text: made }], largeProfile(2), 's0')
  })
}

const file = { root: '/r', env: {}, repository: 'r' }

function bake(made: string): void {
  bakeRuns({ ...file, path: '/r/docker-bake.json', name: 'docker-bake.json', text: made })
}

function manifests(made: string): void {
  editManifests([{ name: 'pod.yaml', text: made }], largeProfile(2), null)
}

function configuration(made: string): void {
  parseConfig(
    made,
    '.harden-image.yaml',
    transforms.map(({ name }) => name),
  )
}

function pod(i: number): string {
  return `---\napiVersion: v1\nkind: Pod\nmetadata: { name: p${i} }\nspec:\n  containers:\n    - { name: c, image: "x:1" }`
}

/** Patterns against as many paths as a context has at most. */
function ignored(name: string, line: (index: number) => string, between = '\n'): Input {
  return text(
    'ignore file',
    name,
    (n) => Array.from({ length: n }, (_, i) => line(i)).join(between),
    (made) => {
      const { leavesOut } = parseDockerIgnore(made)
      for (let i = 0; i < 400; i += 1) leavesOut(`x/y${i}/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${i}`)
    },
  )
}

/** A Dockerfile with the files that it is built from, as they were listed. */
function shipped(
  name: string,
  path: (i: number) => string,
  content: (i: number) => string = () => 'x',
  copies: (n: number) => string = () => 'COPY . /srv/',
  most = 4000,
): Input {
  return {
    name: `context: ${name}`,
    prepare: (n) => {
      const entries = new Map<string, ContextEntry>()
      // No more are listed.
      for (let i = 0; i < Math.min(n, most); i += 1) {
        const file = path(i)
        for (let at = dirname(file); at !== '.'; at = dirname(at))
          entries.set(at, { type: 'directory', mode: 0o755, size: 0, link: null, text: null })
        entries.set(file, { type: 'file', mode: 0o644, size: 1, link: null, text: content(i) })
      }
      const dockerfile = `FROM debian\n${copies(n)}\nCMD ["/srv/s0.sh"]\n`
      return { bytes: dockerfile.length + 40 * n, work: () => plan(dockerfile, entries) }
    },
  }
}

export function plan(text: string, entries: ReadonlyMap<string, ContextEntry>): void {
  const dockerfile = parseDockerfile(text)
  const facts = factsFromCatalogue('debian')
  const stages = stageInputs(dockerfile, defaultPolicy, {
    bases: new Map(facts === null ? [] : [['debian', { known: true as const, value: facts }]]),
    built: new Map(),
    observations: new Map(),
    ...catalogueKnowledge,
    context: { entries, partial: false },
  })
  hardenDockerfile({ target: 'x', kind: 'dockerfile', dockerfile, stages, policy: defaultPolicy, transforms })
}

/** Files on the disk. */
function tree(
  name: string,
  path: (i: number) => string,
  work: (root: string) => Promise<unknown>,
  ignore: (n: number) => string = () => '',
): Input {
  return {
    name: `tree: ${name}`,
    prepare: (n): Prepared => {
      const root = mkdtempSync(join(tmpdir(), 'harden-image-bench-tree-'))
      const texts = { Dockerfile: 'FROM x\n', 'compose.yaml': 'services: { a: { build: . } }\n', '.gitignore': 'x\n' }
      mkdirSync(join(root, '.git'))
      writeFileSync(join(root, '.gitignore'), ignore(n))
      for (let i = 0; i < n; i += 1) {
        const file = join(root, path(i))
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, texts[file.slice(file.lastIndexOf('/') + 1) as keyof typeof texts] ?? 'x')
      }
      return {
        bytes: 100 * n,
        work: async () => void (await work(root)),
        end: () => rmSync(root, { recursive: true, force: true }),
      }
    },
  }
}

function contextOf(root: string): Promise<unknown> {
  return buildContexts()(root, null, [''])
}

function found(root: string): Promise<unknown> {
  return discover(['.'], root)
}
