import { afterAll, describe, expect, test } from '@jest/globals'
import { type Hardening, hardenOne } from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { buildText, docker, ensureImage } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

// What ownership cannot give, on programs that nothing knows by name.

const tags: string[] = []

afterAll(async () => {
  if (tags.length > 0) await docker(['image', 'rm', '--force', ...tags])
})

/** A web server with `setup` before it serves, and what else is in its image. */
async function prove(
  name: string,
  setup: string,
  {
    image = [],
    cmd = ['thing'],
    flags = [],
    workdir = '/srv',
  }: {
    readonly image?: readonly string[]
    readonly cmd?: readonly string[]
    readonly flags?: readonly string[]
    readonly workdir?: string
  } = {},
): Promise<Hardening> {
  const program = [
    '#!/usr/bin/python3',
    'import http.server, os, pwd, socket, sys',
    'port = 8000',
    // Loads what it would miss behind a chroot.
    'socket.getfqdn()',
    ...setup.trim().split('\n'),
    'http.server.ThreadingHTTPServer(("", port), http.server.SimpleHTTPRequestHandler).serve_forever(None)',
  ]
  const lines = [
    `FROM ${await ensureImage('python-static')} AS base`,
    // Without what it declares: a port that is declared and never opens is waited for.
    'FROM scratch',
    'COPY --from=base / /',
    'COPY <<"PROGRAM" /usr/bin/thing',
    ...program,
    'PROGRAM',
    'RUN useradd --system --uid 777 web && mkdir /etc/thing && chmod 755 /usr/bin/thing',
    ...image,
    `WORKDIR ${workdir}`,
    'ENTRYPOINT []',
    `CMD ${JSON.stringify(cmd)}`,
  ]
  const tag = await buildText(`${lines.join('\n')}\n`, `harden-image-test/cures-${name}`)
  tags.push(tag)
  return hardenOne(tag, ['--prove', ...flags])
}

function expectHardened(hardening: Hardening, rounds: number): void {
  expectVerdict(hardening, { code: 0, verdict: 'hardened', passed: true, rounds })
}

function findings({ result }: Hardening): string {
  return result.findings
    .map(({ message, evidence }) => [message, ...evidence.map((one) => one.detail)].join('\n'))
    .join('\n')
}

describe('a low port', () => {
  test('in the arguments of a start script is moved before the first round', async () => {
    const start = ['COPY --chmod=755 <<"S" /start.sh', '#!/bin/sh', 'exec thing -p 80', 'S']
    const proof = await prove('script', 'port = int(sys.argv[2])', { image: start, cmd: ['/start.sh'] })
    expectHardened(proof, 1)
    expect(proof.result.output).toContain('exec thing -p 8080')
  })

  test('in a form that nobody knows is found where nothing else says the number', async () => {
    const proof = await prove('form', 'port = int(sys.argv[1].split("=")[1].split("/")[0])', {
      cmd: ['thing', 'at=80/tcp'],
    })
    expectHardened(proof, 1)
    expect(proof.result.output).toContain('"at=8080/tcp"')
    expect(findings(proof)).toContain('the only place that sets 80')
  })

  test('that a line only seems to set: the line is left as it was, and the help is asked', async () => {
    const setup = `
if "--help" in sys.argv: sys.exit("  --port PORT   where to listen")
open("/etc/thing/thing.conf").read()
port = int(sys.argv[2]) if len(sys.argv) > 2 else 80`
    const conf = ["RUN echo 'port 80' >/etc/thing/thing.conf"]
    const proof = await prove('help', setup, { image: conf })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('CMD ["thing", "--port", "8080"]')
    expect(proof.result.output).not.toContain('thing.conf')
  })
})

describe('a program that makes files in / where it starts', () => {
  const keeps = `
open("state.tmp", "w").write("x")
os.rename("state.tmp", "state.db")
print(open("state.db").read())`
  const sameEverywhere = `
class Same(http.server.BaseHTTPRequestHandler):
  def do_GET(self): self.send_response(200); self.end_headers()
http.server.SimpleHTTPRequestHandler = Same`

  test('starts in a folder of its own', async () => {
    const proof = await prove('workdir', keeps + sameEverywhere, { workdir: '/' })
    expectHardened(proof, 1)
    expect(proof.result.output).toContain('WORKDIR /home/app\n')
    expect(proof.result.output).not.toContain('chown')
  })

  test('starts where it did where it serves what lies there, and that it cannot keep its files is said', async () => {
    const proof = await prove('served', keeps, { workdir: '/' })
    expect(proof.result.verdict).toBe('incomplete')
    expect(proof.result.output).not.toContain('WORKDIR')
    expect(findings(proof)).toContain('/state.tmp is not given to the user')
  })
})

