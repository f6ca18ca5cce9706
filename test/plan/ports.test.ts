import { describe, expect, test } from '@jest/globals'
import { sedCommand } from '../../src/evidence/file-edit.ts'
import type { PortSources } from '../../src/plan/ports/decide-port.ts'
import { type PortPlan, planPorts } from '../../src/plan/ports/plan-ports.ts'
import { moveInArguments, movePort } from '../../src/plan/ports/port-arguments.ts'
import { helpMove } from '../../src/plan/ports/told-port.ts'
import { findStepDowns } from '../../src/start/step-down.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { image } from './image.ts'

describe('a port in a value', () => {
  test.each<[string, string]>([
    ['80', '8080'],
    [':80', ':8080'],
    ['0.0.0.0:80', '0.0.0.0:8080'],
    ['*:80', '*:8080'],
    ['[::]:80', '[::]:8080'],
    ['http://+:80', 'http://+:8080'],
    ['http://*:80;https://*:443', 'http://*:8080;https://*:443'],
    ['tcp://0.0.0.0:80/', 'tcp://0.0.0.0:8080/'],
    ['localhost:80', 'localhost:8080'],
    ['8080', '8080'],
    ['180', '180'],
    ['80m', '80m'],
    ['1.80', '1.80'],
    [':800', ':800'],
    ['10.0.0.80', '10.0.0.80'],
    ['', ''],
  ])('%s', (before, after) => {
    expect(movePort(before, 80, 8080)).toBe(after)
  })
})

test.each<[string, string]>([
  ['ldap:///', 'ldap://:8389/'],
  ['"ldap:///', '"ldap://:8389/'],
  ["ldap:///'", "ldap://:8389/'"],
  ['"ldap://0.0.0.0/"', '"ldap://0.0.0.0:8389/"'],
  ['ldap://other/', 'ldap://other/'],
  ['ldaps:///', 'ldaps:///'],
  ['ldapi:///', 'ldapi:///'],
])('a port that %s stands for', (before, after) => {
  expect(movePort(before, 389, 8389)).toBe(after)
})

describe('a port in the command', () => {
  test.each<[string[], string[]]>([
    [
      ['app', '--port', '80'],
      ['app', '--port', '8080'],
    ],
    [
      ['app', '--port=80'],
      ['app', '--port=8080'],
    ],
    [
      ['app', '-p', '80'],
      ['app', '-p', '8080'],
    ],
    [
      ['app', '-p80'],
      ['app', '-p8080'],
    ],
    [
      ['app', '--listen', '0.0.0.0:80'],
      ['app', '--listen', '0.0.0.0:8080'],
    ],
    [
      ['app', '--http.address=:80'],
      ['app', '--http.address=:8080'],
    ],
    [
      ['app', '--bind-addr', '80'],
      ['app', '--bind-addr', '8080'],
    ],
    [
      ['gunicorn', '-b', '0.0.0.0:80', 'app:app'],
      ['gunicorn', '-b', '0.0.0.0:8080', 'app:app'],
    ],
    [
      ['gunicorn', '-b', ':80'],
      ['gunicorn', '-b', ':8080'],
    ],
    [
      ['php', '-S', '0.0.0.0:80'],
      ['php', '-S', '0.0.0.0:8080'],
    ],
    [
      ['httpd', '-f', '-p', '80', '-h', '/www'],
      ['httpd', '-f', '-p', '8080', '-h', '/www'],
    ],
    [
      ['sh', '-c', 'exec app --port 80 && echo 80'],
      ['sh', '-c', 'exec app --port 8080 && echo 80'],
    ],
    [
      ['sh', '-c', 'app  --port=80'],
      ['sh', '-c', 'app  --port=8080'],
    ],
    [['--entrypoints.web.address=:80'], ['--entrypoints.web.address=:8080']],
    // Numbers that are no ports.
    [
      ['app', '80'],
      ['app', '80'],
    ],
    [
      ['app', '--workers', '80'],
      ['app', '--workers', '80'],
    ],
    [
      ['app', '--workers=80'],
      ['app', '--workers=80'],
    ],
    [
      ['app', '-n80'],
      ['app', '-n80'],
    ],
    [
      ['app', '--port', '8080'],
      ['app', '--port', '8080'],
    ],
    [
      ['app', '/srv/80/x'],
      ['app', '/srv/80/x'],
    ],
  ])('%j', (before, after) => {
    expect(moveInArguments(before, 80, 8080)).toEqual(after)
  })

  test('a stage without a command moves no port', () => {
    expect(moveInArguments(null, 80, 8080)).toBeNull()
  })
})

