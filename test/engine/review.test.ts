/** A review in a real browser and on a real terminal: what is accepted is written, and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { dockerfileTree } from '../support/many-dockerfiles.ts'

const CLI = join(import.meta.dirname, '../../dist/cli.js')
const FLAGS = ['--engine', 'none', '--offline']
/** 12 files with 40 changes: two or three each of those styles that change most. */
const TREE = new Map(
  Object.entries(dockerfileTree(36)).filter(([path]) =>
    /\/(?:site|intranet|report|model|worker)-0[12]\/|\/(?:site|intranet)-03\//.test(path),
  ),
)

let browser: Browser
let folder = ''
const running: ChildProcess[] = []
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  })
})
afterAll(() => browser.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-review-'))
  fill(folder)
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function fill(place: string): void {
  for (const [path, text] of TREE) {
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), text)
  }
}

function texts(place = folder): Readonly<Record<string, string>> {
  return Object.fromEntries([...TREE.keys()].map((path) => [path, readFileSync(join(place, path), 'utf8')]))
}

interface Review {
  readonly url: string
  /** The exit code, and all that was said. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>
  readonly child: ChildProcess
}

async function startReview(): Promise<Review> {
  const child = spawn(process.execPath, [CLI, 'review', ...FLAGS], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  running.push(child)
  let said = ''
  const ended = new Promise<{ code: number | null; said: string }>((end) => {
    child.on('close', (code) => end({ code, said }))
  })
  const url = await new Promise<string>((found, fail) => {
    child.stderr.on('data', (chunk) => {
      said += chunk
      const [address] = /http:\S+\/(?=\s)/.exec(said) ?? []
      if (address !== undefined) found(address)
    })
    child.on('close', () => fail(new Error(said)))
  })
  return { url, ended, child }
}

/** The page with its cards unfolded, until `use` is done with it. */
async function inBrowser(url: string, use: (tab: Page) => Promise<void>): Promise<void> {
  const tab = await browser.newPage()
  try {
    await tab.goto(url)
    await tab.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    await use(tab)
  } finally {
    await tab.close()
  }
}

const acceptedIn = async (tab: Page): Promise<number> =>
  Number.parseInt((await tab.locator('#sum').textContent()) ?? '', 10)

/** What the terminal asks for, as the page names it. */
interface Named {
  readonly path: string
  readonly transform: string
  readonly text: string
}

/** Of all that is accepted in the page. */
const NAMED = `[...accepted].flatMap(([target, set]) => {
  const card = cards.find((one) => numbers(one.dataset.targets).includes(target));
  const at = numbers(card.dataset.targets).indexOf(target);
  return [...set].map((change) => {
    const item = boxesOf(card)[change].closest('li');
    return { path: card.dataset.paths.split('\\n')[at], transform: item.querySelector('code').textContent, text: item.textContent };
  });
})`

/** Some with what they need, then such as need nothing, until that many are accepted. */
async function acceptExactly(tab: Page, wanted: number): Promise<void> {
  const boxes = await tab.locator('.one').all()
  const needsNothing = await tab.evaluate<readonly boolean[]>(
    "all('.one').map((box) => boxesOf(box.closest('.card'))[box.dataset.change].dataset.needs === '')",
  )
  for (const [index, box] of boxes.entries())
    if (index % 7 === 1 && (await acceptedIn(tab)) < wanted - 6) await box.check()
  for (const [index, box] of boxes.entries())
    if (needsNothing[index] && (await acceptedIn(tab)) < wanted) await box.check()
}

/** Answers each question of `--interactive` on a terminal of its own. */
async function onTerminal(place: string, answer: (asked: string) => string): Promise<string> {
  const command = [process.execPath, CLI, '-i', ...FLAGS, '.'].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: place, env: { ...process.env, NO_COLOR: '1' } })
  running.push(child)
  let said = ''
  let seen = 0
  child.stdout.on('data', (chunk) => {
    said += chunk
    if (!said.slice(seen).trimEnd().endsWith('[y,n,a,d,q,?]?')) return
    const asked = said.slice(seen)
    seen = said.length
    child.stdin.write(`${answer(asked)}\n`)
  })
  await new Promise((end) => child.on('close', end))
  return said.replaceAll('\r', '')
}

