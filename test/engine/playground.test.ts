/** The playground in a real browser, as a file and from a server: it answers what is typed, by keyboard alone, and asks for nothing. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { retryOnce } from './support/retry.ts'

retryOnce()

let folder = ''
let browser: Browser
let server: Server
const served: string[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-playground-'))
  execFileSync(process.execPath, ['scripts/playground.mjs', folder])
  server = createServer(({ url = '' }, response) => {
    served.push(url)
    const path = url === '/' ? '/index.html' : url
    response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/html')
    response.end(readFileSync(join(folder, path)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  })
})
afterAll(async () => {
  await browser.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Where all of a text is replaced, Chromium itself gives the first letter the look of the old one, which the policy refuses. */
const TYPING_STYLE = /^Applying inline style violates/

interface Setting {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly fragment?: string
  readonly served?: boolean
  /** Before anything of the page runs. */
  readonly before?: (tab: Page) => Promise<void>
}

/** The page until `use` is done with it. What it asked for, and what the browser complained of. */
async function opened(
  use: (tab: Page) => Promise<void>,
  { colorScheme = 'light', width = 1280, fragment = '', served = false, before }: Setting = {},
): Promise<{ readonly asked: readonly string[]; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } })
  const [asked, complaints]: [string[], string[]] = [[], []]
  try {
    const tab = await context.newPage()
    tab.on('request', (request) => asked.push(request.url()))
    tab.on('console', (message) => TYPING_STYLE.test(message.text()) || complaints.push(message.text()))
    tab.on('pageerror', ({ message }) => complaints.push(message))
    await before?.(tab)
    const { port } = server.address() as AddressInfo
    const place = served ? `http://127.0.0.1:${port}/` : `file://${folder}/index.html`
    await tab.goto(`${place}${fragment === '' ? '' : `#${fragment}`}`)
    await use(tab)
    return { asked: asked.filter((url) => !/^(?:blob|data):/.test(url)), complaints }
  } finally {
    await context.close()
  }
}

function linkOf(dockerfile: string, files: readonly (readonly [string, string])[] = []): string {
  return deflateRawSync(JSON.stringify([dockerfile, files]), { level: 9 }).toString('base64url')
}

const focused = (tab: Page): Promise<string> =>
  tab.evaluate(`(() => {
    let at = document.activeElement
    while (at.shadowRoot) at = at.shadowRoot.activeElement
    return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent
  })()`)

async function tabTo(tab: Page, name: string, key = 'Tab'): Promise<void> {
  const passed: string[] = []
  while (passed.length < 40) {
    await tab.keyboard.press(key)
    const now = await focused(tab)
    if (now === name) return
    passed.push(now)
  }
  throw new Error(`Tab leads to ${passed.join(', ')}, and never to ${name}`)
}

async function back(tab: Page, name: string): Promise<void> {
  await tabTo(tab, name, 'Shift+Tab')
}

async function said(tab: Page, part: string, text: string | RegExp): Promise<void> {
  await tab.locator(part, { hasText: text }).first().waitFor({ timeout: 10_000 })
}

const typed = async (tab: Page, text: string): Promise<void> => {
  await tab.keyboard.press('Control+a')
  await tab.keyboard.type(text)
}

const PYTHON = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY app/ .\nCMD ["python", "visits.py"]\n'
const VISITS = 'open("/var/lib/visits/log", "a").write("x")\n'

