// What is code of root's, measured: whoever the result runs as plants code wherever it may, and root's tools are run afterwards.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { buildImage, buildText, docker, withContainer, withLists } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const BASE = 'harden-image-test/root-code-base:1'
const RESULT = 'harden-image-test/root-code-result:1'
const CONTROL = 'harden-image-test/root-code-control:1'

/** `/opt/mark NAME` says by a file who has run it. The libraries are of a program that musl, and one that glibc, loads. */
const BASE_TEXT = `FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools gcc libc6-dev
RUN mkdir -p /out/musl /out/glibc \\
 && echo 'void greet(void) {}' > good.c \\
 && printf '#include <stdlib.h>\\nvoid greet(void) {}\\n__attribute__((constructor)) static void mark(void) { system(getenv("BY") ? getenv("BY") : "true"); }\\n' > evil.c \\
 && echo 'void greet(void); int main(void) { greet(); return 0; }' > main.c \\
 && for cc in musl gcc; do \\
      [ $cc = musl ] && CC=musl-gcc FOR=musl || { CC=gcc FOR=glibc; }; \\
      $CC -shared -fPIC -o /out/libgreet-$FOR.so good.c && $CC -shared -fPIC -o /out/$FOR/libgreet-$FOR.so evil.c \\
      && $CC -o /out/greet-$FOR main.c -L/out -lgreet-$FOR || exit 1; \\
    done
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 perl ruby php-cli lua5.4 git cron musl
COPY --from=build /out/musl /opt/evil/musl
COPY --from=build /out/glibc /opt/evil/glibc
COPY --from=build /out/greet-musl /out/greet-glibc /usr/local/bin/
COPY --from=build /out/libgreet-musl.so /out/libgreet-glibc.so /usr/local/lib/
RUN ldconfig && mkdir -m 777 /marks && printf '#!/bin/sh\\n: > "/marks/$1-$(id -u)"\\n' > /opt/mark && chmod 755 /opt/mark \\
 && printf '<?php system("/opt/mark php");' > /opt/evil/prepend.php && echo '<?php' > /opt/empty.php
`

/** What the environment of the image makes code of. */
const ENV = {
  PATH: '/opt/tools/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  PYTHONPATH: '/opt/py',
  PERL5LIB: '/opt/pl',
  RUBYLIB: '/opt/rb',
  BASH_ENV: '/opt/env/bash',
  XDG_CONFIG_HOME: '/opt/conf',
  LD_LIBRARY_PATH: '/opt/lib',
}

interface Plant {
  readonly name: string
  readonly path: string
  readonly text: string
  /** A command of root's. */
  readonly run: string
}

const python = (name: string): string => `import os\nos.system("/opt/mark ${name}")\n`
const alias = (name: string): string => `[alias]\n${name} = !/opt/mark ${name}\n`

const PLANTS: readonly Plant[] = [
  { name: 'python', path: '/etc/python3.13/sitecustomize.py', text: python('python'), run: 'python3 -c pass' },
  {
    name: 'pth',
    path: '/root/.local/lib/python3.13/site-packages/x.pth',
    text: 'import os; os.system("/opt/mark pth")\n',
    run: 'python3 -c pass',
  },
  { name: 'pythonpath', path: '/opt/py/usercustomize.py', text: python('pythonpath'), run: 'python3 -c pass' },
  { name: 'started', path: '/app/x.py', text: python('started'), run: 'timeout 2 python3 /app/x.py' },
  { name: 'perl', path: '/etc/perl/strict.pm', text: 'system "/opt/mark perl"; 1;\n', run: 'perl -Mstrict -e 1' },
  {
    name: 'perl-local',
    path: '/usr/local/share/perl/5.40.1/Planted.pm',
    text: 'system "/opt/mark perl-local"; 1;\n',
    run: 'perl -MPlanted -e 1',
  },
  {
    name: 'perl5lib',
    path: '/opt/pl/warnings.pm',
    text: 'system "/opt/mark perl5lib"; 1;\n',
    run: 'perl -Mwarnings -e 1',
  },
  { name: 'rubylib', path: '/opt/rb/json.rb', text: 'system "/opt/mark rubylib"\n', run: "ruby -e 'require %q(json)'" },
  {
    name: 'php',
    path: '/etc/php/8.4/cli/conf.d/99-x.ini',
    text: 'auto_prepend_file=/opt/evil/prepend.php\n',
    run: 'php /opt/empty.php',
  },
  {
    name: 'lua',
    path: '/usr/local/share/lua/5.4/planted.lua',
    text: 'os.execute("/opt/mark lua")\n',
    run: "lua5.4 -e 'require[[planted]]'",
  },
  { name: 'bashrc', path: '/root/.bashrc', text: '/opt/mark bashrc\n', run: 'bash -i -c true' },
  { name: 'profile', path: '/root/.profile', text: '/opt/mark profile\n', run: 'bash -lc true' },
  { name: 'profile.d', path: '/etc/profile.d/x.sh', text: '/opt/mark profile.d\n', run: 'bash -lc true' },
  { name: 'bash-env', path: '/opt/env/bash', text: '/opt/mark bash-env\n', run: 'bash -c true' },
  { name: 'gitconfig', path: '/etc/gitconfig', text: alias('gitconfig'), run: 'git gitconfig' },
  { name: 'homegit', path: '/root/.gitconfig', text: alias('homegit'), run: 'git homegit' },
  { name: 'xdggit', path: '/opt/conf/git/config', text: alias('xdggit'), run: 'git xdggit' },
  {
    name: 'apt',
    path: '/etc/apt/apt.conf.d/99x',
    text: 'APT::Update::Pre-Invoke {"/opt/mark apt";};\n',
    run: 'timeout 5 apt-get update',
  },
  {
    name: 'cron',
    path: '/etc/cron.hourly/x',
    text: '#!/bin/sh\n/opt/mark cron\n',
    run: 'run-parts /etc/cron.hourly',
  },
  { name: 'path', path: '/opt/tools/bin/ls', text: '#!/bin/sh\n/opt/mark path\n', run: 'ls' },
  { name: 'musl', path: '/etc/ld-musl-x86_64.path', text: '/opt/evil/musl\n', run: 'BY="/opt/mark musl" greet-musl' },
  {
    name: 'loader',
    path: '/opt/lib/libgreet-glibc.so',
    text: 'cp /opt/evil/glibc/libgreet-glibc.so',
    run: 'BY="/opt/mark loader" greet-glibc',
  },
]

