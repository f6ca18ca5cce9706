import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { html } from '../../src/report/html.ts'
import { finding, proof, sampleRendering } from './sample.ts'

const render = (...renderings: Parameters<typeof html.render>[0]) => html.render(renderings, { colour: false })

test('one page with the sum, the findings with their evidence, the proof and the change', () => {
  const page = render(
    sampleRendering('a/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 10001:10001\n', { findings: [finding], proof }),
  )
  expect(page).toMatch(/^<!doctype html>\n/)
  for (const part of [
    '<p>1 target: 1 hardened</p>',
    '<a href="#target-1">a/Dockerfile</a>',
    '<section id="target-1">',
    '<li><span class="fixed">fixed</span> line 12: runs as app (10001:10001) <code>set-user</code><br>do: name another with --user',
    'assumed 10001: the image has no account of its own',
    '<tr><td>http :8080/</td><td>200</td><td>200</td><td><span class="ok">ok</span></td></tr>',
    '<ins>+USER 10001:10001</ins>',
  ])
    expect(page).toContain(part)
})

test('each element that is opened is closed', () => {
  const page = render(
    sampleRendering('a', 'x\n', 'y\n', { findings: [finding], proof }),
    sampleRendering('b', 'x', 'x'),
  )
  const open: string[] = []
  for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z]\w*)/g)) {
    if (['meta', 'br'].includes(name)) continue
    if (slash === '') open.push(name)
    else expect(open.pop()).toBe(name)
  }
  expect(open).toEqual([])
})

test('nothing of an image is markup, and nothing is loaded from anywhere', () => {
  const nasty = '<img src=x onerror=alert(1)>"&'
  const page = render(
    sampleRendering(nasty, '', nasty, {
      findings: [
        { ...finding, message: nasty, hint: nasty, evidence: [{ source: 'traced', subject: nasty, detail: nasty }] },
      ],
      proof: { ...proof, remarks: [nasty], checks: [{ name: nasty, baseline: nasty, result: nasty, passed: false }] },
      error: { code: 'x', message: nasty, hint: nasty },
    }),
  )
  expect(page).not.toContain('<img')
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;')
  expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/)
})

test('its policy lets it run nothing, load nothing and send nothing, and knows its one style by its hash', () => {
  const page = render(sampleRendering('a', 'x', 'y'))
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(page) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="${policy}">`)
  expect(page).toContain('<meta name="referrer" content="no-referrer">')
  expect(page).not.toMatch(/<[^>]* style=/)
})

test('of nothing a page that says so', () => {
  expect(render()).toContain('<p>no target</p>')
})
