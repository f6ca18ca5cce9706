// What a start script, a RUN and a configuration say outright, followed to the path.
import { expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import { parsers } from './support/facts.ts'

function messages(dockerfile: string, outcome: string): readonly string[] {
  return harden({ dockerfile, parsers }).findings.flatMap((finding) =>
    finding.outcome === outcome ? [finding.message] : [],
  )
}

test('a script that a RUN edits and installs is read where it is put', () => {
  const dockerfile = `FROM debian:12
WORKDIR /srv
COPY <<"END" /srv/docker/start.sh
#!/bin/sh
echo up > /srv/ready
exec serve
END
RUN sed -i 's/\\r$//' ./docker/start.sh && install -m 0755 ./docker/start.sh /usr/local/bin/
ENTRYPOINT ["start.sh"]
`
  expect(messages(dockerfile, 'todo')).toEqual([])
  expect(messages(dockerfile, 'fixed')).toContainEqual(expect.stringContaining('/srv/ready'))
})

test('what belongs to the number that an account had is given to the account', () => {
  const dockerfile = (change: string): string => `FROM debian:12
RUN mkdir /data && chown -R www-data:www-data /data
RUN ${change}
VOLUME /data
CMD ["gosu", "www-data", "serve"]
`
  expect(messages(dockerfile('usermod -u 1000 www-data'), 'fixed')).toContain('grants write access to /data')
  expect(messages(dockerfile('usermod -s /bin/sh www-data'), 'fixed')).not.toContain('grants write access to /data')
})

test('git config --system in a start script is said', () => {
  const dockerfile = (option: string): string => `FROM debian:12
COPY --chmod=755 <<"END" /start.sh
#!/bin/sh
set -e
git config ${option} safe.directory '*'
exec serve
END
CMD ["/start.sh"]
`
  expect(messages(dockerfile('--system'), 'question')).toContainEqual(expect.stringContaining('/etc/gitconfig'))
  expect(messages(dockerfile('--global'), 'question').join('\n')).not.toContain('gitconfig')
})

test('a parameter of a framework is no folder', () => {
  const dockerfile = `FROM debian:12
WORKDIR /srv/shop
ENV DATABASE_URL=sqlite:///%kernel.project_dir%/uploads/app.db
CMD ["serve"]
`
  expect(messages(dockerfile, 'fixed').join('\n')).not.toContain('grants write access')
})

test('a script of JavaScript is read, whatever its folder is called', () => {
  const dockerfile = `FROM node:22
WORKDIR /app
COPY <<"END" /app/scripts/start.mjs
import { writeFileSync } from 'node:fs'
writeFileSync('/app/config/env.json', '{}')
END
CMD ["node", "scripts/start.mjs"]
`
  expect(messages(dockerfile, 'fixed')).toContain('grants write access to /app/config')
})

test('the leases of a DHCP server are its own', () => {
  const dockerfile = `FROM debian:12
COPY <<"END" /etc/leased/leased.conf
dhcp-leasefile=/var/lib/leased/leases
END
CMD ["leased"]
`
  expect(messages(dockerfile, 'fixed')).toContain('grants write access to /var/lib/leased')
})

test('a program on scratch that takes uploads has a folder for what does not fit in memory', () => {
  const dockerfile = `FROM golang:1 AS build
COPY <<"END" /src/main.go
package main
func save(r *http.Request) { file, _, err := r.FormFile("picture") }
END
RUN go build -o /server ./src
FROM scratch
COPY --from=build /server /server
CMD ["/server"]
`
  expect(messages(dockerfile, 'fixed')).toContain('grants write access to /tmp')
})
