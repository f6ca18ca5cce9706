// What somebody meant who mistyped it, or named something else than they thought.
import { expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

const offline = ['--engine', 'none', '--offline'] as const
const said = async (files: Record<string, string>, ...args: readonly string[]): Promise<string> =>
  (await call([...offline, ...args], { cwd: tree(files) })).stderr

test('a missing file of a project is not taken for an image without its tag', async () => {
  const told = await said({}, 'docker-compose.yml')
  expect(told).toContain('there is no file or folder docker-compose.yml\n    check the path\n')
  expect(told).not.toContain(':latest')
})

test('a verb that was begun is named in full', async () => {
  expect(await said({}, 'prof', 'nginx:latest')).toContain('did you mean harden-image profile?')
})

test('a template of manifests is to be rendered first', () => {
  const deploy = 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n'
  expect(() => parseDockerfile(deploy)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('render it first, as helm template does') }),
  )
  expect(() => parseDockerfile(deploy.replace(/ \{.*/, ' x'))).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('name the Dockerfile') }),
  )
})

test.each([
  ['linux/arm65', 2],
  ['linux/arm64', 0],
  ['linux/arm/v7', 0],
])('--platform %s ends with %d', async (platform, code) => {
  const cwd = tree({ Dockerfile: 'FROM debian\nCMD x\n' })
  expect((await call([...offline, '--platform', platform, 'Dockerfile'], { cwd })).code).toBe(code)
})
