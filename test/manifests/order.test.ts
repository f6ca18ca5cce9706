import { expect, test } from '@jest/globals'
import { programs } from '../../catalogue/index.ts'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { profileFor } from '../../src/app/profile.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { lookUp } from '../../src/image/sources/catalogue.ts'
import { editCompose } from '../../src/manifests/compose/edit-files.ts'
import { editManifests } from '../../src/manifests/kubernetes/edit-files.ts'
import type { Profile } from '../../src/manifests/profile.ts'
import { defaultPolicy, type Policy } from '../../src/plan/stage-input.ts'
import { transforms } from '../../transforms/index.ts'

const raise: Policy = { ...defaultPolicy, ports: 'raise' }

/** The profile of a Dockerfile and what becomes of it, planned as the command line does where there is no engine. */
function planned(text: string): { readonly profile: Profile; readonly output: string } {
  const dockerfile = parseDockerfile(text)
  const inputs = stageInputs(dockerfile, raise, {
    bases: new Map(),
    built: new Map(),
    observations: new Map(),
    programs,
    daemonPorts: [],
    entries: (name) => lookUp(name),
  })
  const about = { target: 'web/Dockerfile', kind: 'dockerfile' as const }
  const { plan, result } = hardenDockerfile({ ...about, dockerfile, stages: inputs, policy: raise, transforms })
  const item = { ...about, path: '/repo/web/Dockerfile', reference: null, from: null, text }
  const profile = profileFor(item, { inputs, plan, result }, { kind: 'profile', tag: null }, [], raise)
  if (profile === null) throw new Error('no profile')
  return { profile, output: result.output }
}

const compose = (lines: string): string =>
  `services:\n  web:\n    build: ./web\n${lines.replace(/^(?=.)/gm, '    ')}volumes:\n  data: {}\n`

const projects: readonly (readonly [string, string, string])[] = [
  ['a server of the catalogue', 'FROM nginx:latest\nEXPOSE 80\n', 'ports: ["80:80"]\nexpose: [80]\n'],
  [
    'its health check and a volume',
    'FROM nginx:latest\nVOLUME /var/cache/nginx\nEXPOSE 80\nHEALTHCHECK CMD curl -f http://localhost/\n',
    'ports: ["80:80"]\nhealthcheck:\n  test: ["CMD", "curl", "-f", "http://localhost/"]\nvolumes: ["data:/var/cache/nginx"]\n',
  ],
  [
    'a port in the command',
    'FROM python:3.12-slim\nEXPOSE 80\nCMD ["python", "-m", "http.server", "80"]\n',
    'ports:\n  - "127.0.0.1:80:80"\n',
  ],
  [
    'a volume that the image declares',
    'FROM python:3.12-slim\nWORKDIR /app\nVOLUME /app/data\nCMD ["python", "app.py"]\n',
    'user: root\nvolumes: ["data:/app/data"]\n',
  ],
  [
    'another account',
    'FROM node:20-slim\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
    'user: "0"\nports: ["3000:3000"]\n',
  ],
  ['a database', 'FROM redis:7\n', 'volumes: ["data:/data"]\n'],
  ['another web server', 'FROM httpd:2.4\nEXPOSE 80\n', 'ports:\n  - target: 80\n    published: 8080\n'],
  ['a port that stays', 'FROM debian:trixie-slim\nEXPOSE 80\nCMD ["/usr/bin/thing"]\n', 'ports: ["80:80"]\n'],
]

test.each(projects)('a Compose file comes out the same before and after the Dockerfile: %s', (_, text, lines) => {
  const file = [{ name: 'compose.yaml', text: compose(lines) }]
  const before = planned(text)
  const after = planned(before.output)
  expect(before.output).toContain('\nUSER ')
  const [first] = editCompose(file, before.profile, 'web')
  const [second] = editCompose(file, after.profile, 'web')
  expect(first?.text).not.toBe(file[0]?.text)
  expect(second?.text).toBe(first?.text)
  // What root has left in the mounts is still to be given to the user.
  const moves = (notes: readonly string[] = []): readonly string[] => notes.filter((note) => / chown /.test(note))
  expect(moves(second?.notes)).toEqual(moves(first?.notes))
})

test('so does a manifest', () => {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: web
      ports: [{ containerPort: 80 }]
`
  const before = planned('FROM python:3.12-slim\nEXPOSE 80\nCMD ["python", "-m", "http.server", "80"]\n')
  const after = planned(before.output)
  const [first, second] = [before, after].map(
    ({ profile }) => editManifests([{ name: 'pod.yaml', text }], profile, 'web')[0],
  )
  expect(first?.text).toContain('containerPort: 8080')
  expect(second?.text).toBe(first?.text)
})

test('a port is its own where the image opens both, or neither', () => {
  const neither = planned('FROM python:3.12-slim\nUSER 1000:1000\nEXPOSE 9000\nCMD ["python", "app.py"]\n')
  const both = planned('FROM python:3.12-slim\nUSER 1000:1000\nEXPOSE 80 8080\nCMD ["python", "app.py"]\n')
  for (const { profile } of [neither, both]) {
    const [edit] = editCompose([{ name: 'compose.yaml', text: compose('ports: ["80:80"]\n') }], profile, 'web')
    expect(edit?.text).toContain('"80:80"')
  }
})
