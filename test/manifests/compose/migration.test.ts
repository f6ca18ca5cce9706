import { describe, expect, test } from '@jest/globals'
import type { HostEntry } from '../../../src/manifests/compose/host-files.ts'
import { MIGRATION_FILE, type MigrationFacts, migrationOf } from '../../../src/manifests/compose/migration.ts'
import { asObject, parseYaml } from '../../../src/manifests/yaml/file.ts'
import { facts, mount, planned, project, type SampleService } from './migration-sample.ts'

function migrate(samples: readonly SampleService[], change: Partial<MigrationFacts> = {}) {
  const services = samples.map(planned)
  return migrationOf(project(services), services, facts(change))
}

const folder: HostEntry = {
  kind: 'folder',
  uid: 0,
  gid: 0,
  mode: 0o755,
  text: null,
  children: [],
  isCheckout: false,
}

function api(volumes: readonly string[], change: Partial<SampleService> = {}): SampleService {
  return { name: 'api', uid: 10001, mounts: volumes.map(mount), ...change }
}

/** The lines of the script that name a place. */
function rows(samples: readonly SampleService[]): readonly string[] {
  const [file] = migrate(samples).files
  return (file?.after ?? '').split('\n').flatMap((line) => (/^ +give /.test(line) ? [line.trim()] : []))
}

const UP = String.raw`give up 10001:10001 \( -user 0 -o -path /volumes/up ! -user 10001 \) \( -type d -o -links 1 \)`

const cases: readonly (readonly [string, readonly SampleService[], readonly string[]])[] = [
  ['a volume of who was root', [api(['data:/data'])], ['give data 10001:10001 -user 0']],
  [
    'a volume that nobody is known to write is there to be written',
    [api(['data:/data'], { owned: [] })],
    ['give data 10001:10001 -user 0'],
  ],
  [
    'only the folders that are written, where the image says which',
    [api(['data:/app'], { owned: ['/app/cache', '/app/cache/x', '/app/log'] })],
    [
      String.raw`give data 10001:10001 \( -path /volumes/data/cache -o -path '/volumes/data/cache/*' -o -path /volumes/data/log -o -path '/volumes/data/log/*' \) -user 0`,
    ],
  ],
  [
    'a folder whose name means more to a shell, to find or to Compose',
    [api(['data:/app'], { owned: ["/app/it's $A[*]"] })],
    [
      String.raw`give data 10001:10001 \( -path '/volumes/data/it'\''s $$A\[\*\]' -o -path '/volumes/data/it'\''s $$A\[\*\]/*' \) -user 0`,
    ],
  ],
  ['a data folder of the machine', [api(['/srv/shop/up:/up'])], [UP]],
  ['a folder of the machine that nobody is known to write', [api(['/srv/shop/up:/up'], { owned: [] })], []],
  ['what is mounted to be read', [api(['data:/data:ro'])], []],
  ['who stays root', [api(['data:/data'], { uid: 0 })], []],
  ['who was another user all the time', [api(['data:/data'], { result: { verdict: 'unchanged' } })], []],
  [
    'who was another user, and is a third one now',
    [api(['data:/data'], { service: { user: '1000:1000' } })],
    ['give data 10001:10001 -user 1000'],
  ],
  [
    'two services of one user',
    [api(['data:/data']), api(['data:/in'], { name: 'worker' })],
    ['give data 10001:10001 -user 0'],
  ],
  [
    'two users of one group',
    [
      api(['data:/data'], { gid: 5000 }),
      api(['data:/in'], { name: 'worker', uid: 33, service: { settings: { group_add: ['5000'] } } }),
    ],
    [
      'give data 10001:5000 -user 0',
      String.raw`give data :5000 \( -user 10001 -o -user 33 \) \( ! -group 5000 -o -type d ! -perm -2070 -o -type f ! -perm -060 \)`,
    ],
  ],
  ['two users without a group', [api(['data:/data']), api(['data:/in'], { name: 'worker', uid: 33 })], []],
  [
    'the files of a neighbour who stays who it is',
    [
      api(['data:/data'], { uid: 33, result: { proof: null } }),
      api(['data:/in'], { name: 'worker', uid: 33, result: { verdict: 'unchanged' } }),
    ],
    ['give data 33:33 -user 0'],
  ],
]

test.each(cases)('is handed over: %s', (_, samples, expected) => {
  expect(rows(samples)).toEqual(expected)
})

