// Makes the results in examples/ anew, with the bundle: npm run build && node scripts/make-examples.mjs
// The apps are built and run, so that needs an engine; the nginx derivative comes from the catalogue alone.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(root, 'dist', 'cli.js')

/** Of each example: where the command is run, its arguments, and where its output goes. */
const examples = [
  { folder: 'nginx', args: ['nginx:latest', '--engine', 'none'], result: 'Dockerfile' },
  { folder: 'python-app', args: ['.', '--prove'], result: 'hardened.diff' },
  { folder: 'node-app', args: ['.', '--prove'], result: 'hardened.diff' },
  { folder: 'monorepo', args: ['.', '--prove'], result: 'hardened.diff' },
]

// Another folder is for the test that compares.
const out = resolve(process.argv[2] ?? join(root, 'examples'))
for (const { folder, args, result } of examples) {
  const cwd = join(root, 'examples', folder)
  mkdirSync(cwd, { recursive: true })
  const { status, stdout } = spawnSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) {
    console.error(`examples/${folder}: harden-image ${args.join(' ')} ended with exit code ${status}`)
    process.exitCode = 1
    continue
  }
  mkdirSync(join(out, folder), { recursive: true })
  writeFileSync(join(out, folder, result), stdout)
}
