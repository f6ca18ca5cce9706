// The order of Jest's test files: those that take minutes first, so that no worker is left alone with one at the end. Jest orders
// by what it measured in an earlier run, which a fresh clone has not, and else by size, of which the slowest have little.
const { basename } = require('node:path')
const { default: Sequencer } = require('@jest/test-sequencer')

/** Longest first, as measured in CI. One that is missing here takes its usual place, and one that is gone costs nothing. */
const MINUTES = [
  'stacks',
  'failures',
  'hostile-programs',
  'harden-servers',
  'cures',
  'stack-kube',
  'cells',
  'deceptive',
  'needs-root',
  'rounds',
  'static-languages',
  'leftovers',
  'stack-proof',
  'examples',
]

module.exports = class SlowestFirst extends Sequencer {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof Sequencer>['sort']>[0]} tests
   */
  async sort(tests) {
    /** @param {{ readonly path: string }} test */
    const place = ({ path }) => {
      const index = MINUTES.indexOf(basename(path, '.test.ts'))
      return index < 0 ? MINUTES.length : index
    }
    return [...(await super.sort(tests))].sort((one, other) => place(one) - place(other))
  }
}
