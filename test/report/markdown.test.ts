import { expect, test } from '@jest/globals'
import { markdown } from '../../src/report/markdown.ts'
import { finding, proof, question, sampleRendering } from './sample.ts'

const render = (...renderings: Parameters<typeof markdown.render>[0]) => markdown.render(renderings, { colour: false })

test('the sum, a table, and what there is to say of each target', () => {
  const changed = sampleRendering('a/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 10001:10001\n', {
    findings: [finding],
    proof: { ...proof, remarks: ['udp 53: nothing answered'] },
  })
  const unchanged = sampleRendering('b/Dockerfile', 'x', 'x', { verdict: 'unchanged', user: null })
  const [why = '', ...rest] = render(changed, unchanged).split('\n\n')
  expect(why).toMatch(/^These containers ran as root: .*\. Now each runs as a user of its own, .*\.$/)
  expect(rest.join('\n\n')).toBe(`2 targets: 1 hardened, 1 unchanged

| target | verdict | user | ports | proof |
| --- | --- | --- | --- | --- |
| \`a/Dockerfile\` | hardened | root → 10001:10001 | 80 → 8080 | passed |

**At deployment**

- name another with --user (\`a/Dockerfile\`)

**What was shown**

- \`a/Dockerfile\`: built, and run beside the original without root and capabilities, where it did the same (docker 26.1.5)

### \`a/Dockerfile\`: hardened

- **fix** line 12: runs as app (10001:10001) (\`set-user\`)  
  do: name another with --user

**Proof passed**: does what the original does (docker 26.1.5, 2 rounds)

|  | baseline | result |  |
| --- | --- | --- | --- |
| http :80 → :8080/ | 200 | 200 | ok |
| uids | 0 33 | 33 |  |
| capabilities | 4 capabilities | none |  |
| no-new-privileges |  | yes |  |
| read-only root |  | yes |  |
| tmpfs |  | /tmp |  |
| added |  | 1.5 kB |  |

- not shown: udp 53: nothing answered

2.5 s: original 2.1, build 0.4

<details><summary>the change</summary>

\`\`\`diff
diff --git a/a/Dockerfile b/a/Dockerfile
--- a/a/Dockerfile
+++ b/a/Dockerfile
@@ -1,1 +1,2 @@
 FROM debian
+USER 10001:10001
\`\`\`

</details>
`)
})

test('questions are a list of kinds, of all targets and of each', () => {
  const asked = { findings: [finding, question, { ...question, line: 2 }] }
  const shown = render(sampleRendering('a', 'x', 'y', asked), sampleRendering('b', 'x', 'y', { findings: [] }))
  expect(shown).toContain('**Open**\n\n- for a run to answer: writes whose path only a run tells: 1 of 2\n')
  expect(shown).toContain(
    `for a run to answer, with --prove:\n\n- writes whose path only a run tells: 2, such as app.py:41\n`,
  )
  expect(shown).not.toContain(question.message)
})

test('what an image says makes no markup and stays in its cell', () => {
  const check = { name: 'log', baseline: '<script>', result: 'a | b\n@all [x](y) `z`', passed: false }
  const message = '**bold** #1 </details>'
  const shown = render(
    sampleRendering('a|b', 'x', 'x', {
      changed: false,
      findings: [{ ...finding, message }],
      proof: { ...proof, checks: [check] },
    }),
  )
  expect(shown).toContain('| log | &lt;script&gt; | a &#124; b &#64;<!-- -->all &#91;x&#93;(y) &#96;z&#96; | differs |')
  expect(shown).toContain('&#42;&#42;bold&#42;&#42; &#35;<!-- -->1 &lt;/details&gt;')
  expect(shown).toContain('| `a\\|b` |')
})

test('a change that has a fence of its own gets a longer one', () => {
  const before = 'FROM debian\n'
  expect(render(sampleRendering('a', before, `${before}# \`\`\`\n`))).toContain('\n````diff\n')
})

test('nothing to say about nothing', () => {
  expect(render()).toBe('')
})

/** As GitHub counts, and in the other ways that somebody may count. */
const sizes = (text: string) => [[...text].length, text.length, Buffer.byteLength(text)]

