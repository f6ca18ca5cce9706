import { expect, test } from '@jest/globals'
import type { BuildContext, ContextEntry } from '../../src/contents/build-context.ts'
import { coverage, missingCopies } from '../../src/evidence/coverage.ts'
import { claimsOf, partOf } from '../evidence/view.ts'
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
  claimsOf(missingCopies, partOf({ contents: shipped(text, where) })).map((claim) =>
    claim.kind === 'unknown' ? [claim.outcome, claim.message.split(':')[0]] : [],
  )

test('what COPY takes and the build context has not is said: it may be another folder', () => {
  expect(said('COPY api/app.py ./run.sh /srv/\nCOPY api/app.py /opt/')).toEqual([['note', 'api/app.py, ./run.sh']])
})

test.each<[string, readonly string[], readonly (readonly string[])[]]>([
  ['COPY dist /srv/dist', ['node', 'index.js'], [['todo', 'dist']]],
  ['COPY target/app-*.jar /app.jar', ['java', '-jar', '/app.jar'], [['todo', 'target/app-*.jar']]],
  ['COPY serve /srv/', ['/srv/serve'], [['todo', 'serve']]],
  [
    'COPY serve zoneinfo /srv/',
    ['/srv/serve'],
    [
      ['todo', 'serve'],
      ['note', 'zoneinfo'],
    ],
  ],
  ['COPY zoneinfo* /srv/', ['/srv/serve'], [['note', 'zoneinfo*']]],
  ['COPY Gemfile* ./', ['serve', '.'], [['note', 'Gemfile*']]],
  ['COPY app.py app.lock* /srv/', ['/srv/app.py'], []],
  ['COPY *.py /srv/', ['/srv/app.py'], []],
])('the program, or what a build makes of it, is more than a note: %s', (text, entrypoint, expected) => {
  const view = partOf({ contents: shipped(text, context), config: { entrypoint, cmd: null, workdir: '/srv' } })
  const found = claimsOf(missingCopies, view).map((claim) =>
    claim.kind === 'unknown' ? [claim.outcome, claim.message.split(':')[0]] : [],
  )
  expect(found).toEqual(expected)
})

test('what a stage before lacks is told of where the program comes out of it', () => {
  const builder = shipped('COPY serve-*.tar.gz /build/', context)
  const view = partOf({
    contents: shipped('COPY --from=build /build/bin/* /usr/local/bin/', context),
    builders: [builder],
    config: { entrypoint: ['serve'], cmd: null, workdir: '/' },
  })
  expect(claimsOf(missingCopies, view)).toMatchObject([{ outcome: 'todo', subject: 'serve-*.tar.gz' }])
})

test.each<[string, string, string, readonly string[], number]>([
  ['the script lies in it', 'COPY release /srv', 'COPY --from=build /srv /srv', ['node', './server/index'], 1],
  ['settings alone', 'COPY settings.yml /srv/', 'COPY --from=build /srv /srv', ['node', './server/index'], 0],
  ['beside other code', 'COPY app.py release /srv/', 'COPY --from=build /srv /srv', ['python', 'start.py'], 0],
  ['elsewhere', 'COPY release /srv', 'COPY --from=build /srv /srv', ['node', '/opt/index.js'], 0],
])('what a stage before lacks may be the application itself: %s', (_, before, text, entrypoint, count) => {
  const code: BuildContext = {
    entries: new Map([['app.py', { ...entry('file'), text: 'print(1)\n' }]]),
    partial: false,
  }
  const view = partOf({
    contents: shipped(text, code),
    builders: [shipped(before, code)],
    config: { entrypoint, cmd: null, workdir: '/srv' },
  })
  expect(claimsOf(missingCopies, view)).toHaveLength(count)
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

test.each<[string, string, readonly string[], boolean]>([
  ['as that file', 'COPY docker/run.sh /run.sh', ['/run.sh'], true],
  ['into its folder', 'COPY docker/run.sh /srv/', ['/srv/run.sh'], true],
  ['named as seen from WORKDIR', 'COPY docker/run.sh /srv/', ['./run.sh', 'serve'], true],
  ['into a folder of PATH', 'COPY docker/docker-entrypoint.sh /usr/local/bin/', ['docker-entrypoint.sh'], true],
  ['with a folder', 'COPY docker /srv', ['/srv/bin/run.sh'], true],
  ['in the shell form', 'COPY docker/run.sh /run.sh', ['/bin/sh', '-c', 'exec /run.sh --now'], true],
  ['another one', 'COPY docker/stop.sh /srv/', ['/srv/run.sh'], false],
  ['one that is there', 'COPY app.py /srv/', ['/srv/app.py'], false],
  ['no script', 'COPY target/app.jar /srv/', ['java', '-jar', '/srv/app.jar'], false],
])('a script that the command starts and the build context has not: %s', (_, text, entrypoint, missing) => {
  const view = partOf({ contents: shipped(text, context), config: { entrypoint, cmd: null, workdir: '/srv' } })
  const found = claimsOf(coverage, view).flatMap((claim) =>
    claim.kind === 'unknown' && claim.message.endsWith('is not in the build context') ? [claim.outcome] : [],
  )
  expect(found).toEqual(missing ? ['todo'] : [])
})
