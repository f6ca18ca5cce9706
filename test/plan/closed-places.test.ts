// Places that make whoever writes them as good as root: none of them is given without a word, whatever says that it is written.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { places } from '../../catalogue/places.ts'
import { closedPlaceOf, closedPlacesIn, looksLikeFile } from '../../src/places.ts'
import { closedTo } from '../../src/plan/grants/closed.ts'
import { noCode } from '../../src/plan/grants/image-code.ts'
import { hardenText } from '../harden/support/cases.ts'
import type { BaseFile, FactsFile } from '../harden/support/facts.ts'
import { givenIn } from '../support/given.ts'

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
  '--writable with --unsafe': (path) => ({ facts: { policy: { writable: [path], unsafe: true } } }),
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
  return { path, result, paths: givenIn(added.join('\n')) }
}

/** What the user is given by commands of the result, but for what may only be gone through. */
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
      if (way === '--writable with --unsafe' && words.length > 0) {
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
      if (way.startsWith('--writable') && !isMounted)
        expect([path, result.findings.some(({ outcome }) => /todo|offered/.test(outcome))]).toEqual([path, true])
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
    expect(closedPlacesIn('/var/cache')).not.toEqual([])
    expect(['/run', '/var/log', '/srv'].flatMap(closedPlacesIn)).toEqual([])
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
    expect(givenIn(linked.output)).toEqual([])
    expect(linked.verdict).toBe('incomplete')
    expect(linked.findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\/data is not given to the user: \/etc\/cron\.d stays root's/),
    )
  })

  test('a link that a RUN makes is one too', () => {
    const linked = withBase({ files: ['drwxr-xr-x 0:0 /etc/cron.d'] }, 'RUN ln -s /etc/cron.d /data\nVOLUME /data')
    expect(givenIn(linked.output)).toEqual([])
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
    expect(givenIn(replaced.output)).toEqual([])
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
    expect(givenIn(tree.output)).toEqual([])
  })

  test('--own copied leaves what root runs, wherever WORKDIR makes a path lead', () => {
    const lines = 'WORKDIR /etc/cron.d\nCOPY jobs ./\nENV D=/root/.ssh\nCOPY keys $D/\nWORKDIR /app\nCOPY . .'
    const { output } = withBase({}, lines, { policy: { own: 'copied' } })
    expect(output.match(/^COPY.*/gm)).toEqual(['COPY jobs ./', 'COPY keys $D/', 'COPY --chown=10001:10001 . .'])
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
    expect(givenIn(output).filter((given) => isBelow(path, given))).toEqual([])
    expect(verdict).toBe('incomplete')
  })

  test('a volume around it lets the user make files, and replace none of it', () => {
    const { output } = started({}, 'VOLUME /app')
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
    expect(output).toMatch(/chown 10001:10001 \/app\/data( |$)/m)
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
    expect(output).not.toMatch(/chown [^&]*\/app\/lib/)
  })

  test("the caller's own word lets the user make files beside it, and the report says how to insist", () => {
    const { output, findings } = started({ policy: { writable: ['/app'] } })
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
    expect(findings.map(({ message, hint }) => `${message}; ${hint}`)).toContainEqual(
      expect.stringMatching(/^\/app is given so that the user makes files in it .* --unsafe gives it as a whole$/),
    )
  })

  test("the caller's own word with --unsafe gives it, and the report says what that means", () => {
    const { output, findings } = started({ policy: { writable: ['/app'], unsafe: true } })
    expect(output).toMatch(/chown 10001:10001 [^&]*\/app( |$)/m)
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\/app is given to the user as asked, although/),
    )
  })

  test('--own is a word about it', () => {
    const { output } = started({ policy: { own: 'workdir' } }, 'WORKDIR /app')
    expect(output).toMatch(/chown 10001:10001 [^&]*\/app( |$)/m)
  })

  test('unsafe: of a repository insists on nothing', () => {
    const { output } = started({ policy: { writable: ['/app'], unsafe: true, unsafeByRepository: true } })
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
  })

  test('the word of a repository does not', () => {
    const { output } = started({ policy: { writable: ['/app'], writableByRepository: ['/app'] } })
    expect(output).not.toMatch(/chown [^&]* \/app( |$)/m)
  })
})