test('a checkout, a folder of the system and a user that nobody knows are a person’s to decide', () => {
  const needs = migrate(
    [
      api(['/srv/shop:/app', '/srv/shop/src:/src', '/srv:/all', '/etc:/etc', 'data:/data']),
      api(['other:/data'], { name: 'worker', uid: null }),
      api(['both:/data'], { name: 'a' }),
      api(['both:/data'], { name: 'b', uid: 33 }),
    ],
    { entries: new Map([['/srv/shop/src', { ...folder, isCheckout: true }]]) },
  ).volumes
  expect(needs.map(({ volume, need, reason }) => `${volume}: ${need}, ${reason}`)).toEqual([
    '/srv/shop: unknown, it is a checkout, which belongs to whoever edits it',
    '/srv/shop/src: unknown, it is a checkout, which belongs to whoever edits it',
    '/srv: unknown, it is a folder of the system, which keeps its owner',
    '/etc: unknown, it is a folder of the system, which keeps its owner',
    'data: migration, api runs as 10001:10001 now',
    'other: nothing, nobody has looked into the images of those who write there',
    'both: unknown, a (10001) and b (33) have no group in common',
  ])
})

test('a folder that has the project in it is no checkout for that', () => {
  const all = [planned(api(['/data/all:/data']))]
  const [need] = migrationOf(project(all, '/data/all/shop'), all, facts()).volumes
  expect(need).toMatchObject({ need: 'unknown', reason: "this project's sources lie in it, so it keeps its owner" })
})

describe('what a person has not seen to is said once more when the project says the new users', () => {
  const unchanged = { verdict: 'unchanged' } as const
  const needs = (samples: readonly SampleService[], entry: Partial<HostEntry>) =>
    migrate(samples, { entries: new Map([['/srv/shop', { ...folder, ...entry }]]) }).volumes.map(({ need }) => need)

  test.each<[string, Partial<HostEntry>, string]>([
    ["a folder of root's", {}, 'unknown'],
    ['one of somebody else', { uid: 1000 }, 'unknown'],
    ['a checkout of somebody else', { uid: 1000, isCheckout: true }, 'nothing'],
    ["one of the user's", { uid: 10001 }, 'nothing'],
    ['one that its group may write', { gid: 10001, mode: 0o775 }, 'nothing'],
    ['one that everybody may write', { mode: 0o777 }, 'nothing'],
    ['one that is not there', { kind: 'missing' }, 'nothing'],
  ])('%s', (_, entry, need) => {
    expect(needs([api(['/srv/shop:/app'], { result: unchanged })], entry)).toEqual([need])
  })

  test('a volume of two users without a group, where they are run without capabilities', () => {
    const two = (service: NonNullable<SampleService['service']>) => [
      api(['data:/data'], { result: unchanged, service }),
      api(['data:/in'], { name: 'worker', uid: 33, result: unchanged, service }),
    ]
    expect(needs(two({ settings: { cap_drop: ['ALL'] } }), {})).toEqual(['unknown'])
    expect(needs(two({}), {})).toEqual(['nothing'])
  })
})

test('a service that stays root beside the others is said', () => {
  const [need] = migrate([api(['data:/data']), api(['data:/in'], { name: 'backup', uid: 0, owned: ['/in'] })]).volumes
  expect(need?.reason).toBe("api runs as 10001:10001 now; what backup writes there later is root's again")
})

test('the commands name what the caller has named, in words of a shell', () => {
  const { migration } = migrate([api(['data:/data'])], {
    choice: { files: ['a b.yaml', '-x.yaml'], profiles: ['dev'], envFiles: ['.env.x'], projectName: 'shop' },
  })
  const given = "docker compose --project-name shop --env-file .env.x -f 'a b.yaml' -f -x.yaml"
  expect(migration?.command).toBe(
    `${given} --profile dev stop && ${given} -f ${MIGRATION_FILE} --profile dev run --rm migrate-volumes`,
  )
  expect(migration?.undo).toBe(`${migration?.command} undo`)
})

test('the service has root with two capabilities, no network and nothing to write but the volumes', () => {
  const [file] = migrate([api(['data:/data', '/srv/shop/up:/up'])]).files
  const { services } = asObject(parseYaml(file?.after ?? '', 'x').values[0])
  const { entrypoint, ...service } = asObject(asObject(services)['migrate-volumes'])
  expect(service).toEqual({
    profiles: ['migrate-volumes'],
    image: 'app:1',
    user: '0:0',
    network_mode: 'none',
    read_only: true,
    cap_drop: ['ALL'],
    cap_add: ['CHOWN', 'DAC_READ_SEARCH'],
    security_opt: ['no-new-privileges:true'],
    volumes: [
      'migrate-volumes-owners:/owners',
      'data:/volumes/data:nocopy',
      { type: 'bind', source: './up', target: '/volumes/up', bind: { create_host_path: true } },
    ],
  })
})

