// Places that make whoever writes them as good as root: none of them is given without a word, whatever says that it is written.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { places } from '../../catalogue/places.ts'
import { closedPlaceIn, closedPlaceOf, looksLikeFile } from '../../src/places.ts'
import { closedTo, noCode } from '../../src/plan/grants/closed.ts'
import { hardenText } from '../harden/support/cases.ts'
import type { BaseFile, FactsFile } from '../harden/support/facts.ts'

/** As Debian and Alpine lay them out; `/` at the end: a folder. */
const SENSITIVE = [
  ...[
    '/etc/cron.d/',
    '/etc/crontab',
    '/etc/cron.daily/',
    '/etc/cron.hourly/',
    '/etc/crontabs/',
    '/etc/periodic/15min/',
  ],
  ...[
    '/var/spool/cron/',
    '/var/spool/cron/crontabs/',
    '/var/spool/cron/crontabs/root',
    '/var/spool/at/',
    '/var/spool/',
  ],
  ...['/etc/profile', '/etc/profile.d/', '/etc/bash.bashrc', '/etc/environment', '/etc/skel/', '/etc/zsh/'],
  ...[
    '/etc/init.d/',
    '/etc/inittab',
    '/etc/rc.local',
    '/etc/rc3.d/',
    '/etc/runlevels/',
    '/etc/local.d/',
    '/etc/supervisor/',
  ],
  ...[
    '/etc/systemd/system/',
    '/lib/systemd/',
    '/lib/systemd/system/x.service',
    '/usr/lib/systemd/',
    '/etc/s6-overlay/',
  ],
  ...[
    '/etc/apt/',
    '/etc/apt/apt.conf.d/',
    '/etc/apt/sources.list',
    '/etc/apk/',
    '/etc/apk/repositories',
    '/etc/yum.repos.d/',
  ],
  ...['/var/lib/', '/var/lib/dpkg/', '/var/lib/dpkg/info/x.postinst', '/var/lib/apt/', '/var/lib/rpm/', '/lib/apk/db/'],
  ...['/etc/security/', '/etc/pam.d/', '/etc/sudoers', '/etc/sudoers.d/', '/etc/doas.conf', '/etc/nsswitch.conf'],
  ...['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/shadow-', '/etc/subuid'],
  ...['/etc/ld.so.preload', '/etc/ld.so.conf', '/etc/ld.so.conf.d/'],
  ...[
    '/etc/ssh/',
    '/etc/ssh/sshd_config',
    '/etc/ssl/certs/',
    '/etc/ssl/openssl.cnf',
    '/etc/ca-certificates/',
    '/etc/pki/tls/',
  ],
  ...['/usr/local/share/ca-certificates/', '/etc/hosts', '/etc/resolv.conf'],
  ...['/etc/udev/rules.d/', '/etc/modprobe.d/', '/etc/logrotate.d/', '/etc/alternatives/', '/etc/network/'],
  ...['/root/', '/root/.bashrc', '/root/.profile', '/root/.ssh/', '/root/.ssh/authorized_keys', '/root/.gitconfig'],
  ...[
    '/',
    '/etc/',
    '/usr/',
    '/usr/bin/',
    '/bin/',
    '/sbin/',
    '/usr/local/bin/',
    '/usr/local/sbin/',
    '/usr/local/bin/tool',
  ],
  ...['/lib/', '/lib64/', '/usr/lib/', '/lib/modules/', '/boot/', '/var/'],
  ...[
    '/run/docker.sock',
    '/var/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/run/crio/crio.sock',
    '/run/podman/podman.sock',
  ],
  ...['/dev/', '/dev/sda', '/proc/', '/proc/sysrq-trigger', '/sys/', '/sys/fs/cgroup/'],
]

