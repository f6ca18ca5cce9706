import { build } from 'esbuild'
import { imageReader } from './image-reader.mjs'

for (const min of [false, true])
  await build({
    entryPoints: ['src/cli.ts'],
    outfile: `/tmp/hs/cjs${min ? 'min' : ''}.cjs`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    define: { ...(await imageReader()), 'import.meta.url': '"file:///x"' },
    minifySyntax: min,
    minifyWhitespace: min,
    minifyIdentifiers: false,
  }).catch((e) => console.log(String(e).slice(0, 500)))
