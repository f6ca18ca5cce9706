// What holds of every provider of evidence, and of every framework. What is forgotten fails with what to do.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { frameworks } from '../../catalogue/known-programs.ts'
import { evidenceOf, providers } from '../../src/evidence/index.ts'
import type { Provider, StageView } from '../../src/evidence/provider.ts'
import { sourceFiles } from '../../src/evidence/source-files.ts'
import { atOnce } from '../../src/in-turn.ts'
import { frameworkCases, providerCases } from './cases.ts'
import { catalogue, claimsOf, partOf, viewOf } from './view.ts'

const PAGE = 'docs/contributing/evidence.md'
const page = readFileSync(PAGE, 'utf8')
const names = providers.map(({ name }) => name)

/** What a provider claims where the whole list is asked: nothing where its `when` leaves it out. */
function claimedBy(name: string, view: StageView): readonly string[] {
  const found: string[] = []
  const list = providers.map(
    (provider): Provider => ({
      ...provider,
      *claims(of, known, earlier) {
        for (const claim of provider.claims(of, known, earlier)) {
          if (claim === undefined) continue
          if (provider.name === name) found.push(claim.kind)
          yield claim
        }
      },
    }),
  )
  atOnce(evidenceOf(view, catalogue, list))
  return found
}

test('each has a name of its own in kebab-case, and says in one line what it claims', () => {
  expect(new Set(names).size).toBe(names.length)
  for (const { name, summary } of providers) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(summary).toMatch(/^\S[^\n]{10,}[^.\s]$/)
  }
})

test('the page has a paragraph about each, in the order of the list', () => {
  const forgotten = names.filter((name) => !page.includes(`\n### ${name}\n`))
  const advice = forgotten.map(
    (name) => `write in ${PAGE}, below "### ${name}", what it claims and why that is believed`,
  )
  expect(advice).toEqual([])
  expect([...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name)).toEqual(names)
})

test('each has a case that yields a claim, and one much alike that must not', () => {
  const forgotten = names.filter((name) => !Object.hasOwn(providerCases, name))
  expect(forgotten.map((name) => `add two stages for "${name}" to test/evidence/cases.ts`)).toEqual([])
  const gone = Object.keys(providerCases).filter((name) => !names.includes(name))
  expect(
    gone.map((name) => `"${name}" is in no list: add it to src/evidence/index.ts, or take its cases away`),
  ).toEqual([])
})

test.each(Object.entries(providerCases))('%s claims what its case shows, and nothing of the other', (name, cases) => {
  expect(claimedBy(name, viewOf(cases.yields))).not.toEqual([])
  expect(claimedBy(name, viewOf(cases.not))).toEqual([])
})

test('each framework has a project as its case', () => {
  const forgotten = frameworks.filter(({ name }) => !Object.hasOwn(frameworkCases, name))
  expect(forgotten.map(({ name }) => `add a project of ${name} to test/evidence/cases.ts`)).toEqual([])
})

test.each(Object.entries(frameworkCases))('a project of %s', (name, { files, writes }) => {
  const view = viewOf({ dockerfile: 'FROM debian:12\nWORKDIR /app\nCOPY . .\n', context: files })
  const found = atOnce(evidenceOf(view, catalogue)).needs.filter(({ evidence }) => evidence.detail.startsWith(name))
  expect(found.map(({ path }) => path)).toContain(`/app/${writes}`)
})

test('a list is asked once for a stage, and stops between its members', () => {
  const asked: string[] = []
  const named = (name: string): Provider => ({
    name,
    summary: 'counts how often it is asked',
    when: 'always',
    claims: () => {
      asked.push(name)
      return []
    },
  })
  const work = evidenceOf(partOf({}), catalogue, [named('first'), named('second')])
  const seen: (readonly string[])[] = []
  while (work.next().done !== true) seen.push([...asked])
  expect(seen).toEqual([['first'], ['first', 'second']])
})

test('what only the build tells is not guessed of an image that was built', () => {
  const guess: Provider = {
    name: 'guess',
    summary: 'claims a folder',
    when: 'before-build',
    *claims() {
      yield { kind: 'account', name: 'app', uid: null, evidence: { source: 'packages', subject: 'app', detail: '' } }
    },
  }
  const of = (isBuilt: boolean) => atOnce(evidenceOf(partOf({ built: isBuilt }), catalogue, [guess])).accounts.length
  expect([of(false), of(true)]).toEqual([1, 0])
})

test('a file that a source names in /etc is as good as declared, and its evidence says where it was read', () => {
  const view = viewOf({
    dockerfile: 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "a.py"]\n',
    context: { 'a.py': "open('/etc/state.json', 'w')\nopen('/srv/state.json', 'w')\n" },
  })
  expect(claimsOf(sourceFiles, view)).toMatchObject([
    { path: '/etc/state.json', certainty: 'declared', evidence: { source: 'framework' } },
    { path: '/srv/state.json', certainty: 'inferred', evidence: { source: 'framework' } },
  ])
})

