// The import rule: what may know what. A new package or folder gets its line in one of the tables.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { expect, test } from '@jest/globals'
import ts from 'typescript'
import { importsIn } from '../scripts/rooms.mjs'

/** No file system, environment, clock, process or network: text and facts in, decisions out. */
const PURE =
  /^(src\/(attest|borders|contents|dockerfile|evidence|manifests|plan|report|shell|start)\/|src\/image\/(?!sources\/(?!catalogue\.ts$))|src\/userns\/(?!host\/)|src\/playground\/\w+\.ts$|src\/app\/(base-images|grammars|harden|harden-text|profile|stage-inputs|verdict)\.ts$|src\/(bounds|decisions|edit|path|places|questions|transform|errors|table|memoize|words|in-turn)\.ts$|transforms\/)/

const PACKAGE_OWNERS: Readonly<Record<string, RegExp>> = {
  'dockerfile-ast': /^src\/dockerfile\//,
  unbash: /^src\/shell\//,
  diff: /^src\/report\/diff\.ts$/,
  'jsonc-parser': /^src\/userns\/daemon-config\.ts$/,
  sarif: /^src\/report\/sarif\.ts$/,
  'p-limit': /^src\/proof\/container\/limiter\.ts$/,
  execa: /^src\/engine\//,
  'tar-stream': /^src\/image\/sources\//,
  fzstd: /^src\/image\/sources\/stored\/compression\.ts$/,
  // What an address is, and which hosts are of one site.
  'ipaddr.js': /^src\/image\/sources\/registry\/where\.ts$/,
  tldts: /^src\/image\/sources\/registry\/where\.ts$/,
  ignore: /^src\/repository\//,
  // What reads sources; its grammars are files of @vscode/tree-sitter-wasm.
  'web-tree-sitter': /^src\/app\/grammars\.ts$/,
  // Configuration is read; Compose files and manifests are changed in place.
  yaml: /^src\/(repository|manifests)\//,
  // How wide a text is on a terminal, and where it breaks.
  'string-width': /^src\/report\/layout\.ts$/,
  'wrap-ansi': /^src\/report\/layout\.ts$/,
  // What an editor says, and the texts that it has open.
  'vscode-languageserver': /^src\/cli\/lsp(-answers)?\.ts$/,
  'vscode-languageserver-textdocument': /^src\/cli\/lsp(-answers)?\.ts$/,
  yargs: /^src\/cli(\.ts$|\/)/,
  '@codemirror/commands': /^src\/playground\/page\/editor\.ts$/,
  '@codemirror/language': /^src\/playground\/page\/editor\.ts$/,
  '@codemirror/legacy-modes': /^src\/playground\/page\/editor\.ts$/,
  '@codemirror/state': /^src\/playground\/page\/editor\.ts$/,
  '@codemirror/view': /^src\/playground\/page\/editor\.ts$/,
  '@lezer/highlight': /^src\/playground\/page\/editor\.ts$/,
}

const TRANSFORMS_MAY_IMPORT =
  /^(transforms\/|src\/(transform|edit|errors|bounds|memoize|words|places)\.ts$|src\/(borders|contents|dockerfile|evidence|image|plan|shell|start)\/(?!sources\/))/
const CLI = /^src\/cli(\.ts$|\/)/
const AMBIENT = new Set(['process', 'Date', 'fetch', 'performance', 'setTimeout', 'setInterval', 'console'])

interface Import {
  readonly specifier: string
  /** The path below the repository for a relative import, else the package or built-in module. */
  readonly target: string
  readonly typeOnly: boolean
  /** Loaded when it is used. */
  readonly isDynamic: boolean
}

interface Module {
  readonly path: string
  readonly imports: readonly Import[]
  /** Names from AMBIENT that the file uses without declaring them. */
  readonly ambient: readonly string[]
}

function readModule(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  const imports = importsIn(source).map(({ specifier, typeOnly, isDynamic }): Import => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : packageOf(specifier)
    return { specifier, target, typeOnly, isDynamic }
  })
  const declared = new Set<string>()
  const used = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (
      (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name)
    )
      declared.add(node.name.text)
    if (
      (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) || ts.isNewExpression(node)) &&
      ts.isIdentifier(node.expression)
    )
      used.add(node.expression.text)
    if (node.getText() === 'Math.random') used.add('Math.random')
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(source, visit)
  const ambient = [...used].filter((name) => (AMBIENT.has(name) || name === 'Math.random') && !declared.has(name))
  return { path, imports, ambient }
}

