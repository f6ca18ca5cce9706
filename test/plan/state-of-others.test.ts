import { expect, test } from '@jest/globals'
import { type RunningProgram, stateOfOthers } from '../../src/plan/account/merged-users.ts'
import { files } from './image.ts'

const service = (uid: number, name: string, program: string): RunningProgram => ({
  uid,
  name,
  gids: [uid],
  programs: [program],
  uses: [],
})
const monitor = service(101, 'monitor', 'monitord')
const web = service(33, 'www-data', 'lighttpd')
const model = files(
  'drwxr-xr-x 33:0 /var/cache/monitor/images',
  '-rw-r--r-- 33:0 /var/cache/monitor/images/last.png',
  'drwxr-xr-x 101:0 /var/lib/monitor',
  'drwxr-xr-x 33:33 /usr/share/monitor',
  'drwxr-xr-x 0:0 /var/cache/other',
)

test('of what was the other user’s by its owner, the state is needed', () => {
  const needs = stateOfOthers([monitor, web], { uid: 101 }, model)
  expect(needs.map(({ access, path }) => `${access} ${path}`)).toEqual([
    'keep-state /var/cache/monitor/images',
    'write /var/cache/monitor/images/last.png',
  ])
  expect(needs[0]?.evidence.detail).toBe("it is www-data's, as whom lighttpd ran")
  expect(stateOfOthers([monitor, web], { uid: 33 }, model).map(({ path }) => path)).toEqual(['/var/lib/monitor'])
})

test('one service has no others', () => {
  expect(stateOfOthers([web], { uid: 101 }, model)).toEqual([])
})