const nginx: BaseFile = {
  config: { cmd: ['nginx'], ports: ['80/tcp'] },
  texts: { '/etc/nginx/nginx.conf': ['listen 80;'], '/etc/other/x.conf': ['listen 80;'] },
}

function plan(base: BaseFile, sources: Partial<PortSources> = {}): PortPlan {
  return planPorts({
    facts: image(base),
    policy: 'raise',
    bound: null,
    programs: [],
    opened: null,
    vendor: () => null,
    ...sources,
  })
}

const show = ({ decisions }: PortPlan) =>
  decisions.map(({ from, to, protocol }) => `${from}/${protocol} ${to ?? 'kept'}`)
const tcp = (port: number) => ({ port, protocol: 'tcp' as const })

describe('the help of a program', () => {
  const base: BaseFile = { config: { cmd: ['thingd', '-f'], ports: ['53/udp'] } }
  const help =
    (text: string, facts = image(base)): NonNullable<PortSources['help']> =>
    (from, to, command) =>
      helpMove({ program: 'thingd', text }, { command, started: findStepDowns(facts).started }, from, to)
  const inScript = (...lines: string[]) => {
    const config = { cmd: ['/start.sh'], ports: ['53/udp'] }
    const script: BaseFile = { config, texts: { '/start.sh': ['#!/bin/sh', ...lines] } }
    return plan(script, { help: help('  -p port   listen there', image(script)) })
  }

  test('names the option, which goes behind the command', () => {
    const result = plan(base, { help: help('  -p port   listen there') })
    expect(show(result)).toEqual(['53/udp 8053'])
    expect(result.cmd).toEqual(['thingd', '-f', '-p', '8053'])
    expect(result.decisions[0]?.evidence.map(({ detail }) => detail).join()).toContain('-p port listen there')
  })

  test('a help that names no option for a port moves none', () => {
    expect(show(plan(base, { help: help('  -p file   the pid file') }))).toEqual(['53/udp kept'])
  })

  test('names one that the command has already: another port is set by it', () => {
    const set = { config: { cmd: ['thingd', '-p', '8853'], ports: ['53/udp'] } }
    expect(show(plan(set, { help: help('  -p port   listen there') }))).toEqual(['53/udp kept'])
  })

  test('moves one port of two, not both to the same option', () => {
    const two = { config: { cmd: ['thingd'], ports: ['53/udp', '953/tcp'] } }
    const result = plan(two, { help: help('  -p port   listen there') })
    expect(show(result)).toEqual(['53/udp 8053', '953/tcp kept'])
    expect(result.cmd).toEqual(['thingd', '-p', '8053'])
  })

  test.each<[string, string]>([
    ['exec thingd -d -u thing', 's/thingd -d/thingd -p 8053 -d/'],
    ['exec gosu thing /usr/sbin/thingd -d', 's#/usr/sbin/thingd -d#/usr/sbin/thingd -p 8053 -d#'],
    ['thingd /etc/thing.conf', 's#thingd /etc/thing\\.conf#thingd /etc/thing.conf -p 8053#'],
  ])('goes into the start script that starts it: %s', (line, sed) => {
    const result = inScript('mkdir -p /run/thing', line)
    expect(show(result)).toEqual(['53/udp 8053'])
    expect(result.fileEdits.map((edit) => sedCommand(edit, (word) => word).join(' '))).toEqual([
      `sed -i -E ${sed} /start.sh`,
    ])
    expect(result.cmd).toBeNull()
  })

  test.each<[string, string[]]>([
    ['it does not say which of two commands', ['thingd -d', 'thingd -f']],
    ['it has the option', ['exec thingd -p "$PORT"']],
    ['its name is all there is', ['exec thingd']],
    ['it starts something else', ['exec other -d']],
  ])('stays out of a script where %s', (_, lines) => {
    expect(show(inScript(...lines))).toEqual(['53/udp kept'])
  })
})

