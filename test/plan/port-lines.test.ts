import { describe, expect, test } from '@jest/globals'
import { configurationFiles } from '../../src/evidence/configuration-files.ts'
import { applySubstitutions } from '../../src/evidence/file-edit.ts'
import { portLines } from '../../src/plan/ports/port-lines.ts'
import { image } from './image.ts'
import { sed } from './sed.ts'

/** The text after the move, as the build's sed makes it. */
function moved(text: string, from: number, to: number): string {
  const substitutions = portLines('/etc/x', text, from, to).map((line) => line.substitution)
  const result = sed(text, substitutions)
  expect(applySubstitutions(text, substitutions)).toBe(result)
  return result
}

describe('a line that sets the port is moved', () => {
  test.each<[string, string]>([
    // nginx
    ['listen 80;', 'listen 8080;'],
    ['    listen       80;', '    listen 8080;'],
    ['\tlisten\t80;', '\tlisten 8080;'],
    ['  listen 80 default_server;', '  listen 8080 default_server;'],
    ['  listen [::]:80;', '  listen [::]:8080;'],
    ['  listen [::]:80 default_server ipv6only=on;', '  listen [::]:8080 default_server ipv6only=on;'],
    ['  listen 0.0.0.0:80;', '  listen 0.0.0.0:8080;'],
    ['  listen *:80;', '  listen *:8080;'],
    ['server { listen 80; }', 'server { listen 8080; }'],
    // Apache
    ['Listen 80', 'Listen 8080'],
    ['Listen 0.0.0.0:80', 'Listen 0.0.0.0:8080'],
    ['Listen 80 http', 'Listen 8080 http'],
    ['<VirtualHost *:80>', '<VirtualHost *:8080>'],
    ['<VirtualHost _default_:80>', '<VirtualHost _default_:8080>'],
    // redis, lighttpd, haproxy, unbound, bind, dnsmasq
    ['port 80', 'port 8080'],
    ['server.port                 = 80', 'server.port = 8080'],
    ['    bind *:80', '    bind *:8080'],
    ['    bind :80 name http', '    bind :8080 name http'],
    ['    bind 0.0.0.0:80', '    bind 0.0.0.0:8080'],
    ['  interface: 0.0.0.0@80', '  interface: 0.0.0.0@8080'],
    ['  port: 80', '  port: 8080'],
    ['listen-on port 80 { any; };', 'listen-on port 8080 { any; };'],
    ['listen_port=80', 'listen_port=8080'],
    // Tomcat
    ['<Connector port="80" protocol="HTTP/1.1"', '<Connector port="8080" protocol="HTTP/1.1"'],
    ["<Connector protocol='HTTP/1.1' port='80'/>", "<Connector protocol='HTTP/1.1' port='8080'/>"],
    // rsyslog
    ['input(type="imtcp" port="80")', 'input(type="imtcp" port="8080")'],
    // YAML, JSON, properties, TOML
    ['http_port: 80', 'http_port: 8080'],
    ['  listen: 0.0.0.0:80', '  listen: 0.0.0.0:8080'],
    ['  listen: "0.0.0.0:80"', '  listen: "0.0.0.0:8080"'],
    ['  - port: 80', '  - port: 8080'],
    ['  "port": 80,', '  "port": 8080,'],
    ['{ "port": 80 }', '{ "port": 8080 }'],
    ['server.port=80', 'server.port=8080'],
    ['server.port = 80', 'server.port = 8080'],
    ['bind-address = "0.0.0.0:80"', 'bind-address = "0.0.0.0:8080"'],
    ['address = ":80"', 'address = ":8080"'],
    ["address = ':80'", "address = ':8080'"],
    ['web.listen-address = 0.0.0.0:80', 'web.listen-address = 0.0.0.0:8080'],
    // An address that can only be listened on, under any key or none
    ['http = :80', 'http = :8080'],
    ['frontend = "[*]:80"', 'frontend = "[*]:8080"'],
    // stunnel
    ['accept = 80', 'accept = 8080'],
    ['accept = 0.0.0.0:80', 'accept = 0.0.0.0:8080'],
    ['http-socket = 0.0.0.0:80', 'http-socket = 0.0.0.0:8080'],
    ['  entry: "*:80"', '  entry: "*:8080"'],
    ['  - [::]:80', '  - [::]:8080'],
    [':80 {', ':8080 {'],
    ['http://example.com, :80 {', 'http://example.com:8080, :8080 {'],
    ['  http://a.example.com:80, http://b.example.com {', '  http://a.example.com:8080, http://b.example.com:8080 {'],
    ['example.com:80 {', 'example.com:8080 {'],
    [':80', ':8080'],
    ['http://:80 {', 'http://:8080 {'],
    ['http://*:80/', 'http://*:8080/'],
    // Among others, and in brackets: knot, krb5, syslog-ng
    ['  listen: [ 0.0.0.0@80, ::@80 ]', '  listen: [ 0.0.0.0@8080, ::@8080 ]'],
    ['  - 0.0.0.0@80', '  - 0.0.0.0@8080'],
    ['  - ::@80', '  - ::@8080'],
    ['listen 127.0.0.1:81 10.0.0.7:80 [::]:80', 'listen 127.0.0.1:81 10.0.0.7:8080 [::]:8080'],
    ['    kdc_ports = 750,80', '    kdc_ports = 750,8080'],
    ['    kdc_ports = 750, 80, 81', '    kdc_ports = 750, 8080, 81'],
    ['source s { network(transport(udp) port(80)); };', 'source s { network(transport(udp) port(8080)); };'],
    ['    network(ip("0.0.0.0") port("80"))', '    network(ip("0.0.0.0") port("8080"))'],
  ])('%s', (before, after) => {
    expect(moved(`${before}\n`, 80, 8080)).toBe(`${after}\n`)
  })

  test('each line of a file, and no other', () => {
    const text =
      'server {\n  listen 80;\n  listen [::]:80;\n  listen 8080;\n  listen 443 ssl;\n  # listen 80 is the default\n}\n'
    const after = moved(text, 80, 8000)
    expect(after).toContain('  listen 8000;\n  listen [::]:8000;\n  listen 8080;\n  listen 443 ssl;\n')
  })

  test('a longer number that starts like it stays, wherever it stands', () => {
    expect(moved('Listen 8000\nListen 80\nport = 801\nport = 80\n', 80, 8080)).toBe(
      'Listen 8000\nListen 8080\nport = 801\nport = 8080\n',
    )
  })

  test('lines that end with CRLF keep it', () => {
    expect(moved('listen 80;\r\nport 80\r\n', 80, 8080)).toBe('listen 8080;\r\nport 8080\r\n')
  })
})

