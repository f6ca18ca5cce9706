import { type HomeTool, homeTools, knownPrograms } from '../../catalogue/known-programs.ts'
import { isRemoved, type StageContents } from '../contents/stage-contents.ts'
import { type Step, says, shellCommands, wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { memoizeByObject } from '../memoize.ts'
import { isInside, isSecretPlace, normalisePath } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { choices } from '../words.ts'
import { type Claim, declared, type Evidence, question } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { sourceName } from './source-text.ts'

/** Paths that the program is started in or from, as the Dockerfile names them. */
interface Use {
  readonly what: string
  readonly path: string
  readonly listed?: boolean
}

const HOME = '/root'

/**
 * /root has mode 0700 in nearly every image (FACTS 16). Where a stage keeps its program there, the user must be able to pass; a
 * program that asks for its home finds another one, unless a variable names the place. Keys are the reason to leave it closed.
 */
export const rootHome: Provider = {
  name: 'root-home',
  summary: "what the program is started in or from below root's home, and the variables by which it is found there",
  when: 'always',
  *claims(view) {
    const {
      contents,
      facts: { config },
      start: { programs },
    } = view
    const tools = toolsIn(contents, config, programs)
    const volume = foundByHome(config)
    const left = leftInHome(view, tools)
    const uses: readonly Use[] = [
      ...ownUses(config),
      ...copiedUses(contents),
      ...(volume === null ? [] : [{ what: 'the volume', path: volume }]),
      ...tools.map(({ tool, what }) => ({ what, path: tool.folder })),
      ...left.named,
    ]
    const secrets = uses.length === 0 ? null : secretsIn(contents)
    if (secrets !== null) {
      yield closed(uses, secrets)
      return yield* left.unfound
    }
    for (const { what, path, listed } of uses)
      yield declared(listed === true ? 'list' : 'traverse', path, `${what} is there`)
    if (volume !== null) yield homeOf(volume)
    for (const { tool, what } of tools) {
      if (tool.byHome === true && !config.env.has('HOME'))
        yield inHomeOfOthers(`${what} is in ${tool.folder}, in the home of root`, 'RUN', because(tool.folder, what))
      if (tool.variable === null || config.env.has(tool.variable)) continue
      for (const folder of tool.fills ?? [])
        yield declared(
          'keep-state',
          normalisePath(folder, tool.folder) ?? tool.folder,
          `${tool.name} adds to it what the start asks for`,
        )
      const reason = `${what} is there; the user has another home than root`
      const evidence = [because(tool.folder, what)]
      yield { kind: 'env', name: tool.variable, value: tool.folder, reason, evidence }
    }
    yield* left.unfound
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

/** It is copied there by a plain name: the program is told the path, and passes through root's home. */
function copiedUses({ copies }: StageContents): readonly Use[] {
  return copies
    .filter(
      ({ destination }) => isInside(destination, HOME) && destination !== HOME && !destination.startsWith(`${HOME}/.`),
    )
    .map(({ destination, line }) => ({ what: `what line ${line} copies`, path: destination }))
}

/** Settings of people's shells and editors. */
const OF_PEOPLE =
  /^\/root\/\.(bashrc|bash_profile|bash_aliases|profile|zshrc|vimrc|viminfo|inputrc|tmux\.conf|oh-my-zsh|vim|hushlogin|\w*_?history)(\/|$)/
/** Something below root's home that a program looks for in the home of whoever runs it. */
interface HomeSetting {
  readonly path: string
  readonly line: number
}

/** `named`: a variable leads there; `unfound`: nothing does. */
interface LeftInHome {
  readonly named: readonly Use[]
  readonly unfound: readonly Claim[]
}

function leftInHome(view: StageView, tools: readonly Installed[]): LeftInHome {
  const {
    contents,
    facts: { config },
  } = view
  const home = config.env.get('HOME')
  if (home !== undefined && !isInside(home, HOME)) return { named: [], unfound: [] }
  const all = copiedSettings(contents).filter(
    ({ path }) =>
      !OF_PEOPLE.test(path) &&
      !isRemoved(contents, path) &&
      !(config.workdir !== '/' && isInside(path, config.workdir)) &&
      !tools.some(({ tool }) => isInside(path, tool.folder)),
  )
  const named = [...config.env].filter(([, value]) => isInside(value, HOME) && value !== HOME)
  const by = (path: string): string | undefined =>
    named.find(([, value]) => isInside(path, value) || isInside(value, path))?.[0]
  const found = all.filter(({ path, line }) => by(path) === undefined && !isOfBuild(path, line, view))
  const isCopied = (path: string): boolean => all.some((one) => isInside(one.path, path) || isInside(path, one.path))
  const others = settingsOfImage(view).filter((path) => !isCopied(path) && by(path) === undefined)
  return {
    named: all.flatMap(({ path }) => {
      const name = by(path)
      return name === undefined ? [] : [{ what: `what ENV ${name} names`, path }]
    }),
    unfound: [...new Map(found.toReversed().map((one) => [one.path.split('/')[2], one])).values()]
      .toReversed()
      .map(({ path, line }) =>
        inHomeOfOthers(
          `line ${line} copies ${path} into the home of root`,
          'COPY',
          because(path, `copied in line ${line}`),
        ),
      )
      .concat(
        others.map((path) => inHomeOfOthers(`${path} is in the home of root`, 'FROM', because(path, 'in the image'))),
      ),
  }
}

/** Settings of tools that are started, which a RUN or the base image has put into the home of root. */
function settingsOfImage({ own, ...view }: StageView): readonly string[] {
  const paths = own
    .list(HOME)
    .flatMap((name) => [
      `${HOME}/${name}`,
      ...(name === '.config' ? own.list(`${HOME}/${name}`).map((one) => `${HOME}/${name}/${one}`) : []),
    ])
  return paths.filter((path) => {
    const known = knownPrograms.readFromHome.find((one) => new RegExp(one.path).test(path))
    return (
      known !== undefined &&
      (own.entry(path)?.type === 'file' || own.list(path).length > 0) &&
      isReadAtWork(new RegExp(known.readBy), view)
    )
  })
}

function isReadAtWork(
  reads: RegExp,
  { contents: { texts }, start, started }: Pick<StageView, 'contents' | 'start' | 'started'>,
): boolean {
  const words = [...argvOf(started), ...start.launches.flatMap((launch) => launch.words)].join(' ')
  return (
    reads.test(words) ||
    [...texts].some(
      ([file, text]) => (CODE.test(sourceName(file, text)) || start.scripts.includes(file)) && reads.test(text),
    )
  )
}

function inHomeOfOthers(what: string, about: string, { subject }: Evidence): Claim {
  return question('root-work', subject, `${what}: a program that looks in its home finds another one`, {
    about,
    answeredByRun: 'read',
  })
}

function copiedSettings({ copies }: StageContents): readonly HomeSetting[] {
  return copies
    .filter(({ destination }) => destination.startsWith(`${HOME}/.`))
    .map(({ destination, line }) => ({ path: destination, line }))
}

/** Settings of tools that builds use too: they are the build's where a RUN follows and nothing that is started uses the tool. */
function isOfBuild(path: string, line: number, view: StageView): boolean {
  const known = knownPrograms.readFromHome.find((one) => new RegExp(one.path).test(path))
  if (known === undefined) return false
  const { steps } = view.contents
  const isLater = steps.some(({ instruction }) => instruction.keyword === 'RUN' && instruction.line >= line)
  return isLater && !isReadAtWork(new RegExp(known.readBy), view)
}

const CODE = /\.(py|m?[jt]sx?|cjs|rb|php|pl|go|rs|java|kt|cs|sh|bash)$/

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
  { steps, copies, texts: files }: StageContents,
  config: ImageConfig,
  programs: readonly string[],
): readonly Installed[] {
  const runs = steps.flatMap((step) => {
    const { instruction } = step
    if (instruction.keyword !== 'RUN') return []
    const own = says(instruction, ANY_TOOL) ? [wholeText(instruction)] : []
    const said = [...own, ...scriptsOf(step, files).filter((text) => ANY_TOOL.test(text))]
    return said.length === 0 ? [] : [{ line: instruction.line, said }]
  })
  if (runs.length === 0 && !copies.some(({ destination }) => isInside(destination, HOME))) return []
  const texts = steps.map(({ instruction }) => wholeText(instruction)).join('\n')
  // A script may use anything.
  const isOpen = argvOf(config).some((word) => /(^|\/)(ba|da|a)?sh$|\.sh$|entrypoint/.test(word))
  return homeTools.flatMap((tool) => {
    const { run, unless, unlessAnywhere, usedBy } = patternsOf(tool)
    if (config.env.has(tool.variable ?? '') && !isInside(config.env.get(tool.variable ?? '') ?? '', HOME)) return []
    if (usedBy !== null && !isOpen && !programs.some((name) => usedBy.test(name))) return []
    if (unlessAnywhere?.test(texts) === true) return []
    const step = runs.find(({ said }) => said.some((text) => run.test(text) && unless?.test(text) !== true))
    if (step !== undefined) return [{ tool, what: `what ${tool.name} installs in line ${step.line}` }]
    const copied = copies.find(({ destination }) => destination === tool.folder)
    return copied === undefined ? [] : [{ tool, what: `what line ${copied.line} copies` }]
  })
}

/** The stage's own scripts that a RUN names: what they load stays in use. */
function scriptsOf({ instruction, shell, workdir }: Step, files: StageContents['texts']): readonly string[] {
  if (!says(instruction, /\.(py|sh|m?js|rb)\b/)) return []
  const script = shellCommands(instruction, shell)
  if (script.kind !== 'parsed') return []
  return script.commands.flatMap(({ words }) =>
    words.slice(0, MOST_WORDS).flatMap(({ value }) => {
      const path = value !== null && SCRIPT.test(value) ? normalisePath(value, workdir ?? '') : null
      return path === null ? [] : (files.get(path) ?? [])
    }),
  )
}

const SCRIPT = /\.(py|sh|m?js|rb)$/
/** Words of a command that are read: a script is among the first. */
const MOST_WORDS = 6

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

/** Secrets that would become readable with the folder open. */
function secretsIn(contents: StageContents): string | null {
  const { entries, origins, steps, copies } = contents
  const copied = [...entries].find(
    ([path, { type, mode }]) =>
      type === 'file' && origins.has(path) && isInside(path, HOME) && isSecretPlace(path) && (mode & 0o004) !== 0,
  )
  if (copied !== undefined) return copied[0]
  // The mode is unknown.
  const unseen = copies.find(
    ({ destination, seen }) =>
      !seen && isInside(destination, HOME) && isSecretPlace(destination) && !isRemoved(contents, destination),
  )
  if (unseen !== undefined) return unseen.destination
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
    hint: choices(
      'move the program to a folder of its own, such as /app or /opt',
      'give the secret with RUN --mount=type=secret',
    ),
    about: 'WORKDIR',
    evidence: uses.slice(0, 3).map(({ what, path }) => because(path, `${what} is there`)),
  }
}
