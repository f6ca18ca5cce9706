// What RUN lines do to accounts that are there already, and who USER is then.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'

/** The last USER line, and the outcomes of what is said of it. */
function userOf(lines: readonly string[]): string {
  const { output, findings } = harden({ dockerfile: `${lines.join('\n')}\n` })
  const said = findings.filter(({ transform }) => transform === 'number-user').map(({ outcome }) => outcome)
  return [output.match(/^USER .*$/gm)?.at(-1) ?? 'no USER', ...said].join(' ')
}

const FPM = 'FROM php:8.2-fpm'
const ALPINE = 'FROM php:8.2-fpm-alpine'
const KEPT = 'USER www-data note'

describe('an account of the base image in numbers', () => {
  test.each<[string, string, string, string]>([
    ['as it is', FPM, '', 'USER 33:33 fixed'],
    ['renumbered', FPM, 'usermod -u 1000 www-data', 'USER 1000:33 fixed'],
    ['with its group', FPM, 'groupmod -g 1000 www-data && usermod -u 1000 www-data', 'USER 1000:1000 fixed'],
    [
      'in one word, whoever has it',
      FPM,
      'groupmod --gid=1001 -o www-data; /usr/sbin/usermod -o --uid=1000 www-data',
      'USER 1000:1001 fixed',
    ],
    ['put into another group', FPM, 'groupadd -g 1234 srv && usermod -u 1000 -g srv www-data', 'USER 1000:1234 fixed'],
    ['put into a group of the image', FPM, 'usermod -g staff www-data', 'USER 33:50 fixed'],
    ['put into a group by its number', FPM, 'usermod -g 777 www-data', 'USER 33:777 fixed'],
    ['one more group only', FPM, 'usermod -aG staff www-data', 'USER 33:33 fixed'],
    ['with another shell', FPM, 'usermod -s /bin/bash -d /srv www-data', 'USER 33:33 fixed'],
    ['in the file', ALPINE, "sed -ri 's/^www-data:x:82:82:/www-data:x:1000:50:/' /etc/passwd", 'USER 1000:50 fixed'],
    [
      'in the file, in basic syntax',
      ALPINE,
      String.raw`sed -i 's/^\(www-data:x\):82:82/\1:1000:1000/' /etc/passwd`,
      'USER 1000:1000 fixed',
    ],
    [
      'another one in the file',
      ALPINE,
      "sed -i -e 's#/root:/bin/ash#/root:/bin/bash#' -e '/^games/d' /etc/passwd",
      'USER 82:82 fixed',
    ],
    ['another group in the file', ALPINE, "sed -i 's/:999:/:99:/' /etc/group", 'USER 82:82 fixed'],
    ['made anew', ALPINE, 'deluser www-data && adduser -D -H -u 1000 www-data', 'USER 1000:1000 fixed'],
    ['another name', FPM, 'usermod -l web www-data', KEPT],
  ])('%s', (_, from, run, user) => {
    expect(userOf([from, ...(run === '' ? [] : [`RUN ${run}`]), 'USER www-data'])).toBe(user)
  })

  test('by its new name', () => {
    expect(userOf([FPM, 'RUN usermod -l web -u 1000 www-data', 'USER web'])).toBe('USER 1000:33 fixed')
  })
})

