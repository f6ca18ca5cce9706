import { bounds } from '../bounds.ts'
import { type SmokeCheck, smokeCommand } from '../smoke-check.ts'
import { nearestName } from '../words.ts'

/** As it is written: one shell command, or a list of checks. Checked by `wrongSmoke`. */
export type SmokeSetting = string | readonly RawCheck[]

interface RawCheck {
  readonly name?: string
  readonly service?: string
  readonly targets?: readonly string[]
  readonly http?: Fields
  readonly tcp?: Fields
  readonly exec?: Fields
  readonly log?: Fields
  readonly file?: Fields
}

type Fields = Readonly<Record<string, unknown>>

/** The checks that are for a target, by the names that it goes by. `value` has passed `wrongSmoke`. */
export function smokeChecks(value: SmokeSetting, targets: readonly string[]): readonly SmokeCheck[] {
  if (typeof value === 'string') return [smokeCommand(value)]
  return value
    .filter((check) => isFor(check, targets))
    .map((check) => (check.service === undefined ? typed(check) : { ...typed(check), service: check.service }))
}

function isFor({ targets }: RawCheck, names: readonly string[]): boolean {
  return targets === undefined || targets.some((glob) => names.some((name) => fits(name, glob)))
}

/** `*` stands for any text, also across folders. The first place that a part fits is as good as any: no way is tried twice. */
function fits(name: string, glob: string): boolean {
  const [first = '', ...others] = glob.split('*')
  const last = others.pop()
  if (last === undefined) return name === glob
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}

function typed(check: RawCheck): SmokeCheck {
  const kind = kinds.find((one) => check[one] !== undefined) ?? 'exec'
  const fields = check[kind] ?? {}
  const given = (name: string): string | null => (fields[name] === undefined ? null : String(fields[name]))
  const number = (name: string): number | null => (fields[name] === undefined ? null : Number(fields[name]))
  const name = (usual: string): string => `smoke ${check.name ?? usual}`
  if (kind === 'http') {
    const [path, at, how] = [given('path') ?? '/', number('port'), given('method') ?? 'GET']
    return {
      kind,
      name: name(`${how === 'GET' ? 'http' : how} ${at === null ? '' : `:${at}`}${path}`),
      path,
      port: at,
      tls: fields.tls === true,
      method: how,
      data: given('data'),
      status: fields.status === undefined ? null : [fields.status].flat().map(Number),
      headers: (fields.headers ?? {}) as Readonly<Record<string, string>>,
      body: given('body'),
    }
  }
  if (kind === 'tcp') {
    const at = number('port') ?? 0
    return { kind, name: name(`tcp :${at}`), port: at, send: given('send'), expect: given('expect') }
  }
  if (kind === 'log') {
    const [match, not] = [given('match'), given('not')]
    return { kind, name: name(match === null ? `log without ${not}` : `log with ${match}`), match, not }
  }
  if (kind === 'file') {
    const path = given('path') ?? ''
    return { kind, name: name(`file ${path}`), path, match: given('match') }
  }
  const command = fields.command as string | readonly string[]
  return {
    kind,
    name: name(typeof command === 'string' ? command : command.join(' ')),
    command,
    in: fields.in === 'host' ? 'host' : 'container',
    exitCode: number('exitCode') ?? 0,
  }
}

/** What is wrong with a value, and where below it: `[0, 'http', 'port']`. */
export interface Wrong {
  readonly message: string
  readonly at: readonly (string | number)[]
}

type Kind = SmokeCheck['kind']

/** Of a field's value: what it should be; null for a right one. */
type Rule = (value: unknown) => string | null

const text: Rule = (value) =>
  typeof value === 'string' && value.trim() !== '' ? null : 'must be text that is not empty'
const port: Rule = (value) =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536 ? null : 'must be a port from 1 to 65535'
const truth: Rule = (value) => (typeof value === 'boolean' ? null : 'must be true or false')
const absolute: Rule = (value) =>
  typeof value === 'string' && value.startsWith('/') ? null : 'must start with /, such as /login'

