import { isInterpreter, programIndex } from '../command/index.ts'
import { shellCommands } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import { isRootUser } from '../image/accounts.ts'
import { baseName, isInside, isOwnPlace, looksLikeFile, normalisePath } from '../places.ts'
import { type Claim, inferred } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { isComment, isTest } from './source-writes.ts'

/**
 * The Dockerfile itself says where HOME is, and the folder is root's: what looks for its home is sent there, whoever runs it. Where the
 * program keeps something in its home, or a RUN of root's has had it do so, the folder is the user's.
 */
export const ownHome: Provider = {
  name: 'own-home',
  summary: 'what the program keeps in the home that ENV HOME, or a variable of its own, sets to a folder of its',
  when: 'always',
  *claims(view) {
    const home = homeSet(view.facts.config.env.get('HOME'))
    if (home !== null) yield* keptIn(home, view)
    yield* leftByRuns(home, view)
  },
}

function homeSet(value: string | undefined): string | null {
  const path = value?.startsWith('/') === true ? normalisePath(value) : null
  return path === null || !isOwnPlace(path) || isInside(path, '/root') ? null : path
}

/** Asks for the home, by any name. */
const ASKS =
  /\bexpanduser\(|\bPath\.home\(|["'`]~\/|\bos\.homedir\(|\bprocess\.env\.HOME\b|\b(?:getenv|Getenv|environ\.get|env::var|ENV\.fetch)\(\s{0,9}["']HOME["']|\benviron\[["']HOME["']\]|\bENV\[["']HOME["']\]|\bDir\.home\b|\bUser(?:Home|Config|Cache)Dir\(|\bhomedir\.(?:Dir|Expand)\(|\bSpecialFolder\.(?:UserProfile|Personal|(?:Local)?ApplicationData)\b|\bgetProperty\("user\.home"\)|\bdirs(?:_next)?::/
const MAKES =
  /\b(?:makedirs|mkdir|mkdirs|MkdirAll|Mkdir|create_dir(?:_all)?|mkdirSync|ensureDir(?:Sync)?|mkdir_p|createDirector(?:y|ies)|CreateDirectory|write_text|write_bytes|writeFile(?:Sync)?|WriteFile|WriteAll\w{1,10})\(|\bopen\([^\n]{0,200},\s{0,9}(?:mode\s{0,9}=\s{0,9})?["'][wa]/
const SOURCE = /\.(?:py|[cm]?[jt]sx?|rb|go|rs|java|kt|cs|php|pl|sh)$/
/** What is installed below a home and only read, or for people. */
const READ =
  /^\.(?:local|venv|virtualenv|env|nvm|pyenv|rbenv|asdf|sdkman|rustup|bun|deno|dotnet|bashrc|profile|bash_profile|zshrc|ssh|docker|kube|gitconfig|npmrc|netrc)$/

function* keptIn(home: string, { contents, builders }: StageView): Iterable<Claim> {
  let asked: string | null = null
  const hidden = new Map<string, string>()
  for (const { texts, origins } of [contents, ...builders])
    for (const [path, text] of texts) {
      if (!SOURCE.test(path) || isTest(path) || path.includes('/node_modules/')) continue
      const where = (index: number): string => `${origins.get(path) ?? path} line ${lineOf(text, index)}`
      const at: number = asked === null ? text.search(ASKS) : -1
      if (at >= 0 && !isComment(text, at) && MAKES.test(text)) asked = `${where(at)} looks for it, and makes files`
      for (const [name, index] of hiddenBelow(home, text))
        if (!hidden.has(name) && !READ.test(name)) hidden.set(name, `named below HOME in ${where(index)}`)
    }
  if (asked !== null) yield roomIn(home, `the home that ENV sets: ${asked}`)
  for (const [name, detail] of hidden) {
    const path = `${home}/${name}`
    if (!looksLikeFile(path) && !contents.origins.has(path)) yield inferred('keep-state', path, detail, { tree: true })
  }
}

/** Something new is made in it; what the stage has put there stays root's. */
function roomIn(home: string, detail: string): Claim {
  return inferred('create-file', `${home}/.config`, detail, { beside: true, subject: home })
}

/** `.x` of `/home/x/.x/y`, as often as it is named. */
function* hiddenBelow(home: string, text: string): Iterable<readonly [name: string, index: number]> {
  const start = `${home}/.`
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    const name = /^\.[A-Za-z][\w-]{0,60}/.exec(text.slice(at + home.length + 1, at + home.length + 70))?.[0]
    if (name !== undefined && !/[\w.-]/.test(text[at - 1] ?? '') && !isComment(text, at)) yield [name, at]
  }
}

/**
 * A RUN of root's has a program fetch something that the start, or what it starts, uses too, and HOME or the variable of the program's
 * name says where that goes: what it has made there it goes on with as the user.
 */
function* leftByRuns(home: string | null, view: StageView): Iterable<Claim> {
  const { contents, facts, start } = view
  const { env } = facts.config
  for (const { instruction, shell, user } of contents.steps) {
    if (instruction.keyword !== 'RUN' || (user.known && !isRootUser(user.value))) continue
    const script = shellCommands(instruction, shell)
    for (const { words } of script.kind === 'parsed' ? script.commands : []) {
      const at = programIndex(words)
      const name = baseName(words[at]?.value ?? '')
      const args = words.slice(at + 1, at + 3).map(({ text }) => text)
      if (
        !/^[a-z][\w-]{1,60}$/.test(name) ||
        isInterpreter(name) ||
        BUILDS.test(name) ||
        !args.some((word) => FETCH.test(word))
      )
        continue
      const variable = `${name.toUpperCase().replaceAll('-', '_')}_HOME`
      const own = homeSet(env.get(variable))
      if ((own ?? home) === null || !(start.programs.includes(name) || isImported(name, contents.texts))) continue
      const detail = `"${[name, ...args].join(' ')}" of line ${instruction.line} has kept something there as root`
      if (own !== null && own !== home) yield inferred('keep-state', own, detail, { tree: true })
      if (home === null) continue
      yield inferred('keep-state', `${home}/.${name}`, detail, { tree: true })
      yield roomIn(home, detail)
    }
  }
}

/** Python's and JavaScript's own names of it. */
function isImported(name: string, texts: StageView['contents']['texts']): boolean {
  const module = name.replaceAll('-', '_')
  for (const [path, text] of texts) {
    if (!/\.(?:py|[cm]?[jt]s)$/.test(path) || isTest(path) || !text.includes(module)) continue
    for (const [, python = '', script = ''] of text.matchAll(IMPORTS))
      if (python === module || script === name) return true
  }
  return false
}

const IMPORTS =
  /^[ \t]{0,40}(?:from|import)[ \t]{1,9}(\w{1,60})|\b(?:require\(|from|import)\s{0,9}["']([\w-]{1,60})["']/gm

/** Words of a command that fetches or installs something. */
const FETCH = /^(?:--?)?(?:d|download|pull|fetch|prefetch|install|init|add|preload|warm-?up)(?:-\w+)*$/
/** What they fetch is beside the sources, or known by other rules. */
const BUILDS =
  /^(?:npm|npx|yarn|pnpm|bun|bunx|deno|pip[\d.]*|pipenv|poetry|pdm|uv|uvx|conda|mamba|bundle|bundler|gem|rake|rails|cargo|go|mix|rebar3|make|composer|artisan|dotnet|gradle|gradlew|mvn|mvnw|sbt|lein|apt|apt-get|apk|git|hugo|cmake|ninja|task|just)$/
