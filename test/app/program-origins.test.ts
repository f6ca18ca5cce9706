// Where the program comes from that is started: it is read there, or nobody says that the result is known.
import { expect, test } from '@jest/globals'
import type { TargetResult } from '../../src/report/report.ts'
import { type Files, worked } from './worked.ts'

async function hardened(files: Files, target = 'Dockerfile'): Promise<TargetResult> {
  const result = (await worked(files, [target])).get(target)
  if (result === undefined) throw new Error(`there is no ${target}`)
  return result
}

const todos = ({ findings }: TargetResult): readonly string[] =>
  findings.flatMap(({ outcome, message }) => (outcome === 'todo' ? [message] : []))

/** Kind and message of what a run answers. */
const asked = ({ findings }: TargetResult): readonly string[] =>
  findings.flatMap(({ question, message }) => (question === undefined ? [] : [`${question}: ${message}`]))

const main = 'package main\n\nfunc main() {\n\tos.MkdirAll("/srv/state", 0o755)\n}\n'
const other = 'package main\n\nfunc main() {\n\tos.MkdirAll("/srv/other", 0o755)\n}\n'
const slim = 'FROM debian:trixie-slim\n'

test.each<readonly [says: string, files: Files]>([
  [
    'by the name of its binary, for each platform',
    {
      Dockerfile: `${slim}ARG TARGETOS TARGETARCH\nCOPY $TARGETOS/$TARGETARCH/depot /usr/bin/depot\nCMD ["depot"]\n`,
      '.goreleaser.yaml': 'builds:\n  - binary: depot\n    main: ./cmd/depot\n',
      'cmd/depot/main.go': main,
      'cmd/tool/main.go': other,
    },
  ],
  [
    'by the name of the project, from the top',
    {
      Dockerfile: `${slim}COPY depot /usr/bin/depot\nCMD ["depot"]\n`,
      'goreleaser.yml': 'project_name: depot\nbuilds:\n  - env: [CGO_ENABLED=0]\n',
      'main.go': main,
      'tools/gen/main.go': other,
    },
  ],
  [
    'by the name of the module',
    {
      Dockerfile: `${slim}COPY depot /usr/bin/depot\nCMD ["depot"]\n`,
      '.goreleaser.yml': 'dockers:\n  - dockerfile: Dockerfile\n',
      'go.mod': 'module example.org/team/depot/v2\n',
      'internal/state.go': main.replace('package main', 'package state'),
      'internal/unused/other.go': other.replace('package main', 'package unused'),
      'main.go': 'package main\n\nimport "example.org/team/depot/v2/internal"\n',
    },
  ],
  [
    'by the name of the module, of which people compile it',
    {
      Dockerfile: `${slim}COPY ./depot /usr/bin/depot\nCMD ["depot"]\n`,
      'go.mod': 'module example.org/team/depot\n',
      'main.go': main,
      'tools/gen/main.go': other,
    },
  ],
  [
    'by the folder of its main package',
    {
      Dockerfile: `${slim}COPY bin/depot /usr/bin/depot\nCMD ["depot"]\n`,
      'go.mod': 'module example.org/team/suite\n',
      'cmd/depot/main.go': main,
      'cmd/tool/main.go': other,
    },
  ],
])('what a release tool or its people build is read in the tree: %s', async (_, files) => {
  const result = await hardened(files)
  expect(result.output).toContain('/srv/state')
  expect(result.output).not.toContain('/srv/other')
  expect(todos(result)).toEqual([])
})

