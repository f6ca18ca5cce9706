/** How one daemon is told to switch to another user, in its configuration and on its command line. */
export interface Daemon {
  readonly name: string
  /** Names of its program. */
  readonly programs: readonly string[]
  /** Which files configure it. */
  readonly files: RegExp
  /** A line that names the user; groups `user` and, where it is in the same line, `group`. */
  readonly user: RegExp
  /** A line that names the group alone. */
  readonly group?: RegExp
  /** Options of the program that take the user: `-u x`, `-ux`, `--user=x`, `--user x`. */
  readonly options?: readonly string[]
  readonly groupOptions?: readonly string[]
  /** It stops, or starts nothing, where it may not become that user, told in either way; most only warn. */
  readonly insists?: true
}

/** Whether the daemon of this name, or of this program, stops over its `user` when it is not root. */
export function insistsOnUser(name: string): boolean {
  return daemons.some((daemon) => daemon.name === name && daemon.insists === true) || daemonOf(name)?.insists === true
}

const word = String.raw`["']?(?<user>[\w.$\{\}-]+)["']?`
const wordAsGroup = String.raw`["']?(?<group>[\w.$\{\}-]+)["']?`

/** `key = value`, as ini files and many others have it. */
function setting(key: string, value = word): RegExp {
  return new RegExp(`^[ \\t]*(?:${key})[ \\t]*=[ \\t]*${value}[ \\t]*(?:;[ \\t]*)?$`, 'm')
}

/** `key value`. */
function directive(key: string, value = word): RegExp {
  return new RegExp(`^[ \\t]*(?:${key})[ \\t]+${value}[ \\t]*(?:;[ \\t]*)?$`, 'm')
}

