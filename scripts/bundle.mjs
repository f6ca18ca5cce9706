// What bundles have in common: those of the package, of the benches and of the playground.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What sources are read with, below node_modules: tree-sitter itself, and a grammar each. */
export const GRAMMAR_FILES = [
  'web-tree-sitter/web-tree-sitter.wasm',
  ...['go', 'javascript', 'php', 'python', 'tsx', 'typescript'].map(
    (name) => `@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`,
  ),
]

export const moduleBundle = /** @type {const} */ ({
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  loader: { '.md': 'text' },
  // Bundled CommonJS packages still call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
})

/** Of classic scripts for a browser, where nothing of Node.js can be resolved. */
export const browserBundle = /** @type {const} */ ({
  bundle: true,
  platform: 'browser',
  target: 'es2023',
  format: 'iife',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  loader: { '.md': 'text' },
  // Nothing is laid out in columns here, and tree-sitter is given what it would look for beside its script.
  alias: { 'string-width': './scripts/string-width.mjs', 'wrap-ansi': './scripts/wrap-ansi.mjs' },
  define: { 'import.meta.url': '""' },
  inject: /** @type {string[]} */ (['./scripts/buffer-in-browser.mjs']),
  logLevel: 'warning',
})

/**
 * The licences of the packages in the bundles ask that their text comes along.
 * @param {string[]} inputs paths below the repository
 */
export async function notices(inputs) {
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
