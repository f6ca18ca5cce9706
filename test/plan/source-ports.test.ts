import { describe, expect, test } from '@jest/globals'
import { sourcePortPlace, sourcePortVariable } from '../../src/plan/ports/low-ports.ts'
import { image } from './image.ts'

const isShipped = () => true

function variable(...texts: readonly string[]): string | null {
  const facts = image({ texts: Object.fromEntries(texts.map((text, index) => [`/app/${index}.js`, [text]])) })
  return sourcePortVariable(80, { facts, isShipped })
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

describe('the place in the source that says the port', () => {
  test.each<[string, boolean]>([
    ['app.listen(80)', true],
    ['http.ListenAndServe(":80", nil)', true],
    ['app.run(host="0.0.0.0", port=80)', true],
    ['ThreadingHTTPServer(("", 80), Page)', true],
    ['sock.bind(("0.0.0.0", 80))', true],
    ['HttpServer.create(new InetSocketAddress(80), 0)', true],
    ['set :port, 80', true],
    ['app.listen(8080)', false],
    ['width = 80', false],
  ])('%s', (text, isSaid) => {
    const facts = image({ texts: { '/app/0.js': ['x', text] } })
    const place = sourcePortPlace(80, { facts, isShipped })
    expect(place).toEqual(isSaid ? expect.objectContaining({ path: '/app/0.js', line: 2 }) : null)
  })
})
