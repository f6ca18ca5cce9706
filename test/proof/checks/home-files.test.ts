import { expect, test } from '@jest/globals'
import { homeFiles, homeLessons } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { image } from '../../plan/image.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const settings = '/root/.config/feeds.cfg'
const facts = image({
  passwd: ['root:x:0:0:root:/root:/bin/sh'],
  files: ['drwx------ 0:0 /root'],
  texts: {
    [settings]: ['feed'],
    '/root/.bashrc': ['PS1=x'],
    '/root/.cache/x': ['x'],
    '/root/app/x': ['x'],
    '/root/.other/x': ['x'],
    '/home/web/.other/x': ['y'],
    '/root/.app/data/.ready': [],
  },
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
const lessons = (original: RunRecord, result: RunRecord): readonly string[] =>
  homeLessons(original, result, facts).map(({ path, byHome }) => `${byHome === true ? 'by home' : 'by path'} ${path}`)

test.each<[string, RunRecord, RunRecord, string[]]>([
  [
    'what the image has in another home as well is another file',
    reads('/root/.other/x'),
    reads('/home/web/.other/x'),
    ['by home /root/.other/x'],
  ],
  [
    'what is looked for there',
    had,
    traced([operation('read', settings, { outcome: 'refused' })]),
    [`by path ${settings}`],
  ],
  [
    'what lies in a folder that is looked for there',
    had,
    traced([operation('look', '/root/.config', { outcome: 'refused' })]),
    [`by path ${settings}`],
  ],
  [
    'what is only asked about',
    traced([operation('look', '/root/.app/data/.ready')]),
    elsewhere,
    ['by home /root/.app/data/.ready'],
  ],
  [
    'a folder in which something is made',
    traced([operation('create-file', '/root/.app/data/new')]),
    elsewhere,
    ['by home /root/.app/data'],
  ],
  [
    'a folder in which something is made elsewhere',
    traced([operation('create-file', '/root/.app/data/new')]),
    traced([operation('create-file', '/home/app/.app/data/new')]),
    [],
  ],
  ['a folder that the run makes itself', traced([operation('create-directory', '/root/.new')]), elsewhere, []],
])('evidence of what has to go with the user: %s', (_, original, result, expected) => {
  expect(lessons(original, result)).toEqual(expected)
})

test.each<[string, RunRecord, RunRecord]>([
  ['the result reads them there too', had, had],
  ['they have gone with the user', had, reads('/home/app/.config/feeds.cfg')],
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
