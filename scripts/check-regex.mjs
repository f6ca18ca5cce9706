// Asks recheck how long each regular expression of the sources can take, and keeps what it says.
//   node scripts/check-regex.mjs        new patterns alone
//   node scripts/check-regex.mjs all    all of them: some ten minutes
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, 'test/scripts/regular-expressions.json')

/** @returns {Record<string, string>} what recheck said of each pattern: `safe`, `linear`, `2nd degree polynomial`, `exponential`, `unknown` */
export const keptVerdicts = () => JSON.parse(readFileSync(kept, 'utf8'))

/**
 * All of src, transforms and catalogue: the literals as they stand there, each once, and where a pattern is made while
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
  return { literals: [...literals].sort(), made: [...made].sort() }
}

/**
 * @param {string} literal
 * @param {number} timeout milliseconds
 * @param {readonly ('auto' | 'automaton' | 'fuzz')[]} checkers each asked where those before it do not know
 * @returns {Promise<string>} `unknown` where it does not end in time
 */
export async function verdictOf(literal, timeout, checkers = ['auto', 'fuzz']) {
  // Its build for this machine; the one in JavaScript takes a second for each pattern.
  process.env.RECHECK_BACKEND ??= process.platform === 'linux' && process.arch === 'x64' ? 'native' : 'auto'
  const { check } = await import('recheck')
  const end = literal.lastIndexOf('/')
  for (const checker of checkers) {
    const found = await check(literal.slice(1, end), literal.slice(end + 1), { checker, timeout })
    if (found.status !== 'unknown') return found.complexity.summary.replace(/ \(fuzz\)$/, '')
  }
  return 'unknown'
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = process.argv[2] === 'all' ? {} : keptVerdicts()
  const { literals } = regularExpressions()
  const verdicts = new Map(Object.entries(before).filter(([literal]) => literals.includes(literal)))
  const asked = literals.filter((literal) => !verdicts.has(literal))
  const next = async () => {
    for (let literal = asked.pop(); literal !== undefined; literal = asked.pop())
      verdicts.set(literal, await verdictOf(literal, 20_000))
  }
  await Promise.all([next(), next()])
  const sorted = Object.fromEntries([...verdicts].sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(kept, `${JSON.stringify(sorted, null, 2)}\n`)
  for (const [literal, verdict] of Object.entries(sorted))
    if (!['safe', 'linear'].includes(verdict)) console.log(`${verdict}: ${literal}`)
  process.exit()
}