function packageOf(specifier: string): string {
  if (isBuiltin(specifier)) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What is wrong with one module, one line each. */
function violations({ path, imports, ambient }: Module): string[] {
  const found: string[] = []
  for (const { specifier, target, typeOnly } of imports) {
    const say = (why: string) => found.push(`${path} imports ${specifier}: ${why}`)
    const local = specifier.startsWith('.')
    if (local) {
      if (CLI.test(target) && !CLI.test(path)) say('nothing imports the command line')
      if (PURE.test(path) && !typeOnly && /^(src|transforms)\//.test(target) && !PURE.test(target))
        say('a pure module may import only types of one that is not')
      if (path.startsWith('catalogue/') && !target.startsWith('catalogue/')) say('the catalogue is data alone')
      if (path.startsWith('transforms/') && !TRANSFORMS_MAY_IMPORT.test(target))
        say('a transform knows only the transform interface, the Dockerfile, the image and the plan')
      continue
    }
    if (isBuiltin(specifier)) {
      if (PURE.test(path)) say('a pure module uses no built-in module')
      continue
    }
    const owner = PACKAGE_OWNERS[target]
    if (!owner) say('a package has one owner: name it in PACKAGE_OWNERS')
    else if (!owner.test(path)) say(`the package belongs to ${owner.source}`)
  }
  if (PURE.test(path)) for (const name of ambient) found.push(`${path} uses ${name}: a pure module gets it as input`)
  return found
}

const modules = ['src', 'transforms', 'catalogue'].filter(existsSync).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.ts'))
    .map((entry) => join(folder, entry))
    .map((path) => readModule(path, readFileSync(path, 'utf8'))),
)

/** What a Dockerfile is hardened by, beginning with what the program loads for it. */
const STATIC_RUN = [
  'src/cli/program.ts',
  'src/cli/work.ts',
  'src/app/pipeline.ts',
  'transforms/index.ts',
  'src/report/diff.ts',
]
/** Of an engine, of registries and archives, of proofs, profiles and configuration. */
const NOT_LOADED =
  /^(execa|tar-stream|fzstd|tldts|ipaddr\.js|yaml|jsonc-parser|web-tree-sitter|node:(https?|tls|zlib|child_process|vm))$/

test('a run without engine, network, proof and configuration loads nothing of them', () => {
  const loaded = new Set(STATIC_RUN)
  for (const path of loaded)
    for (const { target, typeOnly, isDynamic } of modules.find((one) => one.path === path)?.imports ?? [])
      if (!typeOnly && !isDynamic) loaded.add(target)
  expect(loaded.size).toBeGreaterThan(100)
  expect([...loaded].filter((target) => NOT_LOADED.test(target))).toEqual([])
})

/** The sources of image facts stand on the engine, which stands on what an image is: a folder of their own. */
function folderOf(path: string): string {
  if (path.startsWith('src/image/sources/')) return 'src/image/sources'
  const [top = '', second = '', third] = path.split('/')
  return top === 'src' ? `src/${third === undefined ? second : `${second}/`}` : `${top}/`
}

/** The folders that lead back to themselves, each with the imports that make it so. */
function circles(all: readonly Module[]): string[] {
  const leads = new Map<string, Set<string>>()
  const local = all.flatMap(({ path, imports }) =>
    imports.filter(({ specifier }) => specifier.startsWith('.')).map(({ target }) => [path, target] as const),
  )
  for (const [path, target] of local) {
    const [from, to] = [folderOf(path), folderOf(target)]
    if (from !== to) leads.set(from, (leads.get(from) ?? new Set()).add(to))
  }
  const reached = (from: string): ReadonlySet<string> => {
    const found = new Set<string>()
    const open = [from]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const next of leads.get(at) ?? []) if (!found.has(next)) open.push(next) && found.add(next)
    return found
  }
  const around = new Set([...leads.keys()].filter((folder) => reached(folder).has(folder)))
  return local
    .filter(([path, target]) => {
      const [from, to] = [folderOf(path), folderOf(target)]
      return from !== to && around.has(from) && reached(to).has(from)
    })
    .map(([path, target]) => `${path} imports ${target}, which leads back to it`)
}

test('folders form no circle, types included', () => {
  expect(circles(modules)).toEqual([])
  const back = readModule('src/plan/x.ts', "import type { Options } from '../app/task.ts'")
  expect(circles([...modules, back]).length).toBeGreaterThan(0)
})

const EXPORTED_TYPE = /^export (?:interface|type) (\w+)(?= extends|<| =| \{)/gm

test('an exported type has a name of its own', () => {
  const declared = new Map<string, string[]>()
  for (const { path } of modules)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(EXPORTED_TYPE))
      declared.set(name, [...(declared.get(name) ?? []), path])
  expect(declared.size).toBeGreaterThan(300)
  expect([...declared].filter(([, paths]) => paths.length > 1)).toEqual([])
})

