import { describe, expect, test } from '@jest/globals'
import { applySubstitutions } from '../../src/evidence/file-edit.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import type { Observation } from '../../src/plan/stage-input.ts'
import { planStepDown, type StepDownPlan } from '../../src/plan/step-down/step-down-plan.ts'
import { findStepDowns } from '../../src/start/step-down.ts'
import { image } from './image.ts'

function observed(opened: Observation['opened'], operations: readonly Operation[] = []): Observation {
  return { operations, bound: [], uids: [], programs: [], opened, home: '/root', needsRoot: null }
}

describe('a start script in a language that is not read', () => {
  const starting = (line: string) =>
    image({
      files: ['-rwxr-xr-x 0:0 /usr/bin/serve'],
      texts: { '/usr/bin/serve': ['#!/usr/bin/python3', line] },
      config: { cmd: ['serve'] },
    })
  const facts = starting('os.setuid(33)')
  const remarks = (observation: Observation | null, of = facts): readonly string[] =>
    planStepDown(findStepDowns(of), of, observation).remarks.map(({ message }) => message)

  test('is no question where nothing in it could switch', () => {
    expect(remarks(null, starting('import os'))).toEqual([])
    expect(remarks(null, starting('# setuid is for others'))).toEqual([])
  })

  test('is said not to be understood before a run, and where the run was not traced', () => {
    expect(remarks(null)).toEqual([expect.stringContaining('was not understood')])
    expect(remarks(observed(null))).toEqual([expect.stringContaining('was not understood')])
  })

  test('is no question any more once a trace has shown what it does', () => {
    expect(remarks(observed([]))).toEqual([])
  })
})

