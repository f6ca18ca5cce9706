import { expect, test } from '@jest/globals'
import { junit } from '../../src/report/junit.ts'
import { finding, proof, question, sampleRendering } from './sample.ts'

const render = (renderings: Parameters<typeof junit.render>[0], isWritten = false) =>
  junit.render(renderings, { colour: false, isWritten })

test('a suite for each target: its verdict, its findings but notes and questions, and the checks of its proof', () => {
  const check = { name: 'http :80/', baseline: '200', result: 'refused', passed: false }
  const rendering = sampleRendering('a/Dockerfile', 'FROM a\nCMD x\n', 'y\n', {
    findings: [
      { ...finding, line: 2 },
      { ...finding, outcome: 'note', message: 'good to know', line: 1, evidence: [] },
      question,
    ],
    proof: { ...proof, passed: false, checks: [...proof.checks, check], remarks: ['no udp'] },
  })
  expect(render([rendering])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite package="harden-image" id="0" name="a/Dockerfile" timestamp="1970-01-01T00:00:00" hostname="localhost" tests="5" failures="3" errors="0" time="0">
    <properties/>
    <testcase name="verdict" classname="a/Dockerfile" time="0"/>
    <testcase name="set-user: runs as app (10001:10001) (a/Dockerfile:2)" classname="a/Dockerfile" time="0"><failure message="runs as app (10001:10001)" type="set-user fix">a/Dockerfile:2:1
runs as app (10001:10001)
do: name another with --user
assumed 10001: the image has no account of its own</failure></testcase>
    <testcase name="proof of a/Dockerfile" classname="a/Dockerfile" time="0"><failure message="the proof failed" type="prove">no udp</failure></testcase>
    <testcase name="proof of a/Dockerfile: http :8080/" classname="a/Dockerfile" time="0"/>
    <testcase name="proof of a/Dockerfile: http :80/" classname="a/Dockerfile" time="0"><failure message="was 200, is refused" type="prove">was 200, is refused</failure></testcase>
    <system-out>a/Dockerfile:1: good to know
do: name another with --user
a/Dockerfile:1: app.py writes where an argument says
config app.py:41: open(path)
</system-out>
    <system-err/>
  </testsuite>
</testsuites>
`)
})

test.each([
  ['unchanged', 0],
  ['exempt', 0],
  ['hardened', 0],
  ['rewritten', 0],
  ['incomplete', 1],
  ['needs-root', 1],
] as const)('%s: %d of the tests fails', (verdict, failures) => {
  expect(render([sampleRendering('a', 'x', 'x', { verdict })])).toContain(`tests="1" failures="${failures}" errors="0"`)
})

test('what is written already passes', () => {
  const rendering = sampleRendering('a', 'x', 'y', { findings: [finding] })
  expect(render([rendering])).toContain('tests="2" failures="1"')
  expect(render([rendering], true)).toContain('tests="2" failures="0"')
})

test('what could not be worked on is an error', () => {
  const error = { code: 'unreadable', message: 'a <b>', hint: 'c & d' }
  expect(render([sampleRendering('a', '', '', { verdict: 'failed', error })])).toContain(
    '<error message="a &lt;b&gt;" type="unreadable">a &lt;b&gt;\nc &amp; d</error>',
  )
})
