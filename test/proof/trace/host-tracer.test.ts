import { expect, test } from '@jest/globals'
import { sharedObjects } from '../../../src/proof/trace/tracer.ts'

test.each([
  [
    'glibc',
    '\tlinux-vdso.so.1 (0x00007f54)\n\tlibdw.so.1 => /lib/x86_64-linux-gnu/libdw.so.1 (0x00007f53)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f52)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f55)\n',
    {
      libraries: ['/lib/x86_64-linux-gnu/libdw.so.1', '/lib/x86_64-linux-gnu/libc.so.6'],
      loader: '/lib64/ld-linux-x86-64.so.2',
    },
  ],
  [
    'musl',
    '\t/lib/ld-musl-x86_64.so.1 (0x7f1)\n\tlibdw.so.1 => /usr/lib/libdw.so.1 (0x7f2)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f1)\n',
    { libraries: ['/usr/lib/libdw.so.1', '/lib/ld-musl-x86_64.so.1'], loader: '/lib/ld-musl-x86_64.so.1' },
  ],
  ['a static program', '\tnot a dynamic executable\n', { libraries: [], loader: null }],
])('ldd of %s', (_, ldd, expected) => {
  expect(sharedObjects(ldd)).toEqual(expected)
})
