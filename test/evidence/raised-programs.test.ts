// Programs with the rights of root that a build adds.
import { expect, test } from '@jest/globals'
import { hardenText } from '../harden/support/cases.ts'

const told = (lines: string, user = 'USER 1000:1000') => {
  const { findings, verdict } = hardenText(`FROM debian:trixie-slim\n${lines}\n${user}\nCMD ["sleep", "9"]\n`, {})
  const said = findings.filter(({ outcome, message }) => outcome === 'todo' && message.includes('whoever runs it'))
  return { verdict, said: said.map(({ message }) => message.split(':')[0]) }
}
const SH = '/usr/local/sbin/rootsh'

test.each([
  [`RUN cp /bin/sh ${SH} && chmod 4755 ${SH}`, `${SH} is set-user-ID by line 2`],
  [`RUN cp /bin/sh ${SH} && chmod 04755 ${SH}`, `${SH} is set-user-ID by line 2`],
  [`RUN cp /bin/sh ${SH}\nRUN chmod u+s ${SH}`, `${SH} is set-user-ID by line 3`],
  [`RUN cp -p /bin/sh ${SH} && chmod +s ${SH}`, `${SH} is set-user-ID by line 2`],
  [`RUN cp /bin/sh ${SH} && chmod u=rwxs,go=rx ${SH}`, `${SH} is set-user-ID by line 2`],
  [`RUN install -m 4755 /bin/sh ${SH}`, `${SH} is set-user-ID by line 2`],
  ['RUN install --mode=4755 /bin/dash /usr/local/bin/', '/usr/local/bin/dash is set-user-ID by line 2'],
  ['COPY --chmod=4755 rootsh /usr/local/bin/', '/usr/local/bin/rootsh is set-user-ID by line 2'],
  ['ADD --chmod=6755 rootsh /usr/local/bin/x', '/usr/local/bin/x is set-user-ID by line 2'],
  ['RUN chmod 2755 /usr/local/bin/dump', '/usr/local/bin/dump is set-group-ID by line 2'],
  ['RUN chmod g+s /usr/local/bin/dump', '/usr/local/bin/dump is set-group-ID by line 2'],
  ['WORKDIR /srv/bin\nRUN chmod 4755 tool', '/srv/bin/tool is set-user-ID by line 3'],
  [
    'RUN setcap cap_setuid,cap_setgid+ep /usr/bin/python3',
    '/usr/bin/python3 is given cap_setuid, cap_setgid by line 2',
  ],
])('%j is told, whoever the image runs as', (lines, message) => {
  const { said, verdict } = told(lines)
  expect([said, verdict]).toEqual([[message], 'incomplete'])
  expect(told(lines, '').said).toEqual([message])
})

test.each([
  ['RUN apt-get install -y sudo iputils-ping'],
  ['RUN mkdir /srv/shared && chmod 2775 /srv/shared'],
  ['RUN mkdir /srv/shared && chmod g+s /srv/shared'],
  ['RUN chmod 1777 /srv/x && chmod 0755 /usr/local/bin/x && chmod +x /usr/local/bin/y'],
  [`RUN cp /bin/sh ${SH} && chmod 4755 ${SH} && chmod a-s ${SH}`],
  [`RUN cp /bin/sh ${SH} && chmod 4755 ${SH}\nRUN chmod 755 ${SH}`],
  [`RUN cp /bin/sh ${SH} && chmod 4755 ${SH} && rm -f ${SH}`],
  ['RUN chmod u-s /usr/bin/passwd /bin/su'],
  ['RUN setcap cap_net_bind_service=+ep /usr/bin/node'],
  ['COPY --chmod=755 start /usr/local/bin/'],
])('nothing of %j', (lines) => {
  expect(told(lines).said).toEqual([])
  expect(told(lines, '').said).toEqual([])
})
