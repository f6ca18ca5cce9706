// Asks recheck how long each regular expression of the sources can take, and keeps what it says. What is not linear is
// measured besides, with the attack that recheck names, at the bound of its input: CONTRIBUTING.md has how.
//   node scripts/check-regex.mjs          new patterns alone
//   node scripts/check-regex.mjs times    measures all rows again: some minutes
//   node scripts/check-regex.mjs all      asks and measures all of them: some twenty minutes
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { allBounds, longestTime, mostMilliseconds, partsOf } from './regex-times.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, 'test/scripts/regular-expressions.json')
const rows = join(root, 'test/scripts/slow-expressions.json')

/**
 * @typedef {object} SlowRow
 * @property {string} pattern
 * @property {string} input what it is matched against, and what else is known of its time
 * @property {string} bound a row of src/bounds.ts, which its input is never longer than
 * @property {number | null} [length] what that row was when it was measured
 * @property {number | null} milliseconds of CPU that the worst attack took at that length; null before it was measured
 * @property {readonly import('./regex-times.mjs').Attack[]} [attacks] what recheck named; absent before it was asked
 */

/** @returns {SlowRow[]} all that recheck does not find linear, and what else is measured */
export const slowRows = () => JSON.parse(readFileSync(rows, 'utf8'))

export const LINEAR = new Set(['safe', 'linear'])

/** @returns {Record<string, string>} what recheck said of each pattern: `safe`, `linear`, `2nd degree polynomial`, `exponential`, `unknown` */
export const keptVerdicts = () => JSON.parse(readFileSync(kept, 'utf8'))

/**
 * All of src, transforms and catalogue: the literals as they stand there, each once, those of the programs' data, and where a pattern is made while
 * the program runs, as `file: call`.
 */