const WAYS: Readonly<Record<string, (path: string, at: string) => Way>> = {
  'VOLUME in the Dockerfile': (path) => ({ line: `VOLUME ["${path}"]` }),
  'VOLUME of the image': (path) => ({ base: { config: { volumes: [path] } } }),
  'a write that was traced': (path, at) => ({
    facts: { observation: { operations: [`write ${at}`, `change-owner ${path}`] } },
  }),
  'a new file that was traced': (_, at) => ({
    facts: { observation: { operations: [`create-file ${at}`, `rename ${at}`] } },
  }),
  'a write that was refused': (_, at) => ({
    facts: { observation: { operations: [`refused write ${at}`, `refused create-file ${at}`] } },
  }),
  'its start script': (path, at) => ({
    base: {
      config: { entrypoint: ['/start.sh'] },
      texts: { '/start.sh': ['#!/bin/sh', `echo x > ${at}`, `mkdir -p ${path}`, 'exec app'] },
    },
  }),
  '--writable': (path) => ({ facts: { policy: { writable: [path] } } }),
  'writable: of a repository': (path) => ({ facts: { policy: { writable: [path], writableByRepository: [path] } } }),
}

const NOT_LOOKED_INTO = /^(VOLUME in|its start|--writable)/

interface Way {
  readonly line?: string
  readonly base?: BaseFile
  readonly facts?: FactsFile
}

/** The image has the place, as root's; not: nobody has looked into it. */
function hardened(place: string, way: string, isKnown: boolean) {
  const isFolder = place.endsWith('/')
  const path = place === '/' ? place : place.replace(/\/$/, '')
  const { line = '', base = {}, facts = {} } = WAYS[way]?.(path, isFolder ? `${place}x` : place) ?? {}
  const there =
    path === '/' || /^\/(dev|proc|sys)(\/|$)/.test(path)
      ? []
      : [`${isFolder ? 'drwxr-xr-x' : '-rw-r--r--'} 0:0 ${path}`]
  const image: BaseFile = { like: 'debian', ...base, files: there, config: { cmd: ['app'], ...base.config } }
  const { texts, ...rest } = image
  const bases = { 'example.org/base:1': { ...rest, ...(texts === undefined ? {} : { texts }) } }
  const script =
    base.texts === undefined || isKnown
      ? ''
      : `COPY <<"E" /start.sh\n${base.texts['/start.sh']?.join('\n')}\nE\nENTRYPOINT ["/start.sh"]\n`
  const volume = isKnown ? line : line || (base.config?.volumes === undefined ? '' : `VOLUME ["${path}"]`)
  const text = `FROM example.org/base:1\n${script}${volume}\nCMD ["app"]\n`
  const result = hardenText(text, isKnown ? { bases, ...facts } : facts)
  const own = new Set(text.split('\n'))
  const added = result.output.split('\n').filter((one) => !own.has(one))
  return { path, result, paths: given(added.join('\n')) }
}

