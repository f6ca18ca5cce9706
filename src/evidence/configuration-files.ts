import type { FileModel } from '../image/file-model.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { baseName, isInside, isSystemState, normalisePath, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import type { StepDownReport } from '../start/step-down.ts'
import type { StageView } from './provider.ts'

type ScriptWrite = StepDownReport['writes'][number]

/** Files of the image that configure one of the programs: below a folder named like it, or named in the command. */
export function configurationFiles(
  files: FileModel,
  programs: readonly string[],
  argv: readonly string[],
): readonly string[] {
  const tokens = programs.flatMap(stems)
  // Many paths share their parts.
  const isNamed = memoizeByText((part) =>
    tokens.some((token) => part.startsWith(token) || (part.length > 3 && token.startsWith(part))),
  )
  // `php-fpm8.4` reads /etc/php/8.4/fpm.
  const folders = tokens.map((token) => token.split('-')).filter((pieces) => pieces.length > 1)
  const isBelow = (parts: readonly string[]): boolean =>
    folders.some((pieces) => pieces.every((piece) => parts.includes(piece)))
  const valid = validTexts(files)
  return withIncluded(
    files.texts().filter((path) => {
      const parts = valid.get(path)
      return (
        (parts !== undefined && (parts.some(isNamed) || isBelow(parts))) || argv.some((word) => word.endsWith(path))
      )
    }),
    files,
  )
}

/** Texts that a program reads without being told to, with the parts of their paths. Kept, since each port asks again. */
const validTexts = memoizeByObject((files: FileModel): ReadonlyMap<string, readonly string[]> => {
  const enabled = new Set<string>()
  for (const path of files.paths()) {
    if (path.includes('-enabled/')) enabled.add(files.resolve(path) ?? path)
  }
  const valid = files.texts().filter((path) => {
    if (path.includes('-available/') && !enabled.has(path)) return false
    return (
      !OF_OTHERS.test(path) &&
      !IS_COMPILED.test(path) &&
      !isSystemState(path) &&
      !/\.(dpkg-\w+|default|example|sample|bak|orig|md|rst|html?)$/i.test(path)
    )
  })
  return new Map(valid.map((path) => [path, partsOf(path)]))
})

/** `/.filebrowser.json` is called after its program too. */
function partsOf(path: string): readonly string[] {
  return path.split('/').flatMap((part) => (part === '' || ROOTS.has(part) ? [] : [part.replace(/^\.(?=\w)/, '')]))
}

/** Sources of compiled programs are not read at run time. */
const IS_COMPILED = /\.(?:go|rs|java|kts?|scala|groovy|cs|fs|c|cc|cpp|cxx|h|hpp|swift|ex|erl|dart)$/

/** Files about a program that others read: the firewall, logrotate, the init system. */
const OF_OTHERS = /^\/etc\/(ufw|logrotate\.d|logcheck|cron[^/]*|apparmor\.d|pam\.d|systemd|rc\d\.d)\//

/** Names of folders that hold everybody's configuration: `etc` is no name of etcd's alone. */
const ROOTS = new Set(['etc', 'usr', 'local', 'opt', 'srv', 'var', 'lib', 'share', 'conf', 'config'])

/** `apachectl` reads apache2, `redis-server` reads redis, `unbound` reads unbound. */
function stems(program: string): readonly string[] {
  const plain = program.replace(/\.(sh|py|js|rb|jar)$/, '').replace(/(?<=[a-z]-?)\d+(\.\d+)+$/, '')
  // MariaDB reads what MySQL did.
  if (/^mariadb/.test(plain)) return [...stems(plain.replace('mariadb', 'mysql')), 'mariadb']
  // One server has three names.
  if (/^(httpd|apache2?(ctl|-foreground)?|apache2ctl)$/.test(plain)) return [plain, 'apache', 'httpd']
  const stem = plain.replace(/(-?(server|foreground)|2?ctl|d)$/, '')
  return [plain, stem].filter((name) => name.length >= 3 && !TOO_GENERAL.has(name))
}

const TOO_GENERAL = new Set([
  'python',
  'python3',
  'node',
  'java',
  'ruby',
  'perl',
  'php',
  'docker-entrypoint',
  'entrypoint',
  'start',
  'run',
  'bash',
  'dash',
])

