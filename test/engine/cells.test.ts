// Each condition that a result is run under, by programs that stand it and programs that do not.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { laidOut } from '../../src/report/layout.ts'
import type { ReportCell } from '../../src/report/report.ts'
import { proofLines } from '../../src/report/text.ts'
import { type Hardening, hardenOne, withRunOptions } from './support/cli.ts'
import { buildText, docker, httpGet, runContainer, waitFor, withContainer } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'

/**
 * A web server on 8000 that answers what `answer()` says; as in deceptive.test.ts, each program is one difference. It
 * waits for nothing but its clients (None): one that looks twice a second whether to end is watched for ten.
 */
const HEAD = `import http.server, os, pwd, subprocess, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(answer()); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
def serve(port=8000): http.server.ThreadingHTTPServer(("", port), Page).serve_forever(None)
`
/** Whoever has it calls it: a write whose path nothing tells is asked about. */
const APPEND = `
def append(path):
    with open(path, "a+") as file:
        file.write("x")
`
const STATE = `${HEAD}${APPEND}
os.makedirs("/srv/state", exist_ok=True)
append("/srv/state/count")
def answer():
    append("/srv/state/count")
    return 200
serve()
`

interface Program {
  readonly source: string
  readonly lines?: readonly string[]
  readonly port?: number
}

const programs = {
  state: { source: STATE },
  volume: {
    source: `${HEAD}${APPEND}
path = "/data/count"
def answer():
    try: append(path)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        return 500
    return 200
os.umask(0o077)
append(path)
serve()
`.replace('\nappend(path)\nserve()', '\nanswer()\nserve()'),
    lines: ['VOLUME /data'],
  },
  'sets-its-folder': {
    source: `${HEAD}${APPEND}\nos.chmod("/data", 0o700)\nappend("/data/x")\ndef answer(): return 200\nserve()\n`,
    lines: ['VOLUME /data'],
  },
  'remembers-who-it-was': {
    source: `${HEAD}
path = "/data/owner"
if not os.path.exists(path):
    with open(path, "w") as file: file.write(str(os.getuid()))
def answer(): return 200 if open(path).read() == str(os.getuid()) else 500
serve()
`,
    lines: ['VOLUME /data'],
  },
  'asks-who-it-is': {
    source: `${HEAD}\nprint("I am", pwd.getpwuid(os.getuid()).pw_name)\ndef answer(): return 200\nserve()\n`,
  },
  'writes-beside-the-root': {
    source: `${HEAD}${APPEND}\ndef answer():\n    append("/count")\n    return 200\nappend("/count")\nserve()\n`,
  },
  'has-its-port-in-its-code': {
    source: `${HEAD}\ndef answer(): return 200\nhttp.server.ThreadingHTTPServer(("", 80), Page).serve_forever(None)\n`,
    port: 80,
  },
  'helps-itself-to-root': {
    source: `${HEAD}
def answer():
    who = subprocess.run(["/usr/local/bin/whoami-as-root", "-u"], capture_output=True, text=True).stdout.strip()
    return 200 if who == "0" else 500
serve()
`,
    lines: ['RUN cp /usr/bin/id /usr/local/bin/whoami-as-root && chmod 4755 /usr/local/bin/whoami-as-root'],
  },
  'only-works-for-root': {
    source: `${HEAD}\nif os.getuid() != 0: sys.exit("not for you")\ndef answer(): return 200\nserve()\n`,
  },
} as const satisfies Record<string, Program>

type Name = keyof typeof programs

const tagOf = (name: string): string => `harden-image-test/cells-${name}`

beforeAll(async () => {
  for (const [name, program] of Object.entries(programs) as [Name, Program][])
    await buildProgram(tagOf(name), program.source, {
      lines: program.lines ?? [],
      expose: String(program.port ?? 8000),
    })
})

afterAll(async () => {
  await docker(['image', 'rm', '--force', ...[...Object.keys(programs), 'result'].map(tagOf)])
})

const prove = (name: Name, ...flags: string[]): Promise<Hardening> => hardenOne(tagOf(name), ['--prove', ...flags])

/** `pass plain`, in the order of the report. */
function outcomes({ result }: Hardening): readonly string[] {
  return (result.proof?.cells ?? []).map(({ name, outcome }) => `${outcome} ${name}`)
}

function cell({ result }: Hardening, name: string): ReportCell {
  const found = result.proof?.cells.find((one) => one.name === name)
  if (found === undefined) throw new Error(`${name} is no cell: ${JSON.stringify(result.proof?.cells)}`)
  return found
}

/** The report of a person has the same. */
function expectTold(proved: Hardening, ...texts: readonly (string | RegExp)[]): void {
  const how = { paint: (_: unknown, text: string) => text, width: null, evidence: true }
  const lines = laidOut(proofLines(proved.result, how), null).join('\n')
  for (const text of texts) expect(lines).toMatch(text)
}