describe('after a run, the only place that sets the number', () => {
  const ran = (cmd: string[], texts: Record<string, string[]> = {}, changes: Partial<PortSources> = {}) => {
    const base: BaseFile = { config: { cmd, env: { LEVEL: '8' } }, texts }
    return plan(base, { bound: [tcp(80)], opened: Object.keys(texts), ...changes })
  }

  test.each<[string[], string[] | null]>([
    [
      ['thing', 'at=80/tcp'],
      ['thing', 'at=8080/tcp'],
    ],
    [
      ['thing', '-f0.0.0.0,80;plain', '-b127.0.0.1,8081'],
      ['thing', '-f0.0.0.0,8080;plain', '-b127.0.0.1,8081'],
    ],
    [
      ['thing', '-x80'],
      ['thing', '-x8080'],
    ],
    [
      ['thing', '80'],
      ['thing', '8080'],
    ],
    [['thing', '-b10.0.0.7,80'], null],
    [['thing', '/srv/80/x', '80%', '180', '80m', 'v80', '1.80'], null],
    [['thing', '80', '-y80'], null],
  ])('%j', (before, after) => {
    expect(ran(before).cmd).toEqual(after)
  })

  test('is said to be guessed, and is none where it was shown not to be', () => {
    const [decision] = ran(['thing', 'at=80/tcp']).decisions
    const detail = 'the only place that sets 80: "at=80/tcp" in CMD'
    expect(decision).toMatchObject({ to: 8080, guessed: true, reason: detail })
    expect(show(ran(['thing', 'at=80/tcp'], {}, { excluded: new Set([detail]) }))).toEqual(['80/tcp kept'])
  })

  test('is none of a known form that was shown not to set it', () => {
    const rc = { '/etc/thing/thing.conf': ['port 80'] }
    const excluded = new Set(['set by "port 80" in /etc/thing/thing.conf'])
    expect(show(ran(['thing'], rc, { excluded }))).toEqual(['80/tcp kept'])
    expect(ran(['thing', 'at=80'], rc, { excluded }).cmd).toEqual(['thing', 'at=8080'])
  })

  test('nobody guesses before a run, or for a port that nobody bound', () => {
    expect(show(plan({ config: { cmd: ['thing', 'at=80'], ports: ['80/tcp'] } }))).toEqual(['80/tcp kept'])
    const unbound = { bound: [tcp(81)] }
    expect(show(ran(['thing', 'at=80'], {}, unbound))).toEqual(['81/tcp kept'])
  })

  test('in a file that was read, not in a comment, in what it forwards to, or in code', () => {
    const rc = '/etc/thing/thing.rc'
    const lines = (...text: string[]) => ran(['thing'], { [rc]: text }).fileEdits.flatMap((edit) => edit.substitutions)
    expect(lines('# 80 doors', 'door 80,plain', 'wait 8').map(({ replacement }) => replacement)).toEqual([
      'door 8080,plain',
    ])
    expect(lines('door 80,plain', 'window 80')).toEqual([])
    expect(lines('proxy_pass 80')).toEqual([])
    const code = { '/usr/bin/thing': ['#!/usr/bin/python3', 'door = 80'], '/app/thing.js': ['door(80)'] }
    expect(ran(['thing'], code).fileEdits).toEqual([])
  })

  test('in the environment', () => {
    const base: BaseFile = { config: { cmd: ['thing'], env: { DOORS: '0.0.0.0#80' } } }
    const { env } = plan(base, { bound: [tcp(80)], opened: [] })
    expect(env.map(({ name, value }) => `${name}=${value}`)).toEqual(['DOORS=0.0.0.0#8080'])
  })

  test("comes before the program's help", () => {
    const help = () => ({ to: 8080, fileEdits: [], env: [], append: ['--port', '8080'], evidence: [] })
    expect(ran(['thing', 'at=80'], {}, { help }).cmd).toEqual(['thing', 'at=8080'])
    expect(ran(['thing'], {}, { help }).cmd).toEqual(['thing', '--port', '8080'])
  })
})

