import { expect, test } from '@jest/globals'
import { readAccountCommand } from '../../src/image/account-arguments.ts'

function read(line: string): string | null {
  // `?` is a word that a variable decides.
  const command = readAccountCommand(line.split(' ').map((word) => (word === '?' ? null : word)))
  if (command === null) return null
  const { makes, name, id, group, ownGroup, home, idOption } = command
  return `${makes} ${name} ${id} ${group} ${ownGroup} ${home || '-'} ${idOption}`
}

test.each<[string, string | null]>([
  ['useradd app', 'user app null null same-id - --uid'],
  ['/usr/sbin/useradd app', 'user app null null same-id - --uid'],
  ['useradd -r app', 'user app null null other-id - -u'],
  ['useradd -N app', 'user app null null none - -u'],
  ['useradd -rm -d /srv/app -u 1000 -g users app', 'user app 1000 users other-id /srv/app -u'],
  ['useradd -u1000 -g0 app', 'user app 1000 0 same-id - -u'],
  ['useradd --uid=1000 --gid 1001 --create-home app', 'user app 1000 1001 same-id /home/app --uid'],
  ['useradd -l -c comment -s /bin/false -G a,b app', 'user app null null same-id - -u'],
  ['useradd -u ? app', 'user app unclear null same-id - -u'],
  ['useradd ?', null],
  ['useradd -D', null],
  ['groupadd -r app', 'group app null null none - -g'],
  ['groupadd --gid 1000 app', 'group app 1000 null none - --gid'],
  ['addgroup -S app', 'group app null null none - -g'],
  ['addgroup --system --gid 9 app', 'group app 9 null none - --gid'],
  ['addgroup app wheel', null],
  ['adduser -D app', 'user app null null same-id /home/app -u'],
  ['adduser -D -u 911 app web', 'user app 911 null same-id /home/app -u'],
  ['adduser -S -D -H app', 'user app null null none - -u'],
  ['adduser -S -G app -u 9 -h /srv app', 'user app 9 app none /srv -u'],
  ['adduser -D -g Comment app', 'user app null null same-id /home/app -u'],
  ['adduser --system app', 'user app null null none - --uid'],
  ['adduser --system --group app', 'user app null null same-id - --uid'],
  ['adduser --system --uid 9 --ingroup app --home /srv app', 'user app 9 app none /srv --uid'],
  ['adduser --disabled-password --gecos x --no-create-home app', 'user app null null same-id - --uid'],
  ['adduser --gid 5 --gecos x app', 'user app null 5 none /home/app --uid'],
  ['adduser app sudo', null],
  ['busybox adduser -D app', 'user app null null same-id /home/app -u'],
  ['apt-get install app', null],
])('%s', (line, expected) => {
  expect(read(line)).toBe(expected)
})
