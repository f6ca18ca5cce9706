// A base image that nobody has seen is a question, whatever the stage shows of the program that it starts.
import { expect, test } from '@jest/globals'
import { hardenText } from './support/cases.ts'

const base = 'FROM registry.example.org/team/base:4\n'

test.each([
  ['a program of the base image', 'EXPOSE 8080\nCMD ["server"]\n'],
  ['a script of the base image, by an interpreter', 'CMD ["python3", "/srv/app.py"]\n'],
  ['it is copied', 'COPY build/server /usr/local/bin/server\nCMD ["server"]\n'],
  ['it is downloaded', 'RUN curl -fsSL -o /usr/bin/server https://example.org/server\nCMD ["server"]\n'],
  ['the application of a runner is copied', 'COPY . /app\nWORKDIR /app\nCMD ["npm", "start"]\n'],
])('%s', (_, text) => {
  const { verdict, findings } = hardenText(base + text, { catalogue: false })
  expect(verdict).toBe('rewritten')
  expect(findings.filter(({ question }) => question === 'base-image').map(({ message }) => message)).toEqual([
    expect.stringMatching(/team\/base:4 was not inspected: .*accounts and writable paths are assumptions/),
  ])
})