test.each<readonly [says: string, files: Files, expected: string]>([
  [
    'copied from where a platform decides, and nobody builds it here',
    { Dockerfile: `${slim}ARG TARGETARCH\nCOPY bin-\${TARGETARCH}/depot /srv/depot\nCMD ["/srv/depot"]\n` },
    `sources: bin-\${TARGETARCH}/depot is not in the build context`,
  ],
  [
    'a release tool builds another one',
    {
      Dockerfile: `${slim}COPY depot /usr/bin/depot\nCMD ["depot"]\n`,
      '.goreleaser.yaml': 'builds:\n  - binary: tool\n',
      'main.go': main,
    },
    'sources: depot is not in the build context',
  ],
  [
    'the tree compiles a program of another name',
    {
      Dockerfile: `${slim}COPY depot /usr/bin/depot\nCMD ["depot"]\n`,
      'go.mod': 'module example.org/team/tool\n',
      'main.go': main,
      'depot.go': 'package main\n',
    },
    'sources: depot is not in the build context',
  ],
  [
    'the tree has a library of that name alone',
    {
      Dockerfile: `${slim}COPY depot /usr/bin/depot\nCMD ["depot"]\n`,
      'go.mod': 'module example.org/team/depot\n',
      'depot.go': 'package depot\n',
    },
    'sources: depot is not in the build context',
  ],
  [
    'out of an image that a stage gives a name',
    {
      Dockerfile: `ARG FROM_IMAGE=registry.example.org/depot:2\nFROM \${FROM_IMAGE}-x86_64 AS x\n${slim}COPY --from=x /depot /usr/bin/depot\nCMD ["depot"]\n`,
    },
    'program-from-elsewhere: depot comes from elsewhere (COPY in line 4)',
  ],
  [
    'the command behind a script',
    {
      Dockerfile: `FROM registry.example.org/depot:2 AS x\n${slim}COPY --from=x /depot /usr/bin/depot\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\nCMD ["depot"]\n`,
      'start.sh': '#!/bin/sh\necho start\nexec "$@"\n',
    },
    'program-from-elsewhere: depot comes from elsewhere (COPY in line 3)',
  ],
  [
    'out of what git clones',
    {
      Dockerfile: `FROM golang:1.25\nRUN git clone https://example.org/team/depot.git /src/depot && cd /src/depot && make\nENTRYPOINT ["/src/depot/depot"]\n`,
    },
    'program-from-elsewhere: depot comes from elsewhere (RUN in line 2)',
  ],
])('what nobody reads is a question: %s', async (_, files, expected) => {
  const result = await hardened(files)
  expect(result.verdict).toBe('rewritten')
  expect(asked(result)).toContain(expected)
})

test.each<readonly [says: string, files: Files]>([
  [
    'a variable means the one thing that is there',
    {
      Dockerfile: `FROM python:3.13-slim\nARG NAME\nCOPY apps/\${NAME}/depot.py /srv/depot.py\nCMD ["python", "/srv/depot.py"]\n`,
      'apps/one/depot.py': 'import os\nos.makedirs("/srv/state", exist_ok=True)\n',
    },
  ],
  [
    'a builder installs the package that it copied',
    {
      Dockerfile: `FROM python:3.13-slim AS build\nCOPY . /src\nRUN pip install --prefix=/out /src/deps.whl && cd /src && pip install --prefix=/out .\nFROM python:3.13-slim\nCOPY --from=build /out /usr/local\nCMD ["depot"]\n`,
      'depot/__main__.py': 'import os\nos.makedirs("/srv/state", exist_ok=True)\n',
    },
  ],
  [
    'a folder that branches give a name',
    {
      Dockerfile: `FROM python:3.13-slim\nCOPY . /srv/app\nCMD ["python", "/srv/app/depot.py"]\n`,
      'depot.py':
        "import os\nif given:\n    place = given[0]\nelif os.environ.get('A'):\n    place = os.path.join('/srv', 'state')\nelse:\n    place = home()\n\nos.makedirs(place, exist_ok=True)\n",
    },
  ],
])('what is read: %s', async (_, files) => {
  expect((await hardened(files)).output).toContain('/srv/state')
})

test.each<readonly [says: string, files: Files]>([
  [
    'a variable that may mean two',
    {
      Dockerfile: `FROM python:3.13-slim\nARG NAME\nCOPY apps/\${NAME}/depot.py /srv/depot.py\nCMD ["python", "/srv/depot.py"]\n`,
      'apps/one/depot.py': 'import os\nos.makedirs("/srv/state", exist_ok=True)\n',
      'apps/two/depot.py': 'import os\n',
    },
  ],
  [
    'a builder that makes no package of it',
    {
      Dockerfile: `FROM python:3.13-slim AS build\nCOPY . /src\nRUN python /src/tool.py > /out\nFROM python:3.13-slim\nCOPY --from=build /out /usr/local/out\nCMD ["cat", "/usr/local/out"]\n`,
      'tool.py': 'import os\nos.makedirs("/srv/state", exist_ok=True)\n',
    },
  ],
  [
    'a name that is given again before it counts',
    {
      Dockerfile: `FROM python:3.13-slim\nCOPY . /srv/app\nCMD ["python", "/srv/app/depot.py"]\n`,
      'depot.py': "import os\nplace = '/srv/state'\nread(place)\nplace = home()\nos.makedirs(place, exist_ok=True)\n",
    },
  ],
])('what is not granted: %s', async (_, files) => {
  expect((await hardened(files)).output).not.toContain('/srv/state')
})

test('a context that one stage copies whole is where another finds its files in that copy', async () => {
  const files = {
    'build/Dockerfile': `FROM golang:1.25 AS build\nWORKDIR /go/src/depot\nCOPY . .\nRUN make\nFROM debian:trixie-slim\nCOPY --from=build /go/src/depot/build/start.sh /\nENTRYPOINT ["/start.sh"]\n`,
    'build/start.sh': '#!/bin/sh\nmkdir -p /srv/state\n',
  }
  expect((await hardened(files, 'build/Dockerfile')).output).toContain('/srv/state')
})
