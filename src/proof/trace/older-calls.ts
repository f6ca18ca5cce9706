import { table } from '../../table.ts'

/**
 * Calls of 32-bit programs that do, with wider arguments, what their namesake does. Source: syscall(2), and
 * arch/x86/entry/syscalls/syscall_32.tbl of Linux.
 */
export const OLDER_NAMES: Readonly<Record<string, string>> = table({
  stat64: 'stat',
  lstat64: 'lstat',
  fstatat64: 'newfstatat',
  truncate64: 'truncate',
  chown32: 'chown',
  lchown32: 'lchown',
  fchown32: 'fchown',
  setuid32: 'setuid',
  setgid32: 'setgid',
  setreuid32: 'setreuid',
  setregid32: 'setregid',
  setresuid32: 'setresuid',
  setresgid32: 'setresgid',
  setfsuid32: 'setfsuid',
  setfsgid32: 'setfsgid',
  setgroups32: 'setgroups',
  geteuid32: 'geteuid',
  utimensat_time64: 'utimensat',
  clock_settime64: 'clock_settime',
  clock_adjtime64: 'clock_adjtime',
  umount: 'umount2',
})
