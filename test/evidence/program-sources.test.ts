// Of all sources that a build stage holds those count that the started program is compiled from, and no others.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import { viewOf } from './view.ts'

type Files = Readonly<Record<string, string>>

/** Paths below /src of the sources that count. */
function counted(run: string, files: Files, cmd = '["app"]'): readonly string[] {
  const dockerfile = `FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\n${run}\nFROM debian:12\nCOPY --from=build /out/ /usr/bin/\nCMD ${cmd}\n`
  const { builders } = viewOf({ dockerfile, context: files })
  return builders.flatMap(({ texts }) =>
    [...texts].flatMap(([path, text]) => (/\.(?:go|rs)$/.test(path) && text.trim() !== '' ? [path.slice(5)] : [])),
  )
}

const go = (name: string, ...imports: readonly string[]): string =>
  `package ${name}\n\nimport (\n${imports.map((one) => `\t${one.includes('"') ? one : `"${one}"`}\n`).join('')})\n`

const PROJECT: Files = {
  'go.mod': 'module example.org/app\n\ngo 1.24\n',
  'cmd/app/main.go': go('main', 'fmt', 'example.org/app/internal/store'),
  'cmd/tool/main.go': go('main', 'example.org/app/internal/report'),
  'build/gen/main.go': go('main', 'os'),
  'internal/store/store.go': `${go('store', 'os')}//go:generate go run ../../build/gen\n`,
  'internal/store/store_test.go': go('store', 'example.org/app/internal/testutil'),
  'internal/report/report.go': go('report', 'os'),
  'internal/testutil/fs.go': go('testutil', 'os'),
}
const APP = ['cmd/app/main.go', 'internal/store/store.go']
const TOOL = ['cmd/tool/main.go', 'internal/report/report.go']
const with_ = (files: Files): Files => ({ ...PROJECT, ...files })
const sorted = (paths: readonly string[]): readonly string[] => [...paths].sort()

