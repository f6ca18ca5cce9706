import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { composeFile, editCompose } from '../../src/profile/compose.ts'
import { profileFile } from '../../src/profile/profile-file.ts'
import { rootProfile, sampleProfile } from './sample.ts'
import { expectCompose } from './schemas.ts'

const profile = sampleProfile()

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
    ['expose', 'expose: [80, "80"]', { expose: [8080, '8080'] }],
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
    ['read_only was false', 'read_only: false', { read_only: true }],
  ])('%s', (_, line, expected) => {
    const { text } = editCompose(`services:\n  web:\n    image: nginx:latest\n    ${line}\n`, 'c.yaml', profile, 'web')
    expect(parse(text).services.web).toMatchObject(expected)
    expectCompose(parse(text))
    expect(editCompose(text, 'c.yaml', profile, 'web').text).toBe(text)
  })

  test.each([
    ['cap_add: [NET_ADMIN]', 'gives a user other than root nothing'],
    ['privileged: true', 'undoes all of this'],
    ['ports: ["70-90:70-90"]', '70-90:70-90 has port 80 in it'],
    ['healthcheck: {test: "curl localhost:80"}', 'healthcheck seems to ask port 80'],
    ['user: "$UID"', 'it has to be 101:101'],
  ])('%s is said', (line, note) => {
    const { notes } = editCompose(`services:\n  web:\n    image: nginx\n    ${line}\n`, 'c.yaml', profile, null)
    expect(notes.join('\n')).toContain(note)
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
    ['a: 1\n', null, /which service/],
    ['services:\n  a: &a\n    image: nginx\n  b: *a\n', 'a', /anchor/],
  ])('%j', (text, service, message) => {
    expect(() => editCompose(text, 'c.yaml', profile, service)).toThrow(message)
  })
})

const service = fc.record(
  {
    ports: fc.array(fc.constantFrom<unknown>('80:80', 80, '443', { target: 80 }, '1.2.3.4:80:80/tcp'), {
      maxLength: 3,
    }),
    cap_drop: fc.array(fc.constantFrom('ALL', 'NET_RAW'), { maxLength: 2 }),
    cap_add: fc.array(fc.constantFrom('CHOWN'), { maxLength: 1 }),
    tmpfs: fc.oneof(fc.constantFrom('/tmp', '/x'), fc.array(fc.constantFrom('/tmp', '/run:size=1m'))),
    volumes: fc.array(
      fc.constantFrom<unknown>('a:/tmp', '/etc/nginx/conf.d', { type: 'bind', source: '.', target: '/x' }),
    ),
    security_opt: fc.array(fc.constantFrom('no-new-privileges:false', 'label:x', 'no-new-privileges')),
    user: fc.constantFrom('root', '101:101', '$U', 0),
    environment: fc.oneof(fc.dictionary(fc.constantFrom('A', 'B'), fc.string()), fc.array(fc.constantFrom('A=1', 'B'))),
    'x-unknown': fc.anything({
      maxDepth: 2,
      withBigInt: false,
      values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)],
    }),
  },
  { requiredKeys: [] },
)

test('twice is once; comments, other services and unknown keys survive', () => {
  fc.assert(
    fc.property(service, service, fc.boolean(), (one, other, flow) => {
      const options = { collectionStyle: flow ? ('flow' as const) : ('any' as const), aliasDuplicateObjects: false }
      const body = stringify({ web: { image: 'nginx', ...one }, other: { image: 'x', ...other } }, options).replace(
        /^(?=.)/gm,
        '  ',
      )
      const text = `# first\nservices:\n${body}# last\n`
      const once = editCompose(text, 'c.yaml', sampleProfile({ env: { A: '1', C: '2' } }), null).text
      expect(editCompose(once, 'c.yaml', sampleProfile({ env: { A: '1', C: '2' } }), null).text).toBe(once)
      expect(once.startsWith('# first\n') && once.trimEnd().endsWith('# last')).toBe(true)
      const [was, is] = [parse(text).services, parse(once).services]
      expect(is.other).toEqual(was.other)
      expect(is.web['x-unknown']).toEqual(was.web['x-unknown'])
      expect(is.web).toMatchObject({ image: 'nginx-nonroot:latest', read_only: true })
    }),
  )
})