test('17 of 40 changes of 12 files, accepted in the page and on the terminal, give the same bytes', async () => {
  const { url, ended } = await startReview()
  let named: readonly Named[] = []
  await inBrowser(url, async (tab) => {
    expect(await tab.locator('#sum').getAttribute('data-of')).toBe('40')
    await acceptExactly(tab, 17)
    expect(await acceptedIn(tab)).toBe(17)
    named = await tab.evaluate<readonly Named[]>(NAMED)
    await tab.getByRole('button', { name: 'Write what is accepted' }).click()
    await tab.getByText('this page can be closed').waitFor()
  })
  const { code, said } = await ended
  expect(code).toBe(1)
  expect(said).toMatch(/^wrote 17 of 40 changes in \d+ files$/m)
  expect(named).toHaveLength(17)

  const other = mkdtempSync(join(tmpdir(), 'harden-image-review-'))
  try {
    fill(other)
    let path = ''
    const told = await onTerminal(other, (asked) => {
      path = /^\+\+\+ b\/(\S+)/m.exec(asked)?.[1] ?? path
      const lines = [...asked.matchAll(/^(.+) \(([a-z-]+)\)\r?$/gm)]
      const [, message = '', transform = ''] = lines.at(-1) ?? []
      return named.some((one) => one.path === path && one.transform === transform && one.text.includes(message))
        ? 'y'
        : 'n'
    })
    expect(told).toMatch(/^wrote 17 of 40 changes in \d+ files$/m)
    expect(texts(other)).toEqual(texts())
    expect(texts()).not.toEqual(Object.fromEntries(TREE))
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})

test('what a change needs is accepted with it, and what needs it is rejected with it', async () => {
  const { url } = await startReview()
  await inBrowser(url, async (tab) => {
    const card = tab.locator('.card', { hasText: 'worker-01' })
    const box = (name: string) => card.locator('li', { has: tab.locator(`code:text-is("${name}")`) }).locator('.each')
    await box('set-user').check()
    expect(await box('create-user').isChecked()).toBe(true)
    // Two files have it.
    expect(await tab.locator('#said').textContent()).toBe('accepted too, as it is needed: 2 changes')
    await box('create-user').uncheck()
    expect(await box('set-user').isChecked()).toBe(false)
    await tab.evaluate(axe.source)
    const { violations } = await tab.evaluate<axe.AxeResults>("axe.run(document, { resultTypes: ['violations'] })")
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  })
})

test('a file that changed meanwhile is refused, and no other one is written', async () => {
  const { url, ended } = await startReview()
  const path = join(folder, 'team-3/site-01/Dockerfile')
  writeFileSync(path, `${readFileSync(path, 'utf8')}# mine\n`)
  const before = texts()
  await inBrowser(url, async (tab) => {
    await tab.getByRole('button', { name: 'Accept all shown' }).click()
    await tab.getByRole('button', { name: 'Write what is accepted' }).click()
    await tab.getByText('it changed while it was worked on').waitFor()
    expect(texts()).toEqual(before)
    // It goes on, and can still be ended.
    await tab.getByRole('button', { name: 'End without writing' }).click()
    await tab.getByText('nothing was written').last().waitFor()
  })
  expect((await ended).code).toBe(1)
  expect(texts()).toEqual(before)
})

/** The status of one request, as anybody may send it. */
function status(
  url: string,
  {
    method = 'POST',
    headers = {},
    body = '{"accepted":[]}',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<number> {
  return new Promise((done, fail) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume()
      done(response.statusCode ?? 0)
    })
    sent.on('error', fail)
    sent.end(method === 'GET' ? undefined : body)
  })
}

test('another origin, another name, a missing token and what is no choice are refused', async () => {
  const { url, ended, child } = await startReview()
  const { origin, host } = new URL(url)
  const all = { body: JSON.stringify({ accepted: [{ target: 0, changes: [0] }] }) }
  const own = { origin }
  expect(await status(`${url}write`, { headers: {}, ...all })).toBe(403)
  expect(await status(`${url}write`, { headers: { origin: 'http://localhost:1' }, ...all })).toBe(403)
  expect(await status(`${url}write`, { headers: { origin: 'null' }, ...all })).toBe(403)
  expect(await status(`${url}write`, { headers: { ...own, host: 'evil.example' }, ...all })).toBe(403)
  expect(await status(url, { method: 'GET', headers: { host: 'evil.example' } })).toBe(403)
  expect(await status(`${origin}/write`, { headers: own, ...all })).toBe(403)
  expect(await status(`${origin}/${'x'.repeat(32)}/write`, { headers: own, ...all })).toBe(403)
  expect(await status(`${origin}/`, { method: 'GET' })).toBe(403)
  expect(await status(`${url}other`, { headers: own })).toBe(404)
  for (const body of [
    '',
    'null',
    '{"accepted":[{"target":99,"changes":[]}]}',
    '{"accepted":[{"target":0,"changes":[99]}]}',
  ])
    expect(await status(`${url}write`, { headers: own, body })).toBe(400)
  expect(texts()).toEqual(Object.fromEntries(TREE))
  // The test can fail: what the page itself sends is done.
  expect(host).toMatch(/^127\.0\.0\.1:/)
  expect(await status(url, { method: 'GET' })).toBe(200)
  expect(child.exitCode).toBeNull()
  expect(await status(`${url}write`, { headers: own, ...all })).toBe(200)
  expect((await ended).code).toBe(1)
  expect(texts()).not.toEqual(Object.fromEntries(TREE))
})

test('Ctrl-C ends it, and nothing is written', async () => {
  const { ended, child } = await startReview()
  child.kill('SIGINT')
  const { code, said } = await ended
  expect(code).toBe(130)
  expect(said).toContain('nothing was written')
  expect(texts()).toEqual(Object.fromEntries(TREE))
})

test('on the terminal a file is accepted or left as a whole, and q writes what was accepted before', async () => {
  const answers = ['a', '?', 'y', 'd', 'q']
  let nth = 0
  const told = await onTerminal(folder, () => answers[nth++] ?? 'q')
  expect(told).toContain('q - ask no more')
  expect(told).toMatch(/^wrote \d+ of \d+ changes in [23] files$/m)
  const changed = Object.entries(texts()).filter(([path, text]) => TREE.get(path) !== text)
  expect(changed.length).toBeGreaterThanOrEqual(2)
})