describe('a switch of its own', () => {
  const conf = ["RUN printf 'user web\\ngroup web\\nchroot /srv\\nlevel 3\\n' >/etc/thing/thing.conf"]
  const settings = 'settings = dict(line.split() for line in open("/etc/thing/thing.conf"))'
  const become = `${settings}
if "chroot" in settings: os.chroot(settings["chroot"])
if "user" in settings: os.setgroups([]); os.setgid(777); os.setuid(777)`

  test('is taken out of the file that the trace saw opened once it fails on it, and its chroot with it', async () => {
    const proof = await prove('lines', become, { image: conf })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('user web')
    expect(proof.result.user?.uid).toBe(777)
    expect(proof.result.output).not.toContain('level')
  })

  test('stays where it only shrugs', async () => {
    const setup = `try:\n${become.replace(/^/gm, '    ')}\nexcept OSError: pass`
    const proof = await prove('shrugs', setup, { image: conf })
    expectHardened(proof, 1)
    expect(proof.result.output).not.toContain('thing.conf')
  })

  test('goes from the arguments with the folder that it locks itself into, and starts there', async () => {
    const setup = `
if "-r" in sys.argv: os.chroot(sys.argv[sys.argv.index("-r") + 1]); os.chdir("/")
print(open(sys.argv[-1]).read())
open(sys.argv[-2], "a").write("up")`
    const image = ['RUN mkdir -p /srv/zones && echo a >/srv/zones/ips']
    const proof = await prove('jailed', setup, { image, cmd: ['thing', '-r', '/srv/zones', '/thing.log', 'ips'] })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('WORKDIR /srv/zones\n')
    expect(proof.result.output).toContain('CMD ["thing","/srv/zones/thing.log","ips"]'.replaceAll(',', ', '))
  })

  test('goes from the arguments, of a start script as well', async () => {
    const setup =
      'if "-u" in sys.argv: os.setgroups([]); os.setuid(pwd.getpwnam(sys.argv[sys.argv.index("-u") + 1]).pw_uid)'
    const own = await prove('options', setup, { cmd: ['thing', '-u', 'web'] })
    expectHardened(own, 2)
    expect(own.result.output).toContain('CMD ["thing"]')
    const start = ['COPY --chmod=755 <<"S" /start.sh', '#!/bin/sh', 'exec thing -u web', 'S']
    const script = await prove('script-options', setup, { image: start, cmd: ['/start.sh'] })
    expectHardened(script, 2)
    expect(script.result.output).toContain('s/exec thing -u web/exec thing/')
  })
})

test('whom its children become, and no setting names, it is as a whole, be it one that others share', async () => {
  const setup = `
import threading
def queue():
  out, into = os.pipe()
  if os.fork() == 0:
    os.setgroups([]) if os.getuid() == 0 else None
    os.setgid(65534); os.setuid(65534); os.write(into, b"17"); os._exit(0)
  os.close(into)
  length = os.read(out, 9)
  if length: open("/var/lib/thing/queue", "wb").write(length)
threading.Timer(0.2, queue).start()`
  const proof = await prove('children', setup, { image: ['RUN mkdir /var/lib/thing && userdel web'] })
  expectHardened(proof, 2)
  expect(proof.result.user).toMatchObject({ name: 'nobody', uid: 65534 })
})

test('what it makes while a port that never opens was waited for is waited for as well', async () => {
  const setup = `
import threading
threading.Timer(15, lambda: open("/var/lib/thing/late", "w").write("x")).start()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 5300))
while True: udp.sendto(*udp.recvfrom(2000))`
  const image = ['RUN mkdir /var/lib/thing', 'EXPOSE 5300/udp 9103']
  expectHardened(await prove('behind', setup, { image }), 1)
})

test('a configuration file that must be its own is given to it', async () => {
  const setup = `
if os.stat("/etc/thing/thing.conf").st_uid != os.getuid(): sys.exit("/etc/thing/thing.conf must be owned by you")
open("/etc/thing/thing.conf").read()`
  const proof = await prove('own', setup, { image: ['RUN echo x >/etc/thing/thing.conf'] })
  expectHardened(proof, 2)
  expect(proof.result.output).toContain('chown 10001:10001 /etc/thing/thing.conf')
})

test('a file that nobody else may read is given to it with its mode', async () => {
  const setup = `
if os.stat("/etc/thing/thing.conf").st_mode & 0o077: sys.exit("unsafe permissions on /etc/thing/thing.conf")
open("/etc/thing/thing.conf").read()`
  const proof = await prove('mode', setup, { image: ['RUN install -m 600 /dev/null /etc/thing/thing.conf'] })
  expectHardened(proof, 2)
  expect(proof.result.output).toContain('chown 10001:10001 /etc/thing/thing.conf')
  expect(proof.result.output).not.toContain('chmod')
})

