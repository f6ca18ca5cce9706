/** A passwd file whose lines the C library and the engine read differently, and what USER means in it. Measured (Docker 26.1). */
export const hostilePasswd = `root:x:0:0:root:/root:/bin/sh
toor:x:0:0::/:/bin/sh
nouid:x::5::/:/bin/sh
abc:x:abc:5::/:/bin/sh
lone
big:x:4294967296:5::/:/bin/sh
neg:x:-1:5::/:/bin/sh
negz:x:-4294967296:5::/:/bin/sh
plus:x:+0:5::/:/bin/sh
hex:x:0x10:5::/:/bin/sh
#com:x:0:0::/:/bin/sh
+:x:0:0::/:/bin/sh
+nis:x:0:0::/:/bin/sh
   sp:x:0:0::/:/bin/sh
dup:x:0:0::/:/bin/sh
dup:x:1000:1000::/:/bin/sh
later:x:1001:1001::/:/bin/sh
later:x:0:0::/:/bin/sh
12345:x:0:0::/:/bin/sh
u 0:x: 0 :0::/:/bin/sh
three:x:3000000000:5::/:/bin/sh
__proto__:x:0:0::/:/bin/sh
`

/** USER text and the uid of the process; null: no container starts. */
export const hostileUsers: readonly (readonly [string, number | null])[] = [
  ['toor', 0],
  ['toor:1', 0],
  ['nouid', 0],
  ['abc', 0],
  ['lone', 0],
  ['big', 0],
  ['neg', null],
  ['negz', 0],
  ['plus', 0],
  ['hex', 0],
  ['#com', 0],
  ['+', 0],
  ['+nis', 0],
  ['sp', 0],
  ['dup', 0],
  ['later', 1001],
  ['12345', 12345],
  ['u 0', 0],
  ['three', 3_000_000_000],
  ['__proto__', 0],
  ['constructor', null],
  ['4294967296', 0],
  ['-4294967296', 0],
  ['4294967295', null],
  ['99999999999999999999999', null],
  ['+0', 0],
  ['-0', 0],
  ['00', 0],
  [':0', 0],
  [':', 0],
  ['0:0:0', 0],
  ['0x0', null],
  ['1000:0', 1000],
  ['+1000', 1000],
  ['01000', 1000],
]
