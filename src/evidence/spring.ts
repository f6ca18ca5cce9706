import { isOwnPlace, isRuntimePlace, looksLikeFile, normalisePath, parentOf } from '../places.ts'
import { declared, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'
import { databaseClaims } from './source-files.ts'

/** A Java application's own settings, in the build stage's resources or beside the jar; profiles have a name behind a dash. */
const FILE = /(?:^|\/)(application|bootstrap)(-[\w-]+)?\.(properties|ya?ml)$/
/** Spring Boot's log, of which old ones are put beside it; Quarkus'. */
const LOG = /^(logging\.file(\.name)?|quarkus\.log\.file\.path)$/
const FOLDER =
  /^(?:logging\.(?:file\.)?path|spring\.servlet\.multipart\.location|server\.tomcat\.basedir|(?:.*[._-])?(?:uploads?|storage|data|cache|te?mp)[-._]?(?:dir|directory|path|location|folder)?|(?:.*[._-])?logs?[-._]?(?:dir|directory|path|location|folder))$/i
const DATABASE = /^jdbc:(?:h2:file|h2(?=:\.?\/)|sqlite|hsqldb:file|derby):(?:\/\/)?([^;?:]+)/

export const spring: Provider = {
  name: 'spring',
  summary: "places that a Java application's own settings name",
  when: 'always',
  *claims({ contents, builders, started: { workdir, env } }) {
    for (const { texts, origins, copies } of [contents, ...builders]) {
      const packed = copies.flatMap((copy) => [...(copy.packed ?? [])])
      for (const [file, text] of [...texts, ...packed]) {
        if (!FILE.test(file)) continue
        const settings = file.endsWith('.properties') ? properties(text) : flattened(text)
        for (const [key, value] of settings)
          yield* namedBy(key, withDefaults(value, env), `${key} in ${origins.get(file) ?? file}`, workdir)
      }
    }
  },
}

/** `${LOG_HOME:/data/logs}/acme`: what the image says, else what stands behind the colon. */
function withDefaults(value: string, env: ReadonlyMap<string, string>): string {
  return value.replace(
    /\$\{([\w.-]{1,99}):([^{}$]{0,999})\}/g,
    (_, name: string, other: string) => env.get(name) ?? other,
  )
}

function namedBy(key: string, value: string, detail: string, workdir: string): readonly PathClaim[] {
  const place = (text: string): string | null => {
    const path = /[${}:*]/.test(text) ? null : normalisePath(text, workdir)
    return path === null || isRuntimePlace(path) || !isOwnPlace(path) ? null : path
  }
  const database = place(DATABASE.exec(value)?.[1] ?? '*')
  if (database !== null) return databaseClaims(database, detail)
  const path = place(value.includes('/') || LOG.test(key) ? value : '*')
  if (path === null) return []
  if (LOG.test(key)) return [declared('create-file', path, detail, { beside: true })]
  if (!FOLDER.test(key) || parentOf(path) === path) return []
  // `log.path` names a file as often as a folder.
  return [
    looksLikeFile(path)
      ? declared('create-file', path, detail, { beside: true })
      : declared('keep-state', path, detail),
  ]
}

type Setting = readonly [key: string, value: string]

function properties(text: string): readonly Setting[] {
  return text.split(/\r?\n/).flatMap((line): readonly Setting[] => {
    const [, key, value] = /^\s*([\w.-]+)\s*[=:](.*)$/s.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [[key, value.trim()]]
  })
}

/** `logging:` / `  file:` / `    name: x` as `logging.file.name`. Lists are left out. */
function flattened(text: string): readonly Setting[] {
  const found: Setting[] = []
  const above: { readonly indent: number; readonly key: string }[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, blank = '', key, behind = ''] = /^(\s*)([\w.-]+):(.*)$/s.exec(line) ?? []
    if (key === undefined) continue
    while ((above.at(-1)?.indent ?? -1) >= blank.length) above.pop()
    const whole = [...above.map((each) => each.key), key].join('.')
    const value = behind.trim()
    if (value === '' || value.startsWith('#')) above.push({ indent: blank.length, key })
    else found.push([whole, value.replace(/^(["'])(.*)\1$/, '$2')])
  }
  return found
}
