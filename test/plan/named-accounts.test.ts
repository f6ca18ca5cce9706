// An account of which the sources say the name alone goes before a new one.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'

function userOf(lines: readonly string[]): string {
  const { output } = harden({ dockerfile: `${lines.join('\n')}\n` })
  return output.match(/^USER .*$/gm)?.at(-1) ?? 'no USER'
}

const UNKNOWN = 'FROM registry.example.org/acme/base:1'
const script = (...lines: readonly string[]): readonly string[] => [
  'COPY --chmod=755 <<"EOF" /start.sh',
  '#!/bin/sh',
  'set -e',
  ...lines,
  'EOF',
  'CMD ["/start.sh"]',
]

describe('an account that has to be there', () => {
  test.each<[string, readonly string[], string]>([
    ['a copy is given to it', [UNKNOWN, 'COPY --chown=web:web . /home/web/app', 'CMD ["/home/web/app/run"]'], 'web'],
    ['the last USER before root', [UNKNOWN, 'USER web', 'RUN make', 'USER root', 'CMD ["/run"]'], 'web'],
    [
      'its package makes it, and USER names it',
      ['FROM alpine:3.20', 'RUN apk add x', 'USER web', 'RUN y', 'USER root', 'CMD ["x"]'],
      'web',
    ],
    ['a script asks for it', [UNKNOWN, ...script('[ "$(id -un)" = web ] || exit 1', 'exec /srv/run')], 'web'],
    [
      'a script asks who it is not',
      [UNKNOWN, ...script('if [[ "$(whoami)" != "web" ]]; then exit 1; fi', 'exec /run')],
      'web',
    ],
    ['a start script gives it a folder', [UNKNOWN, ...script('chown -R web:web /data', 'exec /srv/run')], 'web'],
    ['a RUN works as it', [UNKNOWN, 'RUN su web -c "npm install"', 'CMD ["/srv/run"]'], 'web'],
    ['a RUN works as it with sudo', [UNKNOWN, 'RUN cd /srv && sudo -u web make', 'CMD ["/srv/run"]'], 'web'],
    [
      'a source looks it up',
      [
        UNKNOWN,
        'COPY <<"EOF" /srv/app.py',
        'import os, pwd',
        'os.setuid(pwd.getpwnam("web").pw_uid)',
        'EOF',
        'CMD ["/srv/app.py"]',
      ],
      'web',
    ],
    ['a start script switches to it', [UNKNOWN, ...script('chown -R db /data/db', 'exec gosu db dbd "$@"')], 'db'],
    ['a folder of its own is given to it', [UNKNOWN, 'RUN chown -R web:web /srv/app', 'CMD ["/srv/app/run"]'], 'web'],
    [
      'a script that a RUN starts makes it',
      [
        'FROM debian:12',
        'COPY <<"EOF" /u.sh',
        'adduser --system --no-create-home cass',
        'EOF',
        'RUN sh /u.sh',
        'CMD ["/cass"]',
      ],
      'cass',
    ],
  ])('%s', (_, lines, user) => {
    expect(userOf(lines)).toBe(`USER ${user}`)
  })
})

describe('a new account', () => {
  test.each<[string, readonly string[]]>([
    ['nobody is named', [UNKNOWN, 'COPY . /srv/app', 'CMD ["/srv/app/run"]']],
    ['it is everybody', [UNKNOWN, 'COPY --chown=daemon . /home/web/app', 'CMD ["/home/web/app/run"]']],
    ['a RUN works as root', [UNKNOWN, 'RUN sudo -u root make && su -c "make"', 'CMD ["/srv/run"]']],
    ['a RUN works as it, and the base is known', ['FROM debian:12', 'RUN su web -c x', 'CMD ["/srv/run"]']],
    ['it is root', [UNKNOWN, 'COPY --chown=root:web . /srv/app', 'CMD ["/srv/app/run"]']],
    ['the start makes it by itself', [UNKNOWN, ...script('adduser -D web', 'exec su-exec web /srv/run')]],
    ['it is deleted', [UNKNOWN, 'COPY --chown=web . /srv/app', 'RUN deluser web', 'CMD ["/srv/app/run"]']],
    ['a variable decides it', [UNKNOWN, 'ARG WHO', 'COPY --chown=$WHO . /srv/app', 'CMD ["/srv/app/run"]']],
    ['no name of an account', [UNKNOWN, 'RUN chown -R "x y" /srv/app', 'CMD ["/srv/app/run"]']],
  ])('where %s', (_, lines) => {
    expect(userOf(lines)).toBe('USER 10001:10001')
  })
})