/** Of items of a red team, and more of each kind. */
const BY_KIND: Readonly<Record<string, readonly string[]>> = {
  interpreters: [
    ...[
      '/etc/python3.13/',
      '/etc/python3/',
      '/root/.local/lib/python3.13/site-packages/',
      '/usr/local/share/perl/5.40.1/',
    ],
    ...['/etc/perl/', '/etc/R/', '/etc/jupyter/', '/usr/local/etc/php/conf.d/', '/etc/php/8.4/cli/conf.d/'],
    ...[
      '/root/.node_modules/',
      '/root/.node_libraries/',
      '/usr/local/share/lua/5.4/',
      '/etc/java-21-openjdk/',
      '/root/.ipython/',
    ],
  ],
  loaders: ['/etc/ld-musl-x86_64.path', '/etc/ld-musl-aarch64.path', '/etc/ld-musl-armhf.path'],
  shells: ['/root/.inputrc', '/root/.zlogout', '/root/.kshrc', '/etc/zlogin', '/etc/ksh.kshrc', '/etc/os-release'],
  schedulers: ['/etc/incron.d/', '/var/spool/incron/', '/etc/anacrontab', '/var/spool/fcron/', '/etc/fcron.conf'],
  services: [
    ...[
      '/etc/default/',
      '/etc/sysconfig/',
      '/etc/conf.d/',
      '/etc/dinit.d/',
      '/run/service/',
      '/var/service/',
      '/run/s6-rc/',
    ],
    ...['/etc/openrc/', '/etc/supervisord.d/', '/etc/rc.conf'],
  ],
  'tools of root': [
    ...[
      '/usr/local/cargo/',
      '/usr/local/cargo/bin/',
      '/root/.cargo/bin/',
      '/usr/local/rustup/',
      '/root/.nvm/',
      '/root/go/bin/',
    ],
    ...['/var/lib/gems/3.3.0/', '/etc/npmrc', '/etc/pip.conf', '/root/.npmrc', '/root/.config/pip/'],
  ],
  'sudo and PAM': ['/var/lib/sudo/', '/run/sudo/', '/etc/sudo.conf', '/etc/pam_env.conf', '/var/lib/extrausers/'],
  'tools by hand': [
    ...[
      '/etc/gitconfig',
      '/etc/vim/',
      '/root/.vimrc',
      '/root/.gdbinit',
      '/root/.tmux.conf',
      '/root/.screenrc',
      '/etc/mail.rc',
    ],
    ...['/etc/screenrc', '/etc/tmux.conf', '/etc/wgetrc', '/root/.config/nvim/', '/root/.exrc', '/etc/xdg/'],
  ],
  daemons: [
    ...['/etc/openvpn/', '/etc/fail2ban/', '/etc/postfix/', '/etc/aliases', '/etc/odbcinst.ini', '/etc/logrotate.conf'],
    ...['/etc/wireguard/', '/etc/keepalived/', '/etc/exim4/', '/etc/rsyslog.d/'],
  ],
}

describe.each(Object.entries(BY_KIND))('code of root by its kind: %s', (_, all) => {
  test.each(all)('%s is not given without a word', (place) => {
    for (const way of ['VOLUME in the Dockerfile', 'its start script', '--writable'])
      for (const isKnown of [true, false]) {
        const { path, result, paths } = hardened(place, way, isKnown)
        expect([way, isKnown, paths.filter((one) => isBelow(one, path))]).toEqual([way, isKnown, []])
        if (way !== 'its start script') expect([way, result.verdict]).toEqual([way, 'incomplete'])
      }
  })
})

test.each([
  ...[
    '/var/lib/mysql',
    '/etc/myapp',
    '/etc/nginx/conf.d',
    '/etc/ldap/slapd.d',
    '/etc/php/8.4/fpm/pool.d',
    '/root/.cache',
    '/root/.m2',
  ],
  ...[
    '/usr/local/cargo/registry',
    '/root/.npm',
    '/root/.local/share/app',
    '/root/.config/app',
    '/etc/rclone',
    '/etc/node_exporter',
  ],
])('%s is state as before', (path) => {
  expect(closedTo({ path, kind: 'own-directory' }, noCode)).toBeNull()
})

