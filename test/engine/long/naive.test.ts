import { afterAll, describe, expect, test } from '@jest/globals'
import { buildText, docker, ensureImage, isRunning, logsOf, waitFor, withContainer } from '../support/images.ts'
import { MORE_SERVERS } from '../support/more-probes.ts'
import { SERVERS } from '../support/probes.ts'

const LOCKED_DOWN = [
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
]

/** What becomes of `FROM image` + `USER 10001`: it works, it ends (with what it said), or it runs and fails its users. */
const OUTCOMES: Readonly<Record<string, 'works' | { ends: string } | { fails: string }>> = {
  nginx: { ends: 'mkdir() "/var/lib/nginx/body" failed (13: Permission denied)' },
  apache: { ends: "cannot create directory '/var/run/apache2': Permission denied" },
  redis: { ends: "Can't open or create append-only dir appendonlydir: Permission denied" },
  'redis-entrypoint': { ends: "Can't open or create append-only dir appendonlydir: Permission denied" },
  postgres: { ends: "chown: changing ownership of '/var/lib/postgresql/data': Operation not permitted" },
  'postgres-guarded': { ends: 'initdb: could not look up effective user ID 10001: user does not exist' },
  'python-sqlite': { ends: "PermissionError: [Errno 13] Permission denied: '/.cache'" },
  'node-uploads': { ends: "EACCES: permission denied, mkdir '/app/uploads'" },
  'scratch-static': { fails: 'GET /: 500 no data' },
  'busybox-app': { ends: "mkdir: can't create directory '/run': Permission denied" },
  'python-static': 'works',
  // Its files are in a home folder, which useradd makes for its owner alone.
  'already-nonroot': { fails: 'GET /: 404' },

  memcached: 'works',
  unbound: { ends: "can't bind socket: Permission denied for 0.0.0.0 port 53" },
  nats: { ends: 'could not create storage directory - mkdir /data/jetstream: permission denied' },
  vsftpd: { ends: '' }, // without a word
  slapd: { ends: '' }, // without a word
  'php-nginx': { ends: 'failed to open error_log (/var/log/php8.4-fpm.log): Permission denied' },
  'ruby-app': { ends: 'Permission denied' },
  'node-uploads-shipped': { fails: 'POST /: 500 upload failed' },
  'secret-config': { ends: "PermissionError: [Errno 13] Permission denied: '/etc/service/service.ini'" },
  'nginx-tls': { ends: 'cannot load certificate key "/etc/ssl/private/ssl-cert-snakeoil.key"' },
  webfs: { ends: 'bind: Permission denied' },
  sshd: { ends: 'no hostkeys available' },
  haproxy: { ends: 'cannot bind UNIX socket (Permission denied) [/run/haproxy/admin.sock]' },
  'nginx-official': { ends: 'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)' },
  lighttpd: { ends: 'opening pid-file failed: /run/lighttpd.pid: Permission denied' },
  exim: { ends: 'permission denied; not admin' },
  tomcat: { ends: 'Cannot start server. Server instance is not configured.' },
}

const ALL = { ...SERVERS, ...MORE_SERVERS }

// Shows that the probes can fail: an image that only gets a USER line must not pass for a hardened one.
describe('the naive derivative, locked down', () => {
  afterAll(async () => {
    const images = await docker(['images', '--quiet', 'harden-image-test/naive-*'])
    if (images) await docker(['rmi', '--force', ...new Set(images.split('\n'))])
  })

  test('is tried on every server', () => {
    expect(Object.keys(OUTCOMES)).toEqual(Object.keys(ALL))
  })

  for (const [name, { port, probe }] of Object.entries(ALL)) {
    const expected = OUTCOMES[name]
    test(`${name} ${expected === 'works' ? 'works' : 'does not work'}`, async () => {
      const base = await ensureImage(name)
      const tag = await buildText(`FROM ${base}\nUSER 10001\n`, `harden-image-test/naive-${name}`)
      await withContainer(tag, LOCKED_DOWN, async (container) => {
        const outcome = await waitFor(async () => {
          if (!(await isRunning(container.id))) return { ends: await logsOf(container.id) }
          try {
            await probe(container, port)
          } catch (error) {
            const reason = String(error)
            if (/ECONNREFUSED|ECONNRESET|EHOSTUNREACH|fetch failed/.test(reason)) throw error // not up yet, or ending just now
            return { fails: reason }
          }
          return 'works'
        })
        if (typeof expected !== 'object') return expect(outcome).toBe(expected)
        const [[how = '', reason] = []] = Object.entries(expected)
        expect(outcome).toEqual({ [how]: expect.stringContaining(reason ?? '') })
      })
    })
  }
})
