import { expect, test } from '@jest/globals'
import { images } from '../../catalogue/index.ts'
import { harden } from '../../src/index.ts'
import { profileFile } from '../../src/manifests/docker.ts'
import { isOwnCompose, isOwnDockerfile } from '../../src/repository/own-files.ts'
import { sampleProfile } from '../manifests/sample.ts'

const names = images.flatMap(({ repositories: [name] }) => name?.replaceAll('*', 'x') ?? [])

test.each(names)('what is written for %s is our own', (name) => {
  const { output } = harden({ kind: 'image', target: name, dockerfile: `FROM ${name}\n` })
  expect({ output, own: isOwnDockerfile(output) }).toEqual({ output, own: true })
})

test.each([
  'FROM node:22\nWORKDIR /app\nCOPY . .\nCMD ["node", "a.js"]\n',
  'FROM node:22\nCMD ["node", "a.js"]\n',
  'FROM debian:12\nRUN apt-get install -y nginx\nEXPOSE 80\n',
  'FROM a AS b\nFROM b\n',
])('a Dockerfile that was changed in place is not: %j', (dockerfile) => {
  const { output } = harden({ dockerfile })
  expect(isOwnDockerfile(dockerfile)).toBe(false)
  expect({ output, own: isOwnDockerfile(output) }).toEqual({ output, own: false })
})

test('no text of others is taken for one of ours', () => {
  expect(isOwnDockerfile('not one\n')).toBe(false)
  expect(isOwnCompose('services:\n  a: {image: a}\n')).toBe(false)
  expect(isOwnCompose(profileFile(sampleProfile()))).toBe(true)
})
