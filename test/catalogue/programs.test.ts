// All programs of the catalogue: their files against the schema, and a case of each. What a new one lacks fails here.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { programs } from '../../catalogue/index.ts'
import { parseImageConfig } from '../../src/image/config.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { programThatNeedsRoot } from '../../src/image/root-program.ts'
import { harden } from '../../src/index.ts'
import { findStepDowns } from '../../src/start/step-down.ts'

interface ProgramCase {
  /** A file of its configuration with a line that switches, and to whom. */
  readonly config?: readonly [path: string, text: string, user: string, group?: string]
  /** A command with an option that switches, and to whom. */
  readonly option?: readonly [command: string, user: string, group?: string]
  /** A command that only root can do. */
  readonly root?: string
  /** One that anybody can: needed where an argument decides. */
  readonly anybody?: string
}

const CASES: Readonly<Record<string, ProgramCase>> = {
  apache: {
    config: ['/etc/apache2/envvars', 'export APACHE_RUN_USER=www\nexport APACHE_RUN_GROUP=web\n', 'www', 'web'],
  },
  atd: { root: 'atd -f' },
  bind: { option: ['named -g -u bind', 'bind'] },
  buildkitd: { root: 'buildkitd --addr tcp://0.0.0.0:1234', anybody: 'buildkitd --rootless' },
  chrony: {
    config: ['/etc/chrony/chrony.conf', 'user _chrony\n', '_chrony'],
    option: ['chronyd -x -u _chrony', '_chrony'],
    root: 'chronyd -d',
    anybody: 'chronyd -d -x -U',
  },
  containerd: { root: 'containerd' },
  cron: { root: 'cron -f' },
  'device-managers': { root: 'smartd -n' },
  dhcpd: { root: 'dhcpd -f' },
  dnsmasq: {
    config: ['/etc/dnsmasq.d/own', 'user=dns\ngroup=net\n', 'dns', 'net'],
    option: ['dnsmasq -k --user=dns -g net', 'dns', 'net'],
    root: 'dnsmasq -k --dhcp-range=10.0.0.2,10.0.0.9',
    anybody: 'dnsmasq -k --port=5353',
  },
  dockerd: { root: 'dockerd', anybody: 'dockerd --rootless' },
  dovecot: { root: 'dovecot -F' },
  dropbear: { root: 'dropbear -F' },
  exim: { root: 'exim -bd -q15m', anybody: 'exim -t' },
  fail2ban: { root: 'fail2ban-server -f' },
  'file-system-mounts': { root: 'glusterd -N' },
  freeradius: { config: ['/etc/freeradius/3.0/radiusd.conf', '\tuser = freerad\n\tgroup = rad\n', 'freerad', 'rad'] },
  fuse: { root: 's3fs bucket /data -f' },
  gunicorn: { option: ['gunicorn -u app -g web app:app', 'app', 'web'] },
  haproxy: { config: ['/etc/haproxy/haproxy.cfg', 'global\n\tuid 99\n\tgroup haproxy\n', '99', 'haproxy'] },
  'host-watchers': { root: 'falco' },
  inetd: { root: 'xinetd -dontfork' },
  ip: { root: 'ip route add default via 10.0.0.1', anybody: 'ip route show' },
  ipsec: { root: 'charon' },
  kaniko: { root: '/kaniko/executor --no-push' },
  keepalived: { root: 'keepalived --dont-fork' },
  kubelet: { root: 'kubelet', anybody: 'k3s kubectl get pods' },
  libvirtd: { root: 'libvirtd' },
  lighttpd: {
    config: [
      '/etc/lighttpd/lighttpd.conf',
      'server.username = "www-data"\nserver.groupname = "web"\n',
      'www-data',
      'web',
    ],
  },
  login: { root: 'agetty tty1' },
  'mariadb-install-db': { option: ['mariadb-install-db --user=mysql', 'mysql'] },
  memcached: {
    config: ['/etc/memcached.conf', '-m 64\n-u memcache\n', 'memcache'],
    option: ['memcached -umem', 'mem'],
  },
  modprobe: { root: 'modprobe wireguard' },
  mosquitto: { config: ['/etc/mosquitto/conf.d/own.conf', 'user mosquitto\n', 'mosquitto'] },
  my_init: { root: '/sbin/my_init' },
  mysql: {
    config: ['/etc/mysql/my.cnf', '[mysqld]\nuser = mysql\n', 'mysql'],
    option: ['mysqld --user=mysql', 'mysql'],
  },
  'mysql-install-db': { option: ['mysql_install_db --user=mysql', 'mysql'] },
  'network-agents': { root: 'cilium-agent' },
  'network-clients': { root: 'dhclient eth0' },
  nfs: { root: 'rpc.nfsd --debug 8' },
  nginx: { config: ['/etc/nginx/nginx.conf', 'user web grp;\n', 'web', 'grp'] },
  ntpd: { option: ['ntpd -n -u ntp', 'ntp'], root: 'ntpd -x -n', anybody: 'ntpd --version' },
  openntpd: { root: 'ptp4l -i eth0', anybody: 'ptp4l --version' },
  opensmtpd: { root: '/usr/sbin/smtpd -d', anybody: '/usr/sbin/smtpd -n' },
  'package-managers': { root: 'apt-get install -y curl', anybody: 'apt-get --version' },
  'packet-capture': { root: 'tcpdump -i eth0', anybody: 'tcpdump -r capture.pcap' },
  'packet-filter': { root: 'iptables -A INPUT -j DROP', anybody: 'iptables --version' },
  'php-fpm': { config: ['/etc/php/8.4/fpm/pool.d/www.conf', 'user = www-data\ngroup = web\n', 'www-data', 'web'] },
  postfix: { root: 'postfix start-fg', anybody: 'postfix status' },
  powerdns: {
    config: ['/etc/powerdns/pdns.conf', 'setuid=pdns\nsetgid=dns\n', 'pdns', 'dns'],
    option: ['pdns_server --setuid=pdns --setgid=dns', 'pdns', 'dns'],
  },
  proftpd: { config: ['/etc/proftpd/proftpd.conf', 'User ftp\nGroup nogroup\n', 'ftp', 'nogroup'], root: 'proftpd -n' },
  rclone: { root: 'rclone mount remote: /data', anybody: 'rclone serve http remote:' },
  routing: { root: 'bird -f' },
  rsync: { config: ['/etc/rsyncd.conf', 'uid = data\ngid = files\n', 'data', 'files'] },
  rsyslog: { config: ['/etc/rsyslog.conf', '$PrivDropToUser syslog\n$PrivDropToGroup adm\n', 'syslog', 'adm'] },
  's6-overlay': { root: '/init' },
  samba: { root: 'smbd --foreground --no-process-group' },
  'shadowsocks-libev': { option: ['ss-server -s 0.0.0.0 -a nobody', 'nobody'] },
  slapd: {
    config: ['/etc/default/slapd', 'SLAPD_USER="openldap"\nSLAPD_GROUP="ldap"\n', 'openldap', 'ldap'],
    option: ['slapd -d 0 -u openldap -g ldap', 'openldap', 'ldap'],
  },
  snapd: { root: 'snapd' },
  squid: {
    config: ['/etc/squid/squid.conf', 'cache_effective_user proxy\ncache_effective_group web\n', 'proxy', 'web'],
  },
  sshd: { root: '/usr/sbin/sshd -D -e', anybody: '/usr/sbin/sshd -t' },
  stunnel: { config: ['/etc/stunnel/own.conf', 'setuid = stunnel4\nsetgid = tls\n', 'stunnel4', 'tls'] },
  supervisord: { config: ['/etc/supervisor/conf.d/nginx.conf', '[program:x]\nuser=app\n', 'app'] },
  systemd: { root: '/lib/systemd/systemd', anybody: 'systemd --user' },
  tailscaled: {
    root: 'tailscaled --tun=tailscale0',
    anybody: 'tailscaled --tun=userspace-networking --statedir=/data',
  },
  tor: { config: ['/etc/tor/torrc', 'User debian-tor\n', 'debian-tor'] },
  unbound: { config: ['/etc/unbound/unbound.conf', 'server:\n  username: "unbound"\n', 'unbound'] },
  uwsgi: {
    config: ['/etc/uwsgi/app.ini', 'uid = app\ngid = web\n', 'app', 'web'],
    option: ['uwsgi --uid app --gid web', 'app', 'web'],
  },
  vpn: { root: 'openvpn --config /etc/openvpn/client.conf', anybody: 'openvpn --version' },
  vsftpd: { root: 'vsftpd', anybody: 'vsftpd -orun_as_launching_user=YES' },
  webfs: {
    config: ['/etc/webfsd.conf', 'web_user="www"\nweb_group="web"\n', 'www', 'web'],
    option: ['webfsd -F -u www -g web', 'www', 'web'],
  },
  zabbix: { config: ['/etc/zabbix/zabbix_agentd.conf', 'User=zabbix\n', 'zabbix'] },
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const ajv = new Ajv2020({ strict: true, strictRequired: false })
addFormats.default(ajv)
const validate = ajv.compile(json('schema/program.schema.json'))
const files = readdirSync('catalogue/programs').filter((file) => file.endsWith('.json'))

describe('files', () => {
  test.each(files)('%s fits the schema, and has the name of what it is about', (file) => {
    const program = json(`catalogue/programs/${file}`)
    expect(validate(program) ? [] : validate.errors).toEqual([])
    expect(`${program.name}.json`).toBe(file)
  })

  test('every file has its line in index.ts, and they are sorted', () => {
    expect(programs.map(({ name }) => name)).toEqual(files.map((file) => file.replace('.json', '')).sort())
  })

  test('every program is in one file, and none has no name and no path', () => {
    const names = programs.flatMap((rule) => [...rule.programs, ...(rule.paths ?? [])])
    expect(new Set(names).size).toBe(names.length)
    for (const rule of programs) expect(rule.programs.length + (rule.paths ?? []).length).toBeGreaterThan(0)
  })

  test('the schema refuses what would be misread', () => {
    const told = { name: 'x', programs: ['x'], source: 'x(8)' }
    const bad = [
      told,
      { ...told, stepDown: { options: ['-u'] }, source: undefined },
      { ...told, stepDown: { options: ['u'] } },
      { ...told, stepDown: { user: { setting: ['user'] } } },
      { ...told, stepDown: { files: ['/etc/x.conf'], user: { setting: ['user'] } } },
      { ...told, stepDown: { files: ['**/x.conf'], user: { setting: ['user'], directive: ['user'] } } },
      { ...told, stepDown: { files: ['**/x.conf'], user: { pattern: 'user' } } },
      { ...told, needsRoot: { reason: 'x', capabilities: ['CAP_SYS_ADMIN'], advice: 'x' } },
    ]
    for (const program of bad) expect(validate(JSON.parse(JSON.stringify(program)))).toBe(false)
  })
})

describe('cases', () => {
  test('every program has one for each thing that is said of it', () => {
    const wanted = programs.flatMap(({ name, stepDown, needsRoot }) => [
      ...(stepDown?.files === undefined ? [] : [`${name}: config`]),
      ...(stepDown?.options === undefined ? [] : [`${name}: option`]),
      ...(needsRoot === undefined ? [] : [`${name}: root`]),
      ...(needsRoot?.onlyWith === undefined &&
      needsRoot?.unless?.some(({ argument }) => argument !== undefined) !== true
        ? []
        : [`${name}: anybody`]),
    ])
    const given = Object.entries(CASES).flatMap(([name, parts]) => Object.keys(parts).map((part) => `${name}: ${part}`))
    expect(given.sort()).toEqual(wanted.sort())
  })

  const found = (argv: readonly string[], texts: Readonly<Record<string, string>>) => {
    const entry: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }
    const model = createFileModel(
      new Map(Object.keys(texts).map((path) => [path, entry])),
      new Map(Object.entries(texts)),
    )
    const config = parseImageConfig({ Cmd: argv })
    return findStepDowns({ config, files: { known: true, value: model } }).stepDowns
  }

  test.each(Object.entries(CASES).flatMap(([name, { config }]) => (config === undefined ? [] : [[name, ...config]])))(
    '%s switches by %s',
    (name = '', path = '', text = '', user = '', group) => {
      const program = programs.find((rule) => rule.name === name)?.programs[0] ?? ''
      const switches = found([program], { [path]: text })
      expect(switches).toEqual([expect.objectContaining({ kind: 'directive', tool: name, path, user, started: true })])
      expect(switches[0]?.group).toBe(group ?? null)
    },
  )

  test.each(Object.entries(CASES).flatMap(([name, { option }]) => (option === undefined ? [] : [[name, ...option]])))(
    '%s switches by its option: %s',
    (_, command = '', user = '', group) => {
      const argv = command.split(' ')
      expect(found(argv, {})).toEqual([
        expect.objectContaining({ kind: 'argv', tool: argv[0], user, group: group ?? null }),
      ])
    },
  )

  const fileKnown = (path: string) => path === '/etc/s6/init'
  const needsRoot = (command: string) => {
    const words = command.split(' ')
    return programThatNeedsRoot(programs, words.slice(0, 1), words, fileKnown)?.rule
  }

  test.each(Object.entries(CASES))('%s needs root where it does', (name, { root, anybody }) => {
    if (root !== undefined) expect(needsRoot(root)).toBe(programs.find((rule) => rule.name === name)?.needsRoot)
    if (anybody !== undefined) expect(needsRoot(anybody)).toBeUndefined()
  })

  test.each([
    ['/srv/phpixie/nginx.conf', 'user web;\n', 'nginx'],
    ['/etc/supervisor/conf.d/nginx.conf', '[program:x]\nuser=web\n', 'supervisord'],
    ['/etc/supervisor/conf.d/memcached.conf', '[program:x]\nuser=web\n', 'supervisord'],
    ['/etc/memcached-web.conf', '-u web\n', 'memcached'],
  ])('%s is read by whom its line is of', (path, text, tool) => {
    expect(found(['x'], { [path]: text })).toEqual([expect.objectContaining({ tool, user: 'web' })])
  })
})