describe("a program's own switch of user", () => {
  const plan = (
    config: { cmd: string[] },
    texts: Record<string, readonly string[]>,
    operations: readonly Operation[],
  ): StepDownPlan => {
    const facts = image({
      passwd: ['root:x:0:0::/root:/x', 'web:x:33:33::/x:/x'],
      group: ['web:x:33:'],
      files: Object.keys(texts).map((path) => `-rw-r--r-- 0:0 ${path}`),
      texts,
      config,
    })
    return planStepDown(findStepDowns(facts), facts, observed(Object.keys(texts), operations))
  }
  const refused: Operation = {
    access: 'switch-user',
    path: null,
    outcome: 'refused',
    source: 'refused',
    detail: 'refused: setgid(33) = -1 EPERM',
  }
  const lines = ({ fileEdits }: StepDownPlan): readonly string[] =>
    fileEdits.flatMap(({ substitutions }) => substitutions.map(({ pattern }) => pattern.replaceAll('[[:space:]]*', '')))

  test.each<[string, Partial<Operation>, readonly string[], readonly string[]]>([
    [
      'and root was refused a file',
      { access: 'change-owner', uid: 0 },
      ['user root', 'group root'],
      ['^user root$', '^group root$'],
    ],
    ['and root was refused', { uid: 0 }, ['user = root', 'host = x'], ['^user = root$']],
    ['and somebody else was', { uid: 33 }, ['user root'], []],
    ['and a tool that hands files over was', { access: 'change-owner', uid: 0, by: '/bin/chown' }, ['user root'], []],
    ['as a word of another setting', { uid: 0 }, ['root /srv', 'allow root', 'user_agent root'], []],
  ])('lines that tell it to be root go where it is not, %s', (_, operation, text, gone) => {
    const texts = { '/etc/thing/thing.conf': text }
    expect(lines(plan({ cmd: ['thing'] }, texts, [{ ...refused, by: '/usr/bin/thing', ...operation }]))).toEqual(gone)
  })

  test.each<[string, readonly string[], readonly string[]]>([
    [
      'user and group lines, and a chroot',
      ['user = web', 'group = web', 'chroot = /srv', 'log = x'],
      ['^user = web$', '^group = web$', '^chroot = /srv$'],
    ],
    ['a line that names nobody of the image', ['user = visitor'], []],
  ])('%s, of a file that the trace saw opened', (_, text, gone) => {
    const texts = { '/etc/thing/thing.conf': text }
    expect(lines(plan({ cmd: ['thing'] }, texts, []))).toEqual([])
    expect(lines(plan({ cmd: ['thing'] }, texts, [refused]))).toEqual(gone)
  })

  test('of two commands in a text the one may be how the other begins', () => {
    const cmd = ['sh', '-c', 'chown web /srv/a && chown web /srv && exec thing']
    const guarded = (text: string): string => `{ [ "$(id -u)" != 0 ] || ${text}; }`
    const text = `${guarded('chown web /srv/a')} && ${guarded('chown web /srv')} && exec thing`
    expect(plan({ cmd }, {}, []).argv.cmd).toEqual(['sh', '-c', text])
  })

  test('a refused chroot alone is reason enough', () => {
    const texts = { '/etc/thing/thing.conf': ['user = web', 'chroot = /srv'] }
    const chroot: Operation = { ...refused, access: 'chroot', path: '/srv' }
    expect(lines(plan({ cmd: ['thing'] }, texts, [chroot]))).toEqual(['^user = web$', '^chroot = /srv$'])
  })

  test('an option stays where it was another known program that was refused', () => {
    const cmd = ['mysqld', '--user=web', '--log-bin']
    const texts = { '/etc/nginx/nginx.conf': ['user web;'] }
    const by = (program: string): Operation => ({ ...refused, by: program })
    expect(plan({ cmd }, texts, [by('/usr/sbin/nginx')]).argv.cmd).toBeNull()
    expect(plan({ cmd }, texts, [by('/usr/sbin/gosu')]).argv.cmd).toBeNull()
    expect(plan({ cmd }, texts, [by('/usr/sbin/mariadbd')]).argv.cmd).toEqual(['mysqld', '--log-bin'])
    expect(plan({ cmd }, texts, [by('/usr/bin/python3')]).argv.cmd).toEqual(['mysqld', '--log-bin'])
    expect(plan({ cmd }, texts, [refused]).argv.cmd).toEqual(['mysqld', '--log-bin'])
  })

  test('what an option decides besides the switch stays', () => {
    const without = (...cmd: string[]) => plan({ cmd }, {}, []).argv.cmd
    expect(without('mariadb-install-db', '--user=web', '--skip-test-db')).toEqual([
      'mariadb-install-db',
      '--auth-root-socket-user=web',
      '--skip-test-db',
    ])
    expect(without('mariadb-install-db', '--auth-root-socket-user=admin', '--user', 'web')).toEqual([
      'mariadb-install-db',
      '--auth-root-socket-user=admin',
    ])
    expect(without('mysql_install_db', '--user=web')).toEqual(['mysql_install_db'])
    expect(without('sh', '-c', 'mariadb-install-db --user=web && exec mariadbd --user=web')).toEqual([
      'sh',
      '-c',
      'mariadb-install-db --auth-root-socket-user=$(id -un) && exec mariadbd --user=web',
    ])
  })

  test('arguments that name an account', () => {
    const cmd = ['thing', '-u', 'web', '-g', 'web', '-f']
    expect(plan({ cmd }, {}, []).argv.cmd).toBeNull()
    expect(plan({ cmd }, {}, [refused]).argv.cmd).toEqual(['thing', '-f'])
    expect(plan({ cmd: ['thing', '--user', 'web.web', '-f'] }, {}, [refused]).argv.cmd).toEqual(['thing', '-f'])
  })

  test('a chroot that stands alone, in a file or in the arguments, once it is refused', () => {
    const chroot: Operation = { ...refused, access: 'chroot', path: '/srv' }
    const texts = { '/etc/thing/thing.conf': ['chroot_dir = /srv', 'log = x'] }
    expect(lines(plan({ cmd: ['thing'] }, texts, []))).toEqual([])
    expect(lines(plan({ cmd: ['thing'] }, texts, [chroot]))).toEqual(['^chroot_dir = /srv$'])
    const cmd = ['thing', '--chroot', '/srv', '-f']
    expect(plan({ cmd }, {}, []).argv.cmd).toBeNull()
    expect(plan({ cmd }, {}, [chroot]).argv.cmd).toEqual(['thing', '-f'])
  })

  test('any option of the program whose value is the account, or the folder, of what it was refused', () => {
    const by = '/usr/sbin/thing'
    const switched: Operation = { ...refused, gid: 33, by }
    const jailed: Operation = { ...refused, access: 'chroot', path: '/srv/jail', by }
    const cmd = ['thing', '-a', 'web', '-n', 'web2', '-c', '/srv/jail', '-d', '/srv/jail/data']
    expect(plan({ cmd }, {}, [{ ...switched, outcome: 'done' }]).argv.cmd).toBeNull()
    expect(plan({ cmd }, {}, [{ ...switched, gid: 34 }]).argv.cmd).toBeNull()
    expect(plan({ cmd }, {}, [{ ...switched, by: '/usr/sbin/other' }]).argv.cmd).toBeNull()
    const [, , , ...withoutUser] = cmd
    expect(plan({ cmd }, {}, [switched]).argv.cmd).toEqual(['thing', ...withoutUser])
    expect(plan({ cmd }, {}, [switched, jailed]).argv.cmd).toEqual(['thing', '-n', 'web2', '-d', '/srv/jail/data'])
    const docs = ['thing', '-d', '/srv/jail', '-u', 'web']
    expect(plan({ cmd: docs }, {}, [jailed]).argv.cmd).toEqual(['thing', '-d', '/srv/jail'])
    const shell = ['/bin/sh', '-c', 'exec thing -k $KEY -a web -f']
    expect(plan({ cmd: shell }, {}, [switched]).argv.cmd).toEqual(['/bin/sh', '-c', 'exec thing -k $KEY -f'])
  })

  test('what it names in the folder that it was locked into is found there all the same', () => {
    const by = '/usr/sbin/thing'
    const jailed: Operation = { ...refused, access: 'chroot', path: '/srv/jail', by }
    const did = (access: Operation['access'], path: string): Operation => ({ ...jailed, access, path, outcome: 'done' })
    const cmd = ['thing', '-r', '/srv/jail', '-l', '+/log,/etc/x', 'zone:ips']
    const used = [did('read', '/srv/jail/ips'), did('create-file', '/srv/jail/log'), did('read', '/etc/x')]
    const found = plan({ cmd }, {}, [jailed, ...used])
    expect(found.argv.cmd).toEqual(['thing', '-l', '+/srv/jail/log,/etc/x', 'zone:ips'])
    expect(found.jail).toBe('/srv/jail')
    // One that only locks itself in does nothing there.
    expect(plan({ cmd }, {}, [jailed])).toMatchObject({ jail: null, argv: { cmd: ['thing', ...cmd.slice(3)] } })
  })

  test('lines that say whom its files are given to, once the program could not', () => {
    const texts = {
      '/etc/thing.conf': [
        '$FileOwner root',
        '$FileGroup web',
        'dir_owner = nobody',
        '$FileCreateMode 0640',
        'user = web',
      ],
    }
    const owner = (by: string): Operation => ({
      ...refused,
      access: 'change-owner',
      path: '/var/log/x',
      made: true,
      by,
    })
    const gone = ['^\\$FileOwner root$', '^\\$FileGroup web$']
    expect(lines(plan({ cmd: ['thing'] }, texts, [owner('/usr/sbin/thing')]))).toEqual(gone)
    expect(lines(plan({ cmd: ['thing'] }, texts, [owner('/usr/bin/chown')]))).toEqual([])
    expect(lines(plan({ cmd: ['thing'] }, texts, [{ ...owner('/usr/sbin/thing'), outcome: 'done' }]))).toEqual([])
  })

  test('arguments in a start script, of the program that was refused and of no other', () => {
    const texts = { '/start.sh': ['#!/bin/sh', 'ps -u web', 'exec thing -u web -f'] }
    const edits = (by: string): readonly string[] =>
      plan({ cmd: ['/start.sh'] }, texts, [{ ...refused, by }]).fileEdits.flatMap(({ substitutions }) =>
        substitutions.map(({ pattern, replacement }) => `${pattern} -> ${replacement}`),
      )
    expect(edits('/usr/sbin/thing')).toEqual(['exec thing -u web -f -> exec thing -f'])
    expect(edits('/usr/sbin/other')).toEqual([])
  })
})

