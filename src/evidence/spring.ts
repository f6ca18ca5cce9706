import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { isOwnPlace, isRuntimePlace, normalisePath, parentOf } from '../places.ts'
import { type Need, stateNeed } from '../plan/grants/need.ts'
import { databaseNeeds } from './frameworks.ts'

/** A Java application's own settings, in the build stage's resources or beside the jar; profiles have a name behind a dash. */
const FILE = /\/(application|bootstrap)(-[\w-]+)?\.(properties|ya?ml)$/
/** Spring Boot's log, of which old ones are put beside it; Quarkus'. */
const LOG = /^(logging\.file(\.name)?|quarkus\.log\.file\.path)$/
const FOLDER =
  /^(logging\.file\.path|logging\.path|spring\.servlet\.multipart\.location|server\.tomcat\.basedir|.*[.-](upload|uploads|storage|data|cache|tmp|temp)[-.]?(dir|directory|path|location|folder)?)$/
const DATABASE = /^jdbc:(?:h2:file|h2(?=:\.?\/)|sqlite|hsqldb:file|derby):(?:\/\/)?([^;?:]+)/

export function springNeeds(
  shipped: readonly Pick<Shipped, 'texts' | 'origins'>[],
  config: ImageConfig,
): readonly Need[] {
  return shipped.flatMap(({ texts, origins }) =>
    [...texts].flatMap(([file, text]) => {
      if (!FILE.test(file)) return []
      const settings = file.endsWith('.properties') ? properties(text) : flattened(text)
      return settings.flatMap(([key, value]): readonly Need[] => {
        const detail = `${key} in ${origins.get(file) ?? file}`
        const place = (text: string): string | null => {
          const path = /[${}:*]/.test(text) ? null : normalisePath(text, config.workdir)
          return path === null || isRuntimePlace(path) || !isOwnPlace(path) ? null : path
        }
        const database = place(DATABASE.exec(value)?.[1] ?? '*')
        if (database !== null) return databaseNeeds(database, detail)
        const path = place(value.includes('/') || LOG.test(key) ? value : '*')
        if (path === null) return []
        const evidence = { source: 'declared', subject: path, detail } as const
        if (LOG.test(key)) return [{ access: 'create-file', path, beside: true, evidence }]
        return FOLDER.test(key) && parentOf(path) !== path ? [stateNeed(path, 'declared', detail)] : []
      })
    }),
  )
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
