// Whole repositories: what their scripts, documents and workflows do that another user than root cannot.
import { expect, test } from '@jest/globals'
import { type Files, worked } from './worked.ts'

const start = 'FROM debian:trixie-slim\nCOPY start.sh serve /usr/local/bin/\nENTRYPOINT ["start.sh"]\n'

interface Expected {
  readonly says: string
  readonly files: Files
  /** The Dockerfile; `Dockerfile` where it is left out. */
  readonly of?: string
  /** Parts of findings that need a person, or a run. */
  readonly todo?: readonly RegExp[]
  readonly output?: readonly (string | RegExp)[]
  readonly not?: readonly RegExp[]
}

test.each<Expected>([
  {
    says: 'a loop over the keys of an array names what it makes and cannot reach',
    files: {
      Dockerfile: `FROM python:3.12-slim\nENV TOP=/depot\nRUN git clone https://example.org/depot.git \${TOP}\nCOPY start.sh /start.sh\nCMD ["/bin/bash", "/start.sh"]\n`,
      'start.sh': `#!/bin/bash\nset -e\ndeclare -A LINKS\nLINKS["/root/.cache"]="/data/.cache"\nLINKS["\${TOP}/input"]="/data/input"\nfor to in "\${!LINKS[@]}"; do\n  from="\${LINKS[\${to}]}"\n  rm -rf "\${to}"\n  mkdir -p "$from"\n  ln -sT "\${from}" "\${to}"\ndone\nexec python3 /depot/main.py\n`,
    },
    todo: [/\/root\/\.cache is not given to the user/],
    output: ['/data/.cache', '/data/input'],
  },
  {
    says: 'a target that only the run decides is named with its line',
    files: { Dockerfile: start, 'start.sh': '#!/bin/sh\ncp -r /etc/skel "$WHERE/skel"\nexec serve\n', serve: '' },
    todo: [/start\.sh line 2 writes \$WHERE\/skel, a path that only the run decides/],
  },
  {
    says: 'a default, a temporary folder and a home of the user are none',
    files: {
      Dockerfile: start,
      'start.sh': `#!/bin/sh\nmkdir -p "\${WHERE:-/var/lib/depot}/a"\nwork=$(mktemp -d)\necho x > "$work/x"\nmkdir -p "$HOME/.depot"\nexec serve\n`,
      serve: '',
    },
    not: [/only the run decides/],
  },
  {
    says: 'work of the branch for root alone is named, what both branches do is not',
    files: {
      Dockerfile: start,
      'start.sh':
        '#!/bin/sh\nrefresh() {\n  pip install -U plugins\n}\nif [ "$(id -u)" = 0 ]; then\n  mkdir -p /srv/shop\n  chown -R 1500 /srv/shop\n  refresh\n  check-shop\n  exec setpriv --reuid 1500 --regid 1500 --clear-groups serve\nelse\n  check-shop\n  exec serve\nfi\n',
      serve: '',
    },
    todo: [/does only as root: refresh \(line 8\);/],
    not: [/check-shop/],
  },
  {
    says: 'a folder that must be absent is not made, and its folder lets it be made',
    files: {
      Dockerfile: 'FROM python:3.12-slim\nWORKDIR /bot\nCOPY . .\nCMD ["python", "main.py"]\n',
      'main.py':
        'import os\ntry:\n    os.mkdir("write-check")\nexcept OSError:\n    raise SystemExit("cannot write here")\n',
    },
    output: [/chmod 1775 \/bot$/m],
    not: [/mkdir -p \/bot\/write-check/],
  },
  {
    says: 'an argument with the default root is the switch that is set, with root steps above USER',
    files: {
      Dockerfile:
        'FROM debian:trixie-slim\nARG RUN_AS=0\nRUN if [ "$RUN_AS" != 0 ]; then useradd --uid "$RUN_AS" depot; mkdir -p /depot/shelf; fi\nCOPY serve.py /depot/serve.py\nWORKDIR /depot\nUSER "$RUN_AS:$RUN_AS"\nCMD ["python3", "serve.py"]\n',
      'serve.py': 'open("/depot/shelf/x.txt", "w").write("x")\n',
    },
    output: [
      'ARG RUN_AS=10001\n',
      /RUN install -d -o \$\{RUN_AS\} -g \$\{RUN_AS\} \/depot\/shelf\nUSER "\$RUN_AS:\$RUN_AS"/,
    ],
  },
  {
    says: 'a volume of packages that the image does not install begins as the user',
    files: {
      Dockerfile:
        'FROM node:22-slim\nRUN corepack enable && apt-get install -y python3-pip curl\nWORKDIR /site\nCOPY . .\nCMD ["pnpm", "dev"]\n',
      'package.json': '{}',
      'compose.dev.yaml':
        'services:\n  site:\n    build: .\n    volumes:\n      - .:/site\n      - modules:/site/node_modules\nvolumes:\n  modules:\n',
    },
    output: [/install -d -o 1000 -g 1000 .*\/site\/node_modules/],
  },
  {
    says: 'a device that one line of a document gives it',
    files: {
      Dockerfile: start,
      'start.sh': '#!/bin/sh\nexec serve\n',
      serve: '',
      Makefile: 'image:\n\tdocker build -t acme/player .\n',
      'README.md':
        'docker run acme/player\n\ndocker run -p 80:80 acme/player\n\ndocker run -it acme/player\n\ndocker run --device /dev/dri acme/player\n',
    },
    todo: [/gives it \/dev\/dri, which belongs to root or to a group of the host/],
  },
  {
    says: 'stages that a workflow pushes, whose command stands in a stage above them',
    files: {
      Dockerfile:
        'FROM debian:trixie-slim AS all\nCOPY serve /serve\nENTRYPOINT ["/serve"]\nFROM all AS web\nENV PART=web\nFROM all AS jobs\nENV PART=jobs\nFROM debian:trixie-slim AS tool\nCOPY tool /tool\nENTRYPOINT ["/tool"]\n',
      serve: '',
      tool: '',
      '.github/workflows/image.yml': `jobs:\n  image:\n    strategy:\n      matrix:\n        include:\n          - part: web\n          - part: jobs\n          - part: tool\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          target: \${{ matrix.part }}\n          push: true\n`,
    },
    output: [
      /FROM all AS web\nENV PART=web\n(?:.+\n)*USER 10001:10001\nFROM all AS jobs\n(?:.+\n)*USER 10001:10001\nFROM/,
    ],
  },
  {
    says: 'a configuration that envsubst renders at build says the port',
    files: {
      Dockerfile: `FROM nginx:1.27-alpine\nARG RELEASE\nEXPOSE 8081\nCOPY site.conf /etc/nginx/conf.d/site.template\nRUN envsubst '\${RELEASE}' < /etc/nginx/conf.d/site.template > /etc/nginx/conf.d/default.conf\n`,
      'site.conf': 'server {\n  listen 8081;\n  root /usr/share/nginx/html;\n}\n',
    },
    not: [/EXPOSE 8080/],
  },
])('$says', async ({ files, of = 'Dockerfile', todo = [], output = [], not = [] }) => {
  const result = (await worked(files)).get(of)
  const todos = (result?.findings ?? [])
    .filter(({ outcome }) => outcome === 'todo' || outcome === 'question')
    .map(({ message }) => message)
  for (const part of todo) expect(todos).toContainEqual(expect.stringMatching(part))
  for (const part of output)
    expect(result?.output).toEqual(
      typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part),
    )
  const all = [result?.output ?? '', ...(result?.findings ?? []).map(({ message }) => message)].join('\n')
  for (const part of not) expect(all).not.toMatch(part)
})

test('a Dockerfile whose suffix follows a hyphen or an underscore is known by its text', async () => {
  const found = await worked({
    'Dockerfile-arm': 'FROM debian:trixie-slim\nCOPY serve /serve\nCMD ["/serve"]\n',
    dockerfile_agent: '# the agent\nFROM debian:trixie-slim\nCOPY serve /serve\nCMD ["/serve"]\n',
    'Dockerfile-template': 'FROM {{ base }}\nCMD ["/serve"]\n',
    dockerfile_lint: '#!/usr/bin/env python3\nimport sys\n',
    'Dockerfile-notes.md': 'FROM here on\n',
    serve: '',
  })
  expect([...found.keys()].toSorted()).toEqual(['Dockerfile-arm', 'dockerfile_agent'])
})
