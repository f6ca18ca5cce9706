// What the README shows is what the tool gives.
import { readdirSync, readFileSync } from 'node:fs'
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
  test('shows the Dockerfile of nginx:latest as it is made', () => {
    const { output } = harden({ target: 'nginx:latest', kind: 'image', dockerfile: 'FROM nginx:latest\n' })
    expect(blocks('dockerfile')).toEqual([output])
    expect(read('examples/nginx/Dockerfile')).toBe(output)
  })

  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => line.split(' | '))
    .flatMap((line) => /^harden-image (.*?)(?: +#.*)?$/.exec(line.replace(/ [<>] \S+/, ''))?.[1] ?? [])

  test('the README has commands to check', () => {
    expect(commands.length).toBeGreaterThan(15)
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

  test('the README links to what is there', () => {
    const pages = [
      'README.md',
      ...readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.md'))
        .map((path) => `examples/${path}`),
    ]
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const path = join(root, page, '..', target)
        expect(() => readdirSync(path)).not.toThrow(/ENOENT/)
      }
    }
  })
})
