// Property tests draw the same inputs on each run, so a red run is about the change. `npm run fuzz` draws new and more ones.
import fc from 'fast-check'

const seed = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : 20_261_125
fc.configureGlobal({ seed })