/** A table by names that is an object of its own kind has `constructor` in it, which a stranger may ask for. */
const BARE_TABLE = /^(?:export )?const (\w+): (?:Readonly<\s*)?Record<\s*string,(?:(?!^\S)[\s\S])*?= \{/gm

test('every table that is asked by name has nothing but its own names', () => {
  const bare = modules
    .filter(({ path }) => !CLI.test(path))
    .flatMap(({ path }) => [...readFileSync(path, 'utf8').matchAll(BARE_TABLE)].map(([, name]) => `${path}: ${name}`))
  expect(bare).toEqual([])
})

test('every module keeps the import rule', () => {
  expect(modules.flatMap(violations)).toEqual([])
})

test.each([
  ['src/plan/a.ts', "import { readFile } from 'node:fs/promises'"],
  ['src/plan/a.ts', "import type { Stats } from 'fs'"],
  ['src/plan/a.ts', "import { run } from '../engine/docker.ts'"],
  ['src/image/a.ts', "export { pull } from './sources/registry.ts'"],
  ['src/app/harden.ts', "const engine = await import('../engine/docker.ts')"],
  ['src/report/json.ts', 'export const at = () => Date.now()'],
  ['src/report/json.ts', 'export const at = () => new Date()'],
  ['src/edit.ts', 'export const home = process.env.HOME'],
  ['src/proof/a.ts', "import { execa } from 'execa'"],
  ['src/report/text.ts', "import { createTwoFilesPatch } from 'diff'"],
  ['src/proof/a.ts', "import left from 'left-pad'"],
  ['src/proof/a.ts', "import { main } from '../cli.ts'"],
  ['transforms/a.ts', "import { json } from '../src/report/json.ts'"],
  ['catalogue/a.ts', "import { nameOf } from '../src/path.ts'"],
])('%s may not say: %s', (path, text) => {
  expect(violations(readModule(path, text))).toHaveLength(1)
})

test.each([
  ['src/plan/a.ts', "import type { Engine } from '../engine/engine.ts'"],
  ['src/plan/a.ts', 'for (const process of trace) uids.add(process.uid)'],
  ['src/report/diff.ts', "import { createTwoFilesPatch } from 'diff'"],
  [
    'src/cli.ts',
    "import yargs from 'yargs'\nimport { hideBin } from 'yargs/helpers'\nimport { harden } from './app/harden.ts'",
  ],
  [
    'transforms/index.ts',
    "import type { Transform } from '../src/transform.ts'\nimport { setUser } from './set-user.ts'",
  ],
])('%s may say: %s', (path, text) => {
  expect(violations(readModule(path, text))).toEqual([])
})

/** What opens or lists a file, of node:fs and node:fs/promises. */
const OPENS =
  /^(?:open|readFile|readdir|opendir|copyFile|cp|read|readv)(?:Sync)?$|^(?:createReadStream|openAsBlob|glob(?:Sync)?|FileHandle)$/

/** Who opens files besides the one door, `src/files-in.ts`, and which: none that a repository or a build context has laid. */
const OPENS_OTHERS: Readonly<Record<string, string>> = {
  'src/cli.ts': 'the program itself',
  'src/app/grammar-files.ts': 'grammars that come with the program',
  'src/cli/clean.ts': 'what killed runs left',
  'src/cli/resume.ts': "the caller's own state",
  'src/fleet/key.ts': 'streams that the door has opened',
  'src/fleet/store.ts': 'the folder of results that the caller names',
  'src/made-by.ts': '/proc',
  'src/run-list.ts': "the caller's own list of what runs made",
  'src/temporary.ts': 'what killed runs left',
  'src/repository/files.ts': 'what the caller names, which may be a pipe; and the folders that it writes into',
  'src/repository/trust.ts': "the caller's own list of folders",
  // A proof runs on copies, in which links stay links.
  'src/app/stack-proof.ts': 'the copy of a build context',
  'src/proof/drivers/host-files.ts': 'the copies of what a stack mounts',
}
const OPENS_NO_TARGET = /^src\/(?:engine|image\/sources|userns\/host|proof\/(?:sandbox|trace))\//

function opensFiles(path: string, text: string): readonly string[] {
  return [...text.matchAll(/^import (?:(\w+|\* as \w+)|\{([^}]*)\}) from '(?:node:)?fs(?:\/promises)?'/gm)].flatMap(
    ([, whole, names = '']) => [
      ...(whole === undefined ? [] : [`${path}: ${whole}`]),
      ...names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => OPENS.test(name.replace(/ as .*/, '')))
        .map((name) => `${path}: ${name}`),
    ],
  )
}

test('files of a target are opened by one door', () => {
  const opening = modules
    .map(({ path }) => path)
    .filter((path) => opensFiles(path, readFileSync(path, 'utf8')).length > 0 && !OPENS_NO_TARGET.test(path))
  expect(opening.sort()).toEqual(['src/files-in.ts', ...Object.keys(OPENS_OTHERS)].sort())
  expect(opensFiles('src/repository/x.ts', "import { lstatSync, readFileSync } from 'node:fs'\n")).toHaveLength(1)
  expect(opensFiles('src/repository/x.ts', "import fs from 'node:fs'\n")).toHaveLength(1)
})
