import { describe, expect, test } from '@jest/globals'
import type { PathClaim } from '../../src/evidence/claim.ts'
import { closedFiles } from '../../src/evidence/closed-files.ts'
import { frameworkFolders } from '../../src/evidence/frameworks.ts'
import { inImage } from '../../src/evidence/in-image.ts'
import { programFiles } from '../../src/evidence/program-files.ts'
import { sourceFiles } from '../../src/evidence/source-files.ts'
import { findStepDowns } from '../../src/start/step-down.ts'
import { claimsOf, partOf } from '../evidence/view.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { image } from './image.ts'

function needs(base: BaseFile): readonly (readonly [string, string])[] {
  return needsOf(base).map(({ access, path }) => [access, path])
}

function needsOf(base: BaseFile): readonly PathClaim[] {
  const facts = image(base)
  if (!facts.files.known) throw new Error('a fixture has files')
  const start = findStepDowns(facts)
  const own = facts.files.value
  const { config } = facts
  const contents = { ...partOf({}).contents, ...programFiles(config, own, start) }
  const view = partOf({ facts, asBuilt: true, own, files: own, started: config, start, contents })
  return [frameworkFolders, sourceFiles, closedFiles, inImage].flatMap((provider) =>
    claimsOf(provider, view).filter((claim) => claim.kind === 'path'),
  )
}

