// What a program can do to the trace of itself, by the lines that tell of it, and lines that no strace has written.
import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bounds } from '../../../src/bounds.ts'
import { growingTrace } from '../../../src/proof/trace/growing-trace.ts'
import { TRACED_CALLS, traceReader } from '../../../src/proof/trace/parse-trace.ts'
import { MARKS } from '../../../src/proof/trace/tracer.ts'
import { entry } from './support/tar.ts'

const OPTIONS = { cwd: '/', uid: 0, gid: 0, ignore: '/.harden-trace' }
const START = '1 1000.0 execve("/a", ["a"], 0x7f /* 3 vars */) = 0'
const FORGED = '1 1009.0 openat(AT_FDCWD, "/forged", O_WRONLY|O_CREAT, 0666) = 3</forged>'

async function traceOf(...lines: readonly string[]) {
  const trace = growingTrace(OPTIONS)
  await trace.readOn(Readable.from([entry('0', `${lines.join('\n')}\n`)]))
  const found = trace.soFar({})
  return {
    tampered: found?.tampered ?? null,
    cut: found?.cut,
    paths: found?.operations.map(({ path }) => path) ?? [],
    trace,
  }
}

describe('found out, and nothing after it is read', () => {
  test.each([
    [
      'writes to the folder of the tracer',
      '1 1001.0 openat(AT_FDCWD, "/.harden-trace/out/trace", O_WRONLY|O_APPEND) = 3</.harden-trace/out/trace>',
    ],
    ['removes the output', '1 1001.0 unlink("/.harden-trace/out/trace") = 0'],
    ['renames it away', '1 1001.0 rename("/.harden-trace/out/trace", "/tmp/x") = 0'],
    ['puts another in its place', '1 1001.0 rename("/tmp/x", "/.harden-trace/out/trace") = 0'],
    [
      'writes into the memory of a process that it has not made',
      '1 1001.0 openat(AT_FDCWD, "/proc/77/mem", O_RDWR) = 3</proc/77/mem>',
    ],
    ['writes to a descriptor of one', '1 1001.0 openat(AT_FDCWD, "/proc/77/fd/3", O_WRONLY) = 3<pipe:[1]>'],
    ['traces one', '1 1001.0 ptrace(PTRACE_SEIZE, 77, NULL, 0) = 0'],
    [
      'writes into one by a call',
      '1 1001.0 process_vm_writev(77, [{iov_base="x", iov_len=1}], 1, [{iov_base=0x1, iov_len=1}], 1, 0) = 1',
    ],
    ['takes a descriptor of one', '1 1001.0 pidfd_getfd(4, 3, 0) = 5'],
    ['has lines of another time', '1 5.0 openat(AT_FDCWD, "/x", O_RDONLY) = 3</x>'],
  ])('it %s', async (_, line) => {
    const { tampered, paths } = await traceOf(START, line, FORGED)
    expect(tampered).not.toBeNull()
    expect(paths).not.toContain('/forged')
  })

  test('it opens the output of strace, which only the kernel tells', async () => {
    const { tampered, paths } = await traceOf(START, MARKS.foreign, FORGED)
    expect([tampered, paths]).toEqual(['the program opened the output of strace', ['/a']])
  })
})

test.each([
  [
    'is refused the folder of the tracer',
    '1 1001.0 openat(AT_FDCWD, "/.harden-trace/out/trace", O_WRONLY) = -1 EACCES (Permission denied)',
  ],
  ['reads what is in there', '1 1001.0 openat(AT_FDCWD, "/.harden-trace/strace", O_RDONLY) = 3</.harden-trace/strace>'],
  ['writes to the log of its first process', '1 1001.0 openat(AT_FDCWD, "/proc/1/fd/1", O_WRONLY) = 3<pipe:[1]>'],
  ['writes to its own', '1 1001.0 openat(AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY) = 3</proc/1/oom_score_adj>'],
  ['debugs a child', '1 1001.0 fork() = 7\n1 1002.0 ptrace(PTRACE_ATTACH, 7, NULL, NULL) = 0'],
  ['has a clock that is set back a little', '1 990.0 openat(AT_FDCWD, "/x", O_RDONLY) = 3</x>'],
])('a program that %s is believed', async (_, line) => {
  const { tampered, paths } = await traceOf(START, line, FORGED)
  expect([tampered, paths.includes('/forged')]).toEqual([null, true])
})

test('strace that has ended, and was started again with its container', async () => {
  const { trace } = await traceOf(MARKS.start, START, MARKS.end)
  expect(trace.hasEnded()).toBe(true)
  const again = await traceOf(MARKS.start, START, MARKS.end, '', MARKS.start, START)
  expect(again.trace.hasEnded()).toBe(false)
})

test('what is too much is cut off, and that is said', async () => {
  expect((await traceOf(START, MARKS.full)).cut).toBe(true)
})

test('a line that no strace writes is not read, and that is said', async () => {
  const long = FORGED.replace('/forged', `/${'x'.repeat(bounds.traceLine)}`)
  expect(await traceOf(START, long, FORGED)).toMatchObject({ cut: true, paths: ['/a'] })
})

describe('any bytes', () => {
  const name = fc.constantFrom(...TRACED_CALLS)
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      'AT_FDCWD</x>',
      '"/etc/x"',
      '3</a>',
      'NULL',
      '0x1',
      '"',
      '<',
      '{',
      '[',
      '\\',
      'O_WRONLY|O_CREAT',
      '0666',
      '-1',
      '[{sa_family=AF_INET, sin_port=htons(80)}]',
    ),
  )
  const result = fc.constantFrom(
    '0',
    '3</x>',
    '-1 EACCES (Permission denied)',
    '-1 ENOENT (x)',
    '?',
    '',
    '99999999999999999999',
    'x',
  )
  const call = fc
    .tuple(name, fc.array(word, { maxLength: 6 }), result)
    .map(([of, args, end]) => `${of}(${args.join(', ')}) = ${end}`)
  const text = fc.oneof(
    call,
    name.map((of) => `<... ${of} resumed>) = 0`),
    name.map((of) => `${of}(1, "x" <unfinished ...>`),
    fc.constantFrom('+++ exited with 0 +++', '+++ superseded by execve in pid 3 +++', '--- SIGCHLD ---', '<... '),
    fc.string(),
  )
  const line = fc.oneof(
    fc
      .tuple(fc.nat({ max: 9 }), fc.double({ min: 0, max: 2e9, noNaN: true }), text)
      .map(([pid, at, what]) => `${pid} ${at.toFixed(6)} ${what}`),
    fc.string({ unit: 'binary' }),
  )

  test('give operations or are left out, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const reader = traceReader(OPTIONS)
        for (const one of lines)
          for (const { access, path } of reader.read(one))
            expect([typeof access, path === null || path.startsWith('/')]).toEqual(['string', true])
        reader.processes()
        reader.outlived()
      }),
    )
  })

  test('in a file of which any part has come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.nat({ max: 2000 }), async (bytes, part) => {
        const all = Buffer.from(bytes).toString('latin1')
        const trace = growingTrace(OPTIONS)
        await trace.readOn(Readable.from([entry('0', all.slice(0, part))]))
        await trace.readOn(Readable.from([entry('0', all)]))
        trace.soFar({})
      }),
    )
  })
})

test('a program that opens the output before its first line is read is found out, and has not written nothing', async () => {
  expect(await traceOf(MARKS.start, MARKS.foreign, START)).toMatchObject({
    tampered: 'the program opened the output of strace',
    paths: [],
  })
})