test('a folder that another program is told to write in is its own, but what the stage fills for it is read', () => {
  const run = "subprocess.run(['convert', src, os.path.join(D, name)])\n"
  const source = (folder: string) => `D = '${folder}'\n${run}`
  const claimed = (folder: string, context: Readonly<Record<string, string>> = {}) =>
    claimsOf(
      sourceFiles,
      viewOf({
        dockerfile: 'FROM python:3\nWORKDIR /app\nCOPY app .\nCOPY srv /srv\nCMD ["python", "a.py"]\n',
        context: { 'app/a.py': source(folder), 'srv/other/x': '', ...context },
      }),
    ).flatMap((claim) => (claim.kind === 'path' ? [`${claim.access} ${claim.path}: ${claim.evidence.detail}`] : []))
  const said = 'subprocess.run in app/a.py line 2 is given a path there'
  expect(claimed('/srv/out')).toEqual([`keep-state /srv/out: ${said}`])
  expect(claimed('/var/cache/x')).toEqual([`keep-state /var/cache/x: ${said}`])
  expect(claimed('/srv/fonts', { 'srv/fonts/a.ttf': '' })).toEqual([])
  // The program itself, what all programs share, and the working folder but for state.
  expect(['/app', '/srv', '/', '/var/cache', '/app/lib', '/usr/share/x'].flatMap((folder) => claimed(folder))).toEqual(
    [],
  )
  expect(claimed('/app/uploads')).toEqual([`keep-state /app/uploads: ${said}`])
})

test.each<[source: string, files: Readonly<Record<string, string>>, log: string | null]>([
  ["h = RotatingFileHandler(config['log'], maxBytes=9)\n", { 'c.yaml': 'log: /var/log/a.log\n' }, '/var/log/a.log'],
  [
    "h = TimedRotatingFileHandler(cfg.get('log', None))\n",
    { 'c.json': '{\n  "log": "/srv/log/a.log"\n}' },
    '/srv/log/a.log',
  ],
  ['h = RotatingFileHandler(settings.log_file)\n', { 'c.ini': 'log_file = /var/log/a.log\n' }, '/var/log/a.log'],
  // Which of the two is read nobody knows.
  [
    "h = RotatingFileHandler(config['log'])\n",
    { 'a.yaml': 'log: /var/log/a.log\n', 'b.yaml': 'log: /var/log/b.log\n' },
    null,
  ],
  ["h = RotatingFileHandler(config['log'])\n", { 'c.yaml': 'catalog: /var/log/a.log\nlog: a.log\n' }, null],
  ["h = RotatingFileHandler(config['log'])\n", { 'README.md': 'log: /var/log/a.log\n' }, null],
])('a log that is rotated and that a setting names has its folder: %s %j', (source, files, log) => {
  const view = viewOf({
    dockerfile: 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "a.py"]\n',
    context: { 'a.py': source, ...files },
  })
  const claims = claimsOf(sourceFiles, view)
  const found = claims.flatMap((claim) => (claim.kind === 'path' && claim.how === 'beside' ? [claim.path] : []))
  expect(found).toEqual(log === null ? [] : [log])
  expect(claims.filter(({ kind }) => kind === 'remark')).toHaveLength(log === null ? 1 : 0)
})

test('a folder that settings count from their own file is named by functions that they import too', () => {
  const of = (here: string): readonly string[] => {
    const view = viewOf({
      dockerfile: 'FROM python:3\nWORKDIR /srv/app\nCOPY . .\nCMD ["python", "manage.py", "runserver"]\n',
      context: {
        'manage.py': '',
        'shop/conf.py': `HERE = ${here}\nTOP = dirname(dirname(HERE))\nMEDIA_ROOT = path.join(TOP, 'media')\n`,
      },
    })
    return claimsOf(sourceFiles, view).flatMap((claim) => (claim.kind === 'path' ? [claim.path] : []))
  }
  expect(of('dirname(abspath(__file__))')).toEqual(['/srv/media'])
  expect(of('dirname(os.path.realpath(__file__))')).toEqual(['/srv/media'])
  expect(of('dirname(lookup(__file__))')).toEqual([])
})

test('what a command of Windows is told is no folder', () => {
  const of = (folder: string): readonly string[] => {
    const view = viewOf({
      dockerfile: 'FROM node:22\nWORKDIR /srv/app\nCOPY . .\nCMD ["node", "run.js"]\n',
      context: { 'run.js': `require('child_process').execSync('rmdir ${folder} old')\n` },
    })
    return claimsOf(sourceFiles, view).flatMap((claim) => (claim.kind === 'path' ? [claim.path] : []))
  }
  expect(of('/S /Q')).toEqual([])
  expect(of('/srv/store')).toEqual(['/srv/store'])
})
