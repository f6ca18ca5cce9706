import { jest } from '@jest/globals'

/**
 * For tests of what holds: on a machine that stalls for seconds a proof can fail that holds, and is tried once more. What
 * must never be claimed (deceptive, naive, needs-root, cells) is not retried: one false claim is one too many. At once, not
 * after the others, since some tests are the steps of one story.
 */
export function retryOnce(): void {
  jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true })
}