describe('what needs root', () => {
  const started = (command: string) => {
    const words = command.split(' ')
    return programThatNeedsRoot(programs, words.slice(0, 1), words, null)?.program ?? null
  }

  test.each([
    'cron -f',
    '/usr/sbin/crond -f -d 8',
    '/usr/sbin/sshd -D -e',
    '/lib/systemd/systemd',
    '/sbin/init',
    '/init',
    '/sbin/my_init',
    'dockerd',
    'buildkitd --addr tcp://0.0.0.0:1234',
    'containerd',
    'openvpn --config /etc/openvpn/client.conf',
    'wg-quick up wg0',
    'tailscaled --tun=tailscale0',
    'charon',
    'rpc.nfsd --debug 8',
    'smbd --foreground --no-process-group',
    'postfix start-fg',
    '/usr/lib/postfix/sbin/master -i',
    'exim -bd -q15m',
    'dovecot -F',
    'chronyd -d',
    'ntpd -x -n',
    'keepalived --dont-fork',
    'kubelet',
    'calico-node -felix',
    'cilium-agent',
    'snapd',
    'dnsmasq -k --dhcp-range=10.0.0.2,10.0.0.9',
    'tcpdump -i eth0',
    'rclone mount remote: /data',
  ])('%s must stay root', (command) => {
    expect(started(command)).toBe(command.split(' ')[0])
  })

  test.each([
    'supercronic /etc/crontab',
    '/app/cron -f',
    './sshd',
    '/usr/sbin/sshd -t',
    'systemd --user',
    'dockerd --rootless',
    'rootlesskit buildkitd',
    'tailscaled --tun=userspace-networking --statedir=/data',
    'chronyd -d -x -U',
    'dnsmasq -k --port=5353',
    'tcpdump -r capture.pcap',
    'rclone serve http remote:',
    '/opt/app/master',
    'master -c x',
    'sendmail -t',
    'postfix status',
    'nginx -g cron',
    'tini -- cron-exporter',
    'init',
  ])('%s need not', (command) => {
    expect(started(command)).toBeNull()
  })

  test('/init is s6-overlay by its files', () => {
    const init = (files: readonly string[]) =>
      programThatNeedsRoot(programs, ['/init'], ['/init'], (path) => files.includes(path))
    expect(init(['/etc/s6/init'])?.rule.rootlessTwin).toBe('s6-overlay 3')
    expect(init(['/package/admin/s6-overlay'])).toBeNull()
    expect(init([])).toBeNull()
  })

  const PASSWD = 'root:x:0:0::/root:/bin/sh\nftp:x:900:900::/srv/ftp:/bin/false\nweb:x:901:901::/:/bin/false\n'
  const PROFTPD = [
    'User ftp',
    'Group ftp',
    'AuthOrder mod_auth_file.c',
    'AuthUserFile /etc/proftpd/ftpd.passwd',
    '# DefaultRoot ~',
  ].join('\n')
  const DOVECOT = [
    'default_internal_user = vmail',
    'default_login_user = vmail',
    'mail_uid = vmail',
    'service imap-login {',
    '  chroot =',
    '}',
    'passdb {',
    '  driver = passwd-file',
    '}',
  ].join('\n')
  const ONE = 'ann:$5$x:900:900::/srv/ftp:/bin/false\nbob:$5$x:900:900::/srv/ftp:/bin/false\n'
  const configured = (program: string, texts: Readonly<Record<string, string>>): boolean => {
    const entry: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }
    const all = { '/etc/passwd': PASSWD, ...texts }
    const model = createFileModel(new Map(Object.keys(all).map((path) => [path, entry])), new Map(Object.entries(all)))
    return programThatNeedsRoot(programs, [program], [program], (path) => model.exists(path), model) !== null
  }

  test.each<[string, boolean, string, string]>([
    ['all who log in are who it runs as', false, PROFTPD, ONE],
    ['two of them have different uids', true, PROFTPD, `${ONE}eve:$5$x:901:901::/:/bin/false\n`],
    ['they are another user', true, PROFTPD.replace('User ftp', 'User web'), ONE],
    ['nobody has seen who they are', true, PROFTPD, ''],
    ['accounts of the system may log in too', true, PROFTPD.replace(/^AuthOrder.*$/m, ''), ONE],
    ['it locks them in', true, PROFTPD.replace('# DefaultRoot', 'DefaultRoot'), ONE],
    ['it knows anonymous users', true, `${PROFTPD}\n<Anonymous ~ftp>\n</Anonymous>`, ONE],
    ['it says so of root', true, PROFTPD.replace('User ftp', 'User root'), ONE],
    ['it is as its package brings it', true, 'User proftpd\nGroup nogroup\n', ONE],
  ])('proftpd: %s', (_, root, config, list) => {
    const texts = { '/etc/proftpd/proftpd.conf': config, '/etc/proftpd/ftpd.passwd': list }
    expect(configured('proftpd', texts)).toBe(root)
  })

  test.each<[string, boolean, string]>([
    ['all its parts are one user, and no root folder is changed', false, DOVECOT],
    ['the accounts of the system are asked', true, DOVECOT.replace('passwd-file', 'pam')],
    ['its login runs as its own user', true, DOVECOT.replace(/^default_login_user.*$/m, '')],
    ['its login changes its root folder', true, DOVECOT.replace('chroot =', 'chroot = login')],
    ['whose the mail is stands nowhere', true, DOVECOT.replace(/^mail_uid.*$/m, '')],
    ['other files are included', true, `${DOVECOT}\n!include conf.d/*.conf`],
    ['it is as its package brings it', true, '!include conf.d/*.conf\n'],
  ])('dovecot: %s', (_, root, config) => {
    expect(configured('dovecot', { '/etc/dovecot/dovecot.conf': config })).toBe(root)
  })

  test('of files that nobody has seen a vendor‘s entry knows more than the name of a program', () => {
    const said = (dockerfile: string) => JSON.stringify(harden({ dockerfile }).findings)
    expect(said('FROM lscr.io/linuxserver/sonarr\n')).toMatch(/PUID and PGID/)
    expect(said('FROM lscr.io/linuxserver/sonarr\n')).not.toContain('s6-overlay 2')
    expect(said('FROM example.org/app\nENTRYPOINT ["/init"]\n')).toContain('its files are not known')
  })

  test('a base name is the program whose path stands in the command', () => {
    const found = (program: string, command: string) =>
      programThatNeedsRoot(programs, [program], command.split(' '), null)?.program
    expect(found('cron', 'tini -- /usr/sbin/cron -f')).toBe('cron')
    expect(found('cron', 'tini -- /app/cron -f')).toBeUndefined()
    expect(found('init', '/init')).toBe('init')
  })
})
