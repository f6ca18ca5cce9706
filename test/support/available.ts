import { spawnSync } from 'node:child_process'
import { describe, test } from '@jest/globals'

/**
 * Tests that need a program of this machine: skipped where it is not there, unless the run is one that has to have it all
 * (HARDEN_IMAGE_ENGINE_TESTS=required), as CI is.
 */
export function available(program: string) {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  const isRun = isThere || process.env.HARDEN_IMAGE_ENGINE_TESTS === 'required'
  return { describe: isRun ? describe : describe.skip, test: isRun ? test : test.skip }
}
