import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { subset } from '../../src/report/changes.ts'
import type { Rendering } from '../../src/report/format.ts'
import { html, reviewPage } from '../../src/report/html.ts'
import { finding, proof, question, sampleRendering } from './sample.ts'

const render = (...renderings: Parameters<typeof html.render>[0]) => html.render(renderings, { colour: false })

test('one page with the sum, the findings with their evidence, the proof and the change', () => {
  const page = render(
    sampleRendering('a/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 10001:10001\n', { findings: [finding], proof }),
  )
  expect(page).toMatch(/^<!doctype html>\n/)
  for (const part of [
    '<p>1 target: 1 hardened</p>',
    '<h2>a/Dockerfile</h2> <span class="hardened">hardened</span>',
    '<span class="fixed">fix</span> <span id="t1-1-m">runs as app (10001:10001)</span> <code>set-user</code> <span class="quiet">line 12</span>',
    'name another with --user',
    'assumed 10001: the image has no account of its own',
    '<tr><th scope="row">http :80 → :8080/</th><td>200</td><td>200</td><td><span class="ok">ok</span></td></tr>',
    '<ins data-n="2" data-c="0">+USER 10001:10001</ins>',
  ])
    expect(page).toContain(part)
})

test('questions are a list of kinds, of all targets and of each', () => {
  const page = render(
    sampleRendering('a', 'x', 'y', { findings: [question, { ...question, line: 2 }] }),
    sampleRendering('b', 'x', 'z', { findings: [] }),
  )
  expect(page).toContain('<ul><li>writes whose path only a run tells: 1 of 2</li></ul>')
  expect(page).toContain('<ul><li>writes whose path only a run tells: 2, such as app.py:41</li></ul>')
  expect(page).not.toContain(question.message)
})

test('each element that is opened is closed', () => {
  const page = render(
    sampleRendering('a', 'x\n', 'y\n', { findings: [finding], proof }),
    sampleRendering('b', 'x', 'x'),
  )
  const open: string[] = []
  for (const [, slash, name = ''] of page.replace(/<script>.*<\/script>/s, '').matchAll(/<(\/?)([a-z]\w*)/g)) {
    if (['meta', 'br', 'input', 'link'].includes(name)) continue
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
        { ...question, evidence: [{ source: 'config', subject: nasty, detail: nasty }] },
      ],
      proof: { ...proof, remarks: [nasty], checks: [{ name: nasty, baseline: nasty, result: nasty, passed: false }] },
      error: { code: 'x', message: nasty, hint: nasty },
    }),
  )
  expect(page).not.toContain('<img')
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;')
  expect(page).not.toMatch(/https?:|@import|url\(/)
  expect(page.match(/<link[^>]*>/g)).toEqual(['<link rel="icon" href="data:,">'])
  expect(page.match(/<script/g)).toHaveLength(1)
})

