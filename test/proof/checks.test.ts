// What is compared beside answers: files, sockets, processes and logs; by runs that were recorded.
import { describe, expect, test } from '@jest/globals'
import type { ContainerProcess } from '../../src/engine/engine.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import type { Grant } from '../../src/plan/plan.ts'
import { answerBook, type PortAnswer } from '../../src/proof/ask/answers.ts'
import { doubts, readState, untracedOriginal, untracedRun } from '../../src/proof/caveats.ts'
import { boundSockets, filledFiles, leftFiles } from '../../src/proof/checks/files.ts'
import { lateRefusals, newErrors, sameProcesses } from '../../src/proof/checks/watch.ts'
import { isText, operationsOfDiff } from '../../src/proof/container/files.ts'
import type { RunRecord } from '../../src/proof/container/run-record.ts'
import { endsOtherwise } from '../../src/proof/original.ts'
import { closed, ended, http, operation, passedSmoke, process, record, traced } from './support/records.ts'

describe('leftFiles', () => {
  const FOLDERS = { home: '/root', volumes: ['/data'], inImage: () => '/' }
  const job = (...operations: Parameters<typeof traced>[0]): RunRecord => ({ ...traced(operations), state: ended(0) })
  const missing = (original: RunRecord, result: RunRecord) =>
    leftFiles(original, result, FOLDERS)
      .filter(({ passed }) => !passed)
      .map((check) => check.result)

  test('a job that writes nothing has not done its work, though it ends as before', () => {
    expect(missing(job(operation('create-file', '/out/report.txt')), job())).toEqual(['not /out/report.txt'])
    expect(missing(job(operation('rename', '/out/.x', { to: '/out/y' })), job())).toEqual(['not /out/y'])
  })

  test.each([
    ['it is somewhere else', '/out/report.txt', '/srv/report.txt'],
    ['its name has a number of its own', '/out/report-17a4.txt', '/out/report-99.txt'],
  ])('%s', (_, before, after) => {
    expect(missing(job(operation('create-file', before)), job(operation('create-file', after)))).toEqual([])
  })

  test('a file that both have stands for no other', () => {
    const one = operation('create-file', '/srv/a/report.txt')
    const other = operation('create-file', '/srv/b/report.txt')
    expect(missing(job(one, other), job(one))).toEqual(['not /srv/b/report.txt'])
  })

  test('a file of a volume is kept nowhere else', () => {
    const [before, after] = ['/data/db', '/srv/state/db'].map((name) => traced([operation('create-file', name)]))
    expect(missing(before ?? job(), after ?? job())).toEqual(['not /data/db'])
  })

  test.each(['/tmp/db', '/dev/shm/app/db', '/run/db', '/root/db'])('%s is no other place for what was kept', (path) => {
    const [before, after] = ['/srv/state/db', path].map((name) => traced([operation('create-file', name)]))
    expect(missing(before ?? job(), after ?? job())).toEqual(['not /srv/state/db'])
  })

  test.each(['/tmp/x', '/run/x.pid', '/var/run/app/state', '/root/.cache/x', '/out/x.lock', '/app/x.pyc'])(
    '%s is nothing that anybody keeps',
    (path) => {
      expect(missing(job(operation('create-file', path)), job())).toEqual([])
    },
  )

  test('what it removed itself is not missed', () => {
    expect(missing(job(operation('create-file', '/out/x'), operation('remove', '/out/x')), job())).toEqual([])
  })

  test('of a service what it reads back counts, and what lies where state is kept', () => {
    const other = operation('create-file', '/etc/app.conf')
    expect(missing(traced([other]), traced([]))).toEqual([])
    const back = [other, operation('read', '/etc/app.conf', { made: true })]
    expect(missing(traced(back), traced([]))).toEqual(['not /etc/app.conf'])
    expect(missing(traced([operation('create-file', '/var/lib/app/db')]), traced([]))).toEqual(['not /var/lib/app/db'])
  })

  test('what it tried to make, and was refused, it misses wherever that is', () => {
    const original = traced([operation('create-file', '/srv/pub/a')])
    const refused = operation('create-file', '/srv/pub/a', { outcome: 'refused' })
    expect(missing(original, traced([refused]))).toEqual(['not /srv/pub/a'])
    expect(missing(original, traced([refused, operation('create-file', '/srv/pub/a')]))).toEqual([])
    expect(missing(original, traced([]))).toEqual([])
  })

  const PLACES = { ...FOLDERS, inImage: (path: string) => /^\/(?:usr\/share|opt)(?=\/)/.exec(path)?.[0] ?? '/' }
  const lost = (made: string, ...refused: Parameters<typeof traced>[0]) =>
    leftFiles(traced([operation('create-file', made)]), traced(refused), PLACES).some(({ passed }) => !passed)
  const not = (access: Operation['access'], path: string, more: Partial<Operation> = {}) =>
    operation(access, path, { outcome: 'refused', ...more })

  test.each<[string, ReturnType<typeof not>]>([
    ['its folder was not made', not('create-directory', '/usr/share/reports')],
    ['its folder may not be entered', not('traverse', '/usr/share')],
    ['it was asked whether its folder may be written', not('look', '/usr/share', { asked: 'write' })],
    ['another file of the same folder was refused', not('create-file', '/usr/share/lock')],
    ['a file was to be moved there', not('rename', '/tmp/x', { to: '/usr/share/reports/last' })],
  ])('a file that the original made is missed where %s, whatever the program says', (_, refused) => {
    expect(lost('/usr/share/reports/last', refused)).toBe(true)
  })

  test.each<[string, string, ReturnType<typeof not> | null]>([
    ['nothing was refused: it comes in one run of two', '/usr/share/reports/last', null],
    ['what was refused lies elsewhere', '/usr/share/reports/last', not('create-directory', '/opt/x')],
    ['it is a temporary file', '/tmp/reports/last', not('create-directory', '/tmp/reports')],
    ['it was only looked at', '/usr/share/reports/last', not('look', '/usr/share')],
  ])('a file is not missed where %s', (_, made, refused) => {
    expect(lost(made, ...(refused === null ? [] : [refused]))).toBe(false)
  })

  test('a file is not missed where the original was refused the same, or it is there under another name', () => {
    const refused = not('create-directory', '/usr/share/reports')
    const [made, other] = ['/usr/share/reports/17a4', '/usr/share/reports/99'].map((path) =>
      operation('create-file', path),
    )
    const failed = (...after: (typeof refused)[]) =>
      leftFiles(traced([refused, made ?? refused]), traced(after), PLACES).some(({ passed }) => !passed)
    expect(failed(refused)).toBe(false)
    expect(failed(not('create-directory', '/usr/share/other'), other ?? refused)).toBe(false)
  })

  test('a name that was drawn stands for one of the same form in the same folder', () => {
    const drawn = (path: string) =>
      operation('create-file', path, { detail: `openat("${path}", O_RDWR|O_CREAT|O_EXCL)` })
    const one = drawn('/var/log/x/web-zml1c0ui.log')
    const two = drawn('/var/log/x/job-p8e2tmml.log')
    const after = [drawn('/var/log/x/web-a_3kq8zz.log'), drawn('/var/log/x/job-oy6g2efq.log')]
    expect(missing(traced([one, two]), traced(after))).toEqual([])
    expect(missing(traced([one, two]), traced(after.slice(1)))).toEqual(['not /var/log/x/web-zml1c0ui.log'])
    const named = operation('create-file', '/var/lib/x/accounts.db')
    expect(missing(traced([named]), traced([operation('create-file', '/var/lib/x/settings.db')]))).not.toEqual([])
    const both = [drawn('/var/lib/x/accounts.db'), drawn('/var/lib/x/settings.db')]
    expect(missing(traced(both), traced(both.slice(1)))).toEqual(['not /var/lib/x/accounts.db'])
  })

  test('so does one that is called by a digest of what is in it', () => {
    const key = (name: string) => operation('create-file', `/var/lib/x/${name}`)
    const [one, two] = [key('EpoOALxMlU3gCQLdz6w-SkRaaEFDXxyF.jwk'), key('eo1PALlMo1bXi5ojfkuFSqk2llQNNWno.jwk')]
    const other = key('Qd7WALxMlU3gCQLdz6w_SkRaaEFDXx9A.jwk')
    expect(missing(traced([one]), traced([other]))).toEqual([])
    expect(missing(traced([one, two]), traced([other]))).toHaveLength(1)
    expect(missing(traced([one]), traced([key('Qd7WALxMlU3gCQLdz6w_SkRaaEFDXx9A.lock')]))).toHaveLength(1)
    expect(missing(traced([key('account-of-web-server')]), traced([key('settings-of-webserver')]))).toHaveLength(1)
  })

  test('and one below a folder that is called by the first letters of its digest', () => {
    const object = (folder: string, name: string) =>
      operation('create-file', `/var/lib/x/objects/${folder}/${name}`, { detail: 'O_EXCL' })
    const one = object('cf', 'cea702819381769431ee82ffb29354725c6fcb')
    expect(missing(traced([one]), traced([object('ab', 'f3a702819381769431ee82ffb29354725c6fcb')]))).toEqual([])
    expect(missing(traced([one]), traced([object('ab', 'index')]))).toHaveLength(1)
  })

  test('so does what lies in a folder of a drawn name that the run made itself, in a volume too', () => {
    const at = (...paths: string[]) =>
      traced(
        paths.flatMap((path) => [
          operation('create-directory', path.slice(0, path.lastIndexOf('/'))),
          operation('create-file', path),
        ]),
      )
    const inVolume = (before: RunRecord, after: RunRecord) =>
      leftFiles(before, after, { ...FOLDERS, volumes: ['/var/lib'] }).every(({ passed }) => passed)
    const one = at('/var/lib/q@a1b2/Q8WIPWHDRFIL3/config')
    expect(inVolume(one, at('/var/lib/q@99ff/QIMU78S53KJZS/config'))).toBe(true)
    expect(inVolume(one, at('/var/lib/q@99ff/QIMU78S53KJZS/other'))).toBe(false)
    expect(inVolume(at('/var/lib/users/db', '/var/lib/posts/db'), at('/var/lib/posts/db'))).toBe(false)
  })

  test('without a trace nothing is claimed', () => {
    expect(leftFiles(job(operation('create-file', '/out/x')), null, FOLDERS)).toEqual([])
  })
})

