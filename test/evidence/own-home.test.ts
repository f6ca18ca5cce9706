// What the Dockerfile says with ENV of a home, and of files in that of root.
import { expect, test } from '@jest/globals'
import { ownHome } from '../../src/evidence/own-home.ts'
import { rootHome } from '../../src/evidence/root-home.ts'
import { claimsOf, pathsOf, viewOf } from './view.ts'

const kept = (lines: string, files: Readonly<Record<string, string>>): readonly string[] =>
  pathsOf(
    ownHome,
    viewOf({ dockerfile: `FROM python:3\nWORKDIR /app\n${lines}\nCMD ["python", "a.py"]\n`, context: files }),
  )

test.each<[title: string, lines: string, source: string, paths: readonly string[]]>([
  [
    'asks for it and makes files',
    'ENV HOME=/srv/club\nCOPY . .',
    'open(os.path.expanduser("~/club"), "w")',
    ['/srv/club/.config'],
  ],
  ['names a hidden folder below', 'ENV HOME=/srv/club\nCOPY . .', 'open("/srv/club/.club/a")', ['/srv/club/.club']],
  [
    'has fetched as root what the source uses',
    'ENV HOME=/srv/club\nCOPY . .\nRUN scanclub --install-all',
    'from scanclub import Scan',
    ['/srv/club/.scanclub', '/srv/club/.config'],
  ],
  [
    'has fetched it to a place of its own',
    'ENV SCANCLUB_HOME=/srv/scan\nCOPY . .\nRUN scanclub download all',
    'import scanclub',
    ['/srv/scan'],
  ],
  // Only read, somebody else's home, no home set, or of the build alone.
  ['only asks', 'ENV HOME=/srv/club\nCOPY . .', 'open(os.path.expanduser("~/club"))', []],
  ['only reads what tools keep there', 'ENV HOME=/srv/club\nCOPY . .', 'run("/srv/club/.local/bin/x")', []],
  ['has that of root', 'ENV HOME=/root\nCOPY . .', 'open(os.path.expanduser("~/club"), "w")', []],
  ['has none', 'COPY . .', 'open(os.path.expanduser("~/club"), "w")', []],
  ['has built with a tool', 'ENV HOME=/srv/club\nCOPY . .\nRUN poetry install', 'import poetry', []],
  ['has fetched what nothing uses', 'ENV HOME=/srv/club\nCOPY . .\nRUN scanclub --install-all', 'import other', []],
  [
    'has another user fetch it',
    'ENV HOME=/srv/club\nCOPY . .\nUSER 7\nRUN scanclub --install-all',
    'import scanclub',
    [],
  ],
])('a program that %s', (_, lines, source, paths) => {
  expect(kept(lines, { 'a.py': `${source}\n` })).toEqual(paths)
})

const said = (lines: string): readonly string[] =>
  claimsOf(rootHome, viewOf({ dockerfile: `FROM debian:12\n${lines}\nCMD ["/x"]\n`, context: { key: 'x' } })).flatMap(
    (claim) => (claim.kind === 'remark' ? [claim.message] : []),
  )

test.each<[lines: string, messages: readonly string[]]>([
  [
    'ENV CLUB_CERT=/root/.club/tls.cert',
    ['ENV CLUB_CERT names /root/.club/tls.cert, in the home of root, which only root can enter'],
  ],
  [
    'ENV CLUB_CERT=/root/.club/tls.cert CLUB_KEY=/root/.club/tls.key',
    ['ENV CLUB_CERT and CLUB_KEY name /root/.club, in the home of root, which only root can enter'],
  ],
  [
    'ENV MODEL_HOME=/root/.cache/models',
    ['ENV MODEL_HOME names /root/.cache/models, in the home of root, which only root can enter'],
  ],
  // Put there, of the build alone, no path, or elsewhere.
  ['ENV CLUB_CERT=/root/club/tls.cert\nCOPY key /root/club/tls.cert', []],
  ['ENV GOCACHE=/root/.cache/go UV_CACHE_DIR=/root/.cache/uv', []],
  ['ENV HOME=/root PATH=/root/.club/bin:/bin', []],
  ['ENV CLUB_CERT=/etc/club/tls.cert', []],
])('%s', (lines, messages) => {
  expect(said(lines)).toEqual(messages)
})
