// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text of a workflow and of a Dockerfile.
// What is built upon an image or a stage that the same run makes non-root: root goes on where its steps need it, and its USER follows.
import { expect, test } from '@jest/globals'
import { type Files, worked } from './worked.ts'

const server = 'FROM debian:trixie-slim\nCOPY tool /usr/local/bin/\nEXPOSE 3000\nENTRYPOINT ["tool"]\n'
const makefile = 'all:\n\tdocker build -t acme/server:1.0 server\n\tdocker build -t acme/app app\n'
const upon = (child: string, more: Files = {}): Files => ({
  'server/Dockerfile': server,
  'server/tool': '',
  'app/Dockerfile': child,
  'app/x': '',
  Makefile: makefile,
  ...more,
})
const GOES_ON = '# harden-image: root goes on here: acme/server ends as 10001:10001 now\nUSER 0\n'

async function outputs(files: Files, targets?: readonly string[]): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries([...(await worked(files, targets))].map(([name, { output }]) => [name, output]))
}

test.each<{ readonly says: string; readonly files: Files; readonly app: string }>([
  {
    says: 'steps that need root have it, and its USER follows them',
    files: upon('FROM acme/server\nRUN apt-get update && apt-get install -y nginx\nCMD ["serve"]\n'),
    app: `FROM acme/server\n${GOES_ON}RUN apt-get update && apt-get install -y nginx\n`,
  },
  {
    says: 'so do those that no list names',
    files: upon('FROM acme/server\nRUN make install\n'),
    app: `FROM acme/server\n${GOES_ON}RUN make install\n`,
  },
  {
    says: 'by the default of an argument, and with another tag',
    files: upon('ARG BASE=acme/server:2\nFROM ${BASE}\nRUN make install\n'),
    app: `FROM \${BASE}\n${GOES_ON.replace('acme/server', 'acme/server:2')}RUN make install\n`,
  },
  {
    says: 'one that says a user below its steps keeps it',
    files: upon('FROM acme/server\nRUN useradd --uid 1234 web\nUSER 1234:1234\nCMD ["serve"]\n'),
    app: `FROM acme/server\n${GOES_ON}RUN useradd --uid 1234 web\nUSER 1234:1234\nCMD ["serve"]\n`,
  },
  {
    says: 'in the keyword case of its file, where it only builds',
    files: upon(
      'from acme/server as made\nrun make install\nfrom debian:trixie-slim\ncopy --from=made /x /x\ncmd ["/x"]\n',
    ),
    app: `from acme/server as made\n${GOES_ON.replace('USER', 'user')}run make install\nfrom debian`,
  },
  {
    says: 'one that stays root by a comment goes on as root though it runs nothing',
    files: upon('# harden-image ignore=set-user reason=mounts\nFROM acme/server\nCOPY x /srv/x\n'),
    app: `FROM acme/server\n${GOES_ON}COPY x /srv/x\n`,
  },
])('$says', async ({ files, app }) => {
  const all = await outputs(files)
  expect(all['server/Dockerfile']).toContain('USER 10001:10001')
  expect(all['app/Dockerfile']).toContain(app)
  const again = await outputs({ ...files, ...all })
  expect(again).toEqual(all)
})