test('its policy lets it load nothing and send nothing, and knows its style and its script by their hashes', () => {
  const page = render(sampleRendering('a', 'x', 'y'))
  const hash = (tag: string): string => {
    const [, text = ''] = new RegExp(`<${tag}>(.*)</${tag}>`, 's').exec(page) ?? []
    return createHash('sha256').update(text).digest('base64')
  }
  const own = `script-src 'sha256-${hash('script')}'; style-src 'sha256-${hash('style')}'`
  const policy = `default-src 'none'; ${own}; img-src data:; base-uri 'none'; form-action 'none'`
  expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="${policy}">`)
  expect(page).toContain('<meta name="referrer" content="no-referrer">')
  expect(page).not.toMatch(/<[^>]* (?:style|on\w+)=/)
})

test('the same change of several files is told once, whatever stands around it', () => {
  const page = render(
    ...['a', 'b', 'c'].map((name) =>
      sampleRendering(`${name}/Dockerfile`, `FROM ${name}\n`, `FROM ${name}\nUSER 10001:10001\n`, {
        findings: [finding],
      }),
    ),
    sampleRendering('d/Dockerfile', 'FROM d\n', 'FROM d\nUSER 1:1\n', { findings: [finding] }),
  )
  expect(page.match(/class="card"/g)).toHaveLength(2)
  expect(page).toContain('<h2>a/Dockerfile and 2 more</h2>')
  expect(page.match(/^diff --git /gm)).toHaveLength(4)
  expect(page).toContain('>4 × fixed set-user: runs as app (10001:10001)</option>')
})

/** Two changes in the reverse order of their lines, below a comment about a decision. */
function withTwoChanges(): Rendering {
  const source = 'FROM a\nEXPOSE 80\nCMD b\n'
  const decision = { start: 0, end: 0, text: '# harden-image: decide: x\n' }
  const user = { ...finding, line: 3, message: 'runs as 1:1' }
  const port = { ...finding, transform: 'expose-ports', line: 2, message: 'EXPOSE: 80 → 8080' }
  const changes = {
    source,
    looseEnd: null,
    decisions: [decision],
    all: [
      { finding: user, edits: [{ start: 17, end: 17, text: 'USER 1:1\n' }], needs: [], preparedBy: [1] },
      { finding: port, edits: [{ start: 14, end: 16, text: '8080' }], needs: [], preparedBy: [] },
    ],
  }
  const rendering = sampleRendering('Dockerfile', source, subset(changes, [0, 1]), { findings: [user, port] })
  return { ...rendering, changes }
}

test('each reason stands below the lines that its change made, in their order', () => {
  const page = reviewPage([withTwoChanges()])
  const [code = ''] = /<div class="code">.*?<details class="apply">/s.exec(page) ?? []
  const told = code.matchAll(/<(?:ins|del|span class="c")[^>]*>[^<]*|-m">[^<]*/g)
  expect([...told].map(([one]) => one.replace(/^-m">/, ''))).toEqual([
    '<ins data-n="1" data-c="">+# harden-image: decide: x',
    '<span class="c" data-o="1" data-n="2"> FROM a',
    '<del data-o="2" data-c="1">-EXPOSE 80',
    '<ins data-n="3" data-c="1">+EXPOSE 8080',
    'EXPOSE: 80 → 8080',
    '<ins data-n="4" data-c="0">+USER 1:1',
    'runs as 1:1',
    '<span class="c" data-o="3" data-n="5"> CMD b',
  ])
})

test('a report has nothing to accept: it is the page of a review without its buttons', () => {
  const [report, review] = [render(withTwoChanges()), reviewPage([withTwoChanges()])].map(
    (page) => /<main.*<\/main>/s.exec(page)?.[0] ?? '',
  )
  const words = (page = '') => page.replace(/<button.*?<\/button>|<[^>]*>|\s+/g, '')
  expect(review?.match(/data-to="yes"/g)).toHaveLength(3)
  expect(report).not.toMatch(/<button|<input/)
  expect(words(report)).toBe(words(review))
})

test('what is not seen in a file is not pasted: the program itself applies that change', () => {
  const page = render(sampleRendering('a b/Dockerfile', 'FROM x\n', 'FROM x\n# \u202e\n'))
  expect(page).toContain('<pre>harden-image --format diff &#39;a b/Dockerfile&#39; | git apply</pre>')
  expect(page).toContain('# \\u202e')
})

test('the conditions of all proofs stand in one table', () => {
  const cells = [
    { name: 'any uid', required: false, outcome: 'fail', reason: 'r' },
    { name: 'read-only', required: false, outcome: 'not asked', reason: '' },
  ] as const
  const page = render(
    sampleRendering('a', 'x', 'y', { proof: { ...proof, cells } }),
    sampleRendering('b', 'x', 'y', { proof: { ...proof, passed: false, cells: cells.slice(0, 1) } }),
  )
  expect(page).toContain('<th scope="col">proof</th><th scope="col">any uid</th><th scope="col">read-only</th>')
  const [pass, fail] = ['pass', 'fail'].map((word) => `<td><span class="${word}">${word}</span></td>`)
  expect(page).toContain(`<th scope="row">a</th>${pass}${fail}<td><span class="quiet">not asked</span></td></tr>`)
  expect(page).toContain(`<th scope="row">b</th>${fail}${fail}<td></td></tr>`)
})

test('of nothing a page that says so', () => {
  expect(render()).toContain('<p>no target</p>')
})
