import type { Profile } from '../../src/manifests/profile.ts'

/** nginx as it comes out of a proof. */
const base: Profile = {
  target: 'nginx:latest',
  kind: 'image',
  image: { original: 'nginx:latest', derived: true, name: 'nginx-nonroot:latest', chown: 'nginx:latest' },
  root: false,
  user: { value: { name: 'nginx', uid: 101, gid: 101 }, known: 'measured' },
  anyUid: false,
  capabilities: { value: [], known: 'measured' },
  noNewPrivileges: { value: true, known: 'measured' },
  readOnly: { value: true, known: 'measured' },
  writable: [
    { kind: 'copy', path: '/etc/nginx/conf.d', uid: 101, gid: 101, mode: 0o755, filled: true },
    { kind: 'tmpfs', path: '/tmp', uid: 0, gid: 101, mode: 0o1777, filled: false },
  ],
  owned: ['/etc/nginx/conf.d'],
  volumes: [],
  ports: [{ from: 80, to: 8080, protocol: 'tcp' }],
  sysctls: {},
  env: {},
  given: [],
  programs: ['docker-entrypoint.sh', 'nginx'],
  changes: [
    {
      kind: 'file',
      name: '/etc/nginx/conf.d/default.conf',
      reason: 'listen above 1024 (default.conf said 80)',
      ports: [80],
    },
    { kind: 'file', name: '/etc/nginx/nginx.conf', reason: 'its pid file', ports: [] },
  ],
  asIs: { enough: false, breaks: ['/etc/nginx/nginx.conf has to change: its pid file'] },
  running: [],
  notes: [],
}

export function sampleProfile(change: Partial<Profile> = {}): Profile {
  return { ...base, ...change }
}

/** cron, as the catalogue knows it. */
export const rootProfile: Profile = sampleProfile({
  target: 'cron:1',
  image: { original: 'cron:1', derived: false, name: 'cron:1', chown: 'cron:1' },
  root: true,
  user: null,
  capabilities: { value: ['SETGID', 'SETUID'], known: 'planned' },
  readOnly: { value: false, known: 'planned' },
  writable: [],
  ports: [],
  programs: ['cron'],
  changes: [],
  asIs: null,
})
