import { expect, test } from '@jest/globals'
import { markdown } from '../../src/report/markdown.ts'
import { finding, proof, sampleRendering } from './sample.ts'

const render = (...renderings: Parameters<typeof markdown.render>[0]) => markdown.render(renderings, { colour: false })

test('the sum, a table, and what there is to say of each target', () => {
  const changed = sampleRendering('a/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 10001:10001\n', {
    findings: [finding],
    proof: { ...proof, remarks: ['udp 53: nothing answered'] },
  })
  const unchanged = sampleRendering('b/Dockerfile', 'x', 'x', { verdict: 'unchanged', user: null })
  expect(render(changed, unchanged)).toBe(`## harden-image

2 targets: 1 hardened, 1 unchanged

| target | verdict | user | proof |
| --- | --- | --- | --- |
| \`a/Dockerfile\` | hardened | would run as app (10001:10001), proved; a new account | passed |
| \`b/Dockerfile\` | unchanged |  |  |

### \`a/Dockerfile\`: hardened

- **fixed** line 12: runs as app (10001:10001) (\`set-user\`)  
  do: name another with --user

**Proof passed**: does what the original does (docker 26.1.5, 2 rounds)

|  | baseline | result |  |
| --- | --- | --- | --- |
| http :8080/ | 200 | 200 | ok |
| image | nginx:latest | harden-image/proof:1 |  |
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
