// Measures what a regular expression takes at the bound of its input: the attack that recheck found, pumped to that
// length, and some of the expression's own words over and over, against Node's own engine, which is not the one that recheck models.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import ts from 'typescript'

/** Milliseconds of CPU that a match may take at the bound of its input. */
export const mostMilliseconds = 200
/** What takes longer is ended, and counts as this. */
const endedAfter = 5000

/**
 * @typedef {{ pumps: readonly { prefix: string, pump: string }[], suffix: string }} Attack
 */

/** @returns {Promise<Readonly<Record<string, unknown>>>} the rows of src/bounds.ts */
export async function allBounds() {
  const source = readFileSync(new URL('../src/bounds.ts', import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } })
  return (await import(`data:text/javascript,${encodeURIComponent(outputText)}`)).bounds
}

/** @param {string} literal */
export function partsOf(literal) {
  const end = literal.lastIndexOf('/')
  return { source: literal.slice(1, end), flags: literal.slice(end + 1) }
}

/** So long are the texts of which the slowest are then taken at the full length. */
const sampled = 32 * 1024

/**
 * The longest CPU time of all attacks, in milliseconds.
 * @param {string} literal
 * @param {number} length of each attack, in UTF-16 units
 * @param {readonly Attack[]} attacks what recheck found; those that are slowest of our own come to them
 */
export async function longestTime(literal, length, attacks) {
  const { source, flags } = partsOf(literal)
  let worker = /** @type {Worker | null} */ (null)
  const time = async (/** @type {Attack} */ attack, /** @type {number} */ units) => {
    worker ??= new Worker(fileURLToPath(import.meta.url))
    const took = await timeIn(worker, source, flags, textOf(attack, units))
    if (took < endedAfter) return took
    await worker.terminate()
    worker = null
    return took
  }
  try {
    /** @type {{ attack: Attack, took: number }[]} */
    const own = []
    for (const attack of ownAttacks(source)) own.push({ attack, took: await time(attack, Math.min(sampled, length)) })
    const slowest = own.sort((a, b) => b.took - a.took).slice(0, 3)
    let longest = 0
    for (const attack of [...attacks, ...slowest.map(({ attack }) => attack)]) {
      longest = Math.max(longest, await time(attack, length))
      if (longest >= endedAfter) break
    }
    return Math.round(longest * 10) / 10
  } finally {
    await worker?.terminate()
  }
}

/**
 * @param {Attack} attack
 * @param {number} length
 */
function textOf({ pumps, suffix }, length) {
  const fixed = suffix.length + pumps.reduce((sum, { prefix }) => sum + prefix.length, 0)
  const pumped = pumps.reduce((sum, { pump }) => sum + pump.length, 0)
  const times = Math.max(1, Math.floor((length - fixed) / pumped))
  return pumps.map(({ prefix, pump }) => prefix + pump.repeat(times)).join('') + suffix
}

/**
 * The words of an expression as they stand in it, and single signs: what it begins with is what makes it start again and again.
 * @param {string} source
 * @returns {readonly Attack[]}
 */
function ownAttacks(source) {
  const plain = source
    .replace(/\\[bB]|\(\?<?[:=!]|\\s[+*]?/g, ' ')
    .replace(/\\[wd][+*]?/g, 'a')
    .replace(/\{\d+,?\d*\}/g, '')
    .replace(/\\([^\w])/g, '$1')
  const words = plain.match(/[\w=:;"'/.,\-<>#@ ]{2,}/g) ?? []
  const signs = [...' aA/.-0_"\'\t\\(\n$,:#[<{@', 'a/', 'a ', '0.', '.a', '${', '\n ', '-a', '/*', '**']
  const pumps = new Set([...signs, ...words.flatMap((word) => [word, `${word} `, `${word.trim()}(`, `/${word}/`])])
  return [...pumps].flatMap((pump) => ['', '\n!'].map((suffix) => ({ pumps: [{ prefix: '', pump }], suffix })))
}

/**
 * @param {Worker} worker
 * @param {string} source
 * @param {string} flags
 * @param {string} text
 * @returns {Promise<number>}
 */
function timeIn(worker, source, flags, text) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {number} */ milliseconds) => {
      clearTimeout(timer)
      worker.off('message', done)
      worker.off('error', reject)
      resolve(milliseconds)
    }
    const timer = setTimeout(() => done(endedAfter), endedAfter)
    worker.on('message', done)
    worker.on('error', reject)
    worker.postMessage({ source, flags, text })
  })
}

if (!isMainThread)
  parentPort?.on('message', ({ source, flags, text }) => {
    const expression = new RegExp(source, flags)
    const start = process.cpuUsage()
    if (expression.global) for (const _ of text.matchAll(expression));
    else expression.exec(text)
    const { user, system } = process.cpuUsage(start)
    parentPort?.postMessage((user + system) / 1000)
  })
