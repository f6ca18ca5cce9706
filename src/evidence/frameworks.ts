import { frameworks } from '../../catalogue/known-programs.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { says } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, isOwnPlace, normalisePath, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { inferred, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'
import { databaseClaims } from './source-files.ts'
import { type ModulesAbout, sourceModules } from './source-modules.ts'
import { NO_PARSERS, type SourceParsers } from './syntax.ts'

/** RUN lines that run the program itself or its tools, and may write its state. */
const BUILD_STEP = /\b(php|artisan|console|composer|rails|rake|bundle exec|ruby|manage\.py|alembic|flask)\b/

/** Folders that the framework of an application is known to write. */
export const frameworkFolders: Provider = {
  name: 'framework-folders',
  summary: 'folders that the framework of the application is known to write',
  when: 'always',
  claims({ asBuilt, contents, own, start, parsers, facts: { config } }) {
    // The program itself may have run during the build and left files of root's there; a finished image shows whether it has.
    const isFilled =
      asBuilt ||
      contents.steps.some(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, BUILD_STEP))
    // The command, or a script that it starts, collects Django's static files.
    const collects = [argvOf(config), ...start.launches.map(({ words }) => words)].some((words) =>
      words.join(' ').includes('collectstatic'),
    )
    const claims = frameworkClaims(contents, isFilled, collects, config, parsers)
    return asBuilt ? claims.map((claim) => (own.exists(claim.path) ? claim : withoutTree(claim))) : claims
  },
}

function withoutTree({ tree, ...claim }: PathClaim): PathClaim {
  return claim
}

/** The same for any application. `isFilled`: its build may have left files of root's there. */
function frameworkClaims(
  { texts, copies, origins }: Pick<StageContents, 'texts' | 'copies' | 'origins'>,
  isFilled: boolean,
  collects = false,
  { workdir, env }: Pick<ImageConfig, 'workdir' | 'env'> = { workdir: '/', env: new Map() },
  parsers: SourceParsers = NO_PARSERS,
): readonly PathClaim[] {
  const found: PathClaim[] = []
  for (const [path, text] of texts) {
    const name = baseName(path)
    const root = parentOf(path) === '/' ? '' : parentOf(path)
    const origin = origins.get(path) ?? path
    for (const rule of /\/(node_modules|vendor)\//.test(path) ? [] : (rulesByFile.get(name) ?? [])) {
      if (!patternOf(rule.says).test(text)) continue
      for (const { path: folder, why, onlyWith } of rule.folders) {
        const place = `${root}/${folder}`
        const other = onlyWith === undefined ? null : (texts.get(`${root}/${onlyWith.file}`) ?? '')
        if (!isOwnPlace(place) || (onlyWith !== undefined && !patternOf(onlyWith.says).test(other ?? ''))) continue
        const detail = `${rule.name} (${origin}) keeps ${why} there`
        found.push(inferred('keep-state', place, detail, isFilled ? { tree: true } : {}))
      }
    }
    if (name === 'settings.py' || /\/settings\/\w+\.py$/.test(path))
      found.push(
        ...django(path, text, isFilled, collects ? staticRoot(path, text, { texts, workdir, env, parsers }) : null),
      )
    if (path.endsWith('.py') && INSTANCE.test(text)) {
      const line = lineOf(text, text.search(INSTANCE))
      found.push(
        inferred(
          'keep-state',
          `${flaskRoot(path, texts)}/instance`,
          `Flask's instance folder (${origin} line ${line})`,
        ),
      )
    }
  }
  return [...found, ...nextOutput(copies)]
}

const INSTANCE = /instance_relative_config|\.instance_path/

const rulesByFile = new Map(frameworks.map(({ file }) => [file, frameworks.filter((other) => other.file === file)]))

/** The rules are data, and each is asked of every file. */
const patterns = new Map<string, RegExp>()
function patternOf(says: string): RegExp {
  const known = patterns.get(says) ?? new RegExp(says, 'm')
  patterns.set(says, known)
  return known
}

/** The build's output copied alone: `COPY --from=build /app/.next ./.next`, or its `standalone` folder. */
function nextOutput(copies: StageContents['copies']): readonly PathClaim[] {
  return copies.flatMap(({ source, destination, line }) => {
    const standalone = /\/\.next\/standalone\/?$/.test(source)
    if (!standalone && !/\/\.next\/?$/.test(source)) return []
    const place = standalone ? `${destination}/.next` : destination
    const detail = `Next.js (COPY in line ${line}) keeps the cache of images and pages there`
    return [inferred('keep-state', `${place}/cache`, detail)]
  })
}

/** `DATABASES` with SQLite, `MEDIA_ROOT`: the project's folder is that of manage.py, one above the settings. */
function django(path: string, text: string, isFilled: boolean, assets: string | null): readonly PathClaim[] {
  if (!/INSTALLED_APPS|django/.test(text)) return []
  const root = parentOf(parentOf(path).replace(/\/settings$/, ''))
  const found: PathClaim[] = []
  const database =
    /django\.db\.backends\.sqlite3["'][\s\S]{0,200}?["']NAME["']\s*:\s*(?:str\()?(?:os\.path\.join\(\s*BASE_DIR\s*,|BASE_DIR\s*\/)\s*(["'][\w./-]+["'](?:\s*[,/]\s*["'][\w./-]+["'])*)/.exec(
      text,
    )
  if (database !== null) {
    const below = [...(database[1] ?? '').matchAll(/["']([^"']+)["']/g)].map(([, part]) => part).join('/')
    const file = normalisePath(`${root}/${below}`)
    if (file !== null)
      found.push(...databaseClaims(file, "Django's SQLite database, which keeps its journal beside it", isFilled))
  }
  if (assets !== null && isOwnPlace(assets))
    found.push(
      inferred(
        'keep-state',
        assets,
        "Django's STATIC_ROOT: collectstatic fills it at start",
        isFilled ? { tree: true } : {},
      ),
    )
  const media =
    /^MEDIA_ROOT\s*=\s*(?:str\()?(?:os\.path\.join\(\s*BASE_DIR\s*,|BASE_DIR\s*\/)\s*["']([\w./-]+)["']/m.exec(text)
  const folder = media === null ? null : normalisePath(`${root}/${media[1]}`)
  if (folder !== null && isOwnPlace(folder)) found.push(inferred('keep-state', folder, "Django's MEDIA_ROOT: uploads"))
  return found
}

/** The folder that the settings name, or the default of an unset variable. */
function staticRoot(path: string, text: string, about: ModulesAbout): string | null {
  const said = sourceModules(about).read(path, text)?.named('STATIC_ROOT') ?? []
  const [found] = said.filter(({ open }) => !open)
  return found === undefined ? null : normalisePath(found.text, about.workdir)
}

/** Flask puts `instance` beside the package, or beside the module when that is a file alone. */
function flaskRoot(path: string, texts: ReadonlyMap<string, string>): string {
  const folder = parentOf(path)
  return texts.has(`${folder}/__init__.py`) ? parentOf(folder) : folder
}
