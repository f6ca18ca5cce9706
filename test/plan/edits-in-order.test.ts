// Two changes of one line of a start script: the second is made of what the first leaves.
import { expect, test } from '@jest/globals'
import { applySubstitutions, type FileEdit, inPlaceOf, type Substitution } from '../../src/evidence/file-edit.ts'
import { editsInOrder } from '../../src/plan/edits-in-order.ts'

const START = 'set -e\nexec served --quiet --setuid=web\n'

const edit = (purpose: FileEdit['purpose'], ...substitutions: readonly Substitution[]): FileEdit => ({
  path: '/start.sh',
  substitutions,
  reason: '',
  purpose,
  evidence: [],
})
const result = (edits: readonly FileEdit[], text = START): string | null =>
  applySubstitutions(
    text,
    editsInOrder(edits, () => text).flatMap(({ substitutions }) => substitutions),
  )

test('a switch of user is taken out of a line in which a port has moved', () => {
  const port = edit('port', inPlaceOf('served --quiet', 'served --port=8053 --quiet'))
  const switched = edit('step-down', inPlaceOf('exec served --quiet --setuid=web', 'exec served --quiet'))
  expect(result([switched, port])).toBe('set -e\nexec served --port=8053 --quiet\n')
})

test('a switch that is several words in front of the command is taken out of a line in which a port has moved', () => {
  const text = '#!/bin/sh\nexec chpst -u web served -p 80 /srv\n'
  const port = edit('port', inPlaceOf('exec chpst -u web served -p 80 /srv', 'exec chpst -u web served -p 8080 /srv'))
  const switched = edit('step-down', inPlaceOf('exec chpst -u web served -p 80 /srv', 'exec served -p 80 /srv'))
  expect(result([port, switched], text)).toBe('#!/bin/sh\nexec served -p 8080 /srv\n')
})

test('words that stand there twice are not taken out', () => {
  const text = 'run -u web a 80 run -u web b\n'
  const port = edit('port', inPlaceOf('run -u web a 80 run -u web b', 'run -u web a 8080 run -u web b'))
  const switched = edit('step-down', inPlaceOf('run -u web a 80 run -u web b', 'run a 80 run -u web b'))
  expect(result([port, switched], text)).toBe('run -u web a 8080 run -u web b\n')
})

test('marks of sed stay what they were', () => {
  const text = 'served -l [::]:80 -u web a&b || exit $?\n'
  const port = edit('port', inPlaceOf('served -l [::]:80', 'served -l [::]:8080'))
  const switched = edit('step-down', inPlaceOf('served -l [::]:80 -u web a&b', 'served -l [::]:80 a&b'))
  expect(result([port, switched], text)).toBe('served -l [::]:8080 a&b || exit $?\n')
})

test('two ports of one line move both', () => {
  const text = "exec served --port=80 --tls-port=443 -h 'x:80 y'\n"
  const line = text.trim()
  const ports = [
    edit('port', inPlaceOf(line, line.replace('--port=80', '--port=8080'))),
    edit('port', inPlaceOf(line, line.replace('=443', '=8443'))),
  ]
  expect(result(ports, text)).toBe("exec served --port=8080 --tls-port=8443 -h 'x:80 y'\n")
})

test('a change whose word is no longer the only one of its kind is left as it was', () => {
  const text = 'exec served 80 443\n'
  const ports = [
    edit('port', inPlaceOf('exec served 80 443', 'exec served 443 443')),
    edit('port', inPlaceOf('exec served 80 443', 'exec served 80 8443')),
  ]
  expect(result(ports, text)).toBe('exec served 443 443\n')
})

test('what is found as it is stays as it was written', () => {
  const port = edit('port', inPlaceOf('served --quiet', 'served --port=8053 --quiet'))
  const switched = edit('step-down', inPlaceOf(' --setuid=web', ''))
  expect(editsInOrder([port, switched], () => START)).toEqual([port, switched])
})

test('a file whose text is not known keeps its edits', () => {
  const port = edit('port', inPlaceOf('a', 'b'))
  expect(editsInOrder([port], () => null)).toEqual([port])
})
