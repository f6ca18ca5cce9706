// Ports that a daemon binds without being told: each rule with a start that it moves, and one that says the port itself.
import { expect, test } from '@jest/globals'
import { daemonPorts } from '../../catalogue/index.ts'
import { harden } from '../../src/index.ts'
import { daemonMove } from '../../src/plan/ports/told-port.ts'
import { image } from '../plan/image.ts'

/** How it starts, its configuration as `PATH TEXT`, and what comes of it. */
interface PortCase {
  readonly ports: string
  readonly cmd: readonly string[]
  readonly config?: readonly [path: string, ...lines: string[]]
  /** In the text that comes out. */
  readonly moved: RegExp
}

const CASES: readonly PortCase[] = [
  {
    ports: '53 53/udp',
    cmd: ['unbound', '-d'],
    config: ['/etc/unbound/unbound.conf', 'server:', '  interface: 0.0.0.0'],
    moved: /sed .*server.*port: 8053/,
  },
  {
    ports: '53',
    cmd: ['unbound', '-d', '-c', '/opt/own.conf'],
    config: ['/opt/own.conf', 'server:', '  interface: 0.0.0.0'],
    moved: /port: 8053.* \/opt\/own\.conf/,
  },
  { ports: '53', cmd: ['named', '-g'], moved: /"named", "-g", "-p", "8053"/ },
  { ports: '53/udp', cmd: ['dnsmasq', '-k'], moved: /"--port=8053"/ },
  { ports: '53', cmd: ['pdns_server', '--daemon=no'], moved: /"--local-port=8053"/ },
  { ports: '53', cmd: ['pdns_recursor', '--daemon=no'], moved: /"--local-port=8053"/ },
  { ports: '53', cmd: ['coredns', '-conf', '/x'], moved: /"-dns\.port=8053"/ },
  { ports: '53', cmd: ['nsd', '-d'], moved: /"-p", "8053"/ },
  { ports: '389', cmd: ['slapd', '-d', '0'], moved: /"-h", "ldap:\/\/:8389\/"/ },
  { ports: '80', cmd: ['darkhttpd', '/srv'], moved: /"--port", "8080"/ },
  { ports: '80', cmd: ['thttpd', '-D'], moved: /"-p", "8080"/ },
  { ports: '80', cmd: ['mini_httpd', '-D'], moved: /"-p", "8080"/ },
  { ports: '80', cmd: ['busybox', 'httpd', '-f'], moved: /"-p", "8080"/ },
  { ports: '80', cmd: ['caddy', 'file-server'], moved: /"--listen", ":8080"/ },
  {
    ports: '80',
    cmd: ['lighttpd', '-D', '-f', '/etc/lighttpd/lighttpd.conf'],
    config: ['/etc/lighttpd/lighttpd.conf', 'server.document-root = "/srv"'],
    moved: /server\.port = 8080/,
  },
  {
    ports: '80',
    cmd: ['nginx', '-g', 'daemon off;'],
    config: ['/etc/nginx/nginx.conf', 'events {}', 'http { server {', 'root /srv;', '} }'],
    moved: /listen 8080;/,
  },
  { ports: '69/udp', cmd: ['in.tftpd', '-L', '/srv'], moved: /"--address", ":8069"/ },
  { ports: '69/udp', cmd: ['atftpd', '--daemon', '--no-fork', '/srv'], moved: /"--port", "8069"/ },
  { ports: '21', cmd: ['vsftpd', '-orun_as_launching_user=YES'], moved: /"-olisten_port=8021"/ },
  {
    ports: '88 88/udp',
    cmd: ['krb5kdc', '-n'],
    config: ['/etc/krb5kdc/kdc.conf', '[kdcdefaults]', '    kdc_ports = 88'],
    moved: /kdc_tcp_listen = 8088/,
  },
  { ports: '749', cmd: ['kadmind', '-nofork'], moved: /"-port", "8749"/ },
]

