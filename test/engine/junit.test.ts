/** What is printed for JUnit fits the XSD of Ant's report, by libxml2 (Debian's libxml2-utils). */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import type { Rendering } from '../../src/report/format.ts'
import { junit } from '../../src/report/junit.ts'
import { finding, proof, sampleProject, sampleRendering, sampleResult } from '../report/sample.ts'

const require = createRequire(import.meta.url)
const schema = require.resolve('jest-junit-reporter/src/__tests__/fixtures/junit.xsd')

/** What libxml2 has against a text; empty for nothing. */
async function problemsOf(text: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-image-junit-'))
  const path = join(folder, 'report.xml')
  try {
    writeFileSync(path, text)
    await promisify(execFile)('xmllint', ['--nonet', '--noout', '--schema', schema, path])
    return ''
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    if (!stderr) throw error
    return stderr
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const hostile = ']]>&amp;<!DOCTYPE x>"\'\n\t\u0000\u001b[2J\ufffe\ud800 \u{1f9f1} '
const samples: Readonly<Record<string, readonly Rendering[]>> = {
  nothing: [],
  'Dockerfiles, an image, a failure and a proof': [
    sampleRendering('a/Dockerfile', 'x\n', 'y\n', { findings: [finding, { ...finding, outcome: 'todo' }], proof }),
    sampleRendering('b/Dockerfile', 'x', 'x', { verdict: 'unchanged', findings: [{ ...finding, outcome: 'note' }] }),
    { result: sampleResult({ kind: 'image', target: 'nginx:latest' }), source: 'FROM nginx\n', path: 'Dockerfile' },
    sampleRendering('c', '', '', { verdict: 'failed', error: { code: 'unreadable', message: 'c cannot be read' } }),
    sampleRendering('d', 'x', 'x', { verdict: 'incomplete', proof: { ...proof, passed: false, remarks: ['no port'] } }),
    sampleRendering('e', 'x', 'y', {
      verdict: 'rewritten',
      proof: { ...proof, passed: false, reason: 'it does not start' },
    }),
  ],
  'a project': [{ result: sampleProject({ proof }), source: 'services: {}\n', path: 'compose.yaml' }],
  'what strangers wrote': [
    sampleRendering(hostile, 'x', 'y', { findings: [{ ...finding, message: hostile, hint: hostile }] }),
    sampleRendering(' ', '', '', { verdict: 'failed', error: { code: 'x', message: hostile, hint: hostile } }),
  ],
}

test.each(Object.entries(samples))('fits the schema: %s', async (_name, renderings) => {
  expect(await problemsOf(junit.render(renderings, { colour: false }))).toBe('')
})

test('the schema is one that refuses what is none', async () => {
  const text = junit.render(samples['a project'] ?? [], { colour: false })
  expect(await problemsOf(text.replace(' hostname="localhost"', ''))).toContain("attribute 'hostname' is required")
})
