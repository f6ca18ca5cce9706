import type { StageContents } from '../contents/stage-contents.ts'
import { wholeText } from '../dockerfile/index.ts'
import { baseName } from '../places.ts'
import { isForBuilders, isTest } from './source-text.ts'

/**
 * Paths of the Python files that nothing starts in a container: scripts that no other file imports or names, and no instruction but a
 * RUN. `words`: what the image starts, with what its start scripts do. What cannot be told is not among them.
 */
export function idleScripts(stages: readonly StageContents[], words: readonly string[]): ReadonlySet<string> {
  const texts = new Map(stages.flatMap((stage) => [...stage.texts]))
  const sources = [...texts].filter(([path]) => path.endsWith('.py') && !isTest(path) && baseName(path) !== 'setup.py')
  if (sources.length === 0 || stages.some((stage) => hasUnread(stage, texts))) return NONE
  const instructions = stages.flatMap(({ steps }) => steps.map(({ instruction }) => instruction))
  const built = new Set(instructions.flatMap((one) => (one.keyword === 'RUN' ? namesOfFiles(wholeText(one)) : [])))
  const offered = new Set<string>()
  const named = new Set(
    [...words, ...instructions.filter(({ keyword }) => !BUILDS.has(keyword)).map(wholeText)].flatMap(
      (text) => text.match(/[\w-]{1,100}/g) ?? [],
    ),
  )
  for (const [path, text] of texts)
    if (PACKAGING.test(path))
      for (const { command, module } of consoleScripts(text)) {
        const last = module.split('.').at(-1) ?? ''
        if (named.has(command)) named.add(last)
        else offered.add(last)
      }
  const isFound = sources.some(([, text]) => DISCOVERS.test(text))
  const isScript = (stem: string, text: string): boolean =>
    built.has(stem) || offered.has(stem) || (GUARD.test(text) && (!isFound || TAKES_WORDS.test(text)))
  const scripts = sources.filter(
    ([path, text]) => !KNOWN_BY_NAME.test(path) && !named.has(stemOf(path)) && isScript(stemOf(path), text),
  )
  if (scripts.length === 0) return NONE
  const by = mentions(texts)
  return new Set(
    scripts.flatMap(([path]) => {
      const who = by.get(stemOf(path))
      return who === undefined || who === path ? [path] : []
    }),
  )
}

/** It may import files that no other file does. */
function hasUnread({ entries }: StageContents, texts: StageContents['texts']): boolean {
  return [...entries.keys()].some((path) => path.endsWith('.py') && !texts.has(path) && !isTest(path))
}

const NONE: ReadonlySet<string> = new Set()
const BUILDS: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD', 'FROM', 'ARG', 'LABEL'])
const PACKAGING = /\/(?:setup\.(?:py|cfg)|pyproject\.toml)$/
/** Names that a framework or a tool looks for, as a file or in a folder of this name. */
const KNOWN_BY_NAME =
  /\/(?:__(?:init|main)__|manage|app|main|wsgi|asgi|celery\w{0,40}|settings\w{0,40}|config\w{0,40}|conftest|gunicorn[\w.-]{0,40}|fabfile|noxfile|tasks|dodo)\.py$|\/(?:dags|plugins|extensions|cogs|handlers|hooks|commands|pages|migrations|versions|jobs|entrypoint\.d)\//
/** The file is meant to be started, and may also be imported. */
const GUARD = /^if[ \t]{1,9}__name__[ \t]{0,9}==[ \t]{0,9}["']__main__["']/m
/** It takes arguments, so somebody starts it: a module that is discovered gets none. */
const TAKES_WORDS = /\bArgumentParser\(|\bsys\.argv\b/
/** Modules are loaded by names that only the run knows. */
const DISCOVERS =
  /\bimport_module\(|\b__import__\(|\bspec_from_file_location\(|\b(?:iter_modules|walk_packages)\(|\brunpy\b|\bexec\(|\bload_extension\(/

function stemOf(path: string): string {
  return baseName(path).slice(0, -'.py'.length)
}

/** `tools/load.py` is load. */
function namesOfFiles(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w-])([\w-]{1,100})\.py\b/g)].map(([, stem = '']) => stem)
}

/** `serve = "acme.cli:main"` of pyproject.toml, `'serve=acme.cli:main'` of setup.py. */
function consoleScripts(text: string): readonly { readonly command: string; readonly module: string }[] {
  if (!/console_scripts|\.scripts\]/.test(text)) return []
  return [
    ...text.matchAll(
      /(?<![\w.-])([\w.-]{1,60})["']?[ \t]{0,9}=[ \t]{0,9}["']?([A-Za-z_][\w.]{0,200}):(?:main|cli|run|start|app)\b/g,
    ),
  ].map(([, command = '', module = '']) => ({ command, module }))
}

const FROM = /^[ \t]{0,99}from[ \t]{1,9}([\w.]{1,200})[ \t]{1,9}import[ \t]{0,9}(\([^()]{0,4000}\)|[^\n(]{0,1000})/gm
const IMPORT = /^[ \t]{0,99}import[ \t]{1,9}([^\n]{1,1000})/gm
const COMMENTS = /^[ \t]{0,99}#[^\n]*$/gm
const QUOTED = /["']([\w./:-]{2,200})["']/g
/** Texts that start or configure something, and none for people. */
const SETS =
  /\.(?:sh|bash|ya?ml|toml|cfg|ini|conf|json|service|env|rb|pl|[cm]?[jt]s)$|\/(?!Dockerfile$|Containerfile$)[^/.]{1,100}$/

/** Maps each name that files import or mention as a file or module to the one file that does; '' for several. */
function mentions(texts: StageContents['texts']): ReadonlyMap<string, string> {
  const by = new Map<string, string>()
  const add = (name: string, path: string): void => {
    const known = by.get(name)
    if (known !== path) by.set(name, known === undefined ? path : '')
  }
  for (const [path, source] of texts) {
    if (isTest(path) || PACKAGING.test(path)) continue
    if (path.endsWith('.py')) {
      if (isForBuilders(path)) continue
      const text = source.replace(COMMENTS, '')
      const parts = [
        ...[...text.matchAll(FROM)].flatMap(([, module = '', names = '']) => [module, names]),
        ...[...text.matchAll(IMPORT)].map(([, names = '']) => names),
        ...[...text.matchAll(QUOTED)].map(([, word = '']) => word),
      ]
      for (const name of [...parts.flatMap((part) => part.match(/[\w-]{1,100}/g) ?? []), ...namesOfFiles(text)])
        add(name, path)
    } else if (SETS.test(path)) {
      const modules = source.match(/\b\w{1,100}(?:[.:]\w{1,100}){1,9}\b/g) ?? []
      const started = [...source.matchAll(/-m[ \t]{1,9}([\w.]{1,200})/g)].map(([, module = '']) => module)
      for (const name of [...[...modules, ...started].flatMap((one) => one.split(/[.:]/)), ...namesOfFiles(source)])
        add(name, path)
    }
  }
  return by
}
