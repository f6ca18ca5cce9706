// Runs the unit tests, then the tests that need a container engine, and closes with the sum of both. `long` is more of the same
// kind as the engine tests have, which CI has no time for.
//   node scripts/test.mjs [all|unit|engine|long] [jest arguments]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))

const [suite = 'all', ...jestArguments] = process.argv.slice(2)
const required = process.env.HARDEN_IMAGE_ENGINE_TESTS === 'required'
const scratch = mkdtempSync(join(tmpdir(), 'harden-image-test-'))
// What the command under test keeps from one run to the next goes with the run.
process.env.XDG_CACHE_HOME = join(scratch, 'cache')
process.env.XDG_STATE_HOME = join(scratch, 'state')
const total = { passed: 0, failed: 0, skipped: 0 }
let ok = true

/** @param {'unit' | 'engine' | 'long'} project @param {string[]} extra */
function jest(project, extra) {
  const report = join(scratch, `${project}.json`)
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const args = [...flags, 'node_modules/jest/bin/jest.js', '--selectProjects', project]
  const { status } = spawnSync(
    process.execPath,
    [...args, '--json', '--outputFile', report, ...extra, ...jestArguments],
    {
      // --json would also print the report; what a person reads goes to stderr.
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  ok &&= status === 0
  if (!existsSync(report)) {
    ok = false
    total.failed += 1
    return
  }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  total.passed += result.numPassedTests
  // A file that does not load has no tests to count, and is a failure all the same.
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites
  total.skipped += result.numPendingTests + result.numTodoTests
}

function engineAnswers() {
  const probe = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 })
  return probe.status === 0
}

function engineTestFiles() {
  if (!existsSync('test/engine')) return []
  const entries = readdirSync('test/engine', { recursive: true, encoding: 'utf8' })
  return entries.filter((entry) => entry.endsWith('.test.ts')).map((entry) => join('test/engine', entry))
}

/** @param {'engine' | 'long'} project */
function engineTests(project) {
  if (required || engineAnswers()) {
    // Each proof runs several containers side by side as it is, and then waits for seconds: more have room meanwhile than cores are there.
    jest(project, ['--maxWorkers=4', '--testTimeout=600000'])
    return
  }
  console.error('\nNot run, because no Docker Engine answers:')
  for (const file of engineTestFiles()) console.error(`  ${file}`)
  console.error('Point DOCKER_HOST at one, or start a private one (as root, on Debian):')
  console.error('  scripts/dev-engine.sh up && eval "$(scripts/dev-engine.sh env)"')
  // Asked for by name, so not having run them is a failure.
  if (suite !== 'all') ok = false
}

if (!['all', 'unit', 'engine', 'long'].includes(suite)) {
  console.error(`unknown suite "${suite}": all, unit, engine or long`)
  process.exit(2)
}
// Property tests and child processes take their time on a busy machine. Jest itself would leave one core alone.
if (suite === 'all' || suite === 'unit') jest('unit', ['--maxWorkers=100%', '--testTimeout=60000'])
if (suite !== 'unit') engineTests(suite === 'long' ? 'long' : 'engine')
rmSync(scratch, { recursive: true, force: true })

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = ok && total.failed === 0 ? 0 : 1
