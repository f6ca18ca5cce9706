// The property tests with new inputs, and more of them. A failure prints its seed: FUZZ_SEED=<seed> npm run fuzz repeats it.
//   npm run fuzz [runs] [test file pattern]
import { spawnSync } from 'node:child_process'

const [runs = '5000', pattern = '(properties|fuzz)'] = process.argv.slice(2)
const seed = process.env.FUZZ_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
console.error(`FUZZ_SEED=${seed}, ${runs} runs each`)
const { status } = spawnSync(process.execPath, ['scripts/test.mjs', 'unit', pattern], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SEED: seed, FUZZ_RUNS: runs },
})
process.exitCode = status ?? 1
