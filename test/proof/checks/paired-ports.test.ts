import { expect, test } from '@jest/globals'
import { pairedPorts } from '../../../src/proof/prove-images.ts'

test.each([
  ['the same', [80], [80], []],
  ['moved', [80], [8080], [[80, 8080]]],
  [
    'two moved, in another order',
    [80, 443],
    [8443, 8080],
    [
      [80, 8080],
      [443, 8443],
    ],
  ],
  [
    'moved, and exposed by the image below still',
    [80, 443],
    [80, 443, 8080, 8443],
    [
      [80, 8080],
      [443, 8443],
    ],
  ],
  ['only one of two moved', [22, 80], [22, 80, 8080], [[80, 8080]]],
  ['to a port that does not end alike', [80], [3000], [[80, 3000]]],
  ['a high port beside a new one', [8080], [8080, 9080], []],
  ['gone', [80], [], []],
])('%s', (_, baseline, image, expected) => {
  expect([...pairedPorts(baseline, image)]).toEqual(expected)
})