test('of 300 files there is a table of them all, the reasons as far as they fit, and the number of those that are not shown', () => {
  const files = Array.from({ length: 300 }, (_, number) => {
    const before = `FROM debian\n${'RUN true # 東京\n'.repeat(20)}`
    const verdict = number % 50 === 0 ? 'incomplete' : 'rewritten'
    return sampleRendering(`services/team-${number}/Dockerfile`, before, `${before}USER 10001:10001\n`, {
      verdict,
      findings: [finding, { ...finding, message: `grants write access to /srv/team-${number}/data`, line: 3 }],
    })
  })
  const shown = render(...files)
  expect(Math.max(...sizes(shown))).toBeLessThan(65_536)
  expect(shown).toMatch(/^These containers ran as root.*\n\n300 targets: 294 rewritten, 6 incomplete/)
  for (const { path } of files) expect(shown).toContain(`| \`${path}\` |`)
  const [, left, all, changes] = /Not shown here, .*: (\d+) of (\d+) targets, (\d+) of 300 changes\./.exec(shown) ?? []
  expect(all).toBe('300')
  expect(shown.match(/<details><summary><code>/g)?.length).toBe(300 - Number(left))
  expect(shown.match(/<summary>the change</g)?.length ?? 0).toBe(300 - Number(changes))
  // What needs a person is not what is left out.
  expect(shown.match(/<code>[^<]*<\/code>: incomplete<\/summary>/g)?.length).toBe(6)
})

test('of more files than there is room for rows the others are counted', () => {
  const files = Array.from({ length: 2000 }, (_, number) => sampleRendering(`${number}/Dockerfile`, 'x\n', 'y\n'))
  const shown = render(...files)
  expect(Math.max(...sizes(shown))).toBeLessThan(65_536)
  const rows = shown.match(/^\| `\d+\/Dockerfile`/gm)?.length ?? 0
  expect(shown).toContain(`Not shown here, since GitHub takes no more: ${2000 - rows} of 2000 rows of the table`)
  expect(shown).toContain(`| and ${2000 - rows} more |`)
})

test('of one file with more findings than there is room for the others are counted, and a change of any size stays out', () => {
  const findings = Array.from({ length: 3000 }, (_, number) => ({
    ...finding,
    message: `\u{1f9f1} ${number}`,
    line: number + 1,
  }))
  const after = 'RUN x\n'.repeat(50_000)
  const shown = render(sampleRendering('Dockerfile', '', after, { findings }))
  expect(Math.max(...sizes(shown))).toBeLessThan(65_536)
  expect(shown).toMatch(/^- and \d+ findings more: `--format html`/m)
  expect(shown).toContain('Not shown here, since GitHub takes no more: 1 of 1 change.')
  expect(shown).toContain('The change itself is not shown here.')
})

test('names and messages that are made to leave their place are text in a folded section too', () => {
  const name = '</summary></details>@all #1 `x` <img src=x>'
  const shown = render(
    sampleRendering(name, 'x\n', 'y\n', { findings: [{ ...finding, message: '</details>\n@team fixes #12' }] }),
    sampleRendering('b', 'x\n', '```\n</details>\n', { findings: [finding] }),
  )
  expect(shown).toContain(
    '<summary><code>&lt;/summary&gt;&lt;/details&gt;&#64;<!-- -->all &#35;<!-- -->1 &#96;x&#96; &lt;img src=x&gt;</code>',
  )
  expect(shown).toContain('&lt;/details&gt; &#64;<!-- -->team fixes &#35;<!-- -->12')
  expect(shown).toContain('````diff')
  const outside = shown.replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '')
  expect(outside.match(/<details>/g)?.length).toBe(outside.match(/<\/details>/g)?.length)
})

test('what ten files ask of a reviewer is on one screen, before anything that is folded', () => {
  const files = Array.from({ length: 10 }, (_, number) =>
    sampleRendering(`${number}/Dockerfile`, 'x\n', 'y\n', {
      findings: [
        { ...finding, hint: 'publish the new port, as with -p 80:8080' },
        { ...finding, outcome: 'todo', message: `decide about ${number}` },
      ],
      proof: number < 4 ? proof : null,
      ...(number === 0 ? { migration: { command: 'docker compose run --rm migrate', undo: 'x' } } : {}),
    }),
  )
  const [screen = ''] = render(...files).split('\n<details>')
  expect(screen.split('\n').length).toBeLessThanOrEqual(45)
  const titles = [...screen.matchAll(/^\*\*(.+)\*\*$/gm)].map(([, title]) => title)
  expect(titles).toEqual(['At deployment', 'What was shown', 'Open'])
  expect(screen).toContain('- publish the new port, as with -p 80:8080 (`0/Dockerfile` and 9 more)\n')
  expect(screen).toContain('- once, in the folder of the project: `docker compose run --rm migrate`')
  expect(screen).toMatch(
    /- `0\/Dockerfile` and 3 more: built, and run beside .*\n- `4\/Dockerfile` and 5 more: not run;/,
  )
  expect(screen).toContain('- to decide: decide about 5 (`5/Dockerfile`)\n- and 4 more, at their files below\n')
})

test('where nothing changes nobody is told that something did', () => {
  const shown = render(sampleRendering('a', 'x', 'x', { verdict: 'unchanged' }))
  expect(shown).not.toMatch(/ran as root|\| target/)
})
