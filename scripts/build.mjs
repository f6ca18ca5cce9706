// dist/cli.js and dist/index.js as one file each, the declarations beside them, and the notices of what is inside.
import { execFileSync } from 'node:child_process'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { imageReader } from './image-reader.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

// Bundled CommonJS packages still call require() for Node's own modules, which an ES module does not have.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** @param {'cli' | 'index'} name */
async function bundle(name) {
  const hasShebang = name === 'cli' && (await readFile('src/cli.ts', 'utf8')).startsWith('#!')
  const result = await build({
    entryPoints: [`src/${name}.ts`],
    outfile: `dist/${name}.js`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: { js: name === 'cli' && !hasShebang ? `#!/usr/bin/env node\n${REQUIRE}` : REQUIRE },
    // Its CommonJS build hides its parts from the bundler.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    define: await imageReader(),
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return Object.keys(result.metafile.inputs)
}

/**
 * The licences of the packages in the bundles ask that their text comes along.
 * @param {string[]} inputs paths below the repository
 */
async function notices(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)
    if (found) folders.add(found[0])
  }
  const parts = []
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? await readFile(join(folder, file), 'utf8') : 'No licence file in the package.'
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`)
  }
  return parts.join(`\n${'-'.repeat(72)}\n\n`)
}

await rm('dist', { recursive: true, force: true })
const inputs = [...(await bundle('cli')), ...(await bundle('index'))]
await chmod('dist/cli.js', 0o755)
await writeFile('dist/THIRD-PARTY-NOTICES.txt', await notices(inputs))

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], { stdio: 'inherit' })
