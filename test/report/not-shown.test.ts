import { expect, test } from '@jest/globals'
import { formatOf } from '../../src/report/format.ts'
import { proofFindings } from '../../src/report/proof-findings.ts'
import type { ReportProof } from '../../src/report/report.ts'
import { proof, sampleRendering } from './sample.ts'

const reason = 'the original never answers on 80, which it exposes'
const report: ReportProof = { ...proof, passed: false, reason }
const rendering = sampleRendering('a/Dockerfile', 'FROM a\n', 'FROM a\nUSER 1:1\n', {
  verdict: 'rewritten',
  findings: proofFindings(report, []),
  proof: report,
})

test.each(['text', 'markdown', 'html', 'github', 'gitlab', 'junit', 'sarif'])(
  '%s: what a proof could not show has its reason, and nothing has failed',
  async (name) => {
    const format = await formatOf(name)
    const said = format?.render([rendering], { colour: false }) ?? ''
    expect(said).toContain(`not shown: ${reason}`)
    // The page of a rule says what may be said.
    expect(said.replace(/"markdown": ".*"/g, '')).not.toMatch(/proof failed|failed:|failures="[1-9]/i)
  },
)

test('what failed is for a person to mend, whatever else could not be shown', () => {
  const [todo, ...more] = proofFindings({ ...report, reason: 'x' }, ['http :80/: was 200, is 500', 'its last words'])
  expect(more).toEqual([])
  expect(todo).toMatchObject({ outcome: 'todo', message: 'http :80/: was 200, is 500; its last words' })
  expect(proofFindings({ ...proof, passed: true }, [])).toEqual([])
})

test('nothing more was compared than what could be', async () => {
  const text = (await formatOf('text'))?.render([rendering], { colour: false })
  expect(text).toContain('proof not shown: does what the original does, in what was compared (docker 26.1.5, 2 rounds)')
  expect(text).toContain('would run as app (10001:10001), not shown to work')
})
