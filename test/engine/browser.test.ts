/** The HTML page in a real browser: what a stranger wrote is text, nothing runs and nothing is asked for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Rendering } from '../../src/report/format.ts'
import { html } from '../../src/report/html.ts'
import { hardenCase } from '../harden/support/cases.ts'
import { finding, proof, sampleRendering } from '../report/sample.ts'
import { dockerfileTree } from '../support/many-dockerfiles.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

let folder = ''
let server: Server
let browser: Browser
let address = ''
const asked: string[] = []
const served: string[] = []
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  })
  folder = mkdtempSync(join(tmpdir(), 'harden-image-browser-'))
  server = createServer(({ url = '' }, response) => {
    served.push(url)
    response.end("document.title = 'ran'")
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  asked.length = 0
})
afterAll(async () => {
  await browser.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The page as Chromium (Debian's package) has it; `after` looks at it before it is closed. */
async function opened<T>(
  page: string,
  after: (tab: Page) => Promise<T>,
  { colorScheme = 'light', width = 1280 }: Look = {},
): Promise<T> {
  const path = join(folder, 'page.html')
  writeFileSync(path, page)
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
  try {
    const tab = await context.newPage()
    tab.on('request', (request) => asked.push(request.url()))
    await tab.goto(`file://${path}`)
    return await after(tab)
  } finally {
    await context.close()
  }
}

interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
}

const htmlOf = (tab: Page): Promise<string> => tab.content()
/** Beside the page itself. */
const requests = (): readonly string[] => asked.filter((url) => !url.startsWith('file:'))

function pageOf(text: string): string {
  return html.render(
    [
      sampleRendering(text, 'FROM x\nEXPOSE 80\n', `FROM x\nEXPOSE 8080\n${text}\n`, {
        findings: [
          { ...finding, message: text, hint: text, evidence: [{ source: 'traced', subject: text, detail: text }] },
        ],
        proof: { ...proof, remarks: [text], checks: [{ name: text, baseline: text, result: text, passed: false }] },
        error: { code: 'unreadable', message: text, hint: text },
      }),
    ],
    { colour: false },
  )
}

const tags = (page: string): readonly string[] => page.match(/<\/?[a-z]\w*/gi) ?? []

function attacks(at: string): string {
  return [
    `<script>document.title='ran'</script><script src="${at}/a.js"></script>`,
    `<img src="${at}/b.png" onerror="document.title='ran'"><svg onload="document.title='ran'">`,
    `"><iframe src="${at}/c"></iframe>' onmouseover='document.title="ran"`,
    `</style></pre></title></section><meta http-equiv="refresh" content="0;url=${at}/d">`,
    `<link rel=stylesheet href="${at}/e.css"><style>@import url(${at}/f.css)</style>`,
    `<base href="${at}/"><form action="${at}/g"><input autofocus onfocus="document.title='ran'">`,
    `<!-- --!> <![CDATA[ ]]> <?php ?> &lt;b&gt; &amp;#x3c;`,
  ].join(' ')
}

test('hostile text is text: the page has the same elements as for a harmless one', async () => {
  const hostileText = attacks(address)
  const hostile = await opened(pageOf(hostileText), htmlOf)
  expect(tags(hostile)).toEqual(tags(await opened(pageOf('harmless'), htmlOf)))
  expect(hostile).toContain('<title>harden-image</title>')
  const shown = hostile
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  // Its name in the list and above its change, twice in the matrix and with the proof, the error twice, the finding with hint
  // and evidence, the remark, the check thrice, the change, and in the patch the path four times and the change.
  expect(shown.split(hostileText).length).toBeGreaterThan(15)
  expect(requests()).toEqual([])
})

test('what slipped through the escaping would neither run nor load: the policy holds by itself', async () => {
  const slipped = attacks(address).replace(/<meta[^>]*>/, '')
  const seeded = (page: string): string => page.replace('<h1>', `${slipped}<h1>`)
  const held = await opened(seeded(pageOf('x')), htmlOf)
  expect(held).toContain('<title>harden-image</title>')
  expect(served).toEqual([])
  // The test can fail: without the policy all of it happens.
  const open = seeded(pageOf('x').replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''))
  expect(await opened(open, (tab) => tab.title())).toBe('ran')
  expect(served).toEqual(expect.arrayContaining(['/a.js', '/b.png']))
})

/** The tree as nobody has looked at its images. */
let treeText: string | null = null
function treePage(): string {
  treeText ??= html.render(tree(), { colour: false })
  return treeText
}

function tree(): readonly Rendering[] {
  return Object.entries(dockerfileTree(300)).map(([path, before]) => {
    const { result, changes } = hardenCase(before, {})
    return { path, source: before, result: { ...result, target: path }, changes }
  })
}

