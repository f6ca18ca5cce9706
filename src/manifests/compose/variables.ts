import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { table } from '../../table.ts'

/** The value of a variable; null where nobody sets it. */
export type LookUp = (name: string) => string | null

export interface Filled {
  readonly text: string
  readonly named: readonly string[]
  /** Of those that have neither a value nor a default: '' stands in their place. */
  readonly missing: readonly string[]
  /** Of `${NAME:?why}` without a value: Compose does not start. */
  readonly required: readonly { readonly name: string; readonly why: string }[]
}

/**
 * As Compose puts variables in: `$NAME`, `${NAME}` with `:-`, `-`, `:?`, `?`, `:+` and `+`, whose other side may hold more of
 * them, `$$` for a dollar sign. What a variable holds is not looked through again. Throws HardenError `unreadable` for a
 * `${` that is none, and for a text that grows without end. Source: compose-go, template.go.
 */
export function filled(written: string, lookUp: LookUp): Filled {
  if (!written.includes('$')) return { text: written, named: [], missing: [], required: [] }
  const said = {
    named: [] as string[],
    missing: [] as string[],
    required: [] as { readonly name: string; readonly why: string }[],
  }
  return { text: fill(written, lookUp, said, 0), ...said }
}

interface Said {
  readonly named: string[]
  readonly missing: string[]
  readonly required: { readonly name: string; readonly why: string }[]
}

const VARIABLE = /\$(?:(\$)|([a-z_]\w*)|(\{))/iy
const BRACED = /([a-z_]\w*)(:?[-?+])?/iy

function fill(written: string, lookUp: LookUp, said: Said, depth: number): string {
  if (depth > MOST_NESTED) throw invalid(written, `variables are nested more than ${MOST_NESTED} levels deep`)
  let text = ''
  for (let at = 0; at < written.length; ) {
    const next = written.indexOf('$', at)
    text += next < 0 ? written.slice(at) : written.slice(at, next)
    if (text.length > bounds.expandedLength) throw invalid(written, 'it grows too long with its variables put in')
    if (next < 0) break
    VARIABLE.lastIndex = next
    const [all = '$', dollar, name, brace] = VARIABLE.exec(written) ?? []
    at = next + all.length
    if (brace !== undefined) {
      const end = closing(written, at)
      text += braced(written.slice(at, end), lookUp, said, depth)
      at = end + 1
    } else if (name !== undefined) text += plain(name, lookUp, said)
    else text += dollar ?? all
  }
  return text
}

/** More levels than anybody writes; each is read once more. */
const MOST_NESTED = 20

/** Where the bracket is closed that was opened before `start`. */
function closing(written: string, start: number): number {
  let open = 1
  for (let at = start; at < written.length; at += 1) {
    if (written[at] === '{') open += 1
    if (written[at] === '}') open -= 1
    if (open === 0) return at
  }
  throw invalid(written, 'a ${ is not closed')
}

function braced(inner: string, lookUp: LookUp, said: Said, depth: number): string {
  BRACED.lastIndex = 0
  const [head = '', name = '', rule] = BRACED.exec(inner) ?? []
  const other = inner.slice(head.length)
  if (name === '' || (rule === undefined && other !== '')) throw invalid(`\${${inner}}`, 'it names no variable')
  if (rule === undefined) return plain(name, lookUp, said)
  said.named.push(name)
  const value = lookUp(name)
  const isSet = value !== null && !(value === '' && rule.startsWith(':'))
  if (rule.endsWith('+')) return isSet ? fill(other, lookUp, said, depth + 1) : (value ?? '')
  if (isSet) return value
  const instead = fill(other, lookUp, said, depth + 1)
  if (rule.endsWith('-')) return instead
  said.required.push({ name, why: instead })
  return ''
}

function plain(name: string, lookUp: LookUp, said: Said): string {
  said.named.push(name)
  const value = lookUp(name)
  if (value === null) said.missing.push(name)
  return value ?? ''
}

function invalid(written: string, why: string): HardenError {
  const shown = written.length > 80 ? `${written.slice(0, 80)}…` : written
  return new HardenError('unreadable', `${JSON.stringify(shown)} is no text that Compose can fill in: ${why}`, {
    hint: 'a dollar sign that is none of a variable is written $$',
  })
}

/** The same where all that counts is the text; null where a variable has neither a value nor a default. */
export function interpolated(written: string, env: Readonly<Record<string, string | undefined>>): string | null {
  try {
    const { text, missing, required } = filled(written, (name) =>
      Object.hasOwn(env, name) ? (env[name] ?? null) : null,
    )
    return missing.length + required.length > 0 ? null : text
  } catch (error) {
    if (error instanceof HardenError) return null
    throw error
  }
}

const KEY = /(?:export[ \t]+)?([\w.-]+)[ \t]*([=:]|(?=\n|$))[ \t]*/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'/y

/**
 * The variables of a `.env` or an `env_file`, later ones over earlier ones; what `lookUp` has may stand in a value, and what
 * stands above. Lines that are none are passed over. Source: compose-go, dotenv/parser.go.
 */
export function dotEnv(text: string, lookUp: LookUp): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const known: LookUp = (name) => values.get(name) ?? lookUp(name)
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  for (let at = 0; at < source.length; ) {
    const line = source.indexOf('\n', at) < 0 ? source.length : source.indexOf('\n', at)
    const start = at + (/^\s*/.exec(source.slice(at, line))?.[0].length ?? 0)
    KEY.lastIndex = start
    const [all, name = '', sign = ''] = KEY.exec(source) ?? []
    at = line + 1
    if (all === undefined) continue
    if (sign === '') {
      const value = lookUp(name)
      if (value !== null) values.set(name, value)
      continue
    }
    QUOTED.lastIndex = start + all.length
    const [quoted, double, single] = QUOTED.exec(source) ?? []
    if (quoted === undefined) {
      const bare = source
        .slice(start + all.length, line)
        .replace(/ #.*$/s, '')
        .trimEnd()
      values.set(name, filledIn(bare, known))
      continue
    }
    const end = source.indexOf('\n', start + all.length + quoted.length)
    at = end < 0 ? source.length : end + 1
    values.set(name, double === undefined ? (single ?? '').replace(/\\'/g, "'") : filledIn(unescaped(double), known))
  }
  return values
}

/** A value that cannot be filled in is what it is. */
function filledIn(written: string, lookUp: LookUp): string {
  try {
    return filled(written, lookUp).text
  } catch (error) {
    if (error instanceof HardenError) return written
    throw error
  }
}

const ESCAPES: Readonly<Record<string, string>> = table({ n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' })

function unescaped(text: string): string {
  return text.replace(/\\([nrt"\\$])/g, (all, letter: string) => ESCAPES[letter] ?? all)
}