describe('of an image alone', () => {
  test('a framework in WORKDIR tells its folders, whoever filled them', () => {
    const found = needsOf({
      config: { workdir: '/app', cmd: ['rails', 'server'] },
      texts: { '/app/Gemfile': ["gem 'rails'"] },
      files: ['drwxr-xr-x 0:0 /app/tmp'],
    })
    expect(found.map(({ path, tree }) => [path, tree])).toEqual([
      ['/app/tmp', true],
      ['/app/log', undefined],
      ['/app/storage', undefined],
    ])
  })

  test('the source beside what the command names tells what it writes', () => {
    const texts = {
      '/srv/shop/app.py': ["open('/srv/shop/orders.txt', 'a')"],
      '/opt/other.py': ["open('/opt/x', 'w')"],
    }
    expect(needs({ config: { cmd: ['python3', '/srv/shop/app.py'] }, texts })).toEqual([
      ['create-file', '/srv/shop/orders.txt'],
    ])
  })

  test('so does a program that lies alone in a folder which others share', () => {
    const texts = { '/srv/app.py': ["open('/var/lib/app/stats', 'w')"], '/srv/other.py': ["open('/opt/x', 'w')"] }
    expect(needs({ config: { cmd: ['python3', '/srv/app.py'] }, texts })).toEqual([
      ['create-file', '/var/lib/app/stats'],
    ])
  })

  test('a closed file of the application is read', () => {
    expect(
      needs({
        config: { workdir: '/app' },
        files: ['-rw------- 0:0 /app/key.ini', '-rw-r--r-- 0:0 /app/open.ini', '-rw------- 0:0 /etc/other.key'],
      }),
    ).toEqual([['read', '/app/key.ini']])
  })

  test.each([
    ['in the configuration of what is started', { cmd: ['nginx'] }, '/etc/nginx/nginx.conf', true],
    ['in that of what is not', { cmd: ['node'] }, '/etc/nginx/nginx.conf', false],
    ['in that of another, of which the name of etcd is a part', { cmd: ['etcd'] }, '/etc/logrotate.conf', false],
    ['in what cuts its logs', { cmd: ['nginx'] }, '/etc/logrotate.d/nginx', false],
    ['in what its package ran', { cmd: ['nginx'] }, '/var/lib/dpkg/info/nginx.postinst', false],
    ['in an init script that is not started', { cmd: ['nginx'] }, '/etc/init.d/nginx', false],
    ['in a script of its package that is not started', { cmd: ['nginx'] }, '/usr/bin/nginx-newcluster', false],
    ['in its own', { cmd: ['etcd'] }, '/etc/etcd.conf', true],
    ['in the source', { cmd: ['python3', '/srv/shop/app.py'] }, '/srv/shop/app.py', true],
    ['in a start script', { cmd: ['/start.sh'] }, '/start.sh', true],
  ])('a closed file that is named %s', (_, config, path, isRead) => {
    const files = ['-rw-r----- 0:42 /etc/keys/tls.pem', '-rw-r----- 0:42 /etc/keys/tls', '-rwxr-xr-x 0:0 /start.sh']
    const head = /\.conf$/.test(path) ? [] : ['#!/bin/sh']
    const found = needs({ config, files, texts: { [path]: [...head, 'key /etc/keys/tls.pem;'] } })
    expect(found).toEqual(isRead ? [['read', '/etc/keys/tls.pem']] : [])
  })

  test('a closed file that is named in itself alone', () => {
    const path = '/etc/nginx/admin.cnf'
    const files = [`-rw------- 0:0 ${path}`]
    expect(needs({ config: { cmd: ['nginx'] }, files, texts: { [path]: [`# ${path}`] } })).toEqual([])
  })

  test('a closed file that is named in a comment, or in a setting that is turned off', () => {
    const files = [
      '-rw------- 0:0 /etc/mysql/debian.cnf',
      '-rw------- 0:0 /etc/keys/on',
      '-rw------- 0:0 /etc/keys/off',
    ]
    const text = '# see /etc/mysql/debian.cnf\n#ssl-key = /etc/keys/off\nssl-key = /etc/keys/on # not /etc/keys/off\n'
    expect(needs({ config: { cmd: ['mysqld'] }, files, texts: { '/etc/mysql/my.cnf': text.split('\n') } })).toEqual([
      ['read', '/etc/keys/on'],
    ])
  })

  test('a closed file that is named by ENV, and none that decides over accounts', () => {
    const config = {
      cmd: ['x', '/etc/shadow', '/var/cache/debconf/passwords.dat'],
      env: { KEY_FILE: '/etc/keys/tls' },
    }
    const files = [
      '-rw------- 0:0 /etc/keys/tls',
      '-rw-r----- 0:42 /etc/shadow',
      '-rw------- 0:0 /var/cache/debconf/passwords.dat',
    ]
    expect(needsOf({ config, files }).map(({ evidence }) => evidence.detail)).toEqual([
      'named in ENV KEY_FILE, and has mode 0600',
    ])
  })

  test('of the keys beside the one that the command names, none', () => {
    const files = ['-rw------- 0:0 /etc/ssl/private/own.key', '-rw------- 0:0 /etc/ssl/private/other.key']
    expect(needs({ config: { cmd: ['x', '--key=/etc/ssl/private/own.key'] }, files })).toEqual([
      ['read', '/etc/ssl/private/own.key'],
    ])
  })

  test.each([
    ['empty at the top', {}, ['drwxr-xr-x 0:0 /data'], ['/data']],
    ['of drop-ins', {}, ['drwxr-xr-x 0:0 /docker-entrypoint-initdb.d'], []],
    ['not empty at the top', {}, ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/x'], []],
    ['of every system', {}, ['drwxr-xr-x 0:0 /srv', 'drwxr-xr-x 0:0 /mnt', 'drwxr-xr-x 0:0 /var/lib/misc'], []],
    ['empty, and named', { cmd: ['x', '-sd', '/var/lib/x'] }, ['drwxr-xr-x 0:0 /var/lib/x'], ['/var/lib/x']],
    [
      'empty, and named by a long option',
      { cmd: ['x', '--at=/var/lib/x'] },
      ['drwxr-xr-x 0:0 /var/lib/x'],
      ['/var/lib/x'],
    ],
    ['empty, and named like the program', { cmd: ['/bin/x'] }, ['drwxr-xr-x 0:0 /var/cache/x'], ['/var/cache/x']],
    ['empty, named like it, and somebody’s', { cmd: ['/bin/x'] }, ['drwxr-xr-x 9:9 /var/cache/x'], []],
    ['empty, and named like another', { cmd: ['/bin/x'] }, ['drwxr-xr-x 0:0 /var/cache/y'], []],
    ['filled, and named', { cmd: ['x', '/var/www'] }, ['-rw-r--r-- 0:0 /var/www/index.html'], []],
  ])('a folder: %s', (_, config, files, expected) => {
    expect(needs({ config, files })).toEqual(expected.map((path) => ['keep-state', path]))
  })
})
