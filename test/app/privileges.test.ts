// What takes a privilege by its purpose: it is said, and never made a no-op under the name of a result that works.
import { expect, test } from '@jest/globals'
import type { TargetResult } from '../../src/report/report.ts'
import { type Files, worked } from './worked.ts'

async function hardened(files: Files): Promise<TargetResult> {
  const result = (await worked(files)).get('Dockerfile')
  if (result === undefined) throw new Error('there is no Dockerfile')
  return result
}

const slim = 'FROM debian:trixie-slim\n'
const script = (text: string, more = ''): Files => ({
  Dockerfile: `${slim}RUN useradd -u 1000 depot\n${more}COPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n`,
  'start.sh': `#!/bin/sh\nset -e\n${text}`,
})

test.each<readonly [says: string, text: string]>([
  ['all arguments', 'chown -R depot "$@"\n'],
  [
    'behind a number',
    'id="$1"\nshift\nfor path in "$@"; do\n  echo "$path"\n  chown --recursive "$id" "$path"\ndone\n',
  ],
])('a script that only gives its arguments away needs root: %s', async (_, text) => {
  const { verdict, findings } = await hardened(script(text))
  expect(verdict).toBe('needs-root')
  expect(findings.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^must keep root: start\.sh .* gives files to others, and does nothing else/),
  )
})

test.each<readonly [says: string, text: string]>([
  ['it starts a program afterwards', 'chown -R depot "$DIR"\nexec serve "$@"\n'],
  ['it starts what it is told', 'chown -R depot "$1"\nexec "$@"\n'],
  ['it knows the folder', 'chown -R depot /srv/depot\necho done\n'],
])('it does not where %s', async (_, text) => {
  expect((await hardened(script(text))).verdict).not.toBe('needs-root')
})

test.each<readonly [file: string, text: string, says: boolean]>([
  ['Cargo.toml', '[dependencies]\nserde = "1"\nsurge-ping = "0.8"\n', true],
  ['Cargo.toml', '[dependencies]\nmapping = "1"\n', false],
  ['main.go', 'package main\n\nfunc main() {\n\tp.SetPrivileged(true)\n}\n', true],
  ['main.go', 'package main\n\nfunc main() {\n\t// p.SetPrivileged(true)\n}\n', false],
  ['main.go', 'package main\n\nfunc main() {\n\ticmp.ListenPacket("ip4:icmp", "0.0.0.0")\n}\n', true],
  ['main.go', 'package main\n\nfunc main() {\n\ticmp.ListenPacket("udp4", "0.0.0.0")\n}\n', false],
  ['main_test.go', 'package main\n\nfunc main() {\n\tp.SetPrivileged(true)\n}\n', false],
  ['probe.py', 's = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\n', true],
])('raw sockets take NET_RAW: %s %j', async (file, text, says) => {
  const { findings } = await hardened({
    Dockerfile: `FROM golang:1.25 AS build\nCOPY . /src\nRUN make -C /src\n${slim}COPY --from=build /src/depot /depot\nCMD ["/depot"]\n`,
    [file]: text,
  })
  const said = findings.filter(({ message }) => message.includes('which takes NET_RAW'))
  expect(said.map(({ question }) => question)).toEqual(says ? ['root-work'] : [])
})

test('nothing is said of raw sockets where a RUN gives the program the capability', async () => {
  const { findings } = await hardened({
    Dockerfile: `${slim}COPY . /src\nRUN setcap cap_net_raw+ep /src/depot\nCMD ["/src/depot"]\n`,
    'Cargo.toml': '[dependencies]\nping = "0.7"\n',
  })
  expect(findings.map(({ message }) => message)).not.toContainEqual(expect.stringContaining('NET_RAW'))
})

test.each<readonly [says: string, dockerfile: string, path: string, given: boolean]>([
  [
    'a VOLUME that nothing makes, below a folder of the user',
    `${slim}RUN useradd -u 1000 depot && mkdir /app && chown -R depot /app\nVOLUME ["/app/config"]\nCMD ["/asf"]\n`,
    '/app/config',
    true,
  ],
  [
    'one that a RUN makes before it gives the folder away',
    `${slim}RUN useradd -u 1000 depot && mkdir -p /app/config && chown -R depot /app\nVOLUME ["/app/config"]\nCMD ["/asf"]\n`,
    '/app/config',
    false,
  ],
  [
    'one that is copied before',
    `${slim}RUN useradd -u 1000 depot\nCOPY --from=registry.example.org/depot /app/config /app/config\nRUN chown -R depot /app\nVOLUME /app/config\nCMD ["/asf"]\n`,
    '/app/config',
    false,
  ],
])('%s', async (_, Dockerfile, path, given) => {
  const { findings } = await hardened({ Dockerfile })
  const grants = findings.filter(({ transform, outcome }) => transform === 'own-writable-paths' && outcome === 'fixed')
  expect(grants.some(({ message }) => message.includes(path))).toBe(given)
})