test('its program, which must be its own, stays root’s', async () => {
  const setup = 'if os.stat(sys.argv[0]).st_uid != os.getuid(): sys.exit(f"{sys.argv[0]} must be owned by you")'
  const { result } = await prove('own-code', setup, { cmd: ['/usr/bin/thing'] })
  expect(result.verdict).toBe('incomplete')
  expect(result.output).not.toContain('chown')
})

describe('the home of root', () => {
  const settings = ['RUN install -d -m 700 /root/.config && install -D -m 600 /etc/hostname /root/.config/thing/rc']
  const works = (home: string): string => `
home = ${home}
open(f"{home}/.config/thing/rc").read()
os.makedirs(f"{home}/.local/share/thing", exist_ok=True)
open(pwd.getpwuid(os.getuid()).pw_dir + "/.local/share/thing/state", "a").write("x")`

  test('goes with the user, whether it is found by HOME or by the account', async () => {
    const proof = await prove('home', works('os.path.expanduser("~")'), { image: settings })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('cp -p /root/.config/thing/rc /home/app/.config/thing/rc')
    expect(proof.result.output).not.toMatch(/chmod 711|HOME=/)
  })

  test('goes with an account that has no home', async () => {
    const image = [...settings, 'RUN usermod --home /nonexistent web']
    const proof = await prove('no-home', works('pwd.getpwuid(os.getuid()).pw_dir'), { image, flags: ['--user', 'web'] })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('ENV HOME=/home/web')
  })

  test('stays where a path leads there, which the user may pass through', async () => {
    const setup = 'open("/root/.config/thing/rc").read()'
    const image = ['RUN install -D -m 644 /etc/hostname /root/.config/thing/rc']
    const proof = await prove('whole-path', setup, { image })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('chmod 711 /root')
    expect(proof.result.output).not.toContain('cp -p')
  })

  test('keeps its keys: a person decides about them', async () => {
    const setup = 'open(os.path.expanduser("~/.ssh/id_rsa")).read()'
    const image = ['RUN install -D -m 600 /etc/hostname /root/.ssh/id_rsa']
    const { result } = await prove('key', setup, { image })
    expect(result.verdict).toBe('incomplete')
    expect(result.output).toContain('decide: /root/.ssh/id_rsa is not given to the user')
    expect(result.output).not.toContain('cp -p')
  })

  test('is named no more by the COPY of a Dockerfile', async () => {
    const lines = [
      `FROM ${await ensureImage('python-static')}`,
      ...['COPY <<"PROGRAM" /opt/thing.py', 'import http.server, os', 'open(os.path.expanduser("~/.thing/rc")).read()'],
      ...['http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)', 'PROGRAM'],
      ...['COPY <<"RC" /root/.thing/rc', 'x', 'RC'],
      'CMD ["python3", "/opt/thing.py"]',
    ]
    const proof = await hardenOne('-', ['--prove'], { stdin: `${lines.join('\n')}\n` })
    expectHardened(proof, 2)
    expect(proof.result.output).toContain('COPY --chown=10001:10001 <<"RC" /home/app/.thing/rc')
  })
})

test('a start script that ends unless it is root is passed', async () => {
  const start = [
    'COPY --chmod=755 <<"S" /start.sh',
    '#!/bin/bash',
    'set -e',
    'if [ "$(id -u)" -ne 0 ]; then echo "run me as root" >&2; exit 1; fi',
    'chown web /srv',
    'exec thing',
    'S',
  ]
  const proof = await prove('wants-root', '', { image: start, cmd: ['/start.sh'] })
  expectHardened(proof, 1)
})

describe('a raw socket', () => {
  const open = 'raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'

  test('without which it does not work needs root, with that capability alone', async () => {
    const result = expectVerdict(await prove('raw', open), {
      code: 1,
      verdict: 'needs-root',
      passed: true,
    })
    const said = result.findings.map(({ message }) => message).join('\n')
    expect(said).toContain('must keep root: it takes NET_RAW')
    expect(said).toContain('--cap-drop=ALL --cap-add=NET_RAW --security-opt=no-new-privileges')
  })

  const tried = `try: ${open}\nexcept OSError: pass`

  test('that it goes on without, and nobody knows what it was for, is not passed over', async () => {
    const result = expectVerdict(await prove('raw-tried', tried), {
      code: 1,
      verdict: 'incomplete',
      rounds: 1,
    })
    expect(result.proof?.checks).toContainEqual(expect.objectContaining({ name: 'what takes NET_RAW', passed: false }))
  })

  test('that it goes on without by a check of its user is none', async () => {
    expectHardened(await prove('raw-tried', tried, { flags: ['--smoke', 'test -n "$CONTAINER"'] }), 1)
  })

  test('that only sends is a remark where it goes on and answers all that it was asked', async () => {
    const echo = `
import threading
try: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
except OSError: pass
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 5300))
def echo():
  while True: udp.sendto(*udp.recvfrom(2000))
threading.Thread(target=echo, daemon=True).start()`
    const result = await prove('raw-sends', echo)
    expectHardened(result, 1)
    expect(result.result.proof?.remarks.join('\n')).toContain('what it would send by a raw socket')
  })

  test('is no reason where something else stops it', async () => {
    const other = `try: ${open}\nexcept OSError: pass\nif os.getuid(): os._exit(3)`
    const { result } = await prove('raw-other', other)
    expect(result.verdict).toBe('incomplete')
  })
})

