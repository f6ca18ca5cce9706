// node bench/run.mjs NAME [arguments]: bundles bench/NAME/main.ts, as the package is bundled, and runs it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { moduleBundle } from '../scripts/bundle.mjs'
import { imageReader } from '../scripts/image-reader.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [name = '', ...rest] = process.argv.slice(2)
// Grammars are found by the packages above it.
const cache = join(root, 'node_modules', '.cache')
mkdirSync(cache, { recursive: true })
const scratch = mkdtempSync(join(cache, 'bench-'))
try {
  const outfile = join(scratch, `${name}.mjs`)
  await build({
    ...moduleBundle,
    entryPoints: [join(root, 'bench', name, 'main.ts')],
    outfile,
    define: await imageReader(),
  })
  const { main } = await import(pathToFileURL(outfile).href)
  process.exitCode = await main(rest)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
