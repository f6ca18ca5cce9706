// A database in files of which nothing names the path: taken from the sources, or said.
import { expect, test } from '@jest/globals'
import { harden } from '../../src/app/api.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'

type Files = Readonly<Record<string, string>>

/** What is said and given of a database; `files` lie in /app. */
function said(files: Files, start = 'CMD ["/app/run"]', above = ''): readonly string[] {
  const copies = Object.entries(files).map(([path, text]) => `COPY <<"END" /app/${path}\n${text}\nEND\n`)
  const dockerfile = `FROM debian:trixie-slim\nWORKDIR /app\n${above}${copies.join('')}${start}\n`
  expect(parseDockerfile(dockerfile).stages).toHaveLength(1)
  const { findings, verdict } = harden({ dockerfile })
  return findings.flatMap(({ outcome, message }) => {
    if (message.startsWith('it keeps a database')) return [`${outcome}, ${verdict}: ${message}`]
    return /^grants write access/.test(message) ? [message] : []
  })
}

const gone = (library: string, manifest: string): string =>
  `todo, incomplete: it keeps a database with ${library} (/app/${manifest}), and where that lies was not found`

test.each([
  [
    'Go',
    'github.com/mattn/go-sqlite3',
    'go.mod',
    {
      'go.mod': 'module x\nrequire (\n\tgithub.com/mattn/go-sqlite3 v1.14.0\n)\n',
      'db.go': 'import _ "github.com/mattn/go-sqlite3"',
    },
  ],
  [
    'a later version of a library',
    'github.com/dgraph-io/badger',
    'go.mod',
    {
      'go.mod': 'module x\nrequire github.com/dgraph-io/badger/v4 v4.2.0\n',
      'db.go': 'import "github.com/dgraph-io/badger/v4"',
    },
  ],
  [
    'Node',
    'better-sqlite3',
    'package.json',
    {
      'package.json': '{"dependencies":{"better-sqlite3":"11"}}',
      'db.js': "import Database from 'better-sqlite3'\nexport const open = (path) => new Database(path)",
    },
  ],
  [
    'Python',
    'tinydb',
    'requirements.txt',
    { 'requirements.txt': 'flask\ntinydb==4.8\n', 'db.py': 'from tinydb import TinyDB\n' },
  ],
  [
    'the SQLite of Python itself',
    'sqlite3',
    'db.py',
    { 'db.py': 'import sqlite3\ndef open(path):\n    return sqlite3.connect(path)\n' },
  ],
  [
    'a URL of Python that is put together',
    'sqlite3',
    'db.py',
    { 'db.py': "URL = 'sqlite:///' + os.path.join(app.root_path, NAME)\n" },
  ],
  [
    'a URL of Python with a folder in it',
    'sqlite3',
    'db.py',
    { 'db.py': 'URL = f"sqlite+aiosqlite:///{data_dir}/shop.db"\n' },
  ],
  [
    'Rust',
    'rusqlite',
    'Cargo.toml',
    {
      'Cargo.toml': '[package]\nname = "x"\n[dependencies]\nrusqlite = "0.31"\n',
      'src/main.rs': 'use rusqlite::Connection;',
    },
  ],
  [
    'Elixir',
    'ecto_sqlite3',
    'mix.exs',
    {
      'mix.exs': 'defp deps do\n  [{:ecto_sqlite3, "~> 0.17"}]\nend',
      'lib/repo.ex': 'use Ecto.Repo, adapter: Ecto.Adapters.SQLite3',
    },
  ],
  [
    '.NET',
    'Microsoft.Data.Sqlite',
    'x.csproj',
    {
      'x.csproj': '<PackageReference Include="Microsoft.Data.Sqlite" Version="9.0.0" />',
      'Db.cs': 'using Microsoft.Data.Sqlite;',
    },
  ],
])('%s', (_, library, manifest, files) => {
  expect(said(files as Files)).toEqual([gone(library, manifest)])
})

test('the one file that the sources name like a database is taken', () => {
  const files = {
    'go.mod': 'module x\nrequire github.com/mattn/go-sqlite3 v1.14.0\n',
    'db.go':
      'import _ "github.com/mattn/go-sqlite3"\ntype Config struct {\n\tName string `env:"DB_NAME" default:"notes.db"`\n}',
  }
  expect(said(files)).toEqual(['grants write access to /app'])
})

test('several that they name are said', () => {
  const files = {
    'go.mod': 'module x\nrequire github.com/mattn/go-sqlite3 v1.14.0\n',
    'db.go': 'import _ "github.com/mattn/go-sqlite3"\nvar names = []string{"notes.db", "users.db"}',
  }
  expect(said(files)).toEqual([`${gone('github.com/mattn/go-sqlite3', 'go.mod')}: /app/notes.db or /app/users.db`])
})

const SQLITE = {
  'go.mod': 'module x\nrequire github.com/mattn/go-sqlite3 v1.14.0\n',
  'db.go': 'import _ "github.com/mattn/go-sqlite3"',
}

test.each([
  ['its tests alone use it', { ...SQLITE, 'db.go': 'package db', 'db_test.go': SQLITE['db.go'] }, ''],
  [
    'another library needs it',
    { ...SQLITE, 'go.mod': 'module x\nrequire github.com/mattn/go-sqlite3 v1.14.0 // indirect\n' },
    '',
  ],
  [
    'developers alone need it',
    { 'package.json': '{"devDependencies":{"better-sqlite3":"11"}}', 'db.js': "import 'better-sqlite3'" },
    '',
  ],
  [
    'a group of gems is for tests',
    { Gemfile: 'group :development, :test do\n  gem "sqlite3"\nend\n', 'db.rb': 'require "sqlite3"' },
    '',
  ],
  ['a URL is of memory', { 'db.py': 'URL = "sqlite:///:memory:"\n' }, ''],
  ['it is kept in memory', { 'db.py': 'import sqlite3\ndb = sqlite3.connect(":memory:")\n' }, ''],
  ['a setting names a server', SQLITE, 'ENV DB_TYPE=postgres\n'],
  ['a URL of a setting names a server', SQLITE, 'ENV DATABASE_URL=mysql://db/notes\n'],
])('nothing is said where %s', (_, files, above) => {
  expect(said(files as Files, undefined, above)).toEqual([])
})

test('a volume is a place for it', () => {
  expect(said(SQLITE, undefined, 'VOLUME /data\n')).toEqual(['grants write access to /data'])
})
