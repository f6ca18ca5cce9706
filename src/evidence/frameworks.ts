import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { says } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { lineOf } from '../line-of.ts'
import { isOwnPlace, normalisePath, parentOf } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'

/** A framework by a file that only its projects have, and the folders below that it writes at run time. */
interface Framework {
  readonly name: string
  /** Base name of the file that tells, and what its text must say. */
  readonly file: string
  readonly says: RegExp
  readonly folders: (
    texts: ReadonlyMap<string, string>,
    root: string,
  ) => readonly (readonly [path: string, why: string])[]
}

const has = (texts: ReadonlyMap<string, string>, path: string, pattern: RegExp): boolean =>
  pattern.test(texts.get(path) ?? '')

/** Sources: each framework's own deployment guide or generated Dockerfile. */
const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Next.js',
    file: 'package.json',
    says: /"next"\s*:/,
    folders: () => [['.next/cache', 'the cache of images and pages']],
  },
  {
    name: 'Nuxt',
    file: 'package.json',
    says: /"@nuxt\/content"\s*:/,
    folders: () => [['.data', 'the content database']],
  },
  {
    name: 'Rails',
    file: 'Gemfile',
    says: /^[^\S\n\r\u2028\u2029]*gem\s+["']rails["']/m,
    folders: (texts, root) => [
      ['tmp', 'caches, pids and sockets'],
      ['log', 'logs'],
      ['storage', 'uploads of Active Storage, and SQLite since Rails 7.1'],
      ...(has(texts, `${root}/config/database.yml`, /\bdb\/[\w-]+\.sqlite3/)
        ? [['db', 'the SQLite database'] as const]
        : []),
    ],
  },
  {
    name: 'Laravel',
    file: 'composer.json',
    says: /"laravel\/(framework|lumen-framework)"/,
    folders: () => [
      ['storage', 'logs, sessions, compiled views and uploads'],
      ['bootstrap/cache', 'the cached configuration'],
    ],
  },
  {
    name: 'Symfony',
    file: 'composer.json',
    says: /"symfony\/(framework-bundle|flex|runtime)"/,
    folders: () => [['var', 'cache and logs']],
  },
  {
    name: 'Craft CMS',
    file: 'composer.json',
    says: /"craftcms\/cms"/,
    folders: () => [
      ['storage', 'logs, caches and backups'],
      ['web/cpresources', 'published resources'],
    ],
  },
  {
    name: 'Drupal',
    file: 'composer.json',
    says: /"drupal\/core(-recommended)?"/,
    folders: () => [['web/sites/default/files', 'uploads and caches']],
  },
  {
    name: 'WordPress',
    file: 'wp-settings.php',
    says: /./,
    folders: () => [['wp-content/uploads', 'uploads']],
  },
  {
    name: 'Strapi',
    file: 'package.json',
    says: /"@strapi\/strapi"\s*:/,
    folders: () => [
      ['public/uploads', 'uploads'],
      ['.tmp', 'the SQLite database'],
    ],
  },
  {
    name: 'Directus',
    file: 'package.json',
    says: /"directus"\s*:/,
    folders: () => [
      ['uploads', 'uploads'],
      ['database', 'the SQLite database'],
    ],
  },
]

/** RUN lines that run the program itself or its tools, and may write its state. */
const BUILD_STEP = /\b(php|artisan|console|composer|rails|rake|bundle exec|ruby|manage\.py|alembic|flask)\b/

/** The program itself may have run in the build, and have left there what belongs to root. */
export function runsInBuild({ steps }: Pick<Shipped, 'steps'>): boolean {
  return steps.some(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, BUILD_STEP))
}

/** The command, or a script of it, gathers Django's static files. */
export function collectsAtStart(
  { launches }: Pick<StepDownReport, 'launches'>,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): boolean {
  return [argvOf(config), ...launches.map(({ words }) => words)].some((words) =>
    words.join(' ').includes('collectstatic'),
  )
}

