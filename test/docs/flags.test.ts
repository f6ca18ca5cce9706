import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { flagsPage } from '../../scripts/flags-page.mjs'
import { commands } from '../../src/cli/arguments.ts'

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
