// node scripts/code-cache.mjs: runs the built program on one of the examples and keeps what V8 has compiled for that in
// dist/program.cache. In a process of its own, since it is this Node, with its flags, that the code is good for.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Script } from 'node:vm'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const program = join(root, 'dist/program.cjs')
const source = readFileSync(program, 'latin1')
const script = new Script(source, { filename: program })

process.argv.splice(
  1,
  Infinity,
  join(root, 'dist/cli.js'),
  '--engine',
  'none',
  '--offline',
  join(root, 'examples/node-app'),
)
process.stdout.write = process.stderr.write = () => true
process.on('exit', () => {
  const mark = source.slice(0, source.indexOf('\n') + 1)
  writeFileSync(join(root, 'dist/program.cache'), Buffer.concat([Buffer.from(mark), script.createCachedData()]))
  process.exitCode = 0
})
const parts = { exports: /** @type {{ run?: () => unknown }} */ ({}) }
script.runInThisContext()(createRequire(program), parts, pathToFileURL(program).href)
parts.exports.run?.()
