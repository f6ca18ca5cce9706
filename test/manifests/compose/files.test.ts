// Services that say only a part of what they are: `extends`, `include`, several files, variables, anchors.
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { HardenError } from '../../../src/errors.ts'
import { editCompose } from '../../../src/manifests/compose/edit-files.ts'
import type { Profile } from '../../../src/manifests/profile.ts'
import { sampleProfile } from '../sample.ts'
import { expectCompose } from '../schemas.ts'

const profile = sampleProfile({ writable: [{ ...tmp(), path: '/tmp' }] })

function tmp() {
  return { kind: 'tmpfs' as const, path: '', uid: 0, gid: 101, mode: 0o1777, filled: false }
}

function edited(texts: readonly string[], service: string | null = null) {
  const sources = texts.map((text, index) => ({ name: `${index}.yaml`, text }))
  const results = editCompose(sources, profile, service)
  const again = editCompose(
    results.map(({ text }, index) => ({ name: `${index}.yaml`, text })),
    profile,
    service,
  )
  expect(again.map(({ text }) => text)).toEqual(results.map(({ text }) => text))
  for (const { text } of results) expectCompose(parse(text, { merge: true, logLevel: 'error' }))
  return { texts: results.map(({ text }) => text), notes: results.flatMap(({ notes }) => notes).join('\n') }
}

const web = 'services:\n  web:\n    image: nginx\n'

describe('several files', () => {
  test('the first that has the service gets the profile, in the others what contradicts it is put right', () => {
    const {
      texts: [first, second, third],
    } = edited([
      `${web}    ports: ["80:80"]\n`,
      'services:\n  web:\n    user: root  # why\n    privileged: true # c\n    read_only: false\n    ports: ["8080:80"]\n    tmpfs: [/tmp]\n',
      'services:\n  db: {image: "redis:7"}  # as it is\n',
    ])
    expect(second).toBe(
      'services:\n  web:\n    user: 101:101  # why\n    privileged: false # c\n    read_only: true\n    ports: ["8080:8080"]\n    tmpfs: [/tmp]\n',
    )
    expect(third).toBe('services:\n  db: {image: "redis:7"}  # as it is\n')
    expect(parse(first ?? '').services.web).toMatchObject({ image: 'nginx-nonroot:latest', ports: ['80:8080'] })
    // The second file has a tmpfs there already, and lists add up.
    expect(first).not.toContain('tmpfs')
  })

  test('an image that a later file names is replaced there', () => {
    const { texts } = edited(['services:\n  web:\n    restart: always\n', web])
    expect(texts[1]).toBe(web.replace('nginx', 'nginx-nonroot:latest'))
    expect(texts[0]).toContain('cap_drop')
    expect(texts[0]).not.toContain('image')
  })
})

describe('extends', () => {
  test('of the same file: what is extended gets the profile, and who gets it with it is said', () => {
    const { texts, notes } = edited([
      'services:\n  base:\n    image: nginx\n  a: {extends: base}\n  b:\n    extends: {service: base}\n',
    ])
    expect(texts[0]).toMatch(/ {2}a: \{extends: base\}\n {2}b:\n {4}extends: \{service: base\}\n$/)
    expect(notes).toContain('a, b (extends base) gets all of this too')
  })

  test('with an image of its own the service itself, on top of what it gets', () => {
    const { texts } = edited([
      'services:\n  base:\n    tmpfs: /tmp\n    privileged: true\n  web:\n    extends: base\n    image: nginx\n',
    ])
    const { base, web: own } = parse(texts[0] ?? '').services
    expect(base).toEqual({ tmpfs: '/tmp', privileged: true })
    expect(own).toMatchObject({ user: '101:101', privileged: false, read_only: true })
    expect(own.tmpfs).toBeUndefined()
  })

  test('of another file: its named volumes have to be declared here too', () => {
    const text = 'services:\n  web:\n    extends: {file: base.yaml, service: app}\n'
    const state = { kind: 'state', path: '/var/lib/x', uid: 101, gid: 101, mode: 0o755, filled: false } as const
    const hint = (one: Profile): string => {
      try {
        editCompose([{ text, name: 'c.yaml' }], one, null)
      } catch (error) {
        return (error as HardenError).hint ?? ''
      }
      return ''
    }
    expect(hint(sampleProfile({ writable: [state] }))).toContain(
      'and declare app-var-lib-x below volumes: of c.yaml too, or give',
    )
    expect(hint(sampleProfile())).not.toContain('declare')
  })

  test('of another file, with an image of its own: said, since it was not inspected', () => {
    const { notes } = edited(['services:\n  web:\n    image: nginx\n    extends: {file: base.yaml, service: app}\n'])
    expect(notes).toContain('web also gets what app of base.yaml says (extends), which was not inspected')
  })

  test.each([
    [
      'services:\n  base: {image: nginx}\n  web: {extends: base}\n',
      'web',
      /web of 0.yaml extends base, which says what it runs/,
    ],
    [
      'services:\n  web:\n    extends: {file: base.yaml, service: app}\n',
      null,
      /web of 0.yaml extends app of base.yaml, which says what it runs/,
    ],
    [
      'services:\n  base: {ports: ["80:80"]}\n  web: {extends: base, image: nginx}\n',
      null,
      /gets its ports from base \(extends\), and Compose only ever adds ports/,
    ],
    ['include: [a.yaml, {path: [b.yaml]}]\n', null, /0.yaml has no services/],
  ])('%j is refused', (text, service, message) => {
    expect(() => edited([text], service)).toThrow(message)
  })
})