describe('lateRefusals', () => {
  const refused = (...[access, path, more]: Parameters<typeof operation>) =>
    operation(access, path, { ...more, outcome: 'refused' })
  const key = refused('read', '/srv/key')
  const names = (early: Parameters<typeof traced>[0], later: Parameters<typeof traced>[0]) =>
    lateRefusals(traced([]), traced(early), traced([...early, ...later])).map(({ name }) => name)

  test('what a result is refused only later', () => {
    expect(names([], [key])).toEqual(['what it does later'])
    expect(names([], [refused('use-capability', null, { capability: 'NET_RAW' })])).toHaveLength(1)
  })

  test.each<[string, Parameters<typeof traced>[0], Parameters<typeof traced>[0]]>([
    ['it was refused before', [key], [key]],
    ['another of its kind was', [refused('read', '/srv/1/key')], [refused('read', '/srv/2/key')]],
    ['root would be refused it too', [], [refused('write', '/proc/sys/kernel/hostname')]],
    ['no container has that capability', [], [refused('use-capability', null, { capability: 'SYS_TIME' })]],
    ['it only asked', [], [refused('look', '/srv/key')]],
    ['nothing is', [], [operation('read', '/srv/key')]],
  ])('%s', (_, early, later) => expect(names(early, later)).toEqual([]))

  test('the original was refused it, or was not traced', () => {
    expect(lateRefusals(traced([key]), traced([]), traced([key]))).toEqual([])
    expect(lateRefusals(record(), traced([]), traced([key]))).toEqual([])
  })
})

