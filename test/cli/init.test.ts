import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readConfig } from '../../src/repository/config.ts'
import { settingNames } from '../../src/repository/settings.ts'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

describe('init', () => {
  test('writes a configuration that says nothing yet, and in which every setting stands', async () => {
    const cwd = tree({ 'api/Dockerfile': 'FROM a\n', 'test/fixtures/web/Dockerfile': 'FROM a\n' })
    const { code, stdout } = await call(['init'], { cwd })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'wrote .harden-image.yaml, for 2 Dockerfiles; every setting in it is a comment still\n',
    })
    const path = join(cwd, '.harden-image.yaml')
    const text = readFileSync(path, 'utf8')
    expect(await readConfig(path, path, ['raise-ports'], true)).toMatchObject({ settings: {}, overrides: [] })
    writeFileSync(path, text.replace(/^# (?=\w+: )/gm, ''))
    const { settings } = await readConfig(path, path, ['raise-ports'], true)
    expect(Object.keys(settings).sort()).toEqual([...settingNames].sort())
    expect(settings.exclude).toEqual(['test/'])
  })

  test('says which file of a folder above holds below it too', async () => {
    const cwd = tree({ '.git/HEAD': '', '.harden-image.yaml': 'user: app\n', 'services/api/Dockerfile': 'FROM a\n' })
    expect((await call(['init', 'services/api'], { cwd })).code).toBe(0)
    const text = readFileSync(join(cwd, 'services/api/.harden-image.yaml'), 'utf8')
    expect(text).toContain('\n# What is not said here, ../../.harden-image.yaml says.\n')
    expect(text).toContain('\n# root: true\n')
  })

  test('leaves one that is there as it is, by whichever name', async () => {
    const cwd = tree({ 'api/Dockerfile': 'FROM a\n', 'api/.harden-image.yml': 'user: app\n' })
    const { code, stderr } = await call(['init', 'api'], { cwd })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'harden-image: api/.harden-image.yml is there already\n  change that one, or remove it first\n',
    })
    expect(existsSync(join(cwd, 'api/.harden-image.yaml'))).toBe(false)
  })

  test('takes a folder, and one', async () => {
    const cwd = tree({ Dockerfile: 'FROM a\n' })
    expect((await call(['init', 'Dockerfile'], { cwd })).stderr).toMatch(/^harden-image: Dockerfile is no folder$/m)
    expect((await call(['init', '.', 'other'], { cwd })).stderr).toMatch(/init takes one folder, but got other too/)
  })
})
