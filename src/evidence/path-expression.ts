import { bounds } from '../bounds.ts'
import { memoizeByObject } from '../memoize.ts'

/** What a source file says of its own names: constants with a literal value. */
export interface SourceNames {
  /** Folder of the file, for `__dirname` and `Path(__file__).parent`. */
  readonly folder: string
  /** Where the program starts, for relative paths. */
  readonly workdir: string
  /** Right-hand sides by name. */
  readonly constants: ReadonlyMap<string, string>
  /** Variables, and properties of Java, whose names have a dot as a rule. */
  readonly env: ReadonlyMap<string, string>
  /** The path that another file of the program, one of settings, gives a name; `of`: what the name stands behind. */
  readonly shared?: ((name: string, of: string | null) => string | null) | undefined
  /** ASP.NET Core's folder of static files, from where the program starts; absent: `wwwroot`. */
  readonly webRoot?: string | undefined
}

const HERE =
  /^(__dirname|__DIR__|__dir__|import\.meta\.dirname|dirname\(__FILE__\)|os\.path\.dirname\(\s*(os\.path\.(abspath|realpath)\(\s*)?__file__\s*\)?\s*\)|Path\(\s*__file__\s*\)(\.resolve\(\))?\.parent|basedir|BASE_DIR|app\.root_path)$/
const START =
  /^(process\.cwd\(\)|os\.getcwd\(\)|Path\.cwd\(\)|getcwd\(\)|Dir\.pwd|Directory\.GetCurrentDirectory\(\)|Environment\.CurrentDirectory|AppContext\.BaseDirectory|AppDomain\.CurrentDomain\.BaseDirectory|(?:\w+\.)*ContentRootPath|System\.getProperty\("user\.dir"\))$/
