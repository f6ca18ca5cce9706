// Who gets what: stdout, stderr, the files and the exit code, for every kind of target.
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { finding, proof, sampleResult } from '../report/sample.ts'
import { tree } from '../repository/tree.ts'
import { call, pretend } from './call.ts'

const before = 'FROM a\nCMD b\n'
const after = 'FROM a\nUSER 10001:10001\nCMD b\n'
const patch = (path: string) =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,3 @@\n FROM a\n+USER 10001:10001\n CMD b\n`

describe('proofs of several targets', () => {
  const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': before, 'c/Dockerfile': before })
  const targets = ['a/Dockerfile', 'b/Dockerfile', 'c/Dockerfile']

  test.each([
    { flags: ['--prove'], most: 3 },
    { flags: ['--prove', '--jobs', '1'], most: 1 },
    { flags: [], most: 1 },
  ])('$flags: $most at a time, and told in their order', async ({ flags, most }) => {
    let [running, seen] = [0, 0]
    const { stdout } = await call([...flags, '--format', 'json', ...targets], {
      cwd,
      processTarget: async (item) => {
        running += 1
        seen = Math.max(seen, running)
        // The first one ends last.
        await delay(item.target.startsWith('a') ? 60 : 20)
        running -= 1
        return pretend(item)
      },
    })
    expect(seen).toBe(most)
    const { results } = JSON.parse(stdout) as { results: { target: string }[] }
    expect(results.map(({ target }) => target)).toEqual(targets)
  })

  test('a bug in one is its own failure, and the others are done', async () => {
    const begun: string[] = []
    const { code, stdout } = await call(['--jobs', '1', '--prove', '--format', 'json', ...targets], {
      cwd,
      processTarget: async (item) => {
        begun.push(item.target)
        if (item.target.startsWith('a')) throw new TypeError('undefined is not a function')
        return pretend(item)
      },
    })
    expect([code, begun]).toEqual([2, targets])
    expect(JSON.parse(stdout).results.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'failed',
      'rewritten',
      'rewritten',
    ])
  })
})

describe('Dockerfiles', () => {
  test('a diff on stdout, the rest on stderr, nothing written', async () => {
    const cwd = tree({ Dockerfile: before })
    const { code, stdout, stderr } = await call(['Dockerfile'], { cwd })
    expect(stdout).toBe(patch('Dockerfile'))
    expect(stderr).toContain('Dockerfile: rewritten, would run as app (10001:10001); a new account\n')
    expect(stderr).toContain(
      '1 target: 1 rewritten\n1 file would change: -w writes it\nnext: review the diff, prove that it',
    )
    expect(code).toBe(0)
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(before)
  })

  test('without a target: the folder', async () => {
    expect((await call([], { cwd: tree({ 'a/Dockerfile': before }) })).stdout).toBe(patch('a/Dockerfile'))
  })

  test('--check: a line for each file that would change, and exit 1', async () => {
    const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': before, 'c/Dockerfile': after })
    const { code, stdout, stderr } = await call(['--check', '.'], { cwd })
    const row = 'runs as root; would run as app (10001:10001)'
    expect({ code, stdout }).toEqual({ code: 1, stdout: `a/Dockerfile: ${row}\nb/Dockerfile: ${row}\n` })
    expect(stderr).not.toContain('a/Dockerfile')
    expect(stderr).toContain('2 files would change: --format diff shows how\n')
    const shown = await call(['--check', '--format', 'diff', 'a/Dockerfile'], { cwd })
    expect({ code: shown.code, stdout: shown.stdout }).toEqual({ code: 1, stdout: patch('a/Dockerfile') })
    expect(shown.stderr).toContain('1 file would change\n')
    // A report for programs has it all.
    expect((await call(['--check', '--format', 'json', 'a/Dockerfile'], { cwd })).stderr).toBe('')
  })

  test('--check of sixty files says no more than seventy lines', async () => {
    const files = Array.from({ length: 60 }, (_, at) => [`s${at}/Dockerfile`, before] as const)
    const { stdout, stderr } = await call(['--check', '.'], { cwd: tree(Object.fromEntries(files)) })
    expect(`${stdout}${stderr}`.trimEnd().split('\n').length).toBeLessThanOrEqual(70)
  })

  test('--check that finds nothing to check ends with 2', async () => {
    const { code, stderr } = await call(['--check', '.'], { cwd: tree({ 'a/x': '' }) })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there is nothing to check') })
  })

  test('nothing to do: one line', async () => {
    const { code, stdout, stderr } = await call(['--check', '.'], { cwd: tree({ Dockerfile: after }) })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '1 target: 1 unchanged\n' })
  })

  test('-w changes the files and stdout is empty', async () => {
    const cwd = tree({ Dockerfile: before, 'b/Dockerfile': after, 'c/Dockerfile': 'CRON\n' })
    const { code, stdout, stderr } = await call(['-w', '.'], { cwd })
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(after)
    expect(stdout).toBe('')
    expect(stderr).toContain('wrote Dockerfile\n')
    expect(code).toBe(1)
    expect((await call(['-w', 'Dockerfile'], { cwd })).code).toBe(0)
  })

  test('-w with a format: that on stdout', async () => {
    const cwd = tree({ Dockerfile: before })
    const { stdout } = await call(['-w', '--format', 'json', '.'], { cwd })
    expect(JSON.parse(stdout).results).toHaveLength(1)
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(after)
  })

  test('-w does not write what failed its proof', async () => {
    const cwd = tree({ Dockerfile: before })
    const { code, stderr } = await call(['-w', '--prove', '.'], {
      cwd,
      processTarget: async (item) => {
        const outcome = await pretend(item)
        return { ...outcome, result: { ...outcome.result, verdict: 'incomplete', proof: { ...proof, passed: false } } }
      },
    })
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(before)
    expect(stderr).toContain('Dockerfile was not written: its proof failed')
    expect(code).toBe(1)
  })

  test.each([
    ['failed', { ...proof, passed: false }, false],
    ['could not compare', { ...proof, passed: false, reason: 'the original does not start' }, true],
  ])('where a proof %s the next step is to write it: %#', async (_, shown, isWritten) => {
    const processTarget: typeof pretend = async (item) => {
      const outcome = await pretend(item)
      return { ...outcome, result: { ...outcome.result, proof: shown } }
    }
    const cwd = tree({ Dockerfile: before })
    const { stderr } = await call(['--prove', '.'], { cwd, processTarget })
    expect(/-w|would change/.test(stderr)).toBe(isWritten)
    await call(['-w', '--prove', '.'], { cwd, processTarget })
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(isWritten ? after : before)
  })

  test('a file that changes meanwhile fails, the others are written', async () => {
    const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': before })
    const { code, stderr } = await call(['-w', '.'], {
      cwd,
      processTarget: async (item) => {
        const outcome = await pretend(item)
        return item.target === 'a/Dockerfile' ? { ...outcome, source: 'something else' } : outcome
      },
    })
    expect(stderr).toContain('a/Dockerfile was not written: it changed while it was worked on')
    expect(readFileSync(join(cwd, 'a/Dockerfile'), 'utf8')).toBe(before)
    expect(readFileSync(join(cwd, 'b/Dockerfile'), 'utf8')).toBe(after)
    expect(code).toBe(2)
  })

  test('the diff names the file behind a link', async () => {
    const cwd = tree({ '.git/HEAD': '', 'shared/base': before, 'app/x': '' })
    symlinkSync('../shared/base', join(cwd, 'app/Dockerfile'))
    const { stdout, items } = await call(['app'], { cwd })
    expect(stdout).toBe(patch('shared/base'))
    expect(items[0]).toMatchObject({ target: 'app/Dockerfile', path: join(cwd, 'app/Dockerfile') })
  })

  test('is read where there is a lone -', async () => {
    const { stdout, items } = await call(['-'], { cwd: tree(), stdin: before })
    expect(stdout).toBe(patch('Dockerfile'))
    expect(items).toEqual([{ target: '-', kind: 'dockerfile', path: null, reference: null, from: null, text: before }])
  })

  test('a folder without any is said on stderr', async () => {
    const { code, stdout, stderr } = await call(['.'], { cwd: tree() })
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'harden-image: there is no Dockerfile below .\n',
    })
  })
})

describe('images', () => {
  test('the Dockerfile alone on stdout', async () => {
    const { code, stdout, stderr } = await call(['nginx:latest'], { cwd: tree() })
    expect(stdout).toBe('FROM nginx:latest\nUSER 10001:10001\n')
    expect(stderr).toContain('nginx:latest: rewritten')
    expect(code).toBe(0)
  })

  test('-o writes DIR/Dockerfile, again too, and stdout is empty', async () => {
    const cwd = tree()
    for (const _time of [1, 2]) {
      const { code, stdout, stderr } = await call(['nginx:latest', '-o', 'out/nginx'], { cwd })
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toContain('wrote out/nginx/Dockerfile')
    }
    expect(readFileSync(join(cwd, 'out/nginx/Dockerfile'), 'utf8')).toBe('FROM nginx:latest\nUSER 10001:10001\n')
  })

  test("-o never replaces somebody's own Dockerfile", async () => {
    const cwd = tree({ Dockerfile: before })
    const { code, stderr } = await call(['nginx:latest', '-o', '.'], { cwd })
    expect(stderr).toContain('Dockerfile was not written: it is there already and not from harden-image')
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(before)
    expect(code).toBe(2)
  })

  test('-o of what failed writes nothing', async () => {
    const cwd = tree()
    const { code } = await call(['docker-archive:BROKEN', '-o', 'out'], { cwd })
    expect(existsSync(join(cwd, 'out'))).toBe(false)
    expect(code).toBe(2)
  })

  test('--format diff makes a new file', async () => {
    const { stdout } = await call(['nginx:latest', '--format', 'diff'], { cwd: tree() })
    expect(stdout).toContain(
      'new file mode 100644\n--- /dev/null\n+++ b/Dockerfile\n@@ -0,0 +1,2 @@\n+FROM nginx:latest\n',
    )
  })

  test('among files: the diff stays one of files, and it is said', async () => {
    const { code, stdout, stderr } = await call(['nginx:latest', 'Dockerfile'], { cwd: tree({ Dockerfile: before }) })
    expect(stdout).toBe(patch('Dockerfile'))
    expect(stderr).toContain('nginx:latest: among several targets its Dockerfile is not shown')
    expect(code).toBe(0)
  })
})

describe('formats', () => {
  test('json: nothing but the report, in the order of the arguments', async () => {
    const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': after })
    const { code, stdout, stderr } = await call(['--format', 'json', 'nginx:latest', 'b', 'a'], { cwd })
    const { results } = JSON.parse(stdout)
    expect(results.map(({ target }: { target: string }) => target)).toEqual([
      'nginx:latest',
      'b/Dockerfile',
      'a/Dockerfile',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each(['markdown', 'html', 'sarif'])('%s: all of it on stdout, nothing on stderr', async (format) => {
    const { stdout, stderr } = await call(['--format', format, 'Dockerfile'], { cwd: tree({ Dockerfile: before }) })
    expect(stdout).toContain('harden-image')
    expect(stderr).toBe('')
  })

  test.each([
    ['sarif', 'Dockerfile: failed'],
    ['html', ''],
  ])('%s: of what failed stderr says %j', async (format, said) => {
    const { code, stderr } = await call(['--format', format, 'Dockerfile'], { cwd: tree({ Dockerfile: 'BROKEN' }) })
    expect([code, stderr.split('\n')[0]]).toEqual([2, said])
  })

  test('dockerfile: the whole result alone on stdout, changed or not', async () => {
    const cwd = tree({ Dockerfile: before, 'b/Dockerfile': after })
    const { stdout, stderr } = await call(['--format', 'dockerfile', 'Dockerfile'], { cwd })
    expect(stdout).toBe(after)
    expect(stderr).toContain('Dockerfile: rewritten')
    expect((await call(['--format', 'dockerfile', 'b'], { cwd })).stdout).toBe(after)
    const piped = await call(['-', '--format', 'dockerfile'], { cwd, stdin: before })
    expect(piped.stdout).toBe(after)
  })

  test('text: all of it on stdout', async () => {
    const { stdout, stderr } = await call(['--format', 'text', '.'], { cwd: tree({ Dockerfile: before }) })
    expect(stdout).toContain('Dockerfile: rewritten')
    expect(stdout).toContain('1 target: 1 rewritten')
    expect(stderr).toBe('')
  })

  test('inspect shows text and changes nothing', async () => {
    const cwd = tree({ Dockerfile: before })
    const { stdout } = await call(['inspect', 'Dockerfile'], { cwd })
    expect(stdout).toContain('Dockerfile: rewritten')
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(before)
  })

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('colour on a terminal (%s) with %j: %s', async (terminal, env, colour) => {
    const { stdout } = await call(['Dockerfile'], { cwd: tree({ Dockerfile: before }), terminal, env })
    expect(stdout.includes('\u001b[32m')).toBe(colour)
  })
})

describe('what goes wrong', () => {
  test('one unreadable target of many', async () => {
    const cwd = tree({ 'a/Dockerfile': 'BROKEN', 'b/Dockerfile': Buffer.from([0xff]), 'c/Dockerfile': before })
    const { code, stdout, stderr } = await call(['.', 'nope/Dockerfile'], { cwd })
    expect(stdout).toBe(patch('c/Dockerfile'))
    expect(stderr).toContain('line 1: there is no FROM')
    expect(stderr).toContain('b/Dockerfile cannot be read: line 1 is not valid UTF-8')
    expect(stderr).toContain('there is no file or folder nope/Dockerfile')
    expect(stderr).toContain('4 targets: 1 rewritten, 3 failed')
    expect(code).toBe(2)
  })

  test('a link that leads in a circle', async () => {
    const cwd = tree()
    symlinkSync('Dockerfile', join(cwd, 'Dockerfile'))
    const { code, stderr } = await call(['Dockerfile'], { cwd })
    expect(stderr).toContain('Dockerfile cannot be read')
    expect(stderr).not.toContain('bug')
    expect(code).toBe(2)
  })

  test('a folder that was mistyped reads as an image: both are said', async () => {
    const { HardenError } = await import('../../src/errors.ts')
    const { code, stdout, stderr } = await call(['servces/api'], {
      cwd: tree(),
      processTarget: async () => {
        throw new HardenError('no-image', 'servces/api cannot be inspected', { hint: 'pull it' })
      },
    })
    expect(stderr).toContain('pull it; no file or folder servces/api exists either')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test.each([['setup'], ['setup', '-o', 'out'], ['profile', 'nginx', '--for', 'docker']])(
    'a word that is no path and has no tag is pulled from nowhere: %s',
    async (...argv) => {
      const { code, stdout, stderr, items } = await call(argv, { cwd: tree() })
      expect({ code, stdout, items }).toEqual({ code: 2, stdout: '', items: [] })
      const word = argv[0] === 'setup' ? 'setup' : 'nginx'
      expect(stderr).toContain(`there is no file or folder ${word}, and an image is named with its tag`)
      expect(stderr).toContain(`write ${word}:latest, or another tag, if it is an image`)
    },
  )

  test.each(['nginx:1', 'docker://nginx', 'docker-daemon:nginx', 'bitnami/nginx', `nginx@sha256:${'0'.repeat(64)}`])(
    'what says more than a word is an image: %s',
    async (target) => {
      expect((await call([target], { cwd: tree() })).items).toHaveLength(1)
    },
  )

  test('among others the word alone fails', async () => {
    const { code, items } = await call(['setup', 'Dockerfile'], { cwd: tree({ Dockerfile: before }) })
    expect([code, items.map(({ target }) => target)]).toEqual([2, ['Dockerfile']])
  })

  test('failed targets are said on stderr for json too', async () => {
    const { stdout, stderr } = await call(['--format', 'json', 'Dockerfile'], { cwd: tree({ Dockerfile: 'BROKEN' }) })
    expect(JSON.parse(stdout).results[0]).toMatchObject({
      verdict: 'failed',
      error: { code: 'not-a-dockerfile', line: 1 },
    })
    expect(stderr).toContain('there is no FROM')
  })

  test('a bug is the failure of its target, keeps its stack, and is exit 2; the others are written', async () => {
    const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': 'BUG', 'c/Dockerfile': before, 'd/Dockerfile': 'BUG' })
    const { code, stdout, stderr } = await call(['-w', '.'], { cwd })
    expect(stderr).toContain(
      'failed: 2 targets\n  b/Dockerfile  this is a bug: undefined is not a function; please report it',
    )
    expect(stderr).toContain('4 targets: 2 rewritten, 2 failed')
    const stack =
      /\nharden-image: this is a bug, please report it.*\nTypeError: undefined is not a function\n( +at .*\n)+$/
    expect(stderr).toMatch(stack)
    // Two targets met it, and it is one.
    expect(stderr.split('please report it with the lines below')).toHaveLength(2)
    expect(readFileSync(join(cwd, 'a/Dockerfile'), 'utf8')).toBe(after)
    expect(readFileSync(join(cwd, 'b/Dockerfile'), 'utf8')).toBe('BUG')
    expect(readFileSync(join(cwd, 'c/Dockerfile'), 'utf8')).toBe(after)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test.each([
    ['a stack that is used up', () => deeper(0)],
    ['a string that is too long', () => 'x'.repeat(2 ** 30)],
    ['an array that is too long', () => new Array(-1)],
  ])('%s is the failure of its target and no bug', async (_what, use) => {
    const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': before })
    const { code, stdout, stderr } = await call(['--format', 'json', '.'], {
      cwd,
      processTarget: async (item) => {
        if (item.target.startsWith('a')) use()
        return pretend(item)
      },
    })
    expect(JSON.parse(stdout).results).toMatchObject([
      { verdict: 'failed', error: { code: 'too-large' } },
      { verdict: 'rewritten' },
    ])
    expect(stderr).not.toContain('please report it with the lines below')
    expect(code).toBe(2)
  })

  test('what a bug quotes of the input shows its control characters', async () => {
    const { stderr } = await call(['Dockerfile'], {
      cwd: tree({ Dockerfile: before }),
      processTarget: async () => {
        throw new TypeError('unexpected \u001b[2J\u202e in it')
      },
    })
    expect(stderr).not.toMatch(/\p{Cc}(?<!\n)|\u202e/u)
    expect(stderr).toContain('unexpected \\u001b[2J')
  })

  test.each(['diff', 'text', 'json', 'sarif', 'markdown', 'html'])(
    'a result that cannot be shown as %s fails, and the others are shown',
    async (format) => {
      const { code, stdout, stderr } = await call(['--format', format, '.'], {
        cwd: tree({ 'a/Dockerfile': before, 'b/Dockerfile': before }),
        processTarget: async (item) => {
          const outcome = await pretend(item)
          if (item.target.startsWith('b')) return outcome
          const broken = {
            ...outcome.result,
            get output(): string {
              throw new TypeError('x is null')
            },
            get findings(): never {
              throw new TypeError('x is null')
            },
          }
          return { ...outcome, result: broken }
        },
      })
      expect(code).toBe(2)
      expect(stdout).toContain('b/Dockerfile')
      expect(stderr).toContain('please report it with the lines below\nTypeError: x is null\n')
    },
  )

  test('a configuration that cannot be read fails its own targets only', async () => {
    const cwd = tree({ 'a/Dockerfile': before, 'a/.harden-image.yaml': 'nope: 1\n', 'b/Dockerfile': before })
    const { code, stdout } = await call(['--format', 'json', '.'], { cwd })
    expect(JSON.parse(stdout).results).toMatchObject([{ verdict: 'failed' }, { verdict: 'rewritten' }])
    expect(code).toBe(2)
  })
})

function deeper(depth: number): number {
  return deeper(depth + 1) + 1
}

describe('what was made is removed', () => {
  const cwdWith = () => tree({ Dockerfile: before })

  test('at the end, last first, and a clean-up that fails is said', async () => {
    const order: string[] = []
    const { code, stderr } = await call(['Dockerfile'], {
      cwd: cwdWith(),
      processTarget: async (item, _options, ports) => {
        ports.onCleanUp(async () => void order.push('first'))
        ports.onCleanUp(async () => {
          throw new Error('the daemon is gone')
        })
        ports.onCleanUp(async () => void order.push('last'))
        return pretend(item)
      },
    })
    expect(order).toEqual(['last', 'first'])
    expect(stderr).toContain('harden-image: cleaning up: the daemon is gone')
    expect(code).toBe(0)
  })

  test('nothing is said after the stack of a bug', async () => {
    let cleaned = false
    await call(['Dockerfile'], {
      cwd: cwdWith(),
      processTarget: async (_item, _options, ports) => {
        ports.onCleanUp(async () => {
          cleaned = true
        })
        throw new TypeError('x')
      },
    })
    expect(cleaned).toBe(true)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('on %s, after the work has stopped, and nothing is written', async (name, expected) => {
    const cwd = cwdWith()
    const signals = new EventEmitter()
    const order: string[] = []
    let begun = false
    const called = call(['-w', 'Dockerfile'], {
      cwd,
      signals,
      processTarget: async (item, _options, ports) => {
        ports.onCleanUp(async () => void order.push('cleaned'))
        begun = true
        while (!ports.signal.aborted) await delay(1)
        order.push('stopped')
        return pretend(item)
      },
    })
    while (!begun) await delay(1)
    signals.emit(name)
    const { code, stdout } = await called
    expect({ code, stdout, order }).toEqual({ code: expected, stdout: '', order: ['stopped', 'cleaned'] })
    expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toBe(before)
    expect(signals.eventNames()).toEqual([])
  })
})

test('a rejection that nobody waits for is told as a bug, and what was made is removed', async () => {
  const signals = new EventEmitter()
  const order: string[] = []
  const { code, stderr } = await call(['Dockerfile'], {
    cwd: tree({ Dockerfile: before }),
    signals,
    processTarget: async (item, _options, ports) => {
      ports.onCleanUp(async () => void order.push('cleaned'))
      signals.emit('unhandledRejection', new Error('nobody waits for this'))
      // What is cut off by that is no news.
      signals.emit('unhandledRejection', new Error('the session is over'))
      return pretend(item)
    },
  })
  expect({ code, order }).toEqual({ code: 2, order: ['cleaned'] })
  expect(stderr).toContain('this is a bug, please report it with the lines below\nError: nobody waits for this')
  expect(stderr).not.toContain('the session is over')
})

describe('a signal while files are written', () => {
  const names = Array.from({ length: 20 }, (_, index) => `d${String(index).padStart(2, '0')}/Dockerfile`)

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('stops at the next file, and says how many are written: %s', async (name, expected) => {
    const cwd = tree(Object.fromEntries(names.map((file) => [file, before])))
    const signals = new EventEmitter()
    const called = call(['-w', '.'], { cwd, signals })
    const third = join(cwd, names[2] ?? '')
    while (readFileSync(third, 'utf8') === before) await delay(0)
    signals.emit(name)
    const { code, stderr } = await called
    const written = names.filter((file) => readFileSync(join(cwd, file), 'utf8') === after)
    expect(code).toBe(expected)
    expect(written.length).toBeLessThan(names.length)
    expect(written).toEqual(names.slice(0, written.length))
    const rest = names.length - written.length
    expect(stderr).toMatch(
      new RegExp(
        `^interrupted: ${written.length} files written, ${rest} targets? of 20 not done: run it again for the rest$`,
        'm',
      ),
    )
  })
})

test('a second signal ends the clean-up too, and what is left to a person is said', async () => {
  const signals = new EventEmitter()
  const raised: unknown[] = []
  signals.on('raised', (name) => void raised.push(name))
  let release = () => {}
  let begun = false
  const called = call(['Dockerfile'], {
    cwd: tree({ Dockerfile: before }),
    signals,
    processTarget: async (item, _options, ports) => {
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      ports.onCleanUp(() => held, 'docker rm -f x')
      ports.onCleanUp(async () => {}, 'docker rm -f y')
      begun = true
      while (!ports.signal.aborted) await delay(1)
      return pretend(item)
    },
  })
  while (!begun) await delay(1)
  signals.emit('SIGINT')
  // Of npx and the terminal: one Ctrl-C.
  signals.emit('SIGINT')
  await delay(600)
  expect(raised).toEqual([])
  signals.emit('SIGINT')
  expect({ raised, listening: signals.eventNames() }).toEqual({ raised: ['SIGINT'], listening: ['raised'] })
  release()
  const { stderr } = await called
  expect(stderr).toContain('harden-image: ended before it could clean up; remove what is left with:\ndocker rm -f x\n')
  expect(stderr).not.toContain('rm -f y')
})

test('--quiet: what failed and the sum', async () => {
  const cwd = tree({ 'a/Dockerfile': before, 'b/Dockerfile': 'BROKEN' })
  const { stdout, stderr } = await call(['-q', '.'], {
    cwd,
    processTarget: async (item, _options, ports) => {
      ports.progress('building')
      return pretend(item)
    },
  })
  expect(stdout).toBe(patch('a/Dockerfile'))
  expect(stderr).toMatch(/^b\/Dockerfile: failed\n.*\n.*\n2 targets: 1 rewritten, 1 failed\n1 file would change/)
})

test('--check says how root is meant to stay', async () => {
  const cwd = tree({ Dockerfile: 'CRON' })
  const { code, stderr } = await call(['--check', 'Dockerfile'], { cwd })
  expect([code, stderr]).toEqual([1, expect.stringContaining('# harden-image ignore=set-user reason=WHY')])
  expect((await call(['Dockerfile'], { cwd })).stderr).not.toContain('ignore=')
})

test.each([
  [{ built: 'app:1' }, 'built app:1\n'],
  [{ built: null }, 'Dockerfile builds; --tag NAME keeps the image\n'],
  [{}, 'Dockerfile was not built: it is rewritten\n'],
])('--build says what became of it: %j', async (more, said) => {
  const { stderr } = await call(['Dockerfile', '--build'], {
    cwd: tree({ Dockerfile: before }),
    processTarget: async (item) => ({ ...(await pretend(item)), ...more }),
  })
  expect(stderr).toContain(said)
})

describe('progress', () => {
  const slow = {
    processTarget: async (...[item, , ports]: Parameters<NonNullable<Parameters<typeof call>[1]['processTarget']>>) => {
      ports.progress(`building ${item.target}`)
      ports.progress(`building ${item.target}`)
      return { source: before, path: item.path, result: sampleResult({ findings: [finding] }) }
    },
  }

  test('plain lines where there is no terminal', async () => {
    const { stderr } = await call(['Dockerfile'], { cwd: tree({ Dockerfile: before }), ...slow })
    expect(stderr.split('building Dockerfile\n')).toHaveLength(2)
    expect(stderr).not.toContain('\r')
  })

  test('one line that goes again on a terminal', async () => {
    const { stderr } = await call(['Dockerfile'], { cwd: tree({ Dockerfile: before }), terminal: true, ...slow })
    expect(stderr.startsWith('\r\u001b[2Kbuilding Dockerfile\r\u001b[2K')).toBe(true)
  })
})

describe('pull requests', () => {
  const two = { 'a/Dockerfile': before, 'b/Dockerfile': before, 'c/Dockerfile': after }

  test('one call writes the change and the text, prints the title, and ends well', async () => {
    const cwd = tree({ ...two, 'd/Dockerfile': 'CRON\n' })
    const argv = ['-w', '--pr-title', '--pr-body', 'out/body.md', '--fail-on', 'failed', '.']
    const { code, stdout, stderr } = await call(argv, { cwd })
    expect([code, stdout]).toEqual([0, 'Run 2 Dockerfiles as non-root\n'])
    expect(readFileSync(join(cwd, 'a/Dockerfile'), 'utf8')).toBe(after)
    const body = readFileSync(join(cwd, 'out/body.md'), 'utf8')
    expect(body).toContain('| `d/Dockerfile` | needs-root |')
    expect(stderr).toContain('needs-root: 1 target')
    const { stdout: dry } = await call(['--format', 'markdown', '.'], {
      cwd: tree({ ...two, 'd/Dockerfile': 'CRON\n' }),
    })
    expect(body).toBe(dry.replaceAll('would run as', 'runs as').replaceAll('**fix**', '**fixed**'))
  })

  test('of one file the title says which; of none that changes there is no title', async () => {
    const cwd = tree({ 'services/api/Dockerfile': before })
    expect((await call(['--pr-title', '.'], { cwd })).stdout).toBe('Run services/api/Dockerfile as non-root\n')
    expect(await call(['--pr-title', '.'], { cwd: tree({ Dockerfile: after }) })).toMatchObject({ code: 0, stdout: '' })
  })

  test('a title does not say of what needs a person that it is done, and none is longer than git shows', async () => {
    const incomplete: typeof pretend = async (item) => {
      const outcome = await pretend(item)
      return item.target.startsWith('a')
        ? { ...outcome, result: { ...outcome.result, verdict: 'incomplete' } }
        : outcome
    }
    const title = async (...targets: string[]) =>
      (await call(['--pr-title', ...targets], { cwd: tree(two), processTarget: incomplete })).stdout
    expect(await title('a/Dockerfile')).toBe('Prepare a/Dockerfile to run as non-root\n')
    expect(await title('a/Dockerfile', 'b/Dockerfile')).toBe('Run 1 of 2 Dockerfiles as non-root\n')
    const long = `${'long/'.repeat(20)}Dockerfile`
    expect((await call(['--pr-title', '.'], { cwd: tree({ [long]: before }) })).stdout).toBe(
      'Run 1 Dockerfile as non-root\n',
    )
  })

  test.each([
    [['--pr-title', '--format', 'json', '.'], '--pr-title and --format exclude each other'],
    [['--pr-body', '-', '.'], '--pr-body takes a file, not -'],
    [['--pr-body', 'a/../a/Dockerfile', '.'], '--pr-body a/../a/Dockerfile is a file of the target a/Dockerfile'],
    [['--fail-on', 'todo', '.'], '--fail-on must be one of failed, incomplete, unproved, changes, never, not "todo"'],
  ])('%j: %s', async (argv, message) => {
    const cwd = tree(two)
    const { code, stdout, stderr } = await call(argv, { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(readFileSync(join(cwd, 'a/Dockerfile'), 'utf8')).toBe(before)
  })

  test('a text that cannot be written is said, and ends with 2', async () => {
    const { code, stderr } = await call(['--pr-body', 'a', '.'], { cwd: tree(two) })
    expect(code).toBe(2)
    expect(stderr).toContain('a cannot be written')
  })
})

describe('--fail-on', () => {
  const codes = async (files: Readonly<Record<string, string>>, ...flags: string[]) =>
    Promise.all(
      ['never', 'failed', 'incomplete', 'changes'].map(
        async (level) => (await call([...flags, '--fail-on', level, '.'], { cwd: tree(files) })).code,
      ),
    )

  test('each level counts what those before it do', async () => {
    expect(await codes({ Dockerfile: before })).toEqual([0, 0, 0, 1])
    expect(await codes({ Dockerfile: before }, '-w')).toEqual([0, 0, 0, 1])
    expect(await codes({ Dockerfile: before }, '--check')).toEqual([0, 0, 0, 1])
    expect(await codes({ Dockerfile: 'CRON\n' })).toEqual([0, 0, 1, 1])
    expect(await codes({ Dockerfile: before, 'b/Dockerfile': 'BROKEN\n' })).toEqual([0, 2, 2, 2])
  })

  test('a wrong flag, a bug and a target that is none end with 2 all the same', async () => {
    const cwd = tree({ Dockerfile: 'BUG\n' })
    expect((await call(['--fail-on', 'never', '.'], { cwd })).code).toBe(2)
    expect((await call(['--fail-on', 'never', '--nonsense', '.'], { cwd })).code).toBe(2)
  })

  test('a configuration says it for its own folder, and the flag wins', async () => {
    const files = { 'a/Dockerfile': 'CRON\n', 'a/.harden-image.yaml': 'failOn: failed\n', 'b/Dockerfile': before }
    expect((await call(['.'], { cwd: tree(files) })).code).toBe(0)
    expect((await call(['--fail-on', 'incomplete', '.'], { cwd: tree(files) })).code).toBe(1)
    expect((await call(['--check', '.'], { cwd: tree(files) })).code).toBe(1)
    expect((await call(['--check', 'a'], { cwd: tree(files) })).code).toBe(0)
  })
})
