// Whole trees: what the files of a repository say of how its image is run, and what is made of it.
import { mkdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { discover } from '../../src/repository/discover.ts'
import { readText } from '../../src/repository/files.ts'
import { plant, tree } from '../repository/tree.ts'
import { givenIn } from '../support/given.ts'

type Files = Readonly<Record<string, string>>

/** The result of one Dockerfile of a repository that is called `acme`. */
async function worked(files: Files, target = 'Dockerfile'): Promise<TargetResult> {
  const cwd = `${tree()}/acme`
  mkdirSync(`${cwd}/.git`, { recursive: true })
  plant(cwd, files)
  const [item] = (await discover([target], cwd)).found
  if (item?.path == null) throw new Error('there is none')
  const options = withDefaults({ engine: 'none', offline: true })
  const hooks = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const text = await readText(item.path, item.target)
  return (await targetProcessor()({ ...item, text }, options, hooks)).result
}

/** All that is left for a person, with its hints. */
const todos = ({ findings }: TargetResult): readonly string[] =>
  findings.filter(({ outcome }) => outcome === 'todo').map(({ message, hint = '' }) => `${message}; ${hint}`)

/** What is asked of the folders and keys that it is given of its host. */
const asked = ({ findings }: TargetResult): readonly string[] =>
  findings.flatMap(({ question, message }) => (question === 'host-folder' ? [message] : []))

const app = 'FROM node:22\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n'
const own = { Dockerfile: app, 'server.js': '' }
const VAR = '$' + '{DATA}'
const compose = (lines: string, more = ''): Files => ({
  ...own,
  'compose.yaml': `services:\n  app:\n    build: .\n${lines
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')}${more}`,
})
const readme = (command: string): Files => ({ ...own, 'README.md': `# Acme\n\n    ${command}\n` })

test.each<{ readonly says: string; readonly files: Files; readonly given: readonly string[] }>([
  { says: 'a named volume', files: compose('volumes: ["data:/data"]'), given: ['/data'] },
  {
    says: 'one without a name',
    files: compose('volumes: [/app/node_modules, /app/.git]'),
    given: ['/app/node_modules'],
  },
  {
    says: 'a volume by its fields',
    files: compose('volumes:\n  - type: volume\n    source: data\n    target: /var/lib/acme'),
    given: ['/var/lib/acme'],
  },
  {
    says: 'one over a path that no name of state is in, where the image has nothing',
    files: compose('volumes: ["tiles:/tiles"]'),
    given: ['/tiles'],
  },
  {
    says: 'volumes of a service that a file beside it builds',
    files: {
      ...own,
      'compose.yaml': 'services:\n  app:\n    image: acme/app\n    volumes: ["data:/data"]\n',
      'compose.override.yaml': 'services:\n  app:\n    build: .\n',
    },
    given: ['/data'],
  },
  {
    says: 'a service that names the image of this repository',
    files: {
      ...own,
      'deploy/docker-compose.yml': 'services:\n  x:\n    image: acme/acme:1\n    volumes: ["data:/data"]\n',
    },
    given: ['/data'],
  },
  {
    says: 'docker run in a document',
    files: readme('$ docker run -d -v data:/data -p80:80 acme/acme'),
    given: ['/data'],
  },
  {
    says: 'the same with the long option, over two lines',
    files: {
      ...own,
      'README.md': 'docker run --rm \\\n  --mount type=volume,source=data,target=/data \\\n  ghcr.io/x/acme:2',
    },
    given: ['/data'],
  },
  {
    says: 'a name that a script beside it builds',
    files: { ...own, 'run.sh': 'docker build -t local-thing .\npodman run -itv data:/data local-thing\n' },
    given: ['/data'],
  },
  {
    says: 'an image that a Compose file beside it names, where another file builds a variant of it',
    files: {
      ...own,
      'Dockerfile.dev': app,
      'compose.yaml': 'services:\n  app:\n    image: ghcr.io/x/acme:5\n    volumes: ["data:/data"]\n',
      'compose.dev.yaml': 'services:\n  app:\n    build: { dockerfile: Dockerfile.dev }\n',
    },
    given: ['/data'],
  },
  {
    says: 'what is called as the repository is where it comes from',
    files: {
      ...own,
      '.git/config': '[remote "origin"]\n\turl = https://example.org/x/Thing.git\n',
      'README.md': 'docker run -v data:/data docker.io/x/thing:1\n',
    },
    given: ['/data'],
  },
  {
    says: 'a name that a workflow pushes by its digest',
    files: {
      ...own,
      '.github/workflows/push.yml':
        'jobs:\n  push:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: { outputs: "type=image,name=other/thing,push-by-digest=true" }\n',
      'README.md': 'docker run -v data:/data other/thing:stable\n',
    },
    given: ['/data'],
  },
  {
    says: 'a Compose file between the lines of a document',
    files: {
      ...own,
      'docs/install.md':
        'Write:\n\n  ```yaml\n  services:\n    x:\n      image: acme/acme\n      volumes: ["data:/data"]\n  ```\n\nand start it.\n',
    },
    given: ['/data'],
  },
  {
    says: 'docker run in a page with components',
    files: { ...own, 'docs/guides/start.mdx': '<Tab>\n```sh\ndocker run -v data:/data acme/acme\n```\n</Tab>\n' },
    given: ['/data'],
  },
  {
    says: 'a Compose file below a directive of reStructuredText',
    files: {
      ...own,
      'docs/install.rst':
        'Install\n-------\n\n.. code-block:: yaml\n   :linenos:\n\n   services:\n     x:\n       image: acme/acme\n       volumes: ["data:/data"]\n\nThen start it.\n',
    },
    given: ['/data'],
  },
  {
    says: 'a Compose file in a block of AsciiDoc',
    files: {
      ...own,
      'docs/install.adoc':
        '[source,yaml]\n----\nservices:\n  x:\n    image: acme/acme\n    volumes: ["data:/data"]\n----\n',
    },
    given: ['/data'],
  },
  {
    says: 'a Compose file that is called after what it runs',
    files: {
      ...own,
      'compose/small.compose.yaml': 'services:\n  x:\n    image: acme/acme\n    volumes: ["data:/data"]\n',
    },
    given: ['/data'],
  },
  {
    says: 'a Compose file that people are given to copy',
    files: {
      ...own,
      'docker-compose.yml.sample': 'services:\n  x:\n    image: acme/acme\n    volumes: ["data:/data"]\n',
    },
    given: ['/data'],
  },
  {
    says: 'a stage that the last one is built upon',
    files: {
      ...own,
      Dockerfile: `${app.replace('node:22', 'node:22 AS plain')}FROM plain\nRUN true\n`,
      'run.sh': 'docker build -t local-thing --target plain .\ndocker run -v data:/data local-thing\n',
    },
    given: ['/data'],
  },
  {
    says: 'the folder that a variable names, which a service sets',
    files: compose('environment: ["DATA_DIR=/srv/acme", "LOG_DIR=/tmp", "CACHE_DIR"]'),
    given: ['/srv/acme'],
  },
  {
    says: 'not what somebody else makes of the program',
    files: {
      ...own,
      'push.sh': 'docker build -t ghcr.io/x/acme .\n',
      'README.md': 'docker run -v config:/data registry.example.org/packagers/acme\n',
    },
    given: [],
  },
  {
    says: 'a name that a workflow makes tags of',
    files: {
      ...own,
      '.github/workflows/push.yml':
        'jobs:\n  push:\n    steps:\n      - uses: docker/metadata-action@v5\n        id: meta\n        with: { images: "name=other/thing,enable=true" }\n      - uses: docker/build-push-action@v6\n        with: { tags: "$' +
        '{{ steps.meta.outputs.tags }}" }\n',
      'docs/run.md': 'docker run -v data:/data other/thing:1\n',
    },
    given: ['/data'],
  },
  {
    says: 'a name that GoReleaser gives to what it puts together',
    files: {
      ...own,
      '.goreleaser.yaml':
        'dockers:\n  - image_templates: ["ghcr.io/other/thing:{{ .Version }}-amd64"]\n  - image_templates: ["ghcr.io/other/tool:1"]\n    dockerfile: tool/Dockerfile\n' +
        'docker_manifests:\n  - name_template: "ghcr.io/other/whole:{{ .Version }}"\n    image_templates: ["ghcr.io/other/thing:{{ .Version }}-amd64"]\n',
      'docs/run.md': 'docker run -v data:/data ghcr.io/other/whole:2\n',
      'docs/tool.md': 'docker run -v tools:/tools/data ghcr.io/other/tool\n',
    },
    given: ['/data'],
  },
  {
    says: 'a name that a step puts together of variables of its own and of the workflow',
    files: {
      ...own,
      '.github/workflows/push.yml':
        `env:\n  NAME: other/thing\njobs:\n  push:\n    steps:\n      - id: names\n        run: |\n          tag=""\n          if x; then\n            tag="$\{{ env.NAME }}:latest"\n          fi\n          echo "tag=$tag" >> $GITHUB_OUTPUT\n` +
        `      - uses: docker/build-push-action@v6\n        with: { tags: "$\{{ steps.names.outputs.tag }}" }\n`,
      'docs/run.md': 'docker run -v data:/data other/thing\n',
    },
    given: ['/data'],
  },
  {
    says: 'not of a name that another step puts together',
    files: {
      ...own,
      '.github/workflows/push.yml':
        `env:\n  NAME: other/thing\njobs:\n  push:\n    steps:\n      - id: others\n        run: |\n          tag="$\{{ env.NAME }}:latest"\n          echo "tag=$tag" >> $GITHUB_OUTPUT\n` +
        `      - uses: docker/build-push-action@v6\n        with: { tags: "$\{{ steps.names.outputs.tag }}" }\n`,
      'docs/run.md': 'docker run -v data:/data other/thing\n',
    },
    given: [],
  },
  {
    says: 'variables that lines of a document above the command set',
    files: {
      ...own,
      'README.md':
        "```sh\nexport IMAGE=ghcr.io/x/acme:1\nplace='data' # kept\ndocker run -v $place:/data $IMAGE\n```\n",
    },
    given: ['/data'],
  },
  {
    says: 'variables of a Makefile',
    files: {
      ...own,
      Makefile:
        'REPO ?= other\nNAME := thing # its name\nTAG = $(subst +,-,$(shell git describe))\nifdef SELINUX\n  OPTS ?= :z\nendif\nbuild:\n\tdocker build -t "$(REPO)/$(NAME):$(TAG)" .\nrun: build\n\tdocker run -v "data:/data$(OPTS)" "$(REPO)/$(NAME):$(TAG)"\n',
    },
    given: ['/data'],
  },
  {
    says: 'a volume that is called so, over what the image fills',
    files: {
      ...readme('docker run -v acme-data:/app/config acme/acme'),
      'config/a.txt': '',
      Dockerfile: app.replace('COPY', 'COPY config config\nCOPY'),
    },
    given: ['/app/config'],
  },
  { says: 'not one that is called so over the whole program', files: compose('volumes: ["app-data:/app"]'), given: [] },
  {
    says: 'not by a variable that a later line sets',
    files: { ...own, 'README.md': 'docker run -v $place:/srv/acme acme/acme\nplace=here\n' },
    given: [],
  },
  {
    says: 'not by a variable that a command gives',
    files: { ...own, 'run.sh': 'place=here\nplace=$(mktemp -d)\ndocker run -v "$place":/srv/acme acme/acme\n' },
    given: [],
  },
  {
    says: 'a Compose file that is a template',
    files: compose('{%- if x %}\nvolumes: ["data:/data"]\n{%- endif %}\nimage: {{ name }}_app'),
    given: ['/data'],
  },
  {
    says: 'a comment of the Dockerfile itself, over two lines, by whosever name',
    files: { ...own, Dockerfile: `# docker run -it \\\n#   -v data:/data \\\n#   jess/acme\n${app}` },
    given: ['/data'],
  },
  {
    says: 'not of a comment on another image',
    files: { ...own, Dockerfile: `# docker run -d -v data:/data postgres\n${app}` },
    given: [],
  },
  {
    says: 'not of a comment on the image of somebody else',
    files: { ...own, Dockerfile: `# docker run -v data:/data jess/thing\n${app}` },
    given: [],
  },
  { says: 'not one that is only read', files: compose('volumes: ["data:/data:ro"]'), given: [] },
  {
    says: 'not one of another service',
    files: compose('restart: always', '  db:\n    image: postgres\n    volumes: ["d:/data"]\n'),
    given: [],
  },
  { says: 'not one over what the image is', files: compose('volumes: ["code:/app"]'), given: [] },
  {
    says: 'not one over a part of the system',
    files: compose('volumes: ["conf:/etc/acme", "x:/usr/share/acme"]'),
    given: [],
  },
  { says: 'not one of another image', files: readme('docker run -v data:/data postgres:17'), given: [] },
  { says: 'not one of an image of another name', files: readme('docker run -v data:/data other/tool'), given: [] },
  {
    says: 'not one that keeps what the image has installed',
    files: {
      ...compose('volumes: [/app/node_modules]'),
      Dockerfile: app.replace('CMD', 'RUN npm ci\nCMD'),
    },
    given: [],
  },
  {
    says: 'not what another image writes, and this one hands out',
    files: {
      ...compose('volumes: ["static:/static"]', '  web:\n    image: nginx\n    volumes: ["static:/static"]\n'),
    },
    given: [],
  },
])('a volume is given to the user: $says', async ({ files, given }) => {
  const result = await worked(files)
  const granted = result.findings.filter(({ transform }) => transform === 'own-writable-paths')
  expect(granted.flatMap(({ evidence }) => evidence.map(({ subject }) => subject))).toEqual(given)
  for (const path of given) expect(givenIn(result.output)).toContain(path)
  expect(result.verdict).toBe('rewritten')
})

test.each([
  ['a build that is named from another folder', 'build: ../mailer', true],
  ['an image that ends in the name of its service', 'image: acme/suite_mailer:$' + '{TAG}', true],
  ['not another image', 'image: acme/suite_postman:1', false],
  ['not one of a known name', 'image: postgres:17', false],
])('a Compose file in the folder of a Dockerfile that is called as its service runs it: %s', async (_, line, isRun) => {
  const files = {
    Dockerfile: 'FROM debian:13\n',
    'mailer/Dockerfile': app,
    'mailer/server.js': '',
    'mailer/compose.yml': `services:\n  mailer:\n    ${line}\n    volumes: ["/srv/mail:/data"]\n`,
  }
  const said = asked(await worked(files, 'mailer/Dockerfile')).join()
  expect(said.includes('mailer/compose.yml mounts /srv/mail')).toBe(isRun)
})

const keeps = 'which keeps its owner'

test.each<{ readonly says: string; readonly files: Files; readonly questions: readonly string[] }>([
  {
    says: 'two of a service, by a variable and by its path',
    files: compose(`volumes: ["${VAR}/db:/data", "/srv/log:/var/log/acme"]`),
    questions: [
      `service app of compose.yaml mounts ${VAR}/db over /data, ${keeps}`,
      `service app of compose.yaml mounts /srv/log over /var/log/acme, ${keeps}`,
    ],
  },
  {
    says: 'a word that stands for one',
    files: readme('docker run -v [DIR]:/data acme'),
    questions: [`README.md line 3 mounts [DIR] over /data, ${keeps}`],
  },
  {
    says: 'behind options that a document explains',
    files: readme('docker run \\\n      -p 80:80 \\ # the page\n      -v /srv/acme:/data \\\n      acme/acme'),
    questions: [`README.md line 3 mounts /srv/acme over /data, ${keeps}`],
  },
  {
    says: 'a document in a folder below',
    files: { ...own, 'docs/docs/start.md': 'docker run -v /path/to/it:/things acme/acme\n' },
    questions: [`docs/docs/start.md line 1 mounts /path/to/it over /things, ${keeps}`],
  },
  {
    says: 'the way that a document shows, whatever Compose does',
    files: { ...compose('volumes: ["d:/data"]'), 'README.md': 'docker run -v /path:/data acme/acme' },
    questions: [`README.md line 1 mounts /path over /data, ${keeps}`],
  },
  {
    says: 'a command for the variant that the tag names',
    files: {
      ...own,
      'Dockerfile.web': 'FROM debian:13\nCMD ["/web"]\n',
      Dockerfile: `# ours\n${app}`,
      'README.md': 'docker run -v /w:/srv/web acme/acme:1.0-web\ndocker run -v /o:/srv/own acme/acme:1.0\n',
    },
    questions: [`README.md line 2 mounts /o over /srv/own, ${keeps}`],
  },
  {
    says: 'sources below /usr/src, whatever flags the mount has',
    files: { ...compose('volumes: ["./web:/usr/src/app/web/:z"]'), 'web/a.js': '' },
    questions: [`service app of compose.yaml mounts ./web over /usr/src/app/web, ${keeps}`],
  },
  {
    says: 'a database by itself',
    files: compose('volumes: ["/srv/acme.db:/srv/acme.db"]'),
    questions: [`service app of compose.yaml mounts /srv/acme.db over /srv/acme.db, ${keeps}`],
  },
  {
    says: 'a claim of a cluster',
    files: {
      ...own,
      'k8s/app.yaml':
        'kind: Deployment\nmetadata: { name: app }\nspec:\n  template:\n    spec:\n      containers:\n        - image: acme/acme:1\n          volumeMounts: [{ name: d, mountPath: /data }]\n      volumes: [{ name: d, persistentVolumeClaim: { claimName: d } }]\n',
    },
    questions: [`deployment app of k8s/app.yaml mounts d over /data, ${keeps}`],
  },
  {
    says: 'not a claim of a pod with a group for it',
    files: {
      ...own,
      'k8s/app.yaml':
        'kind: StatefulSet\nmetadata: { name: app }\nspec:\n  volumeClaimTemplates: [{ metadata: { name: d } }]\n  template:\n    spec:\n      securityContext: { fsGroup: 2000 }\n      containers:\n        - image: acme/acme:1\n          volumeMounts: [{ name: d, mountPath: /data }]\n',
    },
    questions: [],
  },
  { says: 'not one that is only read', files: compose('volumes: ["./data:/data:ro"]'), questions: [] },
  {
    says: 'not of a service that says its user',
    files: compose('user: node\nvolumes: ["./data:/data"]'),
    questions: [],
  },
  { says: 'not a file of the repository', files: compose('volumes: ["./server.js:/app/server.js"]'), questions: [] },
  { says: 'not headers of the host', files: compose('volumes: ["/usr/src:/usr/src"]'), questions: [] },
  { says: 'not the clock of the host', files: compose('volumes: ["/etc/localtime:/etc/localtime"]'), questions: [] },
  { says: 'not a volume of the engine', files: compose('volumes: ["d:/srv/d"]'), questions: [] },
  {
    says: 'not of a service whose Dockerfile stands in the file itself',
    files: {
      ...own,
      'compose.yaml':
        'services:\n  a:\n    build: { dockerfile_inline: "FROM debian" }\n    volumes: ["./data:/data"]\n',
    },
    questions: [],
  },
])('a folder of the host that keeps its owner is a question: $says', async ({ files, questions }) => {
  const result = await worked(files)
  expect(asked(result)).toEqual(questions)
  expect(todos(result)).toEqual([])
  expect(result.verdict).toBe('rewritten')
})

const hidden = (by: string, what: string, path: string): string =>
  `${by}, ${what}; a: mount it over ${path}; b: tell the program another place by a variable of its own`

test.each<{ readonly says: string; readonly files: Files; readonly todo: readonly string[] }>([
  {
    says: 'a folder in it',
    files: compose('volumes: ["m:/root/.acme", "./data:/data"]'),
    todo: [
      hidden(
        'service app of compose.yaml mounts m over /root/.acme',
        'in the home of root: the user may not enter it, and looks for it in its own home',
        '/home/node/.acme',
      ),
    ],
  },
  {
    says: 'the home itself, where the program looks for what it keeps',
    files: readme('docker run -v /opt/acme:/root -v ./data:/data acme/acme'),
    todo: [
      hidden(
        'README.md line 3 mounts /opt/acme over /root',
        'the home of root: the user may not enter it, and looks in its own',
        '/home/node',
      ),
    ],
  },
  {
    says: 'not where HOME is another folder',
    files: {
      ...readme('docker run -v /opt/acme:/root -v ./data:/data acme/acme'),
      Dockerfile: app.replace('CMD', 'ENV HOME=/srv\nCMD'),
    },
    todo: [],
  },
])('what is mounted into the home of root is for a person: $says', async ({ files, todo }) => {
  const result = await worked(files)
  expect(todos(result)).toEqual(todo)
  expect(result.verdict).toBe(todo.length === 0 ? 'rewritten' : 'incomplete')
  expect(asked(result).join()).toContain('mounts ./data over /data')
})

test.each<{ readonly says: string; readonly files: Files; readonly made: readonly string[] }>([
  {
    says: 'a volume, with what is above it in the new home',
    files: compose('volumes: ["m:/root/.local/share/acme"]'),
    made: ['/home/node/.local', '/home/node/.local/share', '/home/node/.local/share/acme'],
  },
  { says: 'one in a document', files: readme('docker run -v acme:/root/.acme acme'), made: ['/home/node/.acme'] },
  { says: 'not a folder of the host', files: readme('docker run -v /srv/acme:/root/.acme acme'), made: [] },
  { says: 'not one that is only read', files: compose('volumes: ["m:/root/.acme:ro"]'), made: [] },
  { says: 'not the whole home, which is made', files: compose('volumes: ["m:/root"]'), made: [] },
])('where a todo says to mount it the folder is made and given: $says', async ({ files, made }) => {
  const { findings, output } = await worked(files)
  const granted = findings.filter(({ transform }) => transform === 'own-writable-paths')
  expect(granted.map(({ message }) => message)).toEqual(
    made.length === 0 ? [] : [`grants write access to ${made.join(', ')}`],
  )
  for (const path of made) expect(givenIn(output)).toContain(path)
})

test.each<{ readonly says: string; readonly files: Files; readonly verdict: string; readonly said: string }>([
  {
    says: 'the socket of the engine in a document',
    files: readme('docker run -v /var/run/docker.sock:/var/run/docker.sock acme'),
    verdict: 'rewritten',
    said: 'README.md line 3 mounts /var/run/docker.sock, which belongs to root on the host',
  },
  {
    says: 'in one of two services',
    files: compose('volumes: ["/var/run/docker.sock:/var/run/docker.sock"]', '  b:\n    build: .\n'),
    verdict: 'rewritten',
    said: 'service app of compose.yaml mounts /var/run/docker.sock',
  },
  {
    says: 'with a group for it',
    files: readme('docker run --group-add 998 -v /var/run/docker.sock:/var/run/docker.sock acme'),
    verdict: 'rewritten',
    said: '',
  },
  {
    says: 'every capability and all files of the host',
    files: readme('sudo docker run -d --privileged --network host -v /:/host acme'),
    verdict: 'needs-root',
    said: 'must keep root: README.md line 3 gives it all capabilities and the files of the host, which only root may use',
  },
  {
    says: 'the processes of the host',
    files: compose('privileged: true\npid: host'),
    verdict: 'needs-root',
    said: 'must keep root: service app of compose.yaml gives it all capabilities and the processes of the host',
  },
  {
    says: 'every capability alone',
    files: readme('docker run --privileged acme'),
    verdict: 'incomplete',
    said: 'README.md line 3 gives it all capabilities, which only root can use',
  },
  {
    says: 'all files of the host alone',
    files: readme('docker run -v /:/host:ro acme'),
    verdict: 'rewritten',
    said: 'README.md line 3 mounts all files of the host: the user reads and writes there only what anybody may',
  },
  {
    says: 'a device',
    files: compose('devices: ["/dev/ttyUSB0:/dev/ttyUSB0"]'),
    verdict: 'rewritten',
    said: 'service app of compose.yaml gives it /dev/ttyUSB0, which belongs to root or to a group of the host',
  },
  { says: 'a device for everybody', files: compose('devices: [/dev/fuse]'), verdict: 'rewritten', said: '' },
  {
    says: 'one of three commands alone has more rights',
    files: { ...own, 'README.md': 'docker run acme\ndocker run acme\ndocker run --privileged acme\n' },
    verdict: 'rewritten',
    said: '',
  },
])('what belongs to root on the host: $says', async ({ files, verdict, said }) => {
  const result = await worked(files)
  expect(result.verdict).toBe(verdict)
  const [told, none] = verdict === 'rewritten' ? [asked(result), todos(result)] : [todos(result), asked(result)]
  expect(told.join('\n')).toContain(said)
  expect([...(said === '' ? told : []), ...none]).toEqual([])
})

const pod = (securityContext: string): Files => ({
  ...own,
  'deploy/app.yaml': `kind: Deployment\nmetadata: { name: app }\nspec:\n  template:\n    spec:\n      securityContext: ${securityContext}\n      containers:\n        - image: acme/acme:1\n`,
})

const given = (command: string, files: Files): Files => ({
  Dockerfile: `FROM node:22\nRUN mkdir -p /etc/acme\nWORKDIR /app\nCOPY a.js .\nENTRYPOINT ["node", "a.js"]\nCMD ${command}\n`,
  'a.js': '',
  ...files,
})
const mounts = (volume: string): Files => ({
  'compose.yaml': `services:\n  app:\n    build: .\n    volumes: ["${volume}"]\n`,
})

test.each<readonly [says: string, files: Files, granted: boolean, isAsked: boolean]>([
  ['a named volume', given('["/etc/acme"]', mounts('kept:/etc/acme')), true, false],
  ['a folder of the host', given('["/etc/acme"]', mounts('./kept:/etc/acme')), true, true],
  [
    'a folder of the host in a document',
    given('["/etc/acme"]', { 'README.md': 'docker run -v ./kept:/etc/acme acme\n' }),
    false,
    true,
  ],
  ['one that is only read', given('["/etc/acme"]', mounts('./kept:/etc/acme:ro')), false, false],
  ['one that is not told to it', given('["/etc/other"]', mounts('kept:/etc/acme')), false, false],
  ['a folder of the host that is not told to it', given('[]', mounts('./kept:/etc/acme')), false, true],
  ['one of the system', given('["/etc/ssl"]', mounts('kept:/etc/ssl')), false, false],
])('a folder in /etc that the start is given, and a mount over it: %s', async (_, files, granted, isAsked) => {
  const result = await worked(files)
  expect(/(?:chown|install -d -o) 1000[: ].*1000 \/etc\//.test(result.output)).toBe(granted)
  expect(asked(result).some((message) => message.includes('mounts ./kept over'))).toBe(isAsked)
})

test('a Dockerfile is told what is run under the tag that it is named after', async () => {
  const files = {
    'docker/Dockerfile': app,
    'docker/Dockerfile.web': 'FROM debian:13\nRUN mkdir -p /opt/web/conf && chmod a+w /opt/web/conf\nCMD ["/web"]\n',
    'README.md': 'docker run -v /w:/opt/web/conf ghcr.io/x/acme:master-web\n',
    'HACKING.md': 'docker build -f docker/Dockerfile -t ghcr.io/x/acme:master-all .\n',
  }
  expect(asked(await worked(files, 'docker/Dockerfile.web')).join()).toContain('mounts /w over /opt/web/conf')
  expect(asked(await worked(files, 'docker/Dockerfile')).join()).not.toContain('/opt/web/conf')
})

test.each([
  ['goreleaser', '["/usr/bin/acmed"]', '', true],
  ['goreleaser', '["/usr/bin/other"]', '', false],
  ['cloud', '["/usr/bin/acmed"]', '', true],
  ['cloud', '["/usr/bin/other"]', '', false],
  ['cloud', '["/usr/bin/acmed", "proxy"]', '', false],
  ['cloud', '["/usr/bin/acmed"]', 'docker build -t acme-cloud -f Dockerfile.cloud .', false],
])(
  'a Dockerfile is told how the image is run that the one beside it makes of the same program: %s %s %s',
  async (suffix, start, build, told) => {
    const files = {
      Dockerfile:
        'FROM golang AS build\nRUN make\nFROM scratch\nCOPY --from=build /acmed /acmed\nENTRYPOINT ["/acmed"]\n',
      [`Dockerfile.${suffix}`]: `FROM scratch\nCOPY acmed /usr/bin/acmed\nENTRYPOINT ${start}\n`,
      'docs/start.md': `docker build -t acme .\n${build}\ndocker run -v /var/log:/logs acme\n`,
    }
    const said = asked(await worked(files, `Dockerfile.${suffix}`)).join()
    expect(said.includes('mounts /var/log over /logs')).toBe(told)
  },
)

test.each<readonly [says: string, snippet: string, todo: string | null]>([
  [
    'a RUN in an image of the repository',
    'FROM ghcr.io/x/acme:1 AS acme\nCOPY . /site\nWORKDIR /site\nRUN ["acme", "build"]\n\nFROM nginx\nCOPY --from=acme /site /s',
    'docs/use.md line 7 builds on it and runs acme build there, which works as its user from now on',
  ],
  ['a user before it', 'FROM ghcr.io/x/acme:1\nUSER root\nRUN apt-get update', null],
  ['nothing that is run', 'FROM ghcr.io/x/acme:1\nCOPY site /site', null],
  ['an image of somebody else', 'FROM debian:13\nRUN apt-get update', null],
])('a document that builds on the image is told of: %s', async (_, snippet, todo) => {
  const files = {
    ...own,
    '.github/workflows/push.yml':
      'jobs:\n  push:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: { tags: "ghcr.io/x/acme:1" }\n',
    'docs/use.md': `# Use\n\n\`\`\`dockerfile\n${snippet}\n\`\`\`\n`,
  }
  const result = await worked(files)
  expect(todos(result)).toEqual(todo === null ? [] : [expect.stringContaining(todo)])
  expect(result.verdict).toBe(todo === null ? 'rewritten' : 'incomplete')
})

test('a document that builds on an image of another name than ours says nothing of a folder that is called so', async () => {
  const files = {
    'services/web/Dockerfile': 'FROM debian:13\nCMD ["/web"]\n',
    'docs/use.md': '```dockerfile\nFROM example.org/web:1\nRUN sed -i s/80/8080/ /etc/web.conf\n```\n',
  }
  expect(todos(await worked(files, 'services/web/Dockerfile')).join()).not.toContain('builds on it')
})

test('a Dockerfile that a workflow builds under names of its variables is told how these are run', async () => {
  const workflow = (images: string): string =>
    `env:\n  IMAGES: |\n    other/thing\n    ghcr.io/other/thing\njobs:\n  push:\n    steps:\n      - uses: docker/metadata-action@v5\n        id: meta\n        with: { images: "${images}" }\n      - uses: docker/build-push-action@v6\n        with: { file: build/stable.Dockerfile, tags: "$` +
    '{{ steps.meta.outputs.tags }}" }\n'
  const files = (images: string, image: string): Files => ({
    'build/stable.Dockerfile': app,
    'build/other.Dockerfile': app,
    'server.js': '',
    '.git/config': '[remote "origin"]\n\turl = https://example.org/x/kept.git\n',
    '.github/workflows/push.yml': workflow(images),
    'compose.yaml': `services:\n  a:\n    image: ${image}\n    volumes: ["./kept:/data"]\n`,
  })
  const told = async (images: string, image: string, path = 'build/stable.Dockerfile'): Promise<string> =>
    asked(await worked(files(images, image), path)).join()
  const [env, repository] = ['$' + '{{ env.IMAGES }}', 'ghcr.io/$' + '{{ github.repository }}']
  expect(await told(env, 'docker.io/other/thing:latest')).toContain(
    'service a of compose.yaml mounts ./kept over /data',
  )
  expect(await told(repository, 'ghcr.io/x/kept')).toContain('service a of compose.yaml mounts ./kept over /data')
  expect(await told(env, 'docker.io/other/thing:latest', 'build/other.Dockerfile')).toBe('')
  expect(await told(env, 'other/tool')).toBe('')
})

test('what people are shown of one tag of an image is told of its siblings that count on the folder', async () => {
  const kept = app.replace('CMD', 'ENV MODELS=/models\nCMD')
  const files = {
    Dockerfile: kept,
    'Dockerfile-fast': kept,
    'Dockerfile.dev': kept,
    'Dockerfile-small': app,
    'server.js': "require('fs').writeFileSync('/models/a', '')",
    'README.md': '```\nplace=$PWD/models\n\ndocker run -v $place:/models ghcr.io/x/acme:1.2-fast\n```\n',
  }
  const told = async (path: string): Promise<string> => asked(await worked(files, path)).join()
  expect(await told('Dockerfile-fast')).toContain('README.md line 4 mounts $PWD/models over /models')
  expect(await told('Dockerfile')).toContain('README.md line 4 (Dockerfile-fast) mounts $PWD/models over /models')
  expect(await told('Dockerfile.dev')).not.toContain('README.md')
  expect(await told('Dockerfile-small')).not.toContain('README.md')
})

test('the image of the repository is run alike where a Dockerfile makes it for another architecture or channel', async () => {
  const built = app.replace('["node", "server.js"]', '["/bin/tini", "--", "/usr/bin/acme", "-v"]')
  const files = {
    'deploy/Dockerfile': app.replace('["node", "server.js"]', '["/start.sh"]'),
    'deploy/Dockerfile.ppc64le': built,
    'deploy/canary/Dockerfile': built,
    'deploy/dev/Dockerfile': built,
    'deploy/Dockerfile.tools': built,
    'lint/ci.Dockerfile': app.replace('server.js"]', 'lint.js"]'),
    'server.js': '',
    'release.sh': 'docker build -f deploy/Dockerfile -t ghcr.io/x/acme:1 .\n',
    'README.md': 'docker run --device /dev/kmsg ghcr.io/x/acme:1\n',
  }
  const told = async (path: string): Promise<boolean> =>
    asked(await worked(files, path))
      .join()
      .includes('README.md line 1 gives it /dev/kmsg')
  expect(await told('deploy/Dockerfile')).toBe(true)
  expect(await told('deploy/Dockerfile.ppc64le')).toBe(true)
  expect(await told('deploy/canary/Dockerfile')).toBe(true)
  expect(await told('deploy/dev/Dockerfile')).toBe(false)
  expect(await told('deploy/Dockerfile.tools')).toBe(false)
  expect(await told('lint/ci.Dockerfile')).toBe(false)
})

test('a Dockerfile that the matrix of a workflow names is told how what it pushes is run', async () => {
  const files = (file: string): Files => ({
    Dockerfile: app,
    'ci.Dockerfile': app,
    'other.Dockerfile': app,
    'server.js': '',
    '.github/workflows/push.yml': `env: { IMAGE: ghcr.io/x/thing }\njobs:\n  push:\n    strategy:\n      matrix:\n        include:\n          - { platform: linux/amd64, file: ./ci.Dockerfile }\n          - { platform: linux/arm64, file: ./ci.Dockerfile }\n    steps:\n      - uses: docker/build-push-action@v7\n        with:\n          file: $\{{ ${file} }}\n          outputs: type=image,name=$\{{ env.IMAGE }},push-by-digest=true\n`,
    'README.md': 'docker run -v ./kept:/data ghcr.io/x/thing\n',
  })
  const told = async (file: string, path: string): Promise<string> => asked(await worked(files(file), path)).join()
  for (const file of ['matrix.file', "matrix.file || './other.Dockerfile'", "matrix.none || './ci.Dockerfile'"]) {
    expect(await told(file, 'ci.Dockerfile')).toContain('README.md line 1 mounts ./kept over /data')
    expect(await told(file, 'other.Dockerfile')).toBe('')
  }
})

test('what a container to develop in mounts is told, of the Dockerfile that its Compose file builds', async () => {
  const told = async (more: string, compose = 'build: .'): Promise<string> => {
    const files = {
      '.devcontainer/Dockerfile': 'FROM node:22\nCMD ["node", "x.js"]\n',
      '.devcontainer/compose.yml': `services:\n  code:\n    ${compose}\n  db:\n    image: postgres\n`,
      '.devcontainer/devcontainer.json': `{ // to work in\n "dockerComposeFile": "compose.yml", "service": "code", ${more} }`,
    }
    const { findings } = await worked(files, '.devcontainer/Dockerfile')
    return findings.map(({ message, hint = '' }) => `${message}; ${hint}`).join('\n')
  }
  const socket = '"mounts": [{ "source": "/var/run/docker.sock", "target": "/var/run/docker.sock", "type": "bind" }]'
  const by = '.devcontainer/devcontainer.json'
  expect(await told(socket)).toContain(`${by} develops in it: what is done there may need root`)
  expect(await told(socket)).toContain(`${by} mounts /var/run/docker.sock, which belongs to root on the host`)
  expect(await told(`"mounts": ["source=$\{localEnv:HOME}/.x,target=/srv/x,type=bind"]`)).toContain(
    `${by} mounts ~/.x over /srv/x, which keeps its owner`,
  )
  expect(await told(socket, 'image: node:22')).not.toContain(by)
})

test('of several Dockerfiles of an image the one for work alone is not told what people run under another tag', async () => {
  const files = {
    Dockerfile: app,
    'Dockerfile.dev': app,
    'server.js': '',
    Makefile: 'all:\n\tdocker build -t x/acme:dev -f Dockerfile.dev .\n\tdocker build -t x/acme:1 .\n',
    'README.md': 'docker run -v ./a:/data x/acme\n',
    'WORK.md': 'docker run -v ./b:/app/data x/acme:dev\n',
  }
  const told = async (path: string): Promise<string> => asked(await worked(files, path)).join()
  expect(await told('Dockerfile')).toContain('README.md line 1')
  expect(await told('Dockerfile.dev')).not.toContain('README.md')
  expect(await told('Dockerfile.dev')).toContain('WORK.md line 1')
})

test('a Dockerfile that a workflow builds under a name that a step writes is none of its folder', async () => {
  const push = (name: string, file: string): string =>
    `jobs:\n  push:\n    steps:\n      - id: names\n        run: |\n          if x; then\n            echo "tags=$NAME:latest, $NAME:1" >> $GITHUB_ENV\n          else\n            echo "tags=$NAME:dev" >> "$GITHUB_ENV"\n          fi\n        env: { NAME: "$\{{ secrets.HUB }}/${name}" }\n      - uses: docker/build-push-action@v6\n        with: { file: ${file}, tags: "$\{{ env.tags }}" }\n`
  const files = {
    Dockerfile: app,
    'acme/Dockerfile': app,
    'server.js': '',
    'acme/server.js': '',
    '.github/workflows/all.yml': push('acme', 'Dockerfile'),
    '.github/workflows/web.yml': push('acme-web', 'acme/Dockerfile'),
    'README.md': 'docker run -v ./a:/data hub/acme\ndocker run -v ./b:/data hub/acme-web:1\n',
  }
  const told = async (path: string): Promise<string> => asked(await worked(files, path)).join()
  expect(await told('Dockerfile')).toContain('README.md line 1 mounts ./a')
  expect(await told('acme/Dockerfile')).toContain('README.md line 2 mounts ./b')
})

test('a Compose file beside a Dockerfile runs it as the service that it is called after, whatever the image is', async () => {
  const files = {
    ...own,
    'deploy/Dockerfile.control': 'FROM debian:13\nCMD ["/control"]\n',
    'deploy/compose.yaml':
      'services:\n  control:\n    image: $' + '{CONTROL_IMAGE:?say it}\n    volumes: ["/srv/control:/data"]\n',
  }
  expect(asked(await worked(files, 'deploy/Dockerfile.control')).join()).toContain(
    'service control of deploy/compose.yaml mounts /srv/control over /data',
  )
  expect(asked(await worked(files))).toEqual([])
})

test('the one Dockerfile of a repository makes its image, wherever it lies', async () => {
  const files = { 'scripts/Dockerfile': app, 'README.md': 'docker run -v ~/.acme:/data ghcr.io/x/acme\n' }
  expect(asked(await worked(files, 'scripts/Dockerfile')).join()).toContain(
    'README.md line 1 mounts ~/.acme over /data',
  )
})

const ONE_CHOOSES =
  'PUID and PGID have no effect now: /start.sh changes to such an id only as root, and it starts as node (1000:1000)'
const switching = {
  ...own,
  Dockerfile: app.replace('CMD', 'COPY start.sh /\nENTRYPOINT ["/start.sh"]\nCMD'),
  'start.sh': '#!/bin/sh\nexec gosu "$PUID:$PGID" "$@"\n',
}

test.each<{ readonly says: string; readonly run: string; readonly todo: string }>([
  {
    says: 'in a command',
    run: 'docker run -e PUID=1001 -e PGID=1002 -v data:/data acme/acme',
    todo: 'README.md line 1 sets PUID and PGID, which have no effect now: /start.sh changes to such an id only as root, and it starts as node (1000:1000)',
  },
  {
    says: 'in a Compose file that a document shows',
    run: '```yaml\nservices:\n  a:\n    image: acme/acme\n    environment: { PUID: 1001 }\n    volumes: [data:/data]\n```',
    todo: 'service a of README.md line 2 sets PUID, which has no effect now',
  },
  {
    says: 'from a variable of whoever runs it',
    run: 'docker run -e PUID=$(id -u) -v data:/data acme/acme',
    todo: 'README.md line 1 sets PUID, which has no effect now',
  },
  {
    says: 'where it is shown with the one that it starts as',
    run: 'docker run -e PUID=1000 -e PGID=1000 -v data:/data acme/acme',
    todo: ONE_CHOOSES,
  },
  { says: 'where nothing is kept', run: 'docker run -e PUID=1001 acme/acme', todo: ONE_CHOOSES },
  { says: 'as a word that stands for it', run: 'docker run -e PUID=#### -v data:/data acme/acme', todo: ONE_CHOOSES },
  { says: 'for another image alone', run: 'docker run -e PUID=1001 -v data:/data other/tool', todo: ONE_CHOOSES },
])('an id that people choose and that has no effect any more is a todo: $says', async ({ run, todo }) => {
  const result = await worked({ ...switching, 'README.md': run })
  expect(todos(result)).toEqual([expect.stringContaining(todo)])
  const said = result.findings.find(({ message }) => message.includes('no effect now'))
  expect(said?.hint).toBe(
    'a: let it start as USER says: old volumes and bind mounts go to it once (chown -R 1000:1000), and --user or user: in Compose names another; b: keep that choice: # harden-image ignore=set-user reason=WHY above FROM leaves the start script and old volumes as they are',
  )
  expect(result.output).toContain('USER 1000:1000')
})

test('an address that a web server answers is no folder that it writes', async () => {
  const { output } = await worked({
    Dockerfile: 'FROM nginx:1.27\nCOPY app.conf /etc/nginx/conf.d/default.conf\n',
    'app.conf': 'server {\n  listen 8080;\n  location /storage {\n    return 204;\n  }\n}\n',
  })
  expect(output).not.toContain('/storage')
})

test('a folder of the host over a state folder is made for whoever runs it without one', async () => {
  const { output } = await worked(compose('volumes: ["./data:/data/pieces"]'))
  expect(givenIn(output)).toContain('/data/pieces')
})

test('the user of all pods is whom it is prepared for', async () => {
  const result = await worked(pod('{ runAsUser: 1234, runAsGroup: 2345 }'))
  expect(result.user).toMatchObject({ uid: 1234, gid: 2345 })
  expect(result.findings.map(({ message }) => message)).toContain(
    'runs as 1234:2345: taken from deployment app of deploy/app.yaml',
  )
  expect((await worked(pod('{ runAsNonRoot: true }'))).user).toMatchObject({ uid: 1000 })
})

test('not where a Compose service says nothing of it, nor where it is only prepared by root', async () => {
  const files = {
    ...pod('{ runAsUser: 1234 }\n      initContainers: [{ image: acme/acme, securityContext: { runAsUser: 0 } }]'),
    ...compose('restart: always'),
  }
  const { verdict, user, findings } = await worked(files)
  expect({ verdict, uid: user?.uid }).toEqual({ verdict: 'rewritten', uid: 1000 })
  expect(findings.map(({ message }) => message)).toContain(
    'deployment app of deploy/app.yaml runs it as 1234, and not as USER says: what is given to the user of the image may be closed to it',
  )
})

test('the user that the values of a chart say', async () => {
  const values = (user: string) => ({
    ...own,
    'charts/acme/values.yaml': `web:\n  image: { repository: ghcr.io/x/acme }\n  podSecurityContext: { ${user} }\n`,
  })
  expect((await worked(values('runAsUser: 1234, runAsGroup: 5'))).user).toMatchObject({ uid: 1234, gid: 5 })
  expect((await worked(values('fsGroup: 1234'))).user).toMatchObject({ uid: 1000 })
})

test('a pod that is root whatever USER says', async () => {
  expect(todos(await worked(pod('{ runAsUser: 0 }')))).toEqual([
    'deployment app of deploy/app.yaml runs it as root (user: 0), whatever USER says; a: take user: out of it; b: keep root for it: # harden-image ignore=set-user reason=WHY above FROM',
  ])
})

const isKey = 'a private key is for its owner alone'
const https = (variable: string, path: string): string =>
  `volumes: ["~/.aspnet/https:/https:ro"]\nenvironment:\n  - ${variable}=${path}`

test.each<{
  readonly says: string
  readonly files: Files
  readonly key: readonly [mount: string, path: string] | null
}>([
  {
    says: 'by its own name',
    files: compose('volumes: ["/etc/acme/server.key:/etc/acme/server.key:ro"]'),
    key: ['service app of compose.yaml mounts /etc/acme/server.key over /etc/acme/server.key', '/etc/acme/server.key'],
  },
  {
    says: 'one that certbot makes, in a document',
    files: readme('docker run -v /etc/letsencrypt/live/x/privkey.pem:/key.pem acme'),
    key: ['README.md line 3 mounts /etc/letsencrypt/live/x/privkey.pem over /key.pem', '/key.pem'],
  },
  {
    says: 'a store in a folder, named by a variable',
    files: compose(https('Kestrel__Certificates__Default__Path', '/https/site.pfx')),
    key: ['service app of compose.yaml mounts ~/.aspnet/https over /https', '/https/site.pfx'],
  },
  {
    says: 'whatever it is called, by a variable for keys',
    files: compose(https('TLS_KEY_FILE', '/https/site.pem')),
    key: ['service app of compose.yaml mounts ~/.aspnet/https over /https', '/https/site.pem'],
  },
  {
    says: 'by a variable of the image',
    files: {
      ...compose('volumes: ["/srv/tls:/tls:ro"]'),
      Dockerfile: app.replace('CMD', 'ENV SSL_KEY=/tls/a.pem\nCMD'),
    },
    key: ['service app of compose.yaml mounts /srv/tls over /tls', '/tls/a.pem'],
  },
  { says: 'not a certificate', files: compose('volumes: ["/srv/tls/site.crt:/tls/site.crt:ro"]'), key: null },
  { says: 'not those of authorities', files: compose('volumes: ["/srv/tls/ca.key.pub:/tls/ca.pem:ro"]'), key: null },
  { says: 'not a chain', files: compose(https('TLS_CERT_FILE', '/https/fullchain.pem')), key: null },
  { says: 'not the public half', files: compose(https('JWT_KEY_FILE', '/https/public.pem')), key: null },
  { says: 'not a folder of settings', files: compose(https('ACME_CONFIG', '/https/acme.json')), key: null },
  { says: 'not a key in a variable', files: compose(https('API_KEY', 'x/https/site.pem')), key: null },
  {
    says: 'not a secret of Compose',
    files: compose('secrets: [tls_key]', 'secrets:\n  tls_key: { file: /srv/tls/site.key }\n'),
    key: null,
  },
  { says: 'not a volume of the engine', files: compose('volumes: ["keys:/tls/site.key"]'), key: null },
  {
    says: 'not of a service that says its user',
    files: compose('user: "1000"\nvolumes: ["/srv/site.key:/tls/site.key:ro"]'),
    key: null,
  },
  {
    says: 'not one that the repository has, as git makes it',
    files: { ...compose('volumes: ["./dev.key:/tls/dev.key:ro"]'), 'dev.key': '' },
    key: null,
  },
])('a private key of the host: $says', async ({ files, key }) => {
  const { findings } = await worked(files)
  const said = findings.filter(({ message }) => message.includes(isKey))
  const [mount, path] = key ?? []
  expect(said.map(({ question, message, evidence }) => [question, message, evidence[0]?.subject])).toEqual(
    key === null ? [] : [['host-folder', `${mount}: ${isKey}`, path]],
  )
})
