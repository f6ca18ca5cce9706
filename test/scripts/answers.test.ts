// What is kept of one project, and that a provider which is switched off is found by what it had said there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { execa } from 'execa'

const folder = mkdtempSync(join(tmpdir(), 'harden-image-answers-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const repos = join(folder, 'repos')
mkdirSync(join(repos, 'shop'), { recursive: true })
writeFileSync(join(repos, 'shop', 'Dockerfile'), 'FROM debian:12\nVOLUME /data\nCMD ["/usr/bin/shop"]\n')
const kept = join(folder, 'kept.json')

async function answers(...args: readonly string[]): Promise<string> {
  const { stdout, exitCode } = await execa(
    process.execPath,
    ['scripts/answers.mjs', '--repos', repos, '--only', repos, ...args],
    { reject: false },
  )
  return `${exitCode}: ${stdout}`
}

test('an answer that is another one without a provider is named with what has changed', async () => {
  expect(await answers('--keep', kept)).toBe('0: ')
  expect(await answers('--against', kept)).toBe('0: 0 of 1 answers changed')
  const without = await answers('--against', kept, '--without', 'declared', '--show')
  expect(without).toMatch(/^1: .*\/shop Dockerfile: output, findings\n/)
  expect(without).toContain('  - RUN install -d -o 10001 -g 10001 /data')
  expect(without).toContain('1 of 1 answers changed')
  const earned = await answers('--earns')
  expect(earned).toMatch(/\ndeclared +1 +1 +0 +0 +shop/)
})

test('a name that nothing has is an error that says which there are', async () => {
  const { stderr, exitCode } = await execa(
    process.execPath,
    ['scripts/answers.mjs', '--only', repos, '--repos', repos, '--keep', kept, '--without', 'nothing'],
    { reject: false },
  )
  expect(exitCode).toBe(1)
  expect(stderr).toContain('nothing is called nothing: declared ')
})
