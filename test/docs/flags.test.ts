import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { configSchema, flagsPage } from '../../scripts/flags-page.mjs'
import { commands } from '../../src/cli/arguments.ts'
import { settings } from '../../src/repository/settings.ts'

test('the page of flags is what the flags are: npm run docs:flags writes it', () => {
  const page = flagsPage(commands)
  expect(readFileSync('docs/reference/flags.md', 'utf8')).toBe(page)
  for (const { name, flags } of commands) {
    const section = page
      .split(/^## /m)
      .find((one) => one.startsWith(name === '' ? '`harden-image [' : `\`harden-image ${name}\``))
    expect([name, Object.keys(flags).filter((flag) => !new RegExp(`\`--${flag}[\` ]`).test(section ?? ''))]).toEqual([
      name,
      [],
    ])
  }
})

test('the schema of configuration files is what the table of settings is: npm run docs:flags writes it', () => {
  const schema = JSON.parse(readFileSync('schema/config.schema.json', 'utf8'))
  expect(schema).toEqual(configSchema(schema, settings))
})

test('each setting that a flag may give is a flag of some command: name it in a list of src/cli/flags.ts', () => {
  const flags = new Set(commands.flatMap((command) => Object.keys(command.flags)))
  const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const named = Object.entries(settings).flatMap(([name, { fileOnly }]) => (fileOnly === true ? [] : [flagOf(name)]))
  expect(named.filter((flag) => !flags.has(flag))).toEqual([])
})

test('the page of the configuration names every setting, and what it is as a flag', () => {
  const page = readFileSync('docs/reference/configuration.md', 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const named = (row: string | undefined) => row?.split('|')[1]?.match(/\w+/g)?.toSorted()
  const all = Object.entries(settings)
  const added = all.flatMap(([name, { adds, fileOnly }]) => (adds === true && fileOnly !== true ? [name] : []))
  const [same, adding, ...others] = rows.map(named)
  expect(adding).toEqual(added.toSorted())
  expect([same, adding, ...others.slice(0, 3)].flat().toSorted()).toEqual(Object.keys(settings).toSorted())
})