test.each<readonly [command: string, mount: string, given: boolean]>([
  ['["serve", "/etc/depot"]', 'depot:/etc/depot', true],
  ['["serve", "/etc/depot"]', './conf:/etc/depot', true],
  ['["serve"]', 'depot:/etc/depot', false],
  ['["serve"]', './conf:/etc/depot', false],
  ['["serve", "/etc"]', 'depot:/etc', false],
])('what is mounted in /etc is state where the command names it: CMD %s, %s', async (command, mount, given) => {
  const { output } = await hardened({
    Dockerfile: `${slim}COPY serve /usr/bin/serve\nCMD ${command}\n`,
    serve: '',
    'compose.yaml': `services:\n  depot:\n    build: .\n    volumes: ["${mount}"]\nvolumes:\n  depot:\n`,
  })
  expect(output?.includes('/etc/depot\n')).toBe(given)
})

test.each([['; who it is'], ['# who it is'], ['']])(
  'the user of supervisord is taken out, whatever is said behind it: %j',
  async (comment) => {
    const { output } = await hardened({
      Dockerfile: `${slim}RUN apt-get update && apt-get install -y supervisor\nCOPY supervisord.conf /etc/supervisor/supervisord.conf\nCMD ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]\n`,
      'supervisord.conf': `[supervisord]\nuser=root      ${comment}\n\n[program:depot]\ncommand=depot\n`,
    })
    expect(output).toMatch(/^ ?.*user.*supervisord\.conf|sed .*user/m)
  },
)

test("of a tree that is handed over the source stays root's, whatever its folders are called", async () => {
  const { output } = await hardened({
    Dockerfile: `FROM php:8.4-fpm\nWORKDIR /app\nCOPY . .\nRUN apt-get install -y nginx && chown -R nginx:nginx .\n`,
    'src/Services/Backups/Run.php': '<?php',
    'src/data/seed.bin': 'x',
    'tests/Backups/BackupTest.php': '<?php',
    '.github/cache/a.yml': '',
    'storage/cache/x': '',
  })
  for (const path of ['/app/src/data', '/app/storage']) expect(output).toContain(path)
  for (const path of ['/app/src/Services/Backups', '/app/tests', '/app/.github/cache '])
    expect(output).not.toContain(path)
})

test.each<readonly [run: string, outcome: string | null]>([
  ['useradd -u 1000 depot && usermod -aG audio,video depot', 'todo'],
  ['useradd -u 1000 depot && adduser depot audio', 'todo'],
  ['useradd -u 1000 depot && gpasswd -a depot render', 'todo'],
  ['useradd -u 1000 $WHO; adduser $WHO audio', 'todo'],
  ['useradd -u 1000 depot && usermod -aG video root', 'todo'],
  ['useradd -u 1000 -G www-data depot', 'note'],
  ['useradd -u 1000 depot && usermod -aG sudo depot', null],
  ['useradd -u 1000 depot && usermod -aG audio other', null],
  ['useradd -u 1000 depot && usermod -aG staff root', null],
  ['useradd -u 1000 depot', null],
])('groups that USER with a group drops are said: %s', async (run, outcome) => {
  const { findings } = await hardened({
    Dockerfile: `${slim}ARG WHO=depot\nRUN ${run}\nCOPY --chown=depot serve /srv/serve\nCMD ["/srv/serve"]\n`,
    serve: '',
  })
  const said = findings.filter(({ message }) => message.includes('by its name: as 1000:1000'))
  expect(said.map((one) => one.outcome)).toEqual(outcome === null ? [] : [outcome])
})

test.each<readonly [run: string, user: string, number: string]>([
  ['useradd -u 1000 depot && usermod -aG audio,video depot', 'depot', '1000'],
  ['useradd -u 1000 depot', 'depot', '1000:1000'],
  ['useradd -u 1000 depot && usermod -aG audio other', 'depot', '1000:1000'],
])('a name in more groups becomes a number that keeps them: %s', async (run, user, number) => {
  const { output } = await hardened({
    Dockerfile: `${slim}RUN groupadd -g 1000 depot && ${run.replace('-u 1000', '-u 1000 -g 1000')}\nUSER ${user}\nCMD ["/srv/serve"]\n`,
  })
  expect(output).toContain(`\nUSER ${number}\n`)
})
