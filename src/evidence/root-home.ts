import { type HomeTool, homeTools } from '../../catalogue/home-tools.ts'
import { argvOf } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { says, wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { memoizeByObject } from '../memoize.ts'
import { isInside, isSecretPlace, normalisePath } from '../places.ts'
import { type Claim, declared, type Evidence } from './claim.ts'
import type { Provider } from './provider.ts'

/** What the program is started in or from, by the Dockerfile's own words. */
interface Use {
  readonly what: string
  readonly path: string
  readonly listed?: boolean
}

const HOME = '/root'

/**
 * /root has mode 0700 in nearly every image (FACTS 16). Where a stage keeps its program there, the user must get through;
 * what asks for its home finds another one, unless a variable names the place. Keys are the reason to leave it closed.
 */
export const rootHome: Provider = {
  name: 'root-home',
  summary: "what the program is started in or from below root's home, and the variables by which it is found there",
  when: 'always',
  *claims({ contents, facts: { config }, start: { programs } }) {
    const tools = toolsIn(contents, config, programs)
    const volume = foundByHome(config)
    const uses: readonly Use[] = [
      ...ownUses(config),
      ...copiedUses(contents),
      ...(volume === null ? [] : [{ what: 'the volume', path: volume }]),
      ...tools.map(({ tool, what }) => ({ what, path: tool.folder })),
    ]
    const secrets = uses.length === 0 ? null : secretsIn(contents)
    if (secrets !== null) return yield closed(uses, secrets)
    for (const { what, path, listed } of uses)
      yield declared(listed === true ? 'list' : 'traverse', path, `${what} is there`)
    if (volume !== null) yield homeOf(volume)
    for (const { tool, what } of tools) {
      if (tool.variable === null || config.env.has(tool.variable)) continue
      const reason = `${what} is there, and the user has another home than root`
      const evidence = [because(tool.folder, what)]
      yield { kind: 'env', name: tool.variable, value: tool.folder, reason, evidence }
    }
    yield* homeReaders(contents, config)
    yield* leftInHome(contents, config, tools)
  },
}

/** A volume below root's home that nothing names: whoever writes it asks for its home. */
function foundByHome(config: ImageConfig): string | null {
  if (config.env.has('HOME')) return null
  const said = [...argvOf(config), ...config.env.values(), config.workdir].join(' ')
  return config.volumes.find((path) => path.startsWith(`${HOME}/.`) && !said.includes(path.replace(/\/$/, ''))) ?? null
}

function homeOf(volume: string): Claim {
  const reason = `${volume}, a volume, is found by the home of whoever runs it`
  return { kind: 'env', name: 'HOME', value: HOME, reason, evidence: [because(volume, 'declared by VOLUME')] }
}

/** Put there by a plain name: the program is told the place, and goes through root's home to it. */
function copiedUses({ copies }: StageContents): readonly Use[] {
  return copies
    .filter(
      ({ destination }) => isInside(destination, HOME) && destination !== HOME && !destination.startsWith(`${HOME}/.`),
    )
    .map(({ destination, line }) => ({ what: `what line ${line} copies`, path: destination }))
}

/** For builds alone, or for nobody's program. */
const OF_BUILDS =
  /^\/root\/\.(npmrc|yarnrc(\.yml)?|netrc|pypirc|m2|gradle|cargo|docker|ssh|gitconfig|git-credentials|pip|config\/pip|composer|config\/composer|nuget|condarc|gemrc|bundle|sbt|ivy2|bashrc|bash_profile|profile|zshrc|vimrc|inputrc|tmux\.conf|oh-my-zsh|vim)(\/|$)/

/** Settings in root's home, which a program looks for in the home of whoever runs it. */
function leftInHome({ copies }: StageContents, config: ImageConfig, tools: readonly Installed[]): readonly Claim[] {
  const home = config.env.get('HOME')
  if (home !== undefined && !isInside(home, HOME)) return []
  const found = copies.find(
    ({ destination }) =>
      destination.startsWith(`${HOME}/.`) &&
      !OF_BUILDS.test(destination) &&
      !(config.workdir !== '/' && isInside(destination, config.workdir)) &&
      !tools.some(({ tool }) => isInside(destination, tool.folder)),
  )
  if (found === undefined) return []
  return [
    {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `line ${found.line} copies ${found.destination} into the home of root: a program that looks in its home finds another one`,
      hint: 'copy it to a place that the program is told, or to the home of the new user as well',
      about: 'COPY',
      evidence: [because(found.destination, `copied in line ${found.line}`)],
    },
  ]
}

function because(subject: string, detail: string): Evidence {
  return { source: 'declared', subject, detail }
}

function ownUses(config: ImageConfig): readonly Use[] {
  const found: Use[] = []
  const { workdir } = config
  // Programs look around in the folder they are started in: Python's import of a file beside it lists it.
  if (isInside(workdir, HOME)) found.push({ what: 'the working folder', path: workdir, listed: workdir === HOME })
  for (const word of argvOf(config)) {
    const path = /^\/root\//.test(word) ? normalisePath(word) : null
    if (path !== null) found.push({ what: `the command's ${word}`, path: path.slice(0, path.lastIndexOf('/')) })
  }
  const path = config.env.get('PATH') ?? ''
  if (!path.includes(HOME)) return found
  for (const folder of path.split(':'))
    if (isInside(folder, HOME)) found.push({ what: `${folder} of PATH`, path: folder })
  return found
}

interface Installed {
  readonly tool: HomeTool
  readonly what: string
}

function toolsIn(
  { steps, copies }: StageContents,
  config: ImageConfig,
  programs: readonly string[],
): readonly Installed[] {
  const runs = steps.filter(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, ANY_TOOL))
  if (runs.length === 0 && !copies.some(({ destination }) => isInside(destination, HOME))) return []
  const texts = steps.map(({ instruction }) => wholeText(instruction)).join('\n')
  // A script may use anything.
  const isOpen = argvOf(config).some((word) => /(^|\/)(ba|da|a)?sh$|\.sh$|entrypoint/.test(word))
  return homeTools.flatMap((tool) => {
    const { run, unless, unlessAnywhere, usedBy } = patternsOf(tool)
    if (config.env.has(tool.variable ?? '') && !isInside(config.env.get(tool.variable ?? '') ?? '', HOME)) return []
    if (usedBy !== null && !isOpen && !programs.some((name) => usedBy.test(name))) return []
    if (unlessAnywhere?.test(texts) === true) return []
    const step = runs.find(({ instruction }) => {
      const text = wholeText(instruction)
      return run.test(text) && unless?.test(text) !== true
    })
    if (step !== undefined) return [{ tool, what: `what ${tool.name} installs in line ${step.instruction.line}` }]
    const copied = copies.find(({ destination }) => destination === tool.folder)
    return copied === undefined ? [] : [{ tool, what: `what line ${copied.line} copies` }]
  })
}