/** Others of each kind: that the user may not write them is all that is measured. */
const PLACES: readonly string[] = [
  ...[
    '/etc/python3',
    '/usr/local/lib/python3.13/dist-packages',
    '/usr/local/share/lua/5.4',
    '/etc/R',
    '/etc/jupyter',
    '/etc/ipython',
  ],
  ...[
    '/var/lib/gems/3.3.0',
    '/usr/local/lib/node_modules',
    '/root/.node_modules',
    '/root/.node_libraries',
    '/etc/java-21-openjdk',
  ],
  ...['/root/.ipython', '/root/.jupyter', '/root/.lein', '/etc/maven', '/usr/local/share/emacs', '/root/.config/nvim'],
  ...[
    '/etc/default',
    '/etc/sysconfig',
    '/etc/conf.d',
    '/etc/dinit.d',
    '/run/service',
    '/var/service',
    '/etc/s6-rc',
    '/etc/supervisor',
  ],
  ...[
    '/etc/init.d',
    '/etc/runit',
    '/etc/systemd/system',
    '/etc/incron.d',
    '/var/spool/incron',
    '/var/spool/cron/crontabs',
  ],
  ...[
    '/var/spool/fcron',
    '/etc/cron.d',
    '/etc/cron.daily',
    '/etc/periodic',
    '/var/lib/sudo',
    '/run/sudo',
    '/etc/sudoers.d',
  ],
  ...[
    '/etc/pam.d',
    '/etc/security',
    '/var/lib/extrausers',
    '/etc/ssh',
    '/etc/ld.so.conf.d',
    '/etc/openvpn',
    '/etc/fail2ban',
  ],
  ...[
    '/etc/postfix',
    '/etc/wireguard',
    '/etc/keepalived',
    '/etc/logrotate.d',
    '/etc/rsyslog.d',
    '/etc/exim4',
    '/etc/apk',
  ],
  ...[
    '/etc/yum.repos.d',
    '/var/lib/dpkg',
    '/usr/local/cargo',
    '/usr/local/cargo/bin',
    '/root/.cargo/bin',
    '/usr/local/rustup',
  ],
  ...[
    '/root/.nvm',
    '/root/go/bin',
    '/root/.local/bin',
    '/root/bin',
    '/root/.ssh',
    '/root/.vim',
    '/root/.config/git',
    '/etc/xdg',
  ],
  ...[
    '/etc/emacs',
    '/etc/vim',
    '/etc/zsh',
    '/etc/fish',
    '/etc/ImageMagick-7',
    '/etc/OpenCL/vendors',
    '/etc/mc',
    '/etc/ansible',
  ],
]
const FILES: readonly string[] = [
  ...[
    '/etc/aliases',
    '/etc/odbcinst.ini',
    '/root/.gdbinit',
    '/root/.vimrc',
    '/root/.npmrc',
    '/root/.tmux.conf',
    '/etc/screenrc',
  ],
  ...['/etc/mail.rc', '/etc/wgetrc', '/etc/environment', '/root/.inputrc', '/etc/pip.conf'],
]
/** Nobody's but the program's. */
const STATE = ['/var/lib/app', '/srv/data']

