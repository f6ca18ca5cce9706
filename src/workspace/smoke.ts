import { type SmokeCheck, smokeCommand } from '../smoke-check.ts'
import { kinds } from './smoke-rules.ts'

/** As it is written: one shell command, or a list of checks. Checked by `wrongSmoke`. */
export type SmokeSetting = string | readonly RawCheck[]

interface RawCheck {
  readonly name?: string
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
  return value.filter((check) => isFor(check, targets)).map(typed)
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
