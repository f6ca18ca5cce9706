import { type SearchRule, searchRules } from '../../../catalogue/places.ts'
import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import { type FileModel, realPath } from '../../image/file-model.ts'
import { baseName, isInside, isSchedule, normalisePath, parentOf } from '../../places.ts'
import { argvOf, asWords, invocationOf, invocationsIn, isInterpreter } from '../../shell/index.ts'
import type { StepDownReport } from '../../start/step-down.ts'

/** Code of this very image that its start runs, and that root runs again (`docker exec -u 0`, a RUN of an image built from it). */
export interface ImageCode {
  /** Programs and scripts of the start and of cron, by their own paths and by those that they lead to. */
  readonly programs: ReadonlySet<string>
  /** Where its environment makes programs search for code. */
  readonly searched: readonly Searched[]
  /** Folders that its environment puts in place of a listed one: `XDG_CONFIG_HOME=/config` stands for root's `/root/.config`. */
  readonly stands: readonly Stand[]
}

interface Named {
  readonly path: string
  /** The variable. */
  readonly name: string
}

export interface Searched extends Named {
  /** Everything below it is code too. Not so in the program's own folder, which is searched because modules lie beside data. */
  readonly all: boolean
  /** The folder certainly does not exist: whoever may create it can fill it. */
  readonly missing: boolean
}

export interface Stand extends Named {
  readonly place: string
}

export const noCode: ImageCode = { programs: new Set(), searched: [], stands: [] }

export interface CodeOptions {
  /** Null where nothing is known of them. */
  readonly files: FileModel | null
  /** Code of this uid need not be protected from it: the uid could replace it already. */
  readonly uid: number
  /** The file model is exactly that of the image: what it lacks is not there. */
  readonly exact?: boolean
}

export function imageCode(
  { config }: Pick<ImageFacts, 'config'>,
  report: Pick<StepDownReport, 'scripts' | 'unread' | 'launches'>,
  { files, uid, exact = false }: CodeOptions,
): ImageCode {
  const real = (path: string): string => (files === null ? path : realPath(files, path))
  /** The path as it is named (a folder above may be a link) and the path that it leads to. */
  const both = (path: string): readonly string[] => {
    const parent = real(parentOf(path))
    return [`${parent === '/' ? '' : parent}/${baseName(path)}`, real(path)]
  }
  const isOthers = (path: string, isFolder: boolean): boolean => {
    const entry = files?.entry(path) ?? null
    return entry === null || ((entry.type === 'directory') === isFolder && entry.uid !== uid)
  }
  const named = [
    ...startFiles(config, report, files),
    ...report.scripts,
    ...report.unread.map(({ path }) => path),
    ...jobs(files),
    ...namedBy(config, 'files').map(({ path }) => path),
  ]
  const programs = [...named, ...shebangs(named, files)].flatMap(both).filter((path) => isOthers(path, false))
  const isOwnFolder = (path: string): boolean =>
    isInside(config.workdir, path) || programs.some((program) => isInside(program, path))
  const folders = (reads: SearchRule['reads']) =>
    namedBy(config, reads)
      .map((one) => ({ ...one, path: real(one.path) }))
      .filter(({ path }) => path !== '/' && isOthers(path, true))
  const searched = (one: Named, all: boolean): Searched => ({
    ...one,
    all,
    missing: exact && files !== null && files.entry(one.path) === null,
  })
  return {
    programs: new Set(programs),
    searched: [
      ...folders('programs').map((one) => searched(one, true)),
      ...folders('libraries').map((one) => searched(one, !isOwnFolder(one.path))),
    ],
    stands: folders('place').map(({ place = '/root', ...one }) => ({ ...one, place })),
  }
}

/** The paths that variables of one kind name. */
function namedBy({ env, workdir }: ImageConfig, reads: SearchRule['reads']): readonly (Named & { place?: string })[] {
  return searchRules
    .filter((rule) => rule.reads === reads)
    .flatMap(({ names, place }) =>
      names.flatMap((name) =>
        pathsIn(env.get(name) ?? '', workdir).map((path) => ({
          path,
          name,
          ...(place === undefined ? {} : { place }),
        })),
      ),
    )
}

