import { expect, test } from '@jest/globals'
import { homeFiles, homeLessons } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { image } from '../../plan/image.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const settings = '/root/.config/feeds.cfg'
const facts = image({
  passwd: ['root:x:0:0:root:/root:/bin/sh'],
  files: ['drwx------ 0:0 /root'],
  texts: { [settings]: ['feed'], '/root/.bashrc': ['PS1=x'], '/root/.cache/x': ['x'], '/root/app/x': ['x'] },
})
const had = traced([operation('read', settings)])
const elsewhere = traced([operation('look', '/home/app/.config/feeds.cfg', { outcome: 'refused' })])

test('settings in the home of root that the result does not find', () => {
  expect(homeFiles.compare(had, elsewhere, facts)).toEqual([
    {
      name: `reads ${settings}`,
      baseline: 'read',
      result: 'not read; it looks for it in the home of another user',
      passed: false,
    },
  ])
  expect(homeLessons(had, elsewhere, facts)).toMatchObject([
    { access: 'read', path: settings, outcome: 'refused', source: 'refused', byHome: true },
  ])
})

const reads = (path: string, more = {}): RunRecord => traced([operation('read', path, more)])

test.each<[string, RunRecord, RunRecord]>([
  ['the result reads them there too', had, had],
  ['the run made them itself', reads(settings, { made: true }), elsewhere],
  ['the image does not have them', reads('/root/.config/other'), elsewhere],
  ['a shell reads what every home has', reads('/root/.bashrc'), elsewhere],
  ['they are to be had again', reads('/root/.cache/x'), elsewhere],
  ['its home does not lead there', reads('/root/app/x'), elsewhere],
  ['the result was not traced', had, { ...elsewhere, trace: null }],
])('not where %s', (_, original, result) => {
  expect(homeFiles.compare(original, result, facts)).toEqual([])
})

test('not where the image sets another home', () => {
  expect(
    homeFiles.compare(had, elsewhere, { ...facts, config: { ...facts.config, env: new Map([['HOME', '/srv']]) } }),
  ).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  expect(homeFiles.compare({ ...had, smoke: passedSmoke }, elsewhere, facts)).toMatchObject([{ passed: true }])
})
