// What the Dockerfile says with ENV of files in the home of root.
import { expect, test } from '@jest/globals'
import { rootHome } from '../../src/evidence/root-home.ts'
import { claimsOf, viewOf } from './view.ts'

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