test('a start script that ends unless it is root is passed, and what only root can do in it is guarded', () => {
  const lines = ['#!/bin/sh', 'set -e', '[ "$(id -u)" = 0 ] || exit 1', 'chown web /data', 'exec thing']
  const facts = image({ files: [], texts: { '/start.sh': lines }, config: { cmd: ['/start.sh'] } })
  const { fileEdits } = planStepDown(findStepDowns(facts), facts, null)
  const changed = fileEdits.flatMap(
    ({ path, substitutions }) => applySubstitutions(lines.join('\n'), substitutions) ?? path,
  )
  expect(changed).toEqual([
    ['#!/bin/sh', 'set -e', 'true || exit 1', '{ [ "$(id -u)" != 0 ] || chown web /data; }', 'exec thing'].join('\n'),
  ])
})

test('a file is given capabilities only as root, where the script ends without', () => {
  const lines = ['#!/bin/sh', 'set -e', 'setcap cap_ipc_lock=+ep $(which thing)', 'setcap x y || true', 'exec thing']
  const facts = image({ files: [], texts: { '/start.sh': lines }, config: { cmd: ['/start.sh'] } })
  const { fileEdits } = planStepDown(findStepDowns(facts), facts, null)
  expect(fileEdits.flatMap(({ substitutions }) => substitutions.map(({ replacement }) => replacement))).toEqual([
    '{ [ "$(id -u)" != 0 ] || setcap cap_ipc_lock=+ep $(which thing); }',
  ])
})

describe('a start script that does several things as root', () => {
  const script = (...lines: readonly string[]): StepDownPlan => {
    const facts = image({
      files: [],
      texts: { '/start.sh': ['#!/bin/sh', 'set -e', ...lines] },
      config: { cmd: ['/start.sh'] },
    })
    return planStepDown(findStepDowns(facts), facts, null)
  }

  test('has one reason for what only root can do in it', () => {
    const { fileEdits } = script(
      'usermod -u "$PUID" web',
      'chown web /srv/x',
      'find /srv/y -exec chown web {} +',
      'su web -c prepare',
      'exec gosu web thing',
    )
    expect(fileEdits.map(({ reason }) => reason)).toEqual([
      'it starts as web already, and only root can run su and gosu; only root can usermod and chown, and the script ends when one of them fails',
    ])
  })

  test('gives nobody a folder that is called as a pattern', () => {
    const { needs } = script('chown -R web /srv/app/data "/srv/app/lib/*" /srv/app/etc/*')
    expect(needs.map(({ path }) => path)).toEqual(['/srv/app/data'])
  })
})
