// Over a base image that nobody has seen, what is said depends on whether the stage shows the program that it starts.
import { expect, test } from '@jest/globals'
import { hardenText } from './support/cases.ts'

const base = 'FROM registry.example.org/team/base:4\n'

test.each([
  ['a program of the base image', 'EXPOSE 8080\nCMD ["server"]\n'],
  ['the same, as a shell form with options', 'CMD server --port 8080\n'],
  ['with a configuration of its own', 'COPY server.yml /etc/server.yml\nCMD ["/opt/server/bin/server"]\n'],
  ['a script of the base image, by an interpreter', 'CMD ["python3", "/srv/app.py"]\n'],
  ['what a RUN is not seen to bring', 'RUN install-it\nCMD ["server"]\n'],
  ['nothing is said', 'RUN apt-get update\n'],
])('not known: %s', (_, text) => {
  expect(hardenText(base + text, { catalogue: false }).verdict).toBe('incomplete')
})

test.each([
  ['it is copied', 'COPY build/server /usr/local/bin/server\nCMD ["server"]\n'],
  [
    'it lies in a folder that is copied',
    'COPY --from=registry.example.org/x /opt/server /opt/server\nCMD ["/opt/server/bin/server"]\n',
  ],
  ['it is copied to a folder that is not known', 'COPY --from=registry.example.org/x /server .\nCMD ["./server"]\n'],
  ['it is downloaded', 'RUN curl -fsSL -o /usr/bin/server https://example.org/server\nCMD ["server"]\n'],
  ['it is installed', 'RUN pip install gunicorn==21\nCOPY app /srv/app\nCMD ["gunicorn", "app:app"]\n'],
  ['the application of an interpreter is copied', 'COPY . /app\nWORKDIR /app\nCMD ["node", "server.js"]\n'],
  ['the application of a runner is copied', 'COPY . /app\nWORKDIR /app\nCMD ["npm", "start"]\n'],
])('known: %s', (_, text) => {
  const { findings } = hardenText(base + text, { catalogue: false })
  expect(findings.map(({ message }) => message).join('\n')).toContain('accounts and writable paths are assumptions')
})
