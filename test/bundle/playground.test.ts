// The playground as it is built: what runs in the browser has nothing of Node.js, and says what the command says.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FromWorker, ToWorker } from '../../src/playground/answer.ts'
import type { PlaygroundInput } from '../../src/playground/input.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
let folder = ''
let page = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-playground-'))
  await run(process.execPath, ['scripts/playground.mjs', folder], { cwd: root })
  page = await readFile(join(folder, 'index.html'), 'utf8')
})
afterAll(() => rm(folder, { recursive: true }))

function element(id: string): string {
  return new RegExp(`<script [^>]*id="${id}">(.*?)</script>`, 's').exec(page)?.[1] ?? ''
}

const examples = (): readonly (PlaygroundInput & { readonly name: string })[] => JSON.parse(element('examples'))

/** The worker of the page where there is nothing but the language and what any browser has. */
function startWorker(): (message: ToWorker) => Promise<FromWorker> {
  let receive: ((event: { data: ToWorker }) => void) | null = null
  let answer: (said: FromWorker) => void = () => {}
  const context = createContext({
    TextEncoder,
    TextDecoder,
    console,
    addEventListener: (_: string, listener: typeof receive) => {
      receive = listener
    },
    postMessage: (said: FromWorker) => answer(said),
  })
  runInContext(element('worker'), context)
  const bytes: (from: Uint8Array) => Uint8Array = runInContext('(from) => new Uint8Array(from)', context)
  return (message) =>
    new Promise((done) => {
      answer = done
      receive?.({ data: 'part' in message ? { part: message.part, wasm: bytes(message.wasm) } : message })
      if ('part' in message) done({ id: 0, missing: [] } as unknown as FromWorker)
    })
}

/** With all parts that it asks for. */
async function answered(input: PlaygroundInput): Promise<FromWorker['answer']> {
  const ask = startWorker()
  const { missing, answer } = await ask({ id: 1, input })
  if (missing.length === 0) return answer
  for (const part of missing) {
    const path = part === 'web-tree-sitter' ? `${part}/${part}.wasm` : `@vscode/tree-sitter-wasm/wasm/${part}.wasm`
    await ask({ part, wasm: await readFile(join(root, 'node_modules', path)) })
  }
  return (await ask({ id: 2, input })).answer
}

async function command(input: PlaygroundInput, ...args: readonly string[]): Promise<string> {
  const app = join(await mkdtemp(join(folder, 'app-')), 'app')
  for (const [path, text] of [['Dockerfile', input.dockerfile] as const, ...input.files]) {
    await mkdir(dirname(join(app, path)), { recursive: true })
    await writeFile(join(app, path), text)
  }
  const words = [join(root, 'dist/cli.js'), ...args, '--engine', 'none', '--offline', 'Dockerfile']
  const said = run(process.execPath, words, { cwd: app, encoding: 'utf8' })
  return (await said.catch((failure: { stdout: string }) => failure)).stdout
}

test('the page is below 600 kB compressed, before grammars', () => {
  expect(element('worker').length).toBeGreaterThan(100_000)
  expect(gzipSync(page, { level: 9 }).length).toBeLessThan(600_000)
})

test('what imports a module of Node.js is not built for the browser', async () => {
  const build = (text: string): Promise<unknown> =>
    run(process.execPath, ['--input-type=module', '-e', BUILD, text], { cwd: root })
  await build("import '../src/app/harden-text.ts'")
  await expect(build("import '../src/app/api.ts'")).rejects.toThrow(/Could not resolve "node:/)
})

const BUILD = `
import { build } from 'esbuild'
import { browserBundle } from './scripts/bundle.mjs'
await build({ ...browserBundle, stdin: { contents: process.argv[1], resolveDir: 'test' }, write: false })`

test('each example has the diff and the profile that the command gives', async () => {
  expect(examples().length).toBeGreaterThan(4)
  for (const { name, ...input } of examples()) {
    const { patch, verdict, profiles } = await answered(input)
    expect({ name, patch }).toEqual({ name, patch: await command(input) })
    expect(verdict).toBe('rewritten')
    const compose = profiles.find(({ platform }) => platform === 'compose')?.text
    expect({ name, compose }).toEqual({ name, compose: await command(input, 'profile', '--for', 'compose') })
  }
})

test('a text that is no Dockerfile has a verdict, a reason and nothing else', async () => {
  const answer = await answered({ dockerfile: 'RUN true\n', files: [] })
  expect(answer.verdict).toBe('failed')
  expect(answer.headline).not.toBe('')
  expect([answer.files, answer.findings, answer.profiles]).toEqual([[], [], []])
})
