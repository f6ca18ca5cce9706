import { expect, test } from '@jest/globals'
import type { BuildContext, ContextEntry } from '../../src/plan/build-context.ts'
import { missingCopies } from '../../src/plan/evidence/missing-copies.ts'
import { shipped } from './shipped.ts'

const entry = (type: ContextEntry['type']): ContextEntry => ({ type, mode: 0o755, size: 0, link: null, text: null })
const context: BuildContext = {
  entries: new Map([
    ['app.py', entry('file')],
    ['node_modules', entry('directory')],
  ]),
  partial: false,
}
const said = (text: string, where: BuildContext | null = context) =>
  missingCopies(shipped(text, where)).map(({ outcome, message }) => [outcome, message.split(':')[0]])

test('what COPY takes and the build context has not is said: it may be another folder', () => {
  expect(said('COPY api/app.py ./run.sh /srv/\nCOPY api/app.py /opt/')).toEqual([['note', 'api/app.py, ./run.sh']])
})

test('what is there, what nobody can say, and what comes from elsewhere is not', () => {
  expect(
    said(
      'COPY . /srv/\nCOPY app.py node_modules/x /srv/\nCOPY *.txt $X /srv/\nCOPY --from=busybox bin/sh /x\nADD https://example.org/x /x\nCOPY <<EOF /y\nx\nEOF',
    ),
  ).toEqual([])
  expect(said('COPY api/app.py /srv/', null)).toEqual([])
  expect(said('COPY api/app.py /srv/', { ...context, partial: true })).toEqual([])
})
