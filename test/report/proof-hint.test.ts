import { expect, test } from '@jest/globals'
import { proofHint } from '../../src/report/proof-hint.ts'

const check = (name: string, result: string) => ({ name, baseline: '200', result, passed: false })

test.each([
  [
    'a low port that stays',
    [check('http :80/', '200'), check('tcp :953', 'closed')],
    'x: Permission denied',
    /port 953/,
  ],
  ['a path that was refused', [check('still running', 'exit 1')], 'open /x: Permission denied', /--writable/],
  ['a port above that', [check('http :8080/', 'closed')], 'EACCES: /x', /--writable/],
  ['something else', [check('http :8080/', '500')], 'http :8080/: was 200, is 500', /--smoke/],
])('%s', (_, checks, said, hint) => {
  expect(proofHint(checks, said)).toMatch(hint)
})