describe('what the environment makes code', () => {
  const BASE = 'example.org/base:1'
  const withEnv = (env: string, volume: string, rest: BaseFile = {}, facts: FactsFile = {}) =>
    hardenText(`FROM ${BASE}\nENV ${env}\nVOLUME ${volume}\n`, {
      ...facts,
      bases: { [BASE]: { like: 'debian', config: { cmd: ['app'], workdir: '/srv/app' }, ...rest } },
    })

  test.each([
    ...[
      ['PATH=/opt/tools/bin:/usr/bin', '/opt/tools/bin'],
      ['PATH=/opt/tools/bin:/usr/bin', '/opt/tools/bin/more'],
    ],
    ...[
      ['PATH=/opt/tools/bin:/usr/bin', '/opt/tools'],
      ['PYTHONPATH=/opt/py', '/opt/py'],
      ['PYTHONPATH=/opt/py:/opt/b', '/opt/b/pkg'],
    ],
    ...[
      ['PYTHONPATH=.', '/srv/app'],
      ['PYTHONSTARTUP=/opt/rc.py', '/opt/rc.py'],
      ['PYTHONUSERBASE=/opt/u', '/opt/u/lib'],
    ],
    ...[
      ['BASH_ENV=/opt/env.sh', '/opt/env.sh'],
      ['ENV=/opt/shinit', '/opt/shinit'],
      ['LD_LIBRARY_PATH=/opt/lib', '/opt/lib'],
    ],
    ...[
      ['LD_PRELOAD=/opt/l/x.so', '/opt/l/x.so'],
      ['NODE_PATH=/opt/nm', '/opt/nm'],
      ['NODE_OPTIONS=--require=/opt/r.js', '/opt/r.js'],
    ],
    ...[
      ['PERL5LIB=/opt/pl', '/opt/pl'],
      ['PERL5OPT="-I/opt -M/opt/x.pm"', '/opt/x.pm'],
      ['RUBYLIB=/opt/rb', '/opt/rb'],
      ['GEM_HOME=/opt/gem', '/opt/gem'],
    ],
    ...[
      ['CLASSPATH=/opt/j/a.jar:/opt/c', '/opt/c'],
      ['JAVA_TOOL_OPTIONS=-javaagent:/opt/a.jar', '/opt/a.jar'],
      ['GOPATH=/opt/go', '/opt/go/bin'],
    ],
    ...[
      ['XDG_CONFIG_HOME=/opt/conf', '/opt/conf'],
      ['XDG_CONFIG_HOME=/opt/conf', '/opt/conf/git'],
      ['XDG_CONFIG_DIRS=/opt/xdg', '/opt/xdg'],
    ],
    ...[
      ['ZDOTDIR=/opt/z', '/opt/z/.zshrc'],
      ['GIT_CONFIG_GLOBAL=/opt/gitc', '/opt/gitc'],
      ['R_LIBS=/opt/r', '/opt/r'],
      ['LUA_PATH="/opt/lua/?.lua;;"', '/opt/lua'],
    ],
    ...[
      ['PHP_INI_SCAN_DIR=:/opt/php.d', '/opt/php.d'],
      ['CARGO_HOME=/opt/cargo', '/opt/cargo/bin'],
    ],
  ] as const)('%s: VOLUME %s stays root’s', (env, volume) => {
    const { output, verdict } = withEnv(env, volume)
    expect(givenIn(output)).toEqual([])
    expect(verdict).toBe('incomplete')
  })

  test.each([
    ['XDG_CONFIG_HOME=/opt/conf', '/opt/conf/app'],
    ['XDG_DATA_HOME=/data', '/data'],
    ['PYTHONPATH=/srv/app', '/srv/app/data'],
    ['NODE_OPTIONS=--max-old-space-size=100', '/data'],
    ['GOPATH=/opt/go', '/opt/go/pkg/mod'],
  ])('%s: VOLUME %s is given', (env, volume) => {
    expect(givenIn(withEnv(env, volume).output)).toContain(volume)
  })

  test('a sticky folder in which a folder of PATH is missing lets anybody make it', () => {
    const rest = { files: ['drwxr-xr-x 0:0 /opt/tools', '-rw-r--r-- 0:0 /opt/tools/readme'] }
    expect(givenIn(withEnv('PATH=/opt/tools/bin:/usr/bin', '/opt/tools', rest).output)).toEqual([])
  })

  test('--own copied leaves what is searched to root', () => {
    const copied = (unsafe: boolean) =>
      hardenText(`FROM ${BASE}\nENV PYTHONPATH=/opt/py\nCOPY lib /opt/py/\nCOPY app /srv/app/\n`, {
        policy: { own: 'copied', unsafe },
        bases: { [BASE]: { like: 'debian', config: { cmd: ['app'] } } },
      }).output.match(/^COPY.*/gm)
    expect(copied(false)).toEqual(['COPY lib /opt/py/', 'COPY --chown=10001:10001 app /srv/app/'])
    expect(copied(true)?.[0]).toBe('COPY --chown=10001:10001 lib /opt/py/')
  })

  test('--writable with --unsafe gives it, with the reason against it', () => {
    const { output, findings } = withEnv(
      'PYTHONPATH=/opt/py',
      '/data',
      {},
      { policy: { writable: ['/opt/py'], unsafe: true } },
    )
    expect(givenIn(output)).toContain('/opt/py')
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\/opt\/py is given .* PYTHONPATH/),
    )
  })
})