/** `include /srv/sites/*.vhost;`, `IncludeOptional sites/*.conf`, `$IncludeConfig`, `!includedir`, `import`. */
const INCLUDE =
  /^[ \t]*[$!]?(?:include(?:optional|config|dir|-toplevel)?|import)\b[ \t]*(?:[:=][ \t]*)?["']?([^\s;"'#]+)/gim

/** Program sources, which import others in similar words. */
const IS_CODE = /\.(?:pyi?|[cm]?[jt]sx?|exs)$/

/** Configuration with what it includes; a relative name counts from its own folder, or from one above that. */
function withIncluded(paths: readonly string[], files: FileModel): readonly string[] {
  const all = new Set(paths)
  // Files that are added are searched as well.
  for (const path of all) {
    if (IS_CODE.test(path)) continue
    for (const [, name = ''] of (files.text(path) ?? '').matchAll(INCLUDE))
      for (const found of includedBy(name, path, files)) all.add(found)
  }
  return [...all]
}

function includedBy(name: string, includer: string, files: FileModel): readonly string[] {
  const folders = name.startsWith('/') ? ['/'] : [parentOf(includer), parentOf(parentOf(includer))]
  return folders.flatMap((folder): readonly string[] => {
    const path = normalisePath(name, folder)
    if (path === null || path === '/') return []
    // `!includedir /etc/mysql/conf.d/`.
    if (!/[*?[]/.test(path))
      return [...(files.text(path) === null ? [] : [path]), ...(textsByFolder(files).get(path) ?? [])]
    const source = path
      .replace(/[.+^${}()|\\[\]]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')
    const pattern = new RegExp(`^${source}$`)
    return files.texts().filter((other) => pattern.test(other))
  })
}

const textsByFolder = memoizeByObject((files: FileModel): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const path of files.texts()) {
    const folder = parentOf(path)
    const there = found.get(folder)
    if (there === undefined) found.set(folder, [path])
    else there.push(path)
  }
  return found
})

/** A file whose text the start replaces: the image's own text does not count. */
export interface RenderedFile {
  readonly path: string
  /** The file of the image that it is made from: a template, or the script that holds the text. Null where that is unknown. */
  readonly template: string | null
  /** No condition stands before it. */
  readonly always: boolean
}

/**
 * Files that start scripts, the command and what they read replace: `dockerize -template A:B`, `docker-gen A B`, `envsubst < A >
 * B`, confd, `cp A B`.
 */
export function renderedAtStart({
  start: { scripts, writes, possibleWrites },
  facts: { config },
  own,
  entry,
}: Pick<StageView, 'start' | 'facts' | 'own' | 'entry'>): readonly RenderedFile[] {
  const textOf = (path: string | null): string => (path === null ? argvOf(config).join(' ') : (own.text(path) ?? ''))
  const written = (found: readonly ScriptWrite[], always: boolean): readonly RenderedFile[] =>
    found.flatMap(({ path, script, line, anew, ifMissing, any }): readonly RenderedFile[] => {
      if (anew !== true || any !== undefined || (ifMissing && own.entry(path) !== null)) return []
      const text = lineAt(textOf(script), line)
      return [{ path, always, template: text.includes('<<') ? script : sourceIn(text, path, own) }]
    })
  const others = own.texts().filter((path) => STARTS_OTHERS.test(path) || CONFD.test(path))
  const told = [null, ...scripts, ...others].flatMap((path) => {
    const text = textOf(path)
    return path !== null && CONFD.test(path) ? byConfd(text) : withoutBreaks(text).flatMap(byRenderers)
  })
  return [...written(writes, true), ...written(possibleWrites, false), ...told, ...byVendor(entry, config, own)]
}

/** Files that the entrypoint of a listed image replaces; the image need not be known. */
function byVendor(
  entry: StageView['entry'],
  { entrypoint, cmd }: StageView['facts']['config'],
  own: FileModel,
): readonly RenderedFile[] {
  const { renders, startFolder, config } = entry ?? {}
  if (renders === undefined || startFolder?.programs.includes(baseName(cmd?.[0] ?? '')) !== true) return []
  if (JSON.stringify(entrypoint) !== JSON.stringify(config?.entrypoint)) return []
  return own.texts().flatMap((template): readonly RenderedFile[] => {
    const isOne = isInside(template, renders.from) && template.endsWith(renders.suffix)
    const path = `${renders.to}${template.slice(renders.from.length, -renders.suffix.length)}`
    return isOne ? [{ path, template, always: true }] : []
  })
}

const STARTS_OTHERS = /\/Procfile$|\/supervisor[^/]*(?:\.conf$|\.ini$|\/)/
const CONFD = /\/confd\/conf\.d\/[^/]+\.toml$/

function withoutBreaks(text: string): readonly string[] {
  return text.replace(/\\\r?\n/g, ' ').split('\n')
}

const linesOf = memoizeByText((text): readonly string[] => text.split('\n'))

/** The line, with its continued lines. */
function lineAt(text: string, line: number): string {
  const rest = linesOf(text).slice(line - 1, line + 9)
  const end = rest.findIndex((each) => !/\\\r?$/.test(each))
  return rest.slice(0, end + 1).join(' ')
}

/** The one file of the image that a command names beside what it writes; a variable may stand for its folder. */
function sourceIn(line: string, written: string, files: FileModel): string | null {
  for (const word of line.split(/[\s"'<>|;&()=:,{}]+/)) {
    if (word === written || word === '') continue
    if (files.text(word) !== null) return word
    const name = /\/([\w.-]+\.[\w-]+)$/.exec(word)?.[1]
    const [only, second] = name === undefined ? [] : files.texts().filter((path) => path.endsWith(`/${name}`))
    if (only !== undefined && second === undefined && only !== written) return only
  }
  return null
}

/** The files that one line with such a program replaces. */
function byRenderers(line: string): readonly RenderedFile[] {
  const words = line.split(/[\s"']+/)
  const pairs = words.flatMap((word, index) =>
    word === '-template'
      ? (words[index + 1] ?? [])
      : word.startsWith('-template=')
        ? word.slice('-template='.length)
        : [],
  )
  const found = pairs.flatMap((pair): readonly RenderedFile[] => {
    const [template = '', path = ''] = pair.split(':')
    return path.startsWith('/') ? [{ path, template, always: true }] : []
  })
  const at = words.findIndex((word) => word === 'docker-gen' || word.endsWith('/docker-gen'))
  const named = at < 0 ? [] : words.slice(at + 1).filter((word) => /^\/[\w./-]+$/.test(word))
  const [template, path] = named.slice(-2)
  return template === undefined || path === undefined ? found : [...found, { path, template, always: true }]
}

/** https://github.com/kelseyhightower/confd/blob/master/docs/template-resources.md */
function byConfd(text: string): readonly RenderedFile[] {
  const said = (key: string): string | undefined => new RegExp(`^\\s*${key}\\s*=\\s*"([^"\\n]+)"`, 'm').exec(text)?.[1]
  const [template, path] = [said('src'), said('dest')]
  if (template === undefined || path === undefined) return []
  return [{ path, template: normalisePath(template, '/etc/confd/templates'), always: true }]
}
