import { expect, test } from '@jest/globals'
import { type Clock, type ReadMemory, sleepLeft, wakesIn } from '../../src/engine/activity.ts'

const clock: Clock = { age: 2000, monotonic: 50_000, realtime: 1_700_000_000_000 }
const nothing: ReadMemory = () => null

/** Memory that holds one struct of seconds and a fraction. */
function time(seconds: bigint, fraction: bigint): ReadMemory {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64LE(seconds, 0)
  bytes.writeBigInt64LE(fraction, 8)
  return (address) => (address === 0x7ffen ? bytes : null)
}

const call = (number: number, ...args: readonly string[]): string =>
  [number, ...args, ...Array.from({ length: 6 - args.length }, () => '0x0'), '0x7ffd', '0x7ffc'].join(' ')

test.each<[string, string, ReadMemory, number]>([
  ['rt_sigsuspend', call(130), nothing, Number.POSITIVE_INFINITY],
  [
    'epoll_wait without an end',
    call(232, '0x8', '0x55', '0x200', '0xffffffffffffffff'),
    nothing,
    Number.POSITIVE_INFINITY,
  ],
  [
    'epoll_wait, the upper half of the register dirty',
    call(232, '0x8', '0x55', '0x200', '0xffffffff'),
    nothing,
    Number.POSITIVE_INFINITY,
  ],
  ['epoll_wait of 5 s, of which 2 may have passed', call(232, '0x8', '0x55', '0x200', '0x1388'), nothing, 3000],
  ['poll of 100 ms', call(7, '0x55', '0x1', '0x64'), nothing, 0],
  ['accept', call(43, '0x3'), nothing, Number.POSITIVE_INFINITY],
  ['recvfrom, which may have a timeout of its socket', call(45, '0x3'), nothing, 0],
  ['select without an end', call(23, '0x3', '0x55'), nothing, Number.POSITIVE_INFINITY],
  ['select of a timeval', call(23, '0x3', '0x55', '0x0', '0x0', '0x7ffe'), time(7n, 500_000n), 5500],
  ['nanosleep', call(35, '0x7ffe'), time(10n, 0n), 8000],
  ['nanosleep that cannot be read', call(35, '0x7ffe'), nothing, 0],
  ['clock_nanosleep until a time', call(230, '0x1', '0x1', '0x7ffe'), time(53n, 0n), 3000],
  ['clock_nanosleep for a time', call(230, '0x1', '0x0', '0x7ffe'), time(53n, 0n), 51_000],
  ['futex without an end', call(202, '0x55', '0x80'), nothing, Number.POSITIVE_INFINITY],
  ['futex wait, relative', call(202, '0x55', '0x80', '0x0', '0x7ffe'), time(4n, 0n), 2000],
  [
    'futex wait_bitset until a time of the wall clock',
    call(202, '0x55', '0x189', '0x0', '0x7ffe'),
    time(1_700_000_001n, 0n),
    1000,
  ],
  ['futex wait_bitset until a monotonic time', call(202, '0x55', '0x89', '0x0', '0x7ffe'), time(51n, 0n), 1000],
  ['io_uring_enter, whose timeouts are elsewhere', call(426, '0x3'), nothing, 0],
  ['one that runs', 'running', nothing, 0],
  ['one that waits for no call', '-1 0x7ffd 0x7ffc', nothing, 0],
])('%s', (_, line, read, expected) => {
  expect(wakesIn(line, 'x64', read, clock)).toBe(expected)
})

test('nothing is known of another architecture', () => {
  expect(wakesIn(call(130), 'riscv64', nothing, clock)).toBe(0)
})

test.each<[string, string, ReadMemory, number | null]>([
  ['nanosleep, of which nobody knows how much is over', call(35, '0x7ffe'), time(40n, 0n), 40_000],
  ['clock_nanosleep until a time', call(230, '0x1', '0x1', '0x7ffe'), time(90n, 0n), 40_000],
  ['clock_nanosleep until a time that is over', call(230, '0x1', '0x1', '0x7ffe'), time(9n, 0n), null],
  ['select of nothing', call(23, '0x0', '0x0', '0x0', '0x0', '0x7ffe'), time(7n, 0n), 7000],
  ['poll of nothing', call(7, '0x0', '0x0', '0x2710'), nothing, 10_000],
  ['select that may be woken', call(23, '0x3', '0x55', '0x0', '0x0', '0x7ffe'), time(7n, 0n), null],
  ['poll that may be woken', call(7, '0x55', '0x1', '0x2710'), nothing, null],
  ['epoll_wait', call(232, '0x8', '0x55', '0x200', '0x2710'), nothing, null],
  ['futex', call(202, '0x55', '0x80', '0x0', '0x7ffe'), time(40n, 0n), null],
  ['a wait without an end', call(23, '0x0', '0x0'), nothing, null],
  ['one that runs', 'running', nothing, null],
])('a sleep is no wait for others: %s', (_, line, read, expected) => {
  expect(sleepLeft(line, 'x64', read, clock)).toBe(expected)
})
