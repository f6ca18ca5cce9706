// What the library is given of the build context: texts by path.
import { expect, test } from '@jest/globals'
import { harden, planText } from '../../src/app/harden-text.ts'
import { parsers } from './support/facts.ts'

const SITE = ['FROM nginx:1.27', 'COPY conf/site.conf /etc/nginx/conf.d/default.conf', ''].join('\n')
const SITE_FILES = new Map([['conf/site.conf', 'server {\n    listen 81;\n    root /srv;\n}\n']])

test('a configuration that is given counts in place of what the image has, and is changed by a RUN', () => {
  expect(harden({ dockerfile: SITE }).output).toContain('default.conf said 80')
  const { output, verdict } = harden({ dockerfile: SITE, files: SITE_FILES })
  expect(verdict).toBe('rewritten')
  expect(output).toContain('default.conf said 81')
  expect(output).toMatch(/RUN sed .*listen.* \/etc\/nginx\/conf\.d\/default\.conf/)
})

test('a plan that edits files changes the configuration where it is', () => {
  const { files, result } = planText({ dockerfile: SITE, files: SITE_FILES }, { editsFiles: true })
  expect(files.map(({ origin, after }) => [origin, after.includes('listen 8081;')])).toEqual([['conf/site.conf', true]])
  expect(result.output).not.toContain('conf.d/default.conf\nRUN')
})

test('a source that is given is read: what it writes is granted, and is no question', () => {
  const dockerfile = 'FROM python:3.12\nWORKDIR /srv\nCOPY app/ .\nCMD ["python", "main.py"]\n'
  const files = new Map([['app/main.py', 'open("/var/log/visits", "a").write("x")\n']])
  expect(harden({ dockerfile, parsers }).output).not.toContain('/var/log/visits')
  expect(harden({ dockerfile, files, parsers }).output).toContain('/var/log/visits')
})

test('a start script that names its interpreter can be run, and its folders are there', () => {
  const dockerfile = 'FROM debian:trixie\nCOPY docker/ /opt/\nENTRYPOINT ["/opt/bin/start"]\n'
  const files = new Map([['docker/bin/start', '#!/bin/sh\nmkdir -p /var/lib/visits\nexec sleep 60\n']])
  const { output } = harden({ dockerfile, files })
  expect(output).toContain('/var/lib/visits')
})
