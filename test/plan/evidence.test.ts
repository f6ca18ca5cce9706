import { describe, expect, test } from '@jest/globals'
import { declared } from '../../src/evidence/declared.ts'
import { emptyFolders } from '../../src/evidence/empty-folders.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import { givenNeeds } from '../../src/plan/plan-context.ts'
import { defaultPolicy } from '../../src/plan/stage-input.ts'
import { partOf, pathsOf } from '../evidence/view.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { files, image } from './image.ts'

const paths = (needs: readonly { readonly path: string }[]) => needs.map((need) => need.path)

describe('declared', () => {
  const config = (base: BaseFile['config']) => image(base === undefined ? {} : { config: base }).config
  test.each<[string[], string[]]>([
    [['/data'], ['/data']],
    [
      ['/data/', '/var//lib/x/.'],
      ['/data', '/var/lib/x'],
    ],
    [['data'], ['/srv/data']],
    [['/'], []],
  ])('VOLUME %j', (volumes, found) => {
    expect(pathsOf(declared, partOf({ config: config({ volumes, workdir: '/srv' }) }))).toEqual(found)
  })

  test.each<[string, string, string[]]>([
    ['PGDATA', '/var/lib/postgresql/data', ['/var/lib/postgresql/data']],
    ['APP_DATA_DIR', '/srv/data', ['/srv/data']],
    ['LOG_DIR', '/var/log/app', ['/var/log/app']],
    ['CACHE_PATH', '/cache', ['/cache']],
    ['UPLOAD_FOLDER', '/srv/up/', ['/srv/up']],
    ['PIP_CACHE_DIR', '/tmp/pip', []],
    ['LOG_LEVEL', '/debug', []],
    ['DATA_URL', '/api', []],
    ['LOG_PATH', '/var/log/app/app.log', []],
    ['LOG_PATH', 'relative', []],
    ['LOG_DIR', '/var/log', []],
    ['CACHE_DIR', '/var/cache', []],
    ['DATA_DIR', '/usr/share', []],
    ['DATA_DIR', '/etc', []],
    ['METADATA', '/srv/x', []],
  ])('ENV %s=%s', (name, value, found) => {
    expect(pathsOf(declared, partOf({ config: config({ env: { [name]: value } }) }))).toEqual(found)
  })
})

describe('conventions', () => {
  const needs = (workdir: string, ...lines: string[]) =>
    pathsOf(emptyFolders, partOf({ config: { workdir }, files: files(...lines) }))
  test('folders that are shipped empty under a telling name', () => {
    expect(
      needs(
        '/app',
        'drwxr-xr-x 0:0 /app/uploads',
        'drwxr-xr-x 0:0 /app/var/log',
        'drwxr-xr-x 0:0 /app/storage',
        '-rw-r--r-- 0:0 /app/storage/.gitkeep',
        'drwxr-xr-x 0:0 /app/data',
        '-rw-r--r-- 0:0 /app/data/seed.sql',
        'drwxr-xr-x 0:0 /app/src',
        'drwxr-xr-x 0:0 /app/run/pids',
        'drwxr-xr-x 0:0 /app/node_modules/x/cache',
        'drwxr-xr-x 0:0 /app/.git/logs',
        'drwxr-xr-x 0:0 /app/a/b/c/cache',
        '-rw-r--r-- 0:0 /app/tmp',
      ),
    ).toEqual(['/app/run/pids', '/app/storage', '/app/uploads', '/app/var/log'])
  })

  test.each(['/', '/etc', '/usr/bin', '/srv', '/opt', '/var/lib'])("not in %s, which is everybody's", (workdir) => {
    const below = workdir === '/' ? '/data' : `${workdir}/data`
    expect(needs(workdir, `drwxr-xr-x 0:0 ${below}`)).toEqual([])
  })
})

describe('given', () => {
  const about = (base: BaseFile) => {
    const { config, files } = image(base)
    return { config, files: files.known ? files.value : createFileModel(new Map(), new Map()) }
  }
  const given = (policy: object, workdir = '/srv/app') =>
    paths(givenNeeds({ ...defaultPolicy, ...policy }, about({ config: { workdir } })))
  test('--writable gives its path, normalised', () => {
    expect(given({ writable: ['/data/', '/a/../b', '/c'] })).toEqual(['/data', '/b', '/c'])
  })
  test.each<[string, readonly string[], string]>([
    ['/data/app', [], 'keep-state'],
    ['/data/app.db', [], 'create-file'],
    ['/data/app.db/', [], 'keep-state'],
    ['/data/app.db', ['drwxr-xr-x 0:0 /data/app.db'], 'keep-state'],
    ['/run/app/app.sock', [], 'keep-state'],
    ['/etc/cron.d/jobs.conf', [], 'keep-state'],
  ])('--writable %s, where the image has %j, is to %s', (path, files, access) => {
    const [need] = givenNeeds({ ...defaultPolicy, writable: [path] }, about({ files }))
    expect(need?.access).toBe(access)
  })
  test('what is known to be written there says more than the name', () => {
    const policy = { ...defaultPolicy, writable: ['/data/counts', '/data/v1.old'] }
    const known = [
      { access: 'create-file', path: '/data/counts' },
      { access: 'create-directory', path: '/data/v1.old' },
    ] as const
    const needs = givenNeeds(policy, about({}), known)
    expect(needs.map(({ access, evidence }) => `${access}: ${evidence.detail}`)).toEqual([
      'create-file: given with --writable, as a file (/data/counts/ is a folder)',
      'keep-state: given with --writable',
    ])
  })
  test('--own gives what it names', () => {
    expect(given({})).toEqual([])
    expect(given({ own: 'workdir' })).toEqual(['/srv/app'])
    expect(given({ own: 'workdir' }, '/')).toEqual([])
    expect(given({ own: 'workdir' }, '/usr/bin')).toEqual([])
  })
})