describe('after a run, a place of a known form', () => {
  const start = { '/usr/local/bin/start.sh': ['#!/bin/sh', 'exec busybox httpd -f -p 80 -h /srv'] }
  const ran = (texts: Record<string, string[]>, changes: Partial<PortSources> = {}) =>
    plan({ config: { cmd: ['start.sh'] }, texts }, { bound: [tcp(80)], opened: Object.keys(texts), ...changes })
  const replaced = ({ fileEdits }: PortPlan) =>
    fileEdits.flatMap(({ substitutions }) => substitutions.map(({ replacement }) => replacement))

  test('is found in the arguments of a start script', () => {
    expect(replaced(ran(start))).toEqual(['exec busybox httpd -f -p 8080 -h /srv'])
    expect(ran(start).decisions[0]?.guessed).toBeUndefined()
    const untraced = { opened: null, scripts: Object.keys(start) }
    expect(replaced(ran(start, untraced))).toEqual(['exec busybox httpd -f -p 8080 -h /srv'])
  })

  test('is moved wherever one line says it', () => {
    expect(replaced(ran({ '/etc/thing/thing.conf': ['listen: [ 0.0.0.0@80, ::@80 ]'] }))).toEqual([
      '0.0.0.0@8080',
      '::@8080',
    ])
  })

  test("is none in a program's own code", () => {
    const code = { '/app/server.py': ['port = 80'], '/usr/bin/thing': ['#!/usr/bin/env ruby', 'port = 80'] }
    expect(show(ran(code))).toEqual(['80/tcp kept'])
    expect(replaced(ran({ '/app/gunicorn.conf.py': ['bind = "0.0.0.0:80"'] }))).toEqual(['bind = "0.0.0.0:8080'])
  })

  test('is left as it is once it was shown not to set the port', () => {
    const rc = { '/etc/thing/thing.conf': ['port 80', 'listen 80'] }
    const excluded = new Set(['set by "port 80" in /etc/thing/thing.conf'])
    expect(replaced(ran(rc))).toEqual(['port 8080', 'listen 8080'])
    expect(replaced(ran(rc, { excluded }))).toEqual(['listen 8080'])
    const base: BaseFile = { config: { cmd: ['thing', '-p', '80'], env: { PORT: '80' } } }
    const places = new Set(['set by ENV PORT=80', 'set by an argument of CMD'])
    expect(show(plan(base, { bound: [tcp(80)], opened: [], excluded: places }))).toEqual(['80/tcp kept'])
  })
})

