// npm run messages [-- --grep PATTERN]: every text that a user reads, by file and line, with … for what a run puts in.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Properties of findings, remarks, errors, notes and flags that are shown as they are. */
const SHOWN = new Set(['message', 'hint', 'detail', 'reason', 'note', 'what', 'why', 'describe', 'summary'])

/** Which arguments of a call are shown, by its name: of `new HardenError(code, message)` the second. */
const CALLS = new Map(
  Object.entries({
    HardenError: [1],
    targetFinding: [2, 3],
    targetQuestion: [2, 3],
    stackFinding: [2, 4],
    leaveTodo: [1, 2, 3],
    usage: [0, 1],
    remark: [0, 1],
    fail: [0, 2],
    note: [0, 1],
    todo: [0, 1],
    say: [0],
    progress: [0],
    question: [2],
    show: [0],
    step: [0],
  }),
)

/**
 * @typedef {object} Message
 * @property {string} file below the repository
 * @property {number} line
 * @property {string} kind the property or the call
 * @property {string} text
 */

/**
 * In the order of the files and lines.
 * @param {string} root the repository
 * @returns {Message[]}
 */
export function messagesIn(root) {
  return ['src', 'transforms', 'catalogue']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => messagesOf(file, readFileSync(join(root, file), 'utf8')))
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {Message[]}
 */
export function messagesOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2023, true)
  const meanings = meaningsOf(tree)
  /** @type {Message[]} */
  const found = []
  /** @type {(kind: string, value: ts.Expression | undefined) => void} */
  const add = (kind, value) => {
    for (const { text, node } of value === undefined ? [] : textsOf(value, meanings))
      found.push({ file, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1, kind, text })
  }
  /** @type {(node: ts.Node) => void} */
  const visit = (node) => {
    if (ts.isPropertyAssignment(node) && SHOWN.has(node.name.getText())) add(node.name.getText(), node.initializer)
    if (ts.isShorthandPropertyAssignment(node) && SHOWN.has(node.name.text)) add(node.name.text, node.name)
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = node.expression.getText()
      // Of yargs: the text above the help.
      const name = called.endsWith('.usage') ? '' : called.slice(called.lastIndexOf('.') + 1)
      for (const index of CALLS.get(name) ?? []) add(name, node.arguments?.[index])
      if (called.endsWith('stderr.write')) add('stderr', node.arguments?.[0])
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  const seen = new Set()
  return found
    .filter(({ line, text }) => {
      const key = `${line} ${text}`
      return /\p{L}{2}/u.test(text) && !seen.has(key) && seen.add(key)
    })
    .sort((one, other) => one.line - other.line)
}

/** @typedef {ReadonlyMap<string, readonly ts.Expression[]>} Meanings */

/**
 * What a name stands for, or a function of the file gives.
 * @param {ts.SourceFile} tree
 * @returns {Meanings}
 */
function meaningsOf(tree) {
  /** @type {Map<string, ts.Expression[]>} */
  const meanings = new Map()
  /** @type {(name: string, value: ts.Expression) => void} */
  const add = (name, value) => void meanings.set(name, [...(meanings.get(name) ?? []), value])
  /** @type {(node: ts.Node, name: string | undefined) => void} */
  const visit = (node, name) => {
    if (ts.isReturnStatement(node) && node.expression !== undefined && name !== undefined) add(name, node.expression)
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      const { text } = node.name
      const value = node.initializer
      if (ts.isArrowFunction(value) && !ts.isBlock(value.body)) add(text, value.body)
      else add(text, value)
      return ts.forEachChild(value, (child) => visit(child, ts.isArrowFunction(value) ? text : name))
    }
    const own = ts.isFunctionDeclaration(node) ? node.name?.text : ts.isFunctionLike(node) ? undefined : name
    return ts.forEachChild(node, (child) => visit(child, own))
  }
  visit(tree, undefined)
  return meanings
}

/**
 * The texts that an expression may be.
 * @param {ts.Expression} value
 * @param {Meanings} meanings
 * @param {number} [depth]
 * @returns {{ text: string, node: ts.Node }[]}
 */
function textsOf(value, meanings, depth = 0) {
  const below = (/** @type {ts.Expression} */ one) => textsOf(one, meanings, depth)
  if (ts.isStringLiteralLike(value)) return [{ text: value.text, node: value }]
  if (ts.isTemplateExpression(value))
    return [
      { text: value.head.text + value.templateSpans.map(({ literal }) => `…${literal.text}`).join(''), node: value },
    ]
  if (ts.isConditionalExpression(value)) return [...below(value.whenTrue), ...below(value.whenFalse)]
  if (ts.isParenthesizedExpression(value)) return below(value.expression)
  const name = ts.isCallExpression(value) ? value.expression : value
  if (ts.isIdentifier(name))
    return depth > 2 ? [] : (meanings.get(name.text) ?? []).flatMap((one) => textsOf(one, meanings, depth + 1))
  if (!ts.isBinaryExpression(value)) return []
  if (value.operatorToken.kind !== ts.SyntaxKind.PlusToken) return [...below(value.left), ...below(value.right)]
  const [[left], [right]] = [below(value.left), below(value.right)]
  const text = `${left?.text ?? '…'}${right?.text ?? '…'}`
  return left === undefined && right === undefined ? [] : [{ text, node: value }]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--grep')
  const pattern = new RegExp(at < 0 ? '' : (process.argv[at + 1] ?? ''), 'i')
  const lines = messagesIn(dirname(dirname(fileURLToPath(import.meta.url)))).map(
    ({ file, line, kind, text }) => `${file}:${line}: ${kind}: ${text.trimEnd().replaceAll('\n', '\\n')}`,
  )
  process.stdout.write(
    lines
      .filter((line) => pattern.test(line))
      .map((line) => `${line}\n`)
      .join(''),
  )
}
