/** File systems of the usual distributions, as far as a plan looks at them. A fixture names one of them with `like`. */
export interface SharedImage {
  readonly os: string
  readonly passwd: readonly string[]
  readonly group: readonly string[]
  readonly files: readonly string[]
}

const root = [
  'drwxr-xr-x 0:0 /',
  'drwxr-xr-x 0:0 /etc',
  'drwxr-xr-x 0:0 /home',
  'drwxr-xr-x 0:0 /opt',
  'drwx------ 0:0 /root',
  'drwxr-xr-x 0:0 /srv',
  'drwxrwxrwt 0:0 /tmp',
  'drwxr-xr-x 0:0 /usr',
  'drwxr-xr-x 0:0 /usr/bin',
  'drwxr-xr-x 0:0 /usr/sbin',
  'drwxr-xr-x 0:0 /var/cache',
  'drwxr-xr-x 0:0 /var/lib',
  'drwxr-xr-x 0:0 /var/log',
  'drwxrwxrwt 0:0 /var/tmp',
]

const debian: SharedImage = {
  os: 'debian',
  passwd: [
    'root:x:0:0:root:/root:/bin/bash',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  ],
  group: ['root:x:0:', 'daemon:x:1:', 'tty:x:5:', 'www-data:x:33:', 'shadow:x:42:', 'nogroup:x:65534:'],
  files: [
    ...root,
    'lrwxrwxrwx 0:0 /bin -> usr/bin',
    'lrwxrwxrwx 0:0 /sbin -> usr/sbin',
    'drwxr-xr-x 0:0 /run',
    'drwxrwxrwt 0:0 /run/lock',
    'lrwxrwxrwx 0:0 /var/run -> /run',
    'lrwxrwxrwx 0:0 /usr/bin/sh -> dash',
    '-rwxr-xr-x 0:0 /usr/bin/dash',
    '-rwxr-xr-x 0:0 /usr/bin/sed',
    '-rwxr-xr-x 0:0 /usr/sbin/useradd',
    '-rwxr-xr-x 0:0 /usr/sbin/groupadd',
  ],
}

const alpine: SharedImage = {
  os: 'alpine',
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:2:2:daemon:/sbin:/sbin/nologin',
    'nobody:x:65534:65534::/:/sbin/nologin',
  ],
  group: ['root:x:0:root', 'daemon:x:2:daemon', 'ping:x:999:', 'nobody:x:65534:'],
  files: [
    ...root,
    'drwxr-xr-x 0:0 /bin',
    'drwxr-xr-x 0:0 /sbin',
    'drwxr-xr-x 0:0 /run',
    'lrwxrwxrwx 0:0 /var/run -> ../run',
    '-rwxr-xr-x 0:0 /bin/busybox',
    'lrwxrwxrwx 0:0 /bin/sh -> /bin/busybox',
    'lrwxrwxrwx 0:0 /bin/sed -> /bin/busybox',
    'lrwxrwxrwx 0:0 /usr/sbin/adduser -> /bin/busybox',
    'lrwxrwxrwx 0:0 /usr/sbin/addgroup -> /bin/busybox',
  ],
}

/** A shell, and nothing that makes an account. */
const ubiMinimal: SharedImage = {
  os: 'rhel',
  passwd: ['root:x:0:0:root:/root:/bin/bash', 'nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin'],
  group: ['root:x:0:', 'nobody:x:65534:'],
  files: [
    ...root,
    'lrwxrwxrwx 0:0 /bin -> usr/bin',
    'lrwxrwxrwx 0:0 /sbin -> usr/sbin',
    'drwxr-xr-x 0:0 /run',
    'lrwxrwxrwx 0:0 /usr/bin/sh -> bash',
    '-rwxr-xr-x 0:0 /usr/bin/bash',
    '-rwxr-xr-x 0:0 /usr/bin/sed',
  ],
}

const distroless: SharedImage = {
  os: 'debian',
  passwd: [
    'root:x:0:0:root:/root:/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
    'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
  ],
  group: ['root:x:0:', 'nobody:x:65534:', 'nonroot:x:65532:'],
  files: [...root, 'drwxr-xr-x 0:0 /run', 'lrwxrwxrwx 0:0 /var/run -> /run', 'drwx------ 65532:65532 /home/nonroot'],
}

/** Somebody's own image without a shell: a passwd file, and no account for the program. */
const shellless: SharedImage = {
  os: '',
  passwd: ['root:x:0:0:root:/root:/sbin/nologin'],
  group: ['root:x:0:'],
  files: ['drwxr-xr-x 0:0 /', 'drwxr-xr-x 0:0 /etc', 'drwxrwxrwt 0:0 /tmp'],
}

export const sharedImages: Readonly<Record<string, SharedImage>> = {
  debian,
  alpine,
  'ubi-minimal': ubiMinimal,
  distroless,
  shellless,
}