/** Most stages use none of them. */
const ANY_TOOL = new RegExp(homeTools.map(({ run }) => run).join('|'))

const patternsOf = memoizeByObject(({ run, unless, unlessAnywhere, usedBy }: HomeTool) => ({
  run: new RegExp(run),
  unless: compiled(unless),
  unlessAnywhere: compiled(unlessAnywhere),
  usedBy: compiled(usedBy),
}))

function compiled(pattern: string | undefined): RegExp | null {
  return pattern === undefined ? null : new RegExp(pattern)
}

/** Something that is to be kept from others than root, and would be readable with the folder open. */
function secretsIn({ entries, origins, steps }: StageContents): string | null {
  const copied = [...entries].find(
    ([path, { type, mode }]) =>
      type === 'file' && origins.has(path) && isInside(path, HOME) && isSecretPlace(path) && (mode & 0o004) !== 0,
  )
  if (copied !== undefined) return copied[0]
  const written = steps.find(
    ({ instruction }) =>
      instruction.keyword === 'RUN' &&
      says(instruction, SECRET_WRITTEN) &&
      !says(instruction, /\brm\b(?:(?!\brm\b)[^&|;\n]){0,4000}\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|ssh)/),
  )
  return written === undefined ? null : `what line ${written.instruction.line} writes`
}

