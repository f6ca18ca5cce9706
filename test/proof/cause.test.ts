import { expect, test } from '@jest/globals'
import { causeOf } from '../../src/proof/cause.ts'
import { ended, record } from './support/records.ts'

const check = (name: string, baseline: string, result: string) => ({ name, baseline, result, passed: false })
const good = { name: 'uids', baseline: '0', result: '33', passed: true }
const files = check('makes the files that it made', 'yes', 'not /var/log/monit.log')
const over = check('still running', 'running', 'exit 1')
const closedPort = check('http :2812/', '401', 'closed')
const end = { state: ended(1), ready: false }
const usual = record({ logs: 'starting 1\nerror: no IPv6\n' })

test('what ended tells that alone, with the line that says why', () => {
  const logs = "starting 2\nerror: no IPv6\nThe control file '/etc/monit/monitrc' must be owned by you.\nbye\n"
  expect(causeOf([good, files, over, closedPort], usual, record({ ...end, logs }))).toBe(
    "the result ends with exit code 1 at start: The control file '/etc/monit/monitrc' must be owned by you.",
  )
  expect(causeOf([good], usual, record({ ...end, logs }))).toBeNull()
})

test.each<[string, Parameters<typeof record>[0], string]>([
  [
    'in its log file',
    { logFiles: new Map([['/var/log/x.log', 'open /srv/x: permission denied\n']]), logs: 'bye' },
    '; /var/log/x.log says: open /srv/x: permission denied',
  ],
  ['by its last words, where nothing is called an error', { logs: 'one\ntwo\n' }, ': two'],
  ['and nothing of it', { logs: 'starting 3\n' }, ''],
  [
    'before frames of Node',
    {
      logs: "Error: EACCES: permission denied, mkdir '/data'\n    at Object.mkdirSync (node:fs)\n  errno: -13,\n  code: 'EACCES',\n}\nNode.js v20.1.0\n",
    },
    ": Error: EACCES: permission denied, mkdir '/data'",
  ],
])('an end is explained %s', (_, changes, words) => {
  expect(causeOf([over], usual, record({ ...end, ...changes }))).toBe(
    `the result ends with exit code 1 at start${words}`,
  )
})

test.each<[string, Parameters<typeof record>[0], string]>([
  ['that was up', { state: ended(3), ready: true }, 'the result ends with exit code 3'],
  ['that is a job', { state: ended(3) }, 'the result ends with exit code 3, and the original with 0'],
  [
    'that the engine cannot start',
    { state: { ...ended(126), error: 'exec: "/x": permission denied' } },
    'the result does not start: exec: "/x": permission denied',
  ],
  [
    'again and again',
    { state: { ...ended(1), status: 'restarting', restartCount: 4 } },
    'the result ends and is started again and again',
  ],
  ['for lack of memory', { state: { ...ended(137), oomKilled: true } }, 'the result runs out of memory'],
])('an end %s', (_, changes, said) => {
  const exit = said.includes('original') ? check('exit code', 'exit 0', 'exit 3') : over
  expect(causeOf([exit], usual, record(changes))).toBe(said)
})

test('what never came up tells that, and no other check', () => {
  const logs = 'bind: Address family not supported: fatal\n'
  expect(causeOf([files, closedPort], usual, record({ logs }))).toBe(
    'the result does not come up, and http :2812/ stays closed: bind: Address family not supported: fatal',
  )
  // One that answers on another port is up.
  expect(causeOf([files, closedPort, { ...good, name: 'tcp :22' }], usual, record())).toMatch(/^makes the files/)
})

test('what runs tells the first difference, with the refusal or error that the original does not log', () => {
  const logs = [
    'error: no IPv6',
    'Traceback (most recent call last):',
    '  File "/srv/app.py", line 3, in save',
    '    raise OSError("error")',
    "PermissionError: [Errno 13] Permission denied: '/root/.local'",
    'GET / 500 in 3 ms, error',
    'all is well',
  ].join('\n')
  const page = check('http :80/', '200', '500')
  expect(causeOf([page], usual, record({ logs }))).toBe(
    "http :80/: was 200, is 500; it logs: PermissionError: [Errno 13] Permission denied: '/root/.local'",
  )
  expect(causeOf([page, files], usual, record({ logs: 'error: no IPv6\nall is well\n' }))).toBe(
    'http :80/: was 200, is 500, and 1 more check differs',
  )
})

test('a line that the check is about is not told twice', () => {
  const line = 'cat: /etc/shadow: Permission denied'
  expect(causeOf([check('its log', 'no such refusal', line)], usual, record({ logs: line }))).toBe(
    `its log: was no such refusal, is ${line}`,
  )
})

test('a check of the user’s own tells what it printed', () => {
  const smoke = [
    { name: 'ask', passed: false, value: 'exit 1', output: 'x\nno answer\n', same: false, counts: 'up' as const },
  ]
  expect(causeOf([check('ask', 'exit 0', 'exit 1')], usual, record({ smoke, logs: 'error: x' }))).toBe(
    'ask: was exit 0, is exit 1; it says: no answer',
  )
})
