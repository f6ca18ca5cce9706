import { normalisePath, parentOf } from '../places.ts'
import { isComment } from './source-writes.ts'

/** The crates in a stage, by their folders. */
export interface RustCrates {
  readonly folders: readonly string[]
  /** What `cargo build` calls the programs of a crate. */
  readonly programsOf: (folder: string) => ReadonlySet<string>
  /** Folders of the crates of a name. */
  readonly named: (name: string) => readonly string[]
  /** The crate that a build in a folder makes when no crate is named: null where it may be several. */
  readonly defaultIn: (folder: string) => string | null
  /** Folders of the crates that these are built from. */
  readonly reachedFrom: (roots: ReadonlySet<string>) => ReadonlySet<string>
  /** The folder of the crate that a file is part of; null for none. */
  readonly crateOf: (file: string) => string | null
  /** Sources as the program has them, by path: those of its tests are left out, and what stands in others for tests alone is blank. */
  readonly sources: ReadonlyMap<string, string>
}

interface Crate {
  readonly folder: string
  readonly manifest: Manifest
  readonly programs: Set<string>
}

/**
 * The crates of a stage. `files`: the paths of all, of which those without a text were not read. Source: *The Cargo Book*, "Cargo
 * Targets", "Workspaces" and "Specifying Dependencies".
 */
export function rustCrates(texts: ReadonlyMap<string, string>, files: Iterable<string>): RustCrates {
  const manifests = new Map<string, Manifest>()
  for (const [path, text] of texts) if (path.endsWith('/Cargo.toml')) manifests.set(parentOf(path), manifestOf(text))
  const crates = new Map<string, Crate>()
  const byName = new Map<string, string[]>()
  for (const [folder, manifest] of manifests) {
    if (manifest.name === null) continue
    crates.set(folder, { folder, manifest, programs: new Set(manifest.programs) })
    const alike = byName.get(manifest.name) ?? []
    if (alike.length < MOST_COPIES) byName.set(manifest.name, [...alike, folder])
  }
  const crateOf = (file: string): Crate | null => {
    for (let at = parentOf(file); ; at = parentOf(at)) {
      const found = crates.get(at)
      if (found !== undefined || at === '/') return found ?? null
    }
  }
  for (const path of files) {
    const crate = path.endsWith('.rs') ? crateOf(path) : null
    if (crate === null) continue
    const [, main, name] =
      /^src\/(?:(main\.rs$)|bin\/([\w-]{1,100})(?:\.rs$|\/main\.rs$))/.exec(below(path, crate)) ?? []
    const program = main === undefined ? name : crate.manifest.name
    if (program != null) crate.programs.add(program)
  }
  const named = (name: string): readonly string[] => byName.get(name) ?? []
  const shared = new Map<string, (Dependency & { readonly folder: string })[]>()
  for (const [folder, manifest] of manifests)
    for (const one of manifest.shared) {
      const alike = shared.get(one.key) ?? []
      if (alike.length < MOST_COPIES) shared.set(one.key, [...alike, { ...one, folder }])
    }
  const foldersOf = ({ key, name, path }: Dependency, from: string): readonly string[] => {
    const place = path === null ? null : normalisePath(path, from)
    if (place !== null && crates.has(place)) return [place]
    const inherited = shared.get(key) ?? []
    const places = inherited.flatMap((one) => (one.path === null ? [] : (normalisePath(one.path, one.folder) ?? [])))
    const names = new Set([name, ...inherited.map((one) => one.name)])
    return [...places.filter((one) => crates.has(one)), ...[...names].flatMap(named)]
  }
  return {
    folders: [...crates.keys()],
    programsOf: (folder) => crates.get(folder)?.programs ?? new Set(),
    named,
    defaultIn(folder) {
      const crate = crates.get(folder)
      return crate === undefined || crate.manifest.isOfMany ? null : folder
    },
    reachedFrom(roots) {
      const reached = new Set(roots)
      for (const folder of reached)
        for (const dependency of crates.get(folder)?.manifest.dependencies ?? [])
          for (const found of foldersOf(dependency, folder)) reached.add(found)
      return reached
    },
    crateOf: (file) => crateOf(file)?.folder ?? null,
    sources: sourcesOf(texts, crateOf),
  }
}

/** Crates of one name, and workspaces that have one dependency. */
const MOST_COPIES = 20

function below(path: string, { folder }: Crate): string {
  return path.slice(folder === '/' ? 1 : folder.length + 1)
}

