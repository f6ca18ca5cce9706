// What holds of all engines: the schema of the configuration names them.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { ENGINE_NAMES } from '../../src/engine/kinds.ts'

test.each(ENGINE_NAMES)('the configuration may ask for %s', (name) => {
  const { properties } = JSON.parse(readFileSync('schema/config.schema.json', 'utf8')) as {
    readonly properties: { readonly engine: { readonly enum: readonly string[] } }
  }
  if (!properties.engine.enum.includes(name))
    throw new Error(`schema/config.schema.json does not know the engine ${name}: add it to the enum of engine`)
  expect(properties.engine.enum).toEqual(['auto', ...ENGINE_NAMES, 'none'])
})
