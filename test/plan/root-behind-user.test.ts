// A USER that is not root does not say that nothing at the start wants root.
import { expect, test } from '@jest/globals'
import { hardenText } from '../harden/support/cases.ts'
import type { FactsFile } from '../harden/support/facts.ts'

const script = (lines: string) =>
  `FROM debian:trixie-slim\nCOPY --chmod=755 <<'EOF' /start.sh\n#!/bin/sh\nset -e\n${lines}\nEOF\nUSER 1000:1000\nENTRYPOINT ["/start.sh"]\n`
const told = (text: string, facts: FactsFile = {}) => {
  const { verdict, findings } = hardenText(text, facts)
  return { verdict, todos: findings.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message) }
}
const setuid: FactsFile = {
  bases: {
    'debian:trixie-slim': {
      like: 'debian',
      files: ['-rwsr-xr-x 0:0 /usr/bin/mtr-packet', '-rwxr-xr-x 0:0 /usr/bin/true'],
    },
  },
}

test.each<[string, RegExp, FactsFile?]>([
  [
    'FROM debian:trixie-slim\nUSER 1000:1000\nCMD ["sudo", "nginx"]\n',
    /its command starts sudo, by whose set-user-id bit/,
  ],
  ['FROM debian:trixie-slim\nUSER 1000:1000\nCMD exec sudo -E server\n', /its command starts sudo/],
  ['FROM debian:trixie-slim\nUSER 1000:1000\nENTRYPOINT ["su", "-c", "server"]\n', /its command starts su,/],
  [
    'FROM debian:trixie-slim\nUSER www-data\nENTRYPOINT ["gosu", "www-data", "server"]\n',
    /its command switches user with gosu, which only root can do/,
  ],
  [script('sudo chown app /data\nexec server'), /\/start\.sh line 3 starts sudo/],
  [script('exec sudo -E "$@"'), /\/start\.sh line 3 starts sudo, by whose set-user-id bit/],
  [script('exec tini -- sudo -E server'), /\/start\.sh line 3 starts sudo/],
  [script('exec env HOME=/srv sudo -u www-data server'), /\/start\.sh line 3 starts sudo/],
  [script('AS=sudo\n$AS -n server'), /\/start\.sh line 4 starts sudo/],
  [script('as_root() {\n  doas "$@"\n}\nas_root server'), /\/start\.sh line 4 starts doas/],
  [script('sh -c "su -c server app"'), /\/start\.sh line 3 starts su/],
  [script('[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"\nexec server'), /\/start\.sh line 3 starts sudo/],
  [script('if [ "$(id -u)" != 0 ]; then\n  exec sudo "$0" "$@"\nfi\nexec server'), /\/start\.sh line 4 starts sudo/],
  ['FROM debian:trixie-slim\nUSER 1000:1000\nCMD ["gosu", "root", "server"]\n', /its command switches user with gosu/],
  ...['gosu root', 'su-exec 0', 'setpriv --reuid=0', 'runuser -u root --', 'chroot --userspec=0:0 /'].map(
    (tool): [string, RegExp] => [
      script(`exec ${tool} server`),
      new RegExp(`/start\\.sh line 3 switches user with ${tool.split(' ')[0]}, which only root can do`),
    ],
  ),
  [script('exec su-exec app server'), /\/start\.sh line 3 switches user with su-exec/],
  [script('chown -R www-data /data\nexec server'), /\/start\.sh line 3 ends where chown is refused/],
  [script('usermod -u 5 www-data\nexec server'), /\/start\.sh line 3 ends where usermod is refused/],
  [
    script('if [ "$(id -u)" != 0 ]; then echo no; exit 1; fi\nexec server'),
    /\/start\.sh line 3 ends unless it is root/,
  ],
  ['FROM debian:trixie-slim\nRUN apt-get install -y cron\nUSER 1000:1000\nCMD ["cron", "-f"]\n', /cron/],
  [
    'FROM debian:trixie-slim\nUSER 1000:1000\nCMD ["mtr-packet"]\n',
    /its command starts mtr-packet, by whose set-user-id bit/,
    setuid,
  ],
])('%j', (...[text, message, facts]) => {
  const { verdict, todos } = told(text, facts)
  expect(todos.join('\n')).toMatch(message)
  expect(todos).toHaveLength(1)
  expect(verdict).toBe('incomplete')
})

test.each<[string, FactsFile?]>([
  ['FROM node:22\nUSER 1000:1000\nCMD ["node", "server.js"]\n'],
  ['FROM debian:trixie-slim\nRUN apt-get install -y sudo && sudo true\nUSER 1000:1000\nCMD ["server"]\n'],
  [script('if [ "$(id -u)" = 0 ]; then chown -R www-data /data; exec gosu www-data server; fi\nexec server')],
  [script('chown -R 1000:1000 /data\nexec server')],
  [script('if [ -n "$FIX" ]; then sudo chown app /data; fi\nexec server')],
  [script('exec setpriv --no-new-privs server')],
  [script('fix() {\n  sudo chown app /data\n}\nexec server')],
  [script('command -v sudo >/dev/null && sudo true\nexec server')],
  ['FROM debian:trixie-slim\nUSER 1000:1000\nCMD ["true"]\n', setuid],
])('nothing of %j', (...[text, facts]) => {
  expect(told(text, facts)).toEqual({ verdict: 'unchanged', todos: [] })
})
