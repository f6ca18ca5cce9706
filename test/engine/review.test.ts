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

async function startReview(...targets: readonly string[]): Promise<Review> {
  const child = spawn(process.execPath, [CLI, 'review', ...FLAGS, ...targets], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
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

/** The page, until `use` is done with it. */
async function inBrowser(url: string, use: (tab: Page) => Promise<void>, width = 1280): Promise<void> {
  const tab = await browser.newPage({ viewport: { width, height: 900 } })
  try {
    await tab.goto(url)
    await use(tab)
  } finally {
    await tab.close()
  }
}

/** What the bar at the bottom says. */
const sumOf = async (tab: Page): Promise<string> => (await tab.locator('#sum').textContent()) ?? ''

const acceptedIn = async (tab: Page): Promise<number> => Number(/\d+/.exec(await sumOf(tab))?.[0] ?? 0)

const filterBy = (tab: Page, path: string): Promise<void> => tab.locator('#path').fill(path)

/** What the terminal asks for, as the page names it. */
interface Named {
  readonly path: string
  readonly transform: string
  readonly text: string
}

/** Of all that is accepted in the page. */
const NAMED = `targets.flatMap(({ path, made, group }) =>
  group.threads.flatMap((thread, change) => made[change] ? [{ path, transform: thread.querySelector('code').textContent, text: thread.textContent }] : []))`

/** File by file some with what they need, then such as need nothing, until that many are accepted. */
async function acceptExactly(tab: Page, wanted: number): Promise<void> {
  for (const [limit, which] of [
    [wanted - 6, '.thread[data-change]'],
    [wanted, '.thread[data-needs=""]'],
  ] as const)
    for (const path of TREE.keys()) {
      await filterBy(tab, path)
      const buttons = tab.locator(`${which}:visible [data-to=yes][aria-pressed=false]`)
      if ((await acceptedIn(tab)) < limit && (await buttons.count()) > 0) await buttons.last().click()
    }
  await filterBy(tab, '')
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
    await acceptExactly(tab, 17)
    expect(await acceptedIn(tab)).toBe(17)
    named = await tab.evaluate<readonly Named[]>(NAMED)
    await tab.getByRole('button', { name: 'Write', exact: true }).click()
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

test('what the filter hides is neither accepted nor written, and the bar says what is', async () => {
  const { url, ended } = await startReview()
  const all = [...TREE.keys()]
  const isMatch = (path: string): boolean => path.startsWith('team-3/')
  let sum = ''
  await inBrowser(url, async (tab) => {
    await filterBy(tab, 'team-3/')
    const titles = await tab.locator('.card:visible h2').allTextContents()
    expect(titles).not.toEqual([])
    expect(titles.filter((title) => !isMatch(title))).toEqual([])
    const names = await tab.locator('.members li:visible').allTextContents()
    expect(names.filter((name) => !name.includes('team-3/'))).toEqual([])
    const count = all.filter(isMatch).length
    await tab.getByRole('button', { name: `Accept ${count} shown` }).click()
    sum = await sumOf(tab)
    expect(sum).toMatch(RegExp(`^writes \\d+ changes in ${count} files$`))
    // What was accepted is also said where the filter hides it.
    await filterBy(tab, 'no such file')
    expect(await sumOf(tab)).toBe(sum)
    expect(await tab.locator('#rest').textContent()).toBe(`${sum.replace('writes ', '')} hidden by the filter`)
    await tab.getByRole('button', { name: 'Write', exact: true }).click()
    await tab.getByText('this page can be closed').waitFor()
  })
  const { said } = await ended
  const changed = Object.entries(texts()).flatMap(([path, text]) => (text === TREE.get(path) ? [] : [path]))
  expect(changed).toEqual(all.filter(isMatch))
  expect(said.replace(/ of 40/, '')).toContain(sum.replace('writes', 'wrote'))
})

test('the files of a project are counted as they are written', async () => {
  writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web:\n    image: nginx:1.27\n    ports: ["8080:80"]\n')
  const { url, ended } = await startReview('compose.yaml')
  await inBrowser(url, async (tab) => {
    await tab.getByRole('button', { name: 'Accept all 1' }).click()
    expect(await sumOf(tab)).toBe('writes 1 change in 2 files')
    await tab.getByRole('button', { name: 'Write', exact: true }).click()
    await tab.getByText('this page can be closed').waitFor()
  })
  expect((await ended).said).toContain('wrote 1 of 1 change in 2 files')
})

test('a file of a group that is not ticked is left as it is', async () => {
  const { url, ended } = await startReview()
  let left = ''
  let sum = ''
  await inBrowser(url, async (tab) => {
    const card = tab.locator('.card', { has: tab.locator('.members') }).first()
    const names = await card.locator('.members label').allTextContents()
    left = [...TREE.keys()].find((path) => names.at(-1)?.endsWith(path)) ?? ''
    await card.locator('.body > .buttons').getByRole('button', { name: 'Accept' }).click()
    const whole = await acceptedIn(tab)
    await card.locator('.member').last().uncheck()
    sum = await sumOf(tab)
    expect(await acceptedIn(tab)).toBe(whole - whole / names.length)
    await tab.getByRole('button', { name: 'Write', exact: true }).click()
    await tab.getByText('this page can be closed').waitFor()
  })
  const { said } = await ended
  expect(said.replace(/ of 40/, '')).toContain(sum.replace('writes', 'wrote'))
  expect(texts()[left]).toBe(TREE.get(left))
})

test('a accepts, r rejects, u takes that back, and ? tells the keys', async () => {
  const { url } = await startReview()
  await inBrowser(url, async (tab) => {
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await tab.keyboard.press(key)
    }
    const decisions = (): Promise<string> => tab.evaluate('JSON.stringify(groups[0].members.map(({ made }) => made))')
    await press('?')
    expect(await tab.getByRole('dialog', { name: 'Keys' }).textContent()).toContain('accept this change')
    await press('a', 'Escape')
    // On the name of a file all that it has, on a change that one.
    await press('j', 'a')
    const [files, changes] = await tab.evaluate<readonly [number, number]>(
      '[groups[0].members.length, groups[0].threads.length]',
    )
    expect(await acceptedIn(tab)).toBe(files * changes)
    await press('r')
    expect(await acceptedIn(tab)).toBe(0)
    expect(await tab.locator('#decided').textContent()).toBe(`${files} of 12 decided`)
    await press('u')
    expect(await tab.locator('#decided').textContent()).toBe('0 of 12 decided')
    const before = await decisions()
    await press('j', 'a')
    expect(await acceptedIn(tab)).toBeGreaterThan(0)
    expect(await tab.locator('.thread:focus [data-to=yes]').getAttribute('aria-pressed')).toBe('true')
    await press('u', 'k')
    expect(await decisions()).toBe(before)
    // Nothing happens to who types a path, or has turned them off.
    await press('/', 'a', '?')
    expect(await tab.locator('#path').inputValue()).toBe('a?')
    await filterBy(tab, '')
    await tab.getByRole('button', { name: 'Keys' }).click()
    await tab.getByLabel('single-key shortcuts').uncheck()
    await tab.getByRole('button', { name: 'Close' }).click()
    const sum = await sumOf(tab)
    await press('j', 'a')
    expect(await sumOf(tab)).toBe(sum)
  })
})

test('lines that are not accepted yet are grey and can be read, and turn green', async () => {
  const { url } = await startReview()
  await inBrowser(url, async (tab) => {
    const look = () =>
      tab.evaluate<readonly string[]>(
        "(({ textDecorationLine, backgroundColor }) => [textDecorationLine, backgroundColor])(getComputedStyle(one('ins')))",
      )
    expect(await look()).toEqual(['none', 'rgb(246, 248, 250)'])
    await tab.locator('#accept').click()
    expect(await look()).toEqual(['none', 'rgb(218, 251, 225)'])
    await tab.locator('#reject').click()
    expect(await look()).toEqual(['none', 'rgb(246, 248, 250)'])
  })
})

/** The numbers that are seen beside the lines of each hunk, column by column. */
const COLUMNS = `[...document.querySelectorAll('.code')].flatMap((code) => {
  const columns = new Map();
  for (const line of code.querySelectorAll('.c, ins, del'))
    for (const place of ['::before', '::after']) {
      const { content, left } = getComputedStyle(line, place);
      const number = parseInt(content.replaceAll('"', ''), 10);
      if (!Number.isNaN(number)) columns.set(left, [...(columns.get(left) ?? []), number]);
    }
  return [...columns.values()];
})`

/** Whether the last line above each reason is one that its change made. */
const ABOVE = `[...document.querySelectorAll('.code .thread[data-change]')].map((thread) => {
  let above = thread.previousElementSibling;
  while (above.matches('.thread')) above = above.previousElementSibling;
  return [...above.querySelectorAll('[data-c]')].at(-1).dataset.c.split(' ').includes(thread.dataset.change);
})`

test.each([1280, 390])(
  'lines are numbered in order, and each reason stands below its lines: %i pixels',
  async (width) => {
    // Its first change adds lines, and a later one of the same hunk removes one.
    mkdirSync(join(folder, 'last'))
    writeFileSync(join(folder, 'last/Dockerfile'), dockerfileTree(200)['team-5/report-03/Dockerfile'] ?? '')
    const { url } = await startReview()
    await inBrowser(
      url,
      async (tab) => {
        const columns = await tab.evaluate<readonly (readonly number[])[]>(COLUMNS)
        expect(columns.length).toBeGreaterThan(4)
        for (const column of columns) expect(column).toEqual(column.toSorted((a, b) => a - b))
        const above = await tab.evaluate<readonly boolean[]>(ABOVE)
        expect(above.length).toBeGreaterThan(5)
        expect(above).not.toContain(false)
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(width)
      },
      width,
    )
  },
)

test('the page asks for nothing but itself, no icon either, and complains about nothing', async () => {
  const { url } = await startReview()
  const tab = await browser.newPage()
  try {
    const seen: string[] = []
    tab.on('request', (one) => seen.push(one.url()))
    tab.on('console', (message) => seen.push(message.text()))
    await tab.goto(url)
    expect(await tab.locator('link[rel=icon]').getAttribute('href')).toBe('data:,')
    expect(seen.filter((one) => one !== url && one !== 'data:,')).toEqual([])
  } finally {
    await tab.close()
  }
})

test.each(['light', 'dark'] as const)('what a change needs goes with it, and it is accessible: %s', async (scheme) => {
  const { url } = await startReview()
  await inBrowser(url, async (tab) => {
    await tab.emulateMedia({ colorScheme: scheme })
    const card = tab.locator('.card', { hasText: 'worker-01' })
    const button = (name: string, to: 'yes' | 'no') =>
      card.locator('.thread', { has: tab.locator(`code:text-is("${name}")`) }).locator(`[data-to=${to}]`)
    await button('set-user', 'yes').click()
    expect(await button('create-user', 'yes').getAttribute('aria-pressed')).toBe('true')
    expect(await tab.locator('#said').textContent()).toMatch(/^accepted too, because it is needed: app .* is created/)
    const accepted = await tab.evaluate(AXE(axe.source))
    await button('create-user', 'no').click()
    expect(await button('set-user', 'no').getAttribute('aria-pressed')).toBe('true')
    expect(await tab.locator('#said').textContent()).toMatch(/^rejected too, because it needs that: runs as app/)
    await tab.locator('#keys').click()
    expect([accepted, await tab.evaluate(AXE(axe.source))]).toEqual([[], []])
  })
})

/** Runs axe in the page; gives what it has against it. */
function AXE(source: string): string {
  return `${source};axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`
}

test('a file that changed meanwhile is refused, and no other one is written', async () => {
  const { url, ended } = await startReview()
  const path = join(folder, 'team-3/site-01/Dockerfile')
  writeFileSync(path, `${readFileSync(path, 'utf8')}# mine\n`)
  const before = texts()
  await inBrowser(url, async (tab) => {
    await tab.getByRole('button', { name: 'Accept all 12' }).click()
    await tab.getByRole('button', { name: 'Write', exact: true }).click()
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
