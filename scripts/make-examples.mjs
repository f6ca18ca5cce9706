// Makes the results in examples/ anew, with the bundle: npm run build && node scripts/make-examples.mjs
// The apps are built and run, so that needs an engine; the nginx derivative comes from the catalogue alone.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(root, 'dist', 'cli.js')

// Another folder is for the test that compares.
const out = resolve(process.argv[2] ?? join(root, 'examples'))

for (const app of ['python-app', 'node-app', 'monorepo']) {
  const diff = hardenImage(join(root, 'examples', app), ['.', '--prove'])
  mkdirSync(join(out, app), { recursive: true })
  if (diff !== null) writeFileSync(join(out, app, 'hardened.diff'), diff)
}
hardenImage(out, ['nginx:latest', '--engine', 'none', '-o', 'nginx'])

/**
 * @param {string} cwd
 * @param {string[]} args
 * @returns {string | null} stdout; null where there is something wrong
 */
function hardenImage(cwd, args) {
  const options = { cwd, encoding: /** @type {const} */ ('utf8'), maxBuffer: 1 << 24 }
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options)
  if (status === 0) return stdout
  console.error(`${stderr}\nin ${cwd}: harden-image ${args.join(' ')} ended with exit code ${status}`)
  process.exitCode = 1
  return null
}