test.each([{ served: false }, { served: true }])(
  'by keyboard alone: a Dockerfile, a file beside it, and what that changes (served: $served)',
  async (setting) => {
    const { asked, complaints } = await opened(async (tab) => {
      await said(tab, '#verdict', 'rewritten')
      await tabTo(tab, 'Add file')
      await tabTo(tab, 'Dockerfile')
      await typed(tab, PYTHON)
      await said(tab, '.diff ins', '+USER 10001')
      await said(tab, '#tabs', /^Dockerfileguestbook.py$/)
      expect(await tab.locator('#results').textContent()).not.toContain('/var/lib/visits')

      await back(tab, 'Add file')
      await tab.keyboard.press('Enter')
      expect(await focused(tab)).toBe('Path in the build context')
      await typed(tab, '../visits.py')
      await tab.keyboard.press('Enter')
      await said(tab, '#problem', 'begins in the folder of the Dockerfile')
      await typed(tab, 'app/visits.py')
      await tab.keyboard.press('Enter')
      expect(await focused(tab)).toBe('app/visits.py')
      await typed(tab, VISITS)
      await said(tab, '.diff ins', '/var/lib/visits')
      await said(tab, '#findings', 'app/visits.py line 1')

      // From a finding to its line, and to the profile for another platform.
      await tabTo(tab, 'Dockerfile:4')
      await tab.keyboard.press('Enter')
      expect(await focused(tab)).toBe('Dockerfile')
      await tabTo(tab, 'Docker')
      await tab.keyboard.press('ArrowRight')
      await said(tab, '.text', /^services:/)

      // A file that no COPY takes counts no longer, and neither does one that is removed.
      await back(tab, 'Dockerfile')
      await back(tab, 'Dockerfile')
      await tab.keyboard.press('End')
      await tab.keyboard.press('F2')
      await typed(tab, 'unused/visits.py')
      await tab.keyboard.press('Enter')
      expect(await focused(tab)).toBe('unused/visits.py')
      await tab.locator('.diff ins', { hasText: '/var/lib/visits' }).first().waitFor({ state: 'detached' })
      await back(tab, 'unused/visits.py')
      await tab.keyboard.press('Delete')
      expect(await focused(tab)).toBe('guestbook.py')
      await said(tab, '#tabs', /^Dockerfileguestbook.py$/)
    }, setting)
    expect(complaints).toEqual([])
    const paths = asked
      .map((url) => url.replace(/^.*\/(?=grammars|index|$)/, ''))
      .filter((path) => path.endsWith('.js'))
    expect(paths).toEqual(['grammars/web-tree-sitter.js', 'grammars/tree-sitter-python.js'])
    expect(asked.filter((url) => !/^(?:file:|http:\/\/127\.0\.0\.1:)/.test(url))).toEqual([])
  },
)

