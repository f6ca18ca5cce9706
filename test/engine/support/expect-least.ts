import { expect } from '@jest/globals'
import { hardenOne } from './cli.ts'
import { docker, waitFor, withContainer } from './images.ts'

/** How long a program that can work has for it, on a machine with other things to do, in ms. */
const PATIENCE = 60_000
/** How long at least it is waited for one that lacks a capability, in ms. */
const LEAST_PATIENCE = 5000

/**
 * Proves an image that keeps root with a check that makes it work (argv inside the container), and shows by runs of
 * its own that the capabilities which the proof names suffice, and that it does not work without any one of them.
 */
export async function expectLeast(
  image: string,
  check: readonly string[],
  capabilities: readonly string[],
  noNewPrivileges = true,
): Promise<void> {
  // It is asked again for as long as a program may take to be ready.
  const smoke = `docker exec "$CONTAINER" ${check.join(' ')}`
  const { code, result } = await hardenOne(image, ['--prove', '--smoke', smoke])
  expect({ code, verdict: result.verdict, changed: result.changed, passed: result.proof?.passed }).toEqual({
    code: 1,
    verdict: 'needs-root',
    changed: false,
    passed: true,
  })
  const said = result.findings.map(({ message }) => message).join('\n')
  const added = capabilities.map((name) => ` --cap-add=${name}`).join('')
  const more = noNewPrivileges ? ' --security-opt=no-new-privileges' : ', and not to do it with no-new-privileges'
  expect(said).toContain(`--cap-drop=ALL${added}${more}`)
  const locked = noNewPrivileges ? [NO_NEW_PRIVILEGES] : []
  const without = capabilities.map((name) => capabilities.filter((other) => other !== name))
  const began = Date.now()
  expect(await worksWith(image, capabilities, check, locked, PATIENCE)).toBe(true)
  // Side by side, and thus slower than alone.
  const patience = Math.max(LEAST_PATIENCE, 2 * (Date.now() - began))
  const works = await Promise.all(without.map((some) => worksWith(image, some, check, locked, patience)))
  expect(works).toEqual(capabilities.map(() => false))
  if (!noNewPrivileges) expect(await worksWith(image, capabilities, check, [NO_NEW_PRIVILEGES], patience)).toBe(false)
}

const NO_NEW_PRIVILEGES = '--security-opt=no-new-privileges'

async function worksWith(
  image: string,
  capabilities: readonly string[],
  check: readonly string[],
  options: readonly string[],
  patience: number,
): Promise<boolean> {
  const added = capabilities.map((name) => `--cap-add=${name}`)
  return withContainer(image, ['--cap-drop=ALL', ...added, ...options], ({ id }) =>
    waitFor(() => docker(['exec', id, ...check]), patience).then(
      () => true,
      () => false,
    ),
  )
}