describe('which ports move, and where to', () => {
  test.each<[string, BaseFile, Partial<PortSources>, string[]]>([
    ['nothing is exposed', { config: { cmd: ['nginx'] } }, {}, []],
    ['ports that anybody may bind', { config: { ports: ['1024/tcp', '8080/tcp'] } }, {}, []],
    ['found', nginx, {}, ['80/tcp 8080']],
    ['not found', { config: { ports: ['80/tcp'], cmd: ['app'] } }, {}, ['80/tcp kept']],
    ['kept as asked for', nginx, { policy: 'keep' }, ['80/tcp kept']],
    ['seen, not exposed', { ...nginx, config: { cmd: ['nginx'] } }, { bound: [tcp(80)] }, ['80/tcp 8080']],
    ['exposed and seen', nginx, { bound: [tcp(80)] }, ['80/tcp 8080']],
    [
      'the next one is exposed',
      { ...nginx, config: { cmd: ['nginx'], ports: ['80/tcp', '8080/tcp'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'the next one is where it forwards to',
      { ...nginx, texts: { '/etc/nginx/nginx.conf': ['listen 80;', 'proxy_pass http://127.0.0.1:8080;'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'a comment speaks of the next one',
      { ...nginx, texts: { '/etc/nginx/nginx.conf': ['listen 80;', '  # proxy_pass http://127.0.0.1:8080;'] } },
      {},
      ['80/tcp 8080'],
    ],
    [
      'an argument says who listens on the next one',
      { config: { cmd: ['app', '-a', ':80', '-b', 'localhost:8080'], ports: ['80/tcp'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'address and port of who listens there stand beside each other',
      { ...nginx, texts: { '/etc/nginx/nginx.conf': ['listen 80;', '.host = "127.0.0.1";', '  .port = "8080";'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'the port of who listens there comes first',
      { ...nginx, texts: { '/etc/nginx/nginx.conf': ['listen 80;', '{ "db_port": 8080, "db_host": "localhost" }'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'an address and a longer number',
      { ...nginx, texts: { '/etc/nginx/nginx.conf': ['listen 80;', 'host = 127.0.0.1', 'port = 80801'] } },
      {},
      ['80/tcp 8080'],
    ],
    [
      'an argument says it with its address in brackets',
      { config: { cmd: ['app', '-a', ':80', '--backend=[127.0.0.1]:8080'], ports: ['80/tcp'] } },
      {},
      ['80/tcp 8081'],
    ],
    [
      'another machine has the next one',
      { config: { cmd: ['app', ':80', 'db:8080'], ports: ['80/tcp'] } },
      {},
      ['80/tcp 8080'],
    ],
    ['the next one is bound', nginx, { bound: [tcp(8080)] }, ['80/tcp 8081']],
    [
      'one of two',
      { config: { cmd: ['app', '-p', '80'], ports: ['80/tcp', '443/tcp'] } },
      {},
      ['80/tcp 8080', '443/tcp kept'],
    ],
    [
      'two protocols',
      { config: { cmd: ['dns', '--port', '53'], ports: ['53/tcp', '53/udp'] } },
      {},
      ['53/tcp 8053', '53/udp 8053'],
    ],
    ['set by ENV', { config: { cmd: ['app'], env: { PORT: '80' }, ports: ['80/tcp'] } }, {}, ['80/tcp 8080']],
    [
      'ENV of another thing',
      { config: { cmd: ['app'], env: { LEVEL: '80' }, ports: ['80/tcp'] } },
      {},
      ['80/tcp kept'],
    ],
    [
      'ENV that only ends like it',
      { config: { cmd: ['app'], env: { SUPPORT: '80' }, ports: ['80/tcp'] } },
      {},
      ['80/tcp kept'],
    ],
    ['a traced run that opened it', nginx, { opened: ['/etc/nginx/nginx.conf'] }, ['80/tcp 8080']],
    ['a traced run that did not', nginx, { opened: ['/etc/passwd'] }, ['80/tcp kept']],
  ])('%s', (_, base, sources, decisions) => {
    expect(show(plan(base, sources))).toEqual(decisions)
  })

  test('what sets one protocol needs what sets the other beside it, where the port is open in both', () => {
    const texts = { '/etc/thing/thing.conf': ['[defaults]', 'udp_ports = 88'] }
    const moved = (beside: boolean, ...ports: string[]) => {
      const daemon = () => ({ to: 8088, fileEdits: [], env: [], append: ['-t', '8088'], beside })
      const result = plan({ config: { cmd: ['thing'], ports }, texts }, { opened: Object.keys(texts), daemon })
      return [result.fileEdits.length, result.cmd]
    }
    expect(moved(true, '88/tcp', '88/udp')).toEqual([1, ['thing', '-t', '8088']])
    expect(moved(true, '88/udp')).toEqual([1, null])
    expect(moved(false, '88/tcp', '88/udp')).toEqual([1, null])
  })

  test('two low ports do not move to one', () => {
    const base: BaseFile = {
      config: {
        cmd: ['app', '--a=:80', '--b=:80x'],
        ports: ['80/tcp', '79/tcp', '8079/tcp'],
        env: { A_PORT: '79', B_PORT: '80' },
      },
    }
    const to = plan(base).decisions.map((decision) => decision.to)
    expect(new Set(to).size).toBe(to.length)
  })

  test('only the files of the program change', () => {
    expect(plan(nginx).fileEdits.map((edit) => edit.path)).toEqual(['/etc/nginx/nginx.conf'])
  })

  test("the vendor's own way comes first", () => {
    const edit = { path: '/v', substitutions: [], reason: 'v', purpose: 'port', evidence: [] } as const
    const vendor = () => ({ to: 9000, fileEdits: [edit], env: [], append: ['--port', '9000'] })
    const result = plan(nginx, { vendor })
    expect(show(result)).toEqual(['80/tcp 9000'])
    expect(result.fileEdits.map(({ path }) => path)).toEqual(['/v'])
    expect(result.cmd).toEqual(['nginx', '--port', '9000'])
  })

  describe("the vendor's own way", () => {
    const edit = {
      path: '/v',
      substitutions: [{ pattern: 'listen 80;', replacement: 'listen 8080;', global: false }],
      reason: 'v',
      purpose: 'port',
      evidence: [],
    } as const
    const vendor = () => ({ to: 8080, fileEdits: [edit], env: [], append: ['--port=:8080'] })

    test('goes to the next port where its own is taken', () => {
      const taken = { ...nginx, config: { cmd: ['nginx'], ports: ['80/tcp', '8080/tcp'] } }
      const result = plan(taken, { vendor })
      expect(show(result)).toEqual(['80/tcp 8081'])
      expect(result.fileEdits.map(({ substitutions }) => substitutions[0]?.replacement)).toEqual(['listen 8081;'])
      // A group, then the port.
      const stock = new Map([
        [
          80,
          {
            ...vendor(),
            fileEdits: [
              { ...edit, substitutions: [{ pattern: '(x)80', replacement: String.raw`\18080\2`, global: false }] },
            ],
          },
        ],
      ])
      expect(
        plan(taken, { stock }).fileEdits.flatMap(({ substitutions }) => substitutions.map((one) => one.replacement)),
      ).toContain(String.raw`\18081\2`)
      expect(result.cmd).toEqual(['nginx', '--port=:8081'])
    })

    test("moves the user's own file with it, and leaves to that what it would set by an argument", () => {
      const isShipped = (path: string) => path === '/etc/nginx/nginx.conf'
      expect(plan(nginx, { vendor, isShipped }).fileEdits.map(({ path }) => path)).toEqual([
        '/v',
        '/etc/nginx/nginx.conf',
      ])
      const byArgument = () => ({ to: 8080, fileEdits: [], env: [], append: ['--port=:8080'] })
      const result = plan(nginx, { vendor: byArgument, isShipped })
      expect([show(result), result.fileEdits.map(({ path }) => path), result.cmd]).toEqual([
        ['80/tcp 8080'],
        ['/etc/nginx/nginx.conf'],
        null,
      ])
    })

    test('that nothing reads any more leaves nothing to move', () => {
      expect(show(plan(nginx, { listed: () => 'unread' }))).toEqual([])
      expect(show(plan(nginx, { listed: () => 'unread', isShipped: () => true }))).toEqual(['80/tcp 8080'])
    })
  })

  test('of a port that stays it is said whether the original opened it', () => {
    const silent: BaseFile = { config: { cmd: ['thing'], ports: ['80/tcp'] } }
    const reason = (bound: PortSources['bound']) => plan(silent, { bound }).decisions.map((one) => one.reason)[0]
    expect(reason([tcp(81)])).toMatch(/; the original did not listen on it$/)
    expect([reason(null), reason([tcp(80)])].join()).not.toMatch(/did not listen/)
  })

  test('what moved in the command and the environment is said, the rest stays null', () => {
    const base: BaseFile = {
      config: { entrypoint: ['app', '-p', '80'], cmd: ['x'], env: { PORT: '80' }, ports: ['80/tcp'] },
    }
    const { entrypoint, cmd, env } = plan(base)
    expect({ entrypoint, cmd, env: env.map(({ name, value }) => `${name}=${value}`) }).toEqual({
      entrypoint: ['app', '-p', '8080'],
      cmd: null,
      env: ['PORT=8080'],
    })
  })
})