test.each([
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const)('it is accessible and fits: $colorScheme, $width pixels', async (look) => {
  const { complaints } = await opened(
    async (tab) => {
      for (const name of ['Flask app on port 80', 'Redis behind a start script']) {
        await tab.getByLabel('Example').selectOption(name)
        await said(tab, '#tabs', name.startsWith('Flask') ? 'guestbook.py' : 'docker-entrypoint.sh')
        await said(tab, '.diff ins', '+USER')
        await tab.getByRole('button', { name: 'Add file' }).click()
        await tab.locator('#path').press('Enter')
        await tab.getByRole('radio', { name: 'Kubernetes' }).check()
        await tab.evaluate(axe.source)
        const { violations } = await tab.evaluate<axe.AxeResults>("axe.run(document, { resultTypes: ['violations'] })")
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(look.width)
      }
      const colour = await tab.evaluate('getComputedStyle(document.documentElement).backgroundColor')
      expect(colour).toBe(look.colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)')
    },
    { ...look },
  )
  expect(complaints).toEqual([])
})

test('a link is made when it is asked for, carries all texts, and opens as they were', async () => {
  let link = ''
  await opened(async (tab) => {
    await said(tab, '#verdict', 'rewritten')
    expect(tab.url()).not.toContain('#')
    await tab.getByLabel('Example').selectOption('nginx with a site')
    await said(tab, '#tabs', 'site.conf')
    await tab.getByRole('button', { name: 'Copy link' }).click()
    await said(tab, '#link-said', 'it carries your texts')
    link = new URL(tab.url()).hash.slice(1)
    // What is typed from here on is not in it.
    await tab.getByRole('textbox', { name: 'Dockerfile' }).press('Enter')
    expect(tab.url()).not.toContain('#')
  })
  await opened(
    async (tab) => {
      await said(tab, '#tabs', 'site.conf')
      await said(tab, '.diff ins', 'listen 8080;')
      await said(tab, 'figcaption', 'site.conf')
    },
    { fragment: link },
  )
})

const HOSTILE = `<img src="http://127.0.0.1:1/x" onerror="document.title='ran'"><script>document.title='ran'</script>`

test('what a link holds is text: in tabs, findings, diff and messages', async () => {
  const dockerfile = `FROM debian\n# ${HOSTILE}\nCOPY a.py /srv/\nEXPOSE 80\nENV X="${HOSTILE}"\nCMD ["/srv/${HOSTILE}", "a.py"]\n`
  const { asked, complaints } = await opened(
    async (tab) => {
      await said(tab, '#results', 'document.title')
      await said(tab, '#tabs', HOSTILE.replaceAll('/', '-'))
      const made = await tab.locator('img, iframe, #results script').count()
      expect(made).toBe(0)
      expect(await tab.title()).toBe('harden-image playground')
      // The message quotes what is no instruction.
      await tab.evaluate(`location.hash = '${linkOf(`FROM a\n${HOSTILE.replaceAll(' ', '')}\n`)}'`)
      await said(tab, '#verdict', 'failed')
      await said(tab, '#verdict', /<img/i)
      expect(await tab.locator('img').count()).toBe(0)
    },
    { fragment: linkOf(dockerfile, [[HOSTILE.replaceAll('/', '-'), HOSTILE]]) },
  )
  expect(asked.filter((url) => !url.startsWith('file:'))).toEqual([])
  expect(complaints).toEqual([])
})

test.each([
  ['a bomb', linkOf('#'.repeat(20 * 1024 * 1024)), 'it holds more than this page takes'],
  ['damaged', `${linkOf(PYTHON).slice(0, 30)}!`, 'the link could not be read'],
])('a link that is %s is refused with a reason, and the page works on', async (_, fragment, why) => {
  await opened(
    async (tab) => {
      await said(tab, '#link-said', why)
      await said(tab, '#verdict', 'rewritten')
      // And a text that is there already stays.
      await tab.getByLabel('Example').selectOption('nginx with a site')
      expect(await tab.locator('#link-said').textContent()).toBe('')
      await tab.evaluate("location.hash = ''")
      await tab.evaluate(`location.hash = '${fragment}'`)
      await said(tab, '#link-said', why)
      expect(await tab.locator('#tabs').textContent()).toBe('Dockerfilesite.conf')
    },
    { fragment },
  )
})

/** Its first worker never answers. */
const SILENT = `
const Real = Worker
let made = 0
globalThis.Worker = class extends Real {
  silent = made++ === 0
  postMessage(...all) { if (!this.silent) super.postMessage(...all) }
}`

test('work that takes too long is ended and said, and the next text is answered', async () => {
  await opened(
    async (tab) => {
      await tab.clock.runFor(6000)
      await said(tab, '#said', 'no answer after 5 seconds, so the work was stopped')
      await tab.getByRole('textbox', { name: 'Dockerfile' }).press('Enter')
      await tab.clock.runFor(1000)
      await said(tab, '#verdict', 'rewritten')
      await tab.locator('#said:empty').waitFor({ state: 'attached' })
    },
    {
      before: async (tab) => {
        await tab.clock.install()
        await tab.addInitScript(SILENT)
      },
    },
  )
})

test('markup that slipped into the page would neither run nor load', async () => {
  served.length = 0
  const { port } = server.address() as AddressInfo
  const slip = `(() => {
    const tried = []
    const slip = (does) => { try { does() } catch ({ name }) { tried.push(name) } }
    slip(() => { document.body.innerHTML = '<b>' })
    slip(() => { document.createElement('script').src = 'http://127.0.0.1:${port}/script.js' })
    slip(() => { new Worker('http://127.0.0.1:${port}/worker.js') })
    const image = document.createElement('img')
    const ended = new Promise((end) => { image.onload = image.onerror = ({ type }) => end([...tried, type]) })
    image.src = 'http://127.0.0.1:${port}/image.png'
    return ended
  })()`
  await opened(async (tab) => {
    await said(tab, '#verdict', 'rewritten')
    expect(await tab.evaluate(slip)).toEqual(['TypeError', 'TypeError', 'TypeError', 'error'])
  })
  expect(served).toEqual([])
})
