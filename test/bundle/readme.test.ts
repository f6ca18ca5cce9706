// What the README shows is what the tool gives.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseArguments } from '../../src/cli/arguments.ts'
import { harden } from '../../src/index.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

/** Blocks of a language, without their fences. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] ?? '')
}

describe('README.md', () => {
  test('its first command prints what examples/nginx shows', () => {
    const { output } = harden({ target: 'nginx:latest', kind: 'image', dockerfile: 'FROM nginx:latest\n' })
    expect(readme).toContain('npx harden-image nginx:latest')
    expect(read('examples/nginx/Dockerfile')).toBe(output)
  })

  test('is short: the rest is in docs/', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(200)
  })

  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => line.split(' | '))
    .flatMap((line) => /^harden-image (.*?)(?: +#.*)?$/.exec(line.replace(/ [<>] \S+/, ''))?.[1] ?? [])

  test('the README has commands to check', () => {
    expect(commands.length).toBeGreaterThan(10)
  })

  for (const command of commands) {
    test(`harden-image ${command}`, () => {
      // The shell's quotes, as far as they are used here.
      const words = command.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? []
      expect(parseArguments(words)).toMatchObject({ kind: expect.any(String) })
    })
  }

  test('shows the library as it is', () => {
    const [code = ''] = blocks('js')
    const dockerfile = JSON.parse(`"${/dockerfile: '(.*)' }/.exec(code)?.[1]?.replaceAll('"', '\\"')}"`)
    const { verdict, output } = harden({ dockerfile })
    const said = code.split('\n').flatMap((line) => /^\/\/ (?:verdict:|output: )? +(.*)$/.exec(line)?.[1] ?? [])
    expect(said).toEqual([`'${verdict}'`, ...output.trimEnd().split('\n')])
  })
})