const SECRET_WRITTEN = />\s*(~|\$\{?HOME\}?|\/root)\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|ssh\/id_\w+)\b/

function closed(uses: readonly Use[], secret: string): Claim {
  const [first] = uses
  return {
    kind: 'remark',
    outcome: 'todo',
    transform: 'report-remarks',
    message: `${first?.what} lies in /root, root's own home, which stays closed: ${secret} is a secret beside it that others could read`,
    hint: 'move the program to a folder of its own, such as /app or /opt, or give the secret with RUN --mount=type=secret',
    about: 'WORKDIR',
    evidence: uses.slice(0, 3).map(({ what, path }) => because(path, `${what} is there`)),
  }
}

/** The command asks for files by the home of whoever runs it: what the build put into root's is not in the user's. */
function homeReaders(contents: StageContents, config: ImageConfig): readonly Claim[] {
  const home = config.env.get('HOME')
  if (home !== undefined && !isInside(home, '/root')) return []
  const words = argvOf(config)
  const why = fromHome(words, contents) ?? (isLogin(words) ? profileLine(contents) : null)
  if (why === null) return []
  return [
    {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `the command "${shown(words)}" uses ${why}, and another user has another home than /root`,
      hint: 'name the file by a path that does not depend on who runs, and set with ENV what a profile sets',
      about: 'CMD',
      answeredByRun: true,
      evidence: [{ source: 'declared', subject: '/root', detail: 'asked for by the command through its home' }],
    },
  ]
}

function fromHome(words: readonly string[], contents: StageContents): string | null {
  for (const word of words) {
    const found = startedFromHome(word, contents)
    if (found !== null) return found
  }
  return null
}

/** Run or sourced from there, or put there by the build. */
function startedFromHome(text: string, { entries }: StageContents): string | null {
  if (!/~|HOME/.test(text)) return null
  for (const { 1: rest = '', index } of text.matchAll(/(?:~|\$\{?HOME\}?)(\/[\w./-]+)/g)) {
    const path = normalisePath(`/root${rest}`)
    const isStarted = /(^|[;&|(]|\bexec|\bsource|\s\.)\s*["']?$/.test(text.slice(0, index))
    if (isStarted || (path !== null && [...entries.keys()].some((each) => isInside(each, path)))) return `~${rest}`
  }
  return null
}

/** `bash -lc`, `bash -i`: they read what the account's profile says. */
function isLogin(words: readonly string[]): boolean {
  return words.some(
    (word, index) => /(^|\/)(ba|z)?sh$/.test(word) && /^(-[a-hjkm-z]*[il][a-z]*|--login)$/.test(words[index + 1] ?? ''),
  )
}

function profileLine({ steps }: StageContents): string | null {
  const step = steps.find(
    ({ instruction: { keyword, text } }) =>
      /^(RUN|COPY|ADD)$/.test(keyword) &&
      (/(~|\$\{?HOME\}?|\/root)\/\.(bashrc|bash_profile|profile|zshrc)\b/.test(text) ||
        /nvm-sh\/nvm|get\.sdkman\.io/.test(text)),
  )
  return step === undefined ? null : `the profile that line ${step.instruction.line} writes`
}

/** Without the shell that a shell form brings. */
function shown(words: readonly string[]): string {
  return (/^\/bin\/sh -c /.test(words.join(' ')) ? words.slice(2) : words).join(' ')
}