export function regularExpressions() {
  /** @type {Set<string>} */
  const literals = new Set()
  /** @type {Set<string>} */
  const made = new Set()
  for (const folder of ['src', 'transforms', 'catalogue'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
      const path = `${folder}/${name}`
      const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2023, true)
      /** @param {ts.Node} node */
      const visit = (node) => {
        if (ts.isRegularExpressionLiteral(node)) literals.add(node.text)
        else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp')
          made.add(`${path}: ${node.arguments?.[0]?.getText().replace(/\s+/g, ' ')}`)
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
  for (const text of catalogueExpressions()) literals.add(`/${new RegExp(text).source}/`)
  return { literals: [...literals].sort(), made: [...made].sort() }
}

/** Those of programs, frameworks and tools, which strangers' files and commands are matched against. */
function catalogueExpressions() {
  const folder = join(root, 'catalogue')
  const programs = readdirSync(join(folder, 'programs')).filter((file) => file.endsWith('.json'))
  /** @type {string[]} */
  const found = []
  for (const name of [
    ...programs.map((file) => `programs/${file}`),
    'frameworks.json',
    'home-tools.json',
    'known-programs.json',
    ...['go', 'php', 'python', 'script'].map((name) => `../src/evidence/languages/${name}.json`),
  ])
    JSON.parse(readFileSync(join(folder, name), 'utf8'), (key, value) => {
      if (EXPRESSIONS.test(key) && typeof value === 'string') found.push(value)
      return value
    })
  return found
}

const EXPRESSIONS =
  /^(pattern|onlyWith|argument|says|run|unless|unlessAnywhere|usedBy|readBy|filledBy|namesFolder|calls|like|is)$/

/**
 * @param {string} literal
 * @param {number} timeout milliseconds
 * @param {readonly ('auto' | 'automaton' | 'fuzz')[]} checkers each asked where those before it do not know
 * @returns {Promise<string>} `unknown` where it does not end in time
 */
export async function verdictOf(literal, timeout, checkers = ['auto', 'fuzz']) {
  for (const checker of checkers) {
    const found = await asked(literal, timeout, checker)
    if (found.status !== 'unknown') return found.complexity.summary.replace(/ \(fuzz\)$/, '')
  }
  return 'unknown'
}

/**
 * @param {string} literal
 * @param {number} timeout
 * @param {'auto' | 'automaton' | 'fuzz'} checker
 */
async function asked(literal, timeout, checker) {
  // Its build for this machine; the one in JavaScript takes a second for each pattern.
  process.env.RECHECK_BACKEND ??= process.platform === 'linux' && process.arch === 'x64' ? 'native' : 'auto'
  const { check } = await import('recheck')
  const { source, flags } = partsOf(literal)
  return check(source, flags, { checker, timeout })
}

/**
 * @param {string} literal
 * @returns {Promise<readonly import('./regex-times.mjs').Attack[]>} of its automaton and of its fuzzing, which find different ones
 */
async function attacksOn(literal) {
  const found = [await asked(literal, 20_000, 'auto'), await asked(literal, 20_000, 'fuzz')]
  const attacks = found.flatMap((one) =>
    one.status === 'vulnerable'
      ? [{ pumps: one.attack.pumps.map(({ prefix, pump }) => ({ prefix, pump })), suffix: one.attack.suffix }]
      : [],
  )
  return [...new Map(attacks.map((attack) => [JSON.stringify(attack), attack])).values()]
}

/**
 * @param {readonly string[]} literals
 * @param {boolean} again
 */
async function renewVerdicts(literals, again) {
  const before = again ? {} : keptVerdicts()
  const verdicts = new Map(Object.entries(before).filter(([literal]) => literals.includes(literal)))
  const missing = literals.filter((literal) => !verdicts.has(literal))
  const next = async () => {
    for (let literal = missing.pop(); literal !== undefined; literal = missing.pop())
      verdicts.set(literal, await verdictOf(literal, 20_000))
  }
  await Promise.all([next(), next()])
  const sorted = [...verdicts].sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(kept, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
  return verdicts
}

/**
 * @param {readonly string[]} literals
 * @param {ReadonlyMap<string, string>} verdicts
 * @param {boolean} again
 * @returns {Promise<readonly string[]>} what is wrong with them
 */
async function renewRows(literals, verdicts, again) {
  const bounds = await allBounds()
  const before = new Map(slowRows().map((row) => [row.pattern, row]))
  const slow = literals.filter((literal) => before.has(literal) || !LINEAR.has(verdicts.get(literal) ?? ''))
  /** @type {SlowRow[]} */
  const renewed = []
  for (const pattern of slow) {
    const known = before.get(pattern) ?? { pattern, input: '', bound: '', milliseconds: null }
    const row = { ...known, attacks: known.attacks ?? (await attacksOn(pattern)) }
    const length = bounds[row.bound]
    if (typeof length !== 'number') renewed.push({ ...row, length: null, milliseconds: null })
    else if (!again && row.length === length && row.milliseconds !== null) renewed.push(row)
    else renewed.push({ ...row, length, milliseconds: await longestTime(pattern, length, row.attacks) })
    // All that was measured is kept if the rest is not waited for.
    const rest = slow.slice(renewed.length).flatMap((literal) => before.get(literal) ?? [])
    writeFileSync(rows, `${JSON.stringify([...renewed, ...rest], null, 2)}\n`)
  }
  return renewed.flatMap(({ pattern, bound, milliseconds }) => {
    if (milliseconds === null) return [`name a row of src/bounds.ts, not "${bound}", in ${rows}: ${pattern}`]
    return milliseconds > mostMilliseconds ? [`${milliseconds} ms at bounds.${bound}: ${pattern}`] : []
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what] = process.argv
  const { literals } = regularExpressions()
  const verdicts = await renewVerdicts(literals, what === 'all')
  const wrong = await renewRows(literals, verdicts, what !== undefined)
  for (const line of wrong) console.log(line)
  process.exit(wrong.length === 0 ? 0 : 1)
}
