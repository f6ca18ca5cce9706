import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { grammarLoader } from './grammars.ts'

export const loadGrammars = grammarLoader(async (name) => readFile(wasmFile(name)))

/** Beside the program where it was bundled, else of the packages. */
function wasmFile(name: string): string {
  const beside = join(dirname(fileURLToPath(import.meta.url)), 'grammars', `${name}.wasm`)
  if (existsSync(beside)) return beside
  const { resolve } = createRequire(import.meta.url)
  return name === 'web-tree-sitter'
    ? resolve('web-tree-sitter/web-tree-sitter.wasm')
    : resolve(`@vscode/tree-sitter-wasm/wasm/${name}.wasm`)
}