describe('filledFiles', () => {
  const path = '/var/log/remote.log'
  const run = (size: number, outcome: 'done' | 'refused'): RunRecord => ({
    ...traced([operation('create-file', path), operation('change-owner', path, { outcome })]),
    sizes: new Map([[path, size]]),
  })
  const passed = (original: RunRecord, result: RunRecord) =>
    filledFiles.compare(original, result).map((check) => check.passed)

  test('a file that stays empty once its owner could not be changed', () => {
    expect(filledFiles.compare(run(47, 'done'), run(0, 'refused'))).toMatchObject([
      { passed: false, result: expect.stringContaining(`${path} stays empty`) },
    ])
  })

  test.each<[string, RunRecord, RunRecord]>([
    ['it is filled all the same', run(47, 'done'), run(9, 'refused')],
    ['nothing was refused: it has nothing to say', run(47, 'done'), run(0, 'done')],
  ])('%s', (_, original, result) => expect(passed(original, result)).toEqual([true]))

  test('of what the original left empty nothing is asked', () => {
    expect(passed(run(0, 'done'), run(0, 'refused'))).toEqual([])
  })
})

test('a socket that the original bound must be, wherever it is', () => {
  const original = traced([operation('create-socket', '/run/app/app.sock')])
  const passed = (...operations: Parameters<typeof traced>[0]) =>
    boundSockets.compare(original, traced(operations)).map((check) => check.passed)
  expect(passed()).toEqual([false])
  expect(passed(operation('create-socket', '/run/app/app.sock', { outcome: 'refused' }))).toEqual([false])
  expect(passed(operation('create-socket', '/tmp/app.sock'))).toEqual([true])
  const office = (name: string) => [operation('create-socket', `/tmp/OSL_PIPE_${name}`)]
  const [root, user] = [office('0_53bc4297d6d012e1'), office('10001_e9c041bb7f2d03aa')]
  expect(boundSockets.compare(traced(root), traced(user)).map((check) => check.passed)).toEqual([true])
  const log = traced([operation('create-socket', '/dev/log')])
  expect(boundSockets.compare(log, traced([])).map(({ result }) => result)).toEqual([
    'not bound; each container gets its /dev from the engine, so no image can hand it over',
  ])
  const two = traced(['/run/a/s', '/run/b/s'].map((path) => operation('create-socket', path)))
  const one = traced([operation('create-socket', '/run/a/s')])
  expect(boundSockets.compare(two, one).map((check) => check.passed)).toEqual([true, false])
})

