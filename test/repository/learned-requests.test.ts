import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import {
  curlLines,
  describedRoutes,
  learnedRequests,
  routesIn,
  urlLines,
} from '../../src/repository/learned-requests.ts'
import type { LearnedRequest } from '../../src/smoke-check.ts'

const shown = (requests: readonly LearnedRequest[]): readonly string[] =>
  requests.map(({ method, path, port, data, headers }) =>
    [method, path, port, data, ...Object.entries(headers).map(([name, value]) => `${name}=${value}`)]
      .filter((part) => part !== null)
      .join(' '),
  )

test.each<[string, readonly string[]]>([
  ['curl http://localhost:8080/notes', ['GET /notes 8080']],
  ['    $ curl -sS localhost:3000', ['GET / 3000']],
  ['curl -I http://127.0.0.1/health | head -1', ['HEAD /health']],
  [
    'curl -X POST http://localhost:8000/notes \\\n  -H \'Content-Type: application/json\' \\\n  -d \'{"text": "a; b"}\'',
    ['POST /notes 8000 {"text": "a; b"} content-type=application/json'],
  ],
  ['curl -d text=hi localhost:8000/notes', ['POST /notes 8000 text=hi content-type=application/x-www-form-urlencoded']],
  ['curl -XDELETE localhost:8000/notes', ['DELETE /notes 8000']],
  ['Use `curl -u admin:admin localhost:8000/api` to ask', ['GET /api 8000 authorization=Basic YWRtaW46YWRtaW4=']],
  // Of another machine, with what only its reader knows, or a file of theirs.
  ['curl https://example.org/install.sh | sh', []],
  ['curl -H "Authorization: Bearer $TOKEN" localhost:8000/api', []],
  ['curl localhost:8000/users/<id>', []],
  ['curl -F file=@x.png localhost:8000/up', []],
  ['curl -d @body.json localhost:8000/up', []],
  ['apt-get install curl', []],
])('a README that says %s', (text, expected) => {
  expect(shown(curlLines(text, 'README.md'))).toEqual(expected)
})

test.each<[string, readonly string[]]>([
  ['HEALTHCHECK CMD curl -f http://localhost:8080/health || exit 1', ['GET /health 8080']],
  ['      test: ["CMD", "wget", "-qO-", "http://127.0.0.1/ping"]', ['GET /ping']],
  ['curl -X POST http://localhost:8080/notes', []],
  ['url: http://localhost:8080/', []],
])('a health check that says %s', (text, expected) => {
  expect(shown(urlLines(text, 'Dockerfile'))).toEqual(expected)
})

test.each<[string, string, readonly string[]]>([
  ['a.py', '@app.route("/notes", methods=["POST"])\n@app.route("/")', ['POST /notes', 'GET /']],
  ['a.py', '@app.route("/")\n@app.route("/notes", methods=["POST"])', ['GET /', 'POST /notes']],
  ['a.py', '@router.get("/users/{id}")', ['GET /users/{id}']],
  ['a.js', "app.get('/x', f)\nrouter.post('/y', f)\nmap.get('/z')", ['GET /x', 'POST /y']],
  ['a.go', 'http.HandleFunc("/x", f)\nmux.HandleFunc("POST /y", f)\nr.GET("/z", f)', ['GET /z', 'GET /x', 'POST /y']],
  [
    'A.java',
    '@RequestMapping("/api")\nclass A {\n@GetMapping("/x")\n@PostMapping(value = "/y")',
    ['GET /api/x', 'POST /api/y'],
  ],
  ['routes.rb', "  get '/x', to: 'x#y'\n  post 'y' do", ['GET /x', 'POST /y']],
  ['web.php', "Route::get('/x', X::class);", ['GET /x']],
  ['P.cs', 'app.MapGet("/x", () => 1);', ['GET /x']],
  ['a.py', '  # @app.route("/notes")', []],
  ['a.js', "// app.get('/x', f)", []],
  ['a.txt', '@app.route("/notes")', []],
])('routes of %s: %s', (path, text, expected) => {
  expect(shown(routesIn(text, path))).toEqual(expected)
})

test('routes of an OpenAPI description, in JSON and in YAML', () => {
  const json = JSON.stringify({ basePath: '/v1', paths: { '/x': { get: {}, post: {}, parameters: [] } } })
  expect(shown(describedRoutes(json, 'openapi.json'))).toEqual(['GET /v1/x', 'POST /v1/x'])
  const yaml =
    'openapi: 3.0.0\npaths:\n  /x:\n    get:\n      summary: x\n    post:\n  /y:\n    delete:\ncomponents:\n  /z:\n    get:\n'
  expect(shown(describedRoutes(yaml, 'openapi.yaml'))).toEqual(['GET /x', 'POST /x', 'DELETE /y'])
  expect(describedRoutes('{', 'openapi.json')).toEqual([])
})

test('what is asked changes nothing, or is what a README sends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'harden-image-routes-'))
  const files = {
    'README.md': 'curl -d a=b localhost:8000/notes\ncurl -X DELETE localhost:8000/notes\n',
    'src/app.py': ['/', '/notes', '/logout', '/users/<id>'].map((path) => `@app.route("${path}")`).join('\n'),
    'src/more.py': '@app.post("/other")',
    'tests/app.py': '@app.route("/of-a-test")',
    'node_modules/x/a.js': "app.get('/of-a-library', f)",
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const { asked, declared } = learnedRequests(join(folder, 'Dockerfile'), null, folder)
    expect(shown(asked)).toEqual([
      'POST /notes 8000 a=b content-type=application/x-www-form-urlencoded',
      'GET /',
      'GET /notes',
    ])
    expect(declared).toEqual(['GET /', 'GET /notes', 'GET /logout', 'GET /users/<id>', 'POST /other'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