test('its USER is that of its base, whose account is there already', async () => {
  const results = await worked(upon('FROM acme/server\nRUN make install\nCMD ["serve"]\n'))
  const app = results.get('app/Dockerfile')
  expect(app?.output.split('\n').slice(3)).toEqual(
    [
      'RUN make install',
      '# harden-image: app (10001:10001), as the image has it',
      'USER 10001:10001',
      'CMD ["serve"]',
      '',
    ].map((line) => (line.startsWith('#') ? expect.stringMatching(/^# harden-image: app \(10001:10001\)/) : line)),
  )
  expect(app?.findings).toContainEqual(
    expect.objectContaining({
      outcome: 'fixed',
      transform: 'build-as-root',
      line: 1,
      message: 'USER 0 below FROM: acme/server ends as 10001:10001 now, and its steps were written for root',
    }),
  )
})

test.each<{ readonly says: string; readonly app: string }>([
  { says: 'only copies and starts', app: 'FROM acme/server\nCOPY x /srv/x\nCMD ["serve"]\n' },
  { says: 'says its own user before it runs anything', app: 'FROM acme/server\nUSER 1234:1234\nRUN make\n' },
  { says: 'only copies from it', app: 'FROM scratch\nCOPY --from=acme/server /x /x\nUSER 1:1\nCMD ["/x"]\n' },
])('nothing changes in one that $says', async ({ app }) => {
  const results = await worked(upon(app))
  expect(results.get('server/Dockerfile')?.verdict).toBe('rewritten')
  expect(results.get('app/Dockerfile')).toMatchObject({ output: app, verdict: 'unchanged' })
})

test('what it needs beyond its base is given as root', async () => {
  const files = upon('FROM acme/server\nCOPY serve.py /srv/\nCMD ["python3", "/srv/serve.py"]\n', {
    'app/serve.py': 'import os\nos.makedirs("/var/lib/own/pages")\n',
  })
  const app = (await outputs(files))['app/Dockerfile']
  expect(app).toMatch(
    /^FROM acme\/server\n# .*\nUSER 0\n[\s\S]*chown 10001:10001 .*\/var\/lib\/own[\s\S]*USER 10001:10001\nCMD/,
  )
})

test('two stages that are meant to run and begin as one say it once', async () => {
  const app = (
    await outputs(
      upon(
        'FROM acme/server AS made\nRUN make install\nFROM made AS one\nCMD ["one"]\nFROM made AS two\nCMD ["two"]\n',
      ),
    )
  )['app/Dockerfile']
  expect(app?.match(/^USER 0$/gm)).toHaveLength(1)
  expect(app?.match(/^USER 10001:10001$/gm)).toHaveLength(2)
})

test('a grandchild goes on as its parent did', async () => {
  const all = await outputs({
    ...upon('FROM acme/server\nCOPY x /srv/x\n'),
    'last/Dockerfile': 'FROM acme/app\nRUN make install\n',
  })
  expect(all['app/Dockerfile']).toBe('FROM acme/server\nCOPY x /srv/x\n')
  expect(all['last/Dockerfile']).toMatch(
    /^FROM acme\/app\n# harden-image: root goes on here: acme\/app ends as 10001:10001 now\nUSER 0\nRUN make install\n[\s\S]*USER 10001:10001\n$/,
  )
})

test.each<[string, Files]>([
  [
    'another owner',
    { Makefile: 'all:\n\tdocker build -t acme/server server\n', 'app/Dockerfile': 'FROM other/server\nRUN make\n' },
  ],
  [
    'another registry',
    {
      '.github/workflows/ci.yml':
        'jobs: { a: { steps: [{ uses: docker/build-push-action@v6, with: { context: server, push: true, tags: ghcr.io/acme/server } }] } }\n',
      Makefile: '',
      'app/Dockerfile': 'FROM quay.io/else/server\nRUN make\n',
    },
  ],
])('the image of %s is no base of this repository', async (_, more) => {
  expect((await outputs(upon('', more)))['app/Dockerfile']).not.toContain('goes on')
})

test('named alone, the base is offered: what is built upon it would not follow', async () => {
  const files = upon('FROM acme/server\nRUN make install\n')
  const base = (await worked(files, ['server'])).get('server/Dockerfile')
  expect(base).toMatchObject({ verdict: 'incomplete', changed: false })
  expect(base?.findings.map(({ hint }) => hint)).toContainEqual(
    expect.stringMatching(/app\/Dockerfile \(line 1\) builds on it and counts on root: say USER root there/),
  )
  expect((await outputs(files, ['app']))['app/Dockerfile']).not.toContain('USER 0')
})

const pushes = (context: string, stages: readonly string[]): string =>
  `jobs:\n  image:\n    steps:\n${stages
    .map(
      (stage) =>
        `      - uses: docker/build-push-action@v6\n        with: { context: ${context}, target: ${stage}, push: true, tags: "ghcr.io/acme/${stage}:1" }\n`,
    )
    .join('')}`

const stages =
  'FROM debian:trixie-slim AS web\nCOPY tool /usr/local/bin/\nEXPOSE 3000\nCMD ["tool"]\nFROM web AS plus\n# for pages\nRUN apt-get update && apt-get install -y chromium\n'

test('a stage that CI pushes changes, and root goes on in the one that is built upon it', async () => {
  const files = { Dockerfile: stages, tool: '', '.github/workflows/ci.yml': pushes('.', ['web', 'plus']) }
  const result = (await worked(files)).get('Dockerfile')
  expect(result?.verdict).toBe('rewritten')
  expect(result?.stages.map(({ name, userAfter }) => [name, userAfter])).toEqual([
    ['web', '10001:10001'],
    ['plus', '10001:10001'],
  ])
  expect(result?.output).toMatch(
    /USER 10001:10001\nCMD \["tool"\]\nFROM web AS plus\n# harden-image: root goes on here: stage web ends as another user now\nUSER 0\n# for pages\nRUN apt-get.*\nUSER 10001:10001\n$/,
  )
  // The account is made once.
  expect(result?.output.match(/useradd/g)).toHaveLength(1)
  const again = await outputs({ ...files, Dockerfile: result?.output ?? '' })
  expect(again.Dockerfile).toBe(result?.output)
  // Nobody pushes it: it is there for the last one.
  expect((await outputs({ ...files, '.github/workflows/ci.yml': '' })).Dockerfile).not.toContain('USER 0')
})

test('a stage that only copies is built upon the changed one as it stands', async () => {
  const text = `${stages.slice(0, stages.indexOf('# for'))}COPY more /srv/more\n`
  const files = { Dockerfile: text, tool: '', more: '', '.github/workflows/ci.yml': pushes('.', ['web', 'plus']) }
  const result = (await worked(files)).get('Dockerfile')
  expect(result?.output.endsWith('FROM web AS plus\nCOPY more /srv/more\n')).toBe(true)
  expect(result?.stages.at(-1)).toMatchObject({ userBefore: 'root', userAfter: '10001:10001' })
})

test('another Dockerfile that is built upon a stage that CI pushes', async () => {
  const all = await outputs({
    'server/Dockerfile': stages,
    'server/tool': '',
    '.github/workflows/ci.yml': pushes('server', ['web', 'plus']),
    'app/Dockerfile': 'FROM ghcr.io/acme/web:2\nRUN make install\n',
  })
  expect(all['app/Dockerfile']).toMatch(
    /^FROM ghcr.io\/acme\/web:2\n# harden-image: root goes on here: ghcr.io\/acme\/web:2 ends as 10001:10001 now\nUSER 0\nRUN make install\n/,
  )
})

test.each<[string, Files]>([
  [
    'the repository is called after it',
    { '.git/config': '[remote "origin"]\n\turl = https://example.org/acme/tools.git\n' },
  ],
  [
    'an action of any name builds it',
    {
      '.github/workflows/docker.yml':
        'jobs:\n  a:\n    steps:\n      - uses: acme/publish@v1\n        with: { image-name: acme/tools, context: docker, registries: ghcr.io }\n',
    },
  ],
])('whose image it is, where %s', async (_, more) => {
  const files = {
    'docker/Dockerfile': server,
    'docker/tool': '',
    'docker/server/Dockerfile': 'ARG VERSION=latest\nFROM ghcr.io/acme/tools:$VERSION\nRUN make install\n',
    ...more,
  }
  expect((await outputs(files))['docker/server/Dockerfile']).toMatch(
    /^FROM .*\n# .*acme\/tools:latest ends as.*\nUSER 0\nRUN make/m,
  )
})
