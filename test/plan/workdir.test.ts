import { describe, expect, test } from '@jest/globals'
import type { Need } from '../../src/evidence/claim.ts'
import { planWorkdir } from '../../src/plan/home.ts'
import type { AccountChoice } from '../../src/plan/plan.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { files, image, unknownImage } from './image.ts'

const app: AccountChoice = {
  name: 'app',
  uid: 10001,
  gid: 10001,
  groups: [],
  home: '/home/app',
  createHome: true,
  createGroup: true,
  from: 'option',
  creation: 'useradd',
  evidence: [],
}
const web: AccountChoice = {
  ...app,
  name: 'web',
  uid: 70,
  gid: 70,
  home: '/srv/web',
  createHome: false,
  creation: 'exists',
}

function need(access: Need['access'], path: string, fromStart = true): Need {
  const evidence = { source: 'traced', subject: path, detail: 'open("x")' } as const
  return { access, path, certainty: 'observed', evidence, ...(fromStart ? { fromStart: true } : {}) }
}

const database = need('create-file', '/x.db')

/** Where it starts, and what is left to be given. */
function plan(needs: readonly Need[], base: BaseFile = {}, account = app, anyUid = false): string {
  const planned = planWorkdir(needs, image(base), files(), account, anyUid)
  return [planned.workdir?.path ?? 'stays', ...planned.needs.map(({ access, path }) => `${access} ${path}`)].join(' ')
}

describe('a program that makes files where it starts', () => {
  test.each<[string, readonly Need[]]>([
    ['creates one', [database]],
    ['puts one in the place of another', [need('rename', '/x.db')]],
    ['makes a socket', [need('create-socket', '/x.sock')]],
  ])('and %s starts in a folder of its own, where it needs nothing', (_, needs) =>
    expect(plan(needs)).toBe('/home/app'),
  )

  test.each<[string, readonly Need[], BaseFile, string]>([
    ['a folder can be made beforehand', [need('create-directory', '/data')], {}, 'stays create-directory /data'],
    ['a pid file can', [need('create-file', '/x.pid')], {}, 'stays create-file /x.pid'],
    ['it says the whole name', [need('create-file', '/x.db', false)], {}, 'stays create-file /x.db'],
    [
      'it starts elsewhere',
      [need('create-file', '/srv/app/x.db')],
      { config: { workdir: '/srv/app' } },
      'stays create-file /srv/app/x.db',
    ],
    [
      'it reads what lies there',
      [database, need('read', '/app.conf')],
      { files: ['-rw-r--r-- 0:0 /app.conf'] },
      'stays create-file /x.db read /app.conf',
    ],
    ['it looks what lies there', [database, need('list', '/', false)], {}, 'stays create-file /x.db list /'],
    ['it is there already', [need('write', '/x.db')], { files: ['-rw-r--r-- 0:0 /x.db'] }, 'stays write /x.db'],
    [
      'its command names what lies there',
      [database],
      { config: { cmd: ['sh', '-c', 'serve --root=web'] }, files: ['drwxr-xr-x 0:0 /web'] },
      'stays create-file /x.db',
    ],
    [
      'its health check does',
      [database],
      { config: { healthcheck: ['CMD', './alive'] }, files: ['-rwxr-xr-x 0:0 /alive'] },
      'stays create-file /x.db',
    ],
  ])('stays where it is, where %s', (_, needs, base, expected) => expect(plan(needs, base)).toBe(expected))

  test('what else it names from there comes along, what it names in full stays', () => {
    const needs = [database, need('create-directory', '/data'), need('write', '/var/log/x.log', false)]
    expect(plan(needs)).toBe('/home/app write /var/log/x.log')
  })

  test('the name of an own option or of a program is no file', () => {
    const config = { cmd: ['serve', '--data', '/data', 'x'] }
    expect(plan([database], { config, files: ['drwxr-xr-x 0:0 /data'] })).toBe('/home/app')
  })
})

describe('the folder that it starts in then', () => {
  const own = { files: ['drwxr-x--- 70:70 /srv/web'] }
  const foreign = { files: ['drwxr-xr-x 0:0 /srv/web'] }

  test.each<[string, BaseFile, AccountChoice, boolean, string]>([
    ['the home of an account that has one', own, web, false, '/srv/web'],
    ['a new one where that is not its own', foreign, web, false, '/var/lib/web keep-state /var/lib/web'],
    ['a new one where it has none', {}, { ...web, home: '' }, false, '/var/lib/web keep-state /var/lib/web'],
    ['a new one for a bare uid', {}, { ...web, name: '', home: '/' }, false, '/var/lib/app keep-state /var/lib/app'],
    ['a new one for a copied account', {}, { ...app, creation: 'copy' }, false, '/var/lib/app keep-state /var/lib/app'],
    ['a new one where any uid may come', own, web, true, '/var/lib/web keep-state /var/lib/web'],
  ])('is %s', (_, base, account, anyUid, expected) => expect(plan([database], base, account, anyUid)).toBe(expected))

  test('is given where nobody knows whose it is', () => {
    const { workdir, needs } = planWorkdir([database], unknownImage(), files(), web, false)
    expect(workdir?.path).toBe('/srv/web')
    expect(needs.map(({ access, path }) => `${access} ${path}`)).toEqual(['keep-state /srv/web'])
  })

  test('the plan says why the WORKDIR moves', () => {
    const { workdir } = planWorkdir([database], image({}), files(), app, false)
    expect(workdir?.reason).toBe('/x.db is made where it starts, and / belongs to the system')
    expect(workdir?.evidence).toEqual([{ source: 'traced', subject: '/home/app', detail: 'open("x")' }])
  })
})