function sourcesOf(
  texts: ReadonlyMap<string, string>,
  crateOf: (file: string) => Crate | null,
): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  const testModules = new Set<string>()
  for (const [path, text] of texts) {
    if (!path.endsWith('.rs')) continue
    const crate = crateOf(path)
    const place = crate === null ? '' : below(path, crate)
    if (/^(?:tests|benches|examples)\//.test(place) || place === (crate?.manifest.build ?? 'build.rs')) continue
    const { text: own, modules } = withoutTests(text)
    sources.set(path, own)
    const folder = /\/(?:mod|lib|main)\.rs$/.test(path) ? parentOf(path) : path.slice(0, -'.rs'.length)
    for (const { name, path: told } of modules)
      testModules.add(
        told === null ? `${folder}/${name}` : (normalisePath(told, parentOf(path)) ?? '').replace(/\.rs$/, ''),
      )
  }
  if (testModules.size > 0)
    for (const path of [...sources.keys()])
      for (let at = path.slice(0, -'.rs'.length); at !== '/'; at = parentOf(at))
        if (testModules.has(at)) sources.delete(path)
  return sources
}

interface Dependency {
  /** What the crate calls it. */
  readonly key: string
  readonly name: string
  readonly path: string | null
}

interface Manifest {
  readonly name: string | null
  /** Names of `[[bin]]`. */
  readonly programs: readonly string[]
  /** Where its build script lies. */
  readonly build: string
  readonly dependencies: readonly Dependency[]
  /** Those of the workspace, which its crates take over. */
  readonly shared: readonly Dependency[]
  /** A build in its folder makes other crates than that alone. */
  readonly isOfMany: boolean
}

function manifestOf(text: string): Manifest {
  const programs: string[] = []
  const own = new Map<string, string>()
  const [dependencies, shared] = [new Map<string, string>(), new Map<string, string>()]
  let isOfMany = false
  let table = ''
  let all: Map<string, string> | null = null
  let one: string | undefined
  for (const line of text.split('\n')) {
    const header = /^\s{0,40}\[{1,2}([^[\]]{1,400})\]/.exec(line)?.[1]
    if (header !== undefined) {
      table = header.trim()
      const parts = table.split('.')
      const of = parts.lastIndexOf('dependencies')
      all = of < 0 || of < parts.length - 2 ? null : parts[of - 1] === 'workspace' ? shared : dependencies
      one = parts[of + 1]
    }
    const at = line.indexOf('=')
    const key = line.slice(0, Math.max(at, 0)).trim().replaceAll('"', '')
    const value = line.slice(at + 1).trim()
    if (all !== null && one !== undefined) all.set(one.replaceAll('"', ''), `${all.get(one) ?? ''},${line}`)
    if (at < 0 || key === '' || key.startsWith('#')) continue
    if (all !== null && one === undefined) {
      const [name = '', field] = key.split('.')
      all.set(name, `${all.get(name) ?? ''},${field === undefined ? value : `${field} = ${value}`}`)
    }
    if (table === 'package') own.set(key, unquoted(value))
    if (table === 'bin' && key === 'name') programs.push(unquoted(value))
    if (table === 'workspace' && key === 'default-members') isOfMany = true
  }
  const listed = (all: ReadonlyMap<string, string>): readonly Dependency[] =>
    [...all].map(([key, said]) => ({ key, name: valueIn(said, PACKAGE) ?? key, path: valueIn(said, PATH) }))
  return {
    name: own.get('name') ?? null,
    programs,
    build: own.get('build') ?? 'build.rs',
    dependencies: listed(dependencies),
    shared: listed(shared),
    isOfMany,
  }
}