/** Those that keep root in most cases: what is asked is the rule alone. */
const ROOTS: readonly (readonly [
  from: number,
  cmd: readonly string[],
  moved: string,
  config: NonNullable<PortCase['config']> | null,
])[] = [
  [21, ['proftpd', '-n'], 'Port 8021', ['/etc/proftpd/proftpd.conf', 'ServerName "x"', 'ServerType standalone']],
  [25, ['exim4', '-bdf'], '"-oX","8025"', null],
]

test('what an address stands for is moved where it stands, in a script too', () => {
  const dockerfile = (...lines: string[]) => harden({ dockerfile: ['FROM debian:12', ...lines, ''].join('\n') })
  const shell = dockerfile('EXPOSE 389', 'CMD slapd -d 0 -h "ldap://0.0.0.0/ ldapi:///"')
  expect(shell.output).toContain('CMD slapd -d 0 -h "ldap://0.0.0.0:8389/ ldapi:///"')
  const script = (line: string) =>
    dockerfile('COPY --chmod=755 <<EOT /start.sh', '#!/bin/sh', line, 'EOT', 'EXPOSE 389 636', 'CMD ["/start.sh"]')
  // The last change of the line has both.
  expect(script("exec slapd -d 0 -h 'ldap:/// ldaps:/// ldapi:///'").output).toMatch(
    /ldap:\/\/:8389\/ ldaps:\/\/:8636\/ ldapi:\/\/\/'\\''#' \\\n +\/start\.sh/,
  )
  const kept = script('exec server --directory ldap://directory/')
  expect(kept.ports.every(({ to }) => to === null)).toBe(true)
  // With an option of its own it is given no second one.
  expect(dockerfile('EXPOSE 389', 'CMD slapd -d 0 -h "ldap://directory.local/"').output).not.toContain('8389')
})

function hardened({ ports, cmd, config }: Omit<PortCase, 'moved'>): ReturnType<typeof harden> {
  const file = config === undefined ? [] : [`COPY <<EOT ${config[0]}`, ...config.slice(1), 'EOT']
  return harden({
    dockerfile: ['FROM debian:12', ...file, `EXPOSE ${ports}`, `CMD ${JSON.stringify(cmd)}`, ''].join('\n'),
  })
}

test.each(CASES.map((one) => [one.cmd.join(' '), one] as const))('%s is told another port', (_, one) => {
  expect(hardened(one).output).toMatch(one.moved)
})

test.each(ROOTS)('port %i of %j is told another', (from, cmd, moved, config) => {
  const [path = '', ...lines] = config ?? []
  const facts = image({
    config: { cmd },
    files: path === '' ? [] : [`-rw-r--r-- 0:0 ${path}`],
    texts: path === '' ? {} : { [path]: lines },
  })
  const move = daemonMove(
    daemonPorts,
    { facts, seen: [] },
    { command: { entrypoint: null, cmd }, started: [] },
    from,
    from + 8000,
  )
  expect(JSON.stringify(move)).toContain(moved)
})

test.each<[string, Omit<PortCase, 'moved'>]>([
  ['another port than the one that is exposed', { ports: '80', cmd: ['vsftpd', '-orun_as_launching_user=YES'] }],
  ['another command of the program', { ports: '80', cmd: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile'] }],
  [
    'a configuration without the line to put it behind',
    { ports: '53', cmd: ['unbound', '-d'], config: ['/etc/unbound/unbound.conf', 'remote-control:'] },
  ],
  ['a service of inetd, which has the port', { ports: '69/udp', cmd: ['atftpd', '--logfile', '/x'] }],
])('%s is left', (_, one) => {
  expect(hardened(one).ports.every(({ to }) => to === null)).toBe(true)
})

test('every rule has a case', () => {
  const missing = daemonPorts.filter(
    ({ programs, ports }) =>
      !ROOTS.some(([from, [name]]) => programs.includes(name ?? '') && ports.includes(from)) &&
      !CASES.some(
        (one) =>
          programs.some((program) => one.cmd.includes(program)) &&
          ports.some((port) => one.ports.match(`\\b${port}\\b`)),
      ),
  )
  expect(missing).toEqual([])
})
