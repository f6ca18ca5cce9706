// A comment that says why root is kept on purpose is quoted; one about a step, or against root, is not.
import { expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { finalStage } from '../../src/dockerfile/stages.ts'
import { authorsRemarks, authorsWords } from '../../src/plan/authors-word.ts'

function said(comment: string, before = 'COPY x /x\n', after = 'CMD ["/x"]\n'): readonly string[] {
  const lines = comment.split('\n').map((line) => `# ${line}\n`)
  const dockerfile = parseDockerfile(`FROM debian:12\n${before}${lines.join('')}${after}`)
  return authorsWords(dockerfile, finalStage(dockerfile)).map(({ text }) => text)
}

test.each([
  'intentionally not running as www-data, #769',
  'Intentionally not running as non-root: the volumes of old installations belong to root',
  'We deliberately run as root, so that the user can mount anything',
  'USER is intentionally not set, see #12',
  'no USER here on purpose',
  'do not add USER: it breaks bind mounts',
  "Don't set a USER here, the entrypoint steps down",
  "don't run as non-root, the socket belongs to root",
  'The container has to run as root',
  'needs to run as root for nmap to get mac addresses',
  'It must be started as root',
  'runs as root because the Docker socket belongs to it',
  'kept as root since NFS maps it',
  'deliberately not dropping privileges here',
])('quoted: %s', (comment) => {
  expect(said(comment)).toEqual([comment])
  expect(said(comment, 'USER node\nRUN make\n', 'USER root\nCMD ["/x"]\n')).toEqual([comment])
  expect(said(comment, '', '')).toEqual([comment])
})

test.each([
  'switch to root',
  'run as root to install packages',
  "Don't run production as root",
  'Do not run as root',
  'intentionally not running as root',
  'deliberately runs as a non-root user',
  'no longer needs to run as root',
  "doesn't need to run as root",
  'must not run as root',
  'rather than run as root because of habit',
  'if you need to run as root because of mounts, set USER root',
  'the aggregator is intentionally not running as a daemon:',
  'intentionally not running as a workflow step today',
  'do not set USER root',
  'never use a user other than node',
  'drop root privileges on purpose',
  'the root folder is intentionally empty',
  'expose the port on purpose',
  'it would be ridiculous to intentionally use the root group',
  'run as non-root because Kubernetes checks it',
])('not quoted: %s', (comment) => {
  expect(said(comment)).toEqual([])
})

test('a comment above a step is about that step, and one about a step below USER root too', () => {
  const comment = 'must run as root because of apt'
  expect(said(comment, '', 'RUN apt-get update\nCMD ["/x"]\n')).toEqual([])
  expect(said(comment, '', 'USER root\nRUN apt-get update\nUSER node\n')).toEqual([])
  expect(said(comment, '', 'USER root\nRUN apt-get update\nCMD ["/x"]\n')).toEqual([])
  expect(said(comment, 'RUN true && \\\n', '  make\nCMD ["/x"]\n')).toEqual([])
})

test('of several lines the sentence is quoted, bounded', () => {
  expect(said('All is there.\nThe service must run\nas root. It is old.')).toEqual(['The service must run as root.'])
  const [long = ''] = said(`it must run as root ${'x'.repeat(400)}`)
  expect(long).toHaveLength(140)
})

test('what an earlier run has left quotes nothing again', () => {
  expect(said('harden-image: decide: line 3 says that root is meant: "it must run as root"')).toEqual([])
})

const script = (comment: string, next: string): string => `#!/bin/sh\nset -e\n\n# ${comment}\n${next}\necho done\n`

test.each<[string, string, number]>([
  ['intentionally not running as app, #769', 'exec server', 1],
  ['needs to run as root, since the socket is closed', 'exec gosu app server', 1],
  ['intentionally not running as app, #769', 'echo up', 0],
  ['drop root', 'exec gosu app server', 0],
])('in a start script: %s above %s', (comment, next, count) => {
  const report = { scripts: ['/start.sh'], stepDowns: [], actions: [] }
  const remarks = authorsRemarks([], report, () => script(comment, next))
  expect(remarks.map(({ outcome, message }) => [outcome, message])).toEqual(
    count === 0 ? [] : [['todo', `/start.sh line 4 says that root is meant: "${comment}"`]],
  )
})
