// nginx:latest from the catalogue alone, held against what nginxinc/nginx-unprivileged does to the same files.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { hardenText } from './support/cases.ts'

// nginx/pkg-oss:debian/debian/{nginx.conf,nginx.default.conf}@e672763, without the comments.
const STOCK = {
  '/etc/nginx/nginx.conf': `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`,
  '/etc/nginx/conf.d/default.conf': `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    #    proxy_pass   http://127.0.0.1;
}
`,
}

const { output, verdict } = hardenText('FROM nginx:latest\n', {})
const root = mkdtempSync(join(tmpdir(), 'harden-nginx-'))
for (const [path, text] of Object.entries(STOCK)) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
// What the build would run, on copies: the sed lines only.
for (const [, command] of output.matchAll(/^RUN (sed (?:.*\\\n)*.*)$/gm))
  spawnSync('sh', ['-euc', (command ?? '').replaceAll(' /etc/nginx/', ` ${root}/etc/nginx/`)], { stdio: 'inherit' })
const config = readFileSync(join(root, '/etc/nginx/nginx.conf'), 'utf8')
const site = readFileSync(join(root, '/etc/nginx/conf.d/default.conf'), 'utf8')
afterAll(() => rmSync(root, { recursive: true }))

function owned(text: string): readonly string[] {
  return / chown 101:101 (.+)$/m.exec(text)?.[1]?.split(' ') ?? []
}

test('is rewritten, as the same user on the same port', () => {
  expect(verdict).toBe('rewritten')
  expect(output).toMatch(/^USER 101:101$/m)
  expect(output).toMatch(/^EXPOSE 8080$/m)
})

test('listens on 8080', () => {
  expect(site).toContain('    listen       8080;\n')
  expect(site).toBe(STOCK['/etc/nginx/conf.d/default.conf'].replace(' 80;', ' 8080;'))
})

test('has no user line, and its pid file in /tmp', () => {
  expect(config).not.toMatch(/^user/m)
  expect(config).toMatch(/^pid +\/tmp\/nginx\.pid;$/m)
})

test('keeps its temp folders where nginx has them, in a folder of the user', () => {
  expect(config).not.toContain('_temp_path')
  expect(owned(output)).toEqual(['/var/cache/nginx'])
})

test('leaves every other line alone', () => {
  const gone = STOCK['/etc/nginx/nginx.conf'].split('\n').filter((line) => !config.split('\n').includes(line))
  expect(gone).toEqual(['user  nginx;', 'pid        /run/nginx.pid;'])
})

test('lets the entrypoint render templates', () => {
  const folder = 'COPY templates /etc/nginx/templates\n'
  // Less than the vendor's own, which hands over all of /etc/nginx.
  expect(owned(hardenText(`FROM nginx:latest\n${folder}`, {}).output)).toEqual([
    '/etc/nginx/conf.d',
    '/etc/nginx/conf.d/default.conf',
    '/var/cache/nginx',
  ])
})
