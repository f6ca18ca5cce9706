import { describe, expect, test } from '@jest/globals'
import { proofHint } from '../../src/report/proof-hint.ts'
import type { ReportSandbox } from '../../src/report/report.ts'

const result = {
  image: 'x',
  uids: [],
  capabilities: [],
  noNewPrivileges: true,
  readOnlyRootfs: false,
  tmpfs: [],
  addedBytes: 0,
}
const check = (name: string, result: string) => ({ name, baseline: '200', result, passed: false })

test.each([
  [
    'a low port that stays',
    [check('http :80/', '200'), check('tcp :953', 'closed')],
    'x: Permission denied',
    /port 953/,
  ],
  [
    'a path that was refused',
    [check('still running', 'exit 1'), check('tcp :80', 'closed')],
    'the result ends with exit code 1: /run.sh: line 3: /srv/x: Permission denied',
    /^--writable \/srv\/x gives/,
  ],
  [
    'a path in the log, not the one of the check',
    [check('makes the files that it made', 'not /srv/a')],
    "makes the files that it made: was yes, is not /srv/a; it logs: open '/srv/b': EACCES",
    /^--writable \/srv\/b gives/,
  ],
  [
    'files that are missing, and no word of them',
    [check('makes the files that it made', 'not /srv/a, /srv/c')],
    'makes the files that it made: was yes, is not /srv/a, /srv/c',
    /^--writable \/srv\/a --writable \/srv\/c gives/,
  ],
  [
    'a file of another owner',
    [check('still running', 'exit 1')],
    "the result ends with exit code 1 at start: The control file '/etc/x/xrc' must be owned by you",
    /^let \/etc\/x\/xrc belong to its new user: RUN chown/,
  ],
  [
    'a setting that is closed',
    [check('still running', 'exit 1')],
    'the result ends with exit code 1 at start: open /etc/x.key: permission denied',
    /^open \/etc\/x\.key to its new user/,
  ],
  [
    'a switch to another user',
    [check('still running', 'exit 1')],
    'the result ends with exit code 1 at start: x: Must be root to switch users.',
    /^an option or a setting tells it to become another user/,
  ],
  ['a port above that', [check('http :8080/', 'closed')], 'EACCES: /x', /--writable \/x/],
  [
    'a file of the engine',
    [check('writes /etc/hosts', 'refused')],
    'writes /etc/hosts: was allowed, is openat("/etc/hosts") = -1 EACCES',
    /--add-host/,
  ],
  [
    'a program that does not start',
    [check('starts /usr/bin/ping', 'refused')],
    'starts /usr/bin/ping: was started, is refused (-1 EACCES)',
    /RUN setcap -r \/usr\/bin\/ping/,
  ],
  [
    'a helper that misses a capability',
    [
      check(
        'what takes NET_RAW',
        'refused (/usr/lib/x/pinger: socket(AF_INET, SOCK_RAW) = -1 EPERM); a check of yours',
      ),
    ],
    'what takes NET_RAW: was allowed, is refused',
    /^two ways: .*--smoke.*; else RUN setcap cap_net_raw\+ep \/usr\/lib\/x\/pinger, .*--cap-add=NET_RAW and without no-new-privileges$/,
  ],
  [
    'a capability that nobody knows the user of',
    [check('what takes MKNOD', 'refused (mknod("/dev/x") = -1 EPERM); a check of yours')],
    'what takes MKNOD: was allowed, is refused',
    /cap_mknod\+ep the program,/,
  ],
  [
    'work that is refused',
    [check('what su starts', 'refused (…); a check of yours (--smoke) can tell whether it does without')],
    'what su starts: was done as 33, is refused',
    /^a check of yours that passes \(--smoke\)/,
  ],
  ['an error page', [check('http :8080/', '500')], 'http :8080/: was 200, is 500', /name it with --writable$/],
  ['something else', [check('still running', 'exit 1')], 'the result ends with exit code 1', /^build it/],
])('%s', (_, checks, said, hint) => {
  expect(proofHint({ result, checks }, said)).toMatch(hint)
})

test.each([
  [
    'the original itself ends with exit code 1; its last words: error: set SHOP_KEY or SHOP_KEY_FILE',
    /-e NAME=VALUE.*; its last words name SHOP_KEY, SHOP_KEY_FILE$/,
  ],
  [
    "the original itself ends with exit code 1; its last words: Danger! It doesn't need to be run as root",
    /^give it a USER with which it runs/,
  ],
  [
    "the original itself ends with exit code 255; its last words: ERROR: This server won't run as root/superuser",
    /^give it a USER with which it runs/,
  ],
  ['the original itself ends with exit code 1; its last words: bye', /-e NAME=VALUE gives it what you start it with$/],
  [
    'the original itself ends with exit code 1; its last words: lookup db: no such host',
    /^it looks for another service, which a proof does not have: -e NAME=VALUE gives it settings with which it comes up without$/,
  ],
  [
    'the original itself ends with exit code 1; its last words: DB_HOST: connect ECONNREFUSED 127.0.0.1:5432',
    /^it looks for another service.*; its last words name DB_HOST$/,
  ],
  [
    'the original goes to the background: its first process ends',
    /^let CMD start the server itself, in the foreground/,
  ],
  ['the original ends by itself and never answers on 80', /-e NAME=VALUE.*where it goes to the background, let CMD/],
])('of an original: %s', (said, hint) => {
  expect(proofHint({ result: null, checks: [] }, said)).toMatch(hint)
})

test('nothing where the message says what to do', () => {
  expect(proofHint({ result: null, checks: [] }, 'the smoke test already fails on the original')).toBeNull()
  const noFolder = 'the original itself ends with exit code 1; the image has no folder /run/x (mkdir -p makes it)'
  expect(proofHint({ result: null, checks: [] }, noFolder)).toBeNull()
})

describe('of an original that was run on a network without a way out', () => {
  const sandbox = { network: 'closed' } as ReportSandbox
  const hint = (said: string, network: ReportSandbox['network'] = 'closed') =>
    proofHint({ result: null, checks: [], sandbox: { ...sandbox, network } }, said)

  test.each([
    'the original itself ends with exit code 1; its last words: connect: Network is unreachable',
    'the original ends by itself; its last words: curl: (6) Could not resolve host: example.org',
    'the original itself ends with exit code 1; its last words: getaddrinfo EAI_AGAIN db',
    'the original never answers on 80, which it exposes, so there is nothing to compare with',
  ])('%s', (said) => {
    expect(hint(said)).toContain('--network lets')
    expect(hint(said, 'open') ?? '').not.toContain('--network')
  })

  test('a setting that is missing has nothing to do with it', () => {
    expect(hint('the original itself ends with exit code 1; its last words: set SHOP_KEY')).not.toContain('--network')
  })
})