describe('an account of the base image whose number nobody knows keeps its name', () => {
  test.each<[string, readonly string[]]>([
    ['a build argument without a value', ['ARG ID', 'RUN usermod -u $ID www-data']],
    ['a command tells it', ['RUN usermod -u $(stat -c %u /srv) www-data']],
    ['only in some builds', ['ARG ID', 'RUN if [ -n "$ID" ]; then usermod -u 1000 www-data; fi']],
    ['where that does not fail', ['RUN id x || usermod -u 1000 www-data']],
    ['a group that nobody knows', ['RUN usermod -g srv www-data']],
    ['a group that a build argument numbers', ['ARG GID', 'RUN groupmod -g $GID www-data']],
    ['by a variable in the file', ['ARG ID', 'RUN sed -i "s/^www-data:x:33/www-data:x:$ID/" /etc/passwd']],
    ['by a pattern on its comment', ['RUN sed -i "s/^www-data:x:33:33:Web/www-data:x:1:1:Web/" /etc/passwd']],
    ['by a variable name in the file', ['ARG N', 'RUN sed -i "s/^$N:x:33/$N:x:1000/" /etc/passwd']],
    ['by another program', ['RUN perl -pi -e "s/33/1000/" /etc/passwd']],
    ['by another file', ['RUN cp /tmp/passwd /etc/passwd']],
  ])('%s', (_, lines) => {
    expect(userOf([FPM, ...lines, 'USER www-data'])).toBe(KEPT)
  })
})

test('an account that a build argument numbers is called by that argument', () => {
  expect(userOf([FPM, 'ARG ID=1000', 'RUN usermod -u $ID www-data', 'USER www-data'])).toBe('USER $' + '{ID}:33 fixed')
})

test('a root image runs as the account that its build arguments number, which USER follows', () => {
  const run = 'RUN groupmod -o -g $PGID www-data && usermod -o -u $PUID -g www-data www-data'
  expect(userOf([FPM, 'ARG PUID=1000', 'ARG PGID=1001', run, 'CMD ["php-fpm"]'])).toMatch(
    /^USER \$\{PUID\}:\$\{PGID\}$/,
  )
})

describe('scripts that a RUN starts make accounts too', () => {
  const script = [
    'COPY <<"EOF" /setup/users.sh',
    '#!/bin/sh',
    'ID=$' + '{1:-1500}',
    'groupadd -g $ID srv',
    'useradd -u "$ID" -g srv srv',
    'EOF',
  ]

  test.each<[string, string, string]>([
    ['by its path', 'chmod +x /setup/users.sh && /setup/users.sh', 'USER 1500:1500 fixed'],
    ['by a shell', 'bash -e /setup/users.sh', 'USER 1500:1500 fixed'],
    ['from where it lies', 'cd /setup && ./users.sh && rm users.sh', 'USER 1500:1500 fixed'],
    ['with an argument', 'sh /setup/users.sh 1600', 'USER 1600:1600 fixed'],
    ['with one that nobody knows', 'sh /setup/users.sh $(date +%H)', 'USER srv note'],
    ['not where it is only looked at', 'cat /setup/users.sh', 'USER srv todo'],
  ])('%s', (_, run, user) => {
    expect(userOf(['FROM debian:12', ...script, `RUN ${run}`, 'USER srv'])).toBe(user)
  })

  test('by what a build argument says, which USER would not follow', () => {
    expect(userOf(['FROM debian:12', ...script, 'ARG ID=7', 'RUN sh /setup/users.sh', 'USER srv'])).toBe(
      'USER 1500:1500 fixed',
    )
    const lines = ['COPY <<"EOF" /u.sh', 'useradd -u $USER_ID srv', 'EOF', 'ARG USER_ID=7', 'RUN sh /u.sh', 'USER srv']
    expect(userOf(['FROM debian:12', ...lines])).toBe('USER srv note')
    expect(userOf(['FROM debian:12', ...lines].join('\n').replace('ARG', 'ENV').split('\n'))).toBe('USER 7:7 fixed')
  })

  test('through another script', () => {
    const outer = ['COPY <<"EOF" /setup/all.sh', '#!/bin/bash', 'cd /setup', '. ./users.sh', 'EOF']
    expect(userOf(['FROM debian:12', ...script, ...outer, 'RUN /setup/all.sh', 'USER srv'])).toBe(
      'USER 1500:1500 fixed',
    )
  })

  test('who renumber an account of the base', () => {
    const lines = ['COPY <<"EOF" /u.sh', '#!/bin/sh', 'usermod -u 1000 www-data', 'EOF', 'RUN sh /u.sh']
    expect(userOf([FPM, ...lines, 'USER www-data'])).toBe('USER 1000:33 fixed')
  })
})