export const daemons: readonly Daemon[] = [
  {
    name: 'nginx',
    programs: ['nginx', 'openresty', 'nginx-debug'],
    files: /^(?=.*\/nginx\/).*\/[\w.-]+\.conf$|\/nginx\.conf$/s,
    user: /^[ \t]*user[ \t]+(?<user>[\w.-]+)(?:[ \t]+(?<group>[\w.-]+))?[ \t]*;/m,
  },
  {
    name: 'apache',
    programs: ['apache2', 'httpd', 'apachectl', 'apache2ctl', 'httpd-foreground', 'apache2-foreground'],
    files: /^(?=.*\/(?:apache2|httpd)\/).*\/(?:[\w.-]+\.conf|envvars)$|\/httpd\.conf$/s,
    user: new RegExp(`^[ \\t]*(?:(?:export[ \\t]+)?(?:: \\$\\{)?APACHE_RUN_USER:?=|[Uu]ser[ \\t]+)${word}`, 'm'),
    group: new RegExp(
      `^[ \\t]*(?:(?:export[ \\t]+)?(?:: \\$\\{)?APACHE_RUN_GROUP:?=|[Gg]roup[ \\t]+)${wordAsGroup}`,
      'm',
    ),
  },
  {
    name: 'php-fpm',
    programs: ['php-fpm'],
    files: /^(?=.*\/(?:php|php-fpm|fpm)[\w.-]*\/).*\/[\w.-]+\.conf$|\/php-fpm\.conf$/s,
    user: setting('user'),
    group: setting('group', wordAsGroup),
  },
  {
    name: 'supervisord',
    programs: ['supervisord'],
    files: /^(?=.*\/supervisor[\w.-]*\/).*\/[\w.-]+\.(?:conf|ini)$|\/supervisord?\.(?:conf|ini)$/s,
    user: setting('user'),
    insists: true,
  },
  {
    name: 'mysql',
    programs: ['mysqld', 'mysqld_safe', 'mariadbd', 'mariadbd-safe'],
    files: /^(?=.*\/(?:mysql|mariadb)[\w.-]*\/).*\/[\w.-]+\.(?:cnf|conf)$|\/(?:\.my|my)\.cnf$/s,
    user: setting('user'),
    options: ['--user', '-u'],
  },
  {
    name: 'mysql-install-db',
    programs: ['mariadb-install-db', 'mysql_install_db'],
    files: /(?!)/,
    user: /(?!)/,
    options: ['--user'],
    // It gives the folder to that user, and ends where it may not.
    insists: true,
  },
  {
    name: 'haproxy',
    programs: ['haproxy', 'haproxy-systemd-wrapper'],
    files: /^(?=.*\/haproxy[\w.-]*\/).*\/[\w.-]+\.(?:cfg|conf)$|\/haproxy\.cfg$/s,
    user: directive('user|uid'),
    group: directive('group|gid', wordAsGroup),
  },
  {
    name: 'unbound',
    programs: ['unbound'],
    files: /^(?=.*\/unbound\/).*\/[\w.-]+\.conf$/s,
    user: new RegExp(`^[ \\t]*username:[ \\t]*${word}`, 'm'),
    insists: true,
  },
  {
    name: 'lighttpd',
    programs: ['lighttpd'],
    files: /^(?=.*\/lighttpd\/).*\/[\w.-]+\.conf$|\/lighttpd\.conf$/s,
    user: setting(String.raw`server\.username`),
    group: setting(String.raw`server\.groupname`, wordAsGroup),
  },
  {
    name: 'memcached',
    programs: ['memcached'],
    files: /\/memcached[\w.-]*\.conf$/,
    user: new RegExp(`^[ \\t]*-u[ \\t]*${word}`, 'm'),
    options: ['-u', '--user'],
  },
  {
    name: 'squid',
    programs: ['squid', 'squid3'],
    files: /^(?=.*\/squid3?\/).*\/[\w.-]+\.conf$/s,
    user: directive('cache_effective_user'),
    group: directive('cache_effective_group', wordAsGroup),
  },
  {
    name: 'mosquitto',
    programs: ['mosquitto'],
    files: /^(?=.*\/mosquitto\/).*\/[\w.-]+\.conf$/s,
    user: directive('user'),
  },
  {
    name: 'dnsmasq',
    programs: ['dnsmasq'],
    files: /\/dnsmasq[\w.-]*(?:\/|$)/,
    user: setting('user'),
    group: setting('group', wordAsGroup),
    options: ['--user', '-u'],
    groupOptions: ['--group', '-g'],
  },
  { name: 'bind', programs: ['named'], files: /(?!)/, user: /(?!)/, options: ['-u'], insists: true },
  {
    name: 'slapd',
    programs: ['slapd'],
    files: /\/default\/slapd$/,
    user: setting('SLAPD_USER'),
    group: setting('SLAPD_GROUP', wordAsGroup),
    options: ['-u'],
    groupOptions: ['-g'],
    insists: true,
  },
  {
    name: 'chrony',
    programs: ['chronyd'],
    files: /^(?=.*\/chrony\/).*\.conf$|\/chrony\.conf$/s,
    user: directive('user'),
    options: ['-u'],
  },
  { name: 'ntpd', programs: ['ntpd'], files: /(?!)/, user: /(?!)/, options: ['-u'] },
  {
    name: 'webfs',
    programs: ['webfsd'],
    files: /\/webfsd\.conf$/,
    user: setting('web_user'),
    group: setting('web_group', wordAsGroup),
    options: ['-u'],
    groupOptions: ['-g'],
  },
  {
    name: 'powerdns',
    programs: ['pdns_server', 'pdns_recursor'],
    files: /^(?=.*\/(?:powerdns|pdns)\/).*\/[\w.-]+\.conf$/s,
    user: setting('setuid'),
    group: setting('setgid', wordAsGroup),
    options: ['--setuid'],
    groupOptions: ['--setgid'],
    insists: true,
  },
  {
    name: 'stunnel',
    programs: ['stunnel', 'stunnel4'],
    files: /^(?=.*\/stunnel[\w.-]*\/).*\/[\w.-]+\.conf$/s,
    user: setting('setuid'),
    group: setting('setgid', wordAsGroup),
    insists: true,
  },
  {
    name: 'proftpd',
    programs: ['proftpd'],
    files: /^(?=.*\/proftpd[\w.-]*\/).*\.conf$|\/proftpd[\w.-]*\.conf$/s,
    user: directive('User'),
    group: directive('Group', wordAsGroup),
  },
  {
    name: 'tor',
    programs: ['tor'],
    files: /\/torrc$|\/tor-service-defaults-torrc$/,
    user: directive('User'),
    insists: true,
  },
  {
    name: 'freeradius',
    programs: ['freeradius', 'radiusd'],
    files: /^(?=.*\/(?:freeradius|raddb)\/).*\/radiusd\.conf$/s,
    user: setting('user'),
    group: setting('group', wordAsGroup),
  },
  {
    name: 'zabbix',
    programs: ['zabbix_server', 'zabbix_agentd', 'zabbix_proxy'],
    files: /^(?=.*\/zabbix\/).*\/[\w.-]+\.conf$/s,
    user: setting('User'),
  },
  {
    name: 'rsyslog',
    programs: ['rsyslogd'],
    files: /^(?=.*\/rsyslog[\w.-]*\/).*\.conf$|\/rsyslog[\w.-]*\.conf$/s,
    user: directive(String.raw`\$PrivDropToUser`),
    group: directive(String.raw`\$PrivDropToGroup`, wordAsGroup),
  },
  {
    name: 'rsync',
    programs: ['rsync'],
    files: /\/rsyncd[\w.-]*\.conf$/,
    user: setting('uid'),
    group: setting('gid', wordAsGroup),
    // A module of another user answers nobody.
    insists: true,
  },
  {
    name: 'uwsgi',
    programs: ['uwsgi'],
    files: /^(?=.*\/uwsgi[\w.-]*\/).*\.ini$|\/uwsgi[\w.-]*\.ini$/s,
    user: setting('uid'),
    group: setting('gid', wordAsGroup),
    options: ['--uid'],
    groupOptions: ['--gid'],
  },
  {
    name: 'gunicorn',
    programs: ['gunicorn'],
    files: /(?!)/,
    user: /(?!)/,
    options: ['--user', '-u'],
    groupOptions: ['--group', '-g'],
    insists: true,
  },
]

/** By the name of its program; versions at the end do not count (php-fpm8.4). */
export function daemonOf(program: string): Daemon | null {
  return byProgram.get(program) ?? byProgram.get(program.replace(/(?<![\d.])[\d.]+$/, '')) ?? null
}

const byProgram = new Map(daemons.toReversed().flatMap((daemon) => daemon.programs.map((name) => [name, daemon])))