describe('Go', () => {
  test.each<[title: string, run: string, counted: readonly string[], files?: Files, cmd?: string]>([
    ['the package that go build names, with what it imports', 'RUN go build -o /out/app ./cmd/app', APP],
    ['an import path', 'RUN go install -v example.org/app/cmd/app', APP],
    ['a file', 'RUN go build -o /out/app cmd/app/main.go', APP],
    ['files of a pattern', 'RUN go build -o /out/app cmd/app/*.go', APP],
    ['the folder where it works', 'RUN cd cmd/app && CGO_ENABLED=0 go build -o /out/app', APP],
    ['the folder of -C', 'RUN go build -C cmd/app -o /out/app', APP],
    ['a variable with a value', 'ARG NAME=app\nRUN go build -ldflags "-s -w" -o /out/$NAME ./cmd/$NAME', APP],
    ['a variable of the RUN', 'RUN P=./cmd/app; go build -o /out/app $P', APP],
    ['a Makefile', 'RUN make build', APP, { Makefile: 'build:\n\tgo build -o /out/app ./cmd/app\n' }],
    ['a script', 'RUN ./build.sh', APP, { 'build.sh': '#!/bin/sh\ngo build -o /out/app ./cmd/app\n' }],
    ['of several the one that is started', 'RUN go build -o /out/ ./cmd/...', APP],
    ['of several by -o', 'RUN go build -o /out/app ./cmd/app && go build -o /out/x ./cmd/tool', APP],
    ['what a start script is told to run', 'RUN mage', APP, {}, '["/start", "/usr/bin/app"]'],
    ['all of several of which none is started', 'RUN go build -o /out/ ./cmd/...', [...APP, ...TOOL], {}, '["other"]'],
    ['of the program by its name below cmd where no RUN tells', 'RUN mage build', APP],
    ['all programs where nothing tells', 'RUN mage build', [...APP, ...TOOL, 'build/gen/main.go'], {}, '["other"]'],
    [
      'a variable that nobody knows: all below it',
      'ARG NAME\nRUN go build -o /out/ ./cmd/$NAME',
      [...APP, ...TOOL],
      {},
      '["other"]',
    ],
    ['go run in a RUN is of the build', 'RUN go run ./build/gen && go build -o /out/app ./cmd/app', APP],
    [
      'an import by another name, or for its effects',
      'RUN go build -o /out/app ./cmd/app',
      [...APP, 'a/a.go', 'b/b.go', 'c/c.go', 'internal/report/report.go'],
      {
        'cmd/app/main.go': `${go('main', 'example.org/app/internal/store', '_ "example.org/app/a"', 'r "example.org/app/internal/report"')}import . "example.org/app/b"\nimport \`example.org/app/c\`\n`,
        'a/a.go': 'package a',
        'b/b.go': 'package b',
        'c/c.go': '/* of\nus */\n// package d\npackage c\n',
      },
    ],
    [
      'what stands behind the imports imports nothing',
      'RUN go build -o /out/app ./cmd/app',
      APP,
      {
        'cmd/app/main.go': `${go('main', 'example.org/app/internal/store')}var x = \`\nimport "example.org/app/internal/testutil"\n\``,
      },
    ],
    [
      'files for other systems, and what no build takes',
      'RUN go build -o /out/app ./cmd/app',
      [
        ...APP,
        'internal/store/a.go',
        'internal/store/b.go',
        'internal/store/c.go',
        'internal/store/d_linux.go',
        'internal/store/e_unix.go',
        'internal/store/h.go',
        'internal/store/l_windows_name.go',
        'internal/store/windows.go',
      ],
      {
        'internal/store/a.go': '//go:build !windows && (linux || !cgo)\n\npackage store',
        'internal/store/b.go': '//go:build sqlite || ignore\n\npackage store',
        'internal/store/c.go': '// +build linux,!ignore windows\n\npackage store',
        'internal/store/d_linux.go': 'package store',
        'internal/store/e_unix.go': 'package store',
        'internal/store/l_windows_name.go': 'package store',
        'internal/store/windows.go': 'package store',
        'internal/store/f.go': '//go:build ignore\n\npackage main',
        'internal/store/g.go': '// +build tools\n\npackage tools',
        'internal/store/h.go': '// Copyright\n\n//go:build windows || (darwin && cgo)\n\npackage store',
        'internal/store/i_windows.go': 'package store',
        'internal/store/j_darwin_arm64.go': 'package store',
        'internal/store/k.go': '//go:build !linux\n\npackage store',
      },
    ],
    [
      'a module of its own in the tree that is imported',
      'RUN go build -o /out/app ./cmd/app',
      [...APP, 'lib/deep/deep.go', 'fork/x.go'],
      {
        'go.mod': 'module example.org/app\n\nreplace (\n\tgithub.com/other/x v1.0.0 => ./fork // ours\n)\n',
        'lib/go.mod': 'module example.org/lib\n',
        'lib/deep/deep.go': go('deep', 'github.com/other/x'),
        'lib/shallow.go': 'package lib',
        'fork/x.go': 'package x',
        'internal/store/store.go': go('store', 'example.org/lib/deep'),
      },
    ],
    [
      'what is vendored, where it is imported',
      'RUN go build -o /out/app ./cmd/app',
      [...APP, 'vendor/github.com/a/b/b.go'],
      {
        'internal/store/store.go': go('store', 'github.com/a/b'),
        'vendor/github.com/a/b/b.go': 'package b',
        'vendor/github.com/a/c/c.go': 'package c',
      },
    ],
    [
      'all that may be imported by what a RUN generates, but no other program',
      'RUN go generate ./... && go build -o /out/app ./cmd/app',
      [...APP, 'internal/report/report.go', 'internal/testutil/fs.go'],
      { 'cmd/app/main.go': go('main', 'example.org/app/internal/store', 'example.org/app/gen/pb') },
    ],
    [
      'what it loads',
      'RUN go build -buildmode=plugin -o /out/tool.so ./cmd/tool && go build -o /out/app ./cmd/app',
      [...APP, ...TOOL],
    ],
  ])('%s', (_, run, expected, files = {}, cmd) => {
    expect(sorted(counted(run, with_(files), cmd))).toEqual(sorted(expected))
  })

  test('no module: each package that is no other program', () => {
    const { 'go.mod': _, ...files } = PROJECT
    const all = [...APP, 'internal/report/report.go', 'internal/testutil/fs.go']
    expect(sorted(counted('RUN go build -o /out/app ./cmd/app', files))).toEqual(sorted(all))
  })

  test('no program among the sources: all but tests', () => {
    const files = { 'go.mod': PROJECT['go.mod'] ?? '', 'a/a.go': 'package a', 'a/a_test.go': 'package a' }
    expect(counted('RUN go build ./...', files)).toEqual(['a/a.go'])
  })

  test('a program that is compiled of tests has them', () => {
    expect(counted('RUN go test -c -o /out/app ./internal/store', PROJECT)).toContain('internal/testutil/fs.go')
  })

  test('the name that COPY gives the program is followed', () => {
    const dockerfile =
      'FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /a ./cmd/app && go build -o /b ./cmd/tool\nFROM scratch\nCOPY --from=build /a /server\nCOPY --from=build /b /b\nENTRYPOINT ["/server"]\n'
    const { builders } = viewOf({ dockerfile, context: PROJECT })
    const found = builders.flatMap(({ texts }) => [...texts.keys()].filter((path) => path.endsWith('.go')))
    expect(sorted(found)).toEqual(APP.map((path) => `/src/${path}`))
  })

  test('nothing is said, granted or asked for because of what is no part of the program', () => {
    const helper =
      'package testutil\n\nimport (\n\t"github.com/mattn/go-sqlite3"\n\t"github.com/docker/docker/client"\n)\n\nfunc A() {\n\tos.MkdirAll("/srv/junk", 0o755)\n\tos.Chown("/srv/junk", 33, 33)\n\texec.Command("useradd", "x")\n\tos.UserHomeDir()\n\tos.RemoveAll("/srv/old")\n\tclient.NewClientWithOpts(client.FromEnv)\n\tnet.ListenPacket("ip4:icmp", "0.0.0.0")\n}\n'
    const said = (build: string, files: Files): readonly string[] => {
      const copies = Object.entries(files).map(([path, text]) => `COPY <<"END" /src/${path}\n${text}\nEND\n`)
      const dockerfile = `FROM golang:1.24 AS build\nWORKDIR /src\n${copies.join('')}RUN go build -o /out/app ${build}\nFROM debian:12\nCOPY --from=build /out/app /usr/bin/app\nCMD ["app"]\n`
      return harden({ dockerfile }).findings.map(({ message }) => message)
    }
    const files = {
      'go.mod': 'module example.org/app\n\nrequire github.com/mattn/go-sqlite3 v1.14.0\n',
      'main.go': go('main', 'fmt'),
      'x/main.go': go('main', 'fmt', 'example.org/app/testutil'),
    }
    const plain = said('.', { ...files, 'testutil/a.go': 'package testutil' })
    expect(said('.', { ...files, 'testutil/a.go': helper })).toEqual(plain)
    // The other program, which imports it, has all of it.
    expect(said('./x', { ...files, 'testutil/a.go': helper }).length).toBeGreaterThan(plain.length + 2)
  })
})