const pattern: Rule = (value) => {
  if (typeof value !== 'string' || text(value) !== null) return text(value)
  if (value.length > bounds.patternLength) return `must have at most ${bounds.patternLength} characters`
  try {
    new RegExp(value)
    return null
  } catch (error) {
    return `must be a regular expression: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What a message shows of a text that a stranger wrote. */
export function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}

const MOST_SHOWN = 80

const status: Rule = (value) => {
  const all = Array.isArray(value) ? value : [value]
  const right = all.length > 0 && all.every((one) => Number.isInteger(one) && one >= 100 && one <= 599)
  return right ? null : 'must be an HTTP status such as 200, or a list of them'
}

const exitCode: Rule = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255 ? null : 'must be an exit code from 0 to 255'

const words: Rule = (value) => {
  if (!Array.isArray(value)) return text(value) === null ? null : 'must be a command: text for a shell, or a list'
  return value.length > 0 && value.every((word) => typeof word === 'string') ? null : 'must be a list of words'
}

const headers: Rule = (value) => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'must be a map of header to pattern'
  for (const [name, each] of Object.entries(value)) {
    const wrong = pattern(each)
    if (wrong !== null) return `${shortened(name)} ${wrong}`
  }
  return null
}

const place: Rule = (value) => (value === 'container' || value === 'host' ? null : 'must be container or host')
const method: Rule = (value) =>
  typeof value === 'string' && /^[A-Z]+$/.test(value) ? null : 'must be a method such as GET'

const rules: Readonly<Record<Kind, Readonly<Record<string, Rule>>>> = {
  http: { path: absolute, port, tls: truth, method, data: text, status, headers, body: pattern },
  tcp: { port, send: text, expect: pattern },
  exec: { command: words, in: place, exitCode },
  log: { match: pattern, not: pattern },
  file: { path: absolute, match: pattern },
}

const required: Readonly<Record<Kind, readonly string[]>> = {
  http: [],
  tcp: ['port'],
  exec: ['command'],
  log: [],
  file: ['path'],
}

const kinds = Object.keys(rules) as readonly Kind[]

/** Null for a `smoke:` section that can be run. */
export function wrongSmoke(value: unknown): Wrong | null {
  if (typeof value === 'string')
    return value.trim() === '' ? { message: 'must be text that is not empty', at: [] } : null
  if (!Array.isArray(value)) return { message: 'must be a shell command, or a list of checks', at: [] }
  if (value.length > bounds.smokeChecks)
    return { message: `has ${value.length} checks, and must have at most ${bounds.smokeChecks}`, at: [] }
  for (const [index, check] of value.entries()) {
    const wrong = wrongCheck(check)
    if (wrong !== null) return { message: wrong.message, at: [index, ...wrong.at] }
  }
  return null
}

/** Beside what it does. */
const ABOUT: readonly string[] = ['name', 'service', 'targets']

function wrongCheck(check: unknown): Wrong | null {
  const one = `one of ${kinds.join(', ')}`
  if (!isMap(check)) return { message: `has a check that is not a map: it must name ${one}`, at: [] }
  const unknown = Object.keys(check).find((key) => !ABOUT.includes(key) && !isKind(key))
  if (unknown !== undefined) {
    const meant = nearestName(unknown, [...kinds, ...ABOUT])
    return {
      message: `knows no check "${shortened(unknown)}"${meant === null ? '' : `, did you mean ${meant}?`}`,
      at: [unknown],
    }
  }
  const named = kinds.filter((kind) => check[kind] !== undefined)
  const [kind] = named
  if (kind === undefined || named.length > 1)
    return {
      message: `has a check with ${named.length === 0 ? 'no kind' : named.join(' and ')}: it must have ${one}`,
      at: [],
    }
  if (check.name !== undefined && text(check.name) !== null)
    return { message: `name ${text(check.name)}`, at: ['name'] }
  if (check.service !== undefined && text(check.service) !== null)
    return { message: `service ${text(check.service)}`, at: ['service'] }
  const { targets } = check
  if (
    targets !== undefined &&
    !(Array.isArray(targets) && targets.length > 0 && targets.every((one) => text(one) === null))
  )
    return { message: 'targets must be a list of targets, such as services/api/* or redis:*', at: ['targets'] }
  return wrongFields(kind, check[kind])
}

function wrongFields(kind: Kind, fields: unknown): Wrong | null {
  if (!isMap(fields)) return { message: `${kind} must be a map of ${Object.keys(rules[kind]).join(', ')}`, at: [kind] }
  for (const [name, value] of Object.entries(fields)) {
    const rule = Object.hasOwn(rules[kind], name) ? rules[kind][name] : undefined
    const meant = nearestName(name, Object.keys(rules[kind]))
    const wrong = rule === undefined ? `is no setting${meant === null ? '' : `, did you mean ${meant}?`}` : rule(value)
    if (wrong !== null) return { message: `${kind} ${shortened(name)} ${wrong}`, at: [kind, name] }
  }
  const missing = required[kind].find((name) => fields[name] === undefined)
  if (missing !== undefined) return { message: `${kind} needs ${missing}`, at: [kind] }
  if (kind === 'log' && (fields.match === undefined) === (fields.not === undefined))
    return { message: 'log needs match (it must appear) or not (it must not), one of them', at: [kind] }
  return null
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isKind(key: string): key is Kind {
  return kinds.some((kind) => kind === key)
}