test.each<[string, string, boolean]>([
  ['lines of a log', '12:01 up\n12:02 stopping\n', true],
  ['letters of another country', 'Datenbank läuft\n', true],
  ['the last changes of a database', 'L\u0010\0\0\u0012', false],
  ['what is no text at all', '@\ufffd\ufffd', false],
])('a log file with %s', (_, text, is) => {
  expect(isText(text)).toBe(is)
})

describe('newErrors', () => {
  const lines = (line: string, times: number) => `${line}\n`.repeat(times)

  test('a complaint that is repeated once it is up', () => {
    const after = lines('12:01 ERROR cannot flush', 3)
    expect(newErrors('started\n', 'started\n', after)).toMatchObject([
      { name: 'its log', result: 'again and again: 12:01 ERROR cannot flush', passed: false },
    ])
  })

  test('a name that each run draws for itself is none of what it says', () => {
    const log = (tag: string, ...said: string[]) => [...said, ...said].map((line) => `${tag} ${line}\n`).join('')
    const usual = ['INFO: ready', 'INFO: no certificate; protocol error', 'INFO: protocol error']
    const after = log('[0YRPN]', ...usual).repeat(3)
    expect(
      newErrors(`[start] up\n${log('[NPBSA]', ...usual)}[monitor] up\n`, log('[0YRPN]', 'INFO: ready'), after),
    ).toEqual([])
    expect(newErrors(log('[NPBSA]', 'INFO: ready', 'INFO: up'), '', after)).toMatchObject([{ passed: false }])
  })

  test.each<[string, string, string, string]>([
    [
      'said at the start only',
      '',
      lines('chown: x: Operation not permitted', 5),
      lines('chown: x: Operation not permitted', 5),
    ],
    ['said twice', '', '', lines('error: x', 2)],
    ['no complaint', '', '', lines('GET / 200', 40)],
    ['said by the original too, at another time', '10:00 error of 7f3a\n', '', lines('11:11 error of 99bc1', 9)],
  ])('%s', (_, baseline, before, after) => {
    expect(newErrors(baseline, before, after)).toEqual([])
  })
})