// capabilities(7): by its file alone, and not under no-new-privileges.
describe('a helper beside the server', () => {
  const helper = '/usr/lib/thing/pinger'
  const ping = `
import subprocess
code = "import socket, time\\ntry: s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\\nexcept OSError: raise SystemExit\\ntime.sleep(1e6)"
try: subprocess.Popen(["${helper}", "-c", code])
except OSError: pass`
  const installed = [
    'RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin && rm -rf /var/lib/apt/lists/*',
    `RUN mkdir /usr/lib/thing && cp "$(readlink -f /usr/bin/python3)" ${helper}`,
  ]
  const granted = 'run once more with --cap-drop=ALL --cap-add=NET_RAW, without no-new-privileges, does what'
  const toldOf = ({ result }: Hardening) => result.findings.find(({ outcome }) => outcome === 'todo')

  test('whose file gives it a raw socket keeps it where the profile grants it, which is proved', async () => {
    const image = [...installed, `RUN setcap cap_net_raw+ep ${helper}`]
    const proof = await prove('helper', ping, { image })
    expectVerdict(proof, { code: 1, verdict: 'incomplete' })
    const told = toldOf(proof)
    expect(told?.message).toContain(`${helper} takes NET_RAW: the result, ${granted} the original does`)
    expect(told?.hint).toMatch(/^two ways, both tried: grant it: leave out the RUN .*; or go without: /)
  })

  test('whose file gives it nothing is proved with setcap', async () => {
    const proof = await prove('bare-helper', ping, { image: installed })
    expectVerdict(proof, { code: 1, verdict: 'incomplete' })
    const told = toldOf(proof)
    expect(told?.message).toContain(`${helper} takes NET_RAW: the result, ${granted} the original does`)
    expect(told?.hint).toContain(
      `both tried: grant it: RUN setcap cap_net_raw+ep ${helper}, and run it with --cap-drop=ALL`,
    )
  })

  test('that is set-user-ID is proved as it is, and without', async () => {
    const image = [...installed.slice(1), `RUN chmod 4755 ${helper}`]
    const proof = await prove('setuid-helper', ping, { image })
    expectVerdict(proof, { code: 1, verdict: 'incomplete' })
    const told = toldOf(proof)
    expect(told?.message).toMatch(/ takes NET_RAW: .*set-user-ID bit.*does what the original does; without it, all but/)
    expect(told?.hint).toMatch(/^two ways, both tried: grant it: run it with --cap-drop=ALL --cap-add=NET_RAW/)
  })

  test('whose file gives it nothing, in an image without setcap, is not said to be proved', async () => {
    const proof = await prove('bare-helper-alone', ping, { image: installed.slice(1) })
    expectVerdict(proof, { code: 1, verdict: 'incomplete' })
    const told = toldOf(proof)
    expect(told?.message).toContain('--cap-add alone gives a user other than root nothing')
    expect(told?.hint).toContain('not tried: ')
    expect(`${told?.message} ${told?.hint}`).not.toContain('both tried')
  })
})

test('several service users become one, and the report says what that mixes', async () => {
  const setup = `
def service(uid, path):
    if os.fork(): return
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
    open(path, "a").write("x"); open(path).read()
    listening = socket.create_server(("", 9000 + uid % 10))
    while True: listening.accept()
service(777, "/var/lib/web/state")
service(778, "/var/lib/keys/secret")
try: os.setgroups([]); os.setgid(777); os.setuid(777)
except OSError: pass`
  const tolerant = setup.replace('os.setgroups([]); os.setgid(uid); os.setuid(uid)', 'become(uid)')
  const become = `
def become(uid):
    try: os.setgroups([]); os.setgid(uid); os.setuid(uid)
    except OSError: pass`
  const image = [
    'RUN useradd --system --uid 778 keys && install -d -o 777 -m 700 /var/lib/web && install -d -o 778 -m 700 /var/lib/keys',
  ]
  const proof = await prove('several', `${become}\n${tolerant}`, { image })
  expectHardened(proof, 1)
  const said = findings(proof)
  expect(said).toMatch(/(web \(777\) and keys \(778\)|keys \(778\) and web \(777\)) become one user, web/)
  expect(said).toMatch(/which ran as web, can now read and change \/var\/lib\/keys/)
})
