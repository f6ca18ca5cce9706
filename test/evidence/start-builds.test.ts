// Where a start builds: the folders that listed tools fill, wherever the start goes and whatever names them.
import { expect, test } from '@jest/globals'
import { harden } from '../../src/app/api.ts'

/** What the user is given; files of the image by their paths. */
function granted(start: string, files: Readonly<Record<string, string>> = {}, above = ''): readonly string[] {
  const copies = Object.entries(files).map(([path, text]) => `COPY --chmod=755 <<"END" ${path}\n${text}\nEND\n`)
  const dockerfile = `FROM debian:trixie-slim\nWORKDIR /app\n${above}${copies.join('')}${start}\n`
  const { findings } = harden({ dockerfile })
  return findings.flatMap(({ transform, outcome, message }) => {
    const [, paths] = /^grants write access to (.*)$/.exec(message) ?? []
    return transform === 'own-writable-paths' && outcome === 'fixed' && paths !== undefined ? paths.split(', ') : []
  })
}

const manifest = (scripts: Readonly<Record<string, string>>, name = 'site'): string => JSON.stringify({ name, scripts })

test.each([
  [
    'a task of mix in a start script',
    'CMD ["/app/start.sh"]',
    { '/app/start.sh': '#!/bin/sh\nset -e\nmix deps.compile\nmix phx.server' },
    ['/app/_build', '/app/deps'],
  ],
  [
    'an environment of Python',
    'CMD ["/srv/start.sh"]',
    {
      '/srv/start.sh':
        '#!/bin/sh\ncd /srv/acme\npython3 -m venv --clear ../env\nvirtualenv -p python3 tools\nexec acme',
    },
    ['/srv/acme/tools', '/srv/env'],
  ],
  [
    'tasks of a file that its runner looks for',
    'CMD ["fab", "prepare"]',
    {
      '/app/fabfile.py': `from fabric.api import local
STEPS = ['virtualenv env; . env/bin/activate']
def prepare():
    for step in STEPS:
        local(step)
    local('npm ci')
`,
    },
    ['/app/env', '/app/node_modules'],
  ],
  ['iex, which starts mix', 'CMD iex -S mix phx.server', {}, ['/app/_build']],
  ['a folder that a cd of the command goes to', 'CMD cd /app/web && next dev', {}, ['/app/web/.next']],
  [
    'a folder that a cd of a script goes to',
    'CMD ["/app/start.sh"]',
    { '/app/start.sh': '#!/bin/sh\ncd web\nexec next dev' },
    ['/app/web/.next'],
  ],
  [
    'a cd in brackets, which holds in there alone',
    'CMD ["/app/start.sh"]',
    { '/app/start.sh': '#!/bin/sh\n(cd web && next dev) &\nexec cargo run' },
    ['/app/target', '/app/web/.next'],
  ],
  [
    'a cd of a list in the background, which holds in there alone',
    'CMD ["/app/start.sh"]',
    { '/app/start.sh': '#!/bin/sh\ncd web && next dev &\nexec cargo run' },
    ['/app/target', '/app/web/.next'],
  ],
  [
    'the folder of the script itself',
    'CMD ["/app/bin/start.sh"]',
    { '/app/bin/start.sh': '#!/bin/sh\ncd "$(dirname "$0")/../web"\nexec next dev' },
    ['/app/web/.next'],
  ],
  [
    'a script that is started behind a cd',
    'CMD cd web && ./run.sh',
    { '/app/web/run.sh': '#!/bin/sh\nexec next dev' },
    ['/app/web/.next'],
  ],
  [
    'an npm script that goes elsewhere',
    'CMD ["npm", "run", "dev"]',
    { '/app/package.json': manifest({ dev: 'cd client && npm ci' }) },
    ['/app/client/node_modules'],
  ],
  [
    'an npm script of a folder that is told',
    'CMD ["npm", "start", "--prefix", "client"]',
    { '/app/client/package.json': manifest({ start: 'next dev' }) },
    ['/app/client/.next'],
  ],
  [
    'commands that concurrently is given',
    'CMD ["npm", "run", "dev"]',
    { '/app/package.json': manifest({ dev: 'concurrently "cargo run" "npm:watch:*"', 'watch:ui': 'next dev' }) },
    ['/app/.next', '/app/target'],
  ],
  [
    'a package of a workspace',
    'CMD ["pnpm", "--filter", "@x/web", "dev"]',
    {
      '/app/apps/web/package.json': manifest({ dev: 'next dev' }, '@x/web'),
      '/app/apps/api/package.json': manifest({ dev: 'nuxt dev' }, '@x/api'),
    },
    ['/app/apps/web/.next'],
  ],
  [
    'all packages that turbo starts',
    'CMD ["npx", "turbo", "run", "dev"]',
    {
      '/app/apps/web/package.json': manifest({ dev: 'next dev' }),
      '/app/apps/api/package.json': manifest({ dev: 'nuxt dev' }),
    },
    ['/app/apps/api/.nuxt', '/app/apps/web/.next'],
  ],
  [
    'a recipe of a Makefile, and of what it needs',
    'CMD ["make", "serve"]',
    {
      '/app/Makefile':
        'WEB := web\nserve: assets\n\tcargo run\nassets:\n\t@cd $(WEB) && next build\nclean:\n\tnuxt build',
    },
    ['/app/target', '/app/web/.next'],
  ],
  [
    'what a Procfile lists',
    'CMD ["foreman", "start"]',
    { '/app/Procfile': 'web: next dev\nworker: cargo run' },
    ['/app/.next', '/app/target'],
  ],
  ['the place that a variable says', 'ENV MIX_BUILD_PATH=/srv/build\nCMD ["mix", "phx.server"]', {}, ['/srv/build']],
  ['the environment that uv brings up to date', 'CMD ["uv", "run", "main.py"]', {}, ['/app/.venv']],
  [
    'a program of supervisord in its folder',
    'CMD ["supervisord", "-n", "-c", "/etc/supervisord.conf"]',
    {
      '/etc/supervisord.conf':
        '[supervisord]\nlogfile=/dev/null\npidfile=/tmp/s.pid\n[program:web]\ndirectory=/app/web\ncommand=next dev',
    },
    ['/app/web/.next'],
  ],
  [
    'profiles of a test that go is told, from where it starts',
    'ENTRYPOINT go test -race -coverprofile=out/cover.txt ./...',
    {},
    ['/app/out'],
  ],
  [
    'what SvelteKit generates, in a project of its own',
    'CMD ["npx", "vite", "dev"]',
    { '/app/svelte.config.js': "import adapter from '@sveltejs/adapter-node'" },
    ['/app/.svelte-kit', '/app/node_modules/.vite', '/app/node_modules/.vite-temp'],
  ],
  [
    'what the configuration of modd builds, in a folder that is told',
    'CMD ["modd", "-f", "dev/modd.conf"]',
    { '/app/dev/modd.conf': '**/*.go {\n  prep: go build -o out/web ./cmd\n  daemon +sigterm: cargo run\n}' },
    ['/app/out', '/app/target'],
  ],
  [
    'what watchers are told to run',
    'CMD nodemon --exec "cargo run" & CompileDaemon -build="go build -o bin/x ." & reflex -r .go -- next dev',
    {},
    ['/app/.next', '/app/bin', '/app/target'],
  ],
])('%s', (_, start, files, paths) => {
  expect(
    granted(start, files as Readonly<Record<string, string>>)
      .filter((path) => /^\/(app|srv)\//.test(path))
      .sort(),
  ).toEqual(expect.arrayContaining([...paths].sort()))
})

test.each([
  ['a RUN has made the environment already', 'CMD ["uv", "run", "main.py"]', 'RUN uv sync --frozen\n'],
  ['mix tells its version alone', 'CMD ["mix", "--version"]', ''],
  ['uv leaves the environment as it is', 'CMD ["uv", "run", "--no-sync", "main.py"]', ''],
])('nothing is given where %s', (_, start, above) => {
  expect(granted(start, {}, above)).toEqual([])
})

test('tasks of a project that a RUN has cloned were read by nobody', () => {
  const told = (script: string, more = ''): readonly string[] => {
    const { findings } = harden({
      dockerfile: `FROM debian:13\nRUN git clone https://example.org/x/acme /opt/acme\n${more}COPY --chmod=755 <<"END" /start.sh\n#!/bin/sh\n${script}\nEND\nCMD ["/start.sh"]\n`,
    })
    return findings.flatMap(({ message }) => (message.includes('comes from elsewhere') ? [message] : []))
  }
  const laid = 'COPY <<"END" /opt/acme/fabfile.py\nx = 1\nEND\n'
  expect(told('cd /opt/acme\nfab prepare\nexec acme', laid)).toHaveLength(1)
  expect(told('cd /srv\nfab prepare\nexec acme', laid)).toEqual([])
  expect(told('cd /opt/acme\nexec acme', laid)).toEqual([])
})

test('a list of commands in a file of tasks counts where a task runs them', () => {
  const of = (call: string): readonly string[] =>
    granted('CMD ["inv", "prepare"]', {
      '/app/tasks.py': `STEPS = ('virtualenv env',)\ndef prepare(c):\n    for step in STEPS:\n        ${call}(step)\n`,
    })
  expect(of('c.run')).toEqual(['/app/env'])
  expect(of('print')).toEqual([])
})

test('a release that a build has made writes in its own folder, wherever it starts', () => {
  const start = 'CMD ["./web/bin/web", "foreground"]'
  const made = 'RUN mix distillery.release --env=prod\n'
  expect(granted(start, {}, made)).toEqual(['/app/web/var'])
  expect(granted(start, {}, `${made}ENV RELEASE_MUTABLE_DIR=/srv/web\n`)).toEqual(['/srv/web'])
  expect(granted('CMD ["./web/bin/web", "daemon"]', {}, 'RUN mix release\n')).toEqual(['/app/web/tmp'])
  expect(granted('CMD ["./web/bin/web", "start"]', {}, 'RUN mix release\n')).toEqual([])
  expect(granted('CMD ["/usr/bin/web", "foreground"]', {}, made)).toEqual([])
  expect(granted('CMD ["./web/bin/web", "ping"]', {}, made)).toEqual([])
  expect(granted(start)).toEqual([])
})

test('a start that installs more into what a build has put into the home of root is a todo', () => {
  const todos = (install: string, script: string): readonly string[] => {
    const copied = `COPY --chmod=755 <<"END" /start.sh\n#!/bin/sh\n${script}\nEND\n`
    const { findings } = harden({ dockerfile: `FROM debian:13\n${install}\n${copied}ENTRYPOINT ["/start.sh"]\n` })
    return findings.flatMap(({ outcome, message }) =>
      outcome === 'todo' && message.includes('at the start') ? [message] : [],
    )
  }
  const rustup = 'RUN curl https://sh.rustup.rs | sh -s -- -y\nENV PATH=/root/.cargo/bin:$PATH'
  expect(todos(rustup, 'rustup toolchain install nightly --no-self-update')).toEqual([
    '"rustup toolchain install" installs into /root/.rustup at the start, which is root\'s (what rustup installs in line 2)',
  ])
  expect(todos(rustup, 'rustup show')).toEqual([])
  expect(todos('RUN playwright install', 'playwright install firefox')).toHaveLength(1)
  expect(todos('RUN playwright install', 'playwright test')).toEqual([])
})
