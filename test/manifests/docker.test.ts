import { expect, test } from '@jest/globals'
import { shellQuoted } from '../../src/borders/shell.ts'
import { dockerRun, profileFile } from '../../src/manifests/docker.ts'
import { rootProfile, sampleProfile } from './sample.ts'

test('one line, with all that is locked', () => {
  expect(dockerRun(sampleProfile(), 'docker')).toBe(
    'docker run --detach --name=nginx --user=101:101 --cap-drop=ALL --security-opt=no-new-privileges --read-only ' +
      '--mount=type=volume,target=/etc/nginx/conf.d --tmpfs=/tmp:uid=0,gid=101,mode=1777,size=64m --publish=8080:8080 nginx-nonroot:latest\n',
  )
})

test('a name of one letter is none for an engine', () => {
  const image = { original: 'r:1', derived: true, name: 'r-nonroot:1', chown: 'r:1' }
  expect(dockerRun(sampleProfile({ image }), 'docker')).toContain(' --name=r-1 ')
})

test('podman has no owner for a tmpfs, and mounts its own over a read-only root', () => {
  expect(dockerRun(sampleProfile(), 'podman')).toContain(
    '--read-only --read-only-tmpfs=false --mount=type=volume,target=/etc/nginx/conf.d ' +
      '--mount=type=tmpfs,destination=/tmp,tmpfs-mode=1777,tmpfs-size=64m,U=true ',
  )
})

test('what keeps root has only what it needs, and no user', () => {
  expect(dockerRun(rootProfile, 'docker')).toBe(
    'docker run --detach --name=cron --cap-drop=ALL --cap-add=SETGID --cap-add=SETUID --security-opt=no-new-privileges cron:1\n',
  )
})

test('nothing is dropped where it is not known what is needed', () => {
  expect(dockerRun({ ...rootProfile, capabilities: null }, 'docker')).not.toContain('--cap')
})

test('a new volume that would be root‘s is given to the user first', () => {
  const profile = sampleProfile({
    readOnly: { value: false, known: 'planned' },
    writable: [],
    volumes: [{ path: '/my data', uid: 5, gid: 6, prepared: false }],
  })
  expect(dockerRun(profile, 'docker')).toMatch(
    /^docker run --rm --user 0:0 --volume nginx-my-data:'\/my data' --entrypoint chown nginx:latest -R 5:6 '\/my data' && docker run .*'--volume=nginx-my-data:\/my data:nocopy'/,
  )
})

test('low ports that stay, protocols, environment', () => {
  const profile = sampleProfile({
    ports: [{ from: 53, to: 53, protocol: 'udp' }],
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '53' },
    env: { A: "it's" },
  })
  expect(dockerRun(profile, 'docker')).toContain(
    `--publish=53:53/udp --sysctl=net.ipv4.ip_unprivileged_port_start=53 '--env=A=it'\\''s' nginx`,
  )
})

test('what it was said to be run with is in the line, and in no file', () => {
  const profile = sampleProfile({ given: ['PASSWORD=open sesame', 'TOKEN'] })
  expect(dockerRun(profile, 'docker')).toContain(" '--env=PASSWORD=open sesame' --env=TOKEN nginx-nonroot")
  expect(profileFile(profile)).toContain(' --env=PASSWORD --env=TOKEN nginx-nonroot')
  expect(profileFile(profile)).not.toContain('sesame')
})

test.each([
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(x)', "'$(x)'"],
  ['', "''"],
  ['/a-b_c:1,d=e@f%+', '/a-b_c:1,d=e@f%+'],
])('%j for a shell', (word, expected) => {
  expect(shellQuoted(word)).toBe(expected)
})