const GUARDED = 'def main():\n    pass\n\nif __name__ == "__main__":\n    main()\n'
const SERVER: Files = {
  'serve.py': 'import store\nfrom routes import (\n    users,\n    pages,\n)\n',
  'load.py': GUARDED,
}

/** The names of Python files in /srv that count. */
function scripts(files: Files, lines: string, cmd: string): readonly string[] {
  const dockerfile = `FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\n${lines}CMD ${cmd}\n`
  const { contents, idle } = viewOf({ dockerfile, context: { ...SERVER, ...files } })
  return [...contents.texts.keys()]
    .flatMap((path) => (path.endsWith('.py') && !idle.has(path) ? [path.slice('/srv/'.length)] : []))
    .sort()
}

type Row = readonly [title: string, files: Files, lines?: string, cmd?: string]
const SERVES = '["python3", "serve.py"]'
const rows = (all: readonly Row[]) =>
  all.map(([title, files, lines = '', cmd = SERVES]) => [title, files, lines, cmd] as const)

describe('Python', () => {
  test.each(
    rows([
      ['a script that has a main and is named by nobody', {}],
      ['one that only its own words name', { 'load.py': `"""python load.py"""\n${GUARDED}` }],
      ['one that only a test names', { 'test_load.py': 'import load\n', 'tests/of_load.py': 'import load\n' }],
      ['one that only a document names', { 'README.md': 'python load.py\n' }],
      [
        'one that a RUN starts',
        { 'load.py': 'open("x", "w")\n', Dockerfile: 'RUN python load.py\n' },
        'RUN python load.py\n',
      ],
      [
        'the module of a command that is not started',
        { 'load.py': 'def main():\n    pass\n', 'pyproject.toml': '[project.scripts]\nfill = "load:main"\n' },
      ],
      [
        'the same of setup.py',
        { 'load.py': 'x = 1\n', 'setup.py': 'setup(entry_points={"console_scripts": ["fill=load:main"]})\n' },
      ],
    ]),
  )('of the started program is not %s', (_, files, lines, cmd) => {
    expect(scripts(files, lines, cmd)).not.toContain('load.py')
    expect(scripts(files, lines, cmd)).toContain('serve.py')
  })

  test.each(
    rows([
      ['a module that nobody is seen to import', { 'load.py': 'x = 1\n' }],
      ['what is started', {}, '', '["python3", "load.py"]'],
      ['what a shell is told to start', {}, '', 'python3 -m load'],
      ['what is imported', { 'store.py': 'import load\n' }],
      ['what is imported from its package', { 'store.py': 'from . import load as l\n' }],
      ['what is imported in brackets', { 'store.py': 'from jobs import (\n    other,\n    load,\n)\n' }],
      ['what a string names', { 'store.py': 'run(["python", "load.py"])\n' }],
      ['a module that a string names', { 'store.py': 'APPS = ["jobs.load"]\n' }],
      ['what a script of the shell starts', { 'work.sh': 'python load.py\n' }],
      ['what a supervisor starts', { 'supervisord.conf': '[program:a]\ncommand=python -m load --fast\n' }],
      ['a health check', {}, 'HEALTHCHECK CMD python3 load.py\n'],
      ['what a variable names', {}, 'ENV APP=load:app\n'],
      [
        'the module of a command that is started',
        { 'pyproject.toml': '[project.scripts]\nfill = "load:main"\n' },
        '',
        '["fill"]',
      ],
      ['a file that a framework knows by its name', { 'manage.py': GUARDED, 'load.py': '' }],
      ['a script where modules are found at run time', { 'store.py': 'import_module(name)\n' }],
      ['a script that people may start in a shell', {}, '', '["bash"]'],
      ['a script where a start script is not at hand', {}, '', '["/start.sh"]'],
    ]),
  )('of the started program is %s', (_, files, lines, cmd) => {
    expect(scripts(files, lines, cmd)).toContain('load.py')
    if ('manage.py' in files) expect(scripts(files, lines, cmd)).toContain('manage.py')
  })
})

