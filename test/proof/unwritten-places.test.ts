import { expect, test } from '@jest/globals'
import { unwrittenPlaces } from '../../src/proof/unwritten-places.ts'
import { image } from '../plan/image.ts'
import { operation, traced } from './support/records.ts'

const ini = '/etc/notes.ini'
const facts = image({
  files: [
    'drwxr-xr-x 0:0 /var/lib/notes',
    'drwxr-xr-x 0:0 /srv/served/html',
    'drwxr-xr-x 0:0 /etc/notes/conf.d',
    'drwxr-xr-x 0:0 /srv/commented',
    'drwxr-xr-x 0:0 /srv/unread',
    'drwxr-xr-x 0:0 /var/backups',
    'drwxr-xr-x 0:0 /srv/of-a-library',
    'drwxr-xr-x 0:0 /srv/written',
    'drwxrwxrwx 0:0 /srv/open',
    'drwxr-xr-x 33:33 /srv/of-another',
    '-rw-r--r-- 0:0 /srv/full/x',
    'drwxr-xr-x 0:0 /srv/of-folders/tmp',
    'drwxr-xr-x 0:0 /var/lib',
    'drwxr-xr-x 0:0 /var/cache',
  ],
  texts: {
    [ini]: [
      'storage = /var/lib/notes/',
      'root = /srv/served/html',
      'include /etc/notes/conf.d',
      '# old = /srv/commented',
      'more = /srv/written:/srv/open:/srv/of-another:/srv/full',
      'see http://x/srv/unread',
    ],
    '/etc/passwd': ['backup:x:34:34:backup:/var/backups:/usr/sbin/nologin'],
    '/usr/lib/python3/site.py': ['x = "/srv/of-a-library"'],
    '/etc/other.ini': ['storage = /srv/unread'],
    '/opt/x/hits.lua': [
      'local DATA = os.getenv("DATA") or "/var/lib/hits"',
      'local OUT = "/srv/of-folders"',
      'local MADE = "/var/cache/made"',
      'local GIVEN = "/var/cache/given/x"',
      'local PAGES = "/var/lib/templates"',
      'local FILE = "/var/lib/hits.db"',
      'open("/var/lib/called")',
      '-- X = "/var/lib/commented"',
    ],
    '/opt/x/notes.ini': ['data = /var/lib/of-an-ini'],
  },
})
const original = traced([
  operation('read', ini),
  operation('read', '/etc/passwd'),
  operation('read', '/usr/lib/python3/site.py'),
  operation('create-file', '/srv/written/x'),
])
const paths = (found: ReturnType<typeof unwrittenPlaces>) =>
  found.map(({ path, evidence }) => `${path}: ${evidence.detail}`)

test('an empty folder of root’s that a configuration names, and that nothing wrote to, is a place to write', () => {
  expect(unwrittenPlaces(original, facts)).toEqual([
    expect.objectContaining({ access: 'keep-state', path: '/var/lib/notes', certainty: 'inferred', namedIn: ini }),
    expect.objectContaining({ path: '/srv/open' }),
  ])
})

test('nothing is one where nobody watched', () => {
  expect(unwrittenPlaces({ trace: null }, facts)).toEqual([])
})

test('one that a source gives a name, and that is not there or has folders alone, is one too', () => {
  const lua = '/opt/x/hits.lua'
  const seen = traced([
    operation('read', lua),
    operation('read', '/opt/x/notes.ini'),
    operation('create-directory', '/var/cache/made'),
    operation('create-file', '/var/cache/made/x'),
  ])
  expect(paths(unwrittenPlaces(seen, facts))).toEqual([
    `/var/lib/hits: not there, and named in ${lua}`,
    `/srv/of-folders: empty, and named in ${lua}`,
    `/var/cache/given/x: not there, and named in ${lua}`,
  ])
})
