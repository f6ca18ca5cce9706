// Makes the results in examples/ anew, with the bundle: npm run build && node scripts/make-examples.mjs
// The apps are built and run, so that needs an engine; the nginx derivative comes from the catalogue alone.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(root, 'dist', 'cli.js')

// Another folder is for the test that compares.
const out = resolve(process.argv[2] ?? join(root, 'examples'))

// A proof mostly waits, so they are made side by side.
await Promise.all([
  ...['python-app', 'node-app', 'monorepo'].map(async (app) => {
    const diff = await hardenImage(join(root, 'examples', app), ['.', '--prove'])
    mkdirSync(join(out, app), { recursive: true })
    if (diff !== null) writeFileSync(join(out, app, 'hardened.diff'), diff)
  }),
  hardenImage(out, ['nginx:latest', '--engine', 'none', '--offline', '-o', 'nginx']),
])
// By that the next run with -o knows its own files; an example has none.
rmSync(join(out, 'nginx', '.harden-image.sha256'), { force: true })

/**
 * @param {string} cwd
 * @param {string[]} args
 * @returns {Promise<string | null>} stdout; null where there is something wrong
 */
async function hardenImage(cwd, args) {
  try {
    return (await promisify(execFile)(process.execPath, [cli, ...args], { cwd, maxBuffer: 1 << 24 })).stdout
  } catch (error) {
    const { stderr, code } = /** @type {import('node:child_process').ExecFileException & { stderr: string }} */ (error)
    console.error(`${stderr}\nin ${cwd}: harden-image ${args.join(' ')} ended with exit code ${code}`)
    process.exitCode = 1
    return null
  }
}