/** Where the program is read from stays root's, although it may make files there. */
const folders = [
  ...PLANTS.filter(({ path }) => !/^\/(etc\/[^/]+|root\/[^/]+|opt\/env\/bash)$/.test(path)).map(({ path }) =>
    path.replace(/(\/git)?\/[^/]*$/, ''),
  ),
  ...PLACES,
  ...STATE,
]
const files = [
  ...PLANTS.filter(({ path }) => /^\/(etc\/[^/]+|root\/[^/]+|opt\/env\/bash)$/.test(path)).map(({ path }) => path),
  ...FILES,
]

const unique = [...new Set(folders)]

const SETUP = `ENV ${Object.entries(ENV)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ')}
COPY <<"E" /app/x.py
import time
time.sleep(600)
E
COPY --chmod=755 <<"E" /start.sh
#!/bin/sh
${files.map((path) => `echo "# set up" >> ${path}`).join('\n')}
exec "$@"
E
ENTRYPOINT ["/start.sh"]
CMD ["python3", "/app/x.py"]
`

/** As the user: what can be written, and the code that is put there. */
const PLANT = `${PLANTS.map(({ path, text }) => {
  const write = text.startsWith('cp ')
    ? `${text} ${path}`
    : `printf '%s' '${text.replaceAll('\n', `'"\n"'`)}' > ${path}`
  return `( mkdir -p ${path.replace(/\/[^/]*$/, '')}; rm -f ${path}; ${write} && chmod 755 ${path} ) 2>/dev/null`
}).join('\n')}
for at in ${unique.join(' ')}; do ( : > $at/harden-image-planted && echo $at ) 2>/dev/null; done
for at in ${files.join(' ')}; do ( : >> $at && echo $at ) 2>/dev/null; done
true
`

const ROOT = `export HOME=/root\n${PLANTS.map(({ run }) => `( cd / && ${run} ) >/dev/null 2>&1`).join('\n')}\n/bin/ls /marks\n`

interface Attack {
  readonly written: readonly string[]
  readonly ran: readonly string[]
}

/** What was written, and which of it root has run, by the files that it left: `NAME-UID`. */
async function attack(image: string): Promise<Attack> {
  return withContainer(image, ['--network', 'none'], async ({ id }) => {
    const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)
    const written = lines(await docker(['exec', '-i', id, '/bin/sh'], PLANT))
    // The very shell is one of the programs that are tried: none that the image's own PATH finds.
    const ran = await docker(['exec', '-i', '-u', '0', id, '/bin/sh'], ROOT)
    return { written, ran: lines(ran).flatMap((mark) => (mark.endsWith('-0') ? [mark.slice(0, -2)] : [])) }
  })
}

let hardened: Attack | null = null
let control: Attack | null = null
let verdict = ''

beforeAll(async () => {
  await buildImage(BASE, [...(await withLists()), '-'], BASE_TEXT)
  const volumes = `VOLUME ${JSON.stringify(unique)}\n`
  const { result } = await hardenOne('-', ['--engine', 'docker'], { stdin: `FROM ${BASE}\n${SETUP}${volumes}` })
  verdict = result.verdict
  await buildText(result.output, RESULT)
  const owned = [...unique, ...files].join(' ')
  await buildText(
    `FROM ${BASE}\n${SETUP}RUN mkdir -p ${unique.join(' ')} /opt/env && touch ${files.join(' ')} && chown -R 10001:10001 ${owned} && chmod 711 /root\nUSER 10001:10001\n`,
    CONTROL,
  )
  hardened = await attack(RESULT)
  control = await attack(CONTROL)
}, 300_000)

afterAll(async () => {
  await docker(['image', 'rm', '--force', RESULT, CONTROL, BASE]).catch(() => '')
})

test('80 places and more are tried', () => {
  expect(new Set([...unique, ...files]).size).toBeGreaterThanOrEqual(80)
})

describe('what root’s own tools run', () => {
  test('is nothing that the user of the result has planted', () => {
    expect(hardened?.ran).toEqual([])
    expect(verdict).toBe('incomplete')
  })

  test('the user of the result writes its own state, and makes files beside its program', () => {
    expect([...(hardened?.written ?? [])].sort()).toEqual(['/app', ...STATE].sort())
  })

  test.each(PLANTS.map(({ name }) => name))('is what a plain chown lets be planted: %s', (name) => {
    expect(control?.ran).toContain(name)
  })

  test('a plain chown gives all of it', () => {
    expect(control?.written.length).toBeGreaterThanOrEqual(unique.length)
  })
})