/** Folders that a framework is known to write, below where the image has its project. `built`: see runsInBuild. */
export function frameworkNeeds(
  { texts, copies, origins }: Pick<Shipped, 'texts' | 'copies' | 'origins'>,
  built: boolean,
  collects = false,
): readonly Need[] {
  if (texts.size === 0) return nextOutput(copies)
  const needs: Need[] = []
  const state = (path: string, detail: string): Need => ({
    ...stateNeed(path, 'framework', detail),
    ...(built ? { tree: true } : {}),
  })
  for (const [path, text] of texts) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const root = parentOf(path) === '/' ? '' : parentOf(path)
    for (const framework of FRAMEWORKS) {
      if (framework.file !== name || !framework.says.test(text) || /\/(node_modules|vendor)\//.test(path)) continue
      for (const [folder, why] of framework.folders(texts, root)) {
        const place = `${root}/${folder}`
        if (isOwnPlace(place))
          needs.push(state(place, `${framework.name} (${origins.get(path) ?? path}) keeps ${why} there`))
      }
    }
    if (name === 'settings.py' || /\/settings\/\w+\.py$/.test(path)) needs.push(...django(path, text, built, collects))
    if (path.endsWith('.py') && /instance_relative_config|\.instance_path/.test(text)) {
      const line = lineOf(text, text.search(/instance_relative_config|\.instance_path/))
      needs.push(
        stateNeed(
          `${flaskRoot(path, texts)}/instance`,
          'framework',
          `Flask's instance folder (${origins.get(path) ?? path} line ${line})`,
        ),
      )
    }
  }
  return [...needs, ...nextOutput(copies)]
}

/** The build's output copied alone: `COPY --from=build /app/.next ./.next`, or its `standalone` folder. */
function nextOutput(copies: Shipped['copies']): readonly Need[] {
  return copies.flatMap(({ source, destination, line }) => {
    const standalone = /\/\.next\/standalone\/?$/.test(source)
    if (!standalone && !/\/\.next\/?$/.test(source)) return []
    const place = standalone ? `${destination}/.next` : destination
    return [
      stateNeed(
        `${place}/cache`,
        'framework',
        `Next.js (COPY in line ${line}) keeps the cache of images and pages there`,
      ),
    ]
  })
}

/** `DATABASES` with SQLite, `MEDIA_ROOT`: the project's folder is that of manage.py, one above the settings. */
function django(path: string, text: string, built: boolean, collects: boolean): readonly Need[] {
  if (!/INSTALLED_APPS|django/.test(text)) return []
  const root = parentOf(parentOf(path).replace(/\/settings$/, ''))
  const needs: Need[] = []
  const database =
    /django\.db\.backends\.sqlite3["'][\s\S]{0,200}?["']NAME["']\s*:\s*(?:str\()?(?:os\.path\.join\(\s*BASE_DIR\s*,|BASE_DIR\s*\/)\s*(["'][\w./-]+["'](?:\s*[,/]\s*["'][\w./-]+["'])*)/.exec(
      text,
    )
  if (database !== null) {
    const below = [...(database[1] ?? '').matchAll(/["']([^"']+)["']/g)].map(([, part]) => part).join('/')
    const file = normalisePath(`${root}/${below}`)
    if (file !== null)
      needs.push(...databaseNeeds(file, "Django's SQLite database, which keeps its journal beside it", built))
  }
  const collected =
    /^STATIC_ROOT\s*=\s*(?:str\()?(?:os\.path\.join\(\s*BASE_DIR\s*,|BASE_DIR\s*\/)\s*["']([\w./-]+)["']/m.exec(text)
  const assets = collected === null ? null : normalisePath(`${root}/${collected[1]}`)
  if (collects && assets !== null && isOwnPlace(assets))
    needs.push({
      ...stateNeed(assets, 'framework', "Django's STATIC_ROOT: collectstatic fills it at start"),
      ...(built ? { tree: true } : {}),
    })
  const media =
    /^MEDIA_ROOT\s*=\s*(?:str\()?(?:os\.path\.join\(\s*BASE_DIR\s*,|BASE_DIR\s*\/)\s*["']([\w./-]+)["']/m.exec(text)
  const folder = media === null ? null : normalisePath(`${root}/${media[1]}`)
  if (folder !== null && isOwnPlace(folder)) needs.push(stateNeed(folder, 'framework', "Django's MEDIA_ROOT: uploads"))
  return needs
}

/** SQLite creates and removes its journal in the folder of the database: both must be writable. */
export function databaseNeeds(path: string, detail: string, built = false): readonly Need[] {
  return [path, `${path}-journal`].map((each) => ({
    access: 'create-file',
    path: each,
    ...(built && each === path ? { tree: true } : {}),
    evidence: { source: 'framework', subject: path, detail },
  }))
}

/** Flask puts `instance` beside the package, or beside the module when that is a file alone. */
function flaskRoot(path: string, texts: ReadonlyMap<string, string>): string {
  const folder = parentOf(path)
  return texts.has(`${folder}/__init__.py`) ? parentOf(folder) : folder
}