test('the file of three volumes has at most 25 lines', () => {
  const [file] = migrate([api(['data:/data', 'logs:/logs', '/srv/shop/up:/up'])]).files
  expect(file?.after.trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

test('a step is told in one line', () => {
  expect(
    migrate([
      api(['data:/data', 'both:/both'], { gid: 5000 }),
      api(['both:/in'], { name: 'worker', uid: 33, service: { settings: { group_add: ['5000'] } } }),
    ]).migration?.steps,
  ).toEqual([
    'data: what root has left there goes to 10001:5000, since api runs as 10001:5000 now',
    'both: what root has left there goes to group 5000, since api and worker share it as members of group 5000, which folders hand on to new files',
  ])
})

test('the image is one of the project that has the tools, else a small one that is named', () => {
  const imageOf = (samples: readonly SampleService[], equipped: readonly string[]) => {
    const [file] = migrate(samples, { equipped: new Set(equipped) }).files
    const { services } = asObject(parseYaml(file?.after ?? '', 'x').values[0])
    const { image, build } = asObject(asObject(services)['migrate-volumes'])
    return image ?? build
  }
  const built = api(['data:/data'], {
    service: {
      image: null,
      settings: { build: { context: '.', target: 'run', args: { A: '$x' } } },
      build: { dockerfile: '/srv/shop/Dockerfile', inline: null, context: '/srv/shop', target: 'run', args: new Map() },
    },
  })
  const database = api(['db:/db'], { name: 'db', image: 'postgres:16' })
  expect(imageOf([built, database], ['api', 'db'])).toBe('postgres:16')
  expect(imageOf([built, database], ['api'])).toEqual({ context: '.', target: 'run', args: { A: '$$x' } })
  expect(imageOf([built, database], [])).toBe('busybox:musl')
})

test('a file of somebody else is left alone, and one of an earlier run is written again', () => {
  const [first] = migrate([api(['data:/data'])]).files
  expect(first?.before).toBeNull()
  expect(migrate([api(['data:/data'])], { existing: first?.after ?? '' }).files).toEqual([])
  expect(migrate([api(['data:/data'])], { existing: 'services: {}\n' }).files[0]?.name).toBe(
    'migrate-volumes.harden-image.yaml',
  )
})

test('names of anybody end no word, no comment and no line of the file', () => {
  const hostile = '/srv/da\'ta$(x)\n# \u001b[31m`y`"$Z'
  const [file] = migrate([api([`${hostile.replaceAll(':', '')}:/data`])]).files
  const { services } = asObject(parseYaml(file?.after ?? '', 'x').values[0])
  const { entrypoint, volumes } = asObject(asObject(services)['migrate-volumes'])
  expect(volumes).toContainEqual({
    type: 'bind',
    source: hostile.replaceAll('$', '$$$$'),
    target: expect.stringMatching(/^\/volumes\/[a-z0-9-]+$/),
    bind: { create_host_path: true },
  })
  const script = String((entrypoint as readonly string[])[2])
  expect(script.split('\n').at(-2)).toMatch(/^give (srv-[a-z0-9-]+) 10001:10001 \\\( -user 0 -o -path \/volumes\/\1 ! /)
})

test('what an image of somebody else has kept as its own account stays where it is', () => {
  const one = planned({ name: 'db', mounts: [mount('data:/data'), mount('/srv/data:/more')], uid: 999, owned: [] })
  const kept = (owned: readonly string[]): typeof one => {
    if (one.profile === null) throw new Error('it has a profile')
    const image = { ...one.profile.image, stepsDown: true as const }
    return { ...one, profile: { ...one.profile, owned, image } }
  }
  const needs = (all: typeof one): readonly (readonly [string, string])[] =>
    migrationOf(project([all]), [all], facts()).volumes.map(({ volume, need }) => [volume, need])
  expect(needs(one)).toEqual([
    ['data', 'migration'],
    ['/srv/data', 'nothing'],
  ])
  expect(needs(kept([]))).toEqual([
    ['data', 'nothing'],
    ['/srv/data', 'nothing'],
  ])
  expect(needs(kept(['/data', '/more']))).toEqual([
    ['data', 'migration'],
    ['/srv/data', 'migration'],
  ])
})

test('a folder of the project is named as everybody has it, and made where it is missing', () => {
  const samples = [api(['/srv/shop/data:/data'])]
  const text = migrate(samples).files[0]?.after ?? ''
  expect(rows(samples)).toEqual([UP.replaceAll('up', 'data')])
  expect(text).toContain('{type: bind, source: ./data, target: /volumes/data, bind: {create_host_path: true}}')
})