/** What the user is given by commands of the result, but for what may only be gone through. */
function given(output: string): readonly string[] {
  const commands = output
    .split('\n')
    .flatMap((line) => line.match(/(chown|chgrp|chmod (?!go\+x|0?[0-7]*[0-5][15]\b)|touch|mkdir) [^&|;]*/g) ?? [])
  return commands.flatMap((command) => command.match(/(?<=\s)'?\/[^\s']*/g) ?? []).map((word) => word.replace(/^'/, ''))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`)
}

test('the list has what makes 67 places and more, and both spellings of them', () => {
  expect(SENSITIVE.length).toBeGreaterThanOrEqual(67)
  expect(new Set(SENSITIVE).size).toBe(SENSITIVE.length)
})

describe.each(Object.keys(WAYS))('%s', (way) => {
  test.each(SENSITIVE)('%s is not given without a word', (place) => {
    for (const isKnown of NOT_LOOKED_INTO.test(way) ? [true, false] : [true]) {
      const { path, result, paths } = hardened(place, way, isKnown)
      // Of some places only the folder itself is meant: what lies in it beside them may be a program's own.
      const isAlone = closedPlaceOf(`${path === '/' ? '' : path}/x`) === null
      const mine = paths.filter((one) => (isAlone ? one === path : isBelow(one, path)))
      const words = result.findings.filter(({ message }) => message.startsWith(`${path} is given to the user as asked`))
      if (way === '--writable' && words.length > 0) {
        expect(closedTo({ path, kind: 'own-directory' }, noCode)?.byOption).toBe(true)
        continue
      }
      expect(mine).toEqual([])
      // Nor a folder above it, in which it could be replaced.
      // A socket that an engine mounts is not replaced in a sticky folder.
      const isMount = closedPlaceOf(path)?.rule.alone === true
      expect(paths.filter((one) => one !== path && isBelow(path, one) && !isMount)).toEqual([])
      const isMounted = /^\/(dev|proc|sys)(\/|$)/.test(path)
      if (way.startsWith('VOLUME') && path !== '/' && !isMounted)
        expect([path, result.verdict]).toEqual([path, 'incomplete'])
      if (way === '--writable' && !isMounted)
        expect([path, result.findings.some(({ outcome }) => outcome === 'todo')]).toEqual([path, true])
    }
  })
})

describe('the list', () => {
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

  test('fits its schema', () => {
    const validate = new Ajv({ strict: true }).compile(json('schema/places.schema.json'))
    expect(validate(json('catalogue/places.json')) ? [] : validate.errors).toEqual([])
  })

  test('names no path twice, and patterns only in the last name', () => {
    const all = places.flatMap(({ paths }) => paths)
    expect(all.filter((path, index) => all.indexOf(path) !== index)).toEqual([])
    expect(all.filter((path) => /[*?[].*\//.test(path))).toEqual([])
  })

  test.each([
    ['/etc/cron.daily/logrotate', '/etc/cron.daily'],
    ['/etc/shadow-', '/etc/shadow-'],
    ['/etc/shadowsocks/config.json', null],
    ['/etc/rc5.d/S01x', '/etc/rc5.d'],
    ['/usr/share/nginx/html/x', null],
    ['/usr/share/nginx/x', '/usr/share'],
    ['/var/lib/mysql', null],
    ['/var/lib/dpkg/status', '/var/lib/dpkg'],
    ['/var/spool/postfix', null],
    ['/etc/nginx/conf.d/default.conf', null],
    ['/etc/ssl/private/key.pem', null],
    ['/run/nginx.pid', null],
  ])('%s lies in %s', (path, place) => {
    expect(closedPlaceOf(path)?.path ?? null).toBe(place)
  })

  test('a folder is closed by what its owner could replace in it, not by what is mounted there', () => {
    expect(closedPlaceIn('/var/cache')).not.toBeNull()
    expect([closedPlaceIn('/run'), closedPlaceIn('/var/log'), closedPlaceIn('/opt')]).toEqual([null, null, null])
  })
})

describe('no way round', () => {
  const BASE = 'example.org/base:1'
  const withBase = (base: BaseFile, rest = '', facts: FactsFile = {}) =>
    hardenText(`FROM ${BASE}\n${rest}\nCMD ["app"]\n`, {
      ...facts,
      bases: { [BASE]: { like: 'debian', config: { cmd: ['app'] }, ...base } },
    })

  test('a link to a closed place is the place', () => {
    const linked = withBase(
      { files: ['drwxr-xr-x 0:0 /etc/cron.d', 'lrwxrwxrwx 0:0 /data -> /etc/cron.d'] },
      'VOLUME /data',
    )
    expect(given(linked.output)).toEqual([])
    expect(linked.verdict).toBe('incomplete')
    expect(linked.findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\/data is not given to the user: \/etc\/cron\.d stays root's/),
    )
  })

  test('a link that a RUN makes is one too', () => {
    const linked = withBase({ files: ['drwxr-xr-x 0:0 /etc/cron.d'] }, 'RUN ln -s /etc/cron.d /data\nVOLUME /data')
    expect(given(linked.output)).toEqual([])
  })

  test('a file in a closed folder that is replaced gives nobody the folder', () => {
    const facts: FactsFile = {
      observation: { operations: ['rename /etc/logrotate.d/app', 'remove /etc/logrotate.d/app'] },
    }
    const replaced = withBase(
      { files: ['drwxr-xr-x 0:0 /etc/logrotate.d', '-rw-r--r-- 0:0 /etc/logrotate.d/app'] },
      '',
      facts,
    )
    expect(given(replaced.output)).toEqual([])
    expect(replaced.verdict).toBe('incomplete')
  })

  test('a tree holds no closed place', () => {
    const tree = withBase(
      { files: ['drwxr-xr-x 0:0 /var/lib', 'drwxr-xr-x 0:0 /var/lib/dpkg', 'drwxr-xr-x 0:0 /var/lib/app'] },
      '',
      {
        policy: { writable: ['/var'] },
      },
    )
    expect(given(tree.output)).toEqual([])
  })

  test('--own copied leaves what root runs, wherever WORKDIR makes a path lead', () => {
    const lines = 'WORKDIR /etc/cron.d\nCOPY jobs ./\nENV D=/root/.ssh\nCOPY keys $D/\nWORKDIR /app\nCOPY . .'
    const { output } = withBase({}, lines, { policy: { own: 'copied' } })
    expect(output.match(/COPY.*/g)).toEqual(['COPY jobs ./', 'COPY keys $D/', 'COPY --chown=10001:10001 . .'])
  })

  test('a cache of root below a USER line is not given to that user', () => {
    const { output, findings } = withBase(
      {},
      'USER 0\nRUN true\nUSER 10001:10001\nRUN --mount=type=cache,target=/var/cache/apt true\nUSER 0',
      {
        policy: { user: '10001:10001' },
      },
    )
    expect(output).not.toMatch(/uid=10001/)
    expect(findings.map(({ transform }) => transform)).toContain('own-mounts')
  })
})

describe('what the start of the image runs', () => {
  const BASE = 'example.org/base:1'
  const script = {
    texts: { '/app/start.sh': ['#!/bin/sh', '. /app/lib/env.sh', 'exec /app/server'], '/app/lib/env.sh': ['A=1'] },
  }
  const files = [
    'drwxr-xr-x 0:0 /app',
    'drwxr-xr-x 0:0 /app/data',
    '-rwxr-xr-x 0:0 /app/start.sh',
    '-rwxr-xr-x 0:0 /app/server',
    '-rw-r--r-- 0:0 /app/lib/env.sh',
  ]
  const started = (facts: FactsFile, volume = '') =>
    hardenText(`FROM ${BASE}\n${volume}\n`, {
      ...facts,
      bases: {
        [BASE]: {
          like: 'debian',
          ...script,
          files,
          config: { entrypoint: ['/app/start.sh'], env: { PATH: '/usr/bin:/opt/tools' } },
        },
      },
    })

  test.each(['/app/start.sh', '/app/lib/env.sh', '/app/server'])("%s is nobody else's to write", (path) => {
    const { output, verdict } = started({ observation: { operations: [`write ${path}`] } })
    expect(given(output)).toEqual([])
    expect(verdict).toBe('incomplete')
  })

  test('a volume around it lets the user make files, and replace none of it', () => {
    const { output } = started({}, 'VOLUME /app')
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
    expect(output).toMatch(/chown 10001:10001 \/app\/data( |$)/m)
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
    expect(output).not.toMatch(/chown [^&]*\/app\/lib/)
  })

  test("the caller's own word gives it, and the report says what that means", () => {
    const { output, findings } = started({ policy: { writable: ['/app'] } })
    expect(output).toMatch(/chown 10001:10001 [^&]*\/app( |$)/m)
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\/app is given to the user as asked with --writable, although/),
    )
  })

  test('the word of a repository does not', () => {
    const { output } = started({ policy: { writable: ['/app'], writableByRepository: ['/app'] } })
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
  })
})

test.each(['/app/app.conf', '/.env', '/root/.netrc', '/root/.gitconfig', '/srv/.initialised', '/srv/a.sock'])(
  '%s is the name of a file',
  (path) => {
    expect(looksLikeFile(path)).toBe(true)
  },
)

test.each(['/.cache', '/app/.file-cache', '/root/.config', '/root/.aws', '/etc/conf.d', '/data'])(
  '%s is the name of a folder',
  (path) => {
    expect(looksLikeFile(path)).toBe(false)
  },
)
