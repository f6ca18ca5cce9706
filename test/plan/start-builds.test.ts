// A start that builds: where its result goes, and what it finds of the build before.
import { describe, expect, test } from '@jest/globals'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import type { BuildContext } from '../../src/contents/build-context.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { defaultPolicy } from '../../src/plan/stage-input.ts'
import { knowledgeOf } from '../harden/support/facts.ts'

type Files = Readonly<Record<string, string>>

/** Paths that it is expected to write, and what is left to a person. */
function of(lines: readonly string[], files: Files = {}): { readonly paths: string[]; readonly said: string[] } {
  const dockerfile = parseDockerfile(`${lines.join('\n')}\n`)
  const entries: BuildContext['entries'] = new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      { type: 'file', mode: 0o644, size: text.length, link: null, text },
    ]),
  )
  const knowledge = { ...knowledgeOf({}, dockerfile), context: { entries, partial: false } }
  const stated = stageInputs(dockerfile, defaultPolicy, knowledge).at(-1)?.stated
  return {
    paths: [...(stated?.needs ?? []), ...(stated?.assumed ?? [])].map(({ path }) => path),
    said: [...(stated?.remarks ?? []), ...(stated?.cautions ?? [])].map(({ message }) => message),
  }
}

const go = (...lines: readonly string[]): readonly string[] => ['FROM golang:1', 'WORKDIR /src', 'COPY . .', ...lines]
const GO_RUN = 'CMD ["go", "run", "."]'
const LOST = 'builds at the start without what line'

describe('a cache that the build has filled in the home of root is not found', () => {
  test.each<[string, readonly string[], string]>([
    [
      'of go',
      go('RUN go build ./...', GO_RUN),
      'go builds at the start without what line 4 has left in /root/.cache/go-build',
    ],
    ['by a program that runs go', go('RUN go vet ./...', 'CMD ["air"]'), 'air builds at the start without what line 4'],
    ['where a variable says it', go('ENV GOCACHE=/root/warm', 'RUN go build ./...', GO_RUN), 'has left in /root/warm'],
    ['of .NET', ['FROM x', 'COPY . .', 'RUN dotnet restore', 'CMD ["dotnet", "watch"]'], '/root/.nuget/packages'],
  ])('%s', (_, lines, message) => {
    expect(of(lines).said.join('\n')).toContain(message)
  })

  test.each<[string, readonly string[]]>([
    ['nothing has filled it', go('RUN go mod download', GO_RUN)],
    ['a tool alone was built', go('RUN go install example.org/air@latest', 'CMD ["air"]')],
    ['what was built is started', go('RUN go build -o /x .', 'CMD ["/x"]')],
    ['a variable says another place', go('ENV GOCACHE=/var/cache/go', 'RUN go build ./...', GO_RUN)],
    ['it is of another home', go('ENV HOME=/src', 'RUN go build ./...', GO_RUN)],
    ['only builds have it', go('RUN --mount=type=cache,target=/root/.cache go build ./...', GO_RUN)],
    ['it is removed', go('RUN go build ./...', 'RUN rm -rf /root/.cache/go-build', GO_RUN)],
    ['another user has filled it', go('USER 1000', 'RUN go build ./...', 'USER root', GO_RUN)],
  ])('but not where %s', (_, lines) => {
    expect(of(lines).said.join('\n')).not.toContain(LOST)
  })
})

const dev = (command: string): Files => ({ 'package.json': JSON.stringify({ scripts: { dev: command } }) })
const NODE = ['FROM node:22', 'WORKDIR /app/web', 'COPY . .', 'CMD ["npm", "run", "dev"]']
const build = (options: string): string =>
  `import * as esbuild from "esbuild"\nconst it = await esbuild.context({ ${options} })\nawait it.watch()\n`

describe('where a bundler of the start is told to write', () => {
  test.each<[string, Files, string]>([
    [
      'by a script',
      { ...dev('node build.mjs --watch'), 'build.mjs': build('outdir: "../public/js/"') },
      '/app/public/js',
    ],
    ['by a script, as a file', { ...dev('node b.js'), 'b.js': build("outfile: 'out/a.js'") }, '/app/web/out/a.js'],
    ['by an option', dev('esbuild a.ts --bundle --watch --outdir=../js'), '/app/js'],
    ['by a short option', dev('tailwindcss -i a.css -o ../css/a.css --watch'), '/app/css/a.css'],
    [
      'by a configuration',
      {
        ...dev('webpack --watch'),
        'webpack.config.js': "module.exports = { output: { path: path.resolve(__dirname, '../static') } }\n",
      },
      '/app/static',
    ],
    [
      'by one of several scripts',
      {
        'package.json': JSON.stringify({
          scripts: { dev: 'npm-run-all --parallel watch:*', 'watch:js': 'esbuild a.ts --watch --outdir=js' },
        }),
      },
      '/app/web/js',
    ],
    [
      'by a script of several at once',
      { 'package.json': JSON.stringify({ scripts: { dev: 'concurrently "npm:js"', js: 'rollup -w -d lib a.js' } }) },
      '/app/web/lib',
    ],
  ])('%s', (_, files, path) => {
    expect(of(NODE, files).paths).toContain(path)
  })

  test('what cannot be read is said', () => {
    const { said } = of(NODE, { ...dev('node build.mjs'), 'build.mjs': build('outdir: process.env.OUT') })
    expect(said).toContain('node build.mjs builds at the start with esbuild, and where it writes was not seen')
    const rollup = of(NODE, { ...dev('rollup -c -w'), 'rollup.config.mjs': 'export default { output: outputs() }\n' })
    expect(rollup.said.join('\n')).toContain('rollup -c -w builds at the start with rollup')
  })

  test.each<[string, Files]>([
    ['a script that only changes texts', { ...dev('node a.js'), 'a.js': 'import { transform } from "esbuild"\n' }],
    ['a script that no bundler is in', { ...dev('node a.js'), 'a.js': 'serve({ outdir: "public" })\n' }],
    ['a server that keeps it in memory', { ...dev('webpack serve'), 'webpack.config.js': 'module.exports = {}\n' }],
  ])('not of %s', (_, files) => {
    const { paths, said } = of(NODE, files)
    expect([paths.filter((path) => path.startsWith('/app')), said.filter((one) => one.includes('builds at'))]).toEqual([
      [],
      [],
    ])
  })
})

test('air keeps what it builds in the folder that its configuration says', () => {
  const lines = go('CMD ["air"]')
  expect(of(lines).paths).toContain('/src/tmp')
  expect(of(lines, { '.air.toml': 'root = "."\ntmp_dir = "bin"\n' }).paths).toContain('/src/bin')
  expect(of(lines, { '.air.toml': 'root = "."\n' }).paths).toContain('/src/tmp')
})