/** In a list, behind an option (`--require /a.js`, `-javaagent:/b.jar`, `-I/c`), or before a pattern of names (`/d/?.lua`). */
const PATH_IN = /(?<![^\s:;=,"'])(?:-[A-Za-z])?(\/[^\s:;=,"'?*$]*)/g

function pathsIn(value: string, workdir: string): readonly string[] {
  const here = value.split(':').some((part) => part === '.' || part === './') ? [workdir] : []
  const absolute = [...value.matchAll(PATH_IN)].map(([, path = '']) => path)
  return [...here, ...absolute].flatMap((path) => normalisePath(path) ?? [])
}

/** What the start runs: its programs, and what it tells interpreters to run. */
function startFiles(
  config: ImageConfig,
  { launches }: Pick<StepDownReport, 'launches'>,
  files: FileModel | null,
): readonly string[] {
  const folders = (config.env.get('PATH') ?? '').split(':').filter((folder) => /^\/./.test(folder))
  const find = (name: string, folder: string): readonly string[] => {
    const path = name.includes('/')
      ? normalisePath(name, folder)
      : folders.map((each) => `${each}/${name}`).find((each) => files?.exists(each) === true)
    return path == null ? [] : [path]
  }
  const of = (words: readonly string[], folder: string): readonly string[] => {
    const [program = '', ...args] = words
    if (program === '') return []
    const ran = find(program, folder)
    return isInterpreter(baseName(program)) || RUNNER.test(baseName(program))
      ? [...ran, ...interpreted(args, folder, files)]
      : ran
  }
  const started = [argvOf(config), config.cmd ?? []].flatMap((argv) =>
    invocationsIn(asWords(argv)).map(({ words }) => ({
      words: words.map(({ value }) => value ?? ''),
      folder: config.workdir,
    })),
  )
  // An init or a wrapper before the program is run as well.
  const first = [config.entrypoint?.[0], config.cmd?.[0]].flatMap((name) =>
    name === undefined || name === '' ? [] : find(name, config.workdir).filter((path) => files?.exists(path) === true),
  )
  const launched = launches.flatMap(({ words, folder = config.workdir }) => [
    { words, folder },
    { words: invocationOf(asWords(words)).words.map(({ value }) => value ?? ''), folder },
  ])
  return [
    ...first,
    ...started
      // A command behind an ENTRYPOINT may be its arguments: `["app"] ["/data"]`.
      .filter(({ words: [name = ''] }, index) => index === 0 || !name.startsWith('/') || files?.exists(name) === true)
      .flatMap(({ words, folder }) => of(words, folder)),
    // A start script may create a missing program itself, which is then the user's: `g++ -o run x.cc; ./run`.
    ...launched.flatMap(({ words, folder }) => of(words, folder)).filter((path) => files?.exists(path) === true),
  ]
}

/** These import somebody's program from the folder that they start in. */
const RUNNER =
  /^(gunicorn|uvicorn|hypercorn|daphne|uwsgi|waitress-serve|flask|celery|rackup|puma|unicorn|tsx|ts-node|pm2)/

const SOURCE = /\.(py[cz]?|m?[jt]s|cjs|rb|ru|php|pl|jar|war|lua|r|R|exs?|sh|tcl|jl|dll|groovy)$/

/** The script, which is the first that is no option, whatever else is source, and modules: `-m pkg`, `app.main:app`. */
function interpreted(args: readonly string[], folder: string, files: FileModel | null): readonly string[] {
  const first = args.findIndex((word) => !word.startsWith('-'))
  return args.slice(0, MOST_WORDS).flatMap((word, index) => {
    const isOption = word.startsWith('-')
    if (!isOption && SOURCE.test(word)) return normalisePath(word, folder) ?? []
    if (isOption || word.includes(':/') || word.startsWith('/')) {
      // `-cp /a.jar:/b/*`: folders are no programs.
      const paths = pathsIn(word, folder).filter((path) => SOURCE.test(path))
      if (paths.length > 0 || isOption) return paths
    }
    const module = MODULE.exec(word)?.[1]
    const path = normalisePath(word, folder)
    const file = path !== null && files?.entry(path)?.type === 'file' ? [path] : []
    if (index === first && file.length > 0) return file
    if (module === undefined || (index !== first && args[index - 1] !== '-m' && !word.includes(':'))) return []
    const stem = normalisePath(module.replaceAll('.', '/'), folder)
    return [`${stem}.py`, `${stem}/__main__.py`, `${stem}/__init__.py`].filter((each) => files?.exists(each) === true)
  })
}

const MODULE = /^([A-Za-z_][\w.]{0,200})(?::\w{1,200}(?:\(\))?)?$/
/** The program's own words stand first. */
const MOST_WORDS = 32

/** What cron runs, by its own words. */
function jobs(files: FileModel | null): readonly string[] {
  if (files === null) return []
  return files
    .texts()
    .filter(isSchedule)
    .flatMap((path) => pathsIn(files.text(path) ?? '', '/'))
    .filter((path) => files.entry(path)?.type !== 'directory' && !/^\/dev(\/|$)/.test(path))
}

/** The interpreters that their first lines name. */
function shebangs(paths: readonly string[], files: FileModel | null): readonly string[] {
  return paths.flatMap((path) => {
    const [, program] = /^#!\s*(\/\S+)/.exec(files?.text(path) ?? '') ?? []
    return program === undefined ? [] : (normalisePath(program) ?? [])
  })
}