const PLAIN = 'plain'
const DROPPED = 'capabilities dropped, no new privileges'
const LOW_PORTS = 'the same, low ports refused'
const READ_ONLY = 'read-only root'
const ARBITRARY = 'arbitrary uid, group 0'
const FRESH = 'fresh volume'
const FILLED = 'volume previously written as root'
const MIGRATED = 'the same volume, given to the user once'
const POD = 'volume of a pod (fsGroup)'

describe('a program that keeps its state in a folder', () => {
  test('passes all but any uid, whose failure is said and does not count', async () => {
    const proved = await prove('state')
    expect([proved.result.verdict, proved.code]).toEqual(['hardened', 0])
    expect(outcomes(proved)).toEqual([
      `pass ${PLAIN}`,
      `pass ${DROPPED}`,
      `pass ${LOW_PORTS}`,
      `pass ${READ_ONLY}`,
      `fail ${ARBITRARY}`,
      `not asked ${FRESH}`,
      `not asked ${FILLED}`,
      `not asked ${MIGRATED}`,
    ])
    expect(cell(proved, READ_ONLY).reason).toBe('tmpfs on /home/app, tmpfs on /srv/state')
    expect(cell(proved, ARBITRARY)).toMatchObject({
      required: false,
      reason: expect.stringMatching(/denied.*--arbitrary-uid/is),
    })
    for (const name of [FRESH, FILLED, MIGRATED]) expect(cell(proved, name).reason).toMatch(/declares no volume/)
    expectTold(
      proved,
      /fail +arbitrary uid, group 0 \(does not count\): .*denied/i,
      /not asked +fresh volume: it declares no volume/,
    )
  })

  test('with --arbitrary-uid any uid can, and its group is what lets it', async () => {
    const proved = await prove('state', '--arbitrary-uid')
    expect([proved.result.verdict, proved.code]).toEqual(['hardened', 0])
    expect(proved.result.user).toMatchObject({ gid: 0 })
    expect(cell(proved, ARBITRARY)).toMatchObject({ outcome: 'pass', required: true })
    expect(cell(proved, LOW_PORTS)).toMatchObject({ outcome: 'pass', required: true })
    await buildText(proved.result.output, tagOf('result'))
    for (const options of [['--user', '1234567:0', '--cap-drop=ALL'], []])
      await withContainer(tagOf('result'), options, async ({ address }) => {
        expect((await waitFor(() => httpGet(address, 8000))).status).toBe(200)
      })
  })
})

