import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { composeValue, unmountable } from '../../src/borders/mount.ts'
import { composeFile, dockerRun, profileFile } from '../../src/manifests/docker.ts'
import { sampleProfile } from './sample.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
const PATHS = ["/it's", '/$HOME', '/${PATH}', '/a b', '/#x', '/{{.X}}', '/"q"', '/-R', '/*', '/a;reboot', '/& x']
const volumes = PATHS.map((path) => ({ path, uid: 101, gid: 101, prepared: true }))
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
const profile = sampleProfile({ volumes, env: { A: '$HOME ${B}' } })

test('a Compose file says each path and value as it is, and Compose fills in nothing', () => {
  const { services } = parse(composeFile(profile, '.'))
  const [service] = Object.values<{ volumes: string[]; environment: Record<string, string> }>(services)
  const targets = service?.volumes.map((volume) => volume.slice(volume.indexOf(':') + 1)) ?? []
  expect(targets).toEqual(expect.arrayContaining(PATHS.map(composeValue)))
  expect(service?.environment).toEqual({ A: '$$HOME $${B}' })
})

test('the docker line is the words that were meant, for the real sh', () => {
  const script = dockerRun(profile, 'docker').replace(/^docker /, "printf '%s\\0' ")
  const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' })
  const said = stdout.split('\0').filter((word) => word.startsWith('--mount=type=volume,source='))
  expect(said.map((word) => word.replace(/^.*?target=|"$/g, '').replaceAll('""', '"'))).toEqual(
    expect.arrayContaining(PATHS),
  )
})

test('no note and no path ends the comment that it stands in', () => {
  const text = profileFile({ ...profile, notes: ['a\nservices: {evil: {}}', 'b\rc'], env: { A: 'x\ny: z' } })
  expect(Object.keys(parse(text).services)).toHaveLength(1)
  expect(text).not.toMatch(/^(services: \{evil|y: z)/m)
})

test.each(['/a:b', '/a\nb', '/a\0', 'a', '/../x', '/a\u202e'])('%j is no path of a mount', (path) => {
  expect(unmountable(path)).not.toBeNull()
})