describe('JavaScript', () => {
  const PROGRAM: Files = {
    'server.js': "import { open } from './lib/db.js'\nconst log = require('./log')\n",
    'lib/db.js': 'export const open = 1\n',
    'lib/more.js': '',
    'log/index.js': '',
    'extra/release/publish.js': '',
    'build.js': '',
  }
  const idleOf = (files: Files, cmd = '["node", "server.js"]'): readonly string[] => {
    const dockerfile = `FROM node:22\nWORKDIR /srv\nCOPY . .\nCMD ${cmd}\n`
    const { idle } = viewOf({ dockerfile, context: { ...PROGRAM, ...files } })
    return sorted([...idle].map((path) => path.slice('/srv/'.length)))
  }

  test('what the started file does not come to is no part of the program', () => {
    expect(idleOf({})).toEqual(['build.js', 'extra/release/publish.js', 'lib/more.js'])
  })

  test.each<[title: string, text: string, idle: readonly string[]]>([
    ['its name', "spawn('node', ['build.js'])\n", ['extra/release/publish.js', 'lib/more.js']],
    ['a folder that it lies in', "for (const f of readdirSync('extra')) load(f)\n", ['build.js', 'lib/more.js']],
  ])('unless a text says %s', (_, text, expected) => {
    expect(idleOf({ 'lib/db.js': text })).toEqual(expected)
  })

  test('nothing is told where no source is started', () => {
    expect(idleOf({}, '["bash"]')).toEqual([])
    expect(idleOf({}, '["node", "dist/main.js"]')).toEqual([])
  })
})