const PACKAGE = /[{,]\s{0,40}package\s{0,40}=\s{0,40}["']([^"'\n]{1,400})["']/
const PATH = /[{,]\s{0,40}path\s{0,40}=\s{0,40}["']([^"'\n]{1,400})["']/

function valueIn(text: string, pattern: RegExp): string | null {
  return pattern.exec(text)?.[1] ?? null
}

function unquoted(value: string): string {
  return /^["']([^"']{1,400})["']/.exec(value)?.[1] ?? ''
}

interface TestModule {
  readonly name: string
  /** Of `#[path = "…"]`. */
  readonly path: string | null
}

/** `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`, `#[tokio::test(…)]`. */
const FOR_TESTS = /^cfg\((?:test\)$|all\(test,)|^(?:\w{1,40}::)?test(?:\(|$)/
/** Characters of such an attribute. */
const LONGEST_ATTRIBUTE = 300
const ITEM =
  /(?:pub(?:\([^()\n]{0,99}\))?\s{1,9})?(?:(?:async|unsafe|const|default|extern(?:\s{1,9}"[^"\n]{0,99}")?)\s{1,9}){0,4}(?:(mod)\s{1,9}(\w{1,99})|fn|use|impl|struct|enum|static|type|trait|const|macro_rules!)/y

/** A source with what only its tests have blank, line by line, and the modules in other files that are for tests. */
function withoutTests(text: string): { readonly text: string; readonly modules: readonly TestModule[] } {
  const modules: TestModule[] = []
  let rest = ''
  let done = 0
  let looked = 0
  const firstBlock = text.indexOf('{')
  for (const match of text.matchAll(/#!?\[/g)) {
    const begin = match.index + match[0].length
    const attribute = text.slice(begin, begin + LONGEST_ATTRIBUTE)
    const length = attribute.indexOf(']')
    if (match.index < looked || !FOR_TESTS.test(attribute.slice(0, Math.max(length, 0)).replace(/\s/g, ''))) continue
    const before = text.slice(Math.max(0, match.index - LONGEST_ATTRIBUTE), match.index)
    if (isComment(before, before.length)) continue
    // It is about all of the file, or of a module in it.
    if (match[0] === '#![') {
      if (firstBlock >= 0 && firstBlock < match.index) continue
      return { text: blank(text), modules: [] }
    }
    let at = begin + length + 1
    let path: string | null = null
    // Other attributes of it.
    for (;;) {
      at = behindSpace(text, at)
      if (!text.startsWith('#[', at)) break
      const end = closing(text, at + 1)
      if (end === null) return { text: rest + text.slice(done), modules }
      path ??=
        /^#\[\s{0,9}path\s{0,9}=\s{0,9}"([^"\n]{1,400})"/.exec(text.slice(at, Math.min(end, at + 500)))?.[1] ?? null
      at = end
    }
    looked = at
    ITEM.lastIndex = at
    const [item, module, name = ''] = ITEM.exec(text) ?? []
    if (item === undefined) continue
    const end = endOfItem(text, at + item.length)
    // What never ends is no Rust: each would be gone through to the end.
    if (end === null) break
    if (module !== undefined && text[end - 1] === ';') modules.push({ name, path })
    rest += text.slice(done, match.index) + blank(text.slice(match.index, end))
    done = end
    looked = end
  }
  return { text: rest + text.slice(done), modules }
}

function blank(text: string): string {
  return text.replace(/[^\n]+/g, '')
}

/** Behind the `;` or the block with which an item ends; null where it does not. */
function endOfItem(text: string, from: number): number | null {
  for (let at = from; at < text.length; ) {
    const char = text[at]
    if (char === ';') return at + 1
    if (char === '{') return closing(text, at)
    if (char === '}') return null
    const next = char === '(' || char === '[' ? closing(text, at) : behindToken(text, at)
    if (next === null) return null
    at = next
  }
  return null
}

/** Behind the bracket that closes the one at `from`; null where none does. */
function closing(text: string, from: number): number | null {
  let depth = 0
  for (let at = from; at < text.length; ) {
    const char = text[at] ?? ''
    if ('([{'.includes(char)) depth += 1
    if (')]}'.includes(char)) depth -= 1
    at = behindToken(text, at)
    if (depth === 0) return at
  }
  return null
}

function behindSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && (/\s/.test(text[at] ?? '') || text.startsWith('//', at) || text.startsWith('/*', at)))
    at = behindToken(text, at)
  return at
}

/** Behind the comment, string, character or single sign at `at`. */
function behindToken(text: string, at: number): number {
  const char = text[at]
  const behind = (end: string, from: number): number => {
    const found = text.indexOf(end, from)
    return found < 0 ? text.length : found + end.length
  }
  if (char === '/' && text[at + 1] === '/') return behind('\n', at)
  if (char === '/' && text[at + 1] === '*') return behind('*/', at + 2)
  if (char === "'") {
    if (text[at + 1] === '\\') return behind("'", at + 3)
    const width = (text.codePointAt(at + 1) ?? 0) > 0xffff ? 2 : 1
    return text[at + 1 + width] === "'" ? at + 2 + width : at + 1
  }
  if (char === 'r' && !/\w/.test((text[at - 1] ?? '').replace('b', ''))) {
    const [open, marks = ''] = RAW_STRING.exec(text.slice(at, at + 20)) ?? []
    if (open !== undefined) return behind(`"${marks}`, at + open.length)
  }
  if (char !== '"') return at + 1
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === '\\') end += 1
    else if (text[end] === '"') return end + 1
  }
  return text.length
}

const RAW_STRING = /^r(#{0,16})"/
