/** The HTML page in a real browser: what a stranger wrote is text, nothing runs and nothing is asked for. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { html } from '../../src/report/html.ts'
import { finding, proof, sampleRendering } from '../report/sample.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

let folder = ''
let server: Server
let address = ''
const asked: string[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-browser-'))
  server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.end("document.title = 'ran'")
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The document as Chromium (Debian's package) has it once its scripts, if any, have run. */
async function opened(page: string): Promise<string> {
  const path = join(folder, 'page.html')
  writeFileSync(path, page)
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${folder}/profile`,
  ]
  const { stdout } = await promisify(execFile)(
    'chromium',
    [...flags, '--virtual-time-budget=2000', '--dump-dom', `file://${path}`],
    {
      maxBuffer: 1e8,
      timeout: 60_000,
    },
  )
  return stdout
}

function pageOf(text: string): string {
  return html.render(
    [
      sampleRendering(text, '', `${text}\n`, {
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

const tags = (page: string): readonly string[] => page.match(/<\/?[a-z][^>]*>/gi) ?? []

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
  const text = attacks(address)
  const [hostile, harmless] = [await opened(pageOf(text)), await opened(pageOf('harmless'))]
  expect(tags(hostile)).toEqual(tags(harmless))
  expect(hostile).toContain('<title>harden-image</title>')
  const shown = hostile.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  // Target, heading, error twice, finding, hint, evidence twice, remark and check thrice, and the change, whose paths are in order.
  expect(shown.split(text)).toHaveLength(14)
  expect(asked).toEqual([])
})

test('what slipped through the escaping would neither run nor load: the policy holds by itself', async () => {
  const text = attacks(address).replace(/<meta[^>]*>/, '')
  const seeded = (page: string): string => page.replace('<h1>', `${text}<h1>`)
  const held = await opened(seeded(pageOf('x')))
  expect(held).toContain('<title>harden-image</title>')
  expect(asked).toEqual([])
  // The test can fail: without the policy all of it happens.
  const open = await opened(seeded(pageOf('x').replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')))
  expect(open).toContain('<title>ran</title>')
  expect(asked).toEqual(expect.arrayContaining(['/a.js', '/b.png']))
})

test('its own style is the one that applies', async () => {
  const probe =
    "<script>document.title = getComputedStyle(document.body).maxWidth + ' ' + getComputedStyle(document.querySelector('td')).borderTopStyle</script>"
  const page = pageOf('x').replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
  expect(await opened(page.replace('</body>', `${probe}</body>`))).toContain('<title>1120px solid</title>')
})
