// @ts-nocheck: by hand, and of no use to anything else
// Peak memory and outcome of `inspect` against a registry that sends 2 GB, or lists of files without end. By hand:
//   npm run build && node bench/hostile-registry.mjs [case]
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const GB = 1024 ** 3
const digest = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Spaces, so that only the size is wrong. */
function* spaces(bytes) {
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk
}

function header(name, size, flag = '0') {
  const block = Buffer.alloc(512)
  block.write(name)
  block.write('0000644\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write(flag, 156)
  block.write('ustar\u000000', 257)
  block.write('        ', 148)
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return block
}

function* oneFile(bytes) {
  yield header('zeros', bytes)
  const chunk = Buffer.alloc(1024 * 1024)
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk
  yield Buffer.alloc(1024)
}

function* manyFiles(count) {
  for (let at = 0; at < count; at += 1000) {
    const folder = `usr/lib/node_modules/package-${Math.floor(at / 100)}/node_modules/inner/dist`
    yield Buffer.concat(Array.from({ length: 1000 }, (_, each) => header(`${folder}/file-${at + each}.js`, 0)))
  }
  yield Buffer.alloc(1024)
}

async function packed(chunks) {
  const out = []
  await pipeline(Readable.from(chunks), createGzip({ level: 1 }), async (bytes) => {
    for await (const chunk of bytes) out.push(chunk)
  })
  return Buffer.concat(out)
}

/** The answers to requests for an image of that layer. */
async function image(chunks, count = 1) {
  const layer = await packed(chunks)
  const layers = Array.from({ length: count }, () => ({ digest: digest(layer), size: layer.length }))
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { diff_ids: layers.map(() => 'x') } }),
  )
  const manifest = Buffer.from(JSON.stringify({ config: { digest: digest(config) }, layers }))
  const blobs = new Map([layer, config].map((each) => [digest(each), each]))
  return (_, response, path) =>
    response.end(path.includes('/manifests/') ? manifest : blobs.get(path.split('/').at(-1)))
}

const stream = (response, bytes) => pipeline(Readable.from(spaces(bytes)), response).catch(() => {})

const cases = {
  'manifest of 2 GB': async () => (_, response) => stream(response, 2 * GB),
  'config of 2 GB': async () => {
    const manifest = JSON.stringify({ config: { digest: digest('x') }, layers: [] })
    return (_, response, path) => (path.includes('/manifests/') ? response.end(manifest) : stream(response, 2 * GB))
  },
  'token of 2 GB': async () => (request, response, path) =>
    path === '/token'
      ? stream(response, 2 * GB)
      : response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end(),
  'error of 2 GB': async () => (_, response) => {
    response.writeHead(500)
    stream(response, 2 * GB)
  },
  'manifest of 4 MB of empty objects': async () => {
    const text = `{"manifests":[${'{},'.repeat(1_300_000)}{}]}`
    return (_, response) => response.end(text)
  },
  'one file of 2 GB': async () => image(oneFile(2 * GB)),
  'one file of 8 GB': async () => image(oneFile(8 * GB - 1024 ** 2)),
  '500,000 files': async () => image(manyFiles(500_000)),
  '500,000 files, 60 times': async () => image(manyFiles(500_000), 60),
  '5,000,000 files': async () => image(manyFiles(5_000_000)),
}

async function measure(name) {
  const answer = await cases[name]()
  const server = createServer((request, response) => {
    response.on('error', () => {})
    answer(request, response, new URL(request.url, 'http://x').pathname)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const target = `127.0.0.1:${server.address().port}/team/web:1`
  const since = performance.now()
  const child = spawn(process.execPath, ['dist/cli.js', 'inspect', '--engine', 'none', target], {
    env: { ...process.env, XDG_CACHE_HOME: '/nowhere', DOCKER_CONFIG: '/nowhere' },
  })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.on('data', (data) => (said += data))
  let peak = 0
  const timer = setInterval(() => {
    const found = /VmHWM:\s+(\d+)/.exec(readStatus(child.pid))
    if (found) peak = Math.max(peak, Number(found[1]) / 1024)
  }, 20)
  const code = await new Promise((done) => child.on('close', done))
  clearInterval(timer)
  server.closeAllConnections()
  server.close()
  const line =
    said.split('\n').find((each) => /cannot be|could not|unknown|not read|more than/.test(each)) ?? said.split('\n')[0]
  console.log(
    `${name}: ${Math.round(peak)} MB, ${((performance.now() - since) / 1000).toFixed(1)} s, exit ${code}: ${line.trim().slice(0, 160)}`,
  )
}

function readStatus(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

for (const name of Object.keys(cases).filter((each) => each.includes(process.argv[2] ?? ''))) await measure(name)
