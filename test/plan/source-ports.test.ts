import { describe, expect, test } from '@jest/globals'
import { sourcePortVariable } from '../../src/plan/source-ports.ts'
import { image } from './image.ts'

function variable(...texts: readonly string[]): string | null {
  const facts = image({ texts: Object.fromEntries(texts.map((text, index) => [`/app/${index}.js`, [text]])) })
  return sourcePortVariable(80, { facts, isShipped: () => true })
}

describe('the variable that source asks for its port, where 80 holds without it', () => {
  test.each<[string, string | null]>([
    ['const port = process.env.PORT || 80', 'PORT'],
    ['app.listen(process.env.PORT||80)', 'PORT'],
    ["app.listen(process.env['HTTP_PORT'] ?? '80')", 'HTTP_PORT'],
    ['const port = Number(process.env.PORT) || 80;', 'PORT'],
    ['listen(parseInt(process.env.PORT, 10) || 80)', 'PORT'],
    ["parseInt(process.env.PORT || '80', 10)", 'PORT'],
    ['process.env.PORT ? Number(process.env.PORT) : 80', 'PORT'],
    ['const { HOST = "x", PORT = 80 } = process.env', 'PORT'],
    ['Bun.env.PORT ?? 80', 'PORT'],
    ['Deno.env.get("PORT") ?? "80"', 'PORT'],
    ['app.run(port=int(os.environ.get("PORT", 80)))', 'PORT'],
    ["port = os.getenv('APP_PORT', '80')", 'APP_PORT'],
    ['port = os.environ.get("PORT") or 80', 'PORT'],
    ['set :port, ENV.fetch("PORT", 80)', 'PORT'],
    ['port ENV.fetch("PORT") { 80 }', 'PORT'],
    ["set :port, ENV['PORT'] || 80", 'PORT'],
    ["$port = getenv('PORT') ?: 80;", 'PORT'],
    ["$port = $_ENV['PORT'] ?? 80;", 'PORT'],
    ['String.to_integer(System.get_env("PORT") || "80")', 'PORT'],
    ['System.getenv().getOrDefault("PORT", "80")', 'PORT'],
    // Another port, or no port at all.
    ['process.env.PORT || 8080', null],
    ['process.env.PORT || 80.5', null],
    ['process.env.TIMEOUT || 80', null],
    ['process.env.PORT', null],
    ['app.listen(80)', null],
    // Somebody else's.
    ['process.env.DB_PORT || 80', null],
    ['process.env.UPSTREAM_PORT || 80', null],
    // Nobody knows which of them it is.
    ['process.env.PORT || 80; process.env.HTTP_PORT || 80', null],
  ])('%s', (text, name) => expect(variable(text)).toBe(name))

  test('it may stand in several files', () => {
    expect(variable('process.env.PORT || 80', '', 'process.env.PORT || 80')).toBe('PORT')
  })
})
