import type { FileModel } from '../image/file-model.ts'
import { memoizeByObject } from '../memoize.ts'
import { isInside, isSystemState, normalisePath, parentOf } from '../places.ts'

/** Files of the image that configure one of the programs: below a folder named like it, or named in the command. */
export function configurationFiles(
  files: FileModel,
  programs: readonly string[],
  argv: readonly string[],
): readonly string[] {
  const tokens = programs.flatMap(stems)
  const isNamed = (part: string): boolean =>
    tokens.some((token) => part === token || part.startsWith(token) || (part.length > 3 && token.startsWith(part)))
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

/** Texts that a program would read without being told to, with the parts of their paths; a port is looked for again and again. */
const validTexts = memoizeByObject((files: FileModel): ReadonlyMap<string, readonly string[]> => {
  const enabled = new Set<string>()
  for (const path of files.paths()) {
    if (path.includes('-enabled/')) enabled.add(files.resolve(path) ?? path)
  }
  const valid = files.texts().filter((path) => {
    if (path.includes('-available/') && !enabled.has(path)) return false
    return (
      !OF_OTHERS.test(path) &&
      !isSystemState(path) &&
      !/\.(dpkg-\w+|default|example|sample|bak|orig|md|rst|html?)$/i.test(path)
    )
  })
  return new Map(valid.map((path) => [path, path.split('/').filter((part) => part !== '' && !ROOTS.has(part))]))
})

/** What others read about a program: the firewall, what cuts its logs, what starts it on a machine. */
const OF_OTHERS = /^\/etc\/(ufw|logrotate\.d|logcheck|cron[^/]*|apparmor\.d|pam\.d|systemd|rc\d\.d)\//

/** Where all configuration lies: `etc` is no name for etcd's alone. */
const ROOTS = new Set(['etc', 'usr', 'local', 'opt', 'srv', 'var', 'lib', 'share', 'conf', 'config'])

/** `apachectl` reads apache2, `redis-server` reads redis, `unbound` reads unbound. */
function stems(program: string): readonly string[] {
  const plain = program.replace(/\.(sh|py|js|rb|jar)$/, '').replace(/(?<=[a-z]-?)\d+(\.\d+)+$/, '')
  // MariaDB's reads what MySQL's did.
  if (/^mariadb/.test(plain)) return [...stems(plain.replace('mariadb', 'mysql')), 'mariadb']
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

/** Configuration with what it includes; a relative name counts from its own folder, or from one above that. */
function withIncluded(paths: readonly string[], files: FileModel): readonly string[] {
  const all = new Set(paths)
  // What is added is gone through as well.
  for (const path of all) {
    for (const [, name = ''] of (files.text(path) ?? '').matchAll(INCLUDE)) {
      for (const pattern of patternsOf(name, path))
        for (const found of files.texts()) if (pattern(found)) all.add(found)
    }
  }
  return [...all]
}

function patternsOf(name: string, includer: string): readonly ((path: string) => boolean)[] {
  const folders = name.startsWith('/') ? ['/'] : [parentOf(includer), parentOf(parentOf(includer))]
  return folders.flatMap((folder) => {
    const path = normalisePath(name, folder)
    if (path === null || path === '/') return []
    if (!/[*?[]/.test(path)) return [(other: string) => other === path || (other !== path && isDirectlyIn(other, path))]
    const source = path
      .replace(/[.+^${}()|\\[\]]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')
    const pattern = new RegExp(`^${source}$`)
    return [(other: string) => pattern.test(other)]
  })
}

/** `!includedir /etc/mysql/conf.d/`. */
function isDirectlyIn(path: string, folder: string): boolean {
  return isInside(path, folder) && parentOf(path) === folder
}
