import { expect, test } from '@jest/globals'
import { namedFolders } from '../../src/proof/caveats.ts'
import { imageFacts } from '../harden/support/facts.ts'

const account = { uid: 10001, gid: 10001 }
const facts = (cmd: readonly string[]) =>
  imageFacts('debian', {
    config: { cmd, workdir: '/srv/app' },
    files: [
      '-rw-r--r-- 0:0 /srv/svn/repo/format',
      '-rw-r--r-- 0:0 /srv/www/index.html',
      '-rw-r--r-- 0:0 /srv/app/x',
      'drwxr-xr-x 0:0 /srv/empty',
      '-rw-r--r-- 10001:10001 /srv/own/x',
      'drwxr-xr-x 10001:10001 /srv/own',
      '-rw-r--r-- 0:0 /etc/x/y',
    ],
  })

test('a folder with data that the command names and the user may not write is said', () => {
  const said = [expect.stringMatching(/^whether it has to write below \/srv\/svn, which its command names: no run did/)]
  expect(namedFolders(facts(['svnserve', '-r', '/srv/svn']), [], account)).toEqual(said)
  expect(namedFolders(facts(['svnserve', '--root=../svn/', '-r', '/srv/svn']), [], account)).toEqual(said)
})

test('what is read, empty, given, the user’s own or the system’s is not', () => {
  const words = ['x', '/srv/www', '/srv/empty', '/srv/own', '/etc/x', '/srv/app', '/nowhere', '/srv']
  expect(namedFolders(facts(words), [], account)).toEqual([])
  const grant = { path: '/srv/svn/repo', kind: 'own-directory', evidence: [] } as const
  expect(namedFolders(facts(['svnserve', '/srv/svn']), [grant], account)).toEqual([])
  expect(namedFolders(facts(['svnserve', '/srv/svn']), [], null)).toEqual([])
})
