// Files of the build context that are changed where they are: what a proof has shown is what the written files build.
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { harden, hardenOne } from './support/cli.ts'
import { LOCKED_DOWN } from './support/expect-hardened.ts'
import { buildImage, docker, waitFor, withContainer } from './support/images.ts'

const FILES = {
  Dockerfile: `FROM debian:trixie-slim
RUN groupadd -g 900 web && useradd -u 900 -g web web
COPY server.pl /srv/server.pl
COPY start.sh /start.sh
# It is read by the build too.
RUN grep -q setpriv /start.sh || touch /etc/was-changed-before
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["/start.sh"]
`,
  'start.sh': `#!/bin/sh
set -e
# old volumes are root's
chown -R web:web /data

exec setpriv --reuid web --regid web --clear-groups perl /srv/server.pl
`,
  'server.pl': `use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die $!;
$SIG{TERM} = sub { exit 0 };
while (my $client = $server->accept) {
  while (<$client>) { last if /^\\r?$/ }
  open(my $log, '>>', '/data/requests') or die $!;
  print $log "one\\n";
  close $log;
  print $client "HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n";
  close $client;
}
`,
  'compose.yaml':
    'services:\n  web:\n    build: .\n    ports: ["8080"]\n    volumes: ["data:/data"]\nvolumes: { data: {} }\n',
}

const folders: string[] = []
const tags: string[] = []

beforeAll(async () => {
  for (const _ of ['alone', 'in a stack']) {
    const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
    folders.push(folder)
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text, { mode: 0o755 })
    execFileSync('git', ['init', '-q'], { cwd: folder })
    execFileSync('git', ['add', '-A'], { cwd: folder })
  }
})

afterAll(async () => {
  for (const tag of tags) await docker(['image', 'rm', '--force', tag])
  for (const folder of folders) await rm(folder, { recursive: true })
}, 60_000)

/** Builds what was written as anybody would, and asks it. */
async function expectWritten(folder: string): Promise<void> {
  expect(await readFile(join(folder, 'start.sh'), 'utf8')).toBe(`#!/bin/sh
set -e
# old volumes are root's
[ "$(id -u)" != 0 ] || chown -R web:web /data

exec perl /srv/server.pl
`)
  const dockerfile = await readFile(join(folder, 'Dockerfile'), 'utf8')
  expect(dockerfile).toContain('USER 900:900')
  expect(dockerfile).not.toMatch(/sed -i|<</)
  const tag = `harden-image-test/context-files-${tags.length}`
  tags.push(tag)
  await buildImage(tag, [folder])
  await withContainer(tag, LOCKED_DOWN, async ({ id, address }) => {
    await waitFor(async () => {
      expect((await (await fetch(`http://${address}:8080/`)).text()).trim()).toBe('ok')
    })
    expect(await docker(['exec', id, 'sh', '-c', 'ls /etc/was-changed-before; wc -l < /data/requests'])).toMatch(
      /^\/etc\/was-changed-before\n\s*\d+/,
    )
  })
}

test('a Dockerfile is proved with the start script that is written', async () => {
  const [folder = ''] = folders
  const { code, result } = await hardenOne(join(folder, 'Dockerfile'), ['--prove', '--write'])
  expect([code, result.verdict, result.proof?.passed]).toEqual([0, 'hardened', true])
  expect(result.files?.map(({ changed }) => changed)).toEqual([true])
  await expectWritten(folder)
}, 600_000)

test('so is a service of a stack', async () => {
  const [, folder = ''] = folders
  const { code, stdout, stderr } = await harden([
    join(folder, 'compose.yaml'),
    '--prove',
    '--write',
    '--format',
    'json',
  ])
  const [result] = JSON.parse(stdout).results
  expect([code, result.verdict, stderr]).toEqual([0, 'hardened', expect.any(String)])
  expect(result.files.map(({ path }: { path: string }) => path.split('/').at(-1))).toContain('start.sh')
  await expectWritten(folder)
}, 600_000)