describe('what an interpreter is told to run', () => {
  const ran = (
    cmd: readonly string[],
    files: readonly string[] = [],
    texts: BaseFile['texts'] = {},
    workdir = '/app',
  ) =>
    hardenText('FROM example.org/base:1\nVOLUME /app\n', {
      bases: {
        'example.org/base:1': {
          like: 'debian',
          config: { cmd: [...cmd], workdir, env: { PATH: '/usr/local/bin:/usr/bin' } },
          files: ['drwxr-xr-x 0:0 /app', ...files, ...Object.keys(texts).map((path) => `-rwxr-xr-x 0:0 ${path}`)],
          texts,
        },
      },
    }).output

  test.each([
    [['python3', '/app/x.py'], '/app/x.py'],
    [['python3', 'x.py'], '/app/x.py'],
    [['python3', '-m', 'x'], '/app/x.py'],
    [['gunicorn', 'x:app'], '/app/x.py'],
    [['node', '--require', '/usr/lib/a.js', 'x.js'], '/app/x.js'],
    [['perl', '-w', '/app/x'], '/app/x'],
    [['ruby', '/app/x.rb'], '/app/x.rb'],
    [['php', '-S', '0.0.0.0:80', '/app/x.php'], '/app/x.php'],
    [['java', '-jar', '/app/x.jar'], '/app/x.jar'],
    [['java', '-cp', '/app/x.jar:/app/lib/*', 'Main'], '/app/x.jar'],
    [['/bin/sh', '-c', 'exec python3 /app/x.py'], '/app/x.py'],
  ])('%j: the folder is sticky, and the file root’s', (cmd, file) => {
    const output = ran(cmd, [`-rw-r--r-- 0:0 ${file}`])
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
    expect(output).not.toMatch(/chown/)
  })

  test('what a shebang names is run', () => {
    const output = ran(['/usr/local/bin/start'], ['-rwxr-xr-x 0:0 /app/python'], {
      '/usr/local/bin/start': ['#!/app/python', 'pass'],
    })
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
  })

  test('what cron runs is code', () => {
    const output = ran(['app'], ['-rwxr-xr-x 0:0 /app/job'], { '/etc/cron.d/app': ['* * * * * root /app/job'] })
    expect(output).toMatch(/chmod 1775 \/app( |$)/m)
  })

  test('a file that it works on is no code', () => {
    expect(ran(['app', '/app/data.json'], ['-rw-r--r-- 0:0 /app/data.json'])).toMatch(/chown [^&]* \/app( |$)/m)
  })

  test('a volume for a program that nobody has seen is sticky, and made', () => {
    const { output } = hardenText('FROM example.org/unseen:1\nVOLUME /app\nCMD ["python3", "/app/x.py"]\n', {})
    expect(output).toMatch(/mkdir -p \/app/)
    expect(output).toMatch(/chmod 1775 \/app/)
    expect(output).not.toMatch(/chown [^&]*\/app/)
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
