import { expect, test } from '@jest/globals'
import { pendingIn } from '../../src/proof/judge.ts'
import { laterWork, timersIn } from '../../src/proof/observation.ts'
import { image } from '../plan/image.ts'
import { operation, traced } from './support/records.ts'

const JOB = `function report() { fs.writeFileSync('/srv/reports/x', ")") }`

test.each<[string, string, readonly string[]]>([
  ['a.js', 'setInterval(report, 40000)', ['1: 40']],
  ['a.ts', `${JOB}\nsetTimeout(() => {\n  report(')', f(1, 2))\n}, 40 * 1_000)`, ['2: 40']],
  ['a.mjs', 'const EVERY = 60 * 1000\nsetInterval(report, EVERY)', ['2: 60']],
  ['a.js', "cron.schedule('* * * * *', report)", ['1: 60']],
  ['a.js', "new CronJob('*/10 * * * * *', report)", ['1: 10']],
  ['a.js', "schedule.scheduleJob('0 3 * * *', report)", ['1: 3600']],
  ['a.py', 'threading.Timer(40, report).start()', ['1: 40']],
  ['a.py', 'import time\nwhile True:\n    time.sleep(30.5)', ['3: 30.5']],
  ['a.py', 'schedule.every().minute.do(report)\nschedule.every(2).hours.do(report)', ['1: 60', '2: 7200']],
  ['a.py', "scheduler.add_job(report, 'interval', seconds=40)", ['1: 40']],
  ['a.py', '@tasks.loop(minutes=5)', ['1: 300']],
  ['/srv/crontab', '# m h\n* * * * * /srv/report.sh\n*/5 * * * * /srv/x', ['2: 60', '3: 300']],
  // Too soon to be missed, too late for anybody, or not known.
  ['a.js', 'setTimeout(report, 10)', []],
  ['a.js', 'setInterval(report, EVERY)', []],
  ['a.js', 'setTimeout(report)', []],
  ['a.js', 'setTimeout(report, 40000', []],
  ['a.js', 'setTimeout(report, config.every * 1000)', []],
  ['a.py', 'time.sleep(0.5)\ntime.sleep(wait)\ntime.sleep(999999)', []],
  ['a.py', 'every(5).items()', []],
  ['/srv/numbers', '* * * * * /srv/report.sh', []],
])('timers of %s: %s', (path, text, expected) => {
  expect(timersIn(text, path).map(({ line, milliseconds }) => `${line}: ${milliseconds / 1000}`)).toEqual(expected)
})

const facts = image({
  files: [],
  texts: {
    '/srv/app.js': ['// app', 'setInterval(report, 600000)'],
    '/srv/unread.js': ['setInterval(report, 600000)'],
    '/srv/node_modules/x/a.js': ['setInterval(report, 600000)'],
  },
})

test('only what the original has read of its own sources counts', () => {
  const original = traced(['/srv/app.js', '/srv/node_modules/x/a.js'].map((path) => operation('read', path)))
  expect(laterWork(original, facts)).toEqual([{ at: '/srv/app.js line 2', milliseconds: 600_000 }])
  expect(laterWork({ trace: null }, facts)).toEqual([])
})

test('what nobody waits for is named, the soonest first', () => {
  const dues = [
    { at: 'a', milliseconds: 40_000 },
    { at: 'b', milliseconds: 7_200_000 },
    { at: 'c', milliseconds: 600_000 },
    { at: 'd', milliseconds: 61_000 },
  ]
  expect(pendingIn(dues)).toEqual([
    'what it does after 61 seconds (d): that was not waited for',
    'what it does after 10 minutes (c): that was not waited for',
    'what it does after 2 hours (b): that was not waited for',
  ])
})