describe('without a trace', () => {
  const PROFILE = join(import.meta.dirname, 'support', 'no-ptrace.json')

  test('where ptrace is forbidden, what docker diff shows is granted, and what was not compared is said', async () => {
    const proved = await withRunOptions([`--security-opt=seccomp=${PROFILE}`], (env) =>
      hardenOne(tagOf('state'), ['--prove'], { env }),
    )
    expect([proved.result.verdict, proved.code]).toEqual(['hardened', 0])
    expect(proved.result.output).toMatch(/(?:chown|install -d) .*\/srv\/state/)
    expect(proved.result.output).not.toContain('harden-trace')
    expectTold(proved, /not shown: not traced, so more is granted \(.*not permitted.*was not compared/i)
  })
})

test('a program that must know its user is not hardened for any uid, and its own words say why', async () => {
  const proved = await prove('asks-who-it-is', '--arbitrary-uid')
  expect([proved.result.verdict, proved.code, proved.result.proof?.passed]).toEqual(['incomplete', 1, false])
  expect(cell(proved, ARBITRARY)).toMatchObject({
    outcome: 'fail',
    required: true,
    reason: expect.stringMatching(/uid not found/),
  })
  expect(cell(proved, PLAIN).outcome).toBe('pass')
})

test('a volume: new it works; filled by root it does once it is given to the user, by the command that is told', async () => {
  const proved = await prove('volume')
  expect(proved.result.verdict).toBe('hardened')
  expect(cell(proved, FRESH)).toMatchObject({ outcome: 'pass', reason: expect.stringContaining('/data') })
  expect(cell(proved, FILLED)).toMatchObject({
    outcome: 'fail',
    required: false,
    reason: expect.stringMatching(/was 200.*is 500/),
  })
  expect(cell(proved, MIGRATED)).toMatchObject({ outcome: 'pass' })
  const { command = '' } = cell(proved, FILLED)
  expectTold(
    proved,
    /fail +volume previously written as root \(does not count\)/,
    new RegExp(`once: ${command.slice(0, 20)}`),
  )

  // As somebody would who has the original running.
  const volume = 'harden-image-test-cells'
  await buildText(proved.result.output, tagOf('result'))
  const ask = async (image: string): Promise<number> => {
    const { address, remove } = await runContainer(image, ['--volume', `${volume}:/data`])
    return waitFor(() => httpGet(address, 8000))
      .then(({ status }) => status)
      .finally(remove)
  }
  try {
    expect(await ask(tagOf('volume'))).toBe(200)
    expect(await ask(tagOf('result'))).toBe(500)
    const [program, ...words] = command.replace('VOLUME', volume).split(' ')
    expect(program).toBe('docker')
    await docker(words)
    expect(await ask(tagOf('result'))).toBe(200)
  } finally {
    await docker(['volume', 'rm', volume])
  }
})

test('a volume of a pod is not its own: one that sets the mode of it fails there, which does not count', async () => {
  const proved = await prove('sets-its-folder')
  expect(proved.result.verdict).toBe('hardened')
  expect(cell(proved, POD)).toMatchObject({
    outcome: 'fail',
    required: false,
    reason: expect.stringMatching(/not permitted/i),
  })
})

test('what a volume says of who filled it, no change of owner mends', async () => {
  const proved = await prove('remembers-who-it-was')
  expect(proved.result.verdict).toBe('hardened')
  expect(cell(proved, FRESH).outcome).toBe('pass')
  for (const name of [FILLED, MIGRATED])
    expect(cell(proved, name)).toMatchObject({
      outcome: 'fail',
      required: false,
      reason: expect.stringMatching(/was 200.*is 500/),
      command: expect.stringContaining('chown'),
    })
})

test('what is written where no mount can be fails with a read-only root, which does not count', async () => {
  const proved = await prove('writes-beside-the-root')
  expect(proved.result.verdict).toBe('hardened')
  expect(cell(proved, READ_ONLY)).toMatchObject({
    outcome: 'fail',
    required: false,
    reason: expect.stringMatching(/read-only file system/i),
  })
  expect(proved.result.proof?.result).toMatchObject({ readOnlyRootfs: false, tmpfs: [] })
  expectTold(proved, /fail +read-only root \(does not count\): .*read-only file system/i)
})

test('a low port in its code is had as Docker gives it, and where it is refused does not count', async () => {
  const proved = await prove('has-its-port-in-its-code')
  expect([proved.result.verdict, proved.code, proved.result.proof?.passed]).toEqual(['hardened', 0, true])
  expect(outcomes(proved).slice(0, 5)).toEqual([
    `pass ${PLAIN}`,
    `pass ${DROPPED}`,
    `fail ${LOW_PORTS}`,
    `pass ${READ_ONLY}`,
    `pass ${ARBITRARY}`,
  ])
  expect(cell(proved, LOW_PORTS)).toMatchObject({ required: false, reason: expect.stringMatching(/denied.*CRI-O/is) })
  const kept = proved.result.findings.find(({ transform }) => transform === 'raise-ports')
  expect(kept).toMatchObject({ outcome: 'note', hint: expect.stringMatching(/CRI-O.*write 8080 in \/.+ line \d+/) })
})

test('an image that is not root, and is root again by a helper, is not passed over', async () => {
  await buildText(`FROM ${tagOf('helps-itself-to-root')}\nUSER 65534:65534\n`, tagOf('result'))
  const { code, result } = await hardenOne(tagOf('result'), ['--prove'])
  expect([result.verdict, code, result.changed, result.proof?.passed]).toEqual(['incomplete', 1, false, false])
  expect(result.proof?.checks).toContainEqual(
    expect.objectContaining({ name: 'http :8000/', baseline: '200', result: '500', passed: false }),
  )
})

describe('the first conditions count', () => {
  test.each<[Name, readonly string[], RegExp]>([
    ['helps-itself-to-root', [`pass ${PLAIN}`, `fail ${DROPPED}`, `fail ${LOW_PORTS}`], /was 200, is 500/],
    ['only-works-for-root', [`fail ${PLAIN}`, `fail ${DROPPED}`, `fail ${LOW_PORTS}`], /not for you/],
  ])('%s', async (name, first, words) => {
    const proved = await prove(name)
    expect([proved.result.verdict, proved.code, proved.result.proof?.passed]).toEqual(['incomplete', 1, false])
    expect(outcomes(proved).slice(0, 3)).toEqual(first)
    expect(cell(proved, LOW_PORTS)).toMatchObject({ required: true, reason: expect.stringMatching(words) })
    // The rest was not run, and is not called anything else.
    for (const { outcome, reason } of proved.result.proof?.cells.slice(3) ?? [])
      expect([outcome, reason]).toEqual(['not asked', expect.stringMatching(/does not do what the original does/)])
    expectTold(proved, new RegExp(`fail +${LOW_PORTS}: `), words)
  })
})