test('300 Dockerfiles fold, filter and move by keyboard, and nothing is asked for', async () => {
  await opened(treePage(), async (tab) => {
    expect(requests()).toEqual([])
    const cards = await tab.locator('.card').count()
    expect(cards).toBeLessThan(75)
    expect(await tab.locator('#list li').count()).toBe(300)
    // The verdicts of all of them, then of one.
    const verdicts = tree().map(({ result }) => result.verdict)
    const few = [...new Set(verdicts)].find((verdict) => verdict !== 'hardened')
    const count = verdicts.filter((verdict) => verdict === few).length
    expect(count).toBeGreaterThan(0)
    const only = tab.getByRole('button', { name: `${count} ${few}` })
    await only.click()
    expect(await tab.locator('#shown').textContent()).toBe(`${count} of 300 targets shown`)
    await only.click()
    await tab.locator('#path').fill('worker-13')
    expect(await tab.locator('.card:visible').count()).toBe(1)
    await tab.locator('#path').fill('')
    expect(await tab.locator('.card:visible').count()).toBe(cards)
    // By keyboard alone: over what stands above them, to the third file, back to the second, which is folded.
    await tab.reload()
    await tab.keyboard.press('Tab')
    expect(await tab.evaluate('document.activeElement.textContent')).toBe('Skip to the files')
    await tab.keyboard.press('Enter')
    for (const key of [']', ']', 'j', ']', '[', 'Enter']) await tab.keyboard.press(key)
    expect(await tab.locator('.card:not([open])').getAttribute('id')).toBe('target-2')
    const outline = await tab.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    expect(outline).toBe('solid')
    await tab.keyboard.press('/')
    await tab.keyboard.type('jk')
    expect(await tab.locator('#path').inputValue()).toBe('jk')
  })
})

test('the list of targets leads to the file, also to one that is folded', async () => {
  await opened(treePage(), async (tab) => {
    await tab.getByRole('button', { name: 'Fold all' }).click()
    expect(await tab.locator('.card[open]').count()).toBe(0)
    await tab.getByRole('link', { name: 'site-01' }).click()
    const card = tab.locator('.card[open]')
    expect(await card.locator('h2').textContent()).toContain('site-01')
    expect(await tab.evaluate("document.activeElement.matches('summary')")).toBe(true)
  })
})

test('the same change of many files is told once, with all of them, and a command for those that are shown', async () => {
  await opened(treePage(), async (tab) => {
    const card = tab.locator('.card', { hasText: 'site-01' })
    expect(await card.locator('h2').textContent()).toBe('team-3/site-01/Dockerfile and 24 more')
    expect(await card.locator('.members li').count()).toBe(25)
    const patches = await card.locator('.apply pre').allTextContents()
    expect(patches).toHaveLength(25)
    for (const patch of patches) expect(patch).toMatch(/^git apply <<'PATCH'\ndiff --git a\//)
    await tab.locator('#path').fill('team-3/site')
    const copied = await tab.evaluate<string>(`new Promise((done) => {
      navigator.clipboard.writeText = async (words) => done(words);
      document.querySelector('#copy').click();
    })`)
    const names = tree().flatMap(({ path }) => (path.startsWith('team-3/site') ? [path] : []))
    expect([...copied.matchAll(/^diff --git a\/(\S+)/gm)].map(([, name]) => name)).toEqual(names)
    expect(await tab.locator('#sum').textContent()).toBe(`changes ${names.length} files`)
  })
})

test('a diff stands unified and split', async () => {
  await opened(pageOf('x'), async (tab) => {
    const boxes = async () => {
      const [added, removed] = [tab.locator('ins').first(), tab.locator('del').first()]
      return [await added.boundingBox(), await removed.boundingBox()] as const
    }
    const [added, removed] = await boxes()
    expect(added?.x).toBe(removed?.x)
    await tab.getByText('Split').click()
    const [right, left] = await boxes()
    expect(right?.y).toBe(left?.y)
    expect(right?.x).toBeGreaterThan(left?.x ?? 0)
  })
})

const UNFOLD = `for (const card of [...document.querySelectorAll('details.card')].slice(0, 4))
  for (const each of [card, ...card.querySelectorAll('details')]) each.open = true`

test.each([
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const)('it is accessible and fits: $colorScheme, $width pixels', async (look) => {
  for (const page of [pageOf('x'), treePage()])
    await opened(
      page,
      async (tab) => {
        await tab.evaluate(UNFOLD)
        await tab.evaluate(axe.source)
        const { violations } = await tab.evaluate<axe.AxeResults>("axe.run(document, { resultTypes: ['violations'] })")
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(look.width)
        const back = await tab.evaluate('getComputedStyle(document.documentElement).backgroundColor')
        expect(back).toBe(look.colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)')
      },
      look,
    )
})
