import { expect, test } from '@jest/globals'
import type { Operation } from '../../src/evidence/operation.ts'
import { refusedPrograms } from '../../src/plan/tools.ts'
import { files } from './image.ts'

const model = files(
  '-rwxr-xr-x 0:0 /usr/bin/ping',
  'lrwxrwxrwx 0:0 /bin/ping -> /usr/bin/ping',
  '-rwxr-x--- 0:0 /usr/bin/closed',
)
const user = { uid: 10, gid: 10, groups: [] }

function refused(path: string, more: Partial<Operation> = {}): Operation {
  return {
    access: 'execute',
    path,
    outcome: 'refused',
    source: 'refused',
    detail: 'refused: execve() = -1 EPERM',
    ...more,
  }
}

test('a program that may be started by its mode, and was not permitted to, once for all its names', () => {
  const found = refusedPrograms([refused('/bin/ping'), refused('/usr/bin/ping')], model, user)
  expect(found).toMatchObject([
    {
      name: '/usr/bin/ping',
      capabilities: [],
      removeWith: 'cp -p /usr/bin/ping /tmp/.own && mv /tmp/.own /usr/bin/ping',
      evidence: { source: 'refused', subject: '/usr/bin/ping' },
    },
  ])
})

test.each<[string, Operation]>([
  ['its mode refuses it', refused('/usr/bin/closed')],
  ['it is something else that is refused', refused('/usr/bin/ping', { access: 'read' })],
  ['the reason is another', refused('/usr/bin/ping', { detail: 'refused: execve() = -1 EACCES' })],
  ['the original did it', refused('/usr/bin/ping', { source: 'traced', outcome: 'done' })],
  ['it is not there', refused('/usr/bin/none')],
])('none where %s', (_, operation) => {
  expect(refusedPrograms([operation], model, user)).toEqual([])
})