test('two ports of one line are moved one after the other', () => {
  const both = (text: string): string => moved(moved(text, 80, 8080), 81, 8081)
  expect(both('ports = 81,80\n')).toBe('ports = 8081,8080\n')
  expect(both('s { a(port(80)); b(port(81)); };\n')).toBe('s { a(port(8080)); b(port(8081)); };\n')
})

describe('a line that does not set it is left alone', () => {
  test.each([
    '  network("logs.example.org" port(80));',
    '  forward: 10.0.0.1@80',
    '  address: 10.0.0.80@81',
    'ports = 180,801',
    '# listen 80;',
    '  #listen 80;',
    '; port = 80',
    '// port: 80',
    '-- port = 80',
    'listen 8080;',
    'listen 180;',
    'listen 800;',
    'listen 80.example.org;',
    'port 8080',
    'port = 8000',
    'proxy_pass http://app:80;',
    '  proxy_pass http://127.0.0.1:80/;',
    '    server app 10.0.0.1:80 check',
    '  server app:80;',
    'upstream app { server app:80; }',
    'ProxyPass / http://app:80/',
    'BalancerMember http://app:80',
    'redirect scheme https port 80',
    'remote_port 80x',
    'keepalive_timeout 80;',
    'worker_connections 80;',
    'timeout: 80',
    'max_clients = 80',
    'return 301 https://$host:80;',
    'listen unix:/run/app.sock;',
    'support = 80 percent of all',
    'version = 1.80',
    'address = "10.80.0.1"',
    'important: 80',
    'export: 80',
    'peer_port = 80',
    'backend = app:80',
    'time = 12:80',
    'ratio: 1:80',
    ':800 {',
    'range = :80-90',
    'action(type="omfwd" target="log.example.org" port="80")',
  ])('%s', (line) => {
    expect(moved(`${line}\n`, 80, 8080)).toBe(`${line}\n`)
  })
})

describe('files that configure a program', () => {
  const texts = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, ['x']]))
  const found = (programs: string[], argv: string[], paths: string[], files: string[] = []) => {
    const { files: model } = image({ texts: texts(...paths), files })
    return model.known ? configurationFiles(model.value, programs, argv) : []
  }
  test.each<[string, string]>([
    ['nginx', '/etc/nginx/conf.d/default.conf'],
    ['apachectl', '/etc/apache2/ports.conf'],
    ['apache2ctl', '/etc/apache2/ports.conf'],
    ['httpd-foreground', '/usr/local/apache2/conf/httpd.conf'],
    ['httpd', '/etc/httpd/conf/httpd.conf'],
    ['redis-server', '/etc/redis/redis.conf'],
    ['unbound', '/etc/unbound/unbound.conf'],
    ['haproxy', '/usr/local/etc/haproxy/haproxy.cfg'],
  ])('%s: %s', (program, path) => {
    expect(found([program], [], [path, '/etc/ssh/sshd_config'])).toEqual([path])
  })

  test('what is named in the command', () => {
    expect(found(['app'], ['app', '--config=/srv/x.yaml'], ['/srv/x.yaml', '/srv/y.yaml'])).toEqual(['/srv/x.yaml'])
  })

  test('a site that is available counts when it is enabled', () => {
    const paths = ['/etc/apache2/sites-available/on.conf', '/etc/apache2/sites-available/off.conf']
    const link = 'lrwxrwxrwx 0:0 /etc/apache2/sites-enabled/on.conf -> ../sites-available/on.conf'
    expect(found(['apache2'], [], paths, [link])).toEqual([paths[0]])
  })

  test('no backups, examples or documents; no file of a mere language', () => {
    expect(
      found(['nginx'], [], ['/etc/nginx/a.conf.dpkg-dist', '/etc/nginx/b.conf.bak', '/usr/share/doc/nginx/README.md']),
    ).toEqual([])
    expect(found(['python3'], [], ['/usr/lib/python3/site.cfg'])).toEqual([])
  })
})