test('what it needs is given to it by its name', () => {
  const { output, user, findings } = harden({
    dockerfile: `${UNKNOWN}\nCOPY --chown=web:web . /srv/app\nVOLUME /srv/data\nCMD ["/srv/app/run"]\n`,
  })
  expect(output).toContain('chown web: /srv/data')
  expect(user).toBeNull()
  expect(findings.map(({ message }) => message)).toContain(
    "USER web is a name, and its number is unknown here: Kubernetes' runAsNonRoot can only check a number",
  )
})

describe('why an account is new', () => {
  const why = (...lines: readonly string[]) => {
    const { findings } = harden({ dockerfile: `${['FROM debian:12', ...lines].join('\n')}\n` })
    return findings.find(({ transform }) => transform === 'create-user')?.message
  }

  test.each<[string, readonly string[], string]>([
    ['nothing is installed', ['COPY run /', 'CMD ["/run"]'], 'the image has no service account for it'],
    [
      'a package of its name is yet to be installed',
      ['RUN apt-get install -y prosody', 'CMD ["prosody", "-F"]'],
      'prosody may bring its own account',
    ],
    [
      'so is one that ends as packages of servers do',
      ['RUN apt-get install -y weather-server curl', 'CMD ["weatherd"]'],
      'weather-server may bring its own account',
    ],
    [
      'what is installed is only what runs it',
      ['RUN apt-get install -y python3 curl', 'COPY app.py /', 'CMD ["python3", "/app.py"]'],
      'the image has no service account for it',
    ],
  ])('%s', (_, lines, expected) => {
    expect(why(...lines)).toBe(`app (10001:10001) is created: ${expected}`)
  })
})

describe('an account that nothing makes', () => {
  const ABSENT = /^nothing makes the account/
  const saidOf = (...lines: readonly string[]): readonly string[] =>
    harden({ dockerfile: `${lines.join('\n')}\n` }).findings.flatMap(({ message, outcome }) =>
      ABSENT.test(message) ? [`${outcome}: ${message}`] : [],
    )
  const COPIED = ['COPY --from=build --chown=nonroot:nonroot /app /app', 'CMD ["/app/run"]']
  const built = ['FROM debian:12 AS build', 'RUN make', 'FROM python:3.12-slim']

  test.each<[string, readonly string[]]>([
    ['a copy is given to it', [...built, ...COPIED]],
    [
      'a copy is given to it, beside tools',
      [...built, 'RUN apt-get install -y git libpq5 && rm -rf /var/lib/apt/lists/*', ...COPIED],
    ],
    ['USER names it', ['FROM alpine:3.20', 'COPY run /usr/bin/', 'USER nonroot', 'CMD ["run"]']],
    [
      'USER names it, and another is made',
      ['FROM alpine:3.20', 'RUN adduser -D -u 1000 app', 'USER web', 'CMD ["run"]'],
    ],
  ])('is said where %s', (_, lines) => {
    expect(saidOf(...lines)).toEqual([
      expect.stringMatching(
        /^todo: nothing makes the account (nonroot|web), and (python:3\.12-slim|alpine:3\.20) has none/,
      ),
    ])
  })

  test.each<[string, readonly string[]]>([
    ['a RUN makes it', [...built, 'RUN useradd -u 1000 nonroot', ...COPIED]],
    ['a RUN makes it by a variable', [...built, 'ARG WHO=nonroot', 'RUN useradd $WHO', ...COPIED]],
    ['a RUN that works has it', [...built, ...COPIED, 'RUN chown -R nonroot /srv/app']],
    ['a script may make it', [...built, 'RUN curl -fsSL https://example.org/setup | bash', ...COPIED]],
    ['a script of the project may make it', [...built, 'COPY setup.sh /srv/', 'RUN /srv/setup.sh', ...COPIED]],
    ['a package may bring it', [...built, 'RUN apt-get install -y some-server', ...COPIED]],
    ['it is copied with the files of accounts', [...built, 'COPY --from=build /etc/passwd /etc/passwd', ...COPIED]],
    ['a whole system is copied', [...built, 'COPY --from=build / /', ...COPIED]],
    ['the base image is unknown', [...built.slice(0, -1), UNKNOWN, ...COPIED]],
    ['the base image has it', ['FROM node:22', 'COPY --chown=node:node . /app', 'USER node', 'CMD ["/app/run"]']],
    ['USER names a number', ['FROM alpine:3.20', 'USER 1234:1234', 'CMD ["run"]']],
    [
      'USER names an account of a package',
      ['FROM alpine:3.20', 'RUN apk add icecast', 'USER icecast', 'CMD ["icecast"]'],
    ],
  ])('is not where %s', (_, lines) => {
    expect(saidOf(...lines)).toEqual([])
  })
})