test('what is included is named', () => {
  const text = 'include: [a.yaml, {path: [b.yaml]}]\nservices: {}\n'
  const hint = expect.stringMatching(/includes a\.yaml, b\.yaml: those are files of their own/)
  expect(() => edited([text])).toThrow(expect.objectContaining({ hint }))
})

describe('variables and anchors', () => {
  test.each([
    [`nginx:\${TAG:-latest}`],
    [`nginx:\${TAG}`],
    [`nginx:$TAG`],
    [`\${IMAGE:-nginx}`],
    [`\${IMAGE-docker.io/library/nginx:latest}`],
  ])('image: %s', (image) => {
    const { texts, notes } = edited([`services:\n  web:\n    image: ${image}\n  other: {image: x}\n`])
    expect(parse(texts[0] ?? '').services.web.image).toBe('nginx-nonroot:latest')
    expect(notes).toContain(`image: ${image} becomes nginx-nonroot:latest`)
  })

  test.each([[`nginx:\${TAG:-1.27}`], [`redis:\${TAG}`], [`\${IMAGE}`]])('image: %s is another one', (image) => {
    expect(() => edited([`services:\n  web:\n    image: ${image}\n`])).toThrow(/runs .*, not nginx:latest/)
  })

  test('the anchor that would change for others is named with its line', () => {
    const text =
      'services:\n  web:\n    image: nginx\n    ports: &p\n      - 80:80\n  b:\n    image: x\n    ports: *p\n'
    expect(() => edited([text])).toThrow(/^0\.yaml:5 cannot be changed in one place only: the anchor &p /)
  })

  test('keys without a value stay without one', () => {
    const [result] = editCompose([{ name: 'a', text: `${web}    ports:\n    expose:\n` }], profile, null)
    expect(result?.text).toContain('    ports:\n    expose:\n')
  })

  test.each([
    ['8000-8010:80', '8000-8010:8080'],
    ['[::1]:80:80', '[::1]:80:8080'],
    [`\${P}:80`, `\${P}:8080`],
    ['80:80/udp', '80:80/udp'],
  ])('ports: %s', (before, after) => {
    expect(parse(edited([`${web}    ports: ["${before}"]\n`]).texts[0] ?? '').services.web.ports).toEqual([after])
  })
})

test.each([
  ['security_opt: ["seccomp:unconfined"]', 'seccomp:unconfined takes a guard away'],
  ['pid: host', 'pid: host shares that with the machine'],
  ['volumes: ["/var/run/docker.sock:/s"]', '/var/run/docker.sock is the engine'],
  ['network_mode: host', 'network_mode: host has the ports of the machine: 80 is 8080 now'],
  ['network_mode: "service:front"', 'published by the service front: 80 is 8080 now'],
  [`ports: ["80:\${P:-80}"]`, "takes the container's port from a variable: 80 is 8080 now"],
])('%s is said', (line, note) => {
  expect(edited([`${web}    ${line}\n`]).notes).toContain(note)
})

test.each(['http://web', 'http://web/x', 'web:80'])('who calls %s is said', (url) => {
  const { notes } = edited([`${web}  proxy:\n    image: x\n    environment: {UP: "${url}"}\n`])
  expect(notes).toBe('the service proxy speaks of web:80, which is web:8080 now')
})

test.each(['http://web:8080', 'http://web2', 'https://web', 'web:8000'])('%s is something else', (url) => {
  expect(edited([`${web}  proxy:\n    image: x\n    environment: {UP: "${url}"}\n`]).notes).toBe('')
})
