// npm run playground: site/, the page that runs the pure half of the tool in a browser. It is committed: made anew for a release.
//   node scripts/playground.mjs [FOLDER | --check]    into another folder, or: is site/ what is built now?
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib'
import { build } from 'esbuild'
import { browserBundle, GRAMMAR_FILES, notices } from './bundle.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src/playground/page')

/** What the page offers to begin with: a folder, and the files of it that are read. The first is shown at once. */
const EXAMPLES = /** @type {const} */ ([
  ['Flask app on port 80', 'examples/python-app', ['guestbook.py']],
  ['Node.js app', 'examples/node-app', ['server.js', 'gallery.js']],
  ['nginx with a site', 'examples/monorepo/services/web', ['site.conf']],
  ['Redis behind a start script', 'test/engine/images/redis-entrypoint', ['docker-entrypoint.sh']],
  ['Backup script', 'examples/monorepo/services/db-tools', ['backup.sh']],
])

/**
 * One script of the page, for a browser: what only Node.js has cannot be built. With the files that it is made of.
 * @param {string} entry
 */
async function script(entry) {
  const { metafile, outputFiles } = await build({
    ...browserBundle,
    absWorkingDir: root,
    entryPoints: [join(source, entry)],
    metafile: true,
    write: false,
  })
  // Within a page this would begin a comment, in which the end of a script is not seen.
  const text = (outputFiles[0]?.text ?? '').trim().replaceAll('<!--', '\\x3c!--')
  return { text, inputs: Object.keys(metafile.inputs) }
}

async function examples() {
  const all = EXAMPLES.map(async ([name, folder, paths]) => {
    const textOf = (/** @type {string} */ path) => readFile(join(root, folder, path), 'utf8')
    const files = await Promise.all(paths.map(async (path) => [path, await textOf(path)]))
    return { name, dockerfile: await textOf('Dockerfile'), files }
  })
  const image = { name: 'The nginx image', dockerfile: 'FROM nginx:latest\n', files: [] }
  return JSON.stringify([...(await Promise.all(all)), image]).replaceAll('<', '\\u003c')
}

/** @param {string} text */
function hashOf(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/**
 * The page as one text: it loads nothing but grammars, which are scripts beside it.
 * @param {string} worker
 * @param {string} main
 */
async function page(worker, main) {
  const [style, template, manifest] = await Promise.all(
    [join(source, 'page.css'), join(source, 'page.html'), join(root, 'package.json')].map((path) =>
      readFile(path, 'utf8'),
    ),
  )
  const policy = [
    "default-src 'none'",
    // What this script loads may run: in the file system there is no origin that a rule on addresses could name.
    `script-src ${hashOf(main)} 'strict-dynamic' 'wasm-unsafe-eval'`,
    'worker-src blob:',
    `style-src ${hashOf(style ?? '')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types playground',
  ].join('; ')
  const { name, version } = JSON.parse(manifest ?? '')
  const parts = { policy, style, worker, script: main, examples: await examples(), tool: `${name} ${version}` }
  return Object.entries(parts).reduce(
    (text, [key, value]) => text.replace(`{{${key}}}`, () => value ?? ''),
    template ?? '',
  )
}

/**
 * A part of what reads sources as a script: its bytes, deflated, in base64.
 * @param {string} path below node_modules
 * @returns {Promise<[string, string]>}
 */
async function part(path) {
  const bytes = deflateRawSync(await readFile(join(root, 'node_modules', path)), { level: 9 })
  const name = basename(path, '.wasm')
  return [`grammars/${name}.js`, `hardenImagePart('${name}', '${bytes.toString('base64')}')\n`]
}

/**
 * The files of site/, by their path in it.
 * @returns {Promise<ReadonlyMap<string, string>>}
 */
async function site() {
  const [worker, main, grammars] = await Promise.all([
    script('worker.ts'),
    script('page.ts'),
    Promise.all(GRAMMAR_FILES.map(part)),
  ])
  const inputs = [...worker.inputs, ...main.inputs, ...GRAMMAR_FILES.map((path) => `node_modules/${path}`)]
  return new Map([
    ['index.html', await page(worker.text, main.text)],
    ['THIRD-PARTY-NOTICES.txt', await notices(inputs)],
    ...grammars,
  ])
}

/** @param {ReadonlyMap<string, string>} files */
async function write(files) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'grammars'), { recursive: true })
  for (const [path, text] of files) await writeFile(join(folder, path), text)
  const sum = [...files.values()].reduce((all, text) => all + text.length, 0)
  const first = gzipSync(files.get('index.html') ?? '', { level: 9 }).length
  console.log(`site/: ${files.size} files, ${kilobytes(sum)}; the page itself, compressed: ${kilobytes(first)}`)
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`
}

/**
 * What one zlib packs is not what another packs: of a part its own bytes count.
 * @param {string} one
 * @param {string} other
 */
function same(one, other) {
  const bytes = (/** @type {string} */ text) => {
    const [, base64 = ''] = /^hardenImagePart\('[\w-]+', '([^']+)'\)\n$/.exec(text) ?? []
    return base64 === '' ? text : inflateRawSync(Buffer.from(base64, 'base64')).toString('latin1')
  }
  return bytes(one) === bytes(other)
}

/** @param {ReadonlyMap<string, string>} files */
async function check(files) {
  const old = await Promise.all(
    [...files].map(async ([path, text]) =>
      same(await readFile(join(folder, path), 'utf8').catch(() => ''), text) ? [] : [path],
    ),
  )
  if (old.flat().length === 0) return
  console.error(`site/ is not what is built now: ${old.flat().join(', ')}; npm run playground builds it`)
  process.exitCode = 1
}

const [asked] = process.argv.slice(2)
const folder = asked === undefined || asked === '--check' ? join(root, 'site') : asked
await (asked === '--check' ? check : write)(await site())