/** ASP.NET Core's folder of static files. */
const WEB_ROOT = /^(?:\w+\.)*WebRootPath$/
/** Rust's and Java's default of a variable that is not set. */
const ORELSE =
  /^(?:(?:std::)?env::var\(|System\.getenv\(\)\.getOrDefault\()\s*"(\w+)"\s*(?:\)\.unwrap_or(?:_else)?\((?:\|\w*\|\s*)?|,\s*)(.+)\)$/s
const DEEPEST = 8

/**
 * The absolute path that an expression means, as far as it is literal: strings, `path.join(__dirname, 'x')`,
 * `Path('x') / 'y'`, constants of the same file, and the default of a variable that is not set (`process.env.X || 'x'`).
 * Null for everything else; nothing is run.
 */
export function pathOf(expression: string, names: SourceNames): string | null {
  const value = evaluate(expression.trim(), names, 0)
  if (value === null || value === '' || /[\0\n*?<>|$]|:\/\/|#\{/.test(value)) return null
  return value.startsWith('/') ? value : `${names.workdir}/${value}`
}

/** What an expression means is worked out once for all that it is a part of: constants of constants would take each other's time. */
const evaluated = memoizeByObject((_: SourceNames) => new Map<string, string | null>())

function evaluate(expression: string, names: SourceNames, depth: number): string | null {
  if (depth > DEEPEST || expression.length > bounds.expressionLength) return null
  const known = evaluated(names)
  const key = `${depth} ${expression}`
  const before = known.get(key)
  if (before !== undefined) return before
  const value = meaningOf(expression, names, depth)
  known.set(key, value)
  return value
}

function meaningOf(expression: string, names: SourceNames, depth: number): string | null {
  const text = expression
    .trim()
    .replace(/[;,]$/, '')
    .replace(/^&(?:mut )?/, '')
    .replace(/\.(?:to_string|to_owned|into|toString)\(\)$/, '')
  if (text === '') return null
  const next = (part: string): string | null => evaluate(part, names, depth + 1)
  const literal = /^(?:[rbu@]|new URL)?(["'`])((?:(?!\1)[^\\])*)\1$/.exec(text)
  if (literal !== null) return /[$]\{/.test(literal[2] ?? '') ? template(literal[2] ?? '', next) : (literal[2] ?? '')
  if (HERE.test(text) && !names.constants.has(text)) return names.folder
  if (
    /^(__file__|__FILE__|__filename|fileURLToPath\(import\.meta\.url\)|import\.meta\.filename)$/.test(text) &&
    !names.constants.has(text)
  )
    return `${names.folder}/__file__`
  const folder = /^(?:path\.)?(?:dirname|posix\.dirname|os\.path\.dirname)\((.*)\)$/s.exec(text)
  if (folder !== null && balanced(folder[1] ?? '')) {
    const inner = next(folder[1] ?? '')
    return inner?.startsWith('/') ? inner.replace(/\/[^/]+\/*$|^\/+$/, '') || '/' : null
  }
  // What a module names beside itself.
  const url = /^(?:fileURLToPath\(\s*)?new URL\((.*),\s*import\.meta\.url\s*\)(?:\.pathname)?\s*\)?$/s.exec(text)
  if (url !== null) {
    const relative = next(url[1] ?? '')
    return relative === null || relative.startsWith('/') ? relative : `${names.folder}/${relative}`
  }
  if (/^\(.*\)$/s.test(text) && balanced(text.slice(1, -1))) return next(text.slice(1, -1))
  const above = /^(.+)\.(parent|resolve\((?:strict=\w+)?\)|absolute\(\))$/s.exec(text)
  if (above !== null && balanced(above[1] ?? '')) {
    const from = splitAt(above[1] ?? '', /^\/(?!\/)/).length > 1 ? null : next(above[1] ?? '')
    return from === null || above[2] !== 'parent'
      ? from
      : from.startsWith('/')
        ? from.replace(/\/[^/]+\/*$|^\/+$/, '') || '/'
        : null
  }
  if (START.test(text)) return names.workdir
  if (WEB_ROOT.test(text)) return names.webRoot ?? 'wwwroot'
  const env =
    /^(?:process\.env\.(\w+)|process\.env\[["'](\w+)["']\]|os\.environ\[["'](\w+)["']\]|ENV\[["'](\w+)["']\]|\$ENV\{["']?(\w+)["']?\})$/.exec(
      text,
    )
  if (env !== null) return names.env.get(env.slice(1).find((name) => name !== undefined) ?? '') ?? null
  const chosen = /^getenv\("(\w+)"\)(?:\s*!=\s*NULL)?\s*\?\s*getenv\("\1"\)\s*:\s*(.+)$/s.exec(text)
  if (chosen !== null) return names.env.get(chosen[1] ?? '') ?? next(chosen[2] ?? '')
  // What stands side by side in C is one text.
  if (/^(?:[A-Z_][A-Z0-9_]*|"[^"]*")(?:\s+(?:[A-Z_][A-Z0-9_]*|"[^"]*"))+$/.test(text)) {
    const parts = (text.match(/[A-Z_][A-Z0-9_]*|"[^"]*"/g) ?? []).map(next)
    return parts.every((part) => part !== null) ? parts.join('') : null
  }
  const property = /^System\.getProperty\(\s*"([\w.-]+)"\s*(?:,\s*(.+))?\)$/s.exec(text)
  if (property !== null)
    return names.env.get(property[1] ?? '') ?? (property[2] === undefined ? null : next(property[2]))
  const fallback =
    /^(?:os\.environ\.get|os\.getenv|ENV\.fetch|(?:\w+\.)?(?=\w*(?:[gG]et_?[eE]nv|[eE]nv\w{0,20}(?:Or|Default)))\w+)\(\s*["'](\w+)["']\s*(?:,\s*(.+))?\)$/s.exec(
      text,
    )
  const orElse = ORELSE.exec(text)
  if (orElse !== null) return names.env.get(orElse[1] ?? '') ?? next(orElse[2] ?? '')
  if (fallback !== null)
    return (
      names.env.get(fallback[1] ?? '') ?? (fallback[2] === undefined ? null : next(splitAt(fallback[2], /^,/)[0] ?? ''))
    )
  const either = splitAt(text, /^(\|\||\?\?|\?:|\/\/(?=\s)| or )/)
  if (either.length > 1) return either.map(next).find((value) => value !== null && value !== '') ?? null
  const below = joinedBy(text, names)
  if (below !== null) return joinAll([next(below.folder), ...splitAt(below.names, /^,/).map(next)])
  const joined =
    /^(?:[pP]ath\.(?:posix\.)?|filepath\.)?(?:join|resolve|Join)\((.*)\)$|^os\.path\.join\((.*)\)$|^(?:File\.join|Path\.Combine|Paths\.get|Path\.of|(?:new )?File)\((.*)\)$/s.exec(
      text,
    )
  if (joined !== null) return joinAll(splitAt(joined.slice(1).find((part) => part !== undefined) ?? '', /^,/).map(next))
  // Go's flags: their name, then the value where none is given.
  const flag = /^(?:flag|pflag)\.String\(\s*"[^"]*"\s*,\s*("[^"]*")/.exec(text)
  if (flag !== null) return next(flag[1] ?? '')
  // Ruby's: from the file or folder that the second names.
  const expanded = /^File\.expand_path\((.*)\)$/s.exec(text)
  if (expanded !== null && balanced(expanded[1] ?? '')) {
    const [below = '', from] = splitAt(expanded[1] ?? '', /^,/)
    return from === undefined ? next(below) : joinAll([next(from), next(below)])
  }
  const wrapped =
    /^(?:str|Path|pathlib\.Path|String|String::from|Path::new|PathBuf::from|(?:os\.)?(?:path\.)?(?:abspath|normpath|realpath))\((.*)\)$/s.exec(
      text,
    )
  if (wrapped !== null && balanced(wrapped[1] ?? '')) return joinAll(splitAt(wrapped[1] ?? '', /^,/).map(next))
  const slashed = splitAt(text, /^\/(?!\/)/)
  if (slashed.length > 1) return joinAll(slashed.map(next))
  const added = splitAt(text, /^[+.](?=\s*["'`])|^\+/)
  if (added.length > 1) {
    const parts = added.map(next)
    return parts.every((part) => part !== null) ? parts.join('') : null
  }
  const constant = /^[$*]?[A-Za-z_][\w.]*$/.test(text) ? constantOf(text.replace(/^[$*]/, ''), names) : undefined
  if (constant !== undefined && constant.trim() !== text) return next(constant)
  const [, of, name] = /^(?:([A-Za-z_][\w.]*)\.)?([A-Za-z_]\w*)$/.exec(text) ?? []
  return name === undefined ? null : (names.shared?.(name, of ?? null) ?? null)
}

/** `self.MODEL_DIR` is what the class itself gives that name, where no instance gives it another. */
function constantOf(name: string, { constants }: SourceNames): string | undefined {
  const ofClass = /^(?:self|cls|this)\.([A-Z][A-Z0-9_]*)$/.exec(name)?.[1]
  return constants.get(name) ?? (ofClass === undefined ? undefined : constants.get(ofClass))
}

/** `DATA.join("x")` of Rust, `DATA.joinpath('x')` of Python and `DATA.resolve("x")` of Java, and not `path.join` of JavaScript. */
function joinedBy(
  text: string,
  { constants }: SourceNames,
): { readonly folder: string; readonly names: string } | null {
  if (!text.endsWith(')') || !/\.(join|joinpath|resolve)\(/.test(text)) return null
  let depth = 0
  let at = text.length - 1
  for (; at >= 0; at -= 1) {
    if (text[at] === ')') depth += 1
    if (text[at] === '(') depth -= 1
    if (depth === 0) break
  }
  const [method] = /\.(join|joinpath|resolve)$/.exec(text.slice(0, at)) ?? []
  if (method === undefined) return null
  const folder = text.slice(0, at - method.length)
  const names = text.slice(at + 1, -1)
  // A separator that joins a list, and the modules of other languages.
  const isModule =
    /^([pP]ath|os\.path|posixpath|path\.posix|File|filepath)$/.test(folder) &&
    /^(await import|require)\b/.test(constants.get(folder) ?? 'require')
  return isModule || names.trim() === '' || /^["'`[]/.test(folder) ? null : { folder, names }
}

function template(text: string, next: (part: string) => string | null): string | null {
  let known = true
  const filled = text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const value = next(inner)
    if (value === null) known = false
    return value ?? ''
  })
  return known ? filled : null
}

function joinAll(parts: readonly (string | null)[]): string | null {
  let path = ''
  for (const part of parts) {
    if (part === null) return null
    path = part.startsWith('/') || path === '' ? part : `${path}/${part}`
  }
  return path
}

/** Cuts an expression at a separator that stands outside of brackets and quotes. */
export function splitAt(text: string, separator: RegExp): readonly string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
      continue
    }
    if (char === '"' || char === "'" || char === '`') quote = char
    else if (/[([{]/.test(char)) depth += 1
    else if (/[)\]}]/.test(char)) depth -= 1
    else if (depth === 0 && at > start) {
      const found = separator.exec(text.slice(at))
      if (found === null) continue
      parts.push(text.slice(start, at))
      start = at + found[0].length
      at = start - 1
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '')
}

function balanced(text: string): boolean {
  let depth = 0
  for (const char of text) {
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

/**
 * The folder in which an expression names something that only the run tells: `uploads` of `` `uploads/${name}` ``,
 * `path.join('uploads', name)`, `UPLOADS + '/' + name` and `f"uploads/{name}"`. Null where the program's own folder is all
 * that is left of it.
 */
export function folderOf(expression: string, names: SourceNames, depth = 0): string | null {
  if (expression.length > bounds.expressionLength) return null
  const bare = expression.trim().replace(/[;,]$/, '')
  // `const dir = path.join(PLUGINS, name)`, and what is written below it.
  const named = /^[$]?[A-Za-z_]\w*$/.test(bare) ? names.constants.get(bare.replace(/^\$/, '')) : undefined
  if (named !== undefined) return depth > DEEPEST || named.trim() === bare ? null : folderOf(named, names, depth + 1)
  const text = /^\(.*\)$/s.test(bare) && balanced(bare.slice(1, -1)) ? bare.slice(1, -1) : bare
  const [, , format = ''] = FORMAT.exec(text) ?? []
  if (format !== '') {
    const known = /^[^{%]*/.exec(format)?.[0] ?? ''
    return known.includes('/') ? ownFolder(`'${known.slice(0, known.lastIndexOf('/')) || '/'}'`, names) : null
  }
  const filled = /^[fF]?(["'`])((?:(?!\1).)*)\1$/s.exec(text)
  if (filled !== null) {
    // `f"{UPLOADS}/{name}"`, `${UPLOADS}/${name}`.
    const [, braced, plain, below = ''] =
      /^(?:[$#]?\{\$?([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*))([^{$#]*)/.exec(filled[2] ?? '') ?? []
    const name = braced ?? plain
    const start = name === undefined || !names.constants.has(name) ? null : pathOf(name, names)
    if (start !== null) return ownFolder(JSON.stringify(`${start}${below}`), names, 'begin')
    const known = /^[^{$#]*/.exec(filled[2] ?? '')?.[0] ?? ''
    return known.includes('/') ? ownFolder(`'${known.slice(0, known.lastIndexOf('/')) || '/'}'`, names) : null
  }
  const joined =
    /^(?:(?:path\.(?:posix\.)?)?(?:join|resolve)|os\.path\.join|File\.join|Path\.Combine|(?:path|filepath)\.Join)\((.*)\)$/s.exec(
      text,
    )?.[1]
  if (joined !== undefined) {
    const parts = splitAt(joined, /^,/)
    return (
      ofParts(parts, (some) => `path.join(${some.join(', ')})`, names) ?? folderOf(parts[0] ?? '', names, depth + 1)
    )
  }
  const slashed = splitAt(text, /^\/(?!\/)/)
  if (slashed.length > 1)
    return ofParts(slashed, (parts) => parts.join(' / '), names) ?? folderOf(slashed[0] ?? '', names, depth + 1)
  const added = splitAt(text, /^[+.](?=\s*["'`])|^[+.](?=\s*[$\w])|^\+/)
  if (added.length < 2) return null
  return ofParts(added, (parts) => parts.join(' + '), names, 'begin') ?? folderOf(added[0] ?? '', names, depth + 1)
}

/** `fmt.Sprintf("out/%d.txt", n)`, `format!("out/{n}")`, `String.format("out/%s", n)`, `"out/%s" % n`, `'out/{}'.format(n)` */
const FORMAT =
  /^(?:(?:fmt\.Sprintf|s?printf|format!|[sS]tring\.[fF]ormat)\(\s{0,9})?(["'])([^"'\n]{1,300})\1(?:\s{0,9}%\s{0,9}[\w(]|\.format\(|,|\s{0,9}\)$)/s

/** By as many of the leading parts as are known. */
function ofParts(
  parts: readonly string[],
  joined: (parts: readonly string[]) => string,
  names: SourceNames,
  as: 'folder' | 'begin' = 'folder',
): string | null {
  for (let count = Math.min(parts.length - 1, bounds.expressionParts); count > 0; count -= 1) {
    const leading = parts.slice(0, count)
    const folder = ownFolder(count === 1 ? (leading[0] ?? '') : joined(leading), names, as)
    if (folder !== null) return folder
  }
  return null
}

/** `begin`: its last name may go on, as `img_` of `out/img_`. */
function ownFolder(expression: string, names: SourceNames, as: 'folder' | 'begin' = 'folder'): string | null {
  const whole = pathOf(expression, names)
  const path =
    (as === 'begin' ? whole?.slice(0, whole.lastIndexOf('/') + 1) : whole)?.replace(/(?<!\/\.?)(\/\.?)+$/, '') ?? null
  return path === null || path === '' || path === names.folder || path === names.workdir ? null : path
}
