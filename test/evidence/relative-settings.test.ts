// Relative paths in the program's own configuration count from where it starts.
import { expect, test } from '@jest/globals'
import { inferred } from '../../src/evidence/claim.ts'
import { relativeSettings } from '../../src/evidence/relative-settings.ts'
import type { StageCase } from './cases.ts'
import { catalogue, pathsOf, viewOf } from './view.ts'

const START = 'FROM debian:12\nWORKDIR /app\nCOPY . .\nCMD ["./club"]\n'
const READS = { 'main.go': 'package main\nvar file = "club.json"\n' }
const named = (dockerfile: string, context: NonNullable<StageCase['context']>): readonly string[] =>
  pathsOf(relativeSettings, viewOf({ dockerfile, context }))

test.each<[text: string, paths: readonly string[]]>([
  ['{ "dbDatabase": "./club.db" }', ['/app/club.db', '/app/club.db-journal']],
  ['{\n  "uploadDir": "inbox",\n  "port": 80\n}', ['/app/inbox']],
  ['{\n  "dataPath": "./inbox"\n}', ['/app/inbox']],
  ['{ "logFile": "club.log" }', ['/app/club.log']],
  ['{ "Main": "Data Source=./state/club.db;Cache=Shared" }', ['/app/state/club.db', '/app/state/club.db-journal']],
  ['{ "url": "sqlite:///club.sqlite3" }', ['/app/club.sqlite3', '/app/club.sqlite3-journal']],
  // A server's database, a word that is no path, what is read, and what others own.
  ['{ "dbDatabase": "club" }', []],
  ['{ "cachePath": "memory" }', []],
  ['{ "log": "info" }', []],
  ['{ "templateDir": "inbox" }', []],
  ['{ "dataDir": "/tmp/x" }', []],
  ['{ "dataDir": "../../etc/x" }', []],
  ['{ "dataDir": "$DATA" }', []],
  ['// "dataDir": "inbox"', []],
])('%s', (text, paths) => {
  expect(named(START, { ...READS, 'club.json': text })).toEqual(paths)
})

test.each<[file: string, text: string]>([
  ['club.yaml', 'store:\n  data_dir: inbox # mail\n'],
  ['club.toml', '[store]\ndata_dir = "inbox"\n'],
  ['club.properties', 'store.data.dir=inbox\n'],
  ['club.template', '{\n  "data_dir": "inbox",\n  "port": $PORT\n}\n'],
])('of %s too', (file, text) => {
  expect(named(START.replace('"./club"', `"./club", "--config", "${file}"`), { [file]: text })).toEqual(['/app/inbox'])
})

test('only a file that something of the program names is read', () => {
  const club = { 'club.json': '{ "dataDir": "inbox" }' }
  expect(named(START, club)).toEqual([])
  expect(named(START, { ...club, 'main_test.go': READS['main.go'] })).toEqual([])
  expect(named(START, { ...club, 'README.md': 'Write "club.json".' })).toEqual([])
  const script = { club: { text: '#!/bin/sh\nenvsubst < club.json > x.json\nexec ./run\n', mode: 0o755 } }
  expect(named(START, { ...club, ...script })).toEqual(['/app/inbox'])
})

test('a folder that the stage fills is there to be read, but for what keeps it in a repository', () => {
  const club = { ...READS, 'club.json': '{ "dataDir": "inbox" }' }
  expect(named(START, { ...club, 'inbox/cities.csv': 'x' })).toEqual([])
  expect(named(START, { ...club, 'inbox/.gitkeep': '' })).toEqual(['/app/inbox'])
})

test('below a folder that the program keeps anyway nothing more is claimed', () => {
  const view = viewOf({ dockerfile: START, context: { ...READS, 'club.json': '{ "dataDir": "files/inbox" }' } })
  const paths = [...relativeSettings.claims(view, catalogue, [inferred('keep-state', '/app/files', 'made')])]
  expect(paths).toEqual([])
  expect(pathsOf(relativeSettings, view)).toEqual(['/app/files/inbox'])
})

test('what the image says instead in a variable is no more that of the file', () => {
  const club = { ...READS, 'club.json': '{ "uploadDir": "inbox" }' }
  expect(named(START.replace('CMD', 'ENV CLUB_UPLOAD_DIR=/data\nCMD'), club)).toEqual([])
  expect(named(START.replace('CMD', 'ENV CLUB_UPLOADS=/data\nCMD'), club)).toEqual(['/app/inbox'])
})

test('so is the connection that a variable names', () => {
  const club = { ...READS, 'club.json': '{ "Main": { "ConnectionString": "Data Source=club.db" } }' }
  expect(named(START.replace('CMD', 'ENV Main__ConnectionString="Data Source=/data/club.db"\nCMD'), club)).toEqual([])
  expect(named(START, club)).toEqual(['/app/club.db', '/app/club.db-journal'])
})

test('of a program that starts at the top nobody knows where it goes', () => {
  expect(named(START.replace('WORKDIR /app\n', ''), { ...READS, 'club.json': '{ "uploadDir": "inbox" }' })).toEqual([])
})

test('of several projects in .NET the one counts that is started', () => {
  const settings = (name: string): string => `{ "ConnectionStrings": { "Main": "Data Source=${name}.db" } }`
  const dockerfile =
    'FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nWORKDIR /src\nCOPY . .\nRUN dotnet publish Web -o /out\n' +
    'FROM mcr.microsoft.com/dotnet/aspnet:8.0\nWORKDIR /app\nCOPY --from=build /out .\nENTRYPOINT ["dotnet", "Club.Web.dll"]\n'
  const files = {
    'Web/Club.Web.csproj': '<Project />',
    'Web/appsettings.json': settings('web'),
    'Web/appsettings.Development.json': settings('development'),
    'Tool/Club.Tool.csproj': '<Project />',
    'Tool/appsettings.json': settings('tool'),
  }
  expect(named(dockerfile, files)).toEqual(['/app/web.db', '/app/web.db-journal'])
})
