/** The parser and BuildKit itself, over the same texts: what one takes the other takes. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import { dockerfileText, mutatedText } from '../dockerfile/arbitrary.ts'
import { accepted, refused } from '../dockerfile/cases.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const atOnce = 4
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-differential-'))
  mkdirSync(join(folder, 'context'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Null when BuildKit takes the text, else what it says. Nothing is built: no stage has that name. */
function buildkit(text: string, index: number): Promise<string | null> {
  const file = join(folder, `${index}.Dockerfile`)
  writeFileSync(file, text)
  const options = ['build', '--progress=plain', '--target', 'no-such-stage', '-f', file, join(folder, 'context')]
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }
  return new Promise((resolve, reject) => {
    execFile('docker', options, { env, timeout: 60_000 }, (error, _, stderr) => {
      // A FROM whose variable is not set parses; the model has a word for it.
      if (/target stage .* could not be found|should not be blank/.test(stderr)) resolve(null)
      else if (/ERROR: failed to (?:solve|run Build function)|the Dockerfile .* cannot be empty/.test(stderr))
        resolve(stderr.trim())
      else reject(error ?? new Error(stderr))
    })
  })
}

function ours(text: string): string | null {
  try {
    parseDockerfile(text)
    return null
  } catch (error) {
    if (error instanceof HardenError) return error.message
    throw error
  }
}

async function disagreements(texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  let next = 0
  async function work(): Promise<void> {
    for (let index = next++; index < texts.length; index = next++) {
      const text = texts[index] ?? ''
      const [theirs, mine] = [await buildkit(text, index), ours(text)]
      if ((theirs === null) === (mine === null)) continue
      found.push(
        `${JSON.stringify(text.slice(0, 400))}\n  here: ${mine ?? 'accepted'}\n  BuildKit: ${theirs ?? 'accepted'}`,
      )
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}

test('BuildKit takes and refuses the same hand-written texts', async () => {
  const cases = [...accepted, ...refused].filter((one) => one.skipEngine === undefined)
  expect(await disagreements(cases.map((one) => one.text))).toEqual([])
})

test('BuildKit takes and refuses the same generated texts', async () => {
  const generated = fc.sample(dockerfileText, { numRuns: 40, seed: 1 })
  const mutated = fc.sample(mutatedText, { numRuns: 60, seed: 2 })
  expect(await disagreements([...generated, ...mutated])).toEqual([])
})
