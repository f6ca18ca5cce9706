import { expect, test } from '@jest/globals'
import type { BuildContext } from '../../src/contents/build-context.ts'
import { hostSockets } from '../../src/evidence/host-sockets.ts'
import type { ImageConfig } from '../../src/image/facts.ts'
import { claimsOf, partOf } from '../evidence/view.ts'
import { shipped } from './shipped.ts'

const said = (files: Readonly<Record<string, string>>, config: Partial<ImageConfig> = {}) => {
  const entries: BuildContext['entries'] = new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      { type: 'file' as const, mode: 0o644, size: text.length, link: null, text },
    ]),
  )
  const view = partOf({ contents: shipped('COPY . /srv/', { entries, partial: false }), config })
  return claimsOf(hostSockets, view).map((claim) =>
    claim.kind === 'remark' ? `${claim.outcome} ${claim.evidence.map(({ subject }) => subject).join()}` : claim.kind,
  )
}

test('a socket of the engine of the host, where the program names it', () => {
  expect(said({ 'app.py': 'import docker\nDocker("unix:///var/run/docker.sock")\n' })).toEqual([
    'question app.py line 2',
  ])
  expect(said({}, { env: new Map([['DOCKER_HOST', 'unix:///var/run/docker.sock']]) })).toEqual([
    'question ENV DOCKER_HOST',
  ])
  expect(said({}, { cmd: ['agent', '--socket', '/run/podman/podman.sock'] })).toEqual(['question the command'])
  expect(said({}, { volumes: ['/var/run/docker.sock'] })).toEqual(['question VOLUME'])
})

test('not where people read it, tests use it, it is left out, or it is another one', () => {
  expect(
    said({
      'README.md': 'docker run -v /var/run/docker.sock:/var/run/docker.sock x',
      'compose.yaml': 'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]',
      'tests/app.py': 'Docker("unix:///var/run/docker.sock")',
      'agent.conf': '#  endpoint = "unix:///var/run/docker.sock"',
      'db.py': 'connect("/var/run/mysqld/mysqld.sock")',
    }),
  ).toEqual([])
})
