import { expect, test } from '@jest/globals'
import { helpersOfOthers } from '../../src/proof/caveats.ts'
import { image } from '../plan/image.ts'

const facts = image({
  files: [
    '-rwsr-xr-x 8:8 /usr/sbin/spool-queue',
    '-rwxr-sr-x 0:8 /usr/bin/spool-drop',
    '-rwsr-xr-x 0:0 /usr/bin/passwd',
    '-rwxr-sr-x 0:5 /usr/bin/wall',
    '-rwxr-xr-x 8:8 /usr/bin/plain',
    '-rw-r-Sr-- 0:8 /var/spool/mail/data',
  ],
})

test('a program with which others work as the account is told of, and not those of root or another', () => {
  expect(helpersOfOthers(facts, { uid: 8, gid: 8, name: 'mail' })).toEqual([
    'what other users do with /usr/bin/spool-drop, /usr/sbin/spool-queue: it works as mail for whoever runs it, and with no-new-privileges it does not',
  ])
  expect(helpersOfOthers(facts, { uid: 10001, gid: 10001, name: 'app' })).toEqual([])
  expect(helpersOfOthers(facts, { uid: 0, gid: 0, name: 'root' })).toEqual([])
  expect(helpersOfOthers(facts, null)).toEqual([])
})
