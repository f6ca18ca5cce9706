// dist/cli.js and dist/index.js with the program that both have their code of, the declarations beside them, and the notices of what is inside.
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { GRAMMAR_FILES, moduleBundle, notices } from './bundle.mjs'
import { imageReader } from './image-reader.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const inputsFile = 'dist/.inputs'
const digest = await digestOfInputs()
if (digest === (await readFile(inputsFile, 'utf8').catch(() => null))) {
  process.stdout.write('dist/ is up to date: not built again\n')
  process.exit()
}

/** Of all that the build reads, and of this Node, which the compiled code is good for. */
async function digestOfInputs() {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}\0`)
  const folders = ['catalogue', 'docs/rules', 'schema', 'scripts', 'src', 'transforms']
  const below = folders.map(async (folder) =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(),
  )
  const single = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
  for (const file of [...single, ...(await Promise.all(below)).flat()])
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update('\0')
  return hash.digest('hex')
}

const shared = /** @type {const} */ ({
  ...moduleBundle,
  // Without the names in a stack nobody could say where a bug is.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  // Its CommonJS build hides its parts from the bundler.
  alias: {
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    'escalade/sync': './scripts/no-package-above.mjs',
    'string-width': './scripts/string-width.mjs',
    'wrap-ansi': './scripts/wrap-ansi.mjs',
  },
  define: await imageReader(),
  legalComments: 'none',
  metafile: true,
})

/** What starts the program. */
async function starter() {
  await build({ ...shared, entryPoints: ['src/cli.ts'], outdir: 'dist' })
}

/** The library: the package has its code once. */
async function library() {
  const entryPoints = ['src/index.ts']
  const { metafile } = await build({ entryPoints, bundle: false, format: 'esm', metafile: true, write: false })
  const names = Object.values(metafile.outputs).flatMap((output) => output.exports)
  const text = [
    "import { createRequire } from 'node:module'",
    'const [require, parts] = [createRequire(import.meta.url), { exports: {} }]',
    // An import would look for the names that it exports, which takes twice as long as to run it.
    "require('./program.cjs')(require, parts, new URL('program.cjs', import.meta.url).href)",
    `export const { ${names.sort().join(', ')} } = parts.exports.library()`,
  ]
  await writeFile('dist/index.js', `${text.join('\n')}\n`)
}

/**
 * The command line and the library, each of which runs when it is asked for: one function of what a module has. A script that is an
 * expression gives it, since of a script V8 can keep what it has compiled, and of modules it cannot before Node 22; and as a module it
 * is what is exported. What is imported where it is used is in it too, and does not run before.
 */
async function program() {
  const { metafile, outputFiles } = await build({
    ...shared,
    stdin: {
      contents:
        "module.exports = { run: () => require('./src/cli/program.ts'), library: () => require('./src/index.ts') }",
      resolveDir: root,
    },
    outfile: 'dist/program.cjs',
    format: 'cjs',
    // Its ES module makes a require() of its own, which hides the one that an import becomes here.
    alias: { ...shared.alias, 'web-tree-sitter': './node_modules/web-tree-sitter/web-tree-sitter.cjs' },
    supported: { 'dynamic-import': false },
    // What it would find beside itself it is given.
    define: { ...shared.define, 'import.meta.url': '__url', __dirname: '""', __filename: '""' },
    banner: { js: '(typeof module === "object" ? module : {}).exports = (function (require, module, __url) {' },
    footer: { js: '})' },
    write: false,
  })
  const text = outputFiles[0]?.text ?? ''
  await writeFile('dist/program.cjs', `// ${createHash('sha256').update(text).digest('hex')}\n${text}`)
  return Object.keys(metafile.inputs)
}

/** What sources are read with is no script: it lies beside the bundles, which load it when they need it. Gives the folders it comes from. */
async function grammars() {
  await mkdir('dist/grammars', { recursive: true })
  const paths = GRAMMAR_FILES.map((file) => `node_modules/${file}`)
  await Promise.all(paths.map((path) => copyFile(path, join('dist/grammars', basename(path)))))
  return paths
}

/** The page of the manual, by the part of the program that has it. */
async function manual() {
  const outfile = join(root, 'dist/.manual.mjs')
  await build({ ...shared, entryPoints: ['src/cli/manual.ts'], outfile })
  const { manual: page } = await import(pathToFileURL(outfile).href)
  await rm(outfile)
  await writeFile('dist/harden-image.1', page())
}

await rm('dist', { recursive: true, force: true })
// Beside the rest: it takes as long as all of that.
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const declared = promisify(execFile)(process.execPath, [tsc, '--project', 'tsconfig.build.json'])
const [ofProgram, ofGrammars] = await Promise.all([program(), grammars(), starter(), library(), manual()])
const inputs = [...ofProgram, ...ofGrammars]
await chmod('dist/cli.js', 0o755)
await writeFile('dist/THIRD-PARTY-NOTICES.txt', await notices(inputs))

execFileSync(process.execPath, ['scripts/code-cache.mjs'], { stdio: 'inherit' })
await declared

// Last: a build that was broken off is no build.
await writeFile(inputsFile, digest)