describe('sameProcesses', () => {
  const one = (pid: number, command: string, uid = 33): ContainerProcess => ({ ...process(uid), pid, command })
  const run = (...looks: RunRecord['looks']) => record({ looks })
  const told = (baseline: RunRecord, result: RunRecord) =>
    sameProcesses.compare(baseline, result).flatMap(({ passed, result: text }) => (passed ? [] : [text]))

  const master = one(1, 'python3 /srv/app.py', 0)
  const worker = one(2, 'python3 /srv/app.py', 0)
  const baseline = run([master, worker], [master, worker])

  test('processes that all stay pass', () => {
    expect(
      told(
        baseline,
        run(
          [one(11, 'python3 app.py'), one(12, 'python3 app.py')],
          [one(11, 'python3 app.py'), one(12, 'python3 app.py')],
        ),
      ),
    ).toEqual([])
  })

  test('a worker is gone, and it is started again and again', () => {
    const [first, second, third] = [11, 12, 13].map((pid) => one(pid, 'python3 /srv/app.py'))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three')
    expect(told(baseline, run([first, second], [first]))).toEqual([expect.stringMatching(/^1 × python3 app\.py/)])
    expect(told(baseline, run([first, second], [first], [first, second]))).toHaveLength(1)
    expect(told(baseline, run([first, second], [first, third]))).toEqual(['ends and is started again'])
  })

  test('one that came late stays, and one that was only there at the end may not', () => {
    const [web, log] = [one(1, 'nginx: master process'), one(2, 'tail -f /var/log/x.log')]
    const both = run([web, log], [web, log])
    expect(told(both, run([web], [web, log], [web, log]))).toEqual([])
    expect(told(both, run([web], [web], [web, log]))).toHaveLength(1)
    expect(told(both, run([web], [web, log], [web]))).toHaveLength(1)
    expect(told(both, run([web], [web, log], [web, one(3, 'tail -f /var/log/x.log')]))).toHaveLength(1)
  })

  test('a helper is gone that has no capability any more: a check of the user’s own can say that it does without', () => {
    const [squid, pinger] = [one(1, 'squid -N'), one(2, '(pinger)')]
    const [had, has] = [run([squid, pinger], [squid, pinger]), run([squid], [squid])]
    const failed = (original: RunRecord, disarmed: readonly string[]): readonly boolean[] =>
      sameProcesses.compare(original, has, { disarmed }).map(({ passed }) => passed)
    const checked = { ...had, smoke: passedSmoke }
    expect(failed(had, ['pinger'])).toEqual([false])
    expect(failed(checked, ['pinger'])).toEqual([true])
    expect(failed(checked, ['other'])).toEqual([false])
  })

  test('another program of the container is gone', () => {
    const [web, php] = [one(1, 'nginx: master process', 0), one(2, 'php-fpm: pool www')]
    expect(told(run([web, php], [web, php]), run([web], [web]))).toEqual([expect.stringMatching(/php-fpm: pool www/)])
  })

  test.each<[string, RunRecord, RunRecord]>([
    ['workers that come and go in the original', run([master, worker], [master]), run([master], [master])],
    [
      'a start script that is not needed any more',
      run([one(1, 'sh /start.sh', 0), one(2, 'su app', 0)], [one(1, 'sh /start.sh', 0), one(2, 'su app', 0)]),
      run([], []),
    ],
    [
      'root that watches over the one that works',
      run([one(1, 'vsftp -d', 0), one(2, 'vsftp -d')], [one(1, 'vsftp -d', 0), one(2, 'vsftp -d')]),
      run([one(9, 'vsftp -d')], [one(9, 'vsftp -d')]),
    ],
    [
      'another title of the same program',
      run([one(1, 'app: privileged', 0)], [one(1, 'app: privileged', 0)]),
      run([one(9, 'app: main')], [one(9, 'app: main')]),
    ],
    ['one look', run([master]), run([])],
  ])('%s', (_, before, after) => {
    expect(told(before, after)).toEqual([])
  })
})

describe('what a port gave over time', () => {
  const all = (...answers: Parameters<ReturnType<typeof answerBook>['add']>[0]) => {
    const book = answerBook()
    for (const answer of answers) book.add([answer])
    return book.all()
  }

  test('one that first says that it is not ready is what it is then', () => {
    expect(all(http(80, '503'), http(80))).toEqual([http(80)])
  })

  test('one that breaks after a while is unsteady', () => {
    expect(all(http(80), http(80), http(80, '500'), http(80, '500'))).toMatchObject([
      { kind: 'unsteady', variants: ['http 200 text/html', 'http 500'] },
    ])
  })

  test('one that was only listened on for a while is closed', () => {
    expect(all({ ...http(5353, ''), kind: 'bound' }, closed(5353))).toEqual([closed(5353)])
  })
})

