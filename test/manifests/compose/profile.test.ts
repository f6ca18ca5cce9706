import { describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { editCompose as editFiles, type Rendered } from '../../../src/manifests/compose/edit-files.ts'
import { composeFile, profileFile } from '../../../src/manifests/docker.ts'
import type { Profile } from '../../../src/manifests/profile.ts'
import { rootProfile, sampleProfile } from '../sample.ts'
import { expectCompose } from '../schemas.ts'

const profile = sampleProfile()

function editCompose(text: string, name: string, one: Profile, service: string | null): Rendered {
  const [only] = editFiles([{ text, name }], one, service)
  return only ?? { text: '', notes: [] }
}

describe('a new file', () => {
  test.each([
    ['hardened', profile],
    ['keeps root', rootProfile],
    [
      'with data',
      sampleProfile({
        volumes: [{ path: '/var/lib/x', uid: 1, gid: 1, prepared: true }],
        sysctls: { 'net.ipv4.ip_unprivileged_port_start': '53' },
      }),
    ],
    [
      'a volume of root, used as it is',
      sampleProfile({ volumes: [{ path: '/data', uid: 1, gid: 1, prepared: false }] }),
    ],
    [
      'used as it is',
      sampleProfile({ env: { A: '1' }, image: { ...profile.image, derived: false, name: 'nginx:latest' } }),
    ],
  ])('%s: fits the schema of the Compose specification', (_, one) => {
    expectCompose(parse(composeFile(one, null)))
    expectCompose(parse(composeFile(one, '.')))
    expectCompose(parse(profileFile(one)))
  })

  test('as people write it', () => {
    expect(composeFile(profile, '.')).toBe(`services:
  nginx:
    image: nginx-nonroot:latest
    build: "."
    ports:
      - "8080:8080"
    user: "101:101"
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    read_only: true
    volumes:
      - /etc/nginx/conf.d
    tmpfs:
      - /tmp:uid=0,gid=101,mode=1777,size=64m
`)
  })

  test('beside a derived Dockerfile nothing is called like the original', () => {
    const text = profileFile(rootProfile)
    expect(text).toMatch(/^# harden-image: /)
    expect(parse(text).services.cron).toMatchObject({ image: 'cron-locked:1', build: '.' })
  })
})

const before = `# our site
x-common: &common
  restart: always   # always

services:
  db:
    <<: *common
    image: "postgres:16"   # not ours

  web:
    <<: *common
    image: 'nginx'
    ports:
    - "127.0.0.1:80:80"   # the proxy
    - target: 80
      published: 8000
    environment: {A: "1", B: 'two'}
    # volumes: later
    x-unknown: { keep: [ me ] }
`

describe('an existing file', () => {
  test('only what has to change does', () => {
    expect(editCompose(before, 'compose.yaml', profile, null).text).toBe(`# our site
x-common: &common
  restart: always   # always

services:
  db:
    <<: *common
    image: "postgres:16"   # not ours

  web:
    <<: *common
    image: 'nginx-nonroot:latest'
    ports:
    - "127.0.0.1:80:8080"   # the proxy
    - target: 8080
      published: 8000
    environment: {A: "1", B: 'two'}
    # volumes: later
    x-unknown: { keep: [ me ] }
    user: "101:101"
    cap_drop:
    - ALL
    security_opt:
    - no-new-privileges:true
    read_only: true
    volumes:
    - /etc/nginx/conf.d
    tmpfs:
    - /tmp:uid=0,gid=101,mode=1777,size=64m
`)
  })

  test.each<[string, string, object]>([
    [
      'ports with a variable',
      `ports: ["\${PORT:-80}:80/tcp", 80, "8080:8080"]`,
      { ports: [`\${PORT:-80}:8080/tcp`, 8080, '8080:8080'] },
    ],
    ['another protocol is another port', 'ports: ["80:80/udp"]', { ports: ['80:80/udp'] }],
    ['expose', 'expose: [80, "9000"]', { expose: [8080, '9000'] }],
    ['expose has no port twice', 'expose: [80, "8080", "443"]', { expose: [80, '8080', '443'] }],
    ['what is dropped already', 'cap_drop: [all]', { cap_drop: ['all'] }],
    ['more is dropped', 'cap_drop: [NET_RAW]', { cap_drop: ['NET_RAW', 'ALL'] }],
    [
      'new privileges allowed',
      'security_opt: ["no-new-privileges:false", "label:disable"]',
      { security_opt: ['label:disable', 'no-new-privileges:true'] },
    ],
    ['the same said otherwise', 'security_opt: ["no-new-privileges"]', { security_opt: ['no-new-privileges'] }],
    ['one tmpfs', 'tmpfs: /run', { tmpfs: ['/run', '/tmp:uid=0,gid=101,mode=1777,size=64m'] }],
    ['a tmpfs of their own stays', 'tmpfs: ["/tmp:size=1g"]', { tmpfs: ['/tmp:size=1g'] }],
    [
      'mounts of their own stay',
      'volumes: ["./conf:/etc/nginx/conf.d:ro", {type: tmpfs, target: /tmp}]',
      { volumes: ['./conf:/etc/nginx/conf.d:ro', { type: 'tmpfs', target: '/tmp' }] },
    ],
    [
      'a variable with a colon',
      `volumes: ["\${CONF:-./conf}:/etc/nginx/conf.d"]`,
      { volumes: [`\${CONF:-./conf}:/etc/nginx/conf.d`] },
    ],
    ['another user', 'user: root', { user: '101:101' }],
    ['a user from a variable', `user: "\${UID}"`, { user: `\${UID}` }],
    [
      'a health check that asks the moved port',
      'healthcheck: {test: ["CMD", "wget", "-qO-", "http://127.0.0.1:80/x"], interval: 80s}',
      { healthcheck: { test: ['CMD', 'wget', '-qO-', 'http://127.0.0.1:8080/x'], interval: '80s' } },
    ],
    [
      'a health check as a text',
      'healthcheck: {test: curl -f http://localhost/ || exit 1}',
      { healthcheck: { test: 'curl -f http://localhost:8080/ || exit 1' } },
    ],
    [
      'a health check of another port',
      'healthcheck: {test: nc -z localhost 9000}',
      {
        healthcheck: { test: 'nc -z localhost 9000' },
      },
    ],
    ['read_only was false', 'read_only: false', { read_only: true }],
  ])('%s', (_, line, expected) => {
    const { text } = editCompose(`services:\n  web:\n    image: nginx:latest\n    ${line}\n`, 'c.yaml', profile, 'web')
    expect(parse(text).services.web).toMatchObject(expected)
    expectCompose(parse(text))
    expect(editCompose(text, 'c.yaml', profile, 'web').text).toBe(text)
  })

  test.each([
    ['cap_add: [NET_ADMIN]', 'gives a user other than root nothing'],
    ['privileged: true', 'it would undo everything else'],
    ['ports: ["70-90:70-90"]', '70-90:70-90 has port 80 in it'],
    ['healthcheck: {test: "curl $$HOST:80"}', 'healthcheck seems to ask port 80'],
    ['user: "$UID"', 'it has to be 101:101'],
    ['user: "1000:1000"', "user: 1000:1000 becomes 101:101: that is who the image's files are for"],
  ])('%s is said', (line, note) => {
    const { notes } = editCompose(`services:\n  web:\n    image: nginx\n    ${line}\n`, 'c.yaml', profile, null)
    expect(notes.join('\n')).toContain(note)
  })

  test.each([
    ['network_mode: host', false],
    ['read_only: false', true],
  ])('a port below 1024 that stays, with %s', (line, own) => {
    const low = sampleProfile({ ports: [], sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' } })
    const { text, notes } = editCompose(`services:\n  web:\n    image: nginx\n    ${line}\n`, 'c.yaml', low, null)
    expect(text.includes('sysctls:')).toBe(own)
    expect(notes.join('\n').includes('only after sysctl -w net.ipv4.ip_unprivileged_port_start=80')).toBe(!own)
  })

  test.each([
    ['DATA_DIR: /data', 'data:/data', '--entrypoint chown web -R 101:101 /data'],
    ['DATA_DIR: /data/x', './data:/data', '--entrypoint chown web -R 101:101 /data'],
    [
      'DATA_DIR: /data',
      'data:/other',
      'DATA_DIR=/data is not where the image writes: mount a volume there that belongs to 101:101',
    ],
    ['CONFIG: /data', 'data:/data', ''],
  ])('what the service sets is where it writes: %s with %s', (env, volume, said) => {
    const text = `services:\n  web:\n    image: nginx\n    environment: { ${env} }\n    volumes: ["${volume}"]\n`
    const notes = editCompose(text, 'c.yaml', profile, null).notes.join('\n')
    expect(notes).toContain(said)
    expect(notes.includes('/data')).toBe(said !== '')
  })

  test('a tmpfs that is written as one word is a mount', () => {
    const text = 'services:\n  web:\n    image: nginx\n    environment: { DATA_DIR: /data }\n    tmpfs: /data\n'
    expect(editCompose(text, 'c.yaml', profile, null).notes.join()).not.toContain('is not where the image writes')
  })

  test('what is in its mounts already: the command for those that the image writes', () => {
    const volumes = [
      'data:/var/lib/x',
      `\${DIR:-./conf}:/etc/nginx/conf.d/`,
      './site:/srv',
      './ro:/var/lib/x/ro:ro,z',
      '/var/lib/x/anonymous',
      { type: 'bind', source: './deep', target: '/var/lib/x/deep' },
      { type: 'tmpfs', target: '/var/lib/x/tmp' },
    ]
    const own = sampleProfile({ volumes: [{ path: '/var/lib/x', uid: 101, gid: 101, prepared: true }] })
    const text = stringify({ services: { web: { image: 'nginx', volumes } }, volumes: { data: {} } })
    const said = (one: Profile) => editCompose(text, 'a/c.yaml', one, null).notes.join('\n')
    expect(said(own)).toContain(
      'docker compose --file a/c.yaml run --rm --no-deps --user 0:0 --cap-add CHOWN --cap-add DAC_OVERRIDE --entrypoint chown web -R 101:101 /var/lib/x /var/lib/x/deep',
    )
    const odd = { image: 'nginx', profiles: ['prod', 'all'], volumes: ['data:/var/lib/x/a b', `d:/var/lib/x/\${SUB}`] }
    const inOdd = (volumes: readonly string[]) =>
      editCompose(stringify({ services: { web: { ...odd, volumes } } }), 'a b/c.yaml', own, null).notes.join('\n')
    expect(inOdd(odd.volumes.slice(0, 1))).toContain(
      "docker compose --file 'a b/c.yaml' --profile prod run --rm --no-deps --user 0:0 --cap-add CHOWN --cap-add DAC_OVERRIDE --entrypoint chown web -R 101:101 '/var/lib/x/a b'",
    )
    expect(inOdd(odd.volumes)).not.toContain('no-deps')
    const kept = { ...own, volumes: [], writable: [] }
    expect(said({ ...kept, owned: ['/var/lib/x'] })).toContain('-R 101:101 /var/lib/x /var/lib/x/deep')
    expect(said({ ...own, image: { ...own.image, chown: 'busybox:musl' } })).not.toContain('docker compose')
    expect(said({ ...kept, owned: [] })).not.toContain('docker compose')
  })

  test('a service that is built keeps its build', () => {
    const own = sampleProfile({
      kind: 'dockerfile',
      image: { original: null, derived: false, name: 'web', chown: 'web' },
    })
    const { text } = editCompose('services:\n  web:\n    build: .\n', 'c.yaml', own, null)
    expect(parse(text).services.web).toMatchObject({ build: '.', user: '101:101' })
    expect(text).not.toContain('image:')
  })

  test.each([
    ['services: {a: {image: x}, b: {image: y}}\n', null, /does not say which service is meant/],
    ['services: {a: {image: x}}\n', 'b', /has no service b/],
    ['services: {a: {image: "redis:7"}}\n', null, /runs redis:7, not nginx:latest/],
    ['services: {a: {image: nginx}, b: {image: "docker.io/library/nginx:latest"}}\n', null, /which service/],
    ['a: 1\n', null, /has no services/],
    ['', 'web', /has no services/],
    ['- a\n', null, /has no services/],
    ['kind: Pod\napiVersion: v1\n', null, expect.objectContaining({ hint: expect.stringMatching(/--for kubernetes/) })],
    ['services:\n  a: &a\n    image: nginx\n  b: *a\n', 'a', /anchor/],
  ])('%j', (text, service, message) => {
    expect(() => editCompose(text, 'c.yaml', profile, service)).toThrow(message)
  })
})