describe('doubts', () => {
  test('a port that the image exposes, and that the original opens only later or never', () => {
    const seen = record({ answers: [http(80), closed(443)] })
    expect(doubts(seen, seen, true)).toEqual([expect.stringMatching(/^tcp 443: the original did not listen there/)])
  })

  test('a port that nobody got an answer of is named', () => {
    const seen = record({ answers: [{ port: 53, protocol: 'udp', kind: 'bound', detail: '' }] })
    expect(doubts(seen, seen, true)).toEqual([expect.stringMatching(/^udp 53: open as in the original/)])
    const answered = record({ answers: [http(80)] })
    expect(doubts(answered, answered, true)).toEqual([])
  })

  test('a site that let nobody in is told by its answer', () => {
    const [cups, api] = [http(631, '403 text/html'), http(80, '401')]
    const seen = record({ answers: [cups, api, http(81, '403'), http(82)] })
    expect(doubts(seen, seen, true)).toEqual([
      expect.stringMatching(/^tcp 631, tcp 81: answers 403, as the original does; what it does for a client that may/),
      expect.stringMatching(/^tcp 80: answers 401,/),
    ])
  })

  test('that it goes on is all that was seen', () => {
    expect(doubts(record(), record(), true)).toEqual([expect.stringMatching(/^whether it does its work/)])
    expect(doubts(record({ state: ended(0) }), record({ state: ended(0) }), true)).toEqual([])
  })

  test('a log that fell silent', () => {
    const talks = record({ answers: [http(80)], logs: 'x\n'.repeat(9) })
    expect(doubts(talks, record({ answers: [http(80)] }), true)).toEqual([expect.stringMatching(/^its log/)])
  })

  test('ports beyond those that are asked, some by name and the others by their number', () => {
    const answers = Array.from({ length: 100 }, (_, at): PortAnswer => {
      const answer: PortAnswer = { port: 8000 + at, protocol: 'tcp', kind: 'bound', detail: '' }
      return at < 64 ? http(8000 + at) : { ...answer, unasked: true }
    })
    const seen = record({ answers })
    expect(doubts(seen, seen, true)).toEqual([
      expect.stringMatching(
        /^what it answers on tcp 8064, .*, tcp 8083 and 16 more: open as in the original, and not asked, since 64 ports are; a check/,
      ),
    ])
  })

  test('what of its files could not be read, once for both, and whether it passed or not', () => {
    const unread = ['what it wrote into /var/log/x.log: it is more than 1024 MiB']
    const seen = record({ answers: [http(80)], unread })
    expect(doubts(seen, seen, true)).toEqual(unread)
    expect(doubts(record({ answers: [http(80)] }), seen, false)).toEqual(unread)
  })

  test('data that was only read, and that its new user may not write', () => {
    const grant = (kind: Grant['kind'], path: string): Grant => ({ kind, path, evidence: [] })
    const grants = [
      grant('group-read', '/var/lib/x/db'),
      grant('own-file', '/var/lib/x/lock'),
      grant('group-read', '/etc/x/key'),
    ]
    expect(readState({ grants })).toEqual([expect.stringMatching(/^whether it also writes \/var\/lib\/x\/db:/)])
    expect(readState({ grants: grants.slice(1) })).toEqual([])
  })
})

describe('without a trace', () => {
  test('what was not compared is said, whoever of the two was not traced, and nothing where both were', () => {
    const [yes, no] = [traced([]), record({ traceRefused: 'no ptrace' })]
    expect(untracedOriginal(false, record())).toEqual([expect.stringMatching(/--no-trace.*not compared/)])
    expect(untracedOriginal(true, no)).toEqual([expect.stringMatching(/no ptrace.*not compared/)])
    expect(untracedRun(yes, { untraced: 'no ptrace' })).toEqual([expect.stringMatching(/^the result/)])
    expect([...untracedOriginal(true, yes), ...untracedRun(yes, { untraced: null })]).toEqual([])
  })

  test('a program that ends when it is traced was not seen at work; one that is slower was', () => {
    expect(endsOtherwise(record(), record({ state: ended(1) }))).toBe(true)
    expect(endsOtherwise(record({ state: ended(0) }), record({ state: ended(1) }))).toBe(true)
    expect(endsOtherwise(record({ state: ended(0) }), record())).toBe(false)
    expect(endsOtherwise(record(), record())).toBe(false)
  })

  test("the tracer's own folder is no work of the program", () => {
    const entries = ['/.harden-trace', '/.harden-trace/out', '/data'].map((path) => ({ kind: 'added' as const, path }))
    const found = operationsOfDiff(entries, { entry: () => null } as never, () => 'directory')
    expect(found.map(({ path }) => path)).toEqual(['/data'])
  })
})
